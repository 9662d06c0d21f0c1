"""A visit and the call that was planned for its place: on another day, by somebody else, twice, or by phone."""

from dataclasses import replace
from datetime import date
from uuid import UUID

import pytest

from crm.core.ids import new_id
from crm.core.problems import Conflict
from crm.territory.access import Reach
from crm.visits import plan_queries, plan_service, service
from crm.visits.models import Met, Record, Way
from crm.visits.service import RecordLog
from tests.features.visits.calls import TODAY, fields_of, kept, opened, planned, record_of, visited
from tests.markup import page_of
from tests.world import World


def cancelled(world: World, call_id: UUID) -> None:
    with world.writing(world.manager) as session:
        plan_service.cancel_call(session, call_id, "葬儀のため")


def answer_to(world: World, call_id: UUID) -> UUID | None:
    with world.reading() as session:
        row = plan_queries.call_row(session, call_id)
    assert row is not None
    return row.record_id


def corrected(world: World, record: Record, **more: object) -> Record:
    """Correct a record as its author."""
    reach = Reach(world.worker.id, world.worker.role, frozenset())
    log = replace(service.log_of(record), **more)  # type: ignore[arg-type]
    with world.writing(world.worker) as session:
        service.correct_record(session, log, rev=record.rev, reach=reach, today=TODAY)
    return record_of(world, record.id)


# ---- what is decided on keeping


@pytest.mark.parametrize("on", ["2026-06-02", "2026-06-12", "2026-06-15"])
def test_a_visit_on_another_day_of_the_month_settles_the_planned_call(world: World, on: str) -> None:
    place = world.district("末広区")
    call = planned(world, place, "2026-06-12")
    assert answer_to(world, call) is None
    visit = visited(world, place, on)
    assert answer_to(world, call) == visit.id


def test_a_visit_settles_the_call_that_a_colleague_was_to_make(world: World) -> None:
    place = world.district("末広区")
    call = planned(world, place, "2026-06-12", by=world.other_worker)
    visit = visited(world, place, "2026-06-15")
    assert answer_to(world, call) == visit.id


@pytest.mark.parametrize("way", [Way.PHONE, Way.MESSAGE, Way.ONLINE, Way.DESK, Way.MEETING, Way.INTERVIEW])
def test_only_a_visit_settles_a_planned_call(world: World, way: Way) -> None:
    place = world.district("末広区")
    call = planned(world, place, "2026-06-12")
    contact = visited(world, place, "2026-06-12", way, call_id=call)
    assert contact.way is way
    assert answer_to(world, call) is None


def test_a_call_of_the_month_before_or_after_stays_open(world: World) -> None:
    place = world.district("末広区")
    before, after = planned(world, place, "2026-05-29"), planned(world, place, "2026-07-01")
    visited(world, place, "2026-06-15", call_id=before)
    assert (answer_to(world, before), answer_to(world, after)) == (None, None)


def test_the_day_of_the_record_says_which_month_is_settled_and_not_the_call_that_was_shown(
    world: World,
) -> None:
    place = world.district("末広区")
    may, june = planned(world, place, "2026-05-12"), planned(world, place, "2026-06-12")
    visit = visited(world, place, "2026-05-28", call_id=june)
    assert (answer_to(world, may), answer_to(world, june)) == (visit.id, None)


def test_a_cancelled_call_stays_cancelled_and_the_visit_is_kept_apart_from_it(world: World) -> None:
    place = world.district("末広区")
    call = planned(world, place, "2026-06-12")
    cancelled(world, call)
    visit = visited(world, place, "2026-06-15", call_id=call)
    assert visit.call_id is None
    assert answer_to(world, call) is None


def test_a_call_that_planning_took_away_meanwhile_is_no_reason_to_refuse_the_visit(world: World) -> None:
    visit = visited(world, world.district("末広区"), "2026-06-15", call_id=new_id())
    assert visit.call_id is None


def test_the_second_visit_of_a_month_leaves_the_first_its_call(world: World) -> None:
    place = world.district("末広区")
    call = planned(world, place, "2026-06-12")
    first = visited(world, place, "2026-06-09")
    second = visited(world, place, "2026-06-15")
    assert answer_to(world, call) == first.id
    assert second.call_id is None


def test_two_who_were_shown_the_same_call_are_told_and_the_second_may_say_it_was_another_visit(
    world: World,
) -> None:
    place = world.district("末広区")
    call = planned(world, place, "2026-06-15")
    first = visited(world, place, "2026-06-15", call_id=call)
    log = RecordLog(new_id(), TODAY, Way.REGULAR, Met.MET, place.id, call)
    with pytest.raises(Conflict, match="visit_recorded"):
        kept(world, log, by=world.other_worker)
    second = kept(world, replace(log, apart=True), by=world.other_worker)
    assert answer_to(world, call) == first.id
    assert second.call_id is None


