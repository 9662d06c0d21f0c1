"""Doors of the report."""

from collections.abc import Sequence
from functools import partial
from uuid import UUID

from flask import Response, flash, jsonify, request, send_file, url_for
from wtforms import TextAreaField
from wtforms.validators import InputRequired, Length

from crm.core.ids import new_id
from crm.core.months import FiscalYear, Month
from crm.core.problems import Conflict, Missing, Problem
from crm.files import Files
from crm.i18n import gettext as _
from crm.i18n import lazy_gettext as _l
from crm.jobs import service as jobs
from crm.jobs.models import State
from crm.jobs.queries import JobRow
from crm.jobs.queries import job as job_row
from crm.jobs.views import progress_text, reasons
from crm.reports import queries, service
from crm.reports.figures import Counted, Line, Section
from crm.reports.jobs import CLOSE, MAKE
from crm.reports.messages import SECTION_NAMES, SECTION_NOTES, line_name
from crm.reports.service import Setting
from crm.visits.messages import MET_NAMES, SUPPORT_NAMES, WAY_NAMES
from crm.web.access import Can, may
from crm.web.charts import bar_chart
from crm.web.downloads import MEDIA_TYPES
from crm.web.forms import Form, month_or_missing, whole_number
from crm.web.pages import Pages, see
from crm.web.rendering import page
from crm.web.site import clock, me, session, settings, today
from crm.web.words import words_for

pages = Pages("reports", __name__, template_folder="templates")

PAGE_ROWS = 100
FORMATS = ("pdf", "xlsx")
"""Formats a report is made in."""


class ReopenForm(Form[str]):
    """Reopen a closed month, saying why."""

    why = TextAreaField(_l("開き直す理由"), [InputRequired(), Length(max=400)])

    def made(self) -> str:
        return self.why.data or ""


def setting() -> Setting:
    return Setting(settings().base_url, settings().sample_town)


@pages.get("/reports", access=Can.SEE_REPORTS)
def index() -> Response:
    now, this = Month.of(today()), FiscalYear.of(today())
    asked = request.args.get("year", "")
    year = FiscalYear(whole_number(asked) or 0) if 1989 <= (whole_number(asked) or 0) <= this.year else this
    first = queries.first_month(session())
    return page(
        "reports/index.html",
        year=year,
        rows=queries.months_of(session(), year, until=now),
        earlier=FiscalYear(year.year - 1) if first and first < Month.of(year.first) else None,
        later=FiscalYear(year.year + 1) if year < this else None,
    )


@pages.get("/reports/<month>", access=Can.SEE_REPORTS)
def month(month: str) -> Response:
    return _month(month_or_missing(month), ReopenForm(), 200)


def _month(wanted: Month, form: ReopenForm, status: int) -> Response:
    report = service.report(session(), wanted, setting(), now=clock().now())
    passed = not report.closed and queries.closed_after(session(), wanted) is not None
    return page(
        "reports/month.html",
        report=report,
        month=wanted,
        year=FiscalYear.of(wanted),
        charts={s.key: _chart(s) for s in report.sections if s.key in {"territory", "way", "support"}},
        names=SECTION_NAMES,
        notes=SECTION_NOTES,
        line_name=line_name,
        revisions=queries.revisions(session(), wanted),
        passed=passed,
        closable=not report.closed and not passed and today() > wanted.last,
        this=Month.of(today()),
        form=form,
        status=status,
    )


def _chart(section: Section) -> object:
    rows = [(line_name(section.key, line), float(line.month.total)) for line in section.lines]
    return bar_chart(str(SECTION_NAMES[section.key]), rows, unit=_("件"))


@pages.get("/reports/<month>/<section>/<line>", access=Can.SEE_REPORTS)
def figure(month: str, section: str, line: str) -> Response:
    wanted, span = month_or_missing(month), request.args.get("span", "month")
    start = max(whole_number(request.args.get("start", "")) or 0, 0)
    rows: Sequence[Counted] = service.contacts_behind(session(), wanted, section, line, span)
    here = partial(url_for, ".figure", month=wanted, section=section, line=line, span=span)
    return page(
        "reports/figure.html",
        month=wanted,
        span=span,
        title=line_name(section, _line(wanted, section, line)),
        section_name=SECTION_NAMES[section],
        rows=rows[start : start + PAGE_ROWS],
        total=len(rows),
        distinct=len({row.place_id for row in rows if row.place_id}),
        start=start,
        here=here(start=start or None),
        before=here(start=max(start - PAGE_ROWS, 0) or None) if start else None,
        after=here(start=start + PAGE_ROWS) if start + PAGE_ROWS < len(rows) else None,
        ways=WAY_NAMES,
        mets=MET_NAMES,
        supports=SUPPORT_NAMES,
    )


def _line(wanted: Month, section: str, line: str) -> Line:
    """A line of the month's report; Missing where it has no such line."""
    report = service.report(session(), wanted, setting(), now=clock().now())
    lines = next(one.lines for one in report.sections if one.key == section)
    found = next((one for one in lines if one.key == line), None)
    if found is None:
        raise Missing("not_found")
    return found


