"""Use cases of the territory: open, change, split, merge, close places; assign workers."""

from collections.abc import Sequence
from dataclasses import fields, replace
from datetime import date
from uuid import UUID

from sqlmodel import Session, col, select

from crm.core.problems import Conflict, Missing, Problem
from crm.territory import rules
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
from crm.territory.rules import Facts


def add_territory(session: Session, code: str, name: str, kana: str = "") -> Territory:
    """Add a former town; raises "territory_known" when its code or name is taken."""
    if session.exec(select(Territory).where((Territory.code == code) | (Territory.name == name))).first():
        raise Problem("territory_known", field="name", name=name)
    territory = Territory(code=code, name=name, kana=kana)
    session.add(territory)
    session.flush()
    return territory


def open_place(
    session: Session, kind: Kind, source_key: str, facts: Facts, *, on: date, place_id: UUID | None = None
) -> Place:
    """Open a place on a day with its first facts; raises "key_known" when its key or code is taken."""
    if session.exec(select(Place.id).where(Place.kind == kind, Place.source_key == source_key)).first():
        raise Problem("key_known", field="code", key=source_key)
    _check_code(session, kind, facts.code)
    place = Place(kind=kind, source_key=source_key, opened_on=on)
    if place_id is not None:
        place.id = place_id
    session.add(place)
    session.flush()
    session.add(PlaceFacts(place_id=place.id, kind=kind, from_on=on, **facts.columns()))
    session.flush()
    return place


def _check_code(session: Session, kind: Kind, code: str, *, of: UUID | None = None) -> None:
    """Raise "key_known" when an open place of this kind, other than `of`, goes by this code."""
    wanted = select(PlaceFacts.place_id).where(
        PlaceFacts.kind == kind, PlaceFacts.code == code, col(PlaceFacts.to_on).is_(None)
    )
    if code and any(found != of for found in session.exec(wanted)):
        raise Problem("key_known", field="code", key=code)


def key_for(session: Session, kind: Kind, facts: Facts, *, on: date) -> str:
    """A key for a place that is opened by hand. A name that was used before gets the day to it, a code does not."""
    if facts.code:
        return facts.code
    if kind is Kind.NEIGHBOURHOOD:
        plain = rules.neighbourhood_key(facts.name)
    else:
        town = session.get_one(Territory, facts.territory_id)
        plain = rules.stable_key(code="", territory=town.name, name=facts.name)
    taken = select(Place).where(Place.kind == kind, Place.source_key == plain)
    known = session.exec(taken).first()
    return plain if known is None or known.closed_on is None else f"{plain}@{on.isoformat()}"


def place_of(session: Session, place_id: UUID) -> Place:
    """The place, or Missing."""
    place = session.get(Place, place_id)
    if place is None:
        raise Missing("not_found")
    return place


def place_open_on(session: Session, place_id: UUID, day: date) -> Place:
    """The place, if it is open on that day; raises "place_closed" with its dates otherwise."""
    place = place_of(session, place_id)
    if not rules.holds_on(place.opened_on, place.closed_on, day):
        raise Problem(
            "place_closed", field="place", opened_on=place.opened_on, closed_on=place.closed_on or ""
        )
    return place


def latest_facts(session: Session, place_id: UUID) -> PlaceFacts:
    """The facts that hold since the last change; raises Missing."""
    found = session.exec(
        select(PlaceFacts)
        .where(PlaceFacts.place_id == place_id)
        .order_by(col(PlaceFacts.from_on).desc())
        .limit(1)
    ).first()
    if found is None:
        raise Missing("not_found")
    return found


def facts_of(row: PlaceFacts) -> Facts:
    """The undated facts of a row."""
    return Facts(**{one.name: getattr(row, one.name) for one in fields(Facts)})


def change_place(session: Session, place_id: UUID, facts: Facts, *, on: date) -> PlaceFacts:
    """Other facts from a day on: a new name, a move, a new count. What held before stays as it was.

    A change on the very day the latest facts began corrects those facts; the audit trail keeps the old text.
    """
    place, latest = place_of(session, place_id), latest_facts(session, place_id)
    if facts.code != latest.code:
        _check_code(session, place.kind, facts.code, of=place_id)
    if on == latest.from_on and place.closed_on is None:
        for name, value in facts.columns().items():
            setattr(latest, name, value)
        return latest
    rules.check_change_day(
        on, opened_on=place.opened_on, closed_on=place.closed_on, latest_from=latest.from_on
    )
    latest.to_on = on
    session.flush()
    row = PlaceFacts(place_id=place_id, kind=place.kind, from_on=on, **facts.columns())
    session.add(row)
    session.flush()
    return row


def rename(session: Session, place_id: UUID, name: str, kana: str, *, on: date) -> PlaceFacts:
    """Give a place another name from a day on."""
    return change_place(
        session, place_id, replace(facts_of(latest_facts(session, place_id)), name=name, kana=kana), on=on
    )


def close_place(session: Session, place_id: UUID, *, on: date) -> Place:
    """Close a place: `on` is the first day without it. Its records and facts stay."""
    place, latest = place_of(session, place_id), latest_facts(session, place_id)
    rules.check_change_day(
        on, opened_on=place.opened_on, closed_on=place.closed_on, latest_from=latest.from_on
    )
    place.closed_on = on
    latest.to_on = on
    session.flush()
    return place


