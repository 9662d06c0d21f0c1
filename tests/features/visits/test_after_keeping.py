"""Where one stands when a record is kept: what comes next, what was done today, the way back."""

from datetime import date

import pytest

from crm.core.ids import new_id
from crm.territory.access import Reach
from crm.visits import queries, service
from crm.visits.models import Met, Way
from crm.visits.service import RecordLog
from tests.features.visits.calls import TODAY, fields_of, opened, planned, visited
from tests.markup import page_of
from tests.world import World

# ---- after keeping


def test_what_was_kept_leads_to_the_next_open_call_of_the_day_by_its_name_and_back_to_today(
    world: World,
) -> None:
    first, second, third = (world.district(name) for name in ("末広区", "中央区", "山目区"))
    planned(world, first, "2026-06-15")
    calls = [planned(world, place, "2026-06-15") for place in (second, third)]
    page, fields = opened(world, f"/records/new?call={calls[0]}")
    client = world.client(world.worker)
    page = page_of(client.post("/records/new", data=fields, follow_redirects=True).text)
    after = page.find("nav", aria_label="記録のあと")
    assert [(one.text.strip(), one.get("href")) for one in after.find_all("a")] == [
        ("続けて記録:山目区", f"/records/new?call={calls[1]}&place={third.id}"),
        ("今日へもどる", "/today"),
    ]
    assert page.find_all("a", href=f"/records/{fields['record_id']}/edit?from=/today")


def test_after_the_last_call_of_the_day_the_first_one_left_out_comes_next_and_then_none(world: World) -> None:
    first, last = world.district("末広区"), world.district("中央区")
    calls = [planned(world, place, "2026-06-15") for place in (first, last)]
    client = world.client(world.worker)
    answers = []
    for call in reversed(calls):
        _page, fields = opened(world, f"/records/new?call={call}")
        answers.append(client.post("/records/new", data=fields, follow_redirects=True).text)
    assert "続けて記録:末広区" in answers[0]
    assert "続けて記録" not in answers[1]
    assert "今日へもどる" in answers[1]


def test_a_record_of_an_earlier_day_kept_today_stands_under_today_with_its_day(world: World) -> None:
    earlier, today = world.district("末広区"), world.district("中央区")
    visited(world, earlier, "2026-06-10")
    visited(world, today, "2026-06-15")
    client = world.client(world.worker)
    section = page_of(client.get("/today").text).find("section", aria_labelledby="done-today")
    rows = {one.text.split("会えた")[0].strip() for one in section.find_all("ul")[0].find_all("li")}
    assert any("末広区" in row and "令和8年6月10日(水)" in row for row in rows)
    assert any("中央区" in row and "令和8年" not in row for row in rows)
    world.clock.advance(world.clock.now().replace(day=16) - world.clock.now())
    assert "末広区" not in world.client(world.worker).get("/today").text


def test_a_record_kept_just_after_midnight_belongs_to_the_new_day(world: World) -> None:
    place = world.district("末広区")
    now = world.clock.now()
    for moment, on in ((now.replace(hour=0, minute=0), "2026-06-08"), (now.replace(day=14), "2026-06-09")):
        log = RecordLog(new_id(), date.fromisoformat(on), Way.EXTRA, Met.MET, place.id)
        with world.writing(world.worker) as session:
            service.keep_record(session, log, by=world.worker.id, today=TODAY, now=moment)
    reach = Reach(world.worker.id, world.worker.role, frozenset())
    with world.reading() as session:
        narrowed = queries.RecordFilter(worker_id=world.worker.id, written_on=TODAY)
        rows = queries.records(session, narrowed, reach)
    assert [row.on for row in rows] == [date(2026, 6, 8)]


def test_what_comes_next_leaves_out_what_was_visited_before_its_day(world: World) -> None:
    early, waiting, later = (world.district(name) for name in ("末広区", "中央区", "山目区"))
    for place, on in ((early, "2026-06-16"), (waiting, "2026-06-17"), (later, "2026-06-17")):
        planned(world, place, on)
    client = world.client(world.worker)
    assert "次は令和8年6月16日(火)、1件です" in client.get("/today").text
    visited(world, early, "2026-06-15")
    assert "次は令和8年6月17日(水)、2件です" in client.get("/today").text
    visited(world, waiting, "2026-06-15")
    assert "次は令和8年6月17日(水)、1件です" in client.get("/today").text


# ---- the way back


@pytest.mark.parametrize(
    ("back", "label"),
    [
        ("/reports/2026-05", "令和8年5月の報告"),
        ("/reports/2026-05/kinds/district?page=2", "令和8年5月の報告"),
        ("/today", "今日"),
    ],
)
def test_a_record_leads_back_to_where_it_was_opened(world: World, back: str, label: str) -> None:
    visit = world.district("末広区").called_on("2026-05-11")
    client = world.client(world.worker)
    page = page_of(client.get(f"/records/{visit.id}", query_string={"from": back}).text)
    first = page.find("nav", aria_label="現在位置").find_all("a")[0]
    assert (first.text.strip(), first.get("href")) == (label, back)
    edit = next(a.get("href") or "" for a in page.find_all("a") if a.text.strip() == "直す")
    page = page_of(client.get(edit).text)
    action = next(f.get("action") or "" for f in page.find_all("form") if f.get("data-guard") is not None)
    answer = client.post(action, data=fields_of(page))
    assert label in page_of(client.get(answer.location).text).find("nav", aria_label="現在位置").text


@pytest.mark.parametrize(
    "back",
    [
        "",
        "https://example.com/reports/2026-05",
        "//example.com/reports/2026-05",
        "/reports/2026-13",
        "/reports/2026-05/../../sign-out",
        "/reports/2026-05\\example.com",
        "/reports/2026-05/\n/example.com",
        "javascript:alert(1)",
        "/accounts",
        "/reports//example.com",
    ],
)
def test_a_way_back_to_anywhere_else_is_ignored(world: World, back: str) -> None:
    visit = world.district("末広区").called_on("2026-05-11")
    answer = world.client(world.worker).get(f"/records/{visit.id}", query_string={"from": back})
    assert answer.status_code == 200
    links = page_of(answer.text).find("nav", aria_label="現在位置").find_all("a")
    assert [one.text.strip() for one in links] == ["訪問先", "末広区"]
