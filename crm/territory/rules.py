"""Decisions about dated places, on values and dates only."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from crm.core.kana import kana_key, search_key
from crm.core.problems import Problem
from crm.territory.models import Kind

HUBS = frozenset({Kind.COMMUNITY_CENTRE, Kind.BRANCH_OFFICE, Kind.OTHER_FACILITY})
FACILITIES = HUBS | {Kind.OWN_OFFICE}


@dataclass(frozen=True)
class Facts:
    """What is said of a place, without its dates: what an import or a form brings."""

    name: str
    territory_id: UUID
    code: str = ""
    kana: str = ""
    lat: float | None = None
    lon: float | None = None
    address: str = ""
    doors: int | None = None
    households: int | None = None
    resident_households: int | None = None
    population: int | None = None
    sections: int | None = None
    centre_id: UUID | None = None
    branch_id: UUID | None = None
    run_by: str = ""

    def columns(self) -> dict[str, Any]:
        """All columns of PlaceFacts that these facts fill, the derived ones included."""
        values: dict[str, Any] = dict(self.__dict__)
        values["kana_order"] = kana_key(self.kana, self.name)[:300]
        values["search_key"] = search_key(f"{self.name} {self.kana} {self.code}")[:300]
        return values


def stable_key(*, code: str, territory: str, name: str) -> str:
    """The key by which a repeated import knows a district or facility again: its code, else town and name."""
    return code or f"{territory}/{name}"


def neighbourhood_key(town: str, koaza: str = "") -> str:
    """The key of a neighbourhood: 大字 and 小字, for 15 of the city's 大字 names repeat with each of their 小字."""
    return f"{town}/{koaza}" if koaza else town


def neighbourhood_parts(key: str, name: str) -> tuple[str, str]:
    """大字 and 小字 of a neighbourhood; one that was given another name by hand is all 大字."""
    town, _slash, koaza = key.partition("/")
    return (town, koaza) if town + koaza == name else (name, "")


def holds_on(from_on: date, to_on: date | None, day: date) -> bool:
    """Whether what holds from `from_on` until before `to_on` holds on a day."""
    return from_on <= day and (to_on is None or day < to_on)


def last_day(to_on: date | None) -> date | None:
    """The last day of what holds until before `to_on`; None while no end is known."""
    return None if to_on is None else to_on - timedelta(days=1)


@dataclass(frozen=True)
class Vacancy:
    """Days on which nobody holds a territory: from one until before another; None: no holder is named yet."""

    from_on: date
    to_on: date | None

    @property
    def last_on(self) -> date | None:
        """The last day without a holder; None while no end is known."""
        return last_day(self.to_on)


def vacancies(held: Iterable[tuple[date, date | None]]) -> list[Vacancy]:
    """The stretches that holders leave open, in order; `held` are theirs. What was before the first is none."""
    found: list[Vacancy] = []
    stretches = sorted(held, key=lambda one: one[0])
    until = stretches[0][0] if stretches else None
    for from_on, to_on in stretches:
        if until is not None and until < from_on:
            found.append(Vacancy(until, from_on))
        until = None if until is None or to_on is None else max(until, to_on)
    if until is not None:
        found.append(Vacancy(until, None))
    return found


def check_change_day(day: date, *, opened_on: date, closed_on: date | None, latest_from: date) -> None:
    """A change comes after what is known: raises "before_opening", "already_closed", "later_facts_known".

    Facts that begin on the day itself are in the way too: they would have held for no day at all.
    """
    if day <= opened_on:
        raise Problem("before_opening", field="on", opened_on=opened_on)
    if closed_on is not None:
        raise Problem("already_closed", field="on", closed_on=closed_on)
    if day <= latest_from:
        raise Problem("later_facts_known", field="on", since=latest_from)


def check_parts(parts: list[str], known: set[str]) -> None:
    """Names of what a district is split into: at least two, none twice, none known in the territory."""
    if len(parts) < 2:
        raise Problem("split_needs_two", field="into")
    if len(set(parts)) != len(parts):
        raise Problem("name_twice", field="into")
    if taken := sorted(set(parts) & known):
        raise Problem("name_known", field="into", names=taken)


def summed(numbers: Iterable[int | None]) -> int | None:
    """Numbers of merged places together; unknown when any of them is unknown."""
    known = list(numbers)
    return None if None in known else sum(number or 0 for number in known)


def added_up(merged: Sequence[Facts], *, code: str, name: str, kana: str) -> Facts:
    """What is said of a place made of others: their counts together, the rest as said of the first."""
    return replace(
        merged[0],
        code=code,
        name=name,
        kana=kana,
        doors=summed(one.doors for one in merged),
        households=summed(one.households for one in merged),
        resident_households=summed(one.resident_households for one in merged),
        population=summed(one.population for one in merged),
        sections=summed(one.sections for one in merged),
    )


def without_numbers(facts: Facts) -> Facts:
    """The same facts with every head count unknown."""
    return replace(
        facts, doors=None, households=None, resident_households=None, population=None, sections=None
    )
