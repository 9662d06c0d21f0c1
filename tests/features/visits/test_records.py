"""Records of contacts: kept once, corrected openly, read by whom they are for."""

from dataclasses import replace
from datetime import date
from uuid import UUID

import pytest

from crm.core.ids import new_id
from crm.core.months import Month
from crm.core.problems import Conflict, Forbidden, Problem
from crm.territory.access import Confidential, Reach
from crm.visits import plan_service, queries, service
from crm.visits.models import Met, PlacePulse, Record, Support, Way
from crm.visits.service import RecordLog
from tests.features.visits.calls import fields_of, opened, planned, record_of
from tests.markup import page_of
from tests.world import District, Person, World


def keep(world: World, log: RecordLog, by: Person | None = None) -> Record:
    author = by or world.worker
    with world.writing(author) as session:
        return service.keep_record(
            session, log, by=author.id, today=world.clock.today(), now=world.clock.now()
        )


def reach(person: Person, *territories: UUID) -> Reach:
    return Reach(person.id, person.role, frozenset(territories))


def test_keeping_the_same_log_twice_keeps_one_record(world: World) -> None:
    place = world.district("末広区")
    log = RecordLog(new_id(), date(2026, 6, 10), Way.REGULAR, Met.MET, place.id, heard="花が咲いた")
    keep(world, log)
    keep(world, log)
    with world.reading() as session:
        assert (
            len(queries.records(session, queries.RecordFilter(place_id=place.id), reach(world.worker))) == 1
        )


def test_the_same_id_with_other_content_is_a_conflict(world: World) -> None:
    place = world.district("末広区")
    log = RecordLog(new_id(), date(2026, 6, 10), Way.REGULAR, Met.MET, place.id, heard="花が咲いた")
    keep(world, log)
    with pytest.raises(Conflict, match="record_known"):
        keep(world, replace(log, heard="花が散った"))


def test_the_last_contact_follows_records_and_their_withdrawal(world: World) -> None:
    place = world.district("末広区")
    place.called_on("2026-05-11")
    newest = place.called_on("2026-06-08")
    place.called_on("2026-06-10", met=Met.ABSENT)

    def pulse() -> date:
        with world.reading() as session:
            return session.get_one(PlacePulse, place.id).last_on

    assert pulse() == date(2026, 6, 8)
    with world.writing(world.worker) as session:
        service.withdraw_record(
            session, newest.id, "2回書いた", reach=reach(world.worker), now=world.clock.now()
        )
    assert pulse() == date(2026, 5, 11)


def test_a_correction_keeps_the_old_text_in_the_trail_and_refuses_a_stale_one(world: World) -> None:
    visit = world.district("末広区").called_on("2026-06-10", heard="空家が3軒")
    log = replace(service.log_of(visit.record), heard="空家が2軒")
    with world.writing(world.worker) as session:
        service.correct_record(session, log, rev=1, reach=reach(world.worker), today=world.clock.today())
    changes = [e.personal or {} for e in world.trail("record") if e.action.value == "change"]
    assert changes[-1]["heard"] == ["空家が3軒", "空家が2軒"]
    with pytest.raises(Conflict, match="record_changed"), world.writing(world.worker) as session:
        service.correct_record(session, log, rev=1, reach=reach(world.worker), today=world.clock.today())


def test_only_the_author_and_the_manager_correct_a_record(world: World) -> None:
    visit = world.district("末広区").called_on("2026-06-10")
    log = replace(service.log_of(visit.record), heard="ほかの人の文")
    with pytest.raises(Forbidden), world.writing(world.other_worker) as session:
        service.correct_record(
            session, log, rev=1, reach=reach(world.other_worker), today=world.clock.today()
        )
    with world.writing(world.manager) as session:
        service.correct_record(session, log, rev=1, reach=reach(world.manager), today=world.clock.today())
    assert visit.record.heard == "ほかの人の文"


def test_a_place_is_recorded_only_while_it_is_open(world: World) -> None:
    place = world.district("末広区")
    world.split(place, ["末広1区", "末広2区"], on="2026-06-01")
    with pytest.raises(Problem, match="place_closed"):
        place.called_on("2026-06-10")
    place.called_on("2026-05-29")


def test_more_than_one_support_or_none_may_be_chosen(world: World) -> None:
    place = world.district("末広区")
    both = place.called_on("2026-06-10", supports=[Support.PRESENCE, Support.DIRECT])
    none = place.called_on("2026-06-11", supports=[])
    assert both.record.supports() == (Support.PRESENCE, Support.DIRECT)
    assert none.record.supports() == ()


