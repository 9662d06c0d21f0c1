"""Comparing the rows of a file with what is known: pure, so that it can be done outside of every transaction."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import date
from typing import Any
from uuid import UUID

from crm.core.ids import new_id
from crm.core.kana import search_key
from crm.core.problems import Problem
from crm.db.trail_mark import Mark
from crm.sheets.reading import Line
from crm.territory import rules
from crm.territory.imports.cells import Row, read_row
from crm.territory.imports.kinds import FACILITY_WORDS, KINDS, LONGEST, ImportKind
from crm.territory.imports.known import Known, KnownPlace
from crm.territory.imports.preview import CellChange, RowPreview, Summary, Verdict, summed_up
from crm.territory.models import Kind
from crm.territory.rules import Facts

EVERY = 500
"""Rows between two reports of progress."""

Told = Callable[[int, int], None]
"""Hears how far the work is: rows done, rows in all."""

_HUB_OF = {"centre": Kind.COMMUNITY_CENTRE, "branch": Kind.BRANCH_OFFICE}
_SHOWN = ("code", "name", "kana", "territory", "households", "doors", "resident_households", "population",
          "sections", "centre", "branch", "run_by", "address", "lat", "lon")  # fmt: skip


@dataclass(frozen=True, slots=True)
class NewTerritory:
    """A territory that the import would create."""

    id: UUID
    code: str
    name: str


@dataclass(frozen=True, slots=True)
class Opening:
    """A place that the import would open."""

    kind: Kind
    source_key: str
    facts: Facts


@dataclass(frozen=True, slots=True)
class Changing:
    """A place that the import would change."""

    place: KnownPlace
    facts: Facts


@dataclass(frozen=True)
class Prepared:
    """A preview, and what it takes to do what it says."""

    rows: tuple[RowPreview, ...]
    summary: Summary
    territories: tuple[NewTerritory, ...]
    opening: tuple[Opening, ...]
    changing: tuple[Changing, ...]
    mark: Mark
    day: date


def prepare(
    known: Known,
    lines: Iterable[Line],
    kind: ImportKind,
    *,
    day: date,
    create_territories: bool,
    told: Told = lambda _done, _all: None,
) -> Prepared:
    """Compare every line with what is known; what the file says holds from `day` on."""
    work = _Comparison(known, kind, day, create_territories)
    all_lines = tuple(lines)
    for number, line in enumerate(all_lines):
        if number % EVERY == 0:
            told(number, len(all_lines))
        work.take(read_row(line))
    work.refuse_doubles()
    rows = tuple(work.previews())
    told(len(all_lines), len(all_lines))
    territories = tuple(work.created.values())
    found = {entry.place.id for entry in work.entries if entry.place is not None}
    summary = summed_up(
        rows, [(one.code, one.name) for one in territories], left=len(known.places) - len(found)
    )
    fine = [entry for entry in work.entries if not entry.row.problems and entry.facts is not None]
    return Prepared(
        rows=rows,
        summary=summary,
        territories=territories,
        opening=tuple(
            Opening(entry.kind, entry.key, entry.facts)
            for entry in fine
            if entry.place is None and entry.facts
        ),
        changing=tuple(
            Changing(entry.place, entry.facts)
            for entry in fine
            if entry.place is not None and entry.facts and entry.facts != entry.place.facts
        ),
        mark=known.mark,
        day=day,
    )


@dataclass(slots=True)
class _Entry:
    """A row on its way: the place it is about (None: a new one), its key, what would be said of it."""

    row: Row
    kind: Kind
    key: str
    place: KnownPlace | None
    facts: Facts | None


class _Comparison:
    """Takes the rows of one file, one after the other."""

    def __init__(self, known: Known, kind: ImportKind, day: date, create_territories: bool) -> None:
        self.known, self.kind, self.day = known, kind, day
        self.create_territories = create_territories
        self.created: dict[str, NewTerritory] = {}
        self.entries: list[_Entry] = []
        self._by_code = {(p.kind, p.facts.code): p for p in known.places if p.facts.code}
        self._by_name = {(p.kind, p.facts.territory_id, p.facts.name): p for p in known.places}
        self._by_key = {(p.kind, p.source_key): p for p in known.places}

    # ---- one row

    def take(self, row: Row) -> None:
        """Find the place a row is about and what would be said of it."""
        kind = self._kind(row)
        self._name(row)
        territory_id = self._territory(row)
        place, key = self._place(row, kind, territory_id)
        facts: Facts | None = None
        if place is not None:
            facts = self._said(row, place.facts, territory_id)
            if facts != place.facts:
                self._check_day(row, place)
        elif not row.problems:
            facts = self._new(row, kind, key, territory_id)
        self.entries.append(_Entry(row, kind, key, place, facts))

    def _kind(self, row: Row) -> Kind:
        if self.kind is not ImportKind.FACILITIES:
            return KINDS[self.kind][0]
        word = row.text("kind")
        kind = FACILITY_WORDS.get(word)
        if kind is None:
            words = [word for word in FACILITY_WORDS if not word.isascii()]
            row.refuse("facility_kind_unknown", "kind", text=word, words=words)
        return kind or Kind.OTHER_FACILITY

    def _name(self, row: Row) -> None:
        """The name of a place; that of a neighbourhood is put together from 大字 and 小字."""
        if self.kind is ImportKind.PLACES:
            town, koaza = row.text("town"), row.text("koaza")
            if "/" in town + koaza:
                row.refuse("slash_in_name", "town" if "/" in town else "koaza")
            row.said["name"] = town + koaza if town else ""
            if len(town + koaza) > LONGEST["name"]:
                row.refuse("cell_text_too_long", "koaza", most=LONGEST["name"])
        if not row.text("name"):
            row.refuse("name_missing", "town" if self.kind is ImportKind.PLACES else "name")

    def _territory(self, row: Row) -> UUID | None:
        """The territory a row names; None where it names none, or one that is not known."""
        text = row.text("territory")
        if not text:
            return None
        word = search_key(text)
        for folded in (word, word.removesuffix("地域")):
            if folded in self.known.territories:
                return self.known.territories[folded]
            if folded in self.created:
                return self.created[folded].id
        if not self.create_territories:
            row.refuse("territory_unknown", "territory", text=text)
            return None
        if len(text) > 40:
            row.refuse("cell_text_too_long", "territory", most=40)
            return None
        self.created[word] = NewTerritory(new_id(), self._next_code(), text)
        return self.created[word].id

    def _next_code(self) -> str:
        """Two digits, in the order in which territories appear, after those that are taken."""
        taken = self.known.codes | {one.code for one in self.created.values()}
        return next(code for code in (f"{n:02}" for n in range(1, 10_000)) if code not in taken)

    def _place(self, row: Row, kind: Kind, territory_id: UUID | None) -> tuple[KnownPlace | None, str]:
        """The known place that a row is about, and the key it has or would get."""
        code, name = row.text("code"), row.text("name")
        if self.kind is ImportKind.PLACES:
            key = rules.neighbourhood_key(row.text("town"), row.text("koaza"))
            named = self._by_name.get((kind, territory_id, name)) if territory_id else None
            return self._by_key.get((kind, key)) or named, key
        town = self.known.names.get(territory_id, row.text("territory")) if territory_id else ""
        key = rules.stable_key(code=code, territory=town, name=name)
        named = self._by_name.get((kind, territory_id, name)) if territory_id else None
        if code:
            found = self._by_code.get((kind, code)) or self._by_key.get((kind, code))
            # One that was known without a code gets it now: it is not another place.
            return found or (named if named is not None and not named.facts.code else None), key
        if territory_id is None and not row.problems:
            row.refuse("code_or_territory_needed", "territory")
        return named or self._by_key.get((kind, key)), key

    def _said(self, row: Row, before: Facts, territory_id: UUID | None) -> Facts:
        """What would be said of a place: the columns of the file over what is known.

        A blank cell blanks what is known; only code and territory, by which places are found, stay then.
        """
        values = {
            column: value
            for column, value in row.said.items()
            if column in _PLAIN and not (column == "code" and not value)
        }
        if territory_id is not None:
            values["territory_id"] = territory_id
        for column, hub_kind in _HUB_OF.items():
            if column in row.said:
                values[f"{column}_id"] = self._hub(row, column, hub_kind, getattr(before, f"{column}_id"))
        return replace(before, **values)

    def _hub(self, row: Row, column: str, kind: Kind, before: UUID | None) -> UUID | None:
        """The facility that a row names by its code or name. One that is closed may stay, but not be chosen."""
        text = row.text(column)
        if not text:
            return None
        if before is not None and search_key(self.known.hub_names.get(before, "")) == search_key(text):
            return before
        found = self.known.hubs.get((kind, search_key(text)), ())
        if len(found) != 1:
            row.refuse("hub_ambiguous" if found else "hub_unknown", column, text=text)
            return before
        return found[0]

    def _check_day(self, row: Row, place: KnownPlace) -> None:
        if self.day == place.from_on:
            return
        try:
            rules.check_change_day(
                self.day, opened_on=place.opened_on, closed_on=None, latest_from=place.from_on
            )
        except Problem as problem:
            row.refuse(f"row_{problem.code}", None, **problem.facts)

    def _new(self, row: Row, kind: Kind, key: str, territory_id: UUID | None) -> Facts | None:
        if closed := self.known.closed.get((kind, key)):
            row.refuse("row_of_closed_place", None, name=closed.name, closed_on=closed.on)
            return None
        for other in KINDS[self.kind]:
            if other is not kind and ((other, key) in self._by_key or (other, key) in self._by_code):
                row.refuse("row_of_other_kind", "kind", key=key)
                return None
        if territory_id is None:
            row.refuse("territory_needed", "territory")
            return None
        return self._said(row, Facts(name=row.text("name"), territory_id=territory_id), territory_id)

    # ---- all rows

    def refuse_doubles(self) -> None:
        """Refuse rows that are about the same place, each naming the other."""
        first: dict[tuple[Kind, Any], _Entry] = {}
        for entry in self.entries:
            if not entry.row.text("name"):
                continue
            same = (entry.kind, entry.place.id if entry.place is not None else entry.key)
            other = first.setdefault(same, entry)
            if other is not entry:
                entry.row.refuse("row_twice", None, other=other.row.number)
                if not any(one.code == "row_twice" for one in other.row.problems):
                    other.row.refuse("row_twice", None, other=entry.row.number)

    def previews(self) -> Iterable[RowPreview]:
        """What becomes of each row, in the order of the file."""
        for entry in self.entries:
            row, title = entry.row, self._title(entry)
            if row.problems:
                yield RowPreview(row.number, Verdict.ERROR, title, (), tuple(row.problems))
            elif entry.place is None:
                yield RowPreview(row.number, Verdict.NEW, title)
            elif entry.facts is None or entry.facts == entry.place.facts:
                yield RowPreview(row.number, Verdict.UNCHANGED, title)
            else:
                changes = tuple(self._changes(entry.place.facts, entry.facts))
                yield RowPreview(row.number, Verdict.CHANGED, title, changes)

    def _title(self, entry: _Entry) -> str:
        town = entry.row.text("territory")
        if entry.facts is not None:
            town = self._town(entry.facts.territory_id)
        return " ".join(part for part in (town, entry.row.text("name"), entry.row.text("code")) if part)

    def _town(self, territory_id: UUID) -> str:
        created = (one.name for one in self.created.values() if one.id == territory_id)
        return self.known.names.get(territory_id) or next(created, "")

    def _changes(self, before: Facts, after: Facts) -> Iterable[CellChange]:
        for column in _SHOWN:
            old, new = self._shown(before, column), self._shown(after, column)
            if old != new:
                yield CellChange(column, old, new)

    def _shown(self, facts: Facts, column: str) -> str:
        if column == "territory":
            return self._town(facts.territory_id)
        if column in _HUB_OF:
            hub = getattr(facts, f"{column}_id")
            return self.known.hub_names.get(hub, "") if hub else ""
        value = getattr(facts, column)
        return "" if value is None else str(value)


_PLAIN = frozenset(_SHOWN) - {"territory", *_HUB_OF}
"""Columns whose cells say what is said of the place, as they are."""
