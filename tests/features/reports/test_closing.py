"""Closing a month: frozen, late records, reopening, the same bytes for ever."""

import json
import threading
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest

from crm.accounts.models import Account
from crm.core.months import Month
from crm.core.problems import Conflict, Problem
from crm.jobs import service as jobs
from crm.reports import counting, queries, service
from crm.reports.figures import Tally
from crm.reports.jobs import write_report
from crm.reports.memory import Memory
from crm.reports.service import CountedMonth, Setting
from crm.territory import service as territory
from crm.territory.access import Reach
from crm.visits import service as visits
from crm.visits.models import Met, MonthClose, Support, Way
from crm.web.access import Role
from tests.world import World

MAY, JUNE = Month(2026, 5), Month(2026, 6)
SETTING = Setting("https://meguri.example.jp", sample=False)


def close(world: World, month: Month = MAY) -> MonthClose:
    with world.writing(world.manager) as session:
        row = service.close(
            session, month, SETTING, by=world.manager.id, now=world.clock.now(), today=world.clock.today()
        )
        session.expunge(row)
        return row


def papers(world: World, month: Month = MAY) -> tuple[bytes, bytes]:
    with world.app.test_request_context(), world.reading() as session:
        _report, pdf, xlsx = write_report(session, month, SETTING, now=world.clock.now())
        return pdf, xlsx


def total(world: World, month: Month) -> int:
    with world.reading() as session:
        report = service.report(session, month, SETTING, now=world.clock.now())
        return report.sections[0].lines[0].month.total


def test_a_district_split_in_mid_month_leaves_last_months_report_byte_identical(world: World) -> None:
    old = world.district("末広区")
    old.called_on("2026-05-11", supports=[Support.PRESENCE, Support.DIRECT], heard="内緒でない話")
    world.district("大原1区", "大東").called_on("2026-05-12", by=world.other_worker)
    close(world)
    before = papers(world)
    page = world.client(world.reader).get("/reports/2026-05").get_data(as_text=True)
    world.clock.advance(timedelta(hours=3))
    parts = world.split(old, ["末広1区", "末広2区"], on="2026-06-10")
    parts[0].called_on("2026-06-12")
    assert papers(world) == before
    assert world.client(world.reader).get("/reports/2026-05").get_data(as_text=True) == page
    assert old.name_on("2026-05-11") == "末広区"


def test_a_district_split_in_mid_month_leaves_last_months_open_figures_alone_too(world: World) -> None:
    old = world.district("末広区")
    old.called_on("2026-05-11")
    with world.reading() as session:
        before = service.report(session, MAY, SETTING, now=world.clock.now())
    world.split(old, ["末広1区", "末広2区"], on="2026-06-10")
    with world.reading() as session:
        assert service.report(session, MAY, SETTING, now=world.clock.now()) == before


def test_a_renamed_district_and_a_renamed_worker_stand_in_a_closed_month_as_they_were(world: World) -> None:
    district = world.district("末広区")
    visit = district.called_on("2026-05-11")
    close(world)
    before = papers(world)
    with world.writing(world.manager) as session:
        territory.rename(session, district.id, "末広中央区", "すえひろちゅうおうく", on=date(2026, 5, 1))
        session.get_one(Account, world.worker.id).name = "佐藤 さくら"
    assert district.name_on("2026-05-11") == "末広中央区"
    with world.reading() as session:
        row = queries.close_of(session, MAY)
        assert row is not None
        (kept,) = queries.frozen_rows(row)
        assert (kept.id, kept.place, kept.worker) == (visit.id, "末広区", "千葉 さくら")
        assert queries.has_its_rows(row)
    assert papers(world) == before
    page = world.client(world.reader).get("/reports/2026-05").get_data(as_text=True)
    assert "千葉 さくら" in page
    assert "佐藤 さくら" not in page
    with world.writing(world.manager) as session:
        service.reopen(session, MAY, "名前が変わった", by=world.manager.id, now=world.clock.now())
    assert papers(world) != before
    page = world.client(world.reader).get("/reports/2026-05").get_data(as_text=True)
    assert "佐藤 さくら" in page


