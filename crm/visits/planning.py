"""The month's proposal behind one function: which place on which day, in which order.

Simple but real: near places go together (a sweep around the office, then nearest neighbours within the day),
each worker gets only places of territories held on that day, days are filled evenly. The same problem gives the same
proposal, and a month that was proposed already gets nothing more. An optimising planner can take its place
without anything else noticing.
"""

import math
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from functools import cached_property
from uuid import UUID

from crm.core.geo import Point, drive_seconds
from crm.core.months import Month

CALL_SECONDS = 30 * 60
"""Time on the doorstep that the proposal reckons with (domain: a plain call takes about half an hour)."""

WORTH_A_DAY = 4
"""Calls that make a day of driving worth while; fewer a day only where a month has no more of them near."""

DAY_SECONDS = 7 * 3600
"""Time in the field on one day: 9:00-17:00 less an hour of lunch."""

LOOKED_AT = 60
"""Places of the sweep that are looked at for what is left of a day: the nearest is hardly ever further on."""


@dataclass(frozen=True)
class DuePlace:
    """A place that is to be called on; without a position it still gets a day."""

    place_id: UUID
    territory_id: UUID
    point: Point | None
    months_late: int
    order: str
    until: date | None = None
    since: date = date.min

    def is_open(self, day: date) -> bool:
        """Whether the place can be called on that day: `since` is its first day, `until` the first without it."""
        return self.since <= day and (self.until is None or day < self.until)


@dataclass(frozen=True)
class Holding:
    """A territory that a worker holds from `since` on, until before `until`."""

    territory_id: UUID
    since: date
    until: date

    def holds_on(self, day: date) -> bool:
        """Whether the territory is held on that day."""
        return self.since <= day < self.until


@dataclass(frozen=True)
class FieldWorker:
    """A worker with the territories held, and when, and the days on which calls may be planned."""

    worker_id: UUID
    holdings: tuple[Holding, ...]
    office: Point
    days: tuple[date, ...]

    def holds(self, territory_id: UUID, day: date) -> bool:
        """Whether the worker holds a territory on a day."""
        return any(one.territory_id == territory_id and one.holds_on(day) for one in self.holdings)

    def answers_for(self, place: DuePlace) -> bool:
        """Whether a place is open while the worker holds its territory, be it only on days without calls."""
        return any(
            one.territory_id == place.territory_id
            and place.since < one.until
            and (place.until is None or one.since < place.until)
            for one in self.holdings
        )

    @cached_property
    def days_in(self) -> Mapping[UUID, tuple[date, ...]]:
        """The days on which calls may be planned in each territory; one without such days is not named."""
        held = dict.fromkeys(one.territory_id for one in self.holdings)
        days = {one: tuple(day for day in self.days if self.holds(one, day)) for one in held}
        return {one: some for one, some in days.items() if some}


@dataclass(frozen=True)
class Kept:
    """A call that stands already and that the proposal leaves where it is."""

    place_id: UUID
    worker_id: UUID
    on: date
    position: int = 0
    point: Point | None = None


@dataclass(frozen=True)
class ProposedCall:
    """One call of the proposal; `position` is its place in the order of the worker's day."""

    place_id: UUID
    worker_id: UUID
    on: date
    position: int


@dataclass(frozen=True)
class Proposal:
    """Calls, and the places that found none: no worker holds their territory, or no time was left."""

    calls: tuple[ProposedCall, ...]
    no_worker: tuple[UUID, ...]
    no_time: tuple[UUID, ...]


@dataclass(frozen=True)
class Newcomer:
    """A place where nobody had been met when it became `known` to the plan: its first call waits for its turn."""

    place_id: UUID
    territory_id: UUID
    point: Point | None
    order: str
    every_months: int
    known: Month


