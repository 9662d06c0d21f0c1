"""Reads that a proposal rests on: intervals, due places, who is in the field, calls that stand."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col, select

from crm.accounts.models import Account
from crm.core.geo import Point
from crm.core.months import Month
from crm.db import trail_mark
from crm.db.trail_mark import Mark
from crm.territory.models import Assignment, AssignmentKind, Kind, Place, PlaceFacts
from crm.territory.queries import holding
from crm.territory.rules import HUBS
from crm.visits import rules
from crm.visits.calendar import working_days
from crm.visits.models import Call, CallState, Met, MonthPlan, PlacePulse, Record, VisitInterval
from crm.visits.planning import DuePlace, FieldWorker, Holding, Newcomer, first_turns

CALLABLE = frozenset({Kind.DISTRICT} | HUBS)
"""Kinds of place that the round calls on when no interval says otherwise."""
CITY = Point(38.9346, 141.1266)
"""Where a day begins when no office of the centre has a position: the city hall of Ichinoseki."""


def intervals(session: Session) -> Mapping[tuple[Kind | None, UUID | None, UUID | None], int]:
    """Every interval by (kind, territory, place)."""
    return {(i.kind, i.territory_id, i.place_id): i.every_months for i in session.exec(select(VisitInterval))}


def every_months(
    known: Mapping[tuple[Kind | None, UUID | None, UUID | None], int],
    *,
    kind: Kind,
    territory_id: UUID,
    place_id: UUID,
) -> int:
    """The interval that holds for a place: its own, else its kind's in the territory, else its kind's."""
    for wanted in ((None, None, place_id), (kind, territory_id, None)):
        if (months := known.get(wanted)) is not None:
            return months
    return default_months(known, kind)


def default_months(known: Mapping[tuple[Kind | None, UUID | None, UUID | None], int], kind: Kind) -> int:
    """The interval of a kind of place everywhere: as set, else 3 months for what the round calls on."""
    set_one = known.get((kind, None, None))
    return set_one if set_one is not None else rules.DEFAULT_MONTHS if kind in CALLABLE else 0


@dataclass(frozen=True)
class Round:
    """What a month's plan is made of: places due, and how many newcomers wait for a later month.

    `points` knows where every place is that may be called on, due or not.
    """

    due: tuple[DuePlace, ...]
    waiting: int
    points: Mapping[UUID, Point | None]


@dataclass(frozen=True)
class _Known:
    """A place with an interval, as it is when the month (or what is left of it) begins."""

    place_id: UUID
    territory_id: UUID
    point: Point | None
    order: str
    every: int
    last_on: date | None
    opened_on: date
    closed_on: date | None

    def due(self, since: Month, month: Month) -> DuePlace:
        late = since.until(month)
        return DuePlace(
            self.place_id, self.territory_id, self.point, late, self.order, self.closed_on, self.opened_on
        )


def round_of(session: Session, month: Month, *, today: date) -> Round:
    """Places that are due in a month: open in it from today on, and not met or expected within their interval.

    Places that were never met come up by turns over their interval (`crm.visits.planning.first_turns`).
    """
    places = _callable(session, month, today)
    expected = _expected(session, month, today)
    turns = _turns(session, month, places)
    due: list[DuePlace] = []
    waiting = 0
    for place in places:
        last = max(
            (on for on in (place.last_on, expected.get(place.place_id)) if on is not None), default=None
        )
        if last is not None:
            if rules.due_in(month, every_months=place.every, last_contact=last):
                due.append(place.due(Month.of(last).plus(place.every), month))
        elif (turn := turns.get(place.place_id, month)) <= month:
            due.append(place.due(turn, month))
        else:
            waiting += 1
    return Round(tuple(due), waiting, {place.place_id: place.point for place in places})


def _callable(session: Session, month: Month, today: date) -> list[_Known]:
    """Places with an interval that are open on the month's first day, or today if it has begun, or open later in it."""
    known, start = intervals(session), max(month.first, today)
    opening = sa.and_(
        col(PlaceFacts.from_on) == col(Place.opened_on),
        col(Place.opened_on) > start,
        col(Place.opened_on) <= month.last,
    )
    rows = session.execute(
        sa.select(
            col(Place.id),
            col(Place.kind),
            col(PlaceFacts.territory_id),
            col(PlaceFacts.lat),
            col(PlaceFacts.lon),
            col(PlaceFacts.kana_order),
            col(PlacePulse.last_on),
            col(Place.opened_on),
            col(Place.closed_on),
        )
        .select_from(PlaceFacts)
        .join(Place, col(Place.id) == col(PlaceFacts.place_id))
        .outerjoin(PlacePulse, col(PlacePulse.place_id) == col(Place.id))
        .where(sa.or_(holding(start), opening))
        .order_by(col(PlaceFacts.code), col(PlaceFacts.kana_order), col(Place.id))
    )
    found = []
    for place_id, kind, territory_id, lat, lon, order, last_on, opened_on, closed_on in rows:
        every = every_months(known, kind=kind, territory_id=territory_id, place_id=place_id)
        if every:
            point = Point(lat, lon) if lat is not None and lon is not None else None
            found.append(_Known(place_id, territory_id, point, order, every, last_on, opened_on, closed_on))
    return found


