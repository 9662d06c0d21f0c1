"""The plan by its pages: a week at a time, back to where one was, friendly when others were quicker."""

import re
from datetime import date, timedelta
from uuid import UUID

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from crm.accounts import service as accounts
from crm.core.ids import new_id
from crm.territory import service as territory
from crm.territory.models import Kind
from crm.territory.rules import Facts
from crm.visits import plan_queries, plan_service, service
from crm.visits.models import CallState, Met, Way
from crm.visits.service import RecordLog
from tests.features.visits.planning import JULY, JUNE, calls, districts, monthly, on_one_day, propose
from tests.world import World


def text(client: FlaskClient, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200, address
    return answer.get_data(as_text=True)


def listed(page: str) -> list[UUID]:
    """The calls that a page lists, in order."""
    return [UUID(found) for found in re.findall(r'<tr id="call-([0-9a-f-]{36})"', page)]


def test_the_manager_plans_and_publishes_and_a_worker_moves_a_call(world: World) -> None:
    world.district("末広区")
    manager, worker = world.client(world.manager), world.client(world.worker)
    assert manager.post("/plan/2026-07/propose").status_code == 303
    world.work()
    assert manager.post("/plan/2026-07/publish").status_code == 303
    page = text(worker, "/plan/2026-07")
    assert "末広区" in page
    assert "公開済み" in page
    call = calls(world)[0]
    answer = worker.post(
        f"/plan/calls/{call.id}/move", data={"on": "2026-07-30", "worker": str(world.worker.id)}
    )
    assert answer.status_code == 303
    assert calls(world)[0].on == date(2026, 7, 30)


# ---- one week at a time


def spread(world: World) -> dict[int, list[UUID]]:
    """One call of the worker in each week of July, a second one in the third; by the number of the week."""
    monthly(world)
    districts(world, 6)
    propose(world)
    days = [date(2026, 7, day) for day in (2, 8, 15, 15, 22, 29)]
    rows = calls(world)
    with world.writing(world.worker) as session:
        for call, day in zip(rows, days, strict=True):
            plan_service.move_call(session, call.id, on=day, worker_id=world.worker.id)
    ids = [call.id for call in rows]
    return {1: ids[:1], 2: ids[1:2], 3: ids[2:4], 4: ids[4:5], 5: ids[5:]}


def test_a_page_lists_one_week_and_leads_to_the_others(world: World) -> None:
    weeks = spread(world)
    worker = world.client(world.worker)
    first = text(worker, "/plan/2026-07")
    assert listed(first) == weeks[1]
    led_to = [
        (number, found.replace("&amp;", "&"))
        for number, found in enumerate(re.findall(r'class="tabs__link"\s+href="([^"]+)"', first), start=1)
    ]
    assert len(led_to) == 5
    for number, address in led_to:
        assert str(world.worker.id) in address
        assert sorted(listed(text(worker, address))) == sorted(weeks[number])


def test_the_week_of_today_is_shown_unless_nothing_is_on_in_it(world: World) -> None:
    weeks = spread(world)
    worker = world.client(world.worker)
    world.clock.advance(timedelta(days=30))  # Wednesday 15 July
    assert sorted(listed(text(worker, "/plan"))) == sorted(weeks[3])
    with world.writing(world.worker) as session:
        for call_id in weeks[3]:
            plan_service.move_call(session, call_id, on=date(2026, 7, 30), worker_id=world.worker.id)
    assert listed(text(worker, "/plan")) == weeks[4]  # the next in which something is on


@pytest.mark.parametrize(
    "question",
    [
        "week=nonsense",
        "week=2026-02-31",
        "week=2026-09-01",
        "week=",
        "worker=nonsense",
        "worker=00000000-0000-0000-0000-000000000000",
        "from=-1",
        "from=nonsense",
        "from=99999999999",
        "week=2026-W29-3&worker=&from=",
    ],
)
def test_a_question_that_means_nothing_gets_a_page_all_the_same(world: World, question: str) -> None:
    spread(world)
    assert world.client(world.worker).get(f"/plan/2026-07?{question}").status_code == 200


def test_a_week_is_asked_for_by_any_of_its_days_and_stays_with_its_worker(world: World) -> None:
    weeks = spread(world)
    theirs = world.district("大原1区", "大東")
    propose(world)
    manager = world.client(world.manager)
    for day in (20, 24, 26):
        page = text(manager, f"/plan/2026-07?week=2026-07-{day}&worker={world.worker.id}")
        assert listed(page) == weeks[4]
        assert f"worker={world.other_worker.id}&amp;week=2026-07-20" in page
    other = [call for call in calls(world) if call.place_id == theirs.id]
    page = text(manager, f"/plan/2026-07?week={other[0].on}&worker={world.other_worker.id}")
    assert listed(page) == [other[0].id]


def test_a_week_with_very_many_calls_is_shown_in_pages(world: World) -> None:
    monthly(world)
    districts(world, 58)
    propose(world)
    order = on_one_day(world, date(2026, 7, 15))
    worker = world.client(world.worker)
    first = text(worker, "/plan/2026-07?week=2026-07-15")
    assert listed(first) == order[: plan_queries.WEEK_ROWS]
    further = re.search(r'href="([^"]*from=50[^"]*)"', first)
    assert further is not None
    second = text(worker, further[1].replace("&amp;", "&"))
    assert listed(second) == order[plan_queries.WEEK_ROWS :]
    assert f">{plan_queries.WEEK_ROWS + 1}</td>" in second
    answer = worker.post(f"/plan/calls/{order[55]}/shift", data={"to": "up"})
    assert "from=50" in answer.location


def test_a_page_asks_the_database_as_often_for_many_calls_as_for_few(world: World) -> None:
    monthly(world)
    worker = world.client(world.worker)
    asked: list[str] = []

    def heard(_connection: object, _cursor: object, statement: str, *_more: object) -> None:
        asked.append(statement)

    sa.event.listen(world.store.engine, "before_cursor_execute", heard)
    counts = []
    for many in (2, 40):
        districts(world, many)
        propose(world)
        asked.clear()
        assert listed(text(worker, "/plan/2026-07"))
        counts.append(sum(one.startswith("SELECT") for one in asked))
    assert counts[0] == counts[1] <= 15


def test_calls_of_somebody_who_was_stopped_are_still_shown(world: World) -> None:
    spread(world)
    with world.writing(world.manager) as session:
        accounts.disable(session, world.worker.id, by=world.manager.id, now=world.clock.now())
    assert world.worker.name in text(world.client(world.manager), "/plan/2026-07")


# ---- the order of a day


def test_only_calls_that_can_go_earlier_or_later_offer_it(world: World) -> None:
    weeks = spread(world)
    worker = world.client(world.worker)
    alone = text(worker, "/plan/2026-07?week=2026-07-02")
    assert listed(alone) == weeks[1]
    assert "前へ" not in alone
    assert "後へ" not in alone
    two = text(worker, "/plan/2026-07?week=2026-07-15")
    assert two.count('value="up"') == 1
    assert two.count('value="down"') == 1
    assert two.index('value="down"') < two.index('value="up"')


def test_a_call_put_later_leads_back_to_itself(world: World) -> None:
    weeks = spread(world)
    worker = world.client(world.worker)
    first, second = listed(text(worker, "/plan/2026-07?week=2026-07-15"))
    answer = worker.post(f"/plan/calls/{first}/shift", data={"to": "down", "on": "2026-07-15", "number": "1"})
    assert answer.location == (f"/plan/2026-07?worker={world.worker.id}&week=2026-07-13#call-{first}")
    assert listed(text(worker, "/plan/2026-07?week=2026-07-15")) == [second, first]
    assert set(weeks[3]) == {first, second}


def test_a_second_tap_on_later_does_not_put_the_call_back(world: World) -> None:
    spread(world)
    worker = world.client(world.worker)
    first, second = listed(text(worker, "/plan/2026-07?week=2026-07-15"))
    for _tap in range(2):
        answer = worker.post(
            f"/plan/calls/{first}/shift", data={"to": "down", "on": "2026-07-15", "number": "1"}
        )
    page = worker.get(answer.location)
    assert "この日の予定は、開いたあとに変わりました" in page.get_data(as_text=True)
    assert listed(page.get_data(as_text=True)) == [second, first]


# ---- moving, cancelling, adding


def test_a_call_that_was_moved_is_shown_where_it_stands_now(world: World) -> None:
    weeks = spread(world)
    answer = world.client(world.worker).post(
        f"/plan/calls/{weeks[1][0]}/move", data={"on": "2026-07-24", "worker": str(world.other_worker.id)}
    )
    assert answer.location == (
        f"/plan/2026-07?worker={world.other_worker.id}&week=2026-07-20#call-{weeks[1][0]}"
    )


def test_a_call_that_was_cancelled_is_shown_in_its_week_with_the_reason(world: World) -> None:
    weeks = spread(world)
    worker = world.client(world.worker)
    answer = worker.post(f"/plan/calls/{weeks[4][0]}/cancel", data={"reason": "大雪"})
    assert f"week=2026-07-20#call-{weeks[4][0]}" in answer.location
    assert "取りやめ:大雪" in text(worker, answer.location.split("#")[0])


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


def seen(page: str) -> str:
    found = re.search(r'name="seen"[^>]*value="([^"]+)"', page)
    assert found is not None
    return found[1]


def test_of_two_who_move_a_call_at_once_the_second_is_told_and_may_insist(world: World) -> None:
    world.district("末広区")
    propose(world)
    call = calls(world)[0]
    worker, manager = world.client(world.worker), world.client(world.manager)
    shown = seen(text(worker, f"/plan/calls/{call.id}"))
    mine = {"on": "2026-07-21", "worker": str(world.worker.id), "seen": shown}
    theirs = {"on": "2026-07-22", "worker": str(world.worker.id), "seen": shown}
    assert worker.post(f"/plan/calls/{call.id}/move", data=mine).status_code == 303
    answer = manager.post(f"/plan/calls/{call.id}/move", data=theirs)
    assert answer.status_code == 422
    page = answer.get_data(as_text=True)
    assert "この予定は、開いたあとに変わりました" in page
    assert 'value="2026-07-22"' in page  # what was typed is not lost
    assert calls(world)[0].on == date(2026, 7, 21)
    assert manager.post(f"/plan/calls/{call.id}/move", data={**theirs, "seen": seen(page)}).status_code == 303
    assert calls(world)[0].on == date(2026, 7, 22)


def test_of_two_who_cancel_a_call_at_once_the_first_reason_stays(world: World) -> None:
    world.district("末広区")
    propose(world)
    call = calls(world)[0]
    worker, manager = world.client(world.worker), world.client(world.manager)
    shown = seen(text(worker, f"/plan/calls/{call.id}"))
    worker.post(f"/plan/calls/{call.id}/cancel", data={"reason": "大雪", "seen": shown})
    answer = manager.post(f"/plan/calls/{call.id}/cancel", data={"reason": "行事", "seen": shown})
    assert answer.status_code == 422
    assert "この予定は、開いたあとに変わりました" in answer.get_data(as_text=True)
    assert calls(world)[0].reason == "大雪"


def test_a_cancelled_call_can_be_put_into_the_plan_again(world: World) -> None:
    world.district("末広区")
    propose(world)
    call = calls(world)[0]
    worker = world.client(world.worker)
    worker.post(f"/plan/calls/{call.id}/cancel", data={"reason": "大雪"})
    page = text(worker, f"/plan/calls/{call.id}")
    assert "もう一度予定に入れる" in page
    again = {"on": "2026-07-21", "worker": str(world.worker.id), "seen": seen(page)}
    assert worker.post(f"/plan/calls/{call.id}/move", data=again).status_code == 303
    assert [(c.on, c.state, c.reason) for c in calls(world)] == [(date(2026, 7, 21), CallState.PLANNED, "")]


@pytest.mark.parametrize(
    ("act", "data"),
    [
        ("", None),
        ("/move", {"on": "2026-07-21", "worker": "x"}),
        ("/cancel", {"reason": "大雪"}),
        ("/shift", {"to": "up"}),
    ],
)
def test_a_call_that_left_the_plan_meanwhile_is_explained(
    world: World, act: str, data: dict[str, str] | None
) -> None:
    place = world.district("末広区")
    propose(world)
    call = calls(world)[0]
    place.called_on("2026-06-12")
    propose(world)
    assert calls(world) == []
    worker = world.client(world.worker)
    address = f"/plan/calls/{call.id}{act}"
    answer = worker.get(address) if data is None else worker.post(address, data=data)
    assert answer.status_code == 303
    assert answer.location.startswith("/plan/2026-07?")
    assert "もう計画にありません" in text(worker, answer.location)


def test_a_call_that_never_was_is_no_page(world: World) -> None:
    worker = world.client(world.worker)
    assert worker.get(f"/plan/calls/{new_id()}").status_code == 404
    assert worker.post(f"/plan/calls/{new_id()}/shift", data={"to": "up"}).status_code == 404


def test_a_call_that_has_its_record_is_not_moved_but_led_to_the_record(world: World) -> None:
    place = world.district("末広区")
    propose(world, JUNE)
    call = calls(world, JUNE)[0]
    record = place.called_on("2026-06-15")
    worker = world.client(world.worker)
    page = text(worker, f"/plan/calls/{call.id}")
    assert f"/records/{record.id}" in page
    assert f"/plan/calls/{call.id}/move" not in page
    answer = worker.post(
        f"/plan/calls/{call.id}/move", data={"on": "2026-06-30", "worker": str(world.worker.id)}
    )
    assert answer.status_code == 422
    assert "すでに記録があります" in answer.get_data(as_text=True)


def test_a_call_is_added_and_shown_and_a_second_one_of_the_month_is_refused_in_words(world: World) -> None:
    place = world.district("末広区")
    worker = world.client(world.worker)
    data = {"place": str(place.id), "on": "2026-07-23", "worker": str(world.worker.id)}
    answer = worker.post("/plan/calls/new", data=data)
    (made,) = calls(world)
    assert answer.location == f"/plan/2026-07?worker={world.worker.id}&week=2026-07-20#call-{made.id}"
    again = world.client(world.manager).post("/plan/calls/new", data={**data, "on": "2026-07-24"})
    assert again.status_code == 422
    page = again.get_data(as_text=True)
    assert "この訪問先の予定は、この月にすでにあります" in page
    assert "Place:" not in page
    assert [call.on for call in calls(world)] == [date(2026, 7, 23)]


def test_a_place_that_is_still_to_open_can_be_put_into_the_plan(world: World) -> None:
    said = Facts(name="新町区", territory_id=world.towns["一関"].id)
    with world.writing(world.manager) as session:
        place_id = territory.open_place(session, Kind.DISTRICT, "新町", said, on=date(2026, 7, 20)).id
    worker = world.client(world.worker)
    assert "新町区" in text(worker, f"/plan/calls/new?place={place_id}")
    data = {"place": str(place_id), "on": "2026-07-10", "worker": str(world.worker.id)}
    assert "日付" in worker.post("/plan/calls/new", data=data).get_data(as_text=True)
    assert calls(world) == []
    assert worker.post("/plan/calls/new", data={**data, "on": "2026-07-21"}).status_code == 303


# ---- calls that were answered on another day


def test_a_call_answered_on_another_day_is_shown_as_done_with_that_day(world: World) -> None:
    place = world.district("末広区")
    propose(world, JUNE)
    call = calls(world, JUNE)[0]
    with world.writing(world.worker) as session:
        plan_service.move_call(session, call.id, on=date(2026, 6, 24), worker_id=world.worker.id)
        log = RecordLog(new_id(), date(2026, 6, 12), Way.REGULAR, Met.MET, place.id, call.id)
        service.keep_record(
            session, log, by=world.worker.id, today=world.clock.today(), now=world.clock.now()
        )
    page = text(world.client(world.worker), "/plan/2026-06?week=2026-06-24")
    assert listed(page) == [call.id]
    assert "記録済み(6月12日)" in page


def test_a_call_answered_on_its_day_says_only_that_it_is_done(world: World) -> None:
    place = world.district("末広区")
    propose(world, JUNE)
    with world.writing(world.worker) as session:
        plan_service.move_call(
            session, calls(world, JUNE)[0].id, on=date(2026, 6, 15), worker_id=world.worker.id
        )
    place.called_on("2026-06-15")
    page = text(world.client(world.worker), "/plan/2026-06")
    assert "記録済み<" in page
    assert "記録済み(" not in page


@pytest.mark.parametrize(
    "path", ["/plan/2026-13", "/plan/nonsense", "/plan/calls/new?place=nonsense", "/plan/calls/new"]
)
def test_an_address_that_means_nothing_is_no_page(world: World, path: str) -> None:
    assert world.client(world.manager).get(path).status_code in (404, 409)


def test_a_month_without_calls_says_what_to_do(world: World) -> None:
    assert "案を作る" in text(world.client(world.manager), f"/plan/{JULY}")
    assert "計画は管理者が作ります" in text(world.client(world.worker), f"/plan/{JULY}")
