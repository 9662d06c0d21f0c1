"""Use cases of the territory: open, change, split, merge, close places; assign workers."""

from collections.abc import Sequence
from dataclasses import fields, replace
from datetime import date
from uuid import UUID

from sqlmodel import Session, col, select

from crm.core.problems import Conflict, Missing, Problem, Problems
from crm.db.tracked import Action, AuditEntry
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
    _check_territory(session, code, name)
    territory = Territory(code=code, name=name, kana=kana)
    session.add(territory)
    session.flush()
    return territory


def correct_territory(session: Session, territory_id: UUID, code: str, name: str, kana: str) -> Territory:
    """Correct how a former town is written, and by its code where it stands in lists; raises "territory_known"."""
    territory = session.get(Territory, territory_id)
    if territory is None:
        raise Missing("not_found")
    _check_territory(session, code, name, of=territory_id)
    territory.code, territory.name, territory.kana = code, name, kana
    session.flush()
    return territory


def _check_territory(session: Session, code: str, name: str, *, of: UUID | None = None) -> None:
    alike = session.exec(select(Territory).where((Territory.code == code) | (Territory.name == name)))
    if any(one.id != of for one in alike):
        raise Problem("territory_known", field="name", name=name)


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
    """Assign a worker to a territory from a day on, perhaps until before another. A day has one holder only.

    A new holder ends the one before on that day; where the new one is a stand-in with an end, the one before
    holds again from then on. Raises "assignment_overlaps" when the same person already holds it then,
    "later_holder_known" when a holder was already named from a later day, "ends_before_beginning".
    """
    if to_on is not None and to_on <= from_on:
        raise Problem("ends_before_beginning", field="to_on", since=from_on)
    in_the_way = _overlapping(session, territory_id, kind, from_on, to_on)
    if any(row.account_id == account_id for row in in_the_way):
        raise Problem("assignment_overlaps", field="account")
    if kind is AssignmentKind.HOLDER:
        for row in in_the_way:
            if row.from_on >= from_on:
                raise Problem("later_holder_known", field="from_on", since=row.from_on)
        for row in in_the_way:
            if to_on is not None and (row.to_on is None or row.to_on > to_on):
                session.add(_assignment(territory_id, row.account_id, kind, to_on, row.to_on))
            row.to_on = from_on
    made = _assignment(territory_id, account_id, kind, from_on, to_on)
    session.add(made)
    session.flush()
    return made


def assign_several(
    session: Session,
    territory_ids: Sequence[UUID],
    account_id: UUID,
    kind: AssignmentKind,
    *,
    from_on: date,
    to_on: date | None = None,
) -> list[Assignment]:
    """Assign a worker to several territories, to all of them or to none.

    Raises Problems with what `assign` raises, each with its `town`: "assignment_overlaps_in",
    "later_holder_known_in"; "ends_before_beginning" once; Missing.
    """
    made, refused = [], []
    with session.begin_nested():
        for territory_id in dict.fromkeys(territory_ids):
            town = session.get(Territory, territory_id)
            if town is None:
                raise Missing("not_found")
            try:
                made.append(assign(session, territory_id, account_id, kind, from_on=from_on, to_on=to_on))
            except Problem as problem:
                if problem.code == "ends_before_beginning":
                    raise
                told = Problem(f"{problem.code}_in", field="territories", town=town.name, **problem.facts)
                refused.append(told)
        if refused:
            raise Problems(refused)
    return made


def _assignment(
    territory_id: UUID, account_id: UUID, kind: AssignmentKind, from_on: date, to_on: date | None
) -> Assignment:
    return Assignment(
        territory_id=territory_id, account_id=account_id, kind=kind, from_on=from_on, to_on=to_on
    )


