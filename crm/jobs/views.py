"""Doors of long work: what runs and ran, one job with its progress, the outbox."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias
from uuid import UUID

from flask import Response, flash, jsonify, request, url_for

from crm.core.problems import Forbidden, Missing, Problem, Problems
from crm.i18n import gettext as _
from crm.jobs import installation, outbox, queries, service
from crm.jobs.mail import is_set_up
from crm.jobs.messages import CANCELLED, STATE_KINDS, STATE_NAMES
from crm.jobs.models import State
from crm.jobs.queries import JobRow
from crm.jobs.told import told_again
from crm.web.access import Can, may
from crm.web.pages import Pages, see
from crm.web.rendering import page
from crm.web.site import clock, me, session, settings, site
from crm.web.words import words_for

pages = Pages("jobs", __name__, template_folder="templates")

ResultUrl: TypeAlias = Callable[[JobRow], str | None]
ResultFacts: TypeAlias = Callable[[JobRow], Sequence[tuple[str, str]]]

RESULTS = "jobs.results"
"""Socket: kind → callable(job) that gives the address of the page of its result, or None."""
FACTS = "jobs.facts"
"""Socket: kind → callable(job) that gives pairs (term, text) which tell the result of a job that is done."""
KINDS = "jobs.kinds"
"""Socket: kind → what people call work of this kind (a lazy text)."""
NEEDS = "jobs.needs"
"""Socket: kind → the permission that asking for this work takes; also for asking again."""
NAMES = "jobs.names"
"""Socket: callable(session, ids) → {account id: name}, for who asked."""


def _socket(name: str) -> Mapping[str, Any]:
    found: Mapping[str, Any] = site().sockets.get(name, {})
    return found


def _sees_all() -> bool:
    """Those who keep the organisation see everybody's jobs, and those that nobody asked for."""
    return may(me().role, Can.KEEP_ORGANISATION)


def _whose() -> UUID | None:
    return None if _sees_all() else me().account_id


def heading_of(row: JobRow) -> str:
    """What a job is called: its kind, and its own title where it has one."""
    kind, title = str(_socket(KINDS).get(row.kind, "")), _(row.title) if row.title else ""
    if kind and title:
        return _("%(kind)s:%(title)s", kind=kind, title=title)
    return kind or title or row.kind


def result_url(row: JobRow) -> str | None:
    """Where the result of a job is shown; None where there is no such page, or no result yet."""
    find: ResultUrl | None = _socket(RESULTS).get(row.kind)
    return find(row) if find is not None and row.state is State.DONE else None


def result_facts(row: JobRow) -> Sequence[tuple[str, str]]:
    """What a job that is done has to tell."""
    tell: ResultFacts | None = _socket(FACTS).get(row.kind)
    return tell(row) if tell is not None and row.state is State.DONE else ()


def housekeeping_facts(row: JobRow) -> list[tuple[str, str]]:
    """What the page of a day's housekeeping tells."""
    told = row.result or {}
    counts = {
        "jobs": _("使われなかった作業"),
        "files": _("消したファイル"),
        "drafts": _("書きかけのファイル"),
    }
    return [(label, _("%(count)s件", count=told.get(name, 0))) for name, label in counts.items()]


def reasons(row: JobRow) -> list[str]:
    """Why a job failed, in words."""
    if row.problem is None:
        return []
    problem = told_again(row.problem)
    several: Sequence[Problem] = problem.all if isinstance(problem, Problems) else (problem,)
    return [words_for(one) for one in several]


def progress_text(row: JobRow) -> str:
    """How far a job is, in one line."""
    if row.is_over or row.state is State.WAITING:
        return str(STATE_NAMES[row.state])
    if row.stop_asked:
        return _("中止しています。")
    step = _(row.step) if row.step else str(STATE_NAMES[row.state])
    return _("%(step)s(%(done)s/%(total)s)", step=step, done=row.done, total=row.total) if row.total else step


@pages.get("/jobs", access=Can.SEE_JOBS)
def index() -> Response:
    rows = queries.recent_jobs(session(), of=_whose(), before=_before(), most=queries.JOB_ROWS + 1)
    shown = rows[: queries.JOB_ROWS]
    more = url_for(".index", before=shown[-1].id) if len(rows) > len(shown) else None
    newest = url_for(".index") if "before" in request.args else None
    names = _names(shown)
    return page(
        "jobs/index.html",
        rows=[(row, heading_of(row), _asked_by(row, names)) for row in shown],
        state_names=STATE_NAMES,
        state_kinds=STATE_KINDS,
        sees_all=_sees_all(),
        outbox=queries.outbox_state(session()) if _sees_all() else None,
        previous_url=newest,
        next_url=more,
    )


