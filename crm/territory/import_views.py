"""Doors of imports: hand in a file, look at what it would do, let it be done."""

from pathlib import PurePath
from typing import Any, BinaryIO, cast
from uuid import UUID

from flask import Response, request, url_for
from werkzeug.datastructures import CombinedMultiDict
from werkzeug.exceptions import RequestEntityTooLarge

from crm.core.ids import new_id
from crm.core.problems import Missing, TooLarge
from crm.files import Files
from crm.jobs import queries as jobs
from crm.jobs import service as asking
from crm.jobs.models import State
from crm.jobs.queries import JobRow
from crm.territory.forms import HandedIn, ImportForm
from crm.territory.import_jobs import APPLY, PREVIEW, applied_as, arguments, options_of
from crm.territory.imports.kinds import COLUMNS, ImportKind
from crm.territory.imports.preview import PIECE, Verdict, page_of
from crm.territory.imports.telling import COUNT_NAMES, KIND_WORDS, change_in_words, problem_in_words
from crm.territory.queries import usual_day
from crm.territory.views.door import tabs
from crm.web.access import Can
from crm.web.errors import status_of
from crm.web.pages import Pages, see
from crm.web.rendering import page
from crm.web.site import author, clock, me, session, settings, store, today, unit_of_work

pages = Pages("imports", "crm.territory", template_folder="templates")

SHOWN_FIRST = (Verdict.ERROR, Verdict.CHANGED, Verdict.NEW, Verdict.UNCHANGED)
MIB = 1024 * 1024


@pages.get("/imports", access=Can.KEEP_PLACES)
def new() -> Response:
    """Hand in a file."""
    return _new_page(ImportForm(data={"on": usual_day(session(), today())}), 200)


def _new_page(form: ImportForm, status: int) -> Response:
    columns = [
        (KIND_WORDS[kind], [(column.label, column.synonyms, column.required) for column in COLUMNS[kind]])
        for kind in ImportKind
    ]
    return page(
        "territory/import_new.html",
        form=form,
        tabs=tabs("imports.new"),
        columns=columns,
        most_mb=settings().upload_bytes // MIB,
        status=status,
    )


@pages.post("/imports", access=Can.KEEP_PLACES, own_transaction=True)
def hand_in() -> Response:
    """Keep the file and ask for its preview. The file is kept outside of every transaction."""
    try:
        form = ImportForm(CombinedMultiDict((request.files, request.form)))
    except RequestEntityTooLarge:
        form = ImportForm(data={"on": today()})
        form.refuse(TooLarge("upload_too_large", field="file", most_mb=settings().upload_bytes // MIB))
        return _refused(form, 413)
    asked: list[UUID] = []
    status = 422

    def ask(handed_in: HandedIn) -> None:
        nonlocal status
        try:
            asked.append(_ask_preview(handed_in))
        except TooLarge as problem:
            status = status_of(problem)
            raise

    if form.accepts(ask):
        return see(url_for("jobs.show", job_id=asked[0]))
    return _refused(form, status)


def _refused(form: ImportForm, status: int) -> Response:
    with unit_of_work(writes=False):
        return _new_page(form, status)


def _ask_preview(handed_in: HandedIn) -> UUID:
    file = handed_in.file
    kept = Files(settings().files).keep(cast(BinaryIO, file.stream), most=settings().upload_bytes)
    name = PurePath((file.filename or "").replace("\\", "/")).name[:120]
    with store().writing(author()) as writing:
        job = asking.ask(
            writing,
            PREVIEW,
            slot=str(new_id()),
            title=name,
            arguments=arguments(kept.sha256, handed_in.options, name=name, sheet=handed_in.sheet),
            asked_by=me().account_id,
            now=clock().now(),
        )
        return job.id


def _job(job_id: UUID, kind: str) -> JobRow:
    job = jobs.job(session(), job_id)
    if job.kind != kind:
        raise Missing("not_found")
    return job


@pages.get("/imports/<uuid:job_id>", access=Can.KEEP_PLACES)
def preview(job_id: UUID) -> Response:
    """What a file would do, row by row; those with errors first."""
    job = _job(job_id, PREVIEW)
    if job.state is not State.DONE or job.result is None:
        return see(url_for("jobs.show", job_id=job_id))
    result, options = job.result, options_of(job.arguments)
    verdict, number = _verdict(result), max(request.args.get("page", 1, type=int), 1)
    rows = page_of(Files(settings().files).path(result["rows"]), verdict, number)
    count = result["counts"][verdict]
    return page(
        "territory/import_preview.html",
        job=job,
        result=result,
        options=options,
        kind=KIND_WORDS[options.kind],
        tabs=_verdict_tabs(job, verdict),
        verdict=verdict,
        verdicts=COUNT_NAMES,
        rows=[_in_words(row, options.kind) for row in rows],
        applied=applied_as(session(), job_id),
        changes_nothing=not (result["counts"]["new"] or result["counts"]["changed"] or result["territories"]),
        first=(number - 1) * PIECE + 1,
        last=(number - 1) * PIECE + len(rows),
        count=count,
        previous_url=url_for(".preview", job_id=job_id, show=verdict.value, page=number - 1)
        if number > 1
        else None,
        next_url=url_for(".preview", job_id=job_id, show=verdict.value, page=number + 1)
        if number * PIECE < count
        else None,
    )


def _verdict(result: Any) -> Verdict:
    asked = request.args.get("show", "")
    if asked in set(Verdict):
        return Verdict(asked)
    return next((one for one in SHOWN_FIRST if result["counts"][one]), Verdict.UNCHANGED)


def _verdict_tabs(job: JobRow, current: Verdict) -> list[dict[str, Any]]:
    counts = job.result["counts"] if job.result else {}
    return [
        {
            "label": COUNT_NAMES[one],
            "url": url_for(".preview", job_id=job.id, show=one.value),
            "current": one is current,
            "count": counts[one],
        }
        for one in SHOWN_FIRST
    ]


def _in_words(row: Any, kind: ImportKind) -> tuple[int, str, list[str]]:
    """Number, what the row is about, and what there is to tell of it."""
    told = [problem_in_words(one, kind) for one in row.problems] + [
        change_in_words(one) for one in row.changes
    ]
    return row.number, row.title, told


@pages.post("/imports/<uuid:job_id>/apply", access=Can.KEEP_PLACES)
def apply(job_id: UUID) -> Response:
    """Let be done what a preview shows; asked twice, it is done once."""
    job = _job(job_id, PREVIEW)
    if job.state is not State.DONE or job.result is None or job.result["counts"][Verdict.ERROR]:
        return see(url_for(".preview", job_id=job_id))
    asked = asking.ask(
        session(),
        APPLY,
        slot=str(job_id),
        title=job.title,
        arguments={**job.arguments, "digest": job.result["digest"]},
        asked_by=me().account_id,
        now=clock().now(),
    )
    return see(url_for("jobs.show", job_id=asked.id))


@pages.get("/imports/<uuid:job_id>/done", access=Can.KEEP_PLACES)
def done(job_id: UUID) -> Response:
    """What an import has done."""
    job = _job(job_id, APPLY)
    if job.state is not State.DONE or job.result is None:
        return see(url_for("jobs.show", job_id=job_id))
    options = options_of(job.arguments)
    return page(
        "territory/import_done.html",
        job=job,
        result=job.result,
        options=options,
        kind=KIND_WORDS[options.kind],
        verdicts=COUNT_NAMES,
    )
