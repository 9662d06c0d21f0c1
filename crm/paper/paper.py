"""Paper: what the other packages know of PDF."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime

from reportlab.platypus import Flowable, PageBreak

from crm.paper import blocks, fonts
from crm.paper.look import MM, SMALL
from crm.paper.rows import Bookmark, Stack
from crm.paper.sheet import Sheet
from crm.paper.table import Col, Value, table

_TITLE, _HEADING, _SUBHEADING = range(3)
_UNDER_HEADING = 7.0
"""Space between a heading and what it stands over, in points: less than between any other two parts."""


class Paper:
    """An A4 paper that is filled from top to bottom, then asked for its bytes.

    The organisation stands at the head of every page, with the `mark` (見本データ) if there is one; the
    moment it was made, in Tokyo, the title and the page number stand at its foot. `made_at` is an aware
    moment. The same calls give the same bytes, whenever and wherever.

    Every method that takes text raises Problem "glyph_missing" for a character that the typeface lacks.
    """

    def __init__(
        self,
        title: str,
        *,
        organisation: str,
        made_at: datetime,
        language: str = "ja",
        mark: str | None = None,
        landscape: bool = False,
    ) -> None:
        if made_at.tzinfo is None:
            raise ValueError("a moment needs a time zone")
        self._sheet = Sheet(
            _one_line(title), _one_line(organisation), made_at, language, mark and _one_line(mark), landscape
        )
        self._parts: list[Stack | None] = []  # None ends a page
        self._headings: dict[int, int] = {}  # where among the parts, of which rank
        self._together: dict[int, int] = {}  # first part of what stays together, and the one after its last
        self._ranks: list[int] = []
        self._bookmarks = 0
        self._extra_space = 0.0

    @property
    def width_mm(self) -> float:
        """The width between the margins."""
        return self._sheet.text_width / MM

    def title(self, text: str, subtitle: str | None = None) -> None:
        """Write the title of the paper, or of a part of it that begins on a page of its own."""
        text = fonts.printable(text)
        self._add_heading(_TITLE, blocks.title(text, subtitle, self._bookmark(text, _TITLE), self._width))

    def heading(self, text: str) -> None:
        """Write a heading, which never stands alone at the foot of a page."""
        text = fonts.printable(text)
        self._add_heading(_HEADING, blocks.heading(text, self._bookmark(text, _HEADING), self._width))

    def subheading(self, text: str) -> None:
        """Write a heading of the second rank."""
        text = fonts.printable(text)
        bookmark = self._bookmark(text, _SUBHEADING)
        self._add_heading(_SUBHEADING, blocks.subheading(text, bookmark, self._width))

    def text(self, text: str) -> None:
        """Write running text; a newline begins a paragraph, an empty line leaves some space."""
        self._add(blocks.prose(text, self._width))

    def note(self, text: str) -> None:
        """Write a remark, smaller and paler than the text."""
        self._add(blocks.prose(text, self._width, SMALL))

    def facts(self, pairs: Sequence[tuple[str, Value]]) -> None:
        """Write a list of facts, each with its label on the left."""
        self._add(blocks.facts(pairs, self._width))

    def table(
        self,
        columns: Sequence[Col],
        rows: Sequence[Sequence[Value]],
        *,
        total_row: bool = False,
        note: str | None = None,
    ) -> None:
        """Write a table; its head comes again on every page. With `total_row` the last row is the total.

        Raises ValueError if a row has not one value a column, or the columns are wider than the page.
        """
        self._add(table(columns, rows, width=self._width, total_row=total_row, note=note))

    def bars(self, pairs: Sequence[tuple[str, int]], *, unit: str = "", note: str | None = None) -> None:
        """Draw horizontal bars with their values in figures, so that nothing has to be measured."""
        self._add(blocks.bars(pairs, unit=unit, note=note, width=self._width))

    def signature_boxes(self, labels: Sequence[str]) -> None:
        """Draw boxes to seal or sign in (決裁欄), flush right."""
        self._add(blocks.seals(labels, self._width))

    @contextmanager
    def together(self) -> Iterator[None]:
        """Keep what is written inside on one page, where one page can hold it: a chart with its table."""
        first = len(self._parts)
        yield
        self._together[first] = len(self._parts)

    def space(self, mm: float = 5) -> None:
        """Leave more space above what follows; at the top of a page it is not needed and left out."""
        self._extra_space += mm * MM

    def page_break(self) -> None:
        """Begin a new page, unless the page is still empty."""
        if self._parts and self._parts[-1] is not None:
            self._parts.append(None)

    def bytes(self) -> bytes:
        """Give the paper as a PDF file. Raises ValueError if nothing was written on it."""
        if not self._parts:
            raise ValueError("nothing was written on this paper")
        parts = self._parts if self._parts[-1] is not None else self._parts[:-1]
        return self._sheet.build([self._ready(index) for index in range(len(parts))])

    @property
    def _width(self) -> float:
        return self._sheet.text_width

    def _add(self, stack: Stack) -> None:
        if not stack.rows and not stack.head:
            return
        if self._headings.get(len(self._parts) - 1, _TITLE) != _TITLE:
            stack.spaceBefore = min(stack.spaceBefore, _UNDER_HEADING)
        stack.spaceBefore += self._extra_space
        self._extra_space = 0.0
        self._parts.append(stack)

    def _add_heading(self, rank: int, stack: Stack) -> None:
        self._headings[len(self._parts)] = rank
        self._add(stack)

    def _ready(self, index: int) -> Flowable:
        """Give a part for one build; a heading asks for as much space as what stands under it needs."""
        stack = self._parts[index]
        if stack is None:
            return PageBreak()
        stack = stack.fresh()
        page = self._sheet.text_height
        if index in self._headings:
            stack.needs = min(self._needed(index), page - 1)
        whole = self._height(index, self._together.get(index, index))
        if whole <= page - 1:
            stack.needs = max(stack.needs, whole)
        return stack

    def _height(self, first: int, after: int) -> float:
        """Give the height of several parts on one page, without the space above the first."""
        stacks = [stack for stack in self._parts[first:after] if stack is not None]
        return sum(stack.total_height for stack in stacks) + sum(stack.spaceBefore for stack in stacks[1:])

    def _needed(self, index: int) -> float:
        needed = 0.0
        for number, stack in enumerate(self._parts[index:], start=index):
            if stack is None:
                break
            needed += stack.spaceBefore if number > index else 0
            if number not in self._headings:
                return needed + stack.least_height(self._sheet.text_height)
            needed += stack.total_height
        return needed

    def _bookmark(self, text: str, rank: int) -> Bookmark:
        """Give the entry in the outline, one level below the nearest heading of a higher rank before it."""
        while self._ranks and self._ranks[-1] >= rank:
            self._ranks.pop()
        level = len(self._ranks)
        self._ranks.append(rank)
        self._bookmarks += 1
        return Bookmark(f"part-{self._bookmarks}", _one_line(text), level)


def _one_line(text: str) -> str:
    return " ".join(fonts.printable(text).split("\n"))
