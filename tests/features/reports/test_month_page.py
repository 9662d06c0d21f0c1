"""The report as a page: what leads where, and what is said before a month is closed."""

from datetime import date
from urllib.parse import parse_qs, urlsplit

import pytest
from sqlmodel import select

from crm.accounts.models import Account
from crm.core.months import Month
from crm.jobs.models import Job
from crm.reports import service
from crm.reports.service import Setting
from crm.visits import plan_service as plans
from crm.web.access import Role
from tests.markup import Element, page_of
from tests.world import World

SETTING = Setting("https://meguri.example.jp", sample=False)


def page(world: World, path: str) -> Element:
    answer = world.client(world.manager).get(path)
    assert answer.status_code == 200
    return page_of(answer.get_data(as_text=True))


def words(found: Element) -> str:
    return found.text


def links(found: Element, text: str) -> list[str]:
    return [a.attributes["href"] for a in found.find_all("a") if a.text == text]


def records(found: Element) -> list[str]:
    return [a.attributes["href"] for a in found.find_all("a") if "/records/" in a.attributes["href"]]


def forms(found: Element) -> list[Element]:
    return [one for one in found.find_all("form") if one.attributes["action"].startswith("/reports")]


def test_this_month_leads_from_another_months_report_to_its_own(world: World) -> None:
    assert links(page(world, "/reports/2026-04"), "今月") == ["/reports/2026-06"]
    assert links(page(world, "/reports/2026-06"), "今月") == []


@pytest.mark.parametrize("line", ["/territory/一関?span=year", "/all/all?span=month"])
def test_a_record_opened_from_a_figure_leads_back_to_that_figure(world: World, line: str) -> None:
    world.district("末広区").called_on("2026-05-11")
    figure = page(world, f"/reports/2026-05{line}")
    (opened,) = records(figure)
    (back,) = parse_qs(urlsplit(opened).query)["from"]
    assert back.startswith("/reports/2026-05/")
    assert words(page(world, back)) == words(figure)
    assert links(page(world, opened), "令和8年5月の報告") == [back]


def test_a_long_list_leads_back_to_the_part_that_was_read(world: World) -> None:
    place = world.district("末広区")
    for day in range(1, 32):
        for _ in range(4):
            place.called_on(date(2026, 5, day))
    first = page(world, "/reports/2026-05/all/all?span=month")
    assert "1〜100件目(全124件)" in words(first)
    (second,) = links(first, "次のページ")
    read = page(world, second)
    assert "101〜124件目(全124件)" in words(read)
    back = records(read)[0]
    assert parse_qs(urlsplit(back).query)["from"] == [second]
    assert links(read, "前のページ") == ["/reports/2026-05/all/all?span=month"]


@pytest.mark.parametrize(
    "line", ["territory/ない町", "worker/x", "worker/00000000-0000-0000-0000-000000000000"]
)
def test_a_line_that_the_report_does_not_have_is_no_page(world: World, line: str) -> None:
    assert world.client(world.manager).get(f"/reports/2026-05/{line}").status_code == 404


# ---- before closing


def test_before_a_month_is_closed_a_page_says_what_becomes_fixed(world: World) -> None:
    place = world.district("末広区")
    place.called_on("2026-05-11")
    place.called_on("2026-05-12")
    with world.writing(world.manager) as session:
        plans.propose_month(session, Month(2026, 6), today=world.clock.today(), now=world.clock.now())
    assert links(page(world, "/reports/2026-05"), "この月を確定する") == ["/reports/2026-05/close"]
    asked = page(world, "/reports/2026-05/close")
    said = words(asked)
    assert "もとになった2件の対応が固まります" in said
    assert "次の月の報告に数えます" in said
    assert "理由を書いて開き直せます" in said
    (form,) = forms(asked)
    assert (form.get("method"), form.get("action")) == ("post", "/reports/2026-05/close")
    with world.reading() as session:
        assert (
            service.report(session, Month(2026, 5), SETTING, now=world.clock.now()).closed is False
        )  # asking what it does does nothing