def _before() -> UUID | None:
    try:
        return UUID(request.args["before"]) if "before" in request.args else None
    except ValueError as why:
        raise Missing("not_found") from why


def _names(rows: Sequence[JobRow]) -> Mapping[UUID, str]:
    ask = site().sockets.get(NAMES)
    wanted = {row.asked_by for row in rows if row.asked_by is not None}
    found: Mapping[UUID, str] = ask(session(), wanted) if ask is not None and wanted else {}
    return found


def _asked_by(row: JobRow, names: Mapping[UUID, str]) -> str:
    return _("自動") if row.asked_by is None else names.get(row.asked_by, "")


@pages.get("/jobs/<uuid:job_id>", access=Can.SEE_JOBS)
def show(job_id: UUID) -> Response:
    row = queries.job(session(), job_id, of=_whose())
    return page(
        "jobs/show.html",
        row=row,
        heading=heading_of(row),
        text=progress_text(row),
        asked_by=_asked_by(row, _names([row])),
        state_name=STATE_NAMES[row.state],
        result_url=result_url(row),
        result_facts=result_facts(row),
        reasons=reasons(row),
    )


@pages.get("/jobs/<uuid:job_id>/progress", access=Can.SEE_JOBS)
def progress(job_id: UUID) -> Response:
    row = queries.job(session(), job_id, of=_whose())
    state = "running" if not row.is_over else "done" if row.state is State.DONE else "failed"
    return jsonify(
        done=row.done, total=row.total or None, text=progress_text(row), state=state, next=result_url(row)
    )


@pages.post("/jobs/<uuid:job_id>/stop", access=Can.SEE_JOBS)
def stop(job_id: UUID) -> Response:
    queries.job(session(), job_id, of=_whose())
    service.ask_stop(session(), job_id, now=clock().now())
    flash(_("中止を頼みました。それまでに終わった分は残ります。"), "success")
    return see(url_for(".show", job_id=job_id))


@pages.post("/jobs/<uuid:job_id>/again", access=Can.SEE_JOBS)
def again(job_id: UUID) -> Response:
    row = queries.job(session(), job_id, of=_whose())
    if row.was_cleared:
        raise told_again(row.problem or {})
    needed: Can | None = _socket(NEEDS).get(row.kind)
    if needed is not None and not may(me().role, needed):
        raise Forbidden("not_allowed_any_more")
    service.ask_again(session(), job_id, asked_by=me().account_id, now=clock().now())
    flash(_("もう一度、はじめから行います。"), "success")
    return see(url_for(".show", job_id=job_id))


@pages.get("/jobs/outbox", access=Can.KEEP_ORGANISATION)
def outbox_page() -> Response:
    return page(
        "jobs/outbox.html",
        state=queries.outbox_state(session()),
        rows=queries.unsent_mails(session()),
        most=queries.MAIL_ROWS,
        cancelled=queries.cancelled_mails(session(), clock().now()),
        reasons=CANCELLED,
        set_up=is_set_up(settings()),
    )


@pages.post("/jobs/outbox/release", access=Can.KEEP_ORGANISATION)
def release_outbox() -> Response:
    installation.release_outbox(session())
    flash(_("送信を再開しました。待っているメールが順に送られます。"), "success")
    return see(url_for(".outbox_page"))


@pages.post("/jobs/outbox/<uuid:mail_id>/again", access=Can.KEEP_ORGANISATION)
def send_again(mail_id: UUID) -> Response:
    outbox.send_again(session(), mail_id, now=clock().now())
    flash(_("もう一度送ります。"), "success")
    return see(url_for(".outbox_page"))


@pages.post("/jobs/outbox/<uuid:mail_id>/drop", access=Can.KEEP_ORGANISATION)
def drop(mail_id: UUID) -> Response:
    outbox.drop(session(), mail_id, now=clock().now())
    flash(_("このメールは送らないことにしました。"), "success")
    return see(url_for(".outbox_page"))
