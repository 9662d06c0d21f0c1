"""What every paper is made of: rows that hold pieces of text and boxes, stacked and split over pages."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import groupby
from typing import Literal

from reportlab.lib.colors import Color, HexColor
from reportlab.pdfgen.canvas import Canvas
from reportlab.pdfgen.textobject import PDFTextObject
from reportlab.platypus import Flowable, Frame

from crm.paper.breaking import break_lines
from crm.paper.look import GREY_536, HAIRLINE, Style

Align = Literal["left", "center", "right"]

_FIGURES = re.compile(r"[-+0-9,.%()/: ]*1[-+0-9,.%()/: ]*")
_TOLERANCE = 0.01
"""Points by which a line may pass its width: what adding up widths in floating point loses."""


@lru_cache(maxsize=32)
def _colour(hexadecimal: str) -> Color:
    return HexColor(hexadecimal)


def lines_of(text: str, style: Style, width: float) -> tuple[str, ...]:
    """Break a printable text into the lines that stand within `width`, without the spaces at their ends."""
    return tuple(line.rstrip() for line in break_lines(text, style.width_of, width + _TOLERANCE))


@dataclass(frozen=True, slots=True)
class Piece:
    """Lines of text at one place of a row, `left` from the row's left edge and `top` from its upper one."""

    lines: tuple[str, ...]
    style: Style
    left: float
    width: float
    top: float = 0
    align: Align = "left"
    url: str | None = None

    @property
    def height(self) -> float:
        """How much of the row the piece needs, from the row's upper edge."""
        return self.top + len(self.lines) * self.style.leading

    def draw(self, canvas: Canvas, left: float, above: float) -> None:
        """Draw onto the canvas; the row's upper left corner lies at (left, above)."""
        canvas.setFillColor(_colour(self.style.colour))
        for number, line in enumerate(self.lines):
            top = above - self.top - number * self.style.leading
            spaced = _spaced_figures(line, self.style) if self.align == "right" else [(line, 0.0)]
            start, wide = left + self.left, 0.0
            if self.align != "left" or self.url:
                wide = self.style.width_of(line) + sum(len(run) * space for run, space in spaced)
                start += (self.width - wide) * {"left": 0, "center": 0.5, "right": 1}[self.align]
            text: PDFTextObject = canvas.beginText(start, top - self.style.baseline())
            text.setFont(self.style.face, self.style.size, self.style.leading)
            for run, space in spaced:
                text.setCharSpace(space)
                text.textOut(run)
            canvas.drawText(text)
            if self.url and line:
                self._link(canvas, start, top, wide)

    def _link(self, canvas: Canvas, start: float, top: float, wide: float) -> None:
        bottom = top - self.style.leading
        below = top - self.style.baseline() - 2.2
        canvas.setStrokeColor(_colour(GREY_536))
        canvas.setLineWidth(HAIRLINE)
        canvas.line(start, below, start + wide, below)
        canvas.linkURL(self.url, (start, bottom, start + wide, top), relative=1)


def _spaced_figures(line: str, style: Style) -> list[tuple[str, float]]:
    """Give runs of a line and the space to add behind each of their characters; so figures stand in columns.

    The typeface's 1 is narrower than its other digits. Half of what it lacks is put behind it, half behind
    what stands before it, so that it stands in the middle of its place.
    """
    if not _FIGURES.fullmatch(line):
        return [(line, 0.0)]
    half = (style.width_of("0") - style.width_of("1")) / 2
    spaces = [
        half * ((here == "1") + (following == "1"))
        for here, following in zip(line, line[1:] + " ", strict=True)
    ]
    runs = groupby(zip(line, spaces, strict=True), key=lambda pair: pair[1])
    return [("".join(character for character, _ in run), space) for space, run in runs]


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle in a row, from the row's upper left corner downwards; filled, outlined, or both."""

    left: float
    top: float
    width: float
    height: float
    fill: str | None = None
    stroke: str | None = None
    stroke_width: float = HAIRLINE

    def draw(self, canvas: Canvas, left: float, above: float) -> None:
        """Draw onto the canvas; the row's upper left corner lies at (left, above)."""
        if self.fill:
            canvas.setFillColor(_colour(self.fill))
        if self.stroke:
            canvas.setStrokeColor(_colour(self.stroke))
            canvas.setLineWidth(self.stroke_width)
        bottom = above - self.top - self.height
        canvas.rect(
            left + self.left, bottom, self.width, self.height, int(bool(self.stroke)), int(bool(self.fill))
        )


@dataclass(frozen=True, slots=True)
class Rule:
    """A line over a row's whole width, along its upper or lower edge."""

    colour: str
    thickness: float = HAIRLINE


@dataclass(frozen=True, slots=True)
class Bookmark:
    """An entry in the PDF's outline; `level` 0 is the outermost."""

    key: str
    text: str
    level: int


