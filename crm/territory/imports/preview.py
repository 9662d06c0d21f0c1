"""What an import would do, row by row, and the file in which that is kept until somebody has looked at it."""

import hashlib
import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO

from crm.core.problems import Problem
from crm.jobs.told import kept, told_again

PIECE = 50
"""Rows on one page of a preview, and from one bookmark in its file to the next."""


class Verdict(StrEnum):
    """What becomes of a row."""

    ERROR = "error"
    CHANGED = "changed"
    NEW = "new"
    UNCHANGED = "unchanged"


@dataclass(frozen=True, slots=True)
class CellChange:
    """One column of a row that changes: its key, what is known, what the file says, both as texts."""

    column: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class RowPreview:
    """What becomes of one row; `number` is that of the row as a spreadsheet shows it."""

    number: int
    verdict: Verdict
    title: str
    changes: tuple[CellChange, ...] = ()
    problems: tuple[Problem, ...] = ()

    def as_json(self) -> str:
        """One line of the file; the same preview always gives the same line."""
        told: dict[str, Any] = {"row": self.number, "verdict": self.verdict.value, "title": self.title}
        if self.changes:
            told["changes"] = [[one.column, one.before, one.after] for one in self.changes]
        if self.problems:
            told["problems"] = [kept(one) for one in self.problems]
        return json.dumps(told, ensure_ascii=False, separators=(",", ":"), default=str)

    @classmethod
    def of_json(cls, line: str) -> "RowPreview":
        """The row that was written."""
        told = json.loads(line)
        return cls(
            told["row"],
            Verdict(told["verdict"]),
            told["title"],
            tuple(CellChange(*one) for one in told.get("changes", ())),
            tuple(told_again(one) for one in told.get("problems", ())),
        )


@dataclass(frozen=True)
class Summary:
    """A preview in numbers: rows by verdict, new territories, open places the file does not name, cells blanked.

    `digest` is the same only if the very same would be done: what somebody agreed to.
    """

    counts: dict[str, int]
    territories: tuple[tuple[str, str], ...]
    left: int
    blanked: int
    digest: str

    @property
    def errors(self) -> int:
        return self.counts[Verdict.ERROR]

    @property
    def changes_nothing(self) -> bool:
        """Whether everything the file says is known already."""
        return not (self.counts[Verdict.NEW] or self.counts[Verdict.CHANGED] or self.territories)


def summed_up(rows: Sequence[RowPreview], territories: Sequence[tuple[str, str]], *, left: int) -> Summary:
    """Put a preview in numbers."""
    hashed = hashlib.sha256(repr(tuple(territories)).encode())
    for row in rows:
        hashed.update(row.as_json().encode() + b"\n")
    counted = Counter(row.verdict for row in rows)
    blanked = sum(one.after == "" for row in rows for one in row.changes)
    return Summary(
        {verdict.value: counted[verdict] for verdict in Verdict},
        tuple(territories),
        left,
        blanked,
        hashed.hexdigest(),
    )


def written(rows: Sequence[RowPreview]) -> BinaryIO:
    """The file of a preview: rows by verdict, each verdict in the order of the file it is about.

    The last line holds the bookmarks: by verdict, where every fiftieth row begins, so that a page of a long
    preview is read without the rest.
    """
    out = BytesIO()
    marks: dict[str, list[int]] = {verdict.value: [] for verdict in Verdict}
    for verdict in Verdict:
        for number, row in enumerate(row for row in rows if row.verdict is verdict):
            if number % PIECE == 0:
                marks[verdict.value].append(out.tell())
            out.write(row.as_json().encode() + b"\n")
    out.write(json.dumps(marks).encode() + b"\n")
    out.seek(0)
    return out


def page_of(path: Path, verdict: Verdict, page: int) -> list[RowPreview]:
    """A page (counted from 1) of the rows of one verdict; none beyond the last."""
    with path.open("rb") as file:
        marks = json.loads(_last_line(file))[verdict.value]
        if not 1 <= page <= len(marks):
            return []
        file.seek(marks[page - 1])
        return list(_rows(file, verdict))


def _rows(file: BinaryIO, verdict: Verdict) -> Iterator[RowPreview]:
    for _number in range(PIECE):
        line = file.readline().decode()
        if f'"verdict":"{verdict.value}"' not in line:
            return
        yield RowPreview.of_json(line)


def _last_line(file: BinaryIO) -> bytes:
    size, back = file.seek(0, 2), 4096
    while True:
        file.seek(max(0, size - back))
        tail = file.read(size).rstrip(b"\n")
        if b"\n" in tail or back >= size:
            return tail.rpartition(b"\n")[2]
        back *= 8
