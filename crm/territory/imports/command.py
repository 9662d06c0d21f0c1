"""Imports from the command line: the preview as text, then all rows or none."""

from collections.abc import Callable
from datetime import date
from pathlib import Path

from crm.config import Settings
from crm.core.problems import Problem, Problems
from crm.core.wareki import wareki
from crm.db.store import Store
from crm.db.tracked import Author, Via
from crm.i18n import gettext as _
from crm.sheets.reading import Table, read_table
from crm.territory.imports import apply as taking
from crm.territory.imports.apply import Options
from crm.territory.imports.kinds import COLUMNS, ImportKind
from crm.territory.imports.limits import limits_of
from crm.territory.imports.preview import RowPreview, Summary, Verdict
from crm.territory.imports.telling import COUNT_NAMES, change_in_words, problem_in_words
from crm.web.words import words_for

DONE, REFUSED, UNREADABLE = 0, 1, 2
"""Exit codes: taken in (or nothing to do), rows with errors or changed meanwhile, a file that cannot be read."""

SHOWN, SHOWN_ERRORS = 20, 100
"""Rows of each verdict that the command prints."""

Out = Callable[[str], None]


def run_import(
    store: Store,
    settings: Settings,
    kind: str,
    path: Path,
    *,
    day: date,
    dry_run: bool,
    create_territories: bool,
    out: Out,
    sheet: str | None = None,
) -> int:
    """Show what a file would do and, unless it is a dry run, take it in. Gives the exit code.

    Wants an application context, for words.
    """
    options = Options(ImportKind(kind), day, create_territories)
    try:
        table = read_table(path, COLUMNS[options.kind], limits=limits_of(settings), sheet=sheet)
        prepared = taking.preview(store, table, options)
    except Problem as problem:
        _refuse(problem, out)
        return UNREADABLE
    _tell(prepared.rows, prepared.summary, options, table, out)
    if prepared.summary.errors:
        if any(problem.code == "territory_unknown" for row in prepared.rows for problem in row.problems):
            out(_("ない地域をいっしょに作るには、--create-territories を付けます。"))
        out(_("エラーの行があるので、何も取り込みませんでした。"))
        return REFUSED
    if dry_run:
        out(_("試しに確かめただけで、何も変えていません。"))
        return DONE
    try:
        outcome = taking.apply(
            store, table, options, Author(None, Via.COMMAND), agreed=prepared.summary.digest
        )
    except Problem as problem:
        _refuse(problem, out)
        return REFUSED
    if outcome.summary.changes_nothing:
        out(_("ファイルの内容は、すべて登録されています。何も変えていません。"))
    else:
        out(_("取り込みました。"))
    return DONE


def _refuse(problem: Problem, out: Out) -> None:
    for one in problem.all if isinstance(problem, Problems) else (problem,):
        out(words_for(one))


def _tell(rows: tuple[RowPreview, ...], summary: Summary, options: Options, table: Table, out: Out) -> None:
    out(_("適用日:%(day)s", day=wareki(options.day)))
    for verdict, name in COUNT_NAMES.items():
        out(_("%(name)s:%(n)s件", name=name, n=summary.counts[verdict]))
    if summary.territories:
        names = "、".join(f"{code} {name}" for code, name in summary.territories)
        out(_("新しく作る地域:%(names)s", names=names))
    if summary.blanked:
        out(_("空欄になる項目:%(n)s件", n=summary.blanked))
    out(_("ファイルにない訪問先%(n)s件は、そのままにします。", n=summary.left))
    if table.ignored_columns:
        names = "、".join(table.ignored_columns)
        out(_("読まなかった列:%(names)s。ここに書いてあることは登録しません。", names=names))
    for verdict in (Verdict.ERROR, Verdict.CHANGED, Verdict.NEW):
        shown = [row for row in rows if row.verdict is verdict]
        most = SHOWN_ERRORS if verdict is Verdict.ERROR else SHOWN
        for row in shown[:most]:
            out(_row_in_words(row, options.kind))
        if len(shown) > most:
            out(_("(%(name)s、ほかに%(n)s件)", name=COUNT_NAMES[verdict], n=len(shown) - most))


def _row_in_words(row: RowPreview, kind: ImportKind) -> str:
    told = [problem_in_words(one, kind) for one in row.problems] + [
        change_in_words(one) for one in row.changes
    ]
    head = _("%(row)s行目 %(name)s %(title)s", row=row.number, name=COUNT_NAMES[row.verdict], title=row.title)
    return head + "".join(f"\n    {one}" for one in told)
