"""A preview in words: labels of columns, changes, problems."""

from crm.core.problems import Problem
from crm.i18n import gettext as _
from crm.i18n import lazy_gettext as _l
from crm.territory.imports.kinds import COLUMNS, ImportKind
from crm.territory.imports.preview import CellChange, Verdict
from crm.territory.messages import FACT_NAMES
from crm.web.words import words_for

KIND_WORDS = {
    ImportKind.DISTRICTS: _l("行政区"),
    ImportKind.FACILITIES: _l("施設(市民センター・支所など)"),
    ImportKind.PLACES: _l("大字・小字"),
}

SHEET_NAMES = {
    ImportKind.DISTRICTS: _l("行政区"),
    ImportKind.FACILITIES: _l("施設"),
    ImportKind.PLACES: _l("大字・小字"),
}
"""What a file or a sheet of a workbook is called."""

COUNT_NAMES = {
    Verdict.ERROR: _l("エラー"),
    Verdict.CHANGED: _l("変更"),
    Verdict.NEW: _l("新規"),
    Verdict.UNCHANGED: _l("変更なし"),
}


def change_in_words(change: CellChange) -> str:
    """One column that changes: 人口:300 → 287."""
    blank = _("空欄")
    return _(
        "%(label)s:%(before)s → %(after)s",
        label=FACT_NAMES[change.column],
        before=change.before or blank,
        after=change.after or blank,
    )


def problem_in_words(problem: Problem, kind: ImportKind) -> str:
    """Why a row cannot be taken in, with the column it is about."""
    label = next((column.label for column in COLUMNS[kind] if column.key == problem.field), None)
    text = words_for(problem)
    return _("%(label)s:%(text)s", label=label, text=text) if label else text