@pytest.mark.parametrize(
    ("confidential", "readers"),
    [
        (Confidential.OPEN, {"manager", "worker", "other_worker", "editor"}),
        (Confidential.ASSIGNED, {"manager", "worker", "other_worker"}),
        (Confidential.AUTHOR, {"manager", "worker"}),
    ],
)
def test_confidential_text_is_read_by_whom_it_is_for(
    world: World, confidential: Confidential, readers: set[str]
) -> None:
    """花泉 is held by the worker and deputised by the other one."""
    secret = "誰にも言わないでほしい話"
    place = world.district("花泉1区", "花泉")
    visit = place.called_on("2026-06-10", heard=secret, confidential=confidential)
    seen = set()
    for name in ("manager", "worker", "other_worker", "editor"):
        client = world.client(getattr(world, name))
        texts = [
            client.get(path).get_data(as_text=True)
            for path in (
                f"/records/{visit.id}",
                f"/places/{place.id}",
                "/records",
                f"/records/new?place={place.id}",
            )
        ]
        if any(secret in text for text in texts):
            seen.add(name)
    assert seen == readers


def test_a_worker_of_another_town_sees_that_a_visit_was_made_but_not_its_confidential_text(
    world: World,
) -> None:
    place = world.district("末広区")
    visit = place.called_on("2026-06-10", heard="内緒", confidential=Confidential.ASSIGNED)
    page = world.client(world.other_worker).get(f"/records/{visit.id}").get_data(as_text=True)
    assert "末広区" in page
    assert "内緒" not in page


# ---- by the page


def typed(district: District, **more: object) -> dict[str, object]:
    return {
        "record_id": str(new_id()),
        "place": str(district.id),
        "call": "",
        "on": "2026-06-15",
        "way": "regular",
        "met": "met",
        "supports": ["presence", "observation"],
        "met_whom": "区長さん",
        "heard": "田植えが終わった",
        "attendance": "",
        "confidential": "open",
        **more,
    }


def test_a_visit_is_recorded_by_the_page(world: World) -> None:
    place = world.district("末広区")
    client = world.client(world.worker)
    assert client.get(f"/records/new?place={place.id}").status_code == 200
    form = typed(place)
    answer = client.post("/records/new", data=form)
    assert answer.status_code == 303
    again = client.post("/records/new", data=form)  # the button pressed twice
    assert again.status_code == 303
    with world.reading() as session:
        row = session.get_one(Record, UUID(str(form["record_id"])))
        assert (row.presence, row.observation, row.direct) == (True, True, False)
        assert row.counted_in == "2026-06"
        assert row.territory_id == world.towns["一関"].id


@pytest.mark.parametrize(
    ("wrong", "words", "field_id"),
    [
        ({"on": "2026-06-16"}, "きょう", "on"),
        ({"on": "0202-05-11"}, "までの日付を入力", "on"),
        ({"on": "きのう"}, "日付として読めません", "on"),
        ({"on": ""}, "入力してください", "on"),
        ({"met": "cancelled"}, "中止した訪問に支援はつきません", None),
        ({"place": "", "way": "regular"}, "訪問先が要ります", None),
        ({"attendance": "たくさん"}, "数字で入力", "attendance"),
        ({"way": "by boat"}, "選択肢の中から", None),
        ({"record_id": "no id"}, "見つかりません", None),
    ],
)
def test_bad_input_is_refused_in_words_and_nothing_typed_is_lost(
    world: World, wrong: dict[str, str], words: str, field_id: str | None
) -> None:
    place = world.district("末広区")
    answer = world.client(world.worker).post("/records/new", data=typed(place, **wrong))
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert words in page
    assert "田植えが終わった" in page
    assert "区長さん" in page
    if field_id:
        assert f'href="#{field_id}"' in page
    with world.reading() as session:
        assert queries.records(session, queries.RecordFilter(), reach(world.manager)) == []


def test_a_call_of_the_plan_is_answered_by_its_record(world: World) -> None:
    place = world.district("末広区")
    with world.writing(world.manager) as session:
        call = plan_service.add_call(
            session,
            Month(2026, 6),
            place.id,
            on=date(2026, 6, 15),
            worker_id=world.worker.id,
            now=world.clock.now(),
        )
        call_id = call.id
    client = world.client(world.worker)
    assert "末広区" in client.get("/today").get_data(as_text=True)
    client.post("/records/new", data=typed(place, call=str(call_id)))
    assert "記録済み" in client.get("/today").get_data(as_text=True)
    second = client.post("/records/new", data=typed(place, call=str(call_id)))
    assert second.status_code == 422
    assert "すでに記録があります" in second.get_data(as_text=True)


