"""Reads of people: who holds which post, always with the place, for surnames repeat."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col, select

from crm.core.kana import search_key
from crm.core.problems import Missing
from crm.groups.models import Channel, Person, Post, Term
from crm.groups.rules import earlier, wanted_key
from crm.territory.models import Place, PlaceFacts, Territory
from crm.territory.paging import Hit, cut
from crm.territory.rules import last_day

PAGE_ROWS = 50
COUNTED = 1000
"""A longer list is said to hold more than so many."""


@dataclass(frozen=True)
class PostRow:
    """A title that somebody can hold."""

    id: UUID
    title: str


@dataclass(frozen=True)
class Holder:
    """Somebody who holds a post of a place on the day that was asked for."""

    term_id: UUID
    person_id: UUID
    post_id: UUID
    post: str
    name: str
    kana: str
    from_on: date
    number: int | None
    phone: str


@dataclass(frozen=True)
class TermRow:
    """A post that a person holds or held; the place goes by the name that it bore at the time.

    `to_on` is the first day without it: its own end, or the day on which the place was closed.
    """

    id: UUID
    person_id: UUID
    place_id: UUID
    place: str
    territory: str
    post: str
    from_on: date
    to_on: date | None
    number: int | None
    source: str

    @property
    def last_on(self) -> date | None:
        """The last day of the term."""
        return last_day(self.to_on)


def together(terms: Iterable[TermRow]) -> tuple[str, ...]:
    """Terms as they stand beside a name, one line for each place: 一関 駅前区 区長・自治会長."""
    titles: dict[str, list[str]] = {}
    for one in terms:
        titles.setdefault(f"{one.territory} {one.place}", []).append(one.post)
    return tuple(f"{place} {'・'.join(dict.fromkeys(held))}" for place, held in titles.items())


@dataclass(frozen=True)
class PersonRow:
    """Somebody in the list of people, with the posts held on the day; `former` the last ones of who holds none."""

    id: UUID
    name: str
    kana: str
    phone: str
    posts: tuple[str, ...]
    former: tuple[str, ...]

    @property
    def told(self) -> str:
        """The name with its posts: what tells one 佐藤 from the other."""
        known = self.posts or self.former
        return f"{self.name}({'、'.join(known)})" if known else self.name


@dataclass(frozen=True)
class PersonCard:
    """A person with all posts: held on the day, held before it, the latest first, and still to come."""

    id: UUID
    name: str
    kana: str
    phone: str
    fax: str
    mail: str
    channel: Channel | None
    present: tuple[TermRow, ...]
    past: tuple[TermRow, ...]
    coming: tuple[TermRow, ...]


@dataclass(frozen=True)
class PeopleFilter:
    """What the list of people is narrowed to: words, those with a post in a territory, those who hold one now."""

    words: str = ""
    territory_id: UUID | None = None
    in_office: bool = False


@dataclass(frozen=True)
class PeoplePage:
    """Some people of the list in kana order; the cursors lead to the pages before and after.

    `total` counts the whole list as far as `COUNTED`; `counted_all` says whether it ended before that.
    """

    rows: tuple[PersonRow, ...]
    previous: UUID | None
    next: UUID | None
    total: int
    counted_all: bool


def serving(day: date) -> sa.ColumnElement[bool]:
    """That a term holds on a day; asked of Term joined with its Place, for no post outlives its place."""
    return sa.and_(
        col(Term.from_on) <= day,
        sa.or_(col(Term.to_on).is_(None), col(Term.to_on) > day),
        sa.or_(col(Place.closed_on).is_(None), col(Place.closed_on) > day),
    )


def posts(session: Session, territory_id: UUID, *, also: UUID | None = None) -> list[PostRow]:
    """The titles of a territory and those known everywhere, in their order; `also` one of elsewhere."""
    here = sa.or_(col(Post.territory_id) == territory_id, col(Post.territory_id).is_(None))
    rows = session.exec(
        select(Post.id, Post.title)
        .where(here if also is None else sa.or_(here, col(Post.id) == also))
        .order_by(col(Post.position), Post.title)
    )
    return [PostRow(*row) for row in rows]


def holders(session: Session, place_id: UUID, day: date) -> list[Holder]:
    """Who holds which post of a place on a day, in the order of the posts."""
    columns = (
        Term.id,
        Person.id,
        Post.id,
        Post.title,
        Person.name,
        Person.kana,
        Term.from_on,
        Term.number,
        Person.phone,
    )
    rows = session.execute(
        sa.select(*columns)  # type: ignore[call-overload]  # columns on the classes
        .select_from(Term)
        .join(Person, col(Person.id) == col(Term.person_id))
        .join(Post, col(Post.id) == col(Term.post_id))
        .join(Place, col(Place.id) == col(Term.place_id))
        .where(col(Term.place_id) == place_id, serving(day))
        .order_by(col(Post.position), col(Post.title), col(Term.from_on), col(Term.id))
    )
    return [Holder(*row) for row in rows]


def person(session: Session, person_id: UUID, day: date) -> PersonCard:
    """A person with all posts, as of a day; raises Missing."""
    found = session.get(Person, person_id)
    if found is None:
        raise Missing("not_found")
    terms = _terms(session, {person_id}, day)
    return PersonCard(
        found.id,
        found.name,
        found.kana,
        found.phone,
        found.fax,
        found.mail,
        found.channel,
        tuple(one for one in terms if _when(one, day) == 0),
        tuple(reversed([one for one in terms if _when(one, day) < 0])),
        tuple(one for one in terms if _when(one, day) > 0),
    )


def term(session: Session, term_id: UUID, day: date) -> tuple[PersonRow, TermRow]:
    """A term and who holds it; raises Missing."""
    found = session.get(Term, term_id)
    if found is None:
        raise Missing("not_found")
    row = next(one for one in _terms(session, {found.person_id}, day) if one.id == term_id)
    return rows_of(session, [session.get_one(Person, found.person_id)], day)[0], row


def people_page(
    session: Session,
    day: date,
    narrowed: PeopleFilter,
    *,
    after: UUID | None = None,
    before: UUID | None = None,
    rows: int = PAGE_ROWS,
) -> PeoplePage:
    """A page of people in kana order: the first, the one after a person, or the one before a person."""
    found_there = session.get(Person, after or before) if after or before else None
    cursor = None if found_there is None else (found_there.kana_order, found_there.id)
    back = after is None and cursor is not None
    hits = _hits(session, day, narrowed)
    if hits is not None and len(hits) <= COUNTED:
        page = cut(hits, cursor=cursor, back=back, rows=rows)
        shown = _people(session, sa.select(Person).where(col(Person.id).in_(page.ids)))
        return _page(rows_of(session, shown, day), page.before, page.after, len(hits))
    wanted = _narrow(sa.select(Person), day, narrowed)
    if cursor is not None:
        here, there = sa.tuple_(*_ORDER), sa.tuple_(sa.literal(cursor[0]), sa.literal(cursor[1], sa.Uuid()))
        wanted = wanted.where(here < there if back else here > there)
    found = _people(session, wanted, back=back, most=rows + 1)
    more, shown = len(found) > rows, found[:rows]
    if back:
        shown.reverse()
    total = len(hits) if hits is not None else _count(session, day, narrowed)
    return _page(rows_of(session, shown, day), more if back else cursor is not None, back or more, total)


_ORDER = (col(Person.kana_order), col(Person.id))


def _people(session: Session, wanted: Any, *, back: bool = False, most: int | None = None) -> list[Person]:
    order = (one.desc() for one in _ORDER) if back else _ORDER
    return list(session.execute(wanted.order_by(*order).limit(most)).scalars())


def _page(shown: list[PersonRow], before: bool, after: bool, total: int) -> PeoplePage:
    return PeoplePage(
        tuple(shown),
        shown[0].id if shown and before else None,
        shown[-1].id if shown and after else None,
        min(total, COUNTED),
        total <= COUNTED,
    )


def _hits(session: Session, day: date, narrowed: PeopleFilter) -> list[Hit] | None:
    """What a search finds, one beyond `COUNTED` at most, in no order; None where it is better looked for in order.

    First whom the words fit, then which of them have a term of the kind that is asked for: few are left by
    then. Where only a territory is asked for, from its places to their people.
    """
    if narrowed.words:
        named = _worded(sa.select(*_ORDER), narrowed.words).limit(COUNTED + 1).subquery()
        asks = narrowed.territory_id is not None or narrowed.in_office
        fits = _has_term(day, narrowed, named.c.id) if asks else sa.true()
        found = session.execute(sa.select(named.c.kana_order, named.c.id, fits)).all()
        return None if len(found) > COUNTED else [(order, one_id) for order, one_id, fit in found if fit]
    if narrowed.territory_id is None:
        return None
    held = _terms_held(sa.select(*_ORDER), day, narrowed).join(Person, col(Person.id) == col(Term.person_id))
    return [(order, one_id) for order, one_id in session.execute(held.distinct().limit(COUNTED + 1))]


def found_people(session: Session, words: str, day: date, *, most: int) -> list[PersonRow]:
    """The first people whom the words fit, in kana order."""
    wanted = _narrow(sa.select(Person), day, PeopleFilter(words))
    found = session.execute(wanted.order_by(col(Person.kana_order), col(Person.id)).limit(most)).scalars()
    return rows_of(session, found, day)


def people_of(session: Session, ids: Iterable[UUID], day: date) -> list[PersonRow]:
    """These people, in the order in which they are asked for; those whom nobody knows are left out."""
    wanted = list(dict.fromkeys(ids))
    known = {one.id: one for one in session.exec(select(Person).where(col(Person.id).in_(wanted)))}
    return rows_of(session, [known[one] for one in wanted if one in known], day)


def namesakes(session: Session, name: str) -> list[PersonRow]:
    """People of the same name, however it is written."""
    key = search_key(name)
    alike = select(Person).where(col(Person.search_key).startswith(key, autoescape=True))
    same = [one for one in session.exec(alike) if search_key(one.name) == key]
    return rows_of(session, same, date.max)


def _narrow(wanted: Any, day: date, narrowed: PeopleFilter) -> Any:
    wanted = _worded(wanted, narrowed.words)
    if narrowed.territory_id is not None or narrowed.in_office:
        wanted = wanted.where(_has_term(day, narrowed, col(Person.id)))
    return wanted


def _worded(wanted: Any, words: str) -> Any:
    for word in words.split():
        wanted = wanted.where(col(Person.search_key).contains(wanted_key(word), autoescape=True))
    return wanted


def _has_term(day: date, narrowed: PeopleFilter, person_id: Any) -> sa.ColumnElement[bool]:
    """That a person has a term of the kind that is asked for, looked up person by person."""
    held = _terms_held(sa.select(sa.literal(1)), day, narrowed).where(col(Term.person_id) == person_id)
    there: sa.ColumnElement[bool] = held.correlate_except(Term, Place, PlaceFacts).exists()
    return there


def _terms_held(wanted: Any, day: date, narrowed: PeopleFilter) -> Any:
    """A statement on the terms of the kind that is asked for: held now, in a territory, or both."""
    wanted = wanted.select_from(Term).join(Place, col(Place.id) == col(Term.place_id))
    if narrowed.in_office:
        wanted = wanted.where(serving(day))
    if narrowed.territory_id is None:
        return wanted
    return wanted.join(PlaceFacts, col(PlaceFacts.place_id) == col(Place.id)).where(
        col(PlaceFacts.territory_id) == narrowed.territory_id
    )


def _count(session: Session, day: date, narrowed: PeopleFilter) -> int:
    some = _narrow(sa.select(sa.literal(1)).select_from(Person), day, narrowed).limit(COUNTED + 1)
    counted: int = session.execute(sa.select(sa.func.count()).select_from(some.subquery())).scalar_one()
    return counted


def rows_of(session: Session, found: Iterable[Person], day: date) -> list[PersonRow]:
    """People with the posts that they hold on a day."""
    people = list(found)
    terms: dict[UUID, list[TermRow]] = {}
    for one in _terms(session, {one.id for one in people}, day):
        terms.setdefault(one.person_id, []).append(one)
    return [_person_row(one, terms.get(one.id, []), day) for one in people]


def _person_row(found: Person, terms: list[TermRow], day: date) -> PersonRow:
    present = together(one for one in terms if _when(one, day) == 0)
    past = [one for one in terms if _when(one, day) < 0]
    last = max((one.to_on for one in past if one.to_on), default=None)
    former = () if present else together(one for one in past if one.to_on == last)
    return PersonRow(found.id, found.name, found.kana, found.phone, present, former)


def _when(row: TermRow, day: date) -> int:
    """Whether a term is over (-1), holds (0) or is still to come (1) on a day."""
    if row.to_on is not None and row.to_on <= day:
        return -1
    return 0 if row.from_on <= day else 1


def _terms(session: Session, person_ids: set[UUID], day: date) -> list[TermRow]:
    """All posts of these people, in the order in which they began."""
    if not person_ids:
        return []
    found = session.exec(
        select(Term, col(Post.title), col(Place.closed_on))
        .join(Post, col(Post.id) == col(Term.post_id))
        .join(Place, col(Place.id) == col(Term.place_id))
        .where(col(Term.person_id).in_(person_ids))
        .order_by(col(Term.from_on), col(Post.position), col(Term.id))
    ).all()
    called = _names(session, {one.place_id for one, _title, _closed in found})
    rows = []
    for one, title, closed_on in found:
        to_on = earlier(one.to_on, closed_on)
        place, territory = _name_then(called[one.place_id], min(day, last_day(to_on) or day))
        rows.append(
            TermRow(
                one.id,
                one.person_id,
                one.place_id,
                place,
                territory,
                title,
                one.from_on,
                to_on,
                one.number,
                one.source,
            )
        )
    return rows


_Names = list[tuple[date, str, str]]


def _names(session: Session, place_ids: set[UUID]) -> dict[UUID, _Names]:
    """The names of places with their territories, each with the day from which it holds."""
    known: dict[UUID, _Names] = {}
    for place_id, since, name, territory in session.exec(
        select(col(PlaceFacts.place_id), col(PlaceFacts.from_on), col(PlaceFacts.name), col(Territory.name))
        .join(Territory, col(Territory.id) == col(PlaceFacts.territory_id))
        .where(col(PlaceFacts.place_id).in_(place_ids))
        .order_by(col(PlaceFacts.from_on))
    ):
        known.setdefault(place_id, []).append((since, name, territory))
    return known


def _name_then(names: _Names, day: date) -> tuple[str, str]:
    """The name and territory on a day; before the first, the first."""
    _since, name, territory = next((one for one in reversed(names) if one[0] <= day), names[0])
    return name, territory