def test_a_frozen_month_that_was_tampered_with_is_noticed(world: World) -> None:
    world.district("末広区").called_on("2026-05-11")
    close(world)
    with world.writing(world.manager) as session:
        row = queries.close_of(session, MAY)
        assert row is not None
        kept = json.loads(row.figures)
        kept["sections"][0]["lines"][0]["month"]["total"] = 100
        row.figures = json.dumps(kept)
        assert not queries.is_intact(row)


def test_a_late_record_counts_in_the_first_open_month(world: World) -> None:
    place = world.district("末広区")
    place.called_on("2026-05-11")
    close(world)
    late = place.called_on("2026-05-29")
    assert late.record.counted_in == "2026-06"
    assert (total(world, MAY), total(world, JUNE)) == (1, 1)


def test_a_record_corrected_after_the_closing_counts_as_it_was_frozen(world: World) -> None:
    visit = world.district("末広区").called_on("2026-05-11")
    close(world)
    with world.writing(world.manager) as session:
        reach = Reach(world.manager.id, world.manager.role, frozenset())
        visits.withdraw_record(session, visit.id, "まちがい", reach=reach, now=world.clock.now())
    assert total(world, MAY) == 1
    with world.writing(world.manager) as session:
        service.reopen(session, MAY, "取り消した記録があった", by=world.manager.id, now=world.clock.now())
    assert total(world, MAY) == 0
    assert close(world).revision == 2
    with world.reading() as session:
        assert [r.revision for r in queries.revisions(session, MAY)] == [2, 1]


def test_a_month_is_closed_once_and_only_when_over(world: World) -> None:
    close(world)
    with pytest.raises(Conflict, match="month_closed"):
        close(world)
    with pytest.raises(Problem, match="month_not_over"):
        close(world, JUNE)


def test_reopening_asks_why(world: World) -> None:
    close(world)
    answer = world.client(world.manager).post("/reports/2026-05/reopen", data={"why": " "})
    assert answer.status_code == 422
    assert "開き直す理由" in answer.get_data(as_text=True)
    answer = world.client(world.manager).post("/reports/2026-05/reopen", data={"why": "記録の漏れ"})
    assert answer.status_code == 303
    assert "記録の漏れ" in world.client(world.reader).get("/reports/2026-05").get_data(as_text=True)


def test_cancelled_visits_are_kept_and_not_counted(world: World) -> None:
    place = world.district("末広区")
    place.called_on("2026-06-10", met=Met.CANCELLED)
    place.called_on("2026-06-11", met=Met.ABSENT)
    assert total(world, JUNE) == 1


def test_every_number_of_the_page_opens_the_contacts_behind_it(world: World) -> None:
    for n in range(1, 4):
        world.district(f"末広{n}区").called_on(f"2026-05-1{n}", supports=[Support.OBSERVATION])
    world.district("大原1区", "大東").called_on("2026-05-12", by=world.other_worker)
    world.district("末広1区").called_on("2025-05-12")
    client = world.client(world.reader)
    with world.reading() as session:
        report = service.report(session, MAY, SETTING, now=world.clock.now())
    opened = 0
    for section in report.sections:
        for line in section.lines:
            for span, tally in (("month", line.month), ("year", line.year), ("last_year", line.last_year)):
                assert tally is not None
                answer = client.get(f"/reports/2026-05/{section.key}/{line.key}", query_string={"span": span})
                assert answer.status_code == 200
                assert f"延べ{tally.total}件、実{tally.distinct}か所" in answer.get_data(as_text=True)
                opened += tally.total
    assert opened > 20


def test_the_year_so_far_and_the_month_last_year_are_recounted_from_frozen_and_open_months(
    world: World,
) -> None:
    place = world.district("末広区")
    for on in ("2025-05-12", "2026-04-07", "2026-04-08", "2026-05-11"):
        place.called_on(on)
    close(world, Month(2026, 4))
    with world.reading() as session:
        line = service.report(session, MAY, SETTING, now=world.clock.now()).sections[0].lines[0]
    assert (line.month.total, line.year.total) == (1, 3)
    assert line.year.distinct == 1
    assert line.last_year == Tally(1, 1)


