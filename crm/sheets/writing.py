"""Writing tables as CSV and as Excel workbooks. The same input always gives the same bytes."""

import csv
import io
import re
import shutil
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import IO, Any, Literal
from unicodedata import east_asian_width

import xlsxwriter

from crm.core.problems import Problem
from crm.sheets.text import CONTROL, ODD, column_letter, guard

LINKS = ("https://", "http://", "mailto:", "internal:")
"""What a link may begin with; "internal:" leads to a cell of the same workbook ('internal:Sheet2!A1')."""

FONT = "BIZ UDPGothic"
A4 = 9
"""XlsxWriter's number of the paper."""

MOST_LINKS = 65_000
"""Links in a sheet, a little below the 65,530 that Excel opens; what comes after is written without."""

LONGEST_LINK = 2_000
MEASURED_ROWS = 500
NARROWEST, WIDEST, WIDEST_NUMBER = 6, 48, 12
LINE_POINTS = 15.0
MOST_LINES = 20
"""Lines at which a row stops growing; Excel's rows end at 409 points."""
LANDSCAPE_FROM = 90
"""Width of all columns, in half-width characters, from which A4 is turned: upright it holds about 90."""

MOST_NAMED = 50
SPOOL_BYTES = 8 * 1024 * 1024

Encoding = Literal["utf-8-sig", "cp932"]
Plain = str | int | float | Decimal | date | None


@dataclass(frozen=True, slots=True)
class Link:
    """A cell that opens a page. CSV has only what is shown."""

    shown: str | int | float
    url: str

    def __post_init__(self) -> None:
        if not self.url.startswith(LINKS):
            raise ValueError("a link begins with https:, http:, mailto: or internal:")


Cell = Plain | Link


@dataclass(frozen=True, slots=True)
class ColumnOut:
    """A column as it is written. `width` in half-width characters; without it, the widest text decides."""

    label: str
    kind: Literal["text", "number", "date"] = "text"
    width: float | None = None


@dataclass(frozen=True, slots=True)
class SheetOut:
    """A sheet of a workbook; title and notes stand above the header.

    `rows` may be a generator: it is gone through once. A sheet that shall be read again needs its header
    within the first ten rows.
    """

    name: str
    columns: Sequence[ColumnOut]
    rows: Iterable[Sequence[Cell]]
    title: str | None = None
    notes: Sequence[str] = field(default=())


# ---- CSV


def write_csv(
    target: Path | IO[bytes],
    columns: Sequence[ColumnOut],
    rows: Iterable[Sequence[Cell]],
    *,
    encoding: Encoding = "utf-8-sig",
) -> None:
    """Write a CSV file that Excel opens: comma, CRLF, dates as ISO. It is written whole or not at all.

    A text that a spreadsheet would take for a formula gets an apostrophe before it, which our reading takes
    off.
    Raises Problem "not_in_cp932" (characters, and cell: where the first of them stands).
    """
    with tempfile.SpooledTemporaryFile(SPOOL_BYTES) as spool:
        lines = io.TextIOWrapper(spool, encoding=encoding, errors="replace", newline="")
        writer = csv.writer(lines)
        lost = _Lost() if encoding == "cp932" else None
        header = [guard(column.label) for column in columns]
        for number, cells in enumerate(_all_texts(header, rows), start=1):
            if lost is not None:
                lost.look(number, cells)
            writer.writerow(cells)
        if lost is not None:
            lost.refuse()
        lines.flush()
        lines.detach()
        spool.seek(0)
        if isinstance(target, Path):
            with target.open("wb") as file:
                shutil.copyfileobj(spool, file)
        else:
            shutil.copyfileobj(spool, target)


def _all_texts(header: list[str], rows: Iterable[Sequence[Cell]]) -> Iterable[list[str]]:
    yield header
    for row in rows:
        yield [_csv_text(cell) for cell in row]


def _csv_text(cell: Cell) -> str:
    shown = cell.shown if isinstance(cell, Link) else cell
    match shown:
        case None:
            return ""
        case str():
            return guard(shown)
        case datetime():
            return shown.isoformat(sep=" ", timespec="minutes")
        case date():
            return shown.isoformat()
        case Decimal():
            return format(shown, "f")
        case _:
            return str(shown)


