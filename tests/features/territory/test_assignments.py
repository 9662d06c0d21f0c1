"""Who answers for a territory, from when to when."""

from datetime import date

import pytest

from crm.core.problems import Conflict, Problem
from crm.territory import queries, service
from crm.territory.models import AssignmentKind
from tests.world import SINCE, Person, World

HANDOVER = date(2026, 4, 1)


def assign(
    world: World,
    person: Person,
    town: str,
    on: date,
    *,
    kind: AssignmentKind = AssignmentKind.HOLDER,
    to_on: date | None = None,
) -> None:
    with world.writing(world.manager) as session:
        service.assign(session, world.towns[town].id, person.id, kind, from_on=on, to_on=to_on)


def holders_on(world: World, town: str, on: date) -> list[str]:
    with world.reading() as session:
        return [
            row.worker
            for row in queries.assignments(session, on)
            if row.territory_id == world.towns[town].id and row.kind is AssignmentKind.HOLDER
        ]


def test_a_new_holder_follows_the_one_before_on_the_day(world: World) -> None:
    assign(world, world.other_worker, "一関", HANDOVER)
    assert holders_on(world, "一関", date(2026, 3, 31)) == [world.worker.name]
    assert holders_on(world, "一関", HANDOVER) == [world.other_worker.name]


def test_a_deputy_stands_beside_the_holder(world: World) -> None:
    assign(world, world.manager, "一関", HANDOVER, kind=AssignmentKind.DEPUTY)
    assert holders_on(world, "一関", HANDOVER) == [world.worker.name]


def test_nobody_is_assigned_twice_at_once(world: World) -> None:
    with pytest.raises(Problem, match="assignment_overlaps"):
        assign(world, world.worker, "一関", HANDOVER)


def test_a_stretch_that_ends_before_a_later_one_begins_is_no_overlap(world: World) -> None:
    assign(world, world.manager, "東山", date(2026, 6, 1))
    assign(world, world.manager, "東山", date(2026, 4, 1), to_on=date(2026, 6, 1))
    assert holders_on(world, "東山", date(2026, 5, 1)) == [world.manager.name]


def test_a_holder_is_not_put_before_one_who_is_named_for_later(world: World) -> None:
    with pytest.raises(Problem, match="later_holder_known"):
        assign(world, world.other_worker, "一関", date(2024, 1, 1))


def test_an_assignment_does_not_end_before_it_begins(world: World) -> None:
    with pytest.raises(Problem, match="ends_before_beginning"):
        assign(world, world.manager, "東山", HANDOVER, to_on=HANDOVER)


def test_an_ended_assignment_holds_until_the_day_before(world: World) -> None:
    with world.writing(world.manager) as session:
        (row,) = [
            r for r in queries.assignments(session, HANDOVER) if r.territory_id == world.towns["大東"].id
        ]
        with pytest.raises(Problem, match="before_beginning"):
            service.end_assignment(session, row.id, on=SINCE)
        service.end_assignment(session, row.id, on=HANDOVER)
    assert holders_on(world, "大東", date(2026, 3, 31)) == [world.other_worker.name]
    assert holders_on(world, "大東", HANDOVER) == []


def test_only_an_assignment_that_has_not_held_yet_is_taken_back(world: World) -> None:
    assign(world, world.manager, "東山", world.clock.today())
    with world.writing(world.manager) as session:
        rows = queries.assignments(session, world.clock.today(), ended=True)
        begun = next(row for row in rows if row.from_on == SINCE)
        fresh = next(row for row in rows if row.from_on == world.clock.today())
        with pytest.raises(Conflict, match="already_begun"):
            service.take_back_assignment(session, begun.id, today=world.clock.today())
        service.take_back_assignment(session, fresh.id, today=world.clock.today())
    assert holders_on(world, "東山", world.clock.today()) == []
