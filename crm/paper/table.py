"""Tables: columns that fit the page, heads that come again on every page, cells that wrap."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate, groupby
from typing import NamedTuple
from urllib.parse import quote, urlsplit

from crm.paper import fonts
from crm.paper.look import CELL, CELL_STRONG, GREY_50, GREY_300, GREY_900, LINE, MM, SMALL, Style
from crm.paper.rows import Align, Box, Piece, Row, Rule, Stack, lines_of

PAD = 5.0
"""Free space left and right of a cell's text, in points."""

_PAD_ABOVE = 2.5
_PAD_BELOW = 3.0
_LEAST_COLUMN = 3 * CELL.size + 2 * PAD
"""A column narrower than three characters reads as a column of letters."""


@dataclass(frozen=True, slots=True)
class Col:
    """A column: `width_mm` None takes its part of what the others leave over.

    Neighbours with the same `group` stand under one common heading. Figures belong to the right.
    """

    label: str
    width_mm: float | None = None
    align: Align = "left"
    group: str | None = None


@dataclass(frozen=True, slots=True)
class Cell:
    """A text that opens an address (http, https, mailto or tel) when clicked, or is printed bold."""

    text: str | int
    url: str | None = None
    strong: bool = False


Value = str | int | Cell | None
"""What stands in a cell: whole numbers are written 1,234; None leaves it empty."""


class Printed(NamedTuple):
    """A value as it will stand on paper."""

    text: str
    style: Style
    url: str | None


def printed(value: Value, style: Style, strong_style: Style) -> Printed:
    """Make a value ready for paper.

    Raises Problem "glyph_missing"; ValueError for an address not of the web, of mail or of a telephone.
    """
    cell = value if isinstance(value, Cell) else Cell("" if value is None else value)
    text = f"{cell.text:,}" if isinstance(cell.text, int) else cell.text
    url = cell.url and _safe_url(cell.url)
    return Printed(fonts.printable(text), strong_style if cell.strong else style, url)


def _safe_url(url: str) -> str:
    if urlsplit(url).scheme not in {"http", "https", "mailto", "tel"}:
        raise ValueError("a link on paper leads to the web, to mail or to a telephone")
    return quote(url, safe=":/?#[]@!$&'()*+,;=%~-._")  # addresses in a PDF are ASCII


def table(
    columns: Sequence[Col],
    rows: Sequence[Sequence[Value]],
    *,
    width: float,
    total_row: bool,
    note: str | None,
) -> Stack:
    """Build a table as wide as `width` points, or narrower if every column has a width of its own.

    With `total_row` the last row is the total: bold, between stronger lines, never alone on a page. The note
    stands under the table. Raises ValueError if a row has not one value a column, or the columns are wider
    than the page.
    """
    if not columns or any(len(row) != len(columns) for row in rows):
        raise ValueError("a table has columns, and every row one value a column")
    total = len(rows) - 1 if total_row else -1
    cells = [
        [printed(value, CELL_STRONG if number == total else CELL, CELL_STRONG) for value in row]
        for number, row in enumerate(rows)
    ]
    columns = [_printable(column) for column in columns]
    widths = _column_widths(columns, cells, width)
    body = [_body_row(columns, widths, row, is_total=number == total) for number, row in enumerate(cells)]
    if note:
        body += note_rows(note, width)
    last = (2 if total_row else 1) + (1 if note else 0)
    return Stack(body, before=12, head=_head_row(columns, widths), first=2, last=last)


def note_rows(note: str, width: float) -> list[Row]:
    """Give a remark under a table or a chart as rows."""
    piece = Piece(lines_of(fonts.printable(note), SMALL, width), SMALL, 0, width, top=4)
    return [Row(width, piece.height, (piece,))]


def _printable(column: Col) -> Col:
    group = column.group and fonts.printable(column.group)
    return Col(fonts.printable(column.label), column.width_mm, column.align, group)


