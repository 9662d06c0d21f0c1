from collections import Counter
from dataclasses import replace
from datetime import date, timedelta
from itertools import pairwise
from random import Random
from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as st

from crm.core.geo import Point, drive_seconds
from crm.core.months import Month
from crm.visits.planning import (
    CALL_SECONDS,
    DAY_SECONDS,
    DuePlace,
    FieldWorker,
    Holding,
    Kept,
    Newcomer,
    first_turns,
    propose,
)

OFFICE = Point(38.93, 141.13)
NORTH, SOUTH = UUID(int=1), UUID(int=2)
JUNE = Month(2026, 6)
DAYS = tuple(date(2026, 6, 1) + timedelta(days=n) for n in range(12))


def place(number: int, territory: UUID = NORTH, *, late: int = 0, random: Random | None = None) -> DuePlace:
    chance = random or Random(number)
    point = Point(38.93 + chance.uniform(-0.12, 0.12), 141.13 + chance.uniform(-0.12, 0.12))
    return DuePlace(UUID(int=1000 + number), territory, point, late, f"{number:04}")


def worker(number: int, *territories: UUID, days: tuple[date, ...] = DAYS) -> FieldWorker:
    holdings = tuple(Holding(one, date.min, date.max) for one in territories)
    return FieldWorker(UUID(int=number), holdings, OFFICE, days)


def in_turn(*spans: tuple[int, date, date]) -> list[FieldWorker]:
    """Workers who hold the north one after another, each (number) from a day until before another."""
    return [
        FieldWorker(
            UUID(int=number),
            (Holding(NORTH, since, until),),
            OFFICE,
            tuple(d for d in DAYS if since <= d < until),
        )
        for number, since, until in spans
    ]


def test_every_place_gets_one_call_with_somebody_who_holds_its_territory() -> None:
    places = [place(n, NORTH if n % 2 else SOUTH) for n in range(60)]
    made = propose(places, [worker(11, NORTH), worker(12, SOUTH)])
    assert Counter(c.place_id for c in made.calls) == Counter(p.place_id for p in places)
    territory = {p.place_id: p.territory_id for p in places}
    assert {(c.worker_id, territory[c.place_id]) for c in made.calls} == {
        (UUID(int=11), NORTH),
        (UUID(int=12), SOUTH),
    }


def test_a_territory_without_a_holder_is_told_of_and_not_planned() -> None:
    made = propose([place(1, SOUTH)], [worker(11, NORTH)])
    assert made.calls == ()
    assert made.no_worker == (UUID(int=1001),)


def test_when_time_is_short_the_places_least_late_are_left_out() -> None:
    places = [place(n, late=n) for n in range(40)]
    made = propose(places, [worker(11, NORTH, days=DAYS[:1])])
    taken = {c.place_id for c in made.calls}
    assert 0 < len(taken) < 40
    assert set(made.no_time) == {p.place_id for p in places} - taken
    assert UUID(int=1039) in taken
    assert UUID(int=1000) in set(made.no_time)


def test_no_day_is_longer_than_a_field_day() -> None:
    places = [place(n) for n in range(150)]
    made = propose(places, [worker(11, NORTH)])
    known = {p.place_id: p for p in places}
    for day in DAYS:
        here, spent = OFFICE, 0
        for call in sorted((c for c in made.calls if c.on == day), key=lambda c: c.position):
            there = known[call.place_id].point or OFFICE
            spent += drive_seconds(here, there) + CALL_SECONDS
            here = there
        assert spent + drive_seconds(here, OFFICE) <= DAY_SECONDS


def test_calls_that_stand_already_take_up_room() -> None:
    kept = [Kept(UUID(int=5000 + n), UUID(int=11), DAYS[0]) for n in range(14)]
    made = propose([place(1)], [worker(11, NORTH, days=DAYS[:1])], kept)
    assert made.no_time == (UUID(int=1001),)


def test_the_same_month_gives_the_same_proposal() -> None:
    places = [place(n) for n in range(80)]
    workers = [worker(11, NORTH), worker(12, NORTH)]
    assert propose(places, workers) == propose(list(reversed(places)), workers)


def test_near_places_go_together() -> None:
    """The sweep drives clearly less than the same calls handed out in the order of their names."""
    places = [place(n) for n in range(96)]
    by_name = sorted(places, key=lambda p: p.order)
    plain = [by_name[i : i + 8] for i in range(0, 96, 8)]
    made = propose(places, [worker(11, NORTH)])
    known = {p.place_id: p for p in places}
    swept = [
        [known[c.place_id] for c in sorted(made.calls, key=lambda c: c.position) if c.on == day]
        for day in DAYS
    ]
    assert drive(swept) < 0.6 * drive(plain)