def test_a_visit_that_is_said_to_be_another_one_leaves_the_call_open(world: World) -> None:
    place = world.district("末広区")
    call = planned(world, place, "2026-06-12")
    visited(world, place, "2026-06-12", apart=True)
    assert answer_to(world, call) is None


def test_a_withdrawn_record_opens_its_call_for_the_next_one(world: World) -> None:
    place = world.district("末広区")
    call = planned(world, place, "2026-06-12")
    first = visited(world, place, "2026-06-12")
    reach = Reach(world.worker.id, world.worker.role, frozenset())
    with world.writing(world.worker) as session:
        service.withdraw_record(session, first.id, "書きまちがい", reach=reach, now=world.clock.now())
    assert answer_to(world, call) is None
    assert visited(world, place, "2026-06-15").call_id == call


@pytest.mark.parametrize(
    ("has_call", "offered", "becomes"),
    [
        (True, Way.EXTRA, Way.REGULAR),
        (True, Way.REGULAR, Way.REGULAR),
        (False, Way.REGULAR, Way.EXTRA),
        (False, Way.PHONE, Way.PHONE),
    ],
)
def test_a_way_that_nobody_chose_follows_what_was_decided_about_the_plan(
    world: World, has_call: bool, offered: Way, becomes: Way
) -> None:
    place = world.district("末広区")
    if has_call:
        planned(world, place, "2026-06-12")
    assert visited(world, place, "2026-06-15", offered, way_chosen=False).way is becomes
    assert visited(world, place, "2026-06-15", offered).way is offered


def test_keeping_a_visit_twice_settles_its_call_once_and_keeps_one_record(world: World) -> None:
    place = world.district("末広区")
    call = planned(world, place, "2026-06-12")
    log = RecordLog(new_id(), TODAY, Way.EXTRA, Met.MET, place.id, way_chosen=False)
    first, again = kept(world, log), kept(world, log)
    assert (first.id, first.rev, first.call_id) == (again.id, again.rev, call)
    with pytest.raises(Conflict, match="record_known"):
        kept(world, replace(log, apart=True))


# ---- what a correction does to it


def test_a_correction_of_the_day_moves_from_the_call_of_one_month_to_that_of_the_other(world: World) -> None:
    place = world.district("末広区")
    may, june = planned(world, place, "2026-05-12"), planned(world, place, "2026-06-12")
    visit = visited(world, place, "2026-06-02")
    corrected(world, visit, on=date(2026, 5, 28))
    assert (answer_to(world, may), answer_to(world, june)) == (visit.id, None)


def test_a_visit_that_turns_out_to_be_a_phone_call_opens_the_planned_call_again(world: World) -> None:
    place = world.district("末広区")
    call = planned(world, place, "2026-06-12")
    visit = visited(world, place, "2026-06-12")
    corrected(world, visit, way=Way.PHONE)
    assert answer_to(world, call) is None


def test_a_correction_of_the_text_takes_no_call_unless_it_is_told_to(world: World) -> None:
    place = world.district("末広区")
    visit = visited(world, place, "2026-06-02", Way.EXTRA)
    call = planned(world, place, "2026-06-12")
    visit = corrected(world, visit, heard="花が咲いた")
    assert answer_to(world, call) is None
    corrected(world, visit, apart=False)
    assert answer_to(world, call) == visit.id


# ---- by the page


def test_the_form_of_a_place_says_which_planned_visit_it_is_and_settles_it_as_it_stands(
    world: World,
) -> None:
    place = world.district("末広区")
    call = planned(world, place, "2026-06-12", by=world.other_worker)
    page, fields = opened(world, f"/records/new?place={place.id}")
    assert "6月12日(金)に予定の訪問" in page.find("main").text
    assert "菅原 健さんの予定" in page.find("main").text
    assert (fields["way"], fields["on"]) == ("regular", "2026-06-15")
    client = world.client(world.worker)
    answer = client.post("/records/new", data=fields, follow_redirects=True)
    assert "6月12日(金)に予定の訪問の記録になりました" in answer.text
    assert answer_to(world, call) == UUID(fields["record_id"])


def test_one_tap_says_that_it_is_another_visit_and_it_becomes_an_extra_one(world: World) -> None:
    place = world.district("末広区")
    call = planned(world, place, "2026-06-12")
    _page, fields = opened(world, f"/records/new?place={place.id}")
    answer = world.client(world.worker).post(
        "/records/new", data={**fields, "apart": "y"}, follow_redirects=True
    )
    assert "6月12日(金)に予定の訪問は、残っています" in answer.text
    assert answer_to(world, call) is None
    assert record_of(world, UUID(fields["record_id"])).way is Way.EXTRA


