"""The report on paper and as a workbook, made by a job."""

import os
from datetime import timedelta
from io import BytesIO
from uuid import UUID

import openpyxl
from flask.testing import FlaskClient
from pypdf import PdfReader

from crm.app import handlers
from crm.core.months import Month
from crm.files import Files
from crm.jobs import service as jobs
from crm.jobs.housekeeping import HOUSEKEEPING
from crm.jobs.models import Job, State
from crm.jobs.running import Premises, run_next
from crm.reports import queries
from crm.visits.models import Support
from tests.world import World


def fetched(client: FlaskClient, path: str) -> bytes:
    """The file behind an address."""
    with client.get(path) as answer:
        assert answer.status_code == 200
        return answer.get_data()


def work(world: World) -> None:
    premises = Premises(world.settings, world.store, world.clock)
    while run_next(premises, handlers(world.app)):
        pass


def town(world: World) -> None:
    world.district("髙﨑区").called_on(
        "2026-05-11", supports=[Support.PRESENCE, Support.DIRECT], heard="秘密の話"
    )
    world.district("大原1区", "大東").called_on("2026-05-12", by=world.other_worker)


def test_closing_a_month_is_a_job_whose_pdf_and_xlsx_are_served(world: World) -> None:
    town(world)
    manager = world.client(world.manager)
    answer = manager.post("/reports/2026-05/close")
    assert answer.status_code == 303
    assert "待" in manager.get(answer.location).get_data(as_text=True)
    work(world)
    page = manager.get(answer.location).get_data(as_text=True)
    assert "できました" in page
    reader = world.client(world.reader)
    pdf, xlsx = (fetched(reader, f"/reports/2026-05/files/{kind}") for kind in ("pdf", "xlsx"))
    text = "".join(one.extract_text() for one in PdfReader(BytesIO(pdf)).pages)
    assert "令和8年5月" in text
    assert "まちの支援室" in text
    sheets = openpyxl.load_workbook(BytesIO(xlsx))
    cells = [cell.value for row in sheets["対応一覧"].iter_rows() for cell in row]
    assert "髙﨑区" in cells
    for content in (text, str(cells)):
        assert "秘密の話" not in content


def test_asking_twice_closes_once(world: World) -> None:
    town(world)
    manager = world.client(world.manager)
    first = manager.post("/reports/2026-05/close").location
    assert manager.post("/reports/2026-05/close").location == first
    work(world)
    with world.reading() as session:
        assert len(queries.revisions(session, Month(2026, 5))) == 1


def test_a_closing_that_became_impossible_while_it_waited_says_why(world: World) -> None:
    manager = world.client(world.manager)
    answer = manager.post("/reports/2026-05/close")
    world.district("末広区").called_on("2026-04-07")
    work(world)
    page = manager.get(answer.location).get_data(as_text=True)
    assert "先に令和8年4月を確定してください" in page


def test_a_reader_makes_and_opens_the_papers_of_an_open_month(world: World) -> None:
    town(world)
    reader = world.client(world.reader)
    making = reader.post("/reports/2026-05/make").location
    work(world)
    assert fetched(reader, f"{making}/pdf")[:5] == b"%PDF-"
    assert fetched(world.client(world.worker), f"{making}/pdf")
    assert world.client(world.other_worker).get(f"{making}/docx").status_code == 404
    with world.reading() as session:
        job = session.get_one(Job, UUID(making.rsplit("/", 1)[1]))
        assert job.state is State.DONE


def test_every_link_of_the_papers_opens_a_page(world: World) -> None:
    town(world)
    manager = world.client(world.manager)
    making = manager.post("/reports/2026-05/make").location
    work(world)
    pages = PdfReader(BytesIO(fetched(manager, f"{making}/pdf"))).pages
    links = {
        note.get_object()["/A"]["/URI"]
        for page in pages
        for note in page.get("/Annots", [])
        if "/A" in note.get_object()
    }
    book = openpyxl.load_workbook(BytesIO(fetched(manager, f"{making}/xlsx")))
    links |= {cell.hyperlink.target for row in book["集計"].iter_rows() for cell in row if cell.hyperlink}
    assert len(links) > 10
    for link in links:
        assert link.startswith("http://localhost/reports/2026-05/")
        assert manager.get(link.removeprefix("http://localhost")).status_code == 200


def test_a_closed_month_is_not_closed_again_and_after_reopening_it_is(world: World) -> None:
    town(world)
    manager = world.client(world.manager)
    manager.post("/reports/2026-05/close")
    work(world)
    assert manager.post("/reports/2026-05/close").status_code == 409  # a tab that lay open
    manager.post("/reports/2026-05/reopen", data={"why": "記録の漏れ"})
    again = manager.post("/reports/2026-05/close").location
    work(world)
    assert "できました" in manager.get(again).get_data(as_text=True)
    with world.reading() as session:
        held = queries.close_of(session, Month(2026, 5))
        assert held is not None
        assert held.revision == 2