def test_what_is_typed_is_shown_as_text_and_never_as_markup(world: World) -> None:
    place = world.district("末広区")
    form = typed(place, heard="<script>alert(1)</script>", met_whom='"><img src=x>')
    client = world.client(world.worker)
    client.post("/records/new", data=form)
    for path in (
        f"/records/{form['record_id']}",
        f"/places/{place.id}",
        f"/records/{form['record_id']}/edit",
    ):
        page = client.get(path).get_data(as_text=True)
        assert "&lt;script&gt;alert(1)" in page
        assert "<script>alert(1)" not in page
        assert "<img src=x>" not in page


def test_the_reason_of_a_withdrawal_is_read_by_those_who_may_read_the_record(world: World) -> None:
    visit = world.district("末広区").called_on("2026-06-10", heard="内緒", confidential=Confidential.AUTHOR)
    author = world.client(world.worker)
    author.post(f"/records/{visit.id}/withdraw", data={"why": "奥さんの病気の話だった"})
    assert "病気" in author.get(f"/records/{visit.id}").get_data(as_text=True)
    for person in (world.editor, world.other_worker):
        assert "病気" not in world.client(person).get(f"/records/{visit.id}").get_data(as_text=True)
    assert "病気" not in world.client(world.administrator).get("/audit").get_data(as_text=True)


@pytest.mark.parametrize(
    "path", ["/places?q=%00", "/people?q=%00", "/audit?entity=%00", "/audit?before=" + "9" * 30]
)
def test_an_address_with_nonsense_in_it_is_no_crash(world: World, path: str) -> None:
    assert world.client(world.manager).get(path).status_code in (200, 400, 404)


def test_a_correction_on_an_old_version_keeps_what_was_typed_and_can_be_sent_again(world: World) -> None:
    visit = world.district("末広区").called_on("2026-06-10", heard="はじめ")
    client = world.client(world.worker)
    form = typed(visit.district, record_id=str(visit.id), on="2026-06-10", rev="1")
    assert client.post(f"/records/{visit.id}/edit", data={**form, "heard": "ほかの画面"}).status_code == 303
    late = client.post(f"/records/{visit.id}/edit", data={**form, "heard": "この画面"})
    page = late.get_data(as_text=True)
    assert late.status_code == 422
    assert "この画面" in page
    assert 'name="rev" type="hidden" value="2"' in page


def test_a_withdrawn_record_that_is_sent_again_is_told_of_and_becomes_a_new_one_when_that_is_meant(
    world: World,
) -> None:
    place = world.district("末広区")
    call_id = planned(world, place, "2026-06-17")
    page, fields = opened(world, f"/records/new?place={place.id}")
    client = world.client(world.worker)
    sent = {**fields, "on": "2026-06-15", "heard": "花が咲いた"}
    assert client.post("/records/new", data=sent).status_code == 303
    first = UUID(sent["record_id"])
    client.post(f"/records/{first}/withdraw", data={"why": "まちがえて押した"})
    answer = client.post("/records/new", data=sent)
    assert answer.status_code == 422
    page = page_of(answer.text)
    assert "この記録は、取り消されています" in page.text
    assert "もう一度「保存する」を押してください" in page.text
    assert page.find("textarea", name="heard").text.strip() == "花が咲いた"
    again = {**sent, **fields_of(page)}
    assert UUID(again["record_id"]) != first
    assert client.post("/records/new", data=again).status_code == 303
    kept = record_of(world, UUID(again["record_id"]))
    assert (kept.heard, kept.call_id, kept.withdrawn_at) == ("花が咲いた", call_id, None)
    assert record_of(world, first).withdrawn_at is not None


def test_a_withdrawn_record_is_not_kept_again_even_where_another_answers_its_call(world: World) -> None:
    place = world.district("末広区")
    planned(world, place, "2026-06-17")
    log = RecordLog(new_id(), date(2026, 6, 10), Way.REGULAR, Met.MET, place.id)
    keep(world, log)
    with world.writing(world.worker) as session:
        service.withdraw_record(
            session, log.record_id, "違う", reach=reach(world.worker), now=world.clock.now()
        )
    place.called_on("2026-06-11")
    with pytest.raises(Conflict, match="record_withdrawn"):
        keep(world, log)