def _overlapping(
    session: Session, territory_id: UUID, kind: AssignmentKind, from_on: date, to_on: date | None
) -> Sequence[Assignment]:
    """Assignments of a kind in a territory that hold on any day from one until before another, in order."""
    wanted = (
        select(Assignment)
        .where(
            Assignment.territory_id == territory_id,
            Assignment.kind == kind,
            col(Assignment.to_on).is_(None) | (col(Assignment.to_on) > from_on),
        )
        .order_by(col(Assignment.from_on))
    )
    if to_on is not None:
        wanted = wanted.where(Assignment.from_on < to_on)
    return session.exec(wanted).all()


def _before_and_after(session: Session, row: Assignment) -> tuple[Assignment | None, Assignment | None]:
    """The holder up to the day on which this one begins, and the one from the day on which it ends."""
    holders = select(Assignment).where(
        Assignment.territory_id == row.territory_id, Assignment.kind == AssignmentKind.HOLDER
    )
    before = session.exec(holders.where(Assignment.to_on == row.from_on)).first()
    after = session.exec(holders.where(Assignment.from_on == row.to_on)).first() if row.to_on else None
    return before, after


def end_assignment(session: Session, assignment_id: UUID, *, on: date) -> None:
    """End an assignment: `on` is the first day without it. Whoever a stand-in stood in for holds again from then on.

    Raises "before_beginning", "later_holder_known" and "assignment_overlaps" when it would last into another.
    """
    row = session.get(Assignment, assignment_id)
    if row is None:
        raise Missing("not_found")
    if on <= row.from_on:
        raise Problem("before_beginning", field="on", since=row.from_on)
    if row.kind is AssignmentKind.HOLDER:
        before, after = _before_and_after(session, row)
        stood_in = before is not None and after is not None and before.account_id == after.account_id
        if stood_in and after is not None and (after.to_on is None or on < after.to_on):
            after.from_on = on
            session.flush()
    if row.to_on is not None and row.to_on < on:
        for other in _overlapping(session, row.territory_id, row.kind, row.to_on, on):
            if row.kind is AssignmentKind.HOLDER:
                raise Problem("later_holder_known", field="on", since=other.from_on)
            if other.account_id == row.account_id:
                raise Problem("assignment_overlaps", field="on")
    row.to_on = on
    session.flush()


def take_back_assignment(session: Session, assignment_id: UUID, *, today: date) -> Assignment | None:
    """Remove an assignment that was a slip; gives that of the holder before, if that goes on instead.

    Raises Conflict "already_begun" for one that held before today: that is ended.
    """
    row = session.get(Assignment, assignment_id)
    if row is None:
        raise Missing("not_found")
    if row.from_on < today:
        raise Conflict("already_begun")
    goes_on = _going_on_without(session, row) if row.kind is AssignmentKind.HOLDER else None
    session.delete(row)
    session.flush()
    return goes_on


def _gave_way(session: Session, before: Assignment, row: Assignment) -> bool:
    """Whether the one before was ended by naming this one: the trail has both in one act. Without a trail, yes."""
    named = session.exec(
        select(AuditEntry.act).where(
            AuditEntry.entity == "assignment",
            AuditEntry.entity_id == row.id,
            AuditEntry.action == Action.CREATE,
        )
    ).first()
    if named is None:
        return True
    ended = session.exec(
        select(AuditEntry.facts).where(
            AuditEntry.entity == "assignment", AuditEntry.entity_id == before.id, AuditEntry.act == named
        )
    )
    return any("to_on" in (facts or {}) for facts in ended)


def _going_on_without(session: Session, row: Assignment) -> Assignment | None:
    """Let the holder before go on as if this one had never been named.

    Not a stand-in whom this one follows, and not somebody who had been ended before this one was named.
    """
    before, after = _before_and_after(session, row)
    if before is None or not _gave_way(session, before, row):
        return None
    stood_in_for, _row = _before_and_after(session, before)
    if stood_in_for is not None and stood_in_for.account_id == row.account_id:
        return None
    before.to_on = row.to_on
    if after is not None and after.account_id == before.account_id:
        before.to_on = after.to_on
        session.delete(after)
    return before
