"""The contacts of the sample town: where and when they can have happened, and how many there are."""

from collections import Counter, defaultdict
from datetime import date, timedelta
from itertools import islice
from uuid import UUID

import pytest

from crm.core.months import Month
from crm.demo.diary import days_open
from crm.demo.shapes import Town, VisitRow
from crm.demo.town import generate

TODAY = date(2026, 5, 20)


@pytest.fixture(scope="module")
def town() -> Town:
    return generate(today=TODAY, months=5)


@pytest.fixture(scope="module")
def visits(town: Town) -> list[VisitRow]:
    return list(town.visits)


def test_a_second_pass_gives_the_same_visits(town: Town, visits: list[VisitRow]) -> None:
    assert list(islice(town.visits, 300)) == visits[:300]


def test_visits_come_in_order_of_time_with_growing_keys(visits: list[VisitRow]) -> None:
    days = [visit.on for visit in visits]
    assert days == sorted(days)
    keys = [visit.id for visit in visits]
    assert keys == sorted(set(keys))


def test_nothing_is_recorded_at_a_place_that_was_not_open_that_day(
    town: Town, visits: list[VisitRow]
) -> None:
    districts = {district.id: district for district in town.districts}
    seen: set[UUID] = set()
    for visit in visits:
        if visit.place_id in districts:
            assert districts[visit.place_id].is_open(visit.on), visit
            seen.add(visit.place_id)
    changed = {key for e in town.events if e.kind != "rename" for key in e.from_ids}
    assert seen & changed, "and some were called on before they changed"


def test_only_those_at_work_that_day_record(town: Town, visits: list[VisitRow]) -> None:
    workers = {worker.id: worker for worker in town.workers}
    for visit in visits:
        worker = workers[visit.worker_id]
        assert worker.role == "worker"
        assert worker.from_on <= visit.on
        assert worker.to_on is None or visit.on < worker.to_on


def test_a_place_is_called_on_by_whoever_holds_or_deputises_its_town(
    town: Town, visits: list[VisitRow]
) -> None:
    town_of = {d.id: d.territory for d in town.districts} | {f.id: f.territory for f in town.facilities}
    assigned = defaultdict(list)
    for a in town.assignments:
        assigned[a.worker_id, a.territory].append((a.from_on, a.to_on or date.max))
    for visit in visits:
        if visit.way == "regular" and visit.place_id:
            spans = assigned[visit.worker_id, town_of[visit.place_id]]
            assert any(begin <= visit.on < end for begin, end in spans), visit


def test_work_is_done_on_working_days_and_only_meetings_on_others(visits: list[VisitRow]) -> None:
    off = [visit for visit in visits if visit.on not in days_open(Month.of(visit.on))]
    assert off
    assert {visit.way for visit in off} == {"meeting"}
    assert not [v for v in visits if (v.on.month, v.on.day) >= (12, 29) or (v.on.month, v.on.day) <= (1, 3)]


def test_nothing_lies_in_the_future_nor_later_than_this_morning(visits: list[VisitRow]) -> None:
    assert max(visit.on for visit in visits) <= TODAY
    assert all(visit.starts_at and visit.starts_at < "11:00" for visit in visits if visit.on == TODAY)


def test_of_the_last_two_working_days_not_all_is_written_yet() -> None:
    def by_day(today: date) -> Counter[date]:
        return Counter(visit.on for visit in generate(today=today, months=1).visits)

    now, a_week_later = by_day(TODAY), by_day(TODAY + timedelta(days=7))
    for days_ago, share in ((0, 0.7), (1, 0.95)):
        day = TODAY - timedelta(days=days_ago)
        assert now[day] < share * a_week_later[day]
    assert now[TODAY - timedelta(days=2)] == a_week_later[TODAY - timedelta(days=2)]


def test_a_month_has_about_two_hundred_contacts(visits: list[VisitRow]) -> None:
    by_month = Counter(Month.of(visit.on) for visit in visits)
    assert len(by_month) == 6
    present = by_month.pop(Month.of(TODAY))
    assert all(185 <= count <= 235 for count in by_month.values()), by_month
    assert 60 < present < 185


