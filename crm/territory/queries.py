"""Reads of the territory: every list and figure as of a day, as small frozen rows."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col, select

from crm.accounts.models import Account
from crm.core.kana import search_key
from crm.core.months import FiscalYear
from crm.core.problems import Missing
from crm.territory.models import (
    Assignment,
    AssignmentKind,
    Kind,
    Lineage,
    LineageKind,
    Place,
    PlaceFacts,
    Territory,
)
from crm.territory.paging import Hit, cut
from crm.territory.rules import Vacancy, last_day, vacancies

PAGE_ROWS = 50
COUNTED = 1000
"""A longer list is said to hold more than so many."""


@dataclass(frozen=True)
class TerritoryRow:
    """A former town."""

    id: UUID
    code: str
    name: str
    kana: str


@dataclass(frozen=True)
class AssignmentRow:
    """Who holds or deputises a territory, from when to when."""

    id: UUID
    territory_id: UUID
    account_id: UUID
    worker: str
    kind: AssignmentKind
    from_on: date
    to_on: date | None

    @property
    def last_on(self) -> date | None:
        """The last day on which it holds; None while no end is known."""
        return last_day(self.to_on)


@dataclass(frozen=True)
class PlaceRow:
    """A place as it is on the day that was asked for."""

    id: UUID
    kind: Kind
    code: str
    name: str
    kana: str
    territory_id: UUID
    territory: str
    households: int | None
    lat: float | None
    lon: float | None
    kana_order: str


@dataclass(frozen=True)
class FactsRow:
    """The facts of a place over one stretch of time, as the card shows them."""

    from_on: date
    to_on: date | None
    code: str
    name: str
    kana: str
    territory: str
    address: str
    lat: float | None
    lon: float | None
    doors: int | None
    households: int | None
    resident_households: int | None
    population: int | None
    sections: int | None
    centre_id: UUID | None
    centre: str
    branch_id: UUID | None
    branch: str
    run_by: str

    @property
    def last_on(self) -> date | None:
        """The last day on which they hold; None while no end is known."""
        return last_day(self.to_on)


@dataclass(frozen=True)
class Kin:
    """A place that this one came from or went on as."""

    place_id: UUID
    name: str
    on: date
    kind: LineageKind


@dataclass(frozen=True)
class Card:
    """A place with its facts on a day, the facts of other times, and its lineage."""

    id: UUID
    kind: Kind
    opened_on: date
    closed_on: date | None
    territory_id: UUID
    now: FactsRow
    history: tuple[FactsRow, ...]
    before: tuple[Kin, ...]
    after: tuple[Kin, ...]


@dataclass(frozen=True)
class PlaceFilter:
    """What a list of places is narrowed to."""

    territory_id: UUID | None = None
    kind: Kind | None = None
    words: str = ""


def usual_day(session: Session, today: date) -> date:
    """The day from which an import holds unless another is given: today, or for the very first the year's beginning.

    What is imported first was true before: visits made since April shall find their places.
    """
    known = session.exec(select(Place.id).limit(1)).first()
    return today if known is not None else FiscalYear.of(today).first


def holding(day: date) -> sa.ColumnElement[bool]:
    """That facts hold on a day: the condition by which every list is asked as of a day."""
    return sa.and_(
        col(PlaceFacts.from_on) <= day, sa.or_(col(PlaceFacts.to_on).is_(None), col(PlaceFacts.to_on) > day)
    )


def territories(session: Session) -> list[TerritoryRow]:
    """The former towns in the order of their codes."""
    rows = session.exec(
        select(Territory.id, Territory.code, Territory.name, Territory.kana).order_by(Territory.code)
    )
    return [TerritoryRow(*row) for row in rows]


def assignments(session: Session, day: date, *, ended: bool = False) -> list[AssignmentRow]:
    """Who holds and deputises on a day; with `ended`, everybody who ever did."""
    wanted = (
        select(Assignment, Account.name)
        .join(Account, col(Account.id) == col(Assignment.account_id))
        .join(Territory, col(Territory.id) == col(Assignment.territory_id))
        .order_by(Territory.code, col(Assignment.kind).desc(), col(Assignment.from_on))
    )
    if not ended:
        wanted = wanted.where(
            Assignment.from_on <= day, col(Assignment.to_on).is_(None) | (col(Assignment.to_on) > day)
        )
    return [
        AssignmentRow(a.id, a.territory_id, a.account_id, name, a.kind, a.from_on, a.to_on)
        for a, name in session.exec(wanted)
    ]


def vacancies_from(rows: Iterable[AssignmentRow], day: date) -> dict[UUID, Vacancy]:
    """By territory, the first stretch without a holder that is not over on a day; `rows` are all assignments."""
    held: dict[UUID, list[tuple[date, date | None]]] = {}
    for row in rows:
        if row.kind is AssignmentKind.HOLDER:
            held.setdefault(row.territory_id, []).append((row.from_on, row.to_on))
    found = {}
    for territory_id, stretches in held.items():
        open_ones = (one for one in vacancies(stretches) if one.to_on is None or day < one.to_on)
        if first := next(open_ones, None):
            found[territory_id] = first
    return found


def place_counts(session: Session, day: date, *, of: UUID | None = None) -> dict[tuple[UUID, Kind], int]:
    """How many places of each kind each territory (or the one that is named) has on a day."""
    wanted = (
        sa.select(col(PlaceFacts.territory_id), col(PlaceFacts.kind), sa.func.count())
        .where(holding(day))
        .group_by(col(PlaceFacts.territory_id), col(PlaceFacts.kind))
    )
    if of is not None:
        wanted = wanted.where(col(PlaceFacts.territory_id) == of)
    return {(territory_id, kind): counted for territory_id, kind, counted in session.execute(wanted)}


_COLUMNS: tuple[Any, ...] = (
    PlaceFacts.place_id,
    PlaceFacts.kind,
    PlaceFacts.code,
    PlaceFacts.name,
    PlaceFacts.kana,
    PlaceFacts.territory_id,
    Territory.name,
    PlaceFacts.households,
    PlaceFacts.lat,
    PlaceFacts.lon,
    PlaceFacts.kana_order,
)


def wanted_places(day: date, narrowed: PlaceFilter) -> Any:
    """The statement for PlaceRows of a list, without order."""
    joined = (
        sa.select(*_COLUMNS)
        .select_from(PlaceFacts)
        .join(Territory, col(Territory.id) == col(PlaceFacts.territory_id))
    )
    return narrowed_to(joined, day, narrowed)


def narrowed_to(wanted: Any, day: date, narrowed: PlaceFilter) -> Any:
    """A statement on PlaceFacts, narrowed to what holds on a day and what was asked for."""
    wanted = wanted.where(holding(day))
    if narrowed.territory_id is not None:
        wanted = wanted.where(PlaceFacts.territory_id == narrowed.territory_id)
    if narrowed.kind is not None:
        wanted = wanted.where(PlaceFacts.kind == narrowed.kind)
    for word in narrowed.words.split():
        wanted = wanted.where(col(PlaceFacts.search_key).contains(search_key(word), autoescape=True))
    return wanted


@dataclass(frozen=True)
class PlacePage:
    """Some places of a list in kana order; the cursors lead to the pages before and after.

    `total` counts the whole list as far as `COUNTED`; `counted_all` says whether it ended before that.
    """

    rows: tuple[PlaceRow, ...]
    previous: UUID | None
    next: UUID | None
    total: int
    counted_all: bool


def place_page(
    session: Session,
    day: date,
    narrowed: PlaceFilter,
    *,
    after: UUID | None = None,
    before: UUID | None = None,
    rows: int = PAGE_ROWS,
) -> PlacePage:
    """A page of places in kana order: the first, the one after a place, or the one before a place."""
    cursor = _cursor(session, day, after or before)
    back = after is None and before is not None and cursor is not None
    hits = _hits(session, day, narrowed) if narrowed.words else None
    if hits is not None and len(hits) <= COUNTED:
        page = cut(hits, cursor=cursor, back=back, rows=rows)
        found = _rows(
            session, wanted_places(day, PlaceFilter()).where(col(PlaceFacts.place_id).in_(page.ids))
        )
        return _page(found, page.before, page.after, len(hits))
    wanted = wanted_places(day, narrowed)
    if cursor is not None:
        # A row value, for SQLite walks the index by it and not by two conditions joined with OR.
        here, there = sa.tuple_(*_ORDER), sa.tuple_(sa.literal(cursor[0]), sa.literal(cursor[1], sa.Uuid()))
        wanted = wanted.where(here < there if back else here > there)
    found = _rows(session, wanted, back=back, most=rows + 1)
    more, shown = len(found) > rows, found[:rows]
    if back:
        shown.reverse()
    whole = cursor is None and not more
    total = len(shown) if whole else len(hits) if hits is not None else count_places(session, day, narrowed)
    return _page(shown, more if back else cursor is not None, back or more, total)


_ORDER = (col(PlaceFacts.kana_order), col(PlaceFacts.place_id))


def _rows(session: Session, wanted: Any, *, back: bool = False, most: int | None = None) -> list[PlaceRow]:
    order = (one.desc() for one in _ORDER) if back else _ORDER
    return [PlaceRow(*row) for row in session.execute(wanted.order_by(*order).limit(most))]


def _page(shown: list[PlaceRow], before: bool, after: bool, total: int) -> PlacePage:
    return PlacePage(
        tuple(shown),
        shown[0].id if shown and before else None,
        shown[-1].id if shown and after else None,
        min(total, COUNTED),
        total <= COUNTED,
    )


def _hits(session: Session, day: date, narrowed: PlaceFilter) -> list[Hit]:
    """What a search finds, one beyond `COUNTED` at most, in no order.

    One reading of the table as it lies: to look through a large town in kana order, only to find little, would
    fetch its rows from here and there.
    """
    some = narrowed_to(sa.select(*_ORDER).select_from(PlaceFacts), day, narrowed).limit(COUNTED + 1)
    return [(order, place_id) for order, place_id in session.execute(some)]


def _cursor(session: Session, day: date, place_id: UUID | None) -> Hit | None:
    """Where a place stands in kana order on a day; None for no place, or one not open then."""
    if place_id is None:
        return None
    order = session.exec(
        select(PlaceFacts.kana_order).where(PlaceFacts.place_id == place_id, holding(day))
    ).first()
    return None if order is None else (order, place_id)


def count_places(session: Session, day: date, narrowed: PlaceFilter) -> int:
    """How many places a list has, counted one beyond `COUNTED` at most: a page must not cost a count of all."""
    some = narrowed_to(sa.select(sa.literal(1)).select_from(PlaceFacts), day, narrowed).limit(COUNTED + 1)
    counted: int = session.execute(sa.select(sa.func.count()).select_from(some.subquery())).scalar_one()
    return counted


def names_on(session: Session, place_ids: set[UUID], day: date) -> dict[UUID, str]:
    """What these places were called on a day; a place not open then goes by its nearest name."""
    if not place_ids:
        return {}
    rows = session.exec(
        select(col(PlaceFacts.place_id), col(PlaceFacts.name), col(PlaceFacts.from_on))
        .where(col(PlaceFacts.place_id).in_(place_ids))
        .order_by(col(PlaceFacts.from_on))
    )
    known: dict[UUID, str] = {}
    for place_id, name, from_on in rows:
        if from_on <= day or place_id not in known:
            known[place_id] = name
    return known


def card(session: Session, place_id: UUID, day: date) -> Card:
    """A place as of a day; of a place not open then, the nearest facts."""
    place = session.get(Place, place_id)
    if place is None:
        raise Missing("not_found")
    rows = session.execute(
        sa.select(*_FACTS, col(PlaceFacts.territory_id))
        .join(Territory, col(Territory.id) == col(PlaceFacts.territory_id))
        .where(col(PlaceFacts.place_id) == place_id)
        .order_by(col(PlaceFacts.from_on))
    ).all()
    hubs = {one for row in rows for one in (row.centre_id, row.branch_id) if one}
    called = names_on(session, hubs, day)
    history = tuple(_facts_row(row, called) for row in rows)
    at = max((n for n, facts in enumerate(history) if facts.from_on <= day), default=0)
    before, after = _kin(session, place_id)
    return Card(
        place.id,
        place.kind,
        place.opened_on,
        place.closed_on,
        rows[at].territory_id,
        history[at],
        history,
        before,
        after,
    )


_FACTS: tuple[Any, ...] = (
    *(
        getattr(PlaceFacts, name)
        for name in (
            "from_on",
            "to_on",
            "code",
            "name",
            "kana",
            "address",
            "lat",
            "lon",
            "doors",
            "households",
            "resident_households",
            "population",
            "sections",
            "centre_id",
            "branch_id",
            "run_by",
        )
    ),
    Territory.name.label("territory"),  # type: ignore[attr-defined]  # a column on the class
)


def _facts_row(row: Any, called: dict[UUID, str]) -> FactsRow:
    said = {name: value for name, value in row._mapping.items() if name != "territory_id"}
    return FactsRow(**said, centre=called.get(row.centre_id, ""), branch=called.get(row.branch_id, ""))


def _kin(session: Session, place_id: UUID) -> tuple[tuple[Kin, ...], tuple[Kin, ...]]:
    """Where a place came from, and as what it went on."""
    rows = session.exec(
        select(Lineage.predecessor_id, Lineage.successor_id, col(Lineage.on), col(Lineage.kind))
        .where((Lineage.predecessor_id == place_id) | (Lineage.successor_id == place_id))
        .order_by(col(Lineage.on))
    ).all()
    called = names_on(session, {one for row in rows for one in row[:2]} - {place_id}, date.max)
    return (
        tuple(Kin(old, called.get(old, ""), on, kind) for old, new, on, kind in rows if new == place_id),
        tuple(Kin(new, called.get(new, ""), on, kind) for old, new, on, kind in rows if old == place_id),
    )
