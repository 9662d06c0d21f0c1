"""Whose calls they are when a territory changes hands within the month."""

from datetime import date

from crm.territory import service as territory
from crm.territory.models import AssignmentKind
from crm.visits import plan_service
from tests.features.visits.planning import JULY, JUNE, calls, districts, monthly, propose
from tests.world import World


def stands_in(world: World, since: str, until: str) -> None:
    """Let the worker of 大東 hold 一関 from a day until before another; then its own worker holds it again."""
    with world.writing(world.manager) as session:
        territory.assign(
            session,
            world.towns["一関"].id,
            world.other_worker.id,
            AssignmentKind.HOLDER,
            from_on=date.fromisoformat(since),
            to_on=date.fromisoformat(until),
        )


def test_one_who_stands_in_within_the_month_has_its_calls_of_those_days(world: World) -> None:
    monthly(world)
    districts(world, 30)
    stands_in(world, "2026-06-01", "2026-06-20")
    assert propose(world, JUNE).added == 30
    made = calls(world, JUNE)
    assert {c.worker_id for c in made} == {world.worker.id, world.other_worker.id}
    assert all(c.on < date(2026, 6, 20) for c in made if c.worker_id == world.other_worker.id)
    assert all(c.on >= date(2026, 6, 20) for c in made if c.worker_id == world.worker.id)
    again = propose(world, JUNE)
    assert (again.added, again.removed, again.kept) == (0, 0, 30)
    assert calls(world, JUNE) == made


def test_one_who_begins_late_and_goes_on_into_the_next_month_has_calls_from_then_until_then(
    world: World,
) -> None:
    monthly(world)
    districts(world, 40)
    stands_in(world, "2026-06-20", "2026-07-10")
    propose(world, JUNE)
    propose(world, JULY)
    made = {month: calls(world, month) for month in (JUNE, JULY)}
    theirs, mine = (
        [c.on for several in made.values() for c in several if c.worker_id == worker.id]
        for worker in (world.other_worker, world.worker)
    )
    assert {day.month for day in theirs} == {day.month for day in mine} == {6, 7}
    assert all(date(2026, 6, 20) <= day < date(2026, 7, 10) for day in theirs)
    assert not any(date(2026, 6, 20) <= day < date(2026, 7, 10) for day in mine)
    for month, before in made.items():
        again = propose(world, month)
        assert (again.added, again.removed) == (0, 0)
        assert calls(world, month) == before


def test_a_call_stays_with_its_worker_where_the_stand_in_does_not_hold_the_territory_on_its_day(
    world: World,
) -> None:
    monthly(world)
    districts(world, 40)
    propose(world)
    before = {c.id: c for c in calls(world)}
    stands_in(world, "2026-07-01", "2026-07-10")
    stay = {c.id for c in before.values() if c.on >= date(2026, 7, 10)}
    assert 0 < len(stay) < 40
    outcome = propose(world)
    after = {c.id: c for c in calls(world)}
    assert (outcome.kept, outcome.removed, outcome.added) == (len(stay), 40 - len(stay), 40 - len(stay))
    assert {call_id: after[call_id] for call_id in stay} == {call_id: before[call_id] for call_id in stay}
    assert all((c.worker_id == world.other_worker.id) == (c.on < date(2026, 7, 10)) for c in after.values())


def test_a_territory_that_nobody_holds_any_more_has_no_worker_though_one_held_it_this_month(
    world: World,
) -> None:
    world.district("松川1区", "東山")
    with world.writing(world.manager) as session:
        territory.assign(
            session,
            world.towns["東山"].id,
            world.worker.id,
            AssignmentKind.HOLDER,
            from_on=date(2026, 6, 1),
            to_on=date(2026, 6, 15),
        )
    outcome = propose(world, JUNE)
    assert (outcome.added, outcome.no_time) == (0, ())
    assert outcome.unheld == {world.towns["東山"].id}


def test_what_a_person_placed_stays_with_somebody_who_does_not_hold_the_territory(world: World) -> None:
    districts(world, 1)
    propose(world, JUNE)
    (call,) = calls(world, JUNE)
    with world.writing(world.manager) as session:
        plan_service.move_call(session, call.id, on=date(2026, 6, 24), worker_id=world.other_worker.id)
    propose(world, JUNE)
    assert [(c.on, c.worker_id) for c in calls(world, JUNE)] == [(date(2026, 6, 24), world.other_worker.id)]