@pytest.mark.parametrize(
    "path",
    [
        "/reports/2026-13",
        "/reports/x",
        "/reports/2026-05/nonsense/all",
        "/reports/2026-05/all/all?span=decade",
    ],
)
def test_an_address_that_means_nothing_is_no_page(world: World, path: str) -> None:
    assert world.client(world.manager).get(path).status_code == 404


def test_a_month_without_records_is_a_report_of_noughts(world: World) -> None:
    page = world.client(world.reader).get("/reports/2026-06")
    assert page.status_code == 200
    assert total(world, JUNE) == 0


def test_the_day_of_a_record_decides_its_month_not_the_day_it_was_written(world: World) -> None:
    assert world.district("末広区").called_on(date(2026, 5, 31)).record.counted_in == "2026-05"


def test_a_late_record_counts_in_its_own_month_again_when_that_is_reopened(world: World) -> None:
    place = world.district("末広区")
    place.called_on("2026-05-11")
    close(world)
    late = place.called_on("2026-05-29")
    with world.writing(world.manager) as session:
        service.reopen(session, MAY, "書き忘れ", by=world.manager.id, now=world.clock.now())
    assert late.record.counted_in == "2026-05"
    assert total(world, MAY) == 2


def test_the_months_of_a_year_are_closed_in_order_and_reopened_in_the_other(world: World) -> None:
    place = world.district("末広区")
    place.called_on("2026-04-07")
    place.called_on("2026-05-11")
    with pytest.raises(Problem, match="month_before_open"):
        close(world)
    close(world, Month(2026, 4))
    close(world)
    with pytest.raises(Problem, match="month_after_closed"), world.writing(world.manager) as session:
        service.reopen(session, Month(2026, 4), "x", by=world.manager.id, now=world.clock.now())


def test_a_tampered_month_is_not_shown_as_closed(world: World) -> None:
    world.district("末広区").called_on("2026-05-11")
    close(world)
    with world.writing(world.manager) as session:
        row = queries.close_of(session, MAY)
        assert row is not None
        row.figures = row.figures.replace("まちの支援室", "ほかの団体")
    answer = world.client(world.reader).get("/reports/2026-05")
    assert answer.status_code == 409
    assert "確定したときと違っています" in answer.get_data(as_text=True)


def test_a_frozen_month_is_counted_from_memory_only_while_it_is_the_same(
    world: World, monkeypatch: Any
) -> None:
    monkeypatch.setattr(counting, "_frozen", Memory(1))
    place = world.district("末広区")
    for month in (4, 5):
        place.called_on(f"2026-0{month}-11")
        close(world, Month(2026, month))
    for _ in range(3):  # a memory of one month, asked for two at once
        with world.reading() as session:
            counted = counting.counts_of(session, [Month(2026, 4), Month(2026, 5)])
        assert [one["all"]["all"].total for one in counted] == [1, 1]


# ---- closing while others write


def counted(world: World) -> CountedMonth:
    """What a closing counts before it asks for the write lock."""
    with world.reading() as session:
        return service.count_for_closing(
            session, MAY, SETTING, by=world.manager.id, now=world.clock.now(), today=world.clock.today()
        )


def frozen(world: World, made: CountedMonth) -> bool:
    with world.writing(world.manager) as session:
        return service.freeze(session, made) is not None


def test_a_month_is_frozen_as_it_was_counted_before_others_had_to_wait(world: World) -> None:
    world.district("末広区").called_on("2026-05-11")
    assert frozen(world, counted(world))
    assert total(world, MAY) == 1


def test_a_month_in_which_a_record_was_kept_since_it_was_counted_is_not_frozen(world: World) -> None:
    place = world.district("末広区")
    place.called_on("2026-05-11")
    made = counted(world)
    late = place.called_on("2026-05-12")
    assert not frozen(world, made)
    assert late.record.counted_in == "2026-05"
    assert frozen(world, counted(world))
    assert (total(world, MAY), total(world, JUNE)) == (2, 0)


