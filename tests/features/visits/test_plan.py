"""The month's plan: due places proposed, moved, published."""

from datetime import date, timedelta

import pytest
from sqlmodel import select

from crm.accounts import service as accounts
from crm.core.months import Month
from crm.core.problems import Conflict, Problem
from crm.territory import service as territory
from crm.territory.models import AssignmentKind, Kind
from crm.visits import plan_queries, plan_service
from crm.visits.models import Call, CallState, Met
from tests.world import World

JUNE, JULY = Month(2026, 6), Month(2026, 7)


def propose(world: World, month: Month = JULY) -> plan_service.PlanOutcome:
    with world.writing(world.manager) as session:
        return plan_service.propose_month(session, month, today=world.clock.today(), now=world.clock.now())


def calls(world: World, month: Month = JULY) -> list[plan_queries.CallRow]:
    with world.reading() as session:
        plan = plan_queries.plan(session, month)
        return plan_queries.calls_of_month(session, plan.id) if plan else []


def test_due_places_are_proposed_on_working_days_to_those_who_hold_their_territory(world: World) -> None:
    mine = [world.district(f"末広{n}区", lat=38.9 + n / 100, lon=141.1) for n in range(1, 6)]
    theirs = world.district("大原1区", "大東", lat=39.0, lon=141.4)
    outcome = propose(world)
    made = calls(world)
    assert (outcome.added, outcome.no_worker, outcome.no_time) == (6, (), ())
    assert {c.place_id: c.worker_id for c in made} == {
        **{place.id: world.worker.id for place in mine},
        theirs.id: world.other_worker.id,
    }
    assert all(c.on.weekday() < 5 and Month.of(c.on) == JULY for c in made)


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


def test_planning_again_changes_nothing_when_nothing_changed(world: World) -> None:
    for n in range(1, 20):
        world.district(f"末広{n}区", lat=38.9 + n / 200, lon=141.1 + n / 300)
    propose(world)
    before, trail = calls(world), len(world.trail())
    outcome = propose(world)
    assert (outcome.added, outcome.removed, outcome.kept) == (0, 0, 19)
    assert calls(world) == before
    assert len(world.trail()) == trail


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
    old = world.district("末広区")
    parts = world.split(old, ["末広1区", "末広2区"], on="2026-06-10")
    propose(world)
    assert {c.place_id for c in calls(world)} == {part.id for part in parts}


def test_a_month_that_is_over_is_not_planned(world: World) -> None:
    with pytest.raises(Problem, match="month_past"):
        propose(world, Month(2026, 5))


def test_this_month_is_planned_from_today_on(world: World) -> None:
    world.district("末広区")
    propose(world, JUNE)
    assert calls(world, JUNE)[0].on >= world.clock.today()


def test_calls_of_a_day_are_put_in_another_order(world: World) -> None:
    for n in range(1, 4):
        world.district(f"末広{n}区")
    with world.writing(world.manager) as session:
        for row in session.exec(select(Call)).all():
            session.delete(row)
    propose(world)
    first_day = min(c.on for c in calls(world))
    with world.writing(world.worker) as session:
        for call in calls(world):
            plan_service.move_call(session, call.id, on=first_day, worker_id=world.worker.id)
    order = [c.id for c in calls(world)]
    with world.writing(world.worker) as session:
        plan_service.shift_call(session, order[2], up=True)
    assert [c.id for c in calls(world)] == [order[0], order[2], order[1]]
    with pytest.raises(Conflict, match="day_changed"), world.writing(world.worker) as session:
        plan_service.reorder_day(session, world.worker.id, first_day, order[:2])


def test_a_cancelled_call_keeps_its_reason_and_is_not_planned_again(world: World) -> None:
    world.district("末広区")
    propose(world)
    with world.writing(world.worker) as session:
        plan_service.cancel_call(session, calls(world)[0].id, "大雪")
    propose(world)
    assert [(c.state, c.reason) for c in calls(world)] == [(CallState.CANCELLED, "大雪")]


# ---- by the page


def test_the_manager_plans_and_publishes_and_a_worker_moves_a_call(world: World) -> None:
    world.district("末広区")
    manager, worker = world.client(world.manager), world.client(world.worker)
    assert manager.post("/plan/2026-07/propose").status_code == 303
    assert manager.post("/plan/2026-07/publish").status_code == 303
    page = worker.get("/plan/2026-07").get_data(as_text=True)
    assert "末広区" in page
    assert "公開済み" in page
    call = calls(world)[0]
    answer = worker.post(
        f"/plan/calls/{call.id}/move", data={"on": "2026-07-30", "worker": str(world.worker.id)}
    )
    assert answer.status_code == 303
    assert calls(world)[0].on == date(2026, 7, 30)


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("2026-08-03", "令和8年7月の日を選んでください"),
        ("三十日", "日付として読めません"),
        ("", "入力してください"),
    ],
)
def test_a_call_is_not_moved_out_of_its_month(world: World, typed: str, words: str) -> None:
    world.district("末広区")
    propose(world)
    call = calls(world)[0]
    answer = world.client(world.worker).post(
        f"/plan/calls/{call.id}/move", data={"on": typed, "worker": str(world.worker.id)}
    )
    assert answer.status_code == 422
    assert words in answer.get_data(as_text=True)
    assert calls(world)[0] == call


@pytest.mark.parametrize(
    "path", ["/plan/2026-13", "/plan/nonsense", "/plan/calls/new?place=nonsense", "/plan/calls/new"]
)
def test_an_address_that_means_nothing_is_no_page(world: World, path: str) -> None:
    assert world.client(world.manager).get(path).status_code in (404, 409)


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