def _column_widths(
    columns: Sequence[Col], cells: Sequence[Sequence[Printed]], width: float
) -> Sequence[float]:
    """Share out the width: fixed columns first, then what the others would need on one line.

    Where that is too much, narrow columns get what they need and the others share the rest by the square root
    of what they would need: wrapping falls to the long texts, and rows come out about equally high. Where
    space is left over it is spread in proportion.
    """
    fixed = {
        index: column.width_mm * MM for index, column in enumerate(columns) if column.width_mm is not None
    }
    wanted = {
        index: _wanted_width(column, [row[index] for row in cells])
        for index, column in enumerate(columns)
        if index not in fixed
    }
    rest = width - sum(fixed.values())
    if rest < len(wanted) * _LEAST_COLUMN - 0.1:
        raise ValueError("the columns of this table are wider than the page")
    given = fixed | _share(wanted, rest)
    return [given[index] for index in range(len(columns))]


def _wanted_width(column: Col, cells: Sequence[Printed]) -> float:
    widest = max((cell.style.width_of(line) for cell in cells for line in cell.text.split("\n")), default=0.0)
    return max(CELL_STRONG.width_of(column.label) + 2 * PAD, widest + 2 * PAD, _LEAST_COLUMN)


def _share(wanted: dict[int, float], rest: float) -> dict[int, float]:
    whole = sum(wanted.values())
    if whole <= rest:
        return {index: need * rest / whole for index, need in wanted.items()}
    shared: dict[int, float] = {}
    weights = {index: math.sqrt(need) for index, need in wanted.items()}
    for index in sorted(wanted, key=lambda index: (wanted[index], index)):
        fair = rest * weights[index] / sum(weights[other] for other in wanted if other not in shared)
        shared[index] = min(wanted[index], max(fair, _LEAST_COLUMN))
        rest -= shared[index]
    return shared


def _body_row(
    columns: Sequence[Col], widths: Sequence[float], cells: Sequence[Printed], *, is_total: bool
) -> Row:
    pieces: list[Piece] = []
    left = 0.0
    for column, width, cell in zip(columns, widths, cells, strict=True):
        inner = width - 2 * PAD
        lines = lines_of(cell.text, cell.style, inner)
        pieces.append(Piece(lines, cell.style, left + PAD, inner, _PAD_ABOVE, column.align, cell.url))
        left += width
    height = max(_PAD_ABOVE + CELL.leading, *(piece.height for piece in pieces)) + _PAD_BELOW
    strong = Rule(GREY_900, LINE)
    return Row(
        left,
        height,
        tuple(pieces),
        rule_above=strong if is_total else None,
        rule_below=strong if is_total else Rule(GREY_300),
        padding=_PAD_BELOW,
    )


def _head_row(columns: Sequence[Col], widths: Sequence[float]) -> Row:
    """Give the head: group headings above the columns they cover, labels at the lower edge."""
    groups = _group_headings(columns, widths)
    underlines = [Box(piece.left, piece.height + 1.5, piece.width, 0, stroke=GREY_300) for piece in groups]
    above = max((line.top for line in underlines), default=0.0) + _PAD_ABOVE
    labels = [
        lines_of(column.label, CELL_STRONG, width - 2 * PAD)
        for column, width in zip(columns, widths, strict=True)
    ]
    most = max(len(lines) for lines in labels)
    pieces: list[Piece] = []
    left = 0.0
    for column, width, lines in zip(columns, widths, labels, strict=True):
        top = above + (most - len(lines)) * CELL_STRONG.leading
        pieces.append(Piece(lines, CELL_STRONG, left + PAD, width - 2 * PAD, top, column.align))
        left += width
    height = above + most * CELL_STRONG.leading + _PAD_BELOW
    ground = Box(0, 0, left, height, fill=GREY_50)
    return Row(left, height, (*groups, *pieces), (ground, *underlines), rule_below=Rule(GREY_900, LINE))


def _group_headings(columns: Sequence[Col], widths: Sequence[float]) -> list[Piece]:
    lefts = list(accumulate(widths, initial=0.0))
    headings: list[Piece] = []
    for name, members in groupby(range(len(columns)), key=lambda index: columns[index].group):
        covered = list(members)
        left = lefts[covered[0]] + PAD
        inner = lefts[covered[-1] + 1] - left - PAD
        if name:
            lines = lines_of(name, CELL_STRONG, inner)
            headings.append(Piece(lines, CELL_STRONG, left, inner, _PAD_ABOVE, "center"))
    return headings