def _turns(session: Session, month: Month, places: Iterable[_Known]) -> Mapping[UUID, Month]:
    """When places come up that nobody had met when they became known to the plan.

    A place is known from the month it opened, or from the first month that was planned at all. Those met since are
    shared out with the others, so that the turn of one does not change when its neighbour is visited.
    """
    places = list(places)
    if all(place.last_on is not None for place in places):
        return {}
    first = min(_first_proposed(session) or month, month)
    met_before = _met_before(session, first.first)
    return first_turns(
        Newcomer(
            place.place_id,
            place.territory_id,
            place.point,
            place.order,
            place.every,
            max(Month.of(place.opened_on), first),
        )
        for place in places
        if place.place_id not in met_before
    )


def _first_proposed(session: Session) -> Month | None:
    """The first month for which calls were proposed; one into which somebody only put calls by hand is none."""
    proposed = sa.exists().where(col(Call.plan_id) == col(MonthPlan.id), ~col(Call.by_hand))
    first = session.exec(select(sa.func.min(col(MonthPlan.month))).where(proposed)).one()
    return Month.parse(first) if first else None


def _met_before(session: Session, day: date) -> set[UUID]:
    return {
        place_id
        for place_id in session.exec(
            select(col(Record.place_id))
            .where(
                Record.on < day,
                Record.met == Met.MET,
                col(Record.withdrawn_at).is_(None),
                col(Record.place_id).is_not(None),
            )
            .distinct()
        )
        if place_id is not None
    }


def _expected(session: Session, month: Month, today: date) -> dict[UUID, date]:
    """Calls that are planned between today and a month: contacts to be, so that planning ahead asks nobody twice."""
    rows = session.execute(
        sa.select(col(Call.place_id), sa.func.max(col(Call.on)))
        .where(col(Call.on) >= today, col(Call.on) < month.first, col(Call.state) == CallState.PLANNED)
        .group_by(col(Call.place_id))
    )
    return {row[0]: row[1] for row in rows}


def field_workers(session: Session, month: Month, *, from_day: date) -> list[FieldWorker]:
    """Those who hold territories in a month from a day on, when, and on which working days; holders, not deputies."""
    end = month.last + timedelta(days=1)
    held: dict[UUID, list[Holding]] = {}
    for account_id, territory_id, since, until in session.execute(
        sa.select(
            col(Assignment.account_id),
            col(Assignment.territory_id),
            col(Assignment.from_on),
            col(Assignment.to_on),
        )
        .join(Account, col(Account.id) == col(Assignment.account_id))
        .where(
            col(Assignment.kind) == AssignmentKind.HOLDER,
            col(Assignment.from_on) < end,
            col(Assignment.to_on).is_(None) | (col(Assignment.to_on) > from_day),
            col(Account.disabled_at).is_(None),
        )
        .order_by(
            col(Account.kana), col(Account.name), col(Account.id), col(Assignment.from_on), col(Assignment.id)
        )
    ):
        holding_then = Holding(territory_id, max(since, from_day), min(until or end, end))
        held.setdefault(account_id, []).append(holding_then)
    days = [day for day in working_days(month) if day >= from_day]
    offices, centres = _offices(session, from_day), _centres(session, from_day)
    return [
        FieldWorker(
            account_id,
            tuple(holdings),
            _office_for({one.territory_id for one in holdings}, centres, offices),
            tuple(day for day in days if any(one.holds_on(day) for one in holdings)),
        )
        for account_id, holdings in held.items()
    ]


def _offices(session: Session, day: date) -> list[Point]:
    rows = session.exec(
        select(PlaceFacts.lat, PlaceFacts.lon)
        .join(Place, col(Place.id) == col(PlaceFacts.place_id))
        .where(Place.kind == Kind.OWN_OFFICE, holding(day))
        .order_by(PlaceFacts.code)
    )
    return [Point(lat, lon) for lat, lon in rows if lat is not None and lon is not None]


def _centres(session: Session, day: date) -> dict[UUID, Point]:
    rows = session.execute(
        sa.select(
            col(PlaceFacts.territory_id), sa.func.avg(col(PlaceFacts.lat)), sa.func.avg(col(PlaceFacts.lon))
        )
        .where(holding(day), col(PlaceFacts.lat).is_not(None))
        .group_by(col(PlaceFacts.territory_id))
    )
    return {territory_id: Point(lat, lon) for territory_id, lat, lon in rows}


def _office_for(ids: Iterable[UUID], centres: Mapping[UUID, Point], offices: list[Point]) -> Point:
    """The office nearest to the middle of the territories held."""
    mine = [centres[one] for one in ids if one in centres]
    if not offices or not mine:
        return offices[0] if offices else CITY
    lat, lon = sum(p.lat for p in mine) / len(mine), sum(p.lon for p in mine) / len(mine)
    return min(offices, key=lambda o: (o.lat - lat) ** 2 + (o.lon - lon) ** 2)


RESTS_ON = (Account, Assignment, Call, MonthPlan, Place, PlaceFacts, Record, VisitInterval)
"""What a proposal rests on."""


def changed_since(session: Session, before: Mark) -> bool:
    """Whether anything that a proposal rests on was changed since."""
    return trail_mark.changed_since(session, before, RESTS_ON)
