"""The sheet that everything is laid on: margins, the lines at head and foot, and the PDF file around them."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from io import BytesIO
from threading import Lock
from typing import Any

from reportlab.lib.colors import HexColor
from reportlab.lib.utils import TimeStamp
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import BaseDocTemplate, Flowable, Frame, PageTemplate

from crm.core.clock import TOKYO
from crm.core.wareki import wareki
from crm.paper import fonts
from crm.paper.look import (
    A4,
    GREY_300,
    GREY_900,
    HAIRLINE,
    LINE,
    MARGIN_BOTTOM,
    MARGIN_SIDE,
    MARGIN_TOP,
    MARK,
    MM,
    SMALL,
    Style,
)

_ONE_AT_A_TIME = Lock()
"""ReportLab's fonts serve one document at a time: they read glyphs through one position kept in the font."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """What stands on every page and in the file's properties; texts are printable, `made_at` is aware."""

    title: str
    organisation: str
    made_at: datetime
    language: str
    mark: str | None
    landscape: bool

    @property
    def size(self) -> tuple[float, float]:
        """Width and height of the page in points."""
        return (A4[1], A4[0]) if self.landscape else A4

    @property
    def text_width(self) -> float:
        """The width between the margins."""
        return self.size[0] - 2 * MARGIN_SIDE

    @property
    def text_height(self) -> float:
        """The height between the lines at head and foot."""
        return self.size[1] - MARGIN_TOP - MARGIN_BOTTOM

    def made_line(self) -> str:
        """Say when the paper was made, in the time of Tokyo."""
        moment = self.made_at.astimezone(TOKYO)
        if self.language == "ja":
            return f"{wareki(moment.date())} {moment:%H:%M} 作成"
        return f"{moment:%Y-%m-%d %H:%M} JST"

    def build(self, story: Sequence[Flowable]) -> bytes:
        """Lay out the story and give the PDF. The same input gives the same bytes on any day and machine."""
        out = BytesIO()
        frame = Frame(MARGIN_SIDE, MARGIN_BOTTOM, self.text_width, self.text_height, 0, 0, 0, 0)
        document = BaseDocTemplate(
            out,
            pagesize=self.size,
            pageTemplates=[PageTemplate("page", frame, onPage=self._draw_head_and_foot, pagesize=self.size)],
            title=self.title,
            author=self.organisation,
            subject="",
            creator="めぐり",
            lang=self.language,
            displayDocTitle=1,
            invariant=1,
            initialFontName=fonts.REGULAR,
        )
        with _ONE_AT_A_TIME:
            document.build(list(story), canvasmaker=partial(_PaperCanvas, sheet=self))
        return out.getvalue()

    def _draw_head_and_foot(self, canvas: Canvas, _document: BaseDocTemplate) -> None:
        width, height = self.size
        right = width - MARGIN_SIDE
        head, foot = height - 15 * MM, 12 * MM
        mark_width = MARK.width_of(self.mark) + 14 if self.mark else 0.0
        _write(
            canvas,
            _shortened(self.organisation, SMALL, self.text_width - mark_width - 12),
            SMALL,
            MARGIN_SIDE,
            head,
        )
        if self.mark:
            canvas.setStrokeColor(HexColor(GREY_900))
            canvas.setLineWidth(LINE)
            canvas.rect(right - mark_width, head - 5.5, mark_width, 18, fill=0)
            _write(canvas, self.mark, MARK, right - mark_width + 7, head - 0.3)
        canvas.setStrokeColor(HexColor(GREY_300))
        canvas.setLineWidth(HAIRLINE)
        canvas.line(MARGIN_SIDE, foot + 14, right, foot + 14)
        made = self.made_line()
        _write(canvas, made, SMALL, MARGIN_SIDE, foot)
        start = MARGIN_SIDE + SMALL.width_of(made) + 14
        _write(canvas, _shortened(self.title, SMALL, right - start - 60), SMALL, start, foot)
        canvas.doForm(_count_name(canvas.getPageNumber()))


def _write(canvas: Canvas, text: str, style: Style, left: float, baseline: float) -> None:
    canvas.setFillColor(HexColor(style.colour))
    canvas.setFont(style.face, style.size)
    canvas.drawString(left, baseline, text)


def _shortened(text: str, style: Style, width: float) -> str:
    if style.width_of(text) <= width:
        return text
    return next(
        shorter
        for end in range(len(text), -1, -1)
        if style.width_of(shorter := text[:end] + "…") <= width or end == 0
    )


def _count_name(page: int) -> str:
    return f"count-{page}"


class _PaperCanvas(Canvas):
    """A canvas that numbers its pages "1 / 3" and whose file depends on nothing but its content."""

    # Not in ReportLab's own types: the document behind the canvas, and the drawing commands of the page so
    # far.
    _doc: Any
    _code: list[str]

    def __init__(self, *given: Any, sheet: Sheet, **settings: Any) -> None:
        super().__init__(*given, **settings)
        self._sheet = sheet
        stamp = _stamp(sheet.made_at)
        self._doc._timeStamp = stamp
        # ReportLab begins the file's identifier with its own clock; SOURCE_DATE_EPOCH would change it.
        self._doc.signature = hashlib.sha256(repr(stamp.YMDhms).encode(), usedforsecurity=False)

    def showPage(self) -> None:  # noqa: N802 - ReportLab's name
        """End the page; its content goes into the file's identifier."""
        self._doc.updateSignature("\n".join(self._code))
        super().showPage()

    def save(self) -> None:
        """Draw the page numbers, for only now their total is known, and write the file."""
        pages = self.getPageNumber() - 1
        for page in range(1, pages + 1):
            text = f"{page} / {pages}"
            self.beginForm(_count_name(page))
            right = self._sheet.size[0] - MARGIN_SIDE
            _write(self, text, SMALL, right - SMALL.width_of(text), 12 * MM)
            self.endForm()
        super().save()


def _stamp(made_at: datetime) -> TimeStamp:
    """Give ReportLab's note of the time for a moment, so that the file's dates are those of the paper."""
    moment = made_at.astimezone(TOKYO)
    stamp = TimeStamp(invariant=1)
    stamp.YMDhms = (moment.year, moment.month, moment.day, moment.hour, moment.minute, moment.second)
    stamp.dhh, stamp.dmm, stamp.tzname = 9, 0, "JST"
    return stamp