def drive(days: list[list[DuePlace]]) -> int:
    total = 0
    for day in days:
        stops = [OFFICE, *(p.point or OFFICE for p in day), OFFICE]
        total += sum(drive_seconds(a, b) for a, b in pairwise(stops))
    return total


@settings(max_examples=25)
@given(st.integers(0, 10_000), st.integers(0, 70), st.integers(1, 4))
def test_no_place_is_lost_or_doubled(seed: int, count: int, workers: int) -> None:
    random = Random(seed)
    places = [
        place(n, random.choice([NORTH, SOUTH]), late=random.randrange(5), random=random) for n in range(count)
    ]
    staff = [worker(n, random.choice([NORTH, SOUTH]), days=DAYS[:3]) for n in range(workers)]
    made = propose(places, staff)
    told = [c.place_id for c in made.calls] + list(made.no_worker) + list(made.no_time)
    assert sorted(told) == sorted(p.place_id for p in places)


def test_one_place_too_far_away_does_not_empty_the_month() -> None:
    far = DuePlace(UUID(int=9999), NORTH, Point(37.0, 138.1), 12, "0000")
    made = propose([far, *(place(n) for n in range(40))], [worker(11, NORTH)])
    assert len(made.calls) == 40
    assert made.no_time == (far.place_id,)


def test_a_place_that_closes_is_called_on_before_its_last_day() -> None:
    closing = [replace(place(n), until=DAYS[3]) for n in range(20)]
    made = propose(closing, [worker(11, NORTH)])
    assert len(made.calls) == 20
    assert max(call.on for call in made.calls) < DAYS[3]


def test_a_place_that_opens_is_called_on_from_its_first_day_on() -> None:
    opening = [replace(place(n), since=DAYS[8]) for n in range(20)]
    made = propose([*opening, *(place(100 + n) for n in range(40))], [worker(11, NORTH)])
    days = {call.place_id: call.on for call in made.calls}
    assert all(days[one.place_id] >= DAYS[8] for one in opening)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 120), st.integers(1, 3))
def test_a_proposal_beside_its_own_calls_adds_none(seed: int, count: int, workers: int) -> None:
    random = Random(seed)
    places = [
        place(n, random.choice([NORTH, SOUTH]), late=random.randrange(5), random=random) for n in range(count)
    ]
    staff = [worker(n, random.choice([NORTH, SOUTH]), days=DAYS[:3]) for n in range(workers)]
    first = propose(places, staff)
    points = {one.place_id: one.point for one in places}
    kept = [Kept(c.place_id, c.worker_id, c.on, c.position, points[c.place_id]) for c in first.calls]
    found = {c.place_id for c in first.calls}
    second = propose([one for one in places if one.place_id not in found], staff, kept)
    assert second.calls == ()
    assert set(second.no_time) == set(first.no_time)


def newcomers(count: int, territory: UUID, *, every: int = 3, known: Month = JUNE) -> list[Newcomer]:
    several = [place(n, territory) for n in range(count)]
    return [Newcomer(p.place_id, territory, p.point, p.order, every, known) for p in several]


def test_newcomers_of_a_territory_are_shared_out_evenly_over_their_interval() -> None:
    turns = first_turns(newcomers(158, NORTH))
    assert Counter(turns.values()) == {JUNE: 53, JUNE.plus(1): 53, JUNE.plus(2): 52}


def test_newcomers_of_a_month_lie_side_by_side() -> None:
    several = newcomers(90, NORTH)
    turns = first_turns(several)
    strips = [
        [one.point for one in several if one.point and turns[one.place_id] == JUNE.plus(n)] for n in range(3)
    ]
    for side in ([p.lat for p in strip] for strip in strips), ([p.lon for p in strip] for strip in strips):
        first, second, third = side
        if max(first) <= min(second) and max(second) <= min(third):
            return
    raise AssertionError("the strips overlap both ways")


def test_the_turns_do_not_hang_on_the_order_in_which_places_are_read() -> None:
    several = newcomers(40, NORTH)
    assert first_turns(several) == first_turns(list(reversed(several)))


def test_a_newcomer_alone_comes_up_in_the_month_it_became_known() -> None:
    (one,) = newcomers(1, NORTH, known=JUNE.plus(4))
    assert first_turns([one]) == {one.place_id: JUNE.plus(4)}


def test_newcomers_of_a_later_month_do_not_move_the_turns_of_earlier_ones() -> None:
    early = newcomers(30, NORTH)
    late = [replace(one, place_id=UUID(int=9000 + n), known=JUNE.plus(1)) for n, one in enumerate(early)]
    assert {k: v for k, v in first_turns([*early, *late]).items() if k.int < 9000} == first_turns(early)