class _Lost:
    """Characters that CP932 cannot hold, met while writing."""

    def __init__(self) -> None:
        self._characters: dict[str, str] = {}

    def look(self, number: int, cells: list[str]) -> None:
        """Remember what of a row would be lost."""
        together = "".join(cells)
        if not _holds(together):
            self._remember(number, cells)

    def _remember(self, number: int, cells: list[str]) -> None:
        for index, cell in enumerate(cells):
            for character in cell:
                if character not in self._characters and not _holds(character):
                    self._characters[character] = f"{column_letter(index)}{number}"

    def refuse(self) -> None:
        """Raise Problem "not_in_cp932" when anything would be lost."""
        if self._characters:
            first = next(iter(self._characters.values()))
            named = [f"{each}(U+{ord(each):04X})" for each in list(self._characters)[:MOST_NAMED]]
            raise Problem("not_in_cp932", characters="、".join(named), cell=first)


def _holds(text: str) -> bool:
    """Whether a text comes back from CP932 as it was.

    Python writes six characters as others that look alike (〜 as ～, − as －), and 外字, which mean something
    else on each machine: neither is taken for held.
    """
    try:
        same = text.encode("cp932").decode("cp932") == text
    except UnicodeEncodeError:
        return False
    return same and not any(not CONTROL.match(odd) for odd in ODD.findall(text))


# ---- XLSX


def write_xlsx(target: IO[bytes], sheets: Sequence[SheetOut], *, created: datetime) -> None:
    """Write an Excel workbook, ready to print on A4 with its header on each page.

    `created` stands in the file's properties; it must be aware. Texts stay texts, whatever they look like.
    Rows are written as they come: memory does not grow with their number.
    Raises ValueError for a text longer than Excel's 32,767 characters, xlsxwriter's errors for a bad sheet
    name.
    """
    if created.tzinfo is None:
        raise ValueError("the time of creation needs a time zone")
    options = {
        "constant_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
        "remove_timezone": True,
        "default_format_properties": {"font_name": FONT, "font_size": 11, "font_scheme": False},
    }
    with xlsxwriter.Workbook(target, options) as book:
        book.set_properties({"created": created.astimezone(UTC)})
        formats = _Formats(book)
        for sheet in sheets:
            _SheetWriter(book.add_worksheet(sheet.name), sheet, formats).write()


class _Formats:
    """How cells look."""

    def __init__(self, book: Any) -> None:
        top = {"valign": "top"}
        self.title = book.add_format({"bold": True, "font_size": 14})
        self.note = book.add_format({"font_color": "#404040"})
        heading = {"bold": True, "bg_color": "#E8F1FE", "bottom": 1, "text_wrap": True, "valign": "vcenter"}
        self.header = book.add_format(heading)
        self.header_of_numbers = book.add_format({**heading, "align": "right"})
        self.text = book.add_format({**top, "text_wrap": True, "num_format": "@"})
        self.whole = book.add_format({**top, "num_format": "#,##0_ "})
        self.number = book.add_format({**top, "num_format": "General_ "})
        self.date = book.add_format({**top, "num_format": "yyyy-mm-dd", "align": "left"})
        self.moment = book.add_format({**top, "num_format": "yyyy-mm-dd hh:mm", "align": "left"})
        linked = {**top, "font_color": "#0000BE", "underline": 1}
        self.linked_text = book.add_format({**linked, "text_wrap": True, "num_format": "@"})
        self.linked_number = book.add_format({**linked, "num_format": "#,##0_ "})