# ---- papers nobody came back for


def made_papers(world: World, month: str) -> str:
    """Where the papers of a month are that somebody asked for."""
    making = world.client(world.reader).post(f"/reports/{month}/make").location
    work(world)
    return str(making)


def stored(world: World) -> set[str]:
    return {file.sha256 for file in Files(world.settings.files).all()}


def housekeep(world: World, night: int) -> None:
    with world.store.writing() as session:
        jobs.ask(
            session,
            HOUSEKEEPING,
            slot=str(night),
            title="",
            arguments={},
            asked_by=None,
            now=world.clock.now(),
        )
    work(world)


def test_papers_that_were_made_at_a_moment_are_cleared_after_the_time_they_are_kept(world: World) -> None:
    town(world)
    making = made_papers(world, "2026-05")
    assert len(stored(world)) == 2
    age_files(world, days=29)
    housekeep(world, 1)
    assert fetched(world.client(world.reader), f"{making}/pdf")[:5] == b"%PDF-"
    age_files(world, days=2)
    housekeep(world, 2)
    assert stored(world) == set()
    reader = world.client(world.reader)
    assert reader.get(f"{making}/pdf").status_code == 404
    page = reader.get(making).get_data(as_text=True)
    assert "このファイルは、もうありません" in page
    assert "できませんでした" not in page


def test_papers_of_a_closed_month_are_never_cleared_even_when_somebody_asked_for_them(world: World) -> None:
    town(world)
    world.client(world.manager).post("/reports/2026-05/close")
    work(world)
    closed = stored(world)
    made_papers(world, "2026-05")
    assert stored(world) == closed  # a closed month gives the same bytes
    world.client(world.manager).post("/reports/2026-05/reopen", data={"why": "記録の漏れ"})
    made_papers(world, "2026-05")
    assert len(stored(world)) == 4
    age_files(world, days=400)
    housekeep(world, 1)
    assert stored(world) == closed


def age_files(world: World, *, days: int) -> None:
    """Let days go by since all files were stored, which is now."""
    stored_at = world.clock.now().timestamp()
    for file in Files(world.settings.files).all():
        os.utime(Files(world.settings.files).path(file.sha256), (stored_at, stored_at))
    world.clock.advance(timedelta(days=days))


# ---- how they look


def test_a_chart_stands_on_the_page_of_its_table(world: World) -> None:
    town(world)
    making = made_papers(world, "2026-05")
    pdf = PdfReader(BytesIO(fetched(world.client(world.reader), f"{making}/pdf")))
    texts = ["".join(page.extract_text().split()) for page in pdf.pages]
    for heading in ("地域別", "方法別"):
        (page,) = [text for text in texts if heading in text]
        assert "この月の延べ件数" in page[page.index(heading) :]


def test_without_a_year_before_the_workbook_has_no_columns_for_it(world: World) -> None:
    town(world)
    making = made_papers(world, "2026-05")
    book = openpyxl.load_workbook(BytesIO(fetched(world.client(world.reader), f"{making}/xlsx")))
    assert not [label for label in labels(book) if "前年" in label]
    world.district("髙﨑区").called_on("2025-05-11")
    making = made_papers(world, "2026-05")
    book = openpyxl.load_workbook(BytesIO(fetched(world.client(world.reader), f"{making}/xlsx")))
    assert [label for label in labels(book) if "前年" in label] == ["前年同月 延べ", "前年同月 実"]


def labels(book: openpyxl.Workbook) -> list[str]:
    return [str(cell.value) for row in book["集計"].iter_rows() for cell in row if cell.value]


def test_both_sheets_are_printed_lying_and_as_wide_as_the_page(world: World) -> None:
    town(world)
    making = made_papers(world, "2026-05")
    book = openpyxl.load_workbook(BytesIO(fetched(world.client(world.reader), f"{making}/xlsx")))
    for sheet in book.worksheets:
        assert sheet.page_setup.orientation == "landscape"
        set_up = sheet.sheet_properties.pageSetUpPr
        assert set_up is not None
        assert set_up.fitToPage
        assert (sheet.page_setup.fitToWidth or 1, sheet.page_setup.fitToHeight) == (1, 0)
    last = [cell.value for cell in book["対応一覧"][2]]
    assert last[-2:] == ["職員", "参加人数"]  # numbers stand to the right: nothing may begin where they end
