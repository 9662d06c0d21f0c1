"""Heads of districts and centres with their terms: mostly from April to March, some re-elected, some holding two posts."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from random import Random
from uuid import UUID

from crm.core.ids import seeded_ids
from crm.core.months import FiscalYear, Month
from crm.demo.chance import Weighted, pick, stream
from crm.demo.names import full_name, surname, surname_of
from crm.demo.shapes import Channel, DistrictRow, FacilityRow, PersonRow, PostRow, TermRow

_TERM_YEARS = 2
_REELECTED = 0.62
_ENDS_EARLY = 0.015
_ONE_PERSON_TWO_POSTS = 0.45
_CALLED_ON_THE_COMMISSIONED = 0.3
_HAS_SECRETARY = 0.25
_TIMES = (1, 1, 1, 2, 2, 3, 4, 5)  # 期数 of those in office when the period begins
_Families = tuple[tuple[str, str], ...]
_CHANNELS: Weighted[Channel] = Weighted(
    (("phone", 45), ("fax", 17), ("visit", 14), ("line", 10), ("mail", 8), ("post", 6))
)

APPOINTED = ("区長", "クチョウ")
SECRETARY = ("事務局長", "ジムキョクチョウ")
CENTRE_HEAD = ("センター長", "センターチョウ")
ELECTED = {
    "01": ("自治会長", "ジチカイチョウ"),
    "02": ("集落公民館長", "シュウラクコウミンカンチョウ"),
    "03": ("自治会長", "ジチカイチョウ"),
    "04": ("自治会長", "ジチカイチョウ"),
    "05": ("自治振興会長", "ジチシンコウカイチョウ"),
    "06": ("自治会長", "ジチカイチョウ"),
    "07": ("自治会長", "ジチカイチョウ"),
    "08": ("自治会長", "ジチカイチョウ"),
}
"""What the chosen head is called by town; in the country districts of 一関 it is 民区長."""

HEAD_OF_A_MINKU = ("民区長", "ミンクチョウ")


@dataclass(frozen=True, slots=True)
class Head:
    """Who is called on at a place, from a day until before another."""

    from_on: date
    to_on: date
    person_id: UUID
    label: str


@dataclass(frozen=True, slots=True)
class People:
    """Everybody who holds or held a post, the titles, the terms, and whom one calls on at a place."""

    people: tuple[PersonRow, ...]
    posts: tuple[PostRow, ...]
    terms: tuple[TermRow, ...]
    heads: dict[UUID, tuple[Head, ...]]


def build_people(
    seed: int,
    first_month: Month,
    today: date,
    districts: tuple[DistrictRow, ...],
    facilities: tuple[FacilityRow, ...],
) -> People:
    """Fill the posts of all places for the whole period, including the terms that ran when it began."""
    hall = _Hall(seed, first_month, today)
    for district in districts:
        hall.fill_district(district)
    for facility in facilities:
        if facility.kind == "community_centre":
            hall.fill_centre(facility)
    return People(tuple(hall.people), _posts(), tuple(hall.terms), hall.heads)


def elected_title(district: DistrictRow) -> tuple[str, str]:
    """Give the title, and its reading, of the head whom the residents chose."""
    if district.territory == "01" and district.name.endswith("民区"):
        return HEAD_OF_A_MINKU
    return ELECTED[district.territory]


def _posts() -> tuple[PostRow, ...]:
    rows = []
    for territory, elected in ELECTED.items():
        titles = [APPOINTED, elected, SECRETARY]
        if territory == "01":
            titles.insert(2, HEAD_OF_A_MINKU)
        rows += [PostRow(territory, title, kana, "district") for title, kana in titles]
        rows.append(PostRow(territory, *CENTRE_HEAD, "facility"))
    return tuple(rows)


class _Hall:
    """The hall in which posts are filled."""

    def __init__(self, seed: int, first_month: Month, today: date) -> None:
        self.first_month = first_month
        self.today = today
        self.people: list[PersonRow] = []
        self.terms: list[TermRow] = []
        self.heads: dict[UUID, tuple[Head, ...]] = {}
        self._source = stream(seed, "people")
        self._new_id = seeded_ids(stream(seed, "people", "ids"), datetime(2005, 9, 20, tzinfo=UTC))

    def fill_district(self, district: DistrictRow) -> None:
        source = self._source
        families = (surname(source), surname(source), surname(source))
        begin, end = self._span(district.opened_on, district.closed_on)
        appointed, elected = APPOINTED[0], elected_title(district)[0]
        if source.random() < _ONE_PERSON_TWO_POSTS:
            heads = self._fill(district.id, families, (appointed, elected), begin, end)
        else:
            commissioned = self._fill(district.id, families, (appointed,), begin, end)
            chosen = self._fill(district.id, families, (elected,), begin, end)
            heads = commissioned if source.random() < _CALLED_ON_THE_COMMISSIONED else chosen
        if source.random() < _HAS_SECRETARY:
            self._fill(district.id, families, (SECRETARY[0],), begin, end)
        self.heads[district.id] = heads

    def fill_centre(self, facility: FacilityRow) -> None:
        begin, end = self._span(self.first_month.first.replace(year=self.first_month.year - 3), None)
        families = (surname(self._source), surname(self._source), surname(self._source))
        self.heads[facility.id] = self._fill(facility.id, families, (CENTRE_HEAD[0],), begin, end)

    def _fill(
        self, place_id: UUID, families: _Families, titles: tuple[str, ...], begin: date, end: date | None
    ) -> tuple[Head, ...]:
        heads = []
        for person, first, after, number in self._succession(families, begin, end):
            to_on = None if after > self.today else after
            self.terms += [TermRow(person.id, place_id, title, first, to_on, number) for title in titles]
            heads.append(Head(first, after, person.id, f"{'・'.join(titles)} {surname_of(person.name)}さん"))
        return tuple(heads)

    def _succession(
        self, families: _Families, begin: date, end: date | None
    ) -> Iterator[tuple[PersonRow, date, date, int]]:
        """Give who held a post, from when until before when, for which time: without gaps, up to today or the end."""
        source = self._source
        person, number = self._person(families), pick(source, _TIMES)
        first = begin
        while first <= self.today and (end is None or first < end):
            after = FiscalYear.of(first).plus(_TERM_YEARS).first
            if early := source.random() < _ENDS_EARLY:
                after = min(after, first + timedelta(days=60 + int(600 * source.random())))
            after = min(after, end or after)
            yield person, first, after, number
            first = after
            if not early and source.random() < _REELECTED:
                number += 1
            elif first <= self.today and (end is None or first < end):
                person, number = self._person(families), 1

    def _span(self, opened_on: date, closed_on: date | None) -> tuple[date, date | None]:
        """When the first term began, up to two years before the period, and when the last one must end."""
        years_before = pick(self._source, (0, 1))
        begin = max(opened_on, FiscalYear.of(self.first_month).plus(-years_before).first)
        return begin, closed_on

    def _person(self, families: _Families) -> PersonRow:
        source = self._source
        family = pick(source, families) if source.random() < 0.7 else surname(source)
        name, kana = full_name(source, family)
        channel = _CHANNELS.draw(source)
        has_fax = channel == "fax" or source.random() < 0.3
        has_mail = channel == "mail" or source.random() < 0.18
        mobile = source.random() < 0.5
        person = PersonRow(
            id=self._new_id(),
            name=name,
            kana=kana,
            phone=_number(source, "090") if mobile else _number(source, "0191"),
            fax=_number(source, "0191") if has_fax else None,
            mail=f"sample{len(self.people) + 1}@example.jp" if has_mail else None,
            channel=channel,
        )
        self.people.append(person)
        return person


def _number(source: Random, prefix: str) -> str:
    """Invent a telephone number that nobody can have: local parts beginning with 0 are not given out."""
    digits = int(source.random() * 100_000)
    if prefix == "0191":
        return f"0191-0{digits // 10_000}-{digits % 10_000:04d}"
    return f"{prefix}-00{int(source.random() * 100):02d}-{digits % 10_000:04d}"
