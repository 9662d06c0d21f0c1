"""The month's proposal behind one function: which place on which day, in which order.

Simple but real: near places go together (a sweep around the office, then nearest neighbours within the day),
each worker gets only places of territories held, days are filled evenly. The same problem gives the same
proposal. An optimising planner can take its place without anything else noticing.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from crm.core.geo import Point, drive_seconds

CALL_SECONDS = 30 * 60
"""Time on the doorstep that the proposal reckons with (domain: a plain call takes about half an hour)."""

DAY_SECONDS = 7 * 3600
"""Time in the field on one day: 9:00-17:00 less an hour of lunch."""


@dataclass(frozen=True)
class DuePlace:
    """A place that is to be called on; without a position it still gets a day."""

    place_id: UUID
    territory_id: UUID
    point: Point | None
    months_late: int
    order: str
    until: date | None = None

    def is_open(self, day: date) -> bool:
        """Whether the place can be called on that day: `until` is the first day without it."""
        return self.until is None or day < self.until


@dataclass(frozen=True)
class FieldWorker:
    """A worker with the territories held and the days on which calls may be planned."""

    worker_id: UUID
    territories: frozenset[UUID]
    office: Point
    days: tuple[date, ...]


@dataclass(frozen=True)
class Kept:
    """A call that stands already and that the proposal leaves where it is."""

    place_id: UUID
    worker_id: UUID
    on: date


@dataclass(frozen=True)
class ProposedCall:
    """One call of the proposal; `position` counts from 0 within the worker's day."""

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


def propose(
    places: Sequence[DuePlace], workers: Sequence[FieldWorker], kept: Sequence[Kept] = ()
) -> Proposal:
    """Propose the calls of a month. Kept calls take up room on their days but are not part of the answer."""
    shares, orphans = _shares(places, workers)
    used: dict[tuple[UUID, date], int] = {}
    for call in kept:
        used[call.worker_id, call.on] = used.get((call.worker_id, call.on), 0) + 1
    calls: list[ProposedCall] = []
    left: list[UUID] = []
    for worker in workers:
        placed, over = _days_of(worker, shares[worker.worker_id], used)
        calls.extend(placed)
        left.extend(over)
    return Proposal(tuple(calls), tuple(orphans), tuple(left))


def _shares(
    places: Sequence[DuePlace], workers: Sequence[FieldWorker]
) -> tuple[Mapping[UUID, list[DuePlace]], list[UUID]]:
    """Give each place to the worker of its territory; of several, to the one with the lightest month so far."""
    shares: dict[UUID, list[DuePlace]] = {worker.worker_id: [] for worker in workers}
    orphans: list[UUID] = []
    for place in sorted(places, key=lambda p: (-p.months_late, str(p.territory_id), p.order)):
        able = [w for w in workers if place.territory_id in w.territories]
        if not able:
            orphans.append(place.place_id)
            continue
        worker = min(able, key=lambda w: (len(shares[w.worker_id]) / max(1, len(w.days)), str(w.worker_id)))
        shares[worker.worker_id].append(place)
    return shares, orphans


def _days_of(
    worker: FieldWorker, share: list[DuePlace], used: Mapping[tuple[UUID, date], int]
) -> tuple[list[ProposedCall], list[UUID]]:
    """Sweep around the office and cut the sweep into days of even load; what does not fit is left out.

    When the month is too short, the places that are least late are the ones left out.
    """
    rooms = {day: DAY_SECONDS - CALL_SECONDS * used.get((worker.worker_id, day), 0) for day in worker.days}
    most = sum(max(0, room) // CALL_SECONDS for room in rooms.values())
    urgent = sorted(share, key=lambda p: (-p.months_late, p.order))
    chosen, over = urgent[:most], [p.place_id for p in urgent[most:]]
    queue = sorted(chosen, key=lambda p: (_bearing(worker.office, p.point), p.order))
    even = math.ceil(len(queue) / max(1, len(worker.days)))
    taken: dict[date, list[DuePlace]] = {day: [] for day in worker.days}
    for most in (even, len(queue)):  # first share evenly, then fill what distance left empty
        for day in worker.days:
            queue = _fill(worker.office, day, taken[day], queue, rooms[day], most)
    calls = [
        ProposedCall(place.place_id, worker.worker_id, day, used.get((worker.worker_id, day), 0) + n)
        for day in worker.days
        for n, place in enumerate(taken[day])
    ]
    return calls, over + [p.place_id for p in queue]


def _fill(
    office: Point, day: date, taken: list[DuePlace], queue: list[DuePlace], room: int, most: int
) -> list[DuePlace]:
    """Add places of the queue to a day while time is left; returns what stays in the queue.

    A day begins with the first place of the sweep and goes on to the nearest of the next ones.
    """
    here, spent = office, 0
    for place in taken:
        spent += _drive(here, place.point) + CALL_SECONDS
        here = place.point or here
    near = [place for place in queue if place.is_open(day)][: max(most * 2, 1)]
    while near and len(taken) < most:
        nearest = near[0] if not taken else min(near, key=lambda p: _drive(here, p.point))
        near.remove(nearest)
        there = nearest.point or here
        leg = _drive(here, there) + CALL_SECONDS
        if spent + leg + _drive(there, office) > room:
            if taken:
                break  # the nearest no longer fits: the day is full
            continue  # too far for any day by itself: the others shall not wait for it
        taken.append(nearest)
        here, spent = there, spent + leg
    gone = {place.place_id for place in taken}
    return [place for place in queue if place.place_id not in gone]


def _drive(a: Point, b: Point | None) -> int:
    return 0 if b is None else int(drive_seconds(a, b))


def _bearing(office: Point, point: Point | None) -> float:
    if point is None:
        return math.inf
    return math.atan2(point.lat - office.lat, (point.lon - office.lon) * math.cos(math.radians(office.lat)))
