"""From the rows of a sheet to lines of known columns: the header is found, each cell looked at."""

import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import chain, islice

from crm.core.problems import Problem
from crm.sheets.columns import HEADER_WITHIN, Column, find_header, refuse_incomplete
from crm.sheets.findings import EnoughFound, Findings
from crm.sheets.limits import Limits
from crm.sheets.rows import RawRow, Sheet
from crm.sheets.text import CONTROL, ODD, code_points, column_index, column_letter, excerpt

MERGED = re.compile(r"([A-Z]{1,3})([0-9]+):([A-Z]{1,3})([0-9]+)")

ValueLine = tuple[int, list[str]]
"""A row's number and its values in the order of the columns looked for."""


@dataclass(frozen=True, slots=True)
class Ending:
    """What is known of a table when its last line was given."""

    sheet: str
    header_row: int
    ignored_columns: tuple[str, ...]
    encoding: str


def top_of(sheet: Sheet) -> list[RawRow]:
    """Give the rows among which the header is looked for."""
    return list(islice((row for row in sheet.rows() if not row.blank), HEADER_WITHIN))


class Intake:
    """Reads one sheet: the header at once, then its `lines`; afterwards `ending` tells the rest.

    Raises what the sheet raises, `no_header` when there is none, "column_missing", "column_twice".
    """

    def __init__(self, sheet: Sheet, columns: Sequence[Column], limits: Limits, no_header: Problem) -> None:
        self._sheet = sheet
        self._limits = limits
        self._findings = Findings()
        self._chars = 0
        self._nameless: set[int] = set()
        self._rows = (row for row in sheet.rows() if not row.blank)
        top = list(islice(self._rows, HEADER_WITHIN))
        found = find_header([row.texts for row in top], columns)
        if found is None:
            raise no_header
        position, self._header = found
        self._header_row = top[position]
        self._waiting = top[position + 1 :]
        refuse_incomplete(self._header, self._header_row.texts)
        at = self._header.at
        self._picked = [(column, at[column.key]) for column in columns if column.key in at]

    @property
    def keys(self) -> tuple[str, ...]:
        """The columns that the sheet has, in the order in which lines give their values."""
        return tuple(column.key for column, _ in self._picked)

    @property
    def ending(self) -> Ending:
        """What is known of the table when all lines were given."""
        heading = self._header_row.texts
        ignored = [excerpt(heading[index]) for index in self._header.ignored]
        ignored += [f"({column_letter(index)})" for index in sorted(self._nameless)]
        return Ending(self._sheet.name, self._header_row.number, tuple(ignored), self._sheet.encoding)

    def lines(self) -> Iterator[ValueLine]:
        """Give every line that holds anything in the columns looked for.

        Raises, when all rows were read or fifty problems found, those of the cells: "formula_cell",
        "error_cell", "date_out_of_range", "cell_too_long", "control_character", "unmapped_character",
        "row_width", "merged_cells".
        """
        last = self._header_row.number
        try:
            self._look_first()
            for row in chain(self._waiting, self._rows):
                last = row.number
                self._note_nameless(row.texts)
                values = self._values(row)
                if values:
                    yield row.number, values
            self._check_merged(last)
        except EnoughFound:
            pass
        self._findings.raise_any()

    def _look_first(self) -> None:
        """Refuse a large sheet for what a glance tells, so that nobody waits for the rest of it to be read."""
        with suppress(Problem):  # what makes looking fail is told when the sheet is read
            for row in self._sheet.suspects([index for _, index in self._picked], self._header.width):
                if row.number > self._header_row.number:
                    self._values(row)
        self._chars = 0
        self._findings.raise_any()

    def _values(self, row: RawRow) -> list[str]:
        texts = row.texts
        width = len(texts)
        values = [texts[index] if index < width else "" for _, index in self._picked]
        together = "\n".join(values)
        self._chars += len(together)
        if self._chars > self._limits.text_chars:
            raise Problem("too_much_text", limit=self._limits.text_chars)
        if row.odd or len(together) > self._limits.cell_chars or ODD.search(together):
            self._look_closely(row, values)
        headed = self._header.width
        if width > headed and (beyond := next(filled(texts, headed), None)) is not None:
            self._findings.add("row_width", **facts_of(row, beyond, texts[beyond]))
        return values if together.strip() else []

    def _look_closely(self, row: RawRow, values: list[str]) -> None:
        for (column, index), value in zip(self._picked, values, strict=True):
            facts = facts_of(row, index, value) | {"label": column.label}
            if index in row.odd:
                self._findings.add(row.odd[index], **facts)
            if len(value) > self._limits.cell_chars:
                self._findings.add("cell_too_long", **facts, limit=self._limits.cell_chars)
            if controls := CONTROL.findall(value):
                self._findings.add("control_character", **facts, characters=code_points("".join(controls)))
            if lost := [each for each in ODD.findall(value) if each not in controls]:
                self._findings.add("unmapped_character", **facts, characters=code_points("".join(lost)))

    def _note_nameless(self, texts: list[str]) -> None:
        """Remember columns that hold something under no heading: they are ignored, and this is told."""
        for index in self._header.unnamed:
            if index < len(texts) and index not in self._nameless and texts[index].strip():
                self._nameless.add(index)

    def _check_merged(self, last_row: int) -> None:
        """Refuse merged cells among the lines: only the first holds the value, the others would be blank."""
        for reference in self._sheet.merged():
            corners = MERGED.fullmatch(reference)
            if corners is None:
                continue
            left, right = column_index(corners[1]), column_index(corners[3])
            among = int(corners[4]) > self._header_row.number and int(corners[2]) <= last_row
            for column, index in self._picked:
                if among and left <= index <= right:
                    self._findings.add("merged_cells", cells=reference, label=column.label)
                    break


def filled(texts: Sequence[str], start: int) -> Iterator[int]:
    """Give the positions from `start` on where something stands."""
    return (index for index in range(start, len(texts)) if texts[index].strip())


def facts_of(row: RawRow, index: int, value: str) -> dict[str, object]:
    """Say where a cell is and how it begins: row 12, column "C", cell "C12", value."""
    letter = column_letter(index)
    return {"row": row.number, "column": letter, "cell": f"{letter}{row.number}", "value": excerpt(value)}