def test_calls_without_a_record_are_counted_before_closing(world: World) -> None:
    june, now = Month(2026, 6), world.clock.now()
    places = [world.district(name) for name in ("末広区", "沢区")]
    with world.writing(world.manager) as session:
        for place in places:
            on, worker = date(2026, 6, 15), world.worker.id
            plans.add_call(session, june, place.id, on=on, worker_id=worker, now=now)
    assert "記録のない予定が2件あります" in words(
        page(world, "/reports/2026-06/close")
    )  # a draft is seen by all
    with world.writing(world.manager) as session:
        plans.publish(session, june, now=now)
    assert "記録のない予定が2件あります" in words(page(world, "/reports/2026-06/close"))
    world.district("沢区").called_on("2026-06-15")
    assert "記録のない予定が1件あります" in words(page(world, "/reports/2026-06/close"))


@pytest.mark.parametrize(
    ("month", "why"),
    [("2026-06", "令和8年6月30日を過ぎてから確定できます"), ("2026-05", "先に令和8年4月を確定してください")],
)
def test_a_month_that_cannot_be_closed_says_why_and_has_no_button(world: World, month: str, why: str) -> None:
    world.district("末広区").called_on("2026-04-07")
    asked = page(world, f"/reports/{month}/close")
    assert why in words(asked)
    assert not forms(asked)


@pytest.mark.parametrize(
    ("month", "why"),
    [("2026-06", "令和8年6月30日を過ぎてから確定できます"), ("2026-05", "先に令和8年4月を確定してください")],
)
def test_a_month_that_cannot_be_closed_is_answered_in_words_and_no_work_is_begun(
    world: World, month: str, why: str
) -> None:
    world.district("末広区").called_on("2026-04-07")
    answer = world.client(world.manager).post(f"/reports/{month}/close")
    assert answer.status_code == 422
    assert why in words(page_of(answer.get_data(as_text=True)))
    with world.reading() as session:
        assert session.exec(select(Job)).all() == []


def test_a_closed_month_is_not_offered_to_be_closed(world: World) -> None:
    with world.writing(world.manager) as session:
        now, today = world.clock.now(), world.clock.today()
        service.close(session, Month(2026, 5), SETTING, by=world.manager.id, now=now, today=today)
    assert world.client(world.manager).get("/reports/2026-05/close").status_code == 409


# ---- two of one name


def test_two_workers_of_one_name_are_two_lines_that_can_be_told_apart(world: World) -> None:
    other = world.person("千葉 さくら", "sakura@example.jp", Role.WORKER)
    place = world.district("末広区")
    place.called_on("2026-05-11")
    place.called_on("2026-05-12", by=other)
    place.called_on("2026-05-13", by=other)
    with world.reading() as session:
        report = service.report(session, Month(2026, 5), SETTING, now=world.clock.now())
    lines = {line.key: line for line in report.sections[-1].lines}
    assert {key: line.month.total for key, line in lines.items()} == {
        str(world.worker.id): 1,
        str(other.id): 2,
    }
    names = [line.name for line in lines.values()]
    assert len(set(names)) == 2
    found = page(world, f"/reports/2026-05/worker/{other.id}?span=month")
    assert "延べ2件、実1か所" in words(found)
    assert lines[str(other.id)].name in words(found)
    assert lines[str(world.worker.id)].name not in words(found)


def test_a_worker_who_was_renamed_in_the_year_is_one_line_of_it(world: World) -> None:
    place = world.district("末広区")
    place.called_on("2026-04-07")
    with world.writing(world.manager) as session:
        now, today = world.clock.now(), world.clock.today()
        service.close(session, Month(2026, 4), SETTING, by=world.manager.id, now=now, today=today)
    with world.writing(world.manager) as session:
        session.get_one(Account, world.worker.id).name = "佐藤 さくら"
    place.called_on("2026-05-11")
    with world.reading() as session:
        report = service.report(session, Month(2026, 5), SETTING, now=now)
    (line,) = report.sections[-1].lines
    assert (line.name, line.month.total, line.year.total) == ("佐藤 さくら", 1, 2)
