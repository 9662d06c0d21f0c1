"""A month that was closed by the first program: its frozen text knows workers by name alone."""

from io import BytesIO
from typing import Any

import openpyxl
import pytest
from pypdf import PdfReader

from crm.core.canonical import canonical_json, digest
from crm.core.months import Month
from crm.reports import queries, service
from crm.reports.jobs import write_report
from crm.reports.service import Setting
from crm.visits.models import MonthClose
from tests.world import World

APRIL, MAY = Month(2026, 4), Month(2026, 5)
SETTING = Setting("https://meguri.example.jp", sample=False)
ROW = {
    "id": "00000000-0000-0000-0000-0000000000aa",
    "on": "2026-04-07",
    "way": "regular",
    "met": "met",
    "place_id": "00000000-0000-0000-0000-0000000000bb",
    "place": "末広区",
    "kind": "district",
    "territory": "一関",
    "worker": "千葉 さくら",
    "supports": ["presence"],
    "attendance": None,
}
LINES = {
    "all": "all",
    "met": "met",
    "territory": "一関",
    "way": "regular",
    "support": "presence",
    "kind": "district",
    "worker": "千葉 さくら",
}


def frozen_text() -> tuple[str, str]:
    """Figures and rows of a month as version 1 froze them: no id of a worker, no name of a line."""
    one: dict[str, Any] = {
        "month": {"total": 1, "distinct": 1},
        "year": {"total": 1, "distinct": 1},
        "last_year": None,
    }
    rows = canonical_json([ROW])
    figures = {
        "version": 1,
        "month": "2026-04",
        "revision": 1,
        "organisation": "まちの支援室",
        "city": "一関市",
        "note": "",
        "made_at": "2026-05-01T09:00:00+09:00",
        "closed_by": "佐々木 みどり",
        "base_url": SETTING.base_url,
        "sample": False,
        "sections": [{"key": key, "lines": [{"key": line, **one}]} for key, line in LINES.items()],
        "rows_digest": digest(rows),
    }
    return canonical_json(figures), rows


@pytest.fixture
def closed_before(world: World) -> World:
    """The town, whose April the first program closed."""
    figures, rows = frozen_text()
    with world.writing(world.manager) as session:
        session.add(
            MonthClose(
                month=str(APRIL),
                revision=1,
                figures=figures,
                rows=rows,
                digest=digest(figures),
                closed_at=world.clock.now(),
                closed_by=world.manager.id,
            )
        )
    return world


@pytest.mark.parametrize(
    "path",
    [
        "/reports/2026-04",
        "/reports/2026-05",
        "/reports/2026-04/worker/千葉 さくら",
        "/reports/2026-05/worker/千葉 さくら?span=year",
    ],
)
def test_a_month_of_the_first_version_is_read_as_a_page_and_as_a_list(
    closed_before: World, path: str
) -> None:
    answer = closed_before.client(closed_before.reader).get(path)
    assert answer.status_code == 200
    assert "千葉 さくら" in answer.get_data(as_text=True)


def test_the_list_of_months_counts_one_of_the_first_version(closed_before: World) -> None:
    page = closed_before.client(closed_before.reader).get("/reports")
    assert page.status_code == 200
    assert "令和8年4月" in page.get_data(as_text=True)


def test_a_month_of_the_first_version_gives_its_papers(closed_before: World) -> None:
    with closed_before.app.test_request_context(), closed_before.reading() as session:
        _report, pdf, xlsx = write_report(session, APRIL, SETTING, now=closed_before.clock.now())
    assert "千葉 さくら" in "".join(sheet.extract_text() for sheet in PdfReader(BytesIO(pdf)).pages)
    book = openpyxl.load_workbook(BytesIO(xlsx))
    assert ["千葉 さくら" in str(list(sheet.values)) for sheet in book.worksheets] == [True, True]


def test_a_month_closed_now_is_of_the_second_version_and_rests_on_the_first(closed_before: World) -> None:
    closed_before.district("沢区").called_on("2026-05-11")
    with closed_before.writing(closed_before.manager) as session:
        now, today = closed_before.clock.now(), closed_before.clock.today()
        row = service.close(session, MAY, SETTING, by=closed_before.manager.id, now=now, today=today)
        assert '"version":2' in row.figures
        report = queries.report_of(row)
    line = report.sections[0].lines[0]
    assert (line.month.total, line.year.total) == (1, 2)
