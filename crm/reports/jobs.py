"""Long work of the report: closing a month, making its PDF and XLSX."""

from collections.abc import Callable, Mapping
from datetime import datetime
from io import BytesIO
from typing import Any
from uuid import UUID

from sqlmodel import Session

from crm.core.months import Month
from crm.core.problems import Conflict
from crm.db.tracked import Author, Via
from crm.files import Files
from crm.jobs.running import Work
from crm.reports import queries, service
from crm.reports.paper import report_pdf
from crm.reports.queries import Report
from crm.reports.service import Setting
from crm.reports.sheets import report_xlsx

CLOSE, MAKE = "report.close", "report.make"
COUNTING, PRINTING, FILLING = "記録を数えています", "PDFを作っています", "Excelを作っています"
MOST_BYTES = 200 * 1024 * 1024
COUNTS_BESIDE = 3
"""How often a month is counted beside those who write; were it changed each time, they wait for one count."""


def setting_of(work: Work) -> Setting:
    """What the report takes from the installation that the job runs on."""
    return Setting(work.settings.base_url, work.settings.sample_town)


def close_month(work: Work) -> dict[str, Any]:
    """Close a month and make its files. Run again after a restart it goes on: a closed month stays closed."""
    month = Month.parse(work.arguments["month"])
    work.progress(0, 3, COUNTING)
    _close(work, month)
    with work.store.reading() as session:
        if queries.close_of(session, month) is None:
            raise Conflict("month_not_closed", month=month)
    return make_files(work, first=1)


def _close(work: Work, month: Month) -> None:
    """Count while others go on writing, then freeze if nothing has changed; at last count while they wait."""
    by, author = _signer(work), work.author
    setting, today = setting_of(work), work.clock.today()
    for _again in range(COUNTS_BESIDE):
        with work.store.reading() as session:
            if not _is_asked_for(session, work, month):
                return
            counted = service.count_for_closing(
                session, month, setting, by=by, now=work.clock.now(), today=today
            )
        work.check()
        with work.store.writing(author) as session:
            if service.freeze(session, counted) is not None:
                return
    with work.store.writing(author) as session:
        if _is_asked_for(session, work, month):
            service.close(session, month, setting, by=by, now=work.clock.now(), today=today)


def _signer(work: Work) -> UUID:
    """Who signs a closing: whoever asked for it last."""
    if work.asked_by is None:
        raise ValueError("a closing is asked for by a person")
    return work.asked_by


def _is_asked_for(session: Session, work: Work, month: Month) -> bool:
    """Whether this is the closing to be done: a job taken up again after a reopening must not close anew."""
    known = [row.revision for row in queries.revisions(session, month)]
    is_next = bool(work.arguments["revision"] == len(known) + 1)
    return is_next and queries.close_of(session, month) is None


def make_files(work: Work, *, first: int = 0) -> dict[str, Any]:
    """Make the PDF and XLSX of a month and keep them; those of a closed month are kept with its closing."""
    month, total = Month.parse(work.arguments["month"]), first + 2
    with work.store.reading() as session:
        report = service.report(session, month, setting_of(work), now=work.clock.now())
        close = queries.close_of(session, month)
        rows = queries.frozen_rows(close) if close else queries.rows_of(session, [month])
    work.check()
    work.progress(first, total, PRINTING)
    pdf = _keep(work, report_pdf(report))
    work.check()
    work.progress(first + 1, total, FILLING)
    xlsx = _keep(work, report_xlsx(report, rows))
    if report.closed:
        with work.store.writing(Author(None, Via.JOB)) as session:
            _remember(session, month, report, pdf, xlsx)
    work.progress(total, total)
    return {"month": str(month), "pdf": pdf, "xlsx": xlsx, "closed": report.closed}


def _keep(work: Work, content: bytes) -> str:
    return Files(work.settings.files).keep(BytesIO(content), most=MOST_BYTES).sha256


def _remember(session: Session, month: Month, report: Report, pdf: str, xlsx: str) -> None:
    close = queries.close_of(session, month)
    if close is None or close.revision != report.revision:
        raise Conflict("month_not_closed", month=month)
    close.pdf_sha256, close.xlsx_sha256 = pdf, xlsx


HANDLERS: Mapping[str, Callable[[Work], dict[str, Any] | None]] = {CLOSE: close_month, MAKE: make_files}


def write_report(
    session: Session, month: Month, setting: Setting, *, now: datetime
) -> tuple[Report, bytes, bytes]:
    """PDF and XLSX of a month at once, for the command line."""
    report = service.report(session, month, setting, now=now)
    close = queries.close_of(session, month)
    rows = queries.frozen_rows(close) if close else queries.rows_of(session, [month])
    return report, report_pdf(report), report_xlsx(report, rows)
