"""Districts of the sample town: named as each former town names them, sized as real ones are, summing up to the city."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

from crm.demo.chance import apportion, stream
from crm.demo.facilities import scatter
from crm.demo.facts import LOCALITIES, POPULATION, POPULATION_2017, TERRITORIES, Locality

SMALLEST, LARGEST = 23, 335
"""Households of the smallest and the largest district found."""

_HAMLET_LOG_MEDIAN = 4.0775  # ln 59: the median of hamlets
_HAMLET_SPREAD = 0.38  # so that few pass 150, where units of a town begin
_TOWN_FROM = 150

# How many sub-numbers each number of 千厩 has: 1の1区 … 1の4区, 2の1区 …; the twelfth was one district until it was split.
_SUB_NUMBERS = (4, 3, 3, 2, 4, 3, 2, 3, 1, 2, 3, 2, 1, 3, 2, 1, 2, 2)

_NUMBERED_THROUGH = {"06", "08"}
_STREET_KM = 0.25
_ONES = ("", "イチ", "ニ", "サン", "ヨン", "ゴ", "ロク", "ナナ", "ハチ", "キュウ")
_HUNDREDS = {3: "サンビャク", 6: "ロッピャク", 8: "ハッピャク"}
_THOUSANDS = {3: "サンゼン", 8: "ハッセン"}


@dataclass(frozen=True, slots=True)
class Figures:
    """What is counted in a district: 戸, 世帯, 現住, population, 班."""

    doors: int
    households: int
    resident_households: int
    population: int
    sections: int


@dataclass(frozen=True, slots=True)
class Unit:
    """A district as it is today, before it has a key and a history."""

    territory: str
    name: str
    kana: str
    lat: float
    lon: float
    figures: Figures


def build_units(seed: int, scale: int, households: dict[tuple[str, str], int]) -> dict[str, list[Unit]]:
    """Give today's districts by territory. `households` settles the size of those (territory, name) with a story."""
    people = apportion(POPULATION * scale, [POPULATION_2017[t.code] for t in TERRITORIES])
    return {
        territory.code: _units_of(seed, territory.code, scale, total, households)
        for territory, total in zip(TERRITORIES, people, strict=True)
    }


def figures_of(source: Random, households: int, population: int) -> Figures:
    """Invent the other counts: fewer houses belong to the association than are registered, fewer are lived in."""
    doors = max(1, round(households * (0.88 + 0.11 * source.random())))
    resident = max(1, round(households * (0.84 + 0.14 * source.random())))
    sections = min(32, max(2, round(households / (7 + 6 * source.random()))))
    return Figures(doors, households, resident, population, sections)


def number_kana(number: int) -> str:
    """Read a number from 1 to 9,999 aloud."""
    thousands, rest = divmod(number, 1000)
    hundreds, rest = divmod(rest, 100)
    tens, ones = divmod(rest, 10)
    return "".join(
        (
            _THOUSANDS.get(thousands, _counted(thousands, "セン")),
            _HUNDREDS.get(hundreds, _counted(hundreds, "ヒャク")),
            _counted(tens, "ジュウ"),
            _ONES[ones],
        )
    )


def _counted(digit: int, unit: str) -> str:
    return "" if digit == 0 else (unit if digit == 1 else _ONES[digit] + unit)


def _units_of(
    seed: int, territory: str, scale: int, population: int, settled: dict[tuple[str, str], int]
) -> list[Unit]:
    source = stream(seed, "districts", territory)
    named = list(_named(territory, scale))
    sizes = [settled.get((territory, name)) or _size(source, is_town) for _, name, _, is_town in named]
    weights = [
        size * (0.9 + 0.2 * source.random()) * (0.93 if is_town else 1.06)
        for size, (_, _, _, is_town) in zip(sizes, named, strict=True)
    ]
    people = apportion(population, weights)
    units = []
    for (place, name, kana, _), size, count in zip(named, sizes, people, strict=True):
        lat, lon = scatter(source, place, place.km)
        units.append(Unit(territory, name, kana, lat, lon, figures_of(source, size, count)))
    return units


def _size(source: Random, is_town: bool) -> int:
    if is_town:
        return round(_TOWN_FROM + (LARGEST - _TOWN_FROM) * source.betavariate(1.6, 2.6))
    while True:
        size = round(source.lognormvariate(_HAMLET_LOG_MEDIAN, _HAMLET_SPREAD))
        if SMALLEST <= size < _TOWN_FROM:
            return size


def _named(territory: str, scale: int) -> Iterator[tuple[Locality, str, str, bool]]:
    """Give locality, name, kana and whether it is of a town's size, in the order of numbering."""
    through = _through_numbers(territory)
    counter: Counter[str] = Counter()
    for place in LOCALITIES[territory]:
        for nth in range(place.districts * scale):
            counter[place.name] += 1
            if through is not None:
                name, kana = next(through)
            else:
                name, kana = _local_name(territory, place, counter[place.name], place.districts * scale)
            yield place, name, kana, nth < place.towns * scale


def _local_name(territory: str, place: Locality, number: int, of: int) -> tuple[str, str]:
    if territory == "01" and place.km > _STREET_KM and (place.name, number) not in _STILL_NOT_A_MINKU:
        return f"{place.name}{number}民区", f"{place.kana}{number_kana(number)}ミンク"
    if territory == "01" and of == 1:
        return f"{place.name}区", f"{place.kana}ク"
    return f"{place.name}{number}区", f"{place.kana}{number_kana(number)}ク"


_STILL_NOT_A_MINKU = {("滝沢", 1), ("三関", 1)}
"""Country districts that say 区 where their neighbours say 民区: names follow no rule without exceptions."""


def _through_numbers(territory: str) -> Iterator[tuple[str, str]] | None:
    if territory in _NUMBERED_THROUGH:
        return _run_of_numbers()
    return _numbers_with_sub_numbers() if territory == "04" else None


def _run_of_numbers() -> Iterator[tuple[str, str]]:
    number = 0
    while True:
        number += 1
        yield f"第{number}区", f"ダイ{number_kana(number)}ク"


def _numbers_with_sub_numbers() -> Iterator[tuple[str, str]]:
    number = 0
    while True:
        subs = _SUB_NUMBERS[number % len(_SUB_NUMBERS)]
        number += 1
        kana = number_kana(number)
        if subs == 1:
            yield f"{number}区", f"{kana}ク"
        else:
            for sub in range(1, subs + 1):
                yield f"{number}の{sub}区", f"{kana}ノ{number_kana(sub)}ク"
