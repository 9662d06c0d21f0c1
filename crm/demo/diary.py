"""When the workers of the sample centre are where: days out on the round, days in the office, evenings at meetings."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from random import Random
from uuid import UUID

from crm.core.months import Month
from crm.demo.chance import pick
from crm.demo.shapes import Outcome, WayCode
from crm.demo.stops import Stop
from crm.visits.calendar import is_closed

MORNING, LUNCH, AFTERNOON, EVENING = 9 * 60 + 30, 11 * 60 + 50, 13 * 60, 16 * 60 + 40
"""Minutes after midnight: first call, noon break, and the last time at which a call by day begins."""

_OBON = ((8, 13), (8, 16))


@dataclass(slots=True)
class Draft:
    """A contact before it is written up. `starts` counts minutes after midnight."""

    on: date
    starts: int | None
    minutes: int | None
    way: WayCode
    worker: UUID
    stop: Stop | None
    met: Outcome
    attendance: int | None = None


class Diary:
    """One month's diary of all workers, so that nobody is in two places at once."""

    def __init__(self, source: Random, month: Month) -> None:
        self._source = source
        open_days = days_open(month)
        self.days: Sequence[date] = [day for day in open_days if not _is_obon(day)]
        self._days_off = [day for day in month.days() if day not in open_days and not _is_year_end(day)]
        self._free: dict[UUID, list[date]] = {}
        self._clock: dict[tuple[UUID, date], int] = {}
        self._evenings: set[tuple[UUID, date]] = set()

    def day_out(self, worker: UUID, *, early: bool) -> date:
        """Take a whole day for a round: one of the first working days for the hubs, else rather early than late."""
        free = self._free.get(worker)
        if not free:  # a town larger than life asks for more days than there are
            free = self._free[worker] = list(self.days)
        reach = max(1, len(free) // 3) if early else len(free)
        return free.pop(int(reach * self._source.random() ** 1.2))

    def in_the_office(self, worker: UUID, minutes: int) -> tuple[date, int | None]:
        """Find a day without a round, and a time on it if one is left."""
        source = self._source
        day = pick(source, self._free.get(worker) or self.days)
        starts = self._clock.get((worker, day), MORNING) + _fives(source, 0, 150)
        if LUNCH <= starts < AFTERNOON:
            starts = AFTERNOON + _fives(source, 0, 40)
        if starts > EVENING:
            return day, None
        self._clock[worker, day] = starts + minutes + _fives(source, 5, 30)
        return day, starts

    def evening_or_weekend(self, worker: UUID, *, weekend: bool) -> tuple[date, int]:
        """Find a time for a meeting: after work, or by day when others are free."""
        source = self._source
        day = pick(source, self._days_off if weekend else self.days)
        for _ in range(3):
            if (worker, day) not in self._evenings:
                break
            day = pick(source, self._days_off if weekend else self.days)
        self._evenings.add((worker, day))
        return day, pick(source, (600, 600, 810, 540) if weekend else (1080, 1110, 1110, 1140, 1140))


@cache
def days_open(month: Month) -> tuple[date, ...]:
    """Give the working days of a month (kept: telling a public holiday takes the library a millisecond)."""
    return tuple(day for day in month.days() if not is_closed(day))


def along_the_way(
    source: Random, day: date, worker: UUID, stops: Sequence[tuple[Stop, Outcome]]
) -> list[Draft]:
    """Give the calls of a round their times, with the way between them and the noon break."""
    drafts = []
    clock = MORNING + _fives(source, -15, 20)
    for stop, met in stops:
        if met == "cancelled":
            drafts.append(Draft(day, None, None, "regular", worker, stop, met))
            continue
        if LUNCH <= clock < AFTERNOON:
            clock = AFTERNOON + _fives(source, 0, 20)
        minutes = 5 if met == "absent" else pick(source, (10, 15, 15, 20, 20, 25, 30, 30, 35, 40, 45, 60))
        starts = clock if clock <= EVENING + 20 else None
        drafts.append(Draft(day, starts, minutes, "regular", worker, stop, met))
        clock += minutes + _fives(source, 5, 25)
    return drafts


def _fives(source: Random, low: int, high: int) -> int:
    return low + 5 * int(source.random() * ((high - low) // 5 + 1))


def _is_obon(day: date) -> bool:
    """Nobody is called on while families are together for the Bon festival."""
    return _OBON[0] <= (day.month, day.day) <= _OBON[1]


def _is_year_end(day: date) -> bool:
    return (day.month, day.day) >= (12, 29) or (day.month, day.day) <= (1, 3)