def test_a_place_without_a_call_this_month_begins_with_an_extra_visit(world: World) -> None:
    place = world.district("末広区")
    planned(world, place, "2026-05-12")
    page, fields = opened(world, f"/records/new?place={place.id}")
    assert "に予定の訪問" not in page.find("main").text
    assert fields["way"] == "extra"


def test_the_day_typed_brings_in_the_call_of_its_month_without_a_question(world: World) -> None:
    place = world.district("末広区")
    call = planned(world, place, "2026-05-12")
    _page, fields = opened(world, f"/records/new?place={place.id}")
    answer = world.client(world.worker).post(
        "/records/new", data={**fields, "on": "2026-05-28"}, follow_redirects=True
    )
    assert "5月12日(火)に予定の訪問の記録になりました" in answer.text
    visit = record_of(world, UUID(fields["record_id"]))
    assert (visit.call_id, visit.way) == (call, Way.REGULAR)


def test_a_form_that_comes_back_shows_the_call_of_the_day_that_was_typed(world: World) -> None:
    place = world.district("末広区")
    planned(world, place, "2026-05-12")
    planned(world, place, "2026-06-12")
    _page, fields = opened(world, f"/records/new?place={place.id}")
    wrong = {**fields, "on": "2026-05-28", "met": "cancelled", "supports": "direct"}
    answer = world.client(world.worker).post("/records/new", data=wrong)
    page = page_of(answer.text)
    assert answer.status_code == 422
    assert page.find("input", name="on").get("value") == "2026-05-28"
    assert "5月12日(火)に予定の訪問" in page.find("main").text
    assert "6月12日" not in page.find("main").text


def test_a_call_that_was_answered_meanwhile_is_shown_with_its_record_and_a_way_on(world: World) -> None:
    place = world.district("末広区")
    planned(world, place, "2026-06-12")
    _page, fields = opened(world, f"/records/new?place={place.id}")
    first = visited(world, place, "2026-06-15")
    client = world.client(world.worker)
    refused = client.post("/records/new", data=fields)
    page = page_of(refused.text)
    assert refused.status_code == 422
    assert "すでに記録があります" in page.find("main").text
    assert page.find_all("a", href=f"/records/{first.id}")
    again = {**fields_of(page), "apart": "y"}
    assert client.post("/records/new", data=again).status_code == 303


def test_the_form_of_a_call_that_was_cancelled_or_answered_does_not_offer_it(world: World) -> None:
    gone, done = world.district("末広区"), world.district("中央区")
    cancelled_call, answered = planned(world, gone, "2026-06-12"), planned(world, done, "2026-06-12")
    cancelled(world, cancelled_call)
    first = visited(world, done, "2026-06-12")
    page, fields = opened(world, f"/records/new?call={cancelled_call}")
    assert "に予定の訪問" not in page.find("main").text
    assert (fields["call"], fields["way"]) == ("", "extra")
    answer = world.client(world.worker).get(f"/records/new?call={answered}")
    assert answer.location == f"/records/{first.id}"
    page, fields = opened(world, f"/records/new?place={done.id}")
    assert "6月12日(金)に予定の訪問は、記録済みです" in page.find("main").text
    assert fields["way"] == "extra"


def test_a_call_that_planning_took_away_still_opens_the_form_of_its_place(world: World) -> None:
    place = world.district("末広区")
    page, fields = opened(world, f"/records/new?call={new_id()}&place={place.id}")
    assert "末広区" in page.find("h1").text
    assert (fields["call"], fields["way"]) == ("", "extra")
    assert world.client(world.worker).get(f"/records/new?call={new_id()}").status_code == 404


def test_a_record_apart_from_the_plan_stays_so_when_its_correction_is_sent_as_it_stands(world: World) -> None:
    place = world.district("末広区")
    call = planned(world, place, "2026-06-12")
    visit = visited(world, place, "2026-06-12", Way.EXTRA, apart=True)
    _page, fields = opened(world, f"/records/{visit.id}/edit")
    client = world.client(world.worker)
    assert client.post(f"/records/{visit.id}/edit", data=fields).status_code == 303
    assert answer_to(world, call) is None
    with world.writing(world.manager) as session:
        plan_service.move_call(session, call, on=date(2026, 6, 30), worker_id=world.worker.id)
    _page, fields = opened(world, f"/records/{visit.id}/edit")
    del fields["apart"]
    assert client.post(f"/records/{visit.id}/edit", data=fields).status_code == 303
    assert answer_to(world, call) == visit.id
