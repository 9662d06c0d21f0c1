"""Reading CSV: which encoding, which delimiter, and the records."""

import codecs
import csv
import io
from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import islice

from crm.core.problems import Problem
from crm.sheets.columns import HEADER_WITHIN, Column, find_header
from crm.sheets.limits import Limits
from crm.sheets.rows import RawRow
from crm.sheets.text import column_letter, unguard

DELIMITERS = (",", "\t", ";")

LONGEST_FIELD = 1_000_000
"""Characters at which a field is given up: a quote was opened and never closed."""

CHUNK = 64 * 1024
NO_HEADER = (False, 0)
NOTHING_ODD: Mapping[int, str] = {}


def encoding_of(content: bytes) -> str:
    """Give "utf-8-sig", "utf-8" or "cp932", whichever the content is without exception.

    Raises Problem "encoding_unknown" (row, offset in bytes, encoding: the one that came furthest),
    "file_empty".
    """
    marked = content.startswith(codecs.BOM_UTF8)
    reached: dict[str, int] = {}
    for encoding in ("utf-8",) if marked else ("utf-8", "cp932"):
        reached[encoding] = _readable(content, encoding)
        if reached[encoding] == len(content):
            return "utf-8-sig" if marked else encoding
    best = max(reached, key=lambda encoding: reached[encoding])
    offset = reached[best]
    row = content.count(b"\n", 0, offset) + 1
    raise Problem("encoding_unknown", row=row, offset=offset, encoding=best)


def _readable(content: bytes, encoding: str) -> int:
    """How many bytes can be read in this encoding before the first that cannot."""
    decoder = codecs.getincrementaldecoder(encoding)()
    view = memoryview(content)
    for start in range(0, len(content), CHUNK):
        pending = len(decoder.getstate()[0])
        try:
            decoder.decode(view[start : start + CHUNK], final=start + CHUNK >= len(content))
        except UnicodeDecodeError as wrong:
            return max(0, start - pending + wrong.start)
    return len(content)


def without_blank_end(content: bytes) -> bytes:
    """Give a file without the blank lines at its end: spreadsheets write up to a million of them."""
    end = len(content.rstrip(b",;\t\r\n "))
    line_end = content.find(b"\n", end)
    return content if line_end < 0 else content[: line_end + 1]


class CsvSheet:
    """The one table of a CSV file."""

    name = ""

    def __init__(self, content: bytes, columns: Sequence[Column], limits: Limits) -> None:
        self.encoding = encoding_of(content)
        self._content = without_blank_end(content)
        self._limits = limits
        if not content.removeprefix(codecs.BOM_UTF8).strip():
            raise Problem("file_empty")
        csv.field_size_limit(LONGEST_FIELD)
        self._delimiter = self._sniffed(columns)

    def rows(self) -> Iterator[RawRow]:
        """Give the records, numbered as a spreadsheet shows them; blank lines count.

        Raises Problem "quote_broken" (row), "too_many_rows", "too_many_columns".
        """
        return self._records(self._delimiter)

    def suspects(self, read: Collection[int], width: int) -> Iterator[RawRow]:
        """Give nothing: reading CSV takes no longer than looking at it."""
        return iter(())

    def merged(self) -> tuple[str, ...]:
        """Give nothing: CSV knows no merged cells."""
        return ()

    def _records(self, delimiter: str) -> Iterator[RawRow]:
        lines = io.TextIOWrapper(io.BytesIO(self._content), encoding=self.encoding, newline="")
        reader = csv.reader(lines, delimiter=delimiter, strict=True)
        number = 0
        while True:
            number += 1
            try:
                record = next(reader, None)
            except csv.Error as broken:
                raise Problem("quote_broken", row=number) from broken
            if record is None:
                return
            self._check_extent(number, record)
            yield RawRow(number, [unguard(text) for text in record], NOTHING_ODD)

    def _check_extent(self, number: int, record: list[str]) -> None:
        limits = self._limits
        if number > limits.rows:
            raise Problem("too_many_rows", rows=number, limit=limits.rows)
        if len(record) > limits.columns and "".join(record[limits.columns :]).strip():
            raise Problem(
                "too_many_columns",
                row=number,
                column=column_letter(len(record) - 1),
                limit=limits.columns,
            )

    def _sniffed(self, columns: Sequence[Column]) -> str:
        """The delimiter that makes the best header; the comma unless another one is clearly better."""
        ranks = {delimiter: self._rank(delimiter, columns) for delimiter in DELIMITERS}
        best = max(DELIMITERS, key=lambda delimiter: ranks[delimiter])
        return best if ranks[best] > NO_HEADER else DELIMITERS[0]

    def _rank(self, delimiter: str, columns: Sequence[Column]) -> tuple[bool, int]:
        try:
            rows = (row for row in self._records(delimiter) if not row.blank)
            top = [row.texts for row in islice(rows, HEADER_WITHIN)]
        except Problem:
            return NO_HEADER
        found = find_header(top, columns)
        return NO_HEADER if found is None else found[1].rank
