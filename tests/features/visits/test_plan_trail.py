"""Calls that leave the plan, also where a withdrawn record named them, and what the trail keeps of it."""

from uuid import UUID

import sqlalchemy as sa

from crm.db.tracked import Action
from crm.territory.access import Reach
from crm.territory.models import Kind
from crm.visits import plan_service, service
from crm.visits.models import MonthClose, Record, Way
from tests.features.visits.planning import JUNE, calls, districts, propose
from tests.world import World

# ---- calls that go


def withdraw(world: World, record_id: UUID) -> None:
    with world.writing(world.worker) as session:
        service.withdraw_record(
            session,
            record_id,
            "同じ訪問を2回書いた",
            reach=Reach(world.worker.id, world.worker.role, frozenset()),
            now=world.clock.now(),
        )


def test_a_call_whose_record_was_withdrawn_goes_when_its_place_is_no_longer_due(world: World) -> None:
    place = world.district("末広区")
    propose(world, JUNE)
    call = calls(world, JUNE)[0]
    record = place.called_on("2026-06-15")
    assert record.record.call_id == call.id
    withdraw(world, record.id)
    place.called_on("2026-06-12", way=Way.PHONE)
    assert propose(world, JUNE).removed == 1
    assert calls(world, JUNE) == []
    assert record.record.withdrawn_why == "同じ訪問を2回書いた"


def test_a_withdrawn_record_lets_go_of_its_call_and_the_trail_keeps_which_it_was(world: World) -> None:
    place = world.district("末広区")
    propose(world, JUNE)
    call = calls(world, JUNE)[0]
    record = place.called_on("2026-06-15")
    withdraw(world, record.id)
    assert record.record.call_id is None
    told = world.trail("record")[-1].facts
    assert told is not None
    assert told["call_id"] == [str(call.id), None]


def test_a_call_goes_that_a_record_withdrawn_long_ago_still_names(world: World) -> None:
    place = world.district("末広区")
    propose(world, JUNE)
    call = calls(world, JUNE)[0]
    record = place.called_on("2026-06-15")
    withdraw(world, record.id)
    with world.writing(world.worker) as session:  # as a withdrawal once left it
        session.get_one(Record, record.id).call_id = call.id
    place.called_on("2026-06-12", way=Way.PHONE)
    assert propose(world, JUNE).removed == 1
    assert (calls(world, JUNE), record.record.call_id) == ([], None)


def test_many_calls_go_with_as_few_questions_as_one_and_all_stand_in_the_trail(world: World) -> None:
    asked: list[str] = []

    def heard(_connection: object, _cursor: object, statement: str, *_more: object) -> None:
        asked.append(statement)

    counts = []
    for many in (1, 30):
        districts(world, many)
        with world.writing(world.manager) as session:
            plan_service.set_interval(session, 1, kind=Kind.DISTRICT)
        propose(world)
        with world.writing(world.manager) as session:
            plan_service.set_interval(session, 0, kind=Kind.DISTRICT)
        sa.event.listen(world.store.engine, "before_cursor_execute", heard)
        assert propose(world).removed == many
        sa.event.remove(world.store.engine, "before_cursor_execute", heard)
        counts.append(sum(one.startswith("SELECT") for one in asked))
        asked.clear()
    assert counts[0] == counts[1]
    assert sum(one.action is Action.REMOVE for one in world.trail("call")) == 31


# ---- what people typed


def test_the_reason_of_a_cancelled_call_stands_in_the_part_of_the_trail_that_can_be_blanked(
    world: World,
) -> None:
    world.district("末広区")
    propose(world)
    with world.writing(world.worker) as session:
        plan_service.cancel_call(session, calls(world)[0].id, "会長さん入院")
    told = world.trail("call")[-1]
    assert told.personal is not None
    assert told.personal["reason"] == ["", "会長さん入院"]
    assert "会長さん入院" not in str([one.facts for one in world.trail()])


def test_why_a_month_was_reopened_stands_in_the_part_of_the_trail_that_can_be_blanked(world: World) -> None:
    with world.writing(world.manager) as session:
        closed = MonthClose(
            month="2026-05",
            revision=1,
            digest="0" * 64,
            closed_at=world.clock.now(),
            closed_by=world.manager.id,
            figures="{}",
            rows="",
        )
        session.add(closed)
        session.flush()
        closed.reopened_why = "末広区の佐藤さんの分が抜けていた"
    told = world.trail("month_close")[-1]
    assert told.personal is not None
    assert told.personal["reopened_why"] == ["", "末広区の佐藤さんの分が抜けていた"]
    assert "reopened_why" not in (told.facts or {})