def test_hubs_are_called_on_every_month_and_districts_about_every_third(
    town: Town, visits: list[VisitRow]
) -> None:
    hubs = {facility.id for facility in town.facilities if facility.kind != "own_office"}
    called = Counter(
        (v.place_id, Month.of(v.on)) for v in visits if v.way == "regular" and v.place_id in hubs
    )
    assert len(hubs) == 42
    assert sum(month < Month.of(TODAY) for _, month in called) == 42 * 5
    assert set(called.values()) == {1}
    regular = Counter(v.place_id for v in visits if v.way == "regular" and v.place_id not in hubs)
    usual = [d.id for d in town.districts if d.closed_on is None and d.opened_on < town.first_month.first]
    assert sum(1 <= regular[key] <= 3 for key in usual) > 0.9 * len(usual)
    assert 300 < sum(regular.values()) / 5 * 3 < 500
    assert any(regular[key] == 0 for key in usual), "and some are left alone for a while"


def test_every_way_occurs_and_only_meetings_count_heads(visits: list[VisitRow]) -> None:
    ways = Counter(visit.way for visit in visits)
    assert set(ways) == {"regular", "extra", "meeting", "interview", "desk", "phone", "message", "online"}
    assert ways["regular"] > 0.75 * len(visits)
    assert all((visit.attendance is not None) == (visit.way == "meeting") for visit in visits)
    assert all(
        visit.place_id for visit in visits if visit.way in ("regular", "extra", "meeting", "interview")
    )
    assert any(visit.place_id is None for visit in visits if visit.way == "desk")


def test_who_was_not_met_was_given_nothing_and_has_no_name(visits: list[VisitRow]) -> None:
    missed = [visit for visit in visits if visit.met != "met"]
    assert {visit.met for visit in missed} == {"absent", "cancelled"}
    for visit in missed:
        assert not (visit.presence or visit.observation or visit.direct)
        assert visit.met_whom is None
        assert visit.met_label == ""
        assert visit.heard
        assert visit.met == "absent" or visit.starts_at is None


def test_whoever_was_met_by_name_held_a_post_of_the_place_that_day(
    town: Town, visits: list[VisitRow]
) -> None:
    terms = defaultdict(list)
    for term in town.terms:
        terms[term.person_id, term.place_id].append(term)
    named = [visit for visit in visits if visit.met_whom]
    assert len(named) > 400
    for visit in named:
        assert visit.met_whom
        assert visit.place_id
        held = terms[visit.met_whom, visit.place_id]
        titles = {t.post_title for t in held if t.from_on <= visit.on and (not t.to_on or visit.on < t.to_on)}
        assert set(visit.met_label.partition(" ")[0].split("・")) <= titles


def test_all_kinds_of_support_are_given_singly_together_and_not_at_all(visits: list[VisitRow]) -> None:
    met = [visit for visit in visits if visit.met == "met"]
    given = Counter((visit.presence, visit.observation, visit.direct) for visit in met)
    assert len(given) == 8
    assert 0.02 < given[False, False, False] / len(met) < 0.12
    for share in (
        sum(v.presence for v in met) / len(met),
        sum(v.observation for v in met) / len(met),
        sum(v.direct for v in met) / len(met),
    ):
        assert 0.25 < share < 0.7


def test_a_few_notes_are_confidential(visits: list[VisitRow]) -> None:
    shares = Counter(visit.confidential for visit in visits)
    assert 3 <= shares["assigned"] + shares["author"] < 0.03 * len(visits)
    assert all(visit.heard for visit in visits if visit.confidential != "open")


def test_nobody_is_in_two_places_at_once(visits: list[VisitRow]) -> None:
    until: dict[tuple[UUID, date], str] = {}
    for visit in visits:
        if visit.starts_at is None or visit.minutes is None:
            continue
        day = (visit.worker_id, visit.on)
        assert until.get(day, "00:00") <= visit.starts_at, visit
        hours, minutes = map(int, visit.starts_at.split(":"))
        end = timedelta(hours=hours, minutes=minutes + visit.minutes)
        until[day] = f"{end.seconds // 3600:02d}:{end.seconds // 60 % 60:02d}"
