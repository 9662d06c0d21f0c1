"""Figures of a month, from the contacts it counts: pure, so that they can be recounted.

延べ (total) counts contacts; 実 (distinct) counts different places. A contact that gave two kinds of support
stands in both lines; the sum above the lines counts it once. Cancelled visits are never counted.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any, NamedTuple
from uuid import UUID

from crm.reports.places import bits_of
from crm.territory.models import Kind
from crm.visits.models import Met, Support, Way

NONE = "none"


class Facets(NamedTuple):
    """What decides into which lines a contact falls; all as text, `worker` as `Counted.worker_id` says."""

    met: str
    territory: str
    way: str
    supports: tuple[str, ...]
    kind: str
    worker: str


@dataclass(frozen=True)
class Counted:
    """One contact that a month counts, in the words of its own day.

    `worker` is what the report calls who made it, which may say more than the name where two are alike.
    `worker_id` is the id of the account; a month frozen in the form of version 1 knows the name alone, which
    serves as the id there.
    """

    id: UUID
    on: date
    way: Way
    met: Met
    place_id: UUID | None
    place: str
    kind: Kind | None
    territory: str
    worker_id: str
    worker: str
    supports: tuple[Support, ...]
    attendance: int | None

    def facets(self) -> Facets:
        """Into which lines it falls."""
        return Facets(
            self.met.value,
            self.territory,
            self.way.value,
            tuple(one.value for one in self.supports),
            self.kind.value if self.kind else "",
            self.worker_id,
        )

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
            "worker_id": self.worker_id,
            "worker": self.worker,
            "supports": [one.value for one in self.supports],
            "attendance": self.attendance,
        }

    @classmethod
    def from_plain(cls, row: Mapping[str, Any]) -> "Counted":
        """As a closed month keeps it, of whatever version."""
        return cls(
            UUID(row["id"]),
            date.fromisoformat(row["on"]),
            Way(row["way"]),
            Met(row["met"]),
            UUID(row["place_id"]) if row["place_id"] else None,
            row["place"],
            Kind(row["kind"]) if row["kind"] else None,
            row["territory"],
            _worker_id(row),
            row["worker"],
            tuple(Support(one) for one in row["supports"]),
            row["attendance"],
        )


def _worker_id(row: Mapping[str, Any]) -> str:
    """Who made a contact; asked of the row itself, for months of both forms say that they are of version 1."""
    known: str = row.get("worker_id") or row["worker"]
    return known


@dataclass(frozen=True)
class Tally:
    """延べ and 実 of a set of contacts."""

    total: int
    distinct: int


@dataclass(frozen=True)
class Line:
    """One line of a table: this month, the fiscal year so far, the same month last year (None: unknown).

    `name` is what a line is called whose key says nothing to people: that of a worker is the account's id.
    """

    key: str
    month: Tally
    year: Tally
    last_year: Tally | None
    name: str = ""


@dataclass(frozen=True)
class Section:
    """One table of the report."""

    key: str
    lines: tuple[Line, ...]


def _one(value: str) -> tuple[str, ...]:
    return (value,)


SECTIONS: Mapping[str, Callable[[Facets], tuple[str, ...]]] = {
    "all": lambda one: ("all",),
    "met": lambda one: _one(one.met),
    "territory": lambda one: _one(one.territory or NONE),
    "way": lambda one: _one(one.way),
    "support": lambda one: one.supports or (NONE,),
    "kind": lambda one: _one(one.kind or NONE),
    "worker": lambda one: _one(one.worker),
}
"""The tables of the report, in order: into which lines of a table a contact falls."""

_FIXED: Mapping[str, tuple[str, ...]] = {
    "all": ("all",),
    "met": (Met.MET.value, Met.ABSENT.value),
    "way": tuple(way.value for way in Way),
    "support": (*(one.value for one in Support), NONE),
    "kind": tuple(kind.value for kind in Kind),
}


def chosen(rows: Iterable[Counted], section: str, line: str) -> list[Counted]:
    """The contacts behind one number."""
    into = SECTIONS[section]
    return [row for row in rows if line in into(row.facets())]


@dataclass(frozen=True)
class LineCount:
    """The contacts of one line: how many, and at which places, one bit for each (crm/reports/places.py)."""

    total: int
    places: int

    def tally(self) -> Tally:
        return Tally(self.total, self.places.bit_count())


LineCounts = Mapping[str, Mapping[str, LineCount]]
"""Counts by table and line: what is left of contacts when only figures are asked for."""

_NOBODY = LineCount(0, 0)


def line_counts(alike: Iterable[tuple[Facets, int, int]]) -> LineCounts:
    """Counts of contacts that were put together by their facets: how many of each, at which places."""
    made: dict[str, dict[str, LineCount]] = {key: {} for key in SECTIONS}
    for facets, total, places in alike:
        for key, into in SECTIONS.items():
            lines = made[key]
            for line in into(facets):
                so_far = lines.get(line, _NOBODY)
                lines[line] = LineCount(so_far.total + total, so_far.places | places)
    return made


def grouped(rows: Iterable[Mapping[str, Any]]) -> LineCounts:
    """Counts of contacts as JSON keeps them, read without making an object of each."""
    places: dict[Facets, list[str]] = {}
    totals: dict[Facets, int] = {}
    for row in rows:
        supports, kind = tuple(row["supports"]), row["kind"] or ""
        facets = Facets(row["met"], row["territory"], row["way"], supports, kind, _worker_id(row))
        totals[facets] = totals.get(facets, 0) + 1
        if row["place_id"]:
            places.setdefault(facets, []).append(row["place_id"])
    return line_counts((one, total, bits_of(places.get(one, ()))) for one, total in totals.items())


def merged(several: Sequence[LineCounts]) -> LineCounts:
    """The counts of several months together: a place visited in two of them is one place."""
    made: dict[str, dict[str, LineCount]] = {key: {} for key in SECTIONS}
    for counts in several:
        for key, lines in counts.items():
            for line, count in lines.items():
                so_far = made[key].get(line, _NOBODY)
                made[key][line] = LineCount(so_far.total + count.total, so_far.places | count.places)
    return made


def sections(
    month: LineCounts,
    year: LineCounts,
    last_year: LineCounts | None,
    *,
    territories: Sequence[str],
    workers: Mapping[str, str],
) -> tuple[Section, ...]:
    """All tables of a report; a line of zeros is a line.

    `territories` names the former towns in their order, `workers` what each account is called, in theirs.
    """
    order_of = {**_FIXED, "territory": territories, "worker": tuple(workers)}
    made = []
    for key in SECTIONS:
        found = month[key].keys() | year[key].keys()
        order = [line for line in order_of[key] if key != "worker" or line in found]
        order += sorted(found - set(order))
        lines = tuple(
            Line(
                line,
                month[key].get(line, _NOBODY).tally(),
                year[key].get(line, _NOBODY).tally(),
                last_year[key].get(line, _NOBODY).tally() if last_year is not None else None,
                workers.get(line, "") if key == "worker" else "",
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
                    line.get("name", ""),  # version 1 had none: there a worker's key is the name
                )
                for line in section["lines"]
            ),
        )
        for section in kept
    )
