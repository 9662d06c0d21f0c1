"""The report on paper and as a workbook, made by a job."""

from io import BytesIO
from uuid import UUID

import openpyxl
from flask.testing import FlaskClient
from pypdf import PdfReader

from crm.app import handlers
from crm.core.months import Month
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


def test_a_month_that_is_not_over_is_refused_in_words(world: World) -> None:
    manager = world.client(world.manager)
    answer = manager.post("/reports/2026-06/close")
    work(world)
    page = manager.get(answer.location).get_data(as_text=True)
    assert "令和8年6月30日を過ぎてから確定できます" in page


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