def reopen_place(session: Session, place_id: UUID) -> Place:
    """Take back that a place was closed, as if it never had been.

    Raises Conflict "not_closed", or "went_on_as_another" for one that was split or merged: that would give
    its area to two places.
    """
    place, latest = place_of(session, place_id), latest_facts(session, place_id)
    if place.closed_on is None:
        raise Conflict("not_closed")
    if session.exec(select(Lineage.id).where(Lineage.predecessor_id == place_id)).first():
        raise Conflict("went_on_as_another")
    _check_code(session, place.kind, latest.code, of=place_id)
    place.closed_on = None
    latest.to_on = None
    session.flush()
    return place


def split_district(
    session: Session, place_id: UUID, into: Sequence[tuple[str, str, str]], *, on: date
) -> list[Place]:
    """Split a district on a day into parts given as (code, name, kana).

    The parts begin without counts (nobody knows them yet) and with the old centre, branch and position;
    the old district is closed on that day and stays findable; lineage leads from one to the other.
    """
    old = _district(session, place_id)
    facts = facts_of(latest_facts(session, place_id))
    known = set(_open_names(session, facts.territory_id, on))
    rules.check_parts([name for _code, name, _kana in into], known - {facts.name})
    close_place(session, place_id, on=on)
    parts = []
    for code, name, kana in into:
        part = replace(rules.without_numbers(facts), code=code, name=name, kana=kana)
        parts.append(open_place(session, old.kind, key_for(session, old.kind, part, on=on), part, on=on))
    for part_place in parts:
        session.add(Lineage(predecessor_id=old.id, successor_id=part_place.id, on=on, kind=LineageKind.SPLIT))
    session.flush()
    return parts


def merge_districts(
    session: Session, place_ids: Sequence[UUID], code: str, name: str, kana: str, *, on: date
) -> Place:
    """Merge districts of one territory on a day; counts are added up where all are known."""
    if len(set(place_ids)) < 2:
        raise Problem("merge_needs_two", field="places")
    for one in place_ids:
        _district(session, one)
    old = [facts_of(latest_facts(session, one)) for one in place_ids]
    if len({facts.territory_id for facts in old}) > 1:
        raise Problem("merge_across_territories", field="places")
    taken = set(_open_names(session, old[0].territory_id, on)) - {facts.name for facts in old}
    if name in taken:
        raise Problem("name_known", field="name", names=[name])
    for one in place_ids:
        close_place(session, one, on=on)
    merged = rules.added_up(old, code=code, name=name, kana=kana)
    key = key_for(session, Kind.DISTRICT, merged, on=on)
    place = open_place(session, Kind.DISTRICT, key, merged, on=on)
    for one in place_ids:
        session.add(Lineage(predecessor_id=one, successor_id=place.id, on=on, kind=LineageKind.MERGE))
    session.flush()
    return place


def _district(session: Session, place_id: UUID) -> Place:
    """The place, if it is one of those that are split and merged; raises "only_districts"."""
    place = place_of(session, place_id)
    if place.kind is not Kind.DISTRICT:
        raise Problem("only_districts")
    return place


def _open_names(session: Session, territory_id: UUID, day: date) -> Sequence[str]:
    return session.exec(
        select(PlaceFacts.name)
        .join(Place, col(Place.id) == col(PlaceFacts.place_id))
        .where(
            Place.kind == Kind.DISTRICT,
            PlaceFacts.territory_id == territory_id,
            PlaceFacts.from_on <= day,
            col(PlaceFacts.to_on).is_(None) | (col(PlaceFacts.to_on) > day),
        )
    ).all()


def assign(
    session: Session,
    territory_id: UUID,
    account_id: UUID,
    kind: AssignmentKind,
    *,
    from_on: date,
    to_on: date | None = None,
) -> Assignment:
    """Assign a worker to a territory from a day on. A new holder ends the holder before on that day.

    Raises "assignment_overlaps" when the same person already holds it then, "later_holder_known" when a
    holder was already named from a later day, "ends_before_beginning".
    """
    if to_on is not None and to_on <= from_on:
        raise Problem("ends_before_beginning", field="to_on", since=from_on)
    open_rows = session.exec(
        select(Assignment).where(
            Assignment.territory_id == territory_id,
            col(Assignment.to_on).is_(None) | (col(Assignment.to_on) > from_on),
        )
    ).all()
    in_the_way = [row for row in open_rows if to_on is None or row.from_on < to_on]
    if any(row.account_id == account_id and row.kind is kind for row in in_the_way):
        raise Problem("assignment_overlaps", field="account")
    if kind is AssignmentKind.HOLDER:
        for row in in_the_way:
            if row.kind is not AssignmentKind.HOLDER:
                continue
            if row.from_on >= from_on:
                raise Problem("later_holder_known", field="from_on", since=row.from_on)
            row.to_on = from_on
    row = Assignment(
        territory_id=territory_id, account_id=account_id, kind=kind, from_on=from_on, to_on=to_on
    )
    session.add(row)
    session.flush()
    return row


def end_assignment(session: Session, assignment_id: UUID, *, on: date) -> None:
    """End an assignment: `on` is the first day without it."""
    row = session.get(Assignment, assignment_id)
    if row is None:
        raise Missing("not_found")
    if on <= row.from_on:
        raise Problem("before_beginning", field="on", since=row.from_on)
    row.to_on = on


def take_back_assignment(session: Session, assignment_id: UUID, *, today: date) -> None:
    """Remove an assignment that was a slip. Raises "already_begun" for one that held before today: that is ended."""
    row = session.get(Assignment, assignment_id)
    if row is None:
        raise Missing("not_found")
    if row.from_on < today:
        raise Conflict("already_begun")
    session.delete(row)
    session.flush()