def test_a_month_in_which_a_place_was_renamed_since_it_was_counted_is_not_frozen(world: World) -> None:
    place = world.district("末広区")
    place.called_on("2026-05-11")
    made = counted(world)
    with world.writing(world.manager) as session:
        territory.rename(session, place.id, "末広中央区", "", on=date(2026, 5, 1))
    assert not frozen(world, made)


def test_a_territory_renamed_between_a_read_and_the_closing_is_frozen_under_one_name(world: World) -> None:
    world.district("末広区").called_on("2026-05-11")
    assert total(world, MAY) == 1
    with world.writing(world.manager) as session:
        territory.correct_territory(session, world.towns["一関"].id, "01", "一関地域", "")
    assert frozen(world, counted(world))
    with world.reading() as session:
        row = queries.close_of(session, MAY)
        assert row is not None
        (by_town,) = [one for one in queries.report_of(row).sections if one.key == "territory"]
        assert {line.key for line in by_town.lines if line.month.total} == {"一関地域"}
        assert [one.territory for one in queries.frozen_rows(row)] == ["一関地域"]


def test_a_closing_is_signed_by_whoever_asked_for_it_last(world: World) -> None:
    world.district("末広区").called_on("2026-05-11")
    second = world.person("千田 まもる", "second@example.jp", Role.MANAGER)
    asked = world.client(world.manager).post("/reports/2026-05/close")
    with world.writing(world.manager) as session:
        jobs.ask_stop(session, UUID(asked.location.rsplit("/", 1)[-1]), now=world.clock.now())
    again = world.client(second).post("/reports/2026-05/close")
    assert again.location == asked.location
    world.work()
    with world.reading() as session:
        row = queries.close_of(session, MAY)
        assert row is not None
        assert (row.closed_by, queries.report_of(row).closed_by) == (second.id, "千田 まもる")


def test_a_closing_asked_again_among_the_long_work_is_signed_by_whoever_did(world: World) -> None:
    world.district("末広区").called_on("2026-05-11")
    second = world.person("千田 まもる", "second@example.jp", Role.MANAGER)
    job_id = world.client(world.manager).post("/reports/2026-05/close").location.rsplit("/", 1)[-1]
    with world.writing(world.manager) as session:
        jobs.ask_stop(session, UUID(job_id), now=world.clock.now())
    assert world.client(second).post(f"/jobs/{job_id}/again").status_code == 303
    world.work()
    with world.reading() as session:
        row = queries.close_of(session, MAY)
        assert row is not None
        assert row.closed_by == second.id


def test_a_month_is_not_frozen_twice_from_one_count(world: World) -> None:
    world.district("末広区").called_on("2026-05-11")
    made = counted(world)
    assert frozen(world, made)
    assert not frozen(world, made)
    with world.reading() as session:
        assert len(queries.revisions(session, MAY)) == 1


def test_what_has_nothing_to_do_with_the_report_does_not_hold_a_closing_up(world: World) -> None:
    world.district("末広区").called_on("2026-05-11")
    made = counted(world)
    world.sign_in_of(world.worker)
    world.link_for(world.worker)
    assert frozen(world, made)


def test_records_kept_while_a_month_is_closed_count_in_it_or_in_the_next_and_never_in_none(
    world: World,
) -> None:
    place = world.district("末広区")
    place.called_on("2026-05-11")
    world.client(world.manager).post("/reports/2026-05/close")
    kept: list[UUID] = []

    def keep() -> None:
        kept.extend(place.called_on("2026-05-12", way=Way.PHONE).id for _ in range(12))

    worker = threading.Thread(target=keep)
    worker.start()
    world.work()
    worker.join()
    assert len(kept) == 12
    with world.reading() as session:
        row = queries.close_of(session, MAY)
        assert row is not None
        in_may = {one.id for one in queries.frozen_rows(row)}
        in_june = {one.id for one in queries.open_rows(session, JUNE)}
    assert not in_may & in_june
    assert set(kept) <= in_may | in_june
