"""Planning as long work: beside others who write, stopped, run again."""

from collections.abc import Callable
from datetime import date

import pytest
from sqlmodel import select

from crm.core.months import Month
from crm.core.problems import Problem
from crm.db.tracked import Author, Via
from crm.jobs.models import Job, State
from crm.jobs.running import Stopped
from crm.territory.models import Kind
from crm.visits import plan_jobs, plan_service
from crm.visits.models import CallState, MonthPlan
from tests.features.visits.planning import JULY, calls, districts, monthly, propose
from tests.world import World


def plan_by_job(world: World, month: Month = JULY) -> Job:
    """Let the manager press the button and the work be done; the job as it ended."""
    answer = world.client(world.manager).post(f"/plan/{month}/propose")
    assert answer.status_code == 303
    world.work()
    return jobs(world)[-1]


def jobs(world: World) -> list[Job]:
    with world.reading() as session:
        return list(session.exec(select(Job).where(Job.kind == plan_jobs.PROPOSE).order_by(Job.id)).all())  # type: ignore[arg-type]


def reckon(world: World, told: Callable[[int, int, str], None]) -> plan_service.PlanOutcome:
    """Propose July as the job does, with somebody listening to its steps."""
    return plan_jobs.propose_month(
        world.store,
        Author(world.manager.id, Via.JOB),
        JULY,
        today=world.clock.today(),
        now=world.clock.now(),
        told=told,
    )


def test_a_month_is_proposed_as_long_work_and_the_plan_tells_what_came_of_it(world: World) -> None:
    districts(world, 9)
    world.district("松川1区", "東山")
    job = plan_by_job(world)
    assert (job.state, job.asked_by) == (State.DONE, world.manager.id)
    assert len(calls(world)) == 3
    manager = world.client(world.manager)
    shown = manager.get(f"/jobs/{job.id}").get_data(as_text=True)
    assert "月間訪問計画の案" in shown
    told = manager.get(f"/plan/2026-07?made={job.id}").get_data(as_text=True)
    assert "新しい予定は3件です" in told
    assert "6件は、あとの月の案に順に入ります" in told
    assert "担当のいない地域(東山)の先1件" in told
    assert f"made={job.id}" in manager.get(f"/jobs/{job.id}/progress").get_json()["next"]


def test_what_is_told_is_told_of_its_own_month_and_to_those_who_plan(world: World) -> None:
    districts(world, 3)
    job = plan_by_job(world)
    words = "計画の案ができました"
    assert words in world.client(world.manager).get(f"/plan/2026-07?made={job.id}").get_data(as_text=True)
    assert words not in world.client(world.manager).get(f"/plan/2026-08?made={job.id}").get_data(as_text=True)
    assert words not in world.client(world.worker).get(f"/plan/2026-07?made={job.id}").get_data(as_text=True)
    for nonsense in ("nonsense", world.manager.id):
        answer = world.client(world.manager).get(f"/plan/2026-07?made={nonsense}")
        assert answer.status_code == 200
        assert words not in answer.get_data(as_text=True)


def test_a_button_pressed_twice_asks_for_one_piece_of_work(world: World) -> None:
    manager = world.client(world.manager)
    first, second = manager.post("/plan/2026-07/propose"), manager.post("/plan/2026-07/propose")
    assert first.location == second.location
    assert len(jobs(world)) == 1
    assert "この月の案を作っています" in manager.get("/plan/2026-07").get_data(as_text=True)
    world.work()
    assert "この月の案を作っています" not in manager.get("/plan/2026-07").get_data(as_text=True)
    manager.post("/plan/2026-07/propose")
    manager.post("/plan/2026-08/propose")
    assert len(jobs(world)) == 3


def test_a_job_that_runs_again_changes_nothing(world: World) -> None:
    districts(world, 9)
    plan_by_job(world)
    before, trail = calls(world), len(world.trail())
    again = plan_by_job(world)
    assert again.result is not None
    assert (again.result["added"], again.result["removed"], again.result["kept"]) == (0, 0, 3)
    assert calls(world) == before
    assert len(world.trail()) == trail


def test_a_month_that_is_over_is_not_asked_for(world: World) -> None:
    assert world.client(world.manager).post("/plan/2026-05/propose").status_code >= 400
    assert jobs(world) == []


def test_planning_that_is_stopped_leaves_no_plan(world: World) -> None:
    districts(world, 3)

    def told(done: int, _total: int, _step: str) -> None:
        if done == 1:
            raise Stopped

    with pytest.raises(Stopped):
        reckon(world, told)
    with world.reading() as session:
        assert session.exec(select(MonthPlan)).all() == []
    assert reckon(world, lambda *_: None).added == 1


def test_what_others_change_while_a_month_is_reckoned_is_not_lost(world: World) -> None:
    """One call is moved, another cancelled, a third place visited, between the reckoning and the writing."""
    monthly(world)
    places = {place.id: place for place in districts(world, 6)}
    propose(world)
    moved, cancelled, met, *rest = calls(world)
    steps: list[int] = []

    def told(done: int, _total: int, _step: str) -> None:
        steps.append(done)
        if steps != [0, 1]:
            return
        with world.writing(world.worker) as session:
            plan_service.move_call(session, moved.id, on=date(2026, 7, 31), worker_id=world.worker.id)
            plan_service.cancel_call(session, cancelled.id, "大雪")
        places[met.place_id].called_on("2026-06-15", supports=())
        monthly_off(world)

    outcome = reckon(world, told)
    assert steps == [0, 1, 0, 1]  # reckoned a second time
    assert (outcome.added, outcome.removed, outcome.kept) == (0, 4, 2)
    assert {call.id: (call.on, call.state) for call in calls(world)} == {
        moved.id: (date(2026, 7, 31), CallState.PLANNED),
        cancelled.id: (cancelled.on, CallState.CANCELLED),
    }
    assert len(rest) == 3


def monthly_off(world: World) -> None:
    """Let no district be due any more."""
    with world.writing(world.manager) as session:
        plan_service.set_interval(session, 0, kind=Kind.DISTRICT)


def test_a_month_is_planned_even_while_somebody_writes_all_the_time(world: World) -> None:
    places = districts(world, 9)
    written = iter(places)

    def told(done: int, _total: int, _step: str) -> None:
        if done == 1:
            next(written).called_on("2026-06-15", supports=())

    outcome = reckon(world, told)
    visited = {place.id for place in places[: plan_jobs.MOST_TRIES]}
    assert outcome.added == len(calls(world))
    assert not visited & {call.place_id for call in calls(world)}


def test_what_has_nothing_to_do_with_a_plan_does_not_make_it_reckon_anew(world: World) -> None:
    districts(world, 3)
    steps: list[int] = []

    def told(done: int, _total: int, _step: str) -> None:
        steps.append(done)
        world.client(world.worker).get("/plan")

    reckon(world, told)
    assert steps == [0, 1]


def test_a_job_for_a_month_that_ended_while_it_waited_says_so(world: World) -> None:
    world.client(world.manager).post("/plan/2026-06/propose")
    world.clock.advance(world.clock.now().replace(month=7) - world.clock.now())
    world.work()
    (job,) = jobs(world)
    assert job.state is State.FAILED
    assert job.problem is not None
    assert job.problem["code"] == "month_past"


def test_the_command_reckons_as_the_page_does(world: World) -> None:
    districts(world, 9)
    assert reckon(world, lambda *_: None).added == 3
    with pytest.raises(Problem, match="month_past"):
        plan_jobs.propose_month(
            world.store,
            Author.system(),
            Month(2026, 5),
            today=world.clock.today(),
            now=world.clock.now(),
        )
