"""Imports as long work: the preview, and taking in what somebody has looked at. Both may run again from their start."""

from collections.abc import Callable, Mapping
from dataclasses import asdict
from datetime import date
from typing import Any
from uuid import UUID

from flask import url_for
from sqlmodel import Session, select

from crm.i18n import lazy_gettext as _l
from crm.jobs.models import Job
from crm.jobs.queries import JobRow
from crm.jobs.running import Handler, Work
from crm.sheets.reading import Table, read_table
from crm.territory.imports import apply as taking
from crm.territory.imports.apply import Options
from crm.territory.imports.kinds import COLUMNS, ImportKind
from crm.territory.imports.limits import limits_of
from crm.territory.imports.preview import written

PREVIEW, APPLY = "import.preview", "import.apply"

READING = "ファイルを読んでいます"
COMPARING = "登録されている訪問先と比べています"
WRITING = "登録しています"


def arguments(sha256: str, options: Options, *, name: str, sheet: str | None) -> dict[str, Any]:
    """What a preview is asked for with: the stored file, its own name, and what was chosen."""
    return {
        "file": sha256,
        "name": name,
        "sheet": sheet,
        "kind": options.kind.value,
        "day": options.day.isoformat(),
        "create_territories": options.create_territories,
    }


def options_of(asked: Mapping[str, Any]) -> Options:
    """What was chosen."""
    return Options(
        ImportKind(asked["kind"]), date.fromisoformat(asked["day"]), bool(asked["create_territories"])
    )


def _table(work: Work) -> Table:
    work.progress(0, 0, READING)
    path = work.files.path(work.arguments["file"])
    columns = COLUMNS[ImportKind(work.arguments["kind"])]
    table = read_table(path, columns, limits=limits_of(work.settings), sheet=work.arguments["sheet"] or None)
    work.check()
    return table


def preview(work: Work) -> Mapping[str, Any]:
    """Compare a file with what is known, and keep the outcome in a file of its own."""
    table = _table(work)

    def told(done: int, total: int) -> None:
        work.progress(done, total, COMPARING)

    options = options_of(work.arguments)
    prepared = taking.preview(work.store, table, options, told=told)
    with written(prepared.rows) as rows:
        kept = work.files.keep(rows, most=2**40)
    return {
        **asdict(prepared.summary),
        "rows": kept.sha256,
        "columns": [column.label for column in COLUMNS[options.kind] if column.key in table.rows[0].values],
        "sheet": table.sheet,
        "encoding": table.encoding,
        "ignored": list(table.ignored_columns),
    }


def apply(work: Work) -> Mapping[str, Any]:
    """Take in what a preview has shown. Run again after it was through, it finds everything known."""
    table = _table(work)

    def told(done: int, total: int) -> None:
        work.progress(done, total, COMPARING if done < total else WRITING)

    outcome = taking.apply(
        work.store,
        table,
        options_of(work.arguments),
        work.author,
        agreed=work.arguments["digest"],
        told=told,
        check=work.check,
    )
    return {
        **asdict(outcome.summary),
        "done_before": outcome.done_before,
        "locked_seconds": round(outcome.locked_seconds, 2),
    }


def applied_as(session: Session, preview_id: UUID) -> UUID | None:
    """The job that takes in what a preview shows; None where nobody has asked for it."""
    wanted = select(Job.id).where(Job.kind == APPLY, Job.slot == str(preview_id))
    return session.exec(wanted).first()


HANDLERS: Mapping[str, Handler] = {PREVIEW: preview, APPLY: apply}

NAMES = {PREVIEW: _l("取り込みの確認"), APPLY: _l("取り込み")}
"""What people call this work."""


def _shown(job: JobRow) -> str:
    return url_for("imports.preview", job_id=job.id)


def _done(job: JobRow) -> str:
    return url_for("imports.done", job_id=job.id)


RESULT_PAGES: Mapping[str, Callable[[JobRow], str | None]] = {PREVIEW: _shown, APPLY: _done}