@dataclass(frozen=True, slots=True)
class Row:
    """A horizontal stripe of a paper, as wide as `width`."""

    width: float
    height: float
    pieces: tuple[Piece, ...] = ()
    boxes: tuple[Box, ...] = ()
    rule_above: Rule | None = None
    rule_below: Rule | None = None
    bookmark: Bookmark | None = None
    padding: float = 0
    """What is left free below the longest piece, in points."""

    def draw(self, canvas: Canvas, left: float, above: float) -> None:
        """Draw onto the canvas; the row's upper left corner lies at (left, above)."""
        for box in self.boxes:
            box.draw(canvas, left, above)
        for rule, level in ((self.rule_above, above), (self.rule_below, above - self.height)):
            if rule:
                canvas.setStrokeColor(_colour(rule.colour))
                canvas.setLineWidth(rule.thickness)
                canvas.line(left, level, left + self.width, level)
        for piece in self.pieces:
            piece.draw(canvas, left, above)
        if self.bookmark:
            canvas.bookmarkHorizontal(self.bookmark.key, left, above + 6)
            canvas.addOutlineEntry(self.bookmark.text, self.bookmark.key, self.bookmark.level, closed=False)

    def cut(self, room: float) -> tuple["Row", "Row"] | None:
        """Cut a row of text so that its first part stands within `room`.

        None if not three lines fit, or if the row is more than text: boxes belong to all of it.
        """
        if self.boxes:
            return None
        leading = max(piece.style.leading for piece in self.pieces)
        fitting = int((room - self.padding - max(piece.top for piece in self.pieces)) / leading)
        if fitting < 3:
            return None
        return self._with_lines(slice(fitting)), self._with_lines(slice(fitting, None))

    def _with_lines(self, part: slice) -> "Row":
        pieces = tuple(replace(piece, lines=piece.lines[part]) for piece in self.pieces)
        return replace(self, pieces=pieces, height=max(piece.height for piece in pieces) + self.padding)


class Stack(Flowable):
    """Rows below one another, which may go on over pages; `head` stands above them on each of the pages.

    `first` and `last` say how many rows stay together at the beginning and at the end, `before` the space
    above if the stack does not begin a page. One that is `compact` is split only if it takes more than a
    third of a page. `needs` is the height that has to be free where the stack begins: a heading asks for what
    the thing under it needs, so that it is not left behind alone.
    """

    _frame: Frame
    """Set by ReportLab while it splits."""

    def __init__(
        self,
        rows: Sequence[Row],
        *,
        before: float,
        head: Row | None = None,
        first: int = 1,
        last: int = 1,
        compact: bool = True,
    ) -> None:
        super().__init__()
        self.rows = tuple(rows)
        self.head = head
        self.first = first
        self.last = last
        self.compact = compact
        self.spaceBefore = before
        self.needs = 0.0
        self.total_height = self._head_height + sum(row.height for row in self.rows)

    def least_height(self, page: float) -> float:
        """Give the height without which the stack is not begun, on pages that are `page` high."""
        if self._stays_whole(page) or len(self.rows) < self.first + self.last:
            return min(self.total_height, page / 2)
        return min(self._head_height + sum(row.height for row in self.rows[: self.first]), page / 2)

    def wrap(self, aW: float, aH: float, /) -> tuple[float, float]:  # noqa: N803 - ReportLab's names
        """Tell the size; a height beyond the space left sends ReportLab to `split`, then to the next page."""
        return aW, self.total_height if self.needs <= aH else max(self.total_height, aH + 1)

    def split(self, aW: float, aH: float, /) -> list[Flowable]:  # noqa: N803
        """Split so that the first part stands within the height; an empty list puts all on the next page."""
        page = self._frame.height
        if self.needs > aH or self._stays_whole(page):
            return []
        room = aH - self._head_height
        fitting = self._fitting(room)
        # A row that takes half a page or more is cut rather than moved: the gap it would leave is as large.
        if fitting < len(self.rows) and self.rows[fitting].height > page / 2:
            room -= sum(row.height for row in self.rows[:fitting])
            if parts := self.rows[fitting].cut(room):
                return self._two((*self.rows[:fitting], parts[0]), (parts[1], *self.rows[fitting + 1 :]))
        kept = min(fitting, len(self.rows) - self.last)
        if kept >= self.first:
            return self._two(self.rows[:kept], self.rows[kept:])
        if fitting and aH > page - 1:  # a whole page is too little for what should stay together
            return self._two(self.rows[:fitting], self.rows[fitting:])
        return []

    def draw(self) -> None:
        """Draw all rows; ReportLab has moved the origin to the lower left corner of the stack."""
        above = self.total_height
        for row in (self.head, *self.rows) if self.head else self.rows:
            row.draw(self.canv, 0, above)
            above -= row.height

    def fresh(self) -> "Stack":
        """Give a new stack of the same rows for one build: ReportLab leaves notes on those it has handled."""
        return self._part(self.rows)

    @property
    def _head_height(self) -> float:
        return self.head.height if self.head else 0

    def _stays_whole(self, page: float) -> bool:
        return self.compact and self.total_height <= page / 3

    def _fitting(self, room: float) -> int:
        """Count the rows that stand within a height."""
        count = 0
        for row in self.rows:
            room -= row.height
            if room < 0:
                break
            count += 1
        return count

    def _two(self, here: Sequence[Row], next_page: Sequence[Row]) -> list[Flowable]:
        return [self._part(here), self._part(next_page)]

    def _part(self, rows: Sequence[Row]) -> "Stack":
        return Stack(
            rows,
            before=self.spaceBefore,
            head=self.head,
            first=self.first,
            last=self.last,
            compact=self.compact,
        )