class _SheetWriter:
    """Writes one sheet, from top to bottom."""

    def __init__(self, worksheet: Any, sheet: SheetOut, formats: _Formats) -> None:
        self._out = worksheet
        self._sheet = sheet
        self._formats = formats
        self._widths = [display_width(column.label) + 2 for column in sheet.columns]
        self._room = [int(column.width or WIDEST) for column in sheet.columns]
        self._links = 0

    def write(self) -> None:
        header = self._above()
        for index, column in enumerate(self._sheet.columns):
            is_number = column.kind == "number"
            look = self._formats.header_of_numbers if is_number else self._formats.header
            self._out.write_string(header, index, column.label, look)
        row = header
        for row, cells in enumerate(self._sheet.rows, start=header + 1):
            if (lines := self._lines(cells)) > 1:
                self._out.set_row(row, lines * LINE_POINTS)
            for index, cell in enumerate(cells):
                self._write(row, index, cell)
            if row - header <= MEASURED_ROWS:
                self._measure(cells)
        self._set_up(header, row)

    def _above(self) -> int:
        """Write title and notes; give the row that follows them."""
        above = [(self._sheet.title, self._formats.title)] if self._sheet.title else []
        above += [(note, self._formats.note) for note in self._sheet.notes]
        for row, (text, look) in enumerate(above):
            self._out.write_string(row, 0, text, look)
        return len(above)

    def _write(self, row: int, index: int, cell: Cell) -> None:
        formats = self._formats
        match cell:
            case None | "":
                return
            case Link():
                self._write_link(row, index, cell)
            case str():
                self._write_text(row, index, cell, formats.text)
            case datetime():
                self._out.write_datetime(row, index, cell, formats.moment)
            case date():
                self._out.write_datetime(row, index, cell, formats.date)
            case int():
                self._out.write_number(row, index, cell, formats.whole)
            case _:
                self._out.write_number(row, index, cell, formats.number)

    def _write_text(self, row: int, index: int, text: str, look: Any) -> None:
        if self._out.write_string(row, index, text, look):
            raise ValueError(f"the text of {column_letter(index)}{row + 1} is too long for Excel")

    def _write_link(self, row: int, index: int, link: Link) -> None:
        formats = self._formats
        is_text = isinstance(link.shown, str)
        look = formats.linked_text if is_text else formats.linked_number
        self._links += 1
        if self._links > MOST_LINKS or len(link.url) > LONGEST_LINK:
            self._write(row, index, link.shown)
            return
        self._out.write_url(row, index, link.url, look, string=str(link.shown))
        if not is_text:  # the link stays on the cell when its content is written again, as a number
            self._out.write_number(row, index, link.shown, look)

    def _measure(self, cells: Sequence[Cell]) -> None:
        for index, cell in enumerate(cells[: len(self._widths)]):
            longest = max(map(display_width, _csv_text(cell).split("\n")))
            if isinstance(cell, float):
                longest = min(longest, WIDEST_NUMBER)
            self._widths[index] = max(self._widths[index], longest + 1)

    def _lines(self, cells: Sequence[Cell]) -> int:
        """How many lines the tallest cell of a row takes: not every program works that out for itself."""
        lines = 1
        for width, cell in zip(self._room, cells, strict=False):
            if isinstance(cell, str) and (len(cell) * 2 > width or "\n" in cell):
                taken = (max(1, -(-display_width(each) // width)) for each in cell.split("\n"))
                lines = max(lines, sum(taken))
        return min(lines, MOST_LINES)

    def _set_up(self, header: int, last: int) -> None:
        out, columns = self._out, self._sheet.columns
        total = 0.0
        for index, column in enumerate(columns):
            width = column.width or min(max(self._widths[index], NARROWEST), WIDEST)
            out.set_column(index, index, width)
            total += width
        out.freeze_panes(header + 1, 0)
        if columns:
            out.autofilter(header, 0, last, len(columns) - 1)
            # Codes such as 0301 are texts on purpose; Excel need not mark each of them.
            area = f"A{header + 1}:{column_letter(len(columns) - 1)}{last + 1}"
            out.ignore_errors({"number_stored_as_text": area})
        out.set_paper(A4)
        if total > LANDSCAPE_FROM:
            out.set_landscape()
        out.fit_to_pages(1, 0)
        out.repeat_rows(header)
        out.set_margins(left=0.5, right=0.5, top=0.6, bottom=0.7)
        out.set_footer("&C&P / &N")


_WIDE = re.compile("[^\x00-\u024f\uff61-\uff9f]")


def display_width(text: str) -> int:
    """Give the width of a text in half-width characters: kanji, kana and what is ambiguous count two."""
    return len(text) + sum(east_asian_width(character) in "FWA" for character in _WIDE.findall(text))