@pages.get("/reports/<month>/close", access=Can.CLOSE_MONTH)
def closing(month: str) -> Response:
    """What closing a month does, before it is done."""
    wanted = month_or_missing(month)
    return _closing(wanted, _why_not(wanted), 200)


def _why_not(wanted: Month) -> str:
    """Why a month cannot be closed at present, in words; empty where it can. Raises Conflict "month_closed"."""
    try:
        service.check_can_close(session(), wanted, today=today())
    except Conflict:
        raise
    except Problem as why:
        return words_for(why)
    return ""


def _closing(wanted: Month, why_not: str, status: int) -> Response:
    return page(
        "reports/closing.html",
        month=wanted,
        why_not=why_not,
        refused=status != 200,
        contacts=queries.contacts_now(session(), wanted),
        unanswered=queries.unanswered_calls(session(), wanted),
        passing=queries.never_closed_before(session(), wanted),
        addressed=service.is_addressed(session()),
        status=status,
    )


@pages.post("/reports/<month>/close", access=Can.CLOSE_MONTH)
def close(month: str) -> Response:
    wanted = month_or_missing(month)
    if why_not := _why_not(wanted):
        return _closing(wanted, why_not, 422)
    revision = len(queries.revisions(session(), wanted)) + 1
    return _ask(CLOSE, wanted, f"{wanted}/{revision}", _("%(month)sの確定", month=wanted.wareki()), revision)


@pages.post("/reports/<month>/make", access=Can.SEE_REPORTS)
def make(month: str) -> Response:
    """Make PDF and XLSX as they are at this moment."""
    wanted = month_or_missing(month)
    return _ask(MAKE, wanted, str(new_id()), _("%(month)sの報告書(PDF・Excel)", month=wanted.wareki()))


def _ask(kind: str, wanted: Month, slot: str, title: str, revision: int = 0) -> Response:
    arguments, by, now = {"month": str(wanted), "revision": revision}, me().account_id, clock().now()
    job = jobs.ask(session(), kind, slot=slot, title=title, arguments=arguments, asked_by=by, now=now)
    if job.state in {State.FAILED, State.STOPPED}:
        jobs.ask_again(session(), job.id, asked_by=by, now=now, arguments=arguments)
    return see(url_for(".making", month=str(wanted), job_id=job.id))


@pages.post("/reports/<month>/reopen", access=Can.CLOSE_MONTH)
def reopen(month: str) -> Response:
    wanted = month_or_missing(month)
    form = ReopenForm(request.form)
    if form.accepts(
        lambda why: service.reopen(session(), wanted, why, by=me().account_id, now=clock().now())
    ):
        flash(
            _("%(month)sを開き直しました。直し終えたら、もう一度確定してください。", month=wanted.wareki()),
            "success",
        )
        return see(url_for(".month", month=str(wanted)))
    return _month(wanted, form, 422)


@pages.get("/reports/<month>/files/<kind>", access=Can.SEE_REPORTS)
def file(month: str, kind: str) -> Response:
    """The file of a closed month."""
    wanted = month_or_missing(month)
    known = queries.close_of(session(), wanted)
    sha256 = {"pdf": known.pdf_sha256, "xlsx": known.xlsx_sha256}.get(kind) if known else None
    if sha256 is None:
        raise Missing("paper_not_made")
    return _send(sha256, wanted, kind)


def _send(sha256: str, wanted: Month, kind: str) -> Response:
    return send_file(
        Files(settings().files).path(sha256),
        mimetype=MEDIA_TYPES[kind],
        as_attachment=True,
        download_name=_("訪問活動報告書_%(month)s.%(kind)s", month=str(wanted), kind=kind),
    )


@pages.get("/reports/<month>/making/<uuid:job_id>", access=Can.SEE_REPORTS)
def making(month: str, job_id: UUID) -> Response:
    """How far the closing or the making of files is, and the files when they are there."""
    wanted = month_or_missing(month)
    job = _job(wanted, job_id)
    return page("reports/making.html", month=wanted, job=job, text=progress_text(job), reasons=reasons(job))


def _job(wanted: Month, job_id: UUID) -> JobRow:
    """A job of this month's report; readers follow the ones they asked for."""
    job = job_row(session(), job_id, of=None if may(me().role, Can.SEE_JOBS) else me().account_id)
    if job.kind not in {CLOSE, MAKE} or job.arguments.get("month") != str(wanted):
        raise Missing("not_found")
    return job


@pages.get("/reports/<month>/making/<uuid:job_id>/progress", access=Can.SEE_REPORTS)
def making_progress(month: str, job_id: UUID) -> Response:
    job = _job(month_or_missing(month), job_id)
    return jsonify(
        done=job.done, total=job.total or None, text=progress_text(job), state=_told(job), next=None
    )


def _told(job: JobRow) -> str:
    return "running" if not job.is_over else "done" if job.state is State.DONE else "failed"


@pages.get("/reports/<month>/making/<uuid:job_id>/<kind>", access=Can.SEE_REPORTS)
def made_file(month: str, job_id: UUID, kind: str) -> Response:
    wanted = month_or_missing(month)
    result = _job(wanted, job_id).result
    if kind not in FORMATS or not result:
        raise Missing("paper_not_made")
    return _send(result[kind], wanted, kind)
