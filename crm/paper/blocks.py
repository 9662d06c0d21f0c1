"""The other parts of a paper: title, headings, text, facts, bars, and boxes for seals. Widths in points."""

from collections.abc import Sequence

from crm.paper import fonts
from crm.paper.look import (
    BODY,
    BODY_STRONG,
    CELL,
    CELL_STRONG,
    GREY_300,
    GREY_536,
    GREY_700,
    GREY_900,
    HEADING,
    LABEL,
    LINE,
    MM,
    SUBHEADING,
    SUBTITLE,
    TITLE,
    Style,
)
from crm.paper.rows import Bookmark, Box, Piece, Row, Rule, Stack, lines_of
from crm.paper.table import PAD, Value, note_rows, printed

_BULLETS = ("・", "- ", "※", "○", "●", "◎", "→")
_BAR = 8.5
_BAR_ROW_PADDING = 2.5
_SEAL_WIDTH = 23 * MM
_SEAL_HEIGHT = 19 * MM


def title(text: str, subtitle: str | None, bookmark: Bookmark, width: float) -> Stack:
    """Build the title of a paper with the line under it."""
    pieces = [Piece(lines_of(text, TITLE, width), TITLE, 0, width)]
    if subtitle:
        under = lines_of(fonts.printable(subtitle), SUBTITLE, width)
        pieces.append(Piece(under, SUBTITLE, 0, width, top=pieces[0].height + 1))
    row = Row(
        width,
        pieces[-1].height + 7,
        tuple(pieces),
        rule_below=Rule(GREY_900, LINE),
        bookmark=bookmark,
        padding=7,
    )
    return Stack([row], before=16)


def heading(text: str, bookmark: Bookmark, width: float) -> Stack:
    """Build a heading; a short bar before it makes it found when leafing through."""
    indent = 9.0
    piece = Piece(lines_of(text, HEADING, width - indent), HEADING, indent, width - indent)
    bar = Box(0, 2.5, 3.2, piece.height - 5, fill=GREY_700)
    return Stack([Row(width, piece.height, (piece,), (bar,), bookmark=bookmark)], before=22)


def subheading(text: str, bookmark: Bookmark, width: float) -> Stack:
    """Build a heading of the second rank."""
    piece = Piece(lines_of(text, SUBHEADING, width), SUBHEADING, 0, width)
    return Stack([Row(width, piece.height, (piece,), bookmark=bookmark)], before=14)


def prose(text: str, width: float, style: Style = BODY) -> Stack:
    """Build running text: every newline begins a paragraph, an empty line leaves half a line free.

    A paragraph that begins with a bullet hangs from it. No line stands alone at the foot or the top of a
    page.
    """
    rows: list[Row] = []
    for paragraph in fonts.printable(text).strip("\n").split("\n"):
        if not paragraph.strip():
            rows.append(Row(width, style.leading / 2))
            continue
        bullet = next((sign for sign in _BULLETS if paragraph.startswith(sign)), "")
        indent = style.width_of(bullet)
        for number, line in enumerate(
            lines_of(paragraph.removeprefix(bullet), style, width - indent) or ("",)
        ):
            pieces = [Piece((line,), style, indent, width - indent)]
            if bullet and number == 0:
                pieces.insert(0, Piece((bullet,), style, 0, indent))
            rows.append(Row(width, style.leading, tuple(pieces)))
    return Stack(rows, before=8, first=2, last=2, compact=False)


def facts(pairs: Sequence[tuple[str, Value]], width: float) -> Stack:
    """Build a list of facts: what it is on the left, what it says on the right."""
    labels = [fonts.printable(label) for label, _ in pairs]
    label_width = _label_width(labels, LABEL, least=24 * MM, most=46 * MM)
    value_left = label_width + 2 * PAD
    value_width = width - value_left - PAD
    rows: list[Row] = []
    for label, (_, value) in zip(labels, pairs, strict=True):
        cell = printed(value, BODY, BODY_STRONG)
        lines = lines_of(cell.text, cell.style, value_width)
        pieces = (
            Piece(lines_of(label, LABEL, label_width), LABEL, PAD, label_width, top=2.5),
            Piece(lines, cell.style, value_left + PAD, value_width, top=2.5, url=cell.url),
        )
        height = max(BODY.leading, *(piece.height for piece in pieces)) + 2.5
        rows.append(Row(width, height, pieces, rule_below=Rule(GREY_300), padding=2.5))
    return Stack(rows, before=10)


def bars(pairs: Sequence[tuple[str, int]], *, unit: str, note: str | None, width: float) -> Stack:
    """Build a chart of horizontal bars, the longest as long as there is space, each with its value.

    All bars have one colour: kinds of work are equal here. Raises ValueError for a value below zero.
    """
    if any(value < 0 for _, value in pairs):
        raise ValueError("a bar shows how many there are, so none can be below zero")
    labels = [fonts.printable(label) for label, _ in pairs]
    values = [f"{value:,}{fonts.printable(unit)}" for _, value in pairs]
    label_width = _label_width(labels, CELL, least=24 * MM, most=60 * MM)
    value_width = max((CELL_STRONG.width_of(value) for value in values), default=0) + 1
    value_left = label_width + 3 * PAD
    start = value_left + value_width + 2 * PAD
    longest = width - start - PAD
    most = max((value for _, value in pairs), default=0)
    rows: list[Row] = []
    for label, text, (_, value) in zip(labels, values, pairs, strict=True):
        pieces = (
            Piece(lines_of(label, CELL, label_width), CELL, PAD, label_width, top=_BAR_ROW_PADDING),
            Piece((text,), CELL_STRONG, value_left, value_width, top=_BAR_ROW_PADDING, align="right"),
        )
        height = max(piece.height for piece in pieces) + _BAR_ROW_PADDING
        boxes = [Box(start, 0, 0, height, stroke=GREY_536)]
        if value:
            boxes.append(Box(start, (height - _BAR) / 2, longest * value / most, _BAR, fill=GREY_536))
        rows.append(Row(width, height, pieces, tuple(boxes), padding=_BAR_ROW_PADDING))
    if note:
        rows += note_rows(note, width)
    return Stack(rows, before=12, last=2 if note else 1)


def seals(labels: Sequence[str], width: float) -> Stack:
    """Build boxes to seal or sign in (決裁欄), from the right edge, labels above the free space."""
    box_width = min(_SEAL_WIDTH, width / max(len(labels), 1))
    texts = [lines_of(fonts.printable(label), CELL, box_width - 6) for label in labels]
    head = max((len(lines) for lines in texts), default=1) * CELL.leading + 4
    left = width - box_width * len(labels)
    pieces: list[Piece] = []
    boxes: list[Box] = []
    for number, lines in enumerate(texts):
        at = left + number * box_width
        pieces.append(Piece(lines, CELL, at + 3, box_width - 6, top=2, align="center"))
        boxes.append(Box(at, 0, box_width, head, stroke=GREY_900))
        boxes.append(Box(at, head, box_width, _SEAL_HEIGHT, stroke=GREY_900))
    return Stack([Row(width, head + _SEAL_HEIGHT, tuple(pieces), tuple(boxes))], before=10)


def _label_width(labels: Sequence[str], style: Style, *, least: float, most: float) -> float:
    """Give the width for labels: as wide as the widest, within limits; longer ones wrap."""
    widest = max((style.width_of(line) for label in labels for line in label.split("\n")), default=0.0)
    return min(max(widest, least), most)
