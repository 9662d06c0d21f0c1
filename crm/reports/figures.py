"""Figures of a month, from the rows they count: pure, so that they can be recounted.

延べ (total) counts contacts; 実 (distinct) counts different places. A contact that gave two kinds of support
stands in both lines; the sum above the lines counts it once. Cancelled visits are never counted.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any
from uuid import UUID

from crm.territory.models import Kind
from crm.visits.models import Met, Support, Way

NONE = "none"


@dataclass(frozen=True)
class Counted:
    """One contact that a month counts, in the words of its own day."""

    id: UUID
    on: date
    way: Way
    met: Met
    place_id: UUID | None
    place: str
    kind: Kind | None
    territory: str
    worker: str
    supports: tuple[Support, ...]
    attendance: int | None

    def plain(self) -> dict[str, Any]:
        """As JSON keeps it in a closed month."""
        return {
            "id": str(self.id),
            "on": self.on.isoformat(),
            "way": self.way.value,
            "met": self.met.value,
            "place_id": str(self.place_id) if self.place_id else None,
            "place": self.place,
            "kind": self.kind.value if self.kind else None,
            "territory": self.territory,
            "worker": self.worker,
            "supports": [one.value for one in self.supports],
            "attendance": self.attendance,
        }

    @classmethod
    def from_plain(cls, row: Mapping[str, Any]) -> "Counted":
        return cls(
            UUID(row["id"]),
            date.fromisoformat(row["on"]),
            Way(row["way"]),
            Met(row["met"]),
            UUID(row["place_id"]) if row["place_id"] else None,
            row["place"],
            Kind(row["kind"]) if row["kind"] else None,
            row["territory"],
            row["worker"],
            tuple(Support(one) for one in row["supports"]),
            row["attendance"],
        )


@dataclass(frozen=True)
class Tally:
    """延べ and 実 of a set of contacts."""

    total: int
    distinct: int


@dataclass(frozen=True)
class Line:
    """One line of a table: this month, the fiscal year so far, the same month last year (None: unknown)."""

    key: str
    month: Tally
    year: Tally
    last_year: Tally | None


@dataclass(frozen=True)
class Section:
    """One table of the report."""

    key: str
    lines: tuple[Line, ...]


def _one(value: str) -> tuple[str, ...]:
    return (value,)


SECTIONS: Mapping[str, Callable[[Counted], tuple[str, ...]]] = {
    "all": lambda row: ("all",),
    "met": lambda row: _one(row.met.value),
    "territory": lambda row: _one(row.territory or NONE),
    "way": lambda row: _one(row.way.value),
    "support": lambda row: tuple(one.value for one in row.supports) or (NONE,),
    "kind": lambda row: _one(row.kind.value if row.kind else NONE),
    "worker": lambda row: _one(row.worker),
}
"""The tables of the report, in order: into which lines of a table a contact falls."""

_FIXED: Mapping[str, tuple[str, ...]] = {
    "all": ("all",),
    "met": (Met.MET.value, Met.ABSENT.value),
    "way": tuple(way.value for way in Way),
    "support": (*(one.value for one in Support), NONE),
    "kind": tuple(kind.value for kind in Kind),
}


def tally(rows: Iterable[Counted]) -> Tally:
    """Count contacts and different places."""
    return _group(rows).tally()


def chosen(rows: Iterable[Counted], section: str, line: str) -> list[Counted]:
    """The contacts behind one number."""
    into = SECTIONS[section]
    return [row for row in rows if line in into(row)]


@dataclass(frozen=True)
class LineCount:
    """The contacts of one line: how many, and at which places (their ids as numbers, which compare faster)."""

    total: int
    places: frozenset[int]

    def tally(self) -> Tally:
        return Tally(self.total, len(self.places))


LineCounts = Mapping[str, Mapping[str, LineCount]]
"""LineCounts by table and line: what is left of rows when only counts are asked for."""

_NOBODY = LineCount(0, frozenset())


def _group(rows: Iterable[Counted]) -> LineCount:
    total, places = 0, set()
    for row in rows:
        total += 1
        if row.place_id is not None:
            places.add(row.place_id.int)
    return LineCount(total, frozenset(places))


def grouped(rows: Sequence[Counted]) -> LineCounts:
    """Rows by table and line."""
    made: dict[str, dict[str, LineCount]] = {}
    for key, into in SECTIONS.items():
        lines: dict[str, list[Counted]] = {}
        for row in rows:
            for line in into(row):
                lines.setdefault(line, []).append(row)
        made[key] = {line: _group(of_line) for line, of_line in lines.items()}
    return made


def merged(several: Sequence[LineCounts]) -> LineCounts:
    """The groups of several months together: a place visited in two of them is one place."""
    made: dict[str, dict[str, LineCount]] = {}
    for key in SECTIONS:
        lines = {line for groups in several for line in groups[key]}
        made[key] = {
            line: LineCount(
                sum(groups[key].get(line, _NOBODY).total for groups in several),
                frozenset().union(*(groups[key].get(line, _NOBODY).places for groups in several)),
            )
            for line in lines
        }
    return made


def sections(
    month: LineCounts, year: LineCounts, last_year: LineCounts | None, *, territories: Sequence[str]
) -> tuple[Section, ...]:
    """All tables of a report. `territories` names the former towns in their order; a line of zeros is a line."""
    made = []
    for key in SECTIONS:
        order = list(_FIXED.get(key, ())) or (list(territories) if key == "territory" else [])
        order += sorted((month[key].keys() | year[key].keys()) - set(order))
        lines = tuple(
            Line(
                line,
                month[key].get(line, _NOBODY).tally(),
                year[key].get(line, _NOBODY).tally(),
                last_year[key].get(line, _NOBODY).tally() if last_year is not None else None,
            )
            for line in order
        )
        made.append(Section(key, lines))
    return tuple(made)


def plain(made: Sequence[Section]) -> list[dict[str, Any]]:
    """Tables as JSON keeps them."""
    return [asdict(section) for section in made]


def from_plain(kept: Sequence[Mapping[str, Any]]) -> tuple[Section, ...]:
    """Tables as they were kept."""
    return tuple(
        Section(
            section["key"],
            tuple(
                Line(
                    line["key"],
                    Tally(**line["month"]),
                    Tally(**line["year"]),
                    Tally(**line["last_year"]) if line["last_year"] else None,
                )
                for line in section["lines"]
            ),
        )
        for section in kept
    )
