"""The report on paper: A4, from a report's own values only, so that a closed month always gives the same bytes."""

from crm.core.months import FiscalYear
from crm.i18n import gettext as _
from crm.paper import Cell, Col, Paper
from crm.reports.addresses import figure_address
from crm.reports.figures import Line, Section
from crm.reports.messages import SECTION_NAMES, SECTION_NOTES, line_name
from crm.reports.queries import Report

_LABEL_MM = 46.0


def report_pdf(report: Report) -> bytes:
    """The month's report as PDF. Raises Problem "glyph_missing" for a name the typeface cannot print."""
    paper = Paper(
        _("%(month)s 訪問活動報告書", month=report.month.wareki()),
        organisation=report.organisation,
        made_at=report.made_at,
        mark=_("見本データ") if report.sample else None,
    )
    paper.title(
        _("訪問活動報告書"),
        _("%(month)s(%(year)s)", month=report.month.wareki(), year=FiscalYear.of(report.month).wareki()),
    )
    paper.facts(_facts(report))
    for section in report.sections:
        with paper.together():
            _section(paper, report, section)
    return paper.bytes()


def _facts(report: Report) -> list[tuple[str, str]]:
    facts = [(_("報告先"), report.city), (_("報告者"), report.organisation)]
    if report.closed:
        facts.append((_("確定"), _("第%(n)s版 %(who)s", n=report.revision, who=report.closed_by)))
        facts.append((_("照合番号"), report.digest[:16]))
    else:
        facts.append((_("状態"), _("下書き(まだ確定していません)")))
    if report.note:
        facts.append((_("ひとこと"), report.note))
    return [(label, value) for label, value in facts if value]


def _section(paper: Paper, report: Report, section: Section) -> None:
    paper.heading(str(SECTION_NAMES[section.key]))
    last_year = any(line.last_year is not None for line in section.lines)
    groups = [_("この月"), _("年度の累計")] + ([_("前年の同じ月")] if last_year else [])
    columns = [Col("", _LABEL_MM)]
    for group in groups:
        columns += [Col(_("延べ"), None, "right", group), Col(_("実"), None, "right", group)]
    note = SECTION_NOTES.get(section.key)
    paper.table(
        columns,
        [_row(report, section, line, last_year=last_year) for line in section.lines],
        note=str(note) if note else None,
    )
    if section.key in {"territory", "way"} and any(line.month.total for line in section.lines):
        paper.bars(
            [(line_name(section.key, line), line.month.total) for line in section.lines],
            unit=_("件"),
            note=_("この月の延べ件数"),
        )


def _row(report: Report, section: Section, line: Line, *, last_year: bool) -> list[str | int | Cell | None]:
    cells: list[str | int | Cell | None] = [line_name(section.key, line)]
    spans = [("month", line.month), ("year", line.year)] + (
        [("last_year", line.last_year)] if last_year else []
    )
    for span, tally in spans:
        address = figure_address(report.base_url, report.month, section.key, line.key, span)
        numbers = (None, None) if tally is None else (tally.total, tally.distinct)
        cells += [Cell(number, address) if number else number for number in numbers]
    return cells
