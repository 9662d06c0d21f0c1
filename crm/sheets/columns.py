"""Which column of a file is which: headers are known by their label and by other words for it."""

from collections.abc import Sequence
from dataclasses import dataclass

from crm.core.kana import search_key
from crm.core.problems import Problem
from crm.sheets.findings import raise_all
from crm.sheets.text import column_letter, excerpt

HEADER_WITHIN = 10
"""A header is looked for in the first ten rows that hold anything: real lists have a title above it."""

MARKS = "*＊※"
"""Marks put beside a heading, mostly for "must be filled in"; they belong to no name of a column."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column that is looked for. `label` is our own heading for it, `synonyms` what others write."""

    key: str
    label: str
    synonyms: tuple[str, ...] = ()
    required: bool = False


@dataclass(frozen=True, slots=True)
class Match:
    """What a row says when it is taken for the header: position by key, what is missing, what stands twice.

    `width` ends with the last heading; `ignored` are positions of headings nobody looks for, `unnamed` of
    none.
    """

    at: dict[str, int]
    missing: tuple[Column, ...]
    twice: tuple[tuple[Column, int, int], ...]
    width: int
    ignored: tuple[int, ...]
    unnamed: tuple[int, ...]
    required: frozenset[str]

    @property
    def complete(self) -> bool:
        """Whether every required column was found, each column once."""
        return not self.missing and not self.twice and bool(self.at)

    @property
    def recognisable(self) -> bool:
        """Whether the row is a header at all. One heading by chance is none when several are required."""
        found = len(self.required & self.at.keys())
        return bool(self.at) and (len(self.at) >= 2 or found * 2 >= len(self.required))

    @property
    def rank(self) -> tuple[bool, int]:
        """How well the row serves as header; greater is better."""
        return self.complete, len(self.at)


def fold(heading: str) -> str:
    """Give the form in which headings are compared: width, spaces, brackets, kana, case and marks aside."""
    return search_key("".join(letter for letter in heading if letter not in MARKS))


def words_of(columns: Sequence[Column]) -> dict[str, Column]:
    """Give every folded heading with its column. Raises ValueError when two columns claim the same word."""
    known: dict[str, Column] = {}
    for column in columns:
        for word in dict.fromkeys(fold(name) for name in (column.label, *column.synonyms)):
            if word in known:
                raise ValueError(f"{known[word].key} and {column.key} are both called {word}")
            known[word] = column
    return known


def match(row: Sequence[str], columns: Sequence[Column]) -> Match:
    """Compare one row with the columns looked for. Never refuses: see `match_header` for that."""
    known = words_of(columns)
    at: dict[str, int] = {}
    twice: list[tuple[Column, int, int]] = []
    ignored: list[int] = []
    width = 0
    for index, heading in enumerate(row):
        if not heading.strip():
            continue
        width = index + 1
        column = known.get(fold(heading))
        if column is None:
            ignored.append(index)
        elif column.key in at:
            twice.append((column, at[column.key], index))
        else:
            at[column.key] = index
    missing = tuple(column for column in columns if column.required and column.key not in at)
    required = frozenset(column.key for column in columns if column.required)
    unnamed = tuple(index for index in range(width) if not row[index].strip())
    return Match(at, missing, tuple(twice), width, tuple(ignored), unnamed, required)


def find_header(rows: Sequence[Sequence[str]], columns: Sequence[Column]) -> tuple[int, Match] | None:
    """Give the position of the row that serves best as header, the first of equals; None if none does."""
    ranked = [(position, match(row, columns)) for position, row in enumerate(rows[:HEADER_WITHIN])]
    found = [(position, matched) for position, matched in ranked if matched.recognisable]
    return max(found, key=lambda each: each[1].rank, default=None)


def refuse_incomplete(matched: Match, row: Sequence[str]) -> None:
    """Raise "column_missing" and "column_twice" (Problem or Problems) when the header cannot be used."""
    headings = "、".join(excerpt(heading) for heading in row if heading.strip())
    missing = [Problem("column_missing", label=column.label, headings=headings) for column in matched.missing]
    twice = [
        Problem("column_twice", label=column.label, first=column_letter(first), second=column_letter(second))
        for column, first, second in matched.twice
    ]
    raise_all([*missing, *twice])


def match_header(header: Sequence[str], columns: Sequence[Column]) -> dict[str, int]:
    """Give the position of each column by its key; columns that are not required may be absent.

    Raises Problem (or Problems) "column_missing" (label, headings: what the row has instead) and
    "column_twice" (label, first and second column letter).
    """
    matched = match(header, columns)
    refuse_incomplete(matched, header)
    return matched.at