def first_turns(newcomers: Iterable[Newcomer]) -> dict[UUID, Month]:
    """The month in which each newcomer comes up for the first time.

    Those of one territory that became known in the same month are shared out evenly over their interval, in strips
    across the longer side of where they lie, so that near ones come up together. One alone comes up at once.
    """
    cohorts: dict[tuple[UUID, int, Month], list[Newcomer]] = {}
    for one in newcomers:
        cohorts.setdefault((one.territory_id, one.every_months, one.known), []).append(one)
    turns: dict[UUID, Month] = {}
    for (_territory, every, known), cohort in cohorts.items():
        along = _longer_side([one.point for one in cohort if one.point is not None])
        in_line = sorted(cohort, key=lambda one: (along(one.point), one.order, str(one.place_id)))
        for number, one in enumerate(in_line):
            turns[one.place_id] = known.plus(number * every // len(in_line))
    return turns


def _longer_side(points: Sequence[Point]) -> Callable[[Point | None], float]:
    """How far along a place lies, west to east or south to north, whichever is longer; last without a position."""
    if not points:
        return lambda _point: math.inf
    lats, lons = [p.lat for p in points], [p.lon for p in points]
    narrower = math.cos(math.radians(lats[0]))
    if (max(lons) - min(lons)) * narrower > max(lats) - min(lats):
        return lambda point: math.inf if point is None else point.lon
    return lambda point: math.inf if point is None else point.lat


@dataclass
class _Day:
    """One worker's day while it fills: where it has come to, and the time spent until there."""

    on: date
    office: Point
    here: Point
    territories: frozenset[UUID]
    spent: int = 0
    stops: int = 0
    next_position: int = 0
    added: list[tuple[DuePlace, int]] = field(default_factory=list)

    @property
    def room(self) -> int:
        """How many more calls there is time for, if nobody had to drive."""
        return max(0, DAY_SECONDS - self.spent) // CALL_SECONDS

    def takes(self, place: DuePlace) -> bool:
        """Whether the place's territory is held on this day, and the place is open."""
        return place.territory_id in self.territories and place.is_open(self.on)

    def go(self, point: Point | None) -> None:
        self.spent += self.leg(point)
        self.here, self.stops = point or self.here, self.stops + 1

    def leg(self, point: Point | None) -> int:
        return _drive(self.here, point) + CALL_SECONDS

    def has_time_for(self, point: Point | None) -> bool:
        """Whether there is time to go there, stay for a call and drive home."""
        return self.spent + self.leg(point) + _drive(point or self.here, self.office) <= DAY_SECONDS

    def add(self, place: DuePlace) -> None:
        self.go(place.point)
        self.added.append((place, self.next_position))
        self.next_position += 1


def propose(
    places: Sequence[DuePlace], workers: Sequence[FieldWorker], kept: Sequence[Kept] = ()
) -> Proposal:
    """Propose the calls of a month. Kept calls take up room on their days but are not part of the answer.

    A place is called on by whoever holds its territory on that day. It goes on until no place finds room any more
    with anybody who might call on it, so that proposing again beside its own calls adds none.
    """
    points = {place.place_id: place.point for place in places}
    holders = _by_territory(workers)
    able = {place.place_id: _able(place, holders.get(place.territory_id, ())) for place in places}
    standing: dict[UUID, list[Kept]] = {}
    for one in kept:
        standing.setdefault(one.worker_id, []).append(one)
    tried: set[tuple[UUID, UUID]] = set()
    calls: list[ProposedCall] = []
    left = list(places)
    while shares := _shares(left, able, tried):
        placed = [
            call
            for worker, share in shares
            for call in _calls_of(worker, share, standing.get(worker.worker_id, ()))
        ]
        calls += placed
        for c in placed:
            made = Kept(c.place_id, c.worker_id, c.on, c.position, points[c.place_id])
            standing.setdefault(c.worker_id, []).append(made)
        found = {call.place_id for call in placed}
        left = [place for place in left if place.place_id not in found]
        if placed:
            tried.clear()
        else:
            tried |= {(worker.worker_id, place.place_id) for worker, share in shares for place in share}
    lost = _without_holder(left, able, holders)
    late_first = sorted(left, key=_urgency)
    no_time = tuple(place.place_id for place in late_first if place.place_id not in lost)
    return Proposal(tuple(calls), tuple(lost), no_time)


def _urgency(place: DuePlace) -> tuple[int, str, str]:
    return -place.months_late, place.order, str(place.place_id)


def _by_territory(workers: Iterable[FieldWorker]) -> Mapping[UUID, list[FieldWorker]]:
    """Those who hold each territory at some time of the month."""
    holders: dict[UUID, list[FieldWorker]] = {}
    for worker in workers:
        for territory_id in {one.territory_id for one in worker.holdings}:
            holders.setdefault(territory_id, []).append(worker)
    return holders


def _able(place: DuePlace, holders: Iterable[FieldWorker]) -> list[FieldWorker]:
    """Those of its holders who hold the place's territory on a day on which it can be called on."""
    return [w for w in holders if any(place.is_open(day) for day in w.days_in.get(place.territory_id, ()))]


def _without_holder(
    places: Iterable[DuePlace],
    able: Mapping[UUID, Sequence[FieldWorker]],
    holders: Mapping[UUID, Sequence[FieldWorker]],
) -> dict[UUID, None]:
    """Places whose territory nobody holds while they are open, in order."""
    return {
        place.place_id: None
        for place in sorted(places, key=_late_first)
        if not able[place.place_id]
        and not any(worker.answers_for(place) for worker in holders.get(place.territory_id, ()))
    }


def _late_first(place: DuePlace) -> tuple[int, str, str, str]:
    return -place.months_late, str(place.territory_id), place.order, str(place.place_id)


def _shares(
    places: Iterable[DuePlace],
    able: Mapping[UUID, Sequence[FieldWorker]],
    tried: Collection[tuple[UUID, UUID]],
) -> list[tuple[FieldWorker, list[DuePlace]]]:
    """Give each place to somebody able; of several, to the one with the lightest days there so far.

    `tried` are pairs of worker and place that found no room as everything stands now.
    """
    shares: dict[UUID, tuple[FieldWorker, list[DuePlace]]] = {}
    for place in sorted(places, key=_late_first):
        candidates = [w for w in able[place.place_id] if (w.worker_id, place.place_id) not in tried]
        if not candidates:
            continue
        several = [shares.setdefault(w.worker_id, (w, [])) for w in candidates]
        _worker, share = min(
            several,
            key=lambda one: (len(one[1]) / len(one[0].days_in[place.territory_id]), str(one[0].worker_id)),
        )
        share.append(place)
    return sorted(
        ((w, share) for w, share in shares.values() if share), key=lambda one: str(one[0].worker_id)
    )


def _calls_of(worker: FieldWorker, share: Sequence[DuePlace], standing: Sequence[Kept]) -> list[ProposedCall]:
    """Sweep around the office and cut the sweep into days (see `_loads`); what does not fit is left out.

    When the month is too short, the places that are least late are the ones left out.
    """
    days = _days_so_far(worker, standing)
    chosen = _chosen(share, days)
    queue = sorted(chosen, key=lambda p: (_bearing(worker.office, p.point), p.order, str(p.place_id)))
    loads = _loads(worker, queue, days)
    for day in days:
        if most := loads.get(day.on, 0):
            queue = _fill(day, queue, most, look_at=most * 2)
    for day in days:  # what distance left empty
        queue = _fill(day, queue, day.stops + len(queue), look_at=LOOKED_AT)
    return [
        ProposedCall(place.place_id, worker.worker_id, day.on, position)
        for day in days
        for place, position in day.added
    ]


def _chosen(share: Iterable[DuePlace], days: Sequence[_Day]) -> list[DuePlace]:
    """The most urgent places for which there may be room, on the days on which their territory is held."""
    room = {
        territory_id: sum(day.room for day in days if territory_id in day.territories)
        for territory_id in {place.territory_id for place in share}
    }
    most = sum(day.room for day in days)
    chosen: list[DuePlace] = []
    for place in sorted(share, key=_urgency):
        if room[place.territory_id] and len(chosen) < most:
            room[place.territory_id] -= 1
            chosen.append(place)
    return chosen


def _loads(worker: FieldWorker, queue: Sequence[DuePlace], days: Sequence[_Day]) -> Mapping[date, int]:
    """How many calls the days are to have: evenly spread, and in a light month only every so many days some.

    A few calls on every day would be a drive on every day. Where territories change hands within the month, the
    days differ too much to leave some out.
    """
    even = _even_loads(worker, queue, days)
    light = max(even.values(), default=0) < WORTH_A_DAY
    if not light or len({day.territories for day in days}) > 1:
        return even
    wanted = -(-(len(queue) + sum(day.stops for day in days)) // WORTH_A_DAY)
    return {day.on: WORTH_A_DAY for day in days[:: max(1, len(days) // max(wanted, 1))]}


def _even_loads(worker: FieldWorker, places: Iterable[DuePlace], days: Sequence[_Day]) -> Mapping[date, int]:
    """How many calls a day has when those of each territory are spread over the days on which it is held."""
    a_day = {
        territory_id: Fraction(count, len(worker.days_in[territory_id]))
        for territory_id, count in Counter(place.territory_id for place in places).items()
    }
    standing = sum(day.stops for day in days)
    return {
        day.on: math.ceil(Fraction(standing, len(days)) + sum(a_day.get(one, 0) for one in day.territories))
        for day in days
    }


def _days_so_far(worker: FieldWorker, standing: Sequence[Kept]) -> list[_Day]:
    """The worker's days with the calls that stand on them."""
    days = {
        on: _Day(
            on, worker.office, worker.office, frozenset(t for t, held in worker.days_in.items() if on in held)
        )
        for on in worker.days
    }
    mine = [call for call in standing if call.on in days]
    for call in sorted(mine, key=lambda one: (one.position, str(one.place_id))):
        days[call.on].go(call.point)
        days[call.on].next_position = call.position + 1
    return list(days.values())


def _fill(day: _Day, queue: list[DuePlace], most: int, *, look_at: int) -> list[DuePlace]:
    """Add places of the queue to a day while time is left and it has fewer than `most`; returns what stays.

    A day begins with the first place of the sweep and goes on to the nearest of the next ones.
    """
    near = [place for place in queue if day.takes(place)][: max(look_at, 1)]
    taken: set[UUID] = set()
    while near and day.stops < most:
        nearest = min(near, key=lambda p: _drive(day.here, p.point)) if day.stops else near[0]
        near.remove(nearest)
        if day.has_time_for(nearest.point):
            day.add(nearest)
            taken.add(nearest.place_id)
        elif day.stops:
            break  # the nearest no longer fits: the day is full
        # else it is too far for any day by itself: the others shall not wait for it
    return [place for place in queue if place.place_id not in taken]


def _drive(a: Point, b: Point | None) -> int:
    return 0 if b is None else int(drive_seconds(a, b))


def _bearing(office: Point, point: Point | None) -> float:
    if point is None:
        return math.inf
    return math.atan2(point.lat - office.lat, (point.lon - office.lon) * math.cos(math.radians(office.lat)))
