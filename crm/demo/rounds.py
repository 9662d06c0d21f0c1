"""The monthly round of the sample centre, and all the contacts beside it: hubs every month, districts about every third."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from itertools import groupby
from random import Random
from uuid import UUID

from crm.core.months import Month
from crm.demo.chance import Weighted, pick
from crm.demo.diary import Diary, Draft, along_the_way
from crm.demo.shapes import Outcome, WayCode
from crm.demo.staff import Staff
from crm.demo.stops import Stop

_TAKEN = (0.88, 0.88, 0.9, 0.92, 0.88, 0.93, 0.93, 0.88, 0.92, 0.91, 0.93, 0.91)
"""How many of the districts that are due are called on, from January: less in snow, at planting and at Bon."""

_AT_MOST = 145  # districts a month that the staff can reach; the others wait
_NEXT = Weighted(((3, 80), (2, 8), (4, 12)))
_QUIET, _QUIET_TAKEN = 0.05, 0.3  # places where one asks to be left alone for a while, and it is well so
_OUTCOMES: Weighted[Outcome] = Weighted((("met", 89), ("absent", 8), ("cancelled", 3)))
_HUB_OUTCOMES: Weighted[Outcome] = Weighted((("met", 96), ("absent", 2), ("cancelled", 2)))
_ROUND_OF_HUBS = 6
_ROUND_SIZES = (4, 5, 5, 6, 6, 7)
_BY_DEPUTY = defaultdict(lambda: 0.15, {"01": 0.45})
"""Share of rounds that a deputy makes: the largest town is more than one person can walk."""

_BESIDE: tuple[tuple[WayCode, float], ...] = (
    ("extra", 5.5),
    ("meeting", 8),
    ("interview", 2),
    ("desk", 6),
    ("phone", 6.5),
    ("message", 2.6),
    ("online", 0.8),
)
"""Contacts a month beside the round, by way, in a town of 453 districts."""


class Rounds:
    """Makes the drafts of one month after the other; months must be asked for in order."""

    def __init__(
        self,
        source: Random,
        staff: Staff,
        first_month: Month,
        districts: Sequence[Stop],
        hubs: Sequence[Stop],
        scale: int,
    ) -> None:
        self._source = source
        self._staff = staff
        self._districts = districts
        self._hubs = sorted(hubs, key=lambda stop: (stop.territory, stop.number))
        self._scale = scale
        self._first_month = first_month
        self._due: defaultdict[int, list[int]] = defaultdict(list)
        self._quiet = [source.random() < _QUIET for _ in districts]
        for number, stop in enumerate(districts):
            if stop.opened_on <= first_month.first:
                self._due[_first_turn(source, number)].append(number)
            else:
                self._due[first_month.until(Month.of(stop.opened_on)) + pick(source, (1, 2))].append(number)

    def month(self, month: Month) -> list[Draft]:
        """Give the contacts of a whole month, in order of time."""
        diary = Diary(self._source, month)
        drafts: list[Draft] = []
        for stops in _chunks(self._hubs, lambda: _ROUND_OF_HUBS):
            drafts += self._round(diary, month, stops, _HUB_OUTCOMES, early=True)
        for stops in _chunks(self._called_on(month), lambda: pick(self._source, _ROUND_SIZES)):
            drafts += self._round(diary, month, stops, _OUTCOMES, early=False)
        for way, mean in _BESIDE:
            for _ in range(round(self._scale * mean * (0.8 + 0.4 * self._source.random()))):
                drafts.append(self._beside(diary, month, way))
        drafts = [draft for draft in drafts if draft.stop is None or draft.stop.is_open(draft.on)]
        drafts.sort(key=lambda draft: (draft.on, 1440 if draft.starts is None else draft.starts))
        return drafts

    def _called_on(self, month: Month) -> list[Stop]:
        """Settle which districts are called on this month, and when their turn comes again."""
        now = self._first_month.until(month)
        due = sorted(self._due.pop(now, ()))
        taken = min(_TAKEN[month.month - 1], _AT_MOST * self._scale / max(1, len(due)))
        stops = []
        for number in due:
            stop = self._districts[number]
            if stop.closed_on is not None and stop.closed_on <= month.first:
                continue
            if self._source.random() < (_QUIET_TAKEN if self._quiet[number] else taken):
                stops.append(stop)
                self._due[now + _NEXT.draw(self._source)].append(number)
            else:
                self._due[now + 1].append(number)
        return stops

    def _round(
        self, diary: Diary, month: Month, stops: Sequence[Stop], outcomes: Weighted[Outcome], *, early: bool
    ) -> list[Draft]:
        worker = self._worker(stops[0].territory, month)
        day = diary.day_out(worker, early=early)
        return along_the_way(
            self._source, day, worker, [(stop, outcomes.draw(self._source)) for stop in stops]
        )

    def _worker(self, territory: str, month: Month) -> UUID:
        """Who makes a round: the holder, or a deputy (of several, mostly the last one named)."""
        deputies = self._staff.deputies(territory, month.first)
        if deputies and self._source.random() < _BY_DEPUTY[territory]:
            return deputies[-1] if self._source.random() < 0.6 else pick(self._source, deputies)
        return self._staff.holder(territory, month.first)

    def _beside(self, diary: Diary, month: Month, way: WayCode) -> Draft:
        source = self._source
        stop = self._stop_for(way)
        if stop is None or way == "desk":
            worker = pick(source, self._staff.at_work(month.first))
        else:
            worker = self._worker(stop.territory, month)
        attendance = None
        starts: int | None
        if way == "meeting":
            weekend = source.random() < (0.45 if month.month in (2, 3, 4, 7, 8, 9) else 0.2)
            day, starts = diary.evening_or_weekend(worker, weekend=weekend)
            minutes = pick(source, (60, 75, 90, 90, 105, 120))
            attendance = int(source.triangular(5, 48, 12))
        else:
            minutes = pick(source, _MINUTES[way])
            day, starts = diary.in_the_office(worker, minutes)
        if way == "message":
            return Draft(day, None, None, way, worker, stop, "met")
        return Draft(day, starts, minutes, way, worker, stop, "met", attendance)

    def _stop_for(self, way: WayCode) -> Stop | None:
        source = self._source
        if source.random() < _WITHOUT_PLACE.get(way, 0.0):
            return None
        if way in ("meeting", "interview") and source.random() < 0.35:
            return pick(source, [stop for stop in self._hubs if stop.kind == "centre"])
        return pick(source, self._districts)


_MINUTES: dict[WayCode, tuple[int, ...]] = {
    "extra": (20, 30, 30, 40, 45, 60),
    "interview": (90, 120, 120, 120),
    "desk": (15, 20, 30, 30, 45, 60, 90),
    "phone": (5, 5, 10, 10, 15, 20),
    "message": (5,),
    "online": (30, 45, 60),
}
_WITHOUT_PLACE: dict[WayCode, float] = {"desk": 0.75, "phone": 0.15, "message": 0.2, "online": 0.5}


def _first_turn(source: Random, number: int) -> int:
    """In which of the first three months a district is called on: neighbours mostly together, each month as many."""
    return pick(source, (0, 1, 2)) if source.random() < 0.15 else number // 5 % 3


def _chunks(stops: Sequence[Stop], size: Callable[[], int]) -> Iterator[list[Stop]]:
    """Cut the stops of every town into rounds of neighbours; a last one or two join the round before."""
    for _, group in groupby(stops, key=lambda stop: stop.territory):
        rest = list(group)
        while rest:
            count = size()
            if len(rest) - count <= 2:
                count = len(rest)
            yield rest[:count]
            rest = rest[count:]
