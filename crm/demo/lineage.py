"""What happened to districts in two years: two were split, two merged into one, two were renamed, one shrank."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from types import MappingProxyType
from uuid import UUID

from crm.core.ids import seeded_ids
from crm.core.months import Month
from crm.demo.chance import stream
from crm.demo.districts import Figures, Unit, build_units, figures_of, number_kana
from crm.demo.facts import LOCALITIES, TERRITORIES
from crm.demo.shapes import DistrictRow, EventRow, FacilityRow

_FOUNDED = {"08": date(2011, 9, 26)}
_CITY_FOUNDED = date(2005, 9, 20)

_STREET_SPLIT = ("01", "関が丘区", "セキガオカク", ("関が丘1区", "関が丘2区"))
_NUMBER_SPLIT = ("04", "12区", "ジュウニク", ("12の1区", "12の2区"))
_MERGED_IN = "06"
_RENAMED = (
    ("01", "舞川5民区", "舞川5区", "マイカワゴク", "規約の改正により呼び名を周辺とそろえた"),
    ("07", "薄衣13区", "", "", "昔からの呼び名を区の名にもどした"),
)
_NEW_NAME = {("07", "薄衣13区"): ("薄衣川端区", "ウスギヌカワバタク")}
_MOVED = ("01", "舞川12民区")
_MOVED_FROM, _MOVED_TO = 50, 24
_MERGED_SIZE = 52


@dataclass(frozen=True, slots=True)
class _Days:
    """When each thing happens: on 1 April where the history holds one, for that is when most of it does."""

    street_split: date
    number_split: date
    merge: date
    renames: tuple[date, date]
    move: date

    @classmethod
    def within(cls, first_month: Month, today: date) -> "_Days":
        present = Month.of(today)
        months = min(24, first_month.until(present))

        def ago(share: int) -> Month:
            return present.plus(-max(1, months * share // 24))

        aprils = [date(year, 4, 1) for year in range(today.year - 2, today.year + 1)]
        aprils = [day for day in aprils if first_month.first <= day < present.first]
        last = aprils[-1] if aprils else ago(6).first
        before = aprils[-2] if len(aprils) > 1 else ago(20).first
        return cls(before, ago(3).first.replace(day=16), last, (last, before), ago(14).first.replace(day=10))


class _Register:
    """Gives keys and codes, and turns units into rows."""

    def __init__(self, seed: int, scale: int, facilities: tuple[FacilityRow, ...]) -> None:
        self.rows: list[DistrictRow] = []
        self._offices = {f.territory: f.id for f in facilities if f.kind in ("main_office", "branch_office")}
        self._centres = {t.code: _centres_of(t.code, facilities) for t in TERRITORIES}
        self._taken: Counter[str] = Counter()
        self._new_id = seeded_ids(stream(seed, "districts", "ids"), datetime(2005, 9, 20, tzinfo=UTC))
        self._digits = max(3, len(str(200 * scale)))

    def add(self, unit: Unit, opened_on: date | None = None, closed_on: date | None = None) -> UUID:
        self._taken[unit.territory] += 1
        centre = min(
            self._centres[unit.territory],
            key=lambda c: (c.lat - unit.lat) ** 2 + 0.6 * (c.lon - unit.lon) ** 2,
        )
        figures = unit.figures
        row = DistrictRow(
            id=self._new_id(),
            code=f"{unit.territory}{self._taken[unit.territory]:0{self._digits}d}",
            name=unit.name,
            kana=unit.kana,
            territory=unit.territory,
            lat=unit.lat,
            lon=unit.lon,
            doors=figures.doors,
            households=figures.households,
            resident_households=figures.resident_households,
            population=figures.population,
            sections=figures.sections,
            centre_id=centre.id,
            branch_id=self._offices[unit.territory],
            opened_on=opened_on or _FOUNDED.get(unit.territory, _CITY_FOUNDED),
            closed_on=closed_on,
        )
        self.rows.append(row)
        return row.id


def build_districts(
    seed: int, scale: int, first_month: Month, today: date, facilities: tuple[FacilityRow, ...]
) -> tuple[tuple[DistrictRow, ...], tuple[EventRow, ...]]:
    """Give all districts of the period, open and closed, in order of code, and what happened to them in order of time."""
    days = _Days.within(first_month, today)
    last = sum(place.districts for place in LOCALITIES[_MERGED_IN]) * scale
    merged = (_MERGED_IN, f"第{last}区")
    units = build_units(seed, scale, {_MOVED: _MOVED_TO, merged: _MERGED_SIZE})
    register = _Register(seed, scale, facilities)
    story = _Story(seed, register, days, units, merged)
    story.lay_out()
    return tuple(sorted(register.rows, key=lambda row: row.code)), story.events()


def _centres_of(territory: str, facilities: tuple[FacilityRow, ...]) -> list[FacilityRow]:
    return [f for f in facilities if f.territory == territory and f.kind == "community_centre"]


class _Story:
    """Lays out the districts as they were at first, then those that came of them."""

    def __init__(
        self,
        seed: int,
        register: _Register,
        days: _Days,
        units: dict[str, list[Unit]],
        merged: tuple[str, str],
    ) -> None:
        self._register = register
        self._days = days
        self._units = units
        self._merged = merged
        self._source = stream(seed, "districts", "story")
        self._known: dict[tuple[str, str], UUID] = {}
        self._later: list[tuple[Unit, date, str]] = []
        self._events: list[EventRow] = []

    def lay_out(self) -> None:
        splits = ((_STREET_SPLIT, self._days.street_split), (_NUMBER_SPLIT, self._days.number_split))
        for territory, units in self._units.items():
            children = {
                name: (whole, on) for whole, on in splits if whole[0] == territory for name in whole[3]
            }
            for unit in units:
                if unit.name in children:
                    whole, on = children[unit.name]
                    self._before_split(unit, whole, on)
                elif (territory, unit.name) == self._merged:
                    self._before_merge(unit)
                else:
                    self._keep(unit)
        for unit, opened_on, whole_name in self._later:
            key = self._register.add(unit, opened_on)
            self._known[unit.territory, f"{whole_name}/{unit.name}"] = key
        self._tell_splits(splits)
        self._tell_merge()

    def events(self) -> tuple[EventRow, ...]:
        return tuple(sorted(self._events, key=lambda event: event.on))

    def _before_split(self, unit: Unit, whole: tuple[str, str, str, tuple[str, ...]], on: date) -> None:
        territory, name, kana, parts = whole
        self._later.append((unit, on, name))
        if unit.name != parts[0]:
            return
        both = [u.figures for u in self._units[territory] if u.name in parts]
        figures = figures_of(
            self._source, sum(f.households for f in both) + 2, sum(f.population for f in both) + 5
        )
        parent = Unit(territory, name, kana, unit.lat, unit.lon, figures)
        self._known[territory, name] = self._register.add(parent, closed_on=on)

    def _before_merge(self, unit: Unit) -> None:
        self._later.append((unit, self._days.merge, "merged"))
        households, population = unit.figures.households + 3, unit.figures.population + 7
        first = households * 5 // 9
        number = int(unit.name.strip("第区"))
        for nth, (size, count) in enumerate(
            ((first, population * 5 // 9), (households - first, population - population * 5 // 9))
        ):
            parent = Unit(
                unit.territory,
                f"第{number + nth}区",
                f"ダイ{number_kana(number + nth)}ク",
                round(unit.lat + 0.006 * nth, 5),
                unit.lon,
                figures_of(self._source, size, count),
            )
            key = self._register.add(parent, closed_on=self._days.merge)
            self._known[unit.territory, f"parent {nth}"] = key

    def _keep(self, unit: Unit) -> None:
        place = (unit.territory, unit.name)
        for (territory, listed, old, old_kana, reason), on in zip(_RENAMED, self._days.renames, strict=True):
            if place == (territory, listed):
                name, kana = _NEW_NAME.get(place, (unit.name, unit.kana))
                before = (old or unit.name, old_kana or unit.kana)
                key = self._register.add(Unit(unit.territory, name, kana, unit.lat, unit.lon, unit.figures))
                self._events.append(_renamed(key, on, before, (name, kana), reason))
                return
        key = self._register.add(unit)
        if place == _MOVED:
            self._events.append(self._shrunk(key, unit.figures))

    def _shrunk(self, key: UUID, after: Figures) -> EventRow:
        before = figures_of(self._source, _MOVED_FROM, round(after.population * _MOVED_FROM / _MOVED_TO))
        facts: dict[str, str | int] = {"reason": "河川改修による集団移転"}
        for name in ("doors", "households", "resident_households", "population", "sections"):
            facts[f"{name}_before"] = max(getattr(before, name), getattr(after, name))
            facts[f"{name}_after"] = getattr(after, name)
        return EventRow(self._days.move, "move", (key,), (key,), MappingProxyType(facts))

    def _tell_splits(self, splits: tuple[tuple[tuple[str, str, str, tuple[str, ...]], date], ...]) -> None:
        reasons = ("住宅が増え、班長会がまとまりにくくなったため", "小字ごとに集まるほうが動きやすいため")
        for ((territory, name, _, parts), on), reason in zip(splits, reasons, strict=True):
            after = tuple(self._known[territory, f"{name}/{part}"] for part in parts)
            self._events.append(
                EventRow(on, "split", (self._known[territory, name],), after, _facts(reason=reason))
            )

    def _tell_merge(self) -> None:
        territory, name = self._merged
        before = (self._known[territory, "parent 0"], self._known[territory, "parent 1"])
        after = (self._known[territory, f"merged/{name}"],)
        facts = _facts(reason="世帯が減り、役員をともに立てるため")
        self._events.append(EventRow(self._days.merge, "merge", before, after, facts))


def _renamed(key: UUID, on: date, before: tuple[str, str], after: tuple[str, str], reason: str) -> EventRow:
    facts = _facts(
        reason=reason,
        name_before=before[0],
        name_after=after[0],
        kana_before=before[1],
        kana_after=after[1],
    )
    return EventRow(on, "rename", (key,), (key,), facts)


def _facts(**facts: str | int) -> Mapping[str, str | int]:
    return MappingProxyType(facts)