def test_newcomers_without_a_position_are_shared_out_by_their_reading() -> None:
    several = [replace(one, point=None) for one in newcomers(6, NORTH)]
    turns = first_turns(several)
    assert [turns[one.place_id] for one in several] == [JUNE.plus(n // 2) for n in range(6)]


def test_a_holder_without_days_left_is_no_missing_holder() -> None:
    made = propose([place(1)], [worker(11, NORTH, days=())])
    assert made.no_worker == ()
    assert made.no_time == (UUID(int=1001),)


def test_a_place_is_called_on_by_whoever_holds_its_territory_on_that_day() -> None:
    staff = in_turn((11, DAYS[0], DAYS[4]), (12, DAYS[4], DAYS[7]), (13, DAYS[7], date.max))
    places = [place(n) for n in range(60)]
    made = propose(places, staff)
    assert len(made.calls) == 60
    known = {one.worker_id: one for one in staff}
    assert all(known[call.worker_id].holds(NORTH, call.on) for call in made.calls)
    assert {call.worker_id for call in made.calls} == set(known)


def test_one_who_stands_in_for_some_days_has_calls_of_the_other_territory_on_those_alone() -> None:
    days = DAYS[3:6]
    both = FieldWorker(
        UUID(int=11),
        (Holding(NORTH, date.min, date.max), Holding(SOUTH, days[0], DAYS[6])),
        OFFICE,
        DAYS,
    )
    theirs = {place(n).place_id for n in range(100, 112)}
    made = propose([*(place(n) for n in range(24)), *(place(n, SOUTH) for n in range(100, 112))], [both])
    assert len(made.calls) == 36
    assert {call.on for call in made.calls if call.place_id in theirs} == set(days)
    load = Counter(call.on for call in made.calls if call.place_id in theirs)
    assert max(load.values()) <= 7  # spread over the three days, not heaped on the first


def test_many_late_places_of_a_few_days_leave_the_other_days_to_the_others() -> None:
    both = FieldWorker(
        UUID(int=11), (Holding(NORTH, date.min, date.max), Holding(SOUTH, DAYS[0], DAYS[1])), OFFICE, DAYS
    )
    late = [place(n, SOUTH, late=9) for n in range(200, 500)]
    made = propose([*late, *(place(n) for n in range(30))], [both])
    found = {call.place_id for call in made.calls}
    assert {place(n).place_id for n in range(30)} <= found


def test_a_place_that_finds_no_room_with_one_goes_to_the_other_who_holds_its_territory() -> None:
    staff = in_turn((11, DAYS[0], DAYS[1]), (12, DAYS[1], DAYS[2]))
    full = [Kept(UUID(int=5000 + n), UUID(int=11), DAYS[0], n) for n in range(14)]
    made = propose([place(1), place(2)], staff, full)
    assert [call.worker_id for call in made.calls] == [UUID(int=12)] * 2


def test_a_territory_that_is_held_only_while_a_place_is_not_open_has_no_holder_for_it() -> None:
    staff = in_turn((11, DAYS[0], DAYS[4]))
    opened, early = replace(place(1), since=DAYS[4]), place(2)
    made = propose([opened, early], staff)
    assert made.no_worker == (opened.place_id,)
    assert [call.place_id for call in made.calls] == [early.place_id]


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 120), st.integers(0, 11), st.integers(1, 6))
def test_where_holders_change_a_proposal_beside_its_own_calls_adds_none(
    seed: int, count: int, since: int, length: int
) -> None:
    random = Random(seed)
    places = [place(n, late=random.randrange(5), random=random) for n in range(count)]
    until = DAYS[min(since + length, 11)]
    staff = in_turn((11, DAYS[0], DAYS[since]), (12, DAYS[since], until), (11, until, date.max))
    one = FieldWorker(
        UUID(int=11),
        tuple(h for worker in (staff[0], staff[2]) for h in worker.holdings),
        OFFICE,
        (*staff[0].days, *staff[2].days),
    )
    first = propose(places, [one, staff[1]])
    points = {p.place_id: p.point for p in places}
    kept = [Kept(c.place_id, c.worker_id, c.on, c.position, points[c.place_id]) for c in first.calls]
    found = {c.place_id for c in first.calls}
    second = propose([p for p in places if p.place_id not in found], [one, staff[1]], kept)
    assert second.calls == ()
    assert set(second.no_time) == set(first.no_time)
    assert first.no_worker == ()


def test_a_light_month_has_some_full_days_with_days_between_instead_of_a_drive_every_day() -> None:
    one = FieldWorker(UUID(int=11), (Holding(NORTH, date.min, date.max),), OFFICE, DAYS)
    made = propose([place(n) for n in range(10)], [one])
    load = Counter(call.on for call in made.calls)
    assert sorted(load.values(), reverse=True) == [4, 4, 2]
    assert sorted(load) == [DAYS[0], DAYS[len(DAYS) // 3], DAYS[len(DAYS) // 3 * 2]]
