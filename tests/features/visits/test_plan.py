"""The month's plan by its use cases: due places proposed, moved, put in order."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from threading import Barrier

import pytest
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, select

from crm.accounts import service as accounts
from crm.core.problems import Conflict, Problem
from crm.db.store import Store
from crm.territory import service as territory
from crm.territory.models import AssignmentKind, Kind
from crm.territory.rules import Facts
from crm.visits import due_queries, plan_queries, plan_service
from crm.visits.models import CallState, Met, VisitInterval
from tests.features.visits.planning import JULY, JUNE, calls, districts, monthly, on_one_day, propose
from tests.world import District, World

AUGUST, SEPTEMBER = JULY.plus(1), JULY.plus(2)


def test_due_places_are_proposed_on_working_days_to_those_who_hold_their_territory(world: World) -> None:
    monthly(world)
    mine = districts(world, 5)
    theirs = world.district("大原1区", "大東", lat=39.0, lon=141.4)
    outcome = propose(world)
    made = calls(world)
    assert (outcome.added, outcome.no_worker, outcome.no_time) == (6, (), ())
    assert {c.place_id: c.worker_id for c in made} == {
        **{place.id: world.worker.id for place in mine},
        theirs.id: world.other_worker.id,
    }
    assert all(c.on.weekday() < 5 and c.on in JULY for c in made)


def test_a_district_visited_last_month_is_not_due_and_a_hub_of_every_month_is(world: World) -> None:
    world.district("末広区").called_on("2026-06-10")
    centre = world.place(Kind.COMMUNITY_CENTRE, "末広市民センター")
    centre.called_on("2026-06-10")
    with world.writing(world.manager) as session:
        plan_service.set_interval(session, 1, kind=Kind.COMMUNITY_CENTRE)
    propose(world)
    assert [c.place_id for c in calls(world)] == [centre.id]


def test_a_place_with_nobody_at_home_is_still_due(world: World) -> None:
    place = world.district("末広区")
    place.called_on("2026-06-10", met=Met.ABSENT)
    propose(world)
    assert [c.place_id for c in calls(world)] == [place.id]


def test_an_interval_of_one_place_stands_above_that_of_its_kind(world: World) -> None:
    kept, left = world.district("末広1区"), world.district("末広2区")
    with world.writing(world.manager) as session:
        plan_service.set_interval(session, 0, kind=Kind.DISTRICT)
        plan_service.set_interval(session, 2, place_id=kept.id)
    propose(world)
    assert [c.place_id for c in calls(world)] == [kept.id]
    assert left.id not in {c.place_id for c in calls(world)}


# ---- the first months of an installation


def test_places_never_visited_come_up_a_third_a_month(world: World) -> None:
    everywhere = {place.id for place in [*districts(world, 24), *districts(world, 9, "大東")]}
    found, waiting = [], []
    for month in (JULY, AUGUST, SEPTEMBER):
        waiting.append(propose(world, month).waiting)
        found.append({call.place_id for call in calls(world, month)})
    assert [len(some) for some in found] == [11, 11, 11]
    assert set.union(*found) == everywhere
    assert waiting == [22, 11, 0]


def test_places_that_come_up_together_lie_together(world: World) -> None:
    west = [world.district(f"西{n}区", lat=39.0 + n / 1000, lon=141.0) for n in range(8)]
    east = [world.district(f"東{n}区", lat=39.0 + n / 1000, lon=141.3) for n in range(8)]
    with world.writing(world.manager) as session:
        plan_service.set_interval(session, 2, kind=Kind.DISTRICT)
    propose(world)
    assert {call.place_id for call in calls(world)} in ({p.id for p in west}, {p.id for p in east})


def test_the_turn_of_a_place_stays_when_its_neighbours_are_visited(world: World) -> None:
    districts(world, 12)
    propose(world, JUNE)
    for call in calls(world, JUNE):
        District(call.place_id, call.place, world).called_on("2026-06-15")
    before = propose(world, JULY)
    again = propose(world, JULY)
    assert (before.added, before.waiting) == (4, 4)
    assert (again.added, again.removed, again.waiting) == (0, 0, 4)


def test_a_place_whose_turn_passed_without_a_visit_stays_due(world: World) -> None:
    districts(world, 6)
    propose(world, JUNE)
    missed = {call.place_id for call in calls(world, JUNE)}
    assert len(missed) == 2
    world.clock.advance(timedelta(days=20))  # a day in July; nobody was visited
    propose(world, JULY)
    assert missed < {call.place_id for call in calls(world)}


def test_what_does_not_fit_is_told_and_planning_again_puts_in_no_more(world: World) -> None:
    monthly(world)
    districts(world, 70)
    world.clock.advance(timedelta(days=11))  # Friday the 26th: three working days are left of June
    first = propose(world, JUNE)
    assert first.added + len(first.no_time) == 70
    assert first.no_time
    again = propose(world, JUNE)
    assert (again.added, again.removed, again.kept) == (0, 0, first.added)
    assert again.no_time == first.no_time


def test_a_territory_without_a_worker_is_told_by_name(world: World) -> None:
    world.district("松川1区", "東山")
    outcome = propose(world)
    assert len(outcome.no_worker) == 1
    assert outcome.unheld == {world.towns["東山"].id}
    assert calls(world) == []


# ---- planning again


def test_planning_again_changes_nothing_when_nothing_changed(world: World) -> None:
    monthly(world)
    districts(world, 19)
    propose(world)
    before, trail = calls(world), len(world.trail())
    outcome = propose(world)
    assert (outcome.added, outcome.removed, outcome.kept) == (0, 0, 19)
    assert calls(world) == before
    assert len(world.trail()) == trail


def test_every_call_that_is_proposed_stands_in_the_trail(world: World) -> None:
    world.district("末広区")
    propose(world)
    told = world.trail("call")
    assert [(one.entity_id, one.account_id) for one in told] == [(calls(world)[0].id, world.manager.id)]


def test_planning_again_leaves_what_a_person_placed(world: World) -> None:
    place = world.district("末広区")
    propose(world)
    call = calls(world)[0]
    with world.writing(world.worker) as session:
        plan_service.move_call(session, call.id, on=date(2026, 7, 31), worker_id=world.other_worker.id)
    place.called_on("2026-06-12")  # so that it is no longer due
    propose(world)
    assert [(c.on, c.worker_id) for c in calls(world)] == [(date(2026, 7, 31), world.other_worker.id)]


def test_a_call_goes_when_its_place_was_met_meanwhile(world: World) -> None:
    place = world.district("末広区")
    propose(world)
    place.called_on("2026-06-12")
    assert propose(world).removed == 1
    assert calls(world) == []


def test_a_place_planned_for_this_month_is_not_asked_again_next_month(world: World) -> None:
    world.district("末広区")
    propose(world, JUNE)
    assert len(calls(world, JUNE)) == 1
    propose(world, JULY)
    assert calls(world, JULY) == []


def test_a_closed_district_is_not_planned_and_its_parts_are(world: World) -> None:
    monthly(world)
    old = world.district("末広区")
    parts = world.split(old, ["末広1区", "末広2区"], on="2026-06-10")
    propose(world)
    assert {c.place_id for c in calls(world)} == {part.id for part in parts}


def test_a_place_that_opens_within_the_month_is_called_on_from_its_first_day_on(world: World) -> None:
    said = Facts(name="新町区", territory_id=world.towns["一関"].id, lat=38.94, lon=141.13)
    with world.writing(world.manager) as session:
        opened = territory.open_place(session, Kind.DISTRICT, "新町", said, on=date(2026, 7, 23)).id
        later = territory.open_place(session, Kind.DISTRICT, "末", said, on=date(2026, 8, 3)).id
    propose(world)
    assert [c.place_id for c in calls(world)] == [opened]
    assert calls(world)[0].on >= date(2026, 7, 23)
    propose(world, AUGUST)
    assert [c.place_id for c in calls(world, AUGUST)] == [later]


def test_a_month_that_is_over_is_not_planned(world: World) -> None:
    with pytest.raises(Problem, match="month_past"):
        propose(world, JUNE.plus(-1))


def test_this_month_is_planned_from_today_on(world: World) -> None:
    world.district("末広区")
    propose(world, JUNE)
    assert calls(world, JUNE)[0].on >= world.clock.today()


def test_calls_of_somebody_who_left_go_to_the_successor(world: World) -> None:
    world.district("末広区")
    propose(world)
    assert [c.worker_id for c in calls(world)] == [world.worker.id]
    with world.writing(world.manager) as session:
        accounts.disable(session, world.worker.id, by=world.manager.id, now=world.clock.now())
        territory.assign(
            session,
            world.towns["一関"].id,
            world.other_worker.id,
            AssignmentKind.HOLDER,
            from_on=date(2026, 6, 15),
        )
    propose(world)
    assert [c.worker_id for c in calls(world)] == [world.other_worker.id]


def test_a_call_whose_day_passed_unused_is_planned_anew(world: World) -> None:
    world.district("末広区")
    propose(world, JUNE)
    before = calls(world, JUNE)[0]
    world.clock.advance(timedelta(days=(before.on - world.clock.today()).days + 3))
    propose(world, JUNE)
    assert [c.on >= world.clock.today() for c in calls(world, JUNE)] == [True]


# ---- calls by hand


def test_calls_of_a_day_are_put_in_another_order(world: World) -> None:
    monthly(world)
    districts(world, 3)
    propose(world)
    day = date(2026, 7, 15)
    order = on_one_day(world, day)
    with world.writing(world.worker) as session:
        plan_service.shift_call(session, order[2], up=True)
    assert [c.id for c in calls(world)] == [order[0], order[2], order[1]]
    with pytest.raises(Conflict, match="day_changed"), world.writing(world.worker) as session:
        plan_service.reorder_day(session, world.worker.id, day, order[:2])


def test_a_cancelled_call_keeps_its_reason_and_is_not_planned_again(world: World) -> None:
    world.district("末広区")
    propose(world)
    with world.writing(world.worker) as session:
        plan_service.cancel_call(session, calls(world)[0].id, "大雪")
    propose(world)
    assert [(c.state, c.reason) for c in calls(world)] == [(CallState.CANCELLED, "大雪")]


def test_a_call_is_not_moved_to_a_day_on_which_its_place_is_closed(world: World) -> None:
    place = world.district("末広区")
    propose(world)
    with world.writing(world.manager) as session:
        territory.close_place(session, place.id, on=date(2026, 7, 20))
    call = calls(world)[0]
    with pytest.raises(Problem, match="place_closed"), world.writing(world.worker) as session:
        plan_service.move_call(session, call.id, on=date(2026, 7, 22), worker_id=world.worker.id)


def test_of_two_who_move_one_call_the_second_is_told(world: World) -> None:
    world.district("末広区")
    propose(world)
    shown = calls(world)[0]
    with world.writing(world.worker) as session:
        plan_service.move_call(
            session, shown.id, on=date(2026, 7, 21), worker_id=world.worker.id, seen=shown.mark
        )
    with pytest.raises(Conflict, match="call_changed"), world.writing(world.manager) as session:
        plan_service.move_call(
            session, shown.id, on=date(2026, 7, 22), worker_id=world.worker.id, seen=shown.mark
        )
    with pytest.raises(Conflict, match="call_changed"), world.writing(world.manager) as session:
        plan_service.cancel_call(session, shown.id, "大雪", seen=shown.mark)
    assert [(c.on, c.state) for c in calls(world)] == [(date(2026, 7, 21), CallState.PLANNED)]


# ---- intervals


def stored(world: World) -> list[tuple[Kind | None, int]]:
    with world.reading() as session:
        return [(row.kind, row.every_months) for row in session.exec(select(VisitInterval)).all()]


def test_two_who_set_an_interval_at_once_leave_one_row(world: World) -> None:
    ready = Barrier(2)

    def set_it(months: int) -> None:
        ready.wait(10)
        with world.writing(world.manager) as session:
            plan_service.set_interval(session, months, kind=Kind.DISTRICT)

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(set_it, (2, 4)))
    assert stored(world) in ([(Kind.DISTRICT, 2)], [(Kind.DISTRICT, 4)])


def test_one_who_finds_the_interval_of_another_at_writing_sets_that_one(postgres_store: Store) -> None:
    """Beside a transaction that does not wait its turn, as no page begins one."""
    with Session(postgres_store.engine) as other:
        other.add(VisitInterval(kind=Kind.DISTRICT, every_months=2))
        other.flush()
        with ThreadPoolExecutor(1) as pool:
            with Session(postgres_store.engine) as reading:
                assert due_queries.intervals(reading) == {}

            def set_it() -> None:
                with postgres_store.writing() as session:
                    assert due_queries.intervals(session) == {}
                    looked.wait(10)
                    plan_service.set_interval(session, 4, kind=Kind.DISTRICT)

            looked = Barrier(2)
            setting = pool.submit(set_it)
            looked.wait(10)
            other.commit()
            setting.result(30)
    with postgres_store.reading() as session:
        assert [row.every_months for row in session.exec(select(VisitInterval)).all()] == [4]


@pytest.mark.parametrize("which", ["kind", "kind in a territory", "place"])
def test_the_database_takes_no_second_interval_for_the_same(world: World, which: str) -> None:
    place, town = world.district("末広区"), world.towns["一関"].id

    def row(months: int) -> VisitInterval:
        if which == "place":
            return VisitInterval(place_id=place.id, every_months=months)
        near = town if which == "kind in a territory" else None
        return VisitInterval(kind=Kind.DISTRICT, territory_id=near, every_months=months)

    with world.writing(world.manager) as session:
        session.add(row(2))
    with pytest.raises(IntegrityError), world.writing(world.manager) as session:
        session.add(row(4))
        session.flush()
    with world.writing(world.manager) as session:
        session.add(VisitInterval(kind=Kind.BRANCH_OFFICE, every_months=4))
        session.add(VisitInterval(kind=Kind.DISTRICT, territory_id=world.towns["花泉"].id, every_months=4))


def test_a_call_that_left_the_plan_is_known_by_its_trail(world: World) -> None:
    place = world.district("末広区")
    propose(world)
    call = calls(world)[0]
    place.called_on("2026-06-12")
    propose(world)
    with world.reading() as session:
        assert plan_queries.left_call(session, call.id) == plan_queries.LeftCall(call.on, call.worker_id)
        assert plan_queries.left_call(session, place.id) is None
