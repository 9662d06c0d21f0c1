"""One row of a file: what its cells say, or why they cannot be read."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from crm.core.problems import Problem
from crm.sheets.reading import Line
from crm.territory.imports.kinds import LONGEST
from crm.territory.typed import read_count, read_degrees

COUNTS = ("households", "doors", "resident_households", "population", "sections")
_NUMBERS: Mapping[str, Callable[[str], Any]] = {
    **dict.fromkeys(COUNTS, read_count),
    "lat": lambda text: read_degrees(text, "lat"),
    "lon": lambda text: read_degrees(text, "lon"),
}


@dataclass(slots=True)
class Row:
    """What a row says, by column: texts without blanks at their ends, numbers as such, None for a blank number.

    A column that the file has not is absent. A problem's field names the column it is about.
    """

    number: int
    said: dict[str, Any] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def text(self, column: str) -> str:
        """What stands in a text column; "" where there is none."""
        return str(self.said.get(column) or "")

    def refuse(self, code: str, column: str | None = None, **facts: object) -> None:
        """Keep why this row cannot be taken in."""
        self.problems.append(Problem(code, field=column, **facts))


def read_row(line: Line) -> Row:
    """Read the cells of a line."""
    row = Row(line.number)
    for column, value in line.values.items():
        text = value.strip()
        if reader := _NUMBERS.get(column):
            try:
                row.said[column] = reader(text)
            except Problem as problem:
                row.refuse(problem.code, column, **problem.facts)
            continue
        row.said[column] = text
        if "\n" in text or "\r" in text:
            row.refuse("line_break_in_cell", column)
        elif len(text) > LONGEST.get(column, len(text)):
            row.refuse("cell_text_too_long", column, most=LONGEST[column])
    if (row.said.get("lat") is None) != (row.said.get("lon") is None) and not row.problems:
        row.refuse("position_half", "lat" if row.said.get("lat") is None else "lon")
    return row
