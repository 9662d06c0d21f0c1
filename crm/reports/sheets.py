"""The report as an Excel file: figures with their links, and every contact of the month on a second sheet."""

from collections.abc import Sequence
from io import BytesIO

from crm.i18n import gettext as _
from crm.reports.addresses import figure_address
from crm.reports.figures import Counted, Line, Section
from crm.reports.messages import SECTION_NAMES, line_name
from crm.reports.queries import Report
from crm.sheets.writing import Cell, ColumnOut, Link, SheetOut, write_xlsx
from crm.territory.messages import KIND_NAMES
from crm.visits.messages import MET_NAMES, SUPPORT_NAMES, WAY_NAMES

_NUMBER_WIDTH = 18.0
"""In half-width characters, as all widths here: room for the longest head and the button that filters it.

Both sheets come out wider than an upright A4, so that both are printed lying, each as wide as the page.
"""


def report_xlsx(report: Report, rows: Sequence[Counted]) -> bytes:
    """The month's report as XLSX; the same report gives the same bytes."""
    out = BytesIO()
    write_xlsx(out, [_figures(report), _contacts(report, rows)], created=report.made_at)
    return out.getvalue()


def _figures(report: Report) -> SheetOut:
    spans = {"month": _("この月"), "year": _("年度累計"), "last_year": _("前年同月")}
    if all(line.last_year is None for section in report.sections for line in section.lines):
        del spans["last_year"]  # there is no year to compare with
    numbers = [
        ColumnOut(f"{name} {word}", "number", _NUMBER_WIDTH)
        for name in spans.values()
        for word in (_("延べ"), _("実"))
    ]
    state = (
        _("確定 第%(n)s版 照合番号 %(digest)s", n=report.revision, digest=report.digest[:16])
        if report.closed
        else _("下書き(まだ確定していません)")
    )
    return SheetOut(
        name=_("集計"),
        columns=[ColumnOut(_("表"), "text", 18), ColumnOut(_("項目"), "text", 30), *numbers],
        rows=[
            _line(report, section, line, list(spans)) for section in report.sections for line in section.lines
        ],
        title=_(
            "%(month)s 訪問活動報告書 %(organisation)s",
            month=report.month.wareki(),
            organisation=report.organisation,
        ),
        notes=[note for note in (state, _("見本データ") if report.sample else "", report.note) if note],
    )


def _line(report: Report, section: Section, line: Line, spans: Sequence[str]) -> list[Cell]:
    cells: list[Cell] = [str(SECTION_NAMES[section.key]), line_name(section.key, line)]
    tallies = {"month": line.month, "year": line.year, "last_year": line.last_year}
    for span in spans:
        tally = tallies[span]
        if tally is None:
            cells += ["", ""]
            continue
        address = figure_address(report.base_url, report.month, section.key, line.key, span)
        cells += [Link(number, address) if number else 0 for number in (tally.total, tally.distinct)]
    return cells


def _contacts(report: Report, rows: Sequence[Counted]) -> SheetOut:
    return SheetOut(
        name=_("対応一覧"),
        columns=[
            ColumnOut(_("日付"), "date", 12),
            ColumnOut(_("地域"), "text", 10),
            ColumnOut(_("訪問先"), "text", 24),
            ColumnOut(_("種別"), "text", 19),
            ColumnOut(_("方法"), "text", 20),
            ColumnOut(_("会えたか"), "text", 12),
            ColumnOut(_("支援"), "text", 28),
            ColumnOut(_("職員"), "text", 20),
            ColumnOut(_("参加人数"), "number", 12),
        ],
        rows=[
            [
                row.on,
                row.territory,
                row.place,
                str(KIND_NAMES[row.kind]) if row.kind else "",
                str(WAY_NAMES[row.way]),
                str(MET_NAMES[row.met]),
                "・".join(str(SUPPORT_NAMES[one]) for one in row.supports),
                row.worker,
                row.attendance if row.attendance is not None else "",
            ]
            for row in rows
        ],
        title=_("%(month)s の対応一覧", month=report.month.wareki()),
        notes=[],
    )
