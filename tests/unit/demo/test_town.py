"""The sample town: believable, true to every published sum, and the same each time."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import date, timedelta
from itertools import islice
from statistics import median
from uuid import UUID

import pytest

from crm.demo.facts import LOCALITIES
from crm.demo.shapes import DistrictRow, EventRow, Town
from crm.demo.town import generate

TODAY = date(2026, 5, 20)
SPLIT = {"01": 158, "02": 66, "03": 69, "04": 43, "05": 27, "06": 21, "07": 26, "08": 43}


@pytest.fixture(scope="module")
def town() -> Town:
    return generate(today=TODAY)


def open_on(town: Town, day: date) -> list[DistrictRow]:
    return [district for district in town.districts if district.is_open(day)]


def test_the_same_seed_and_day_give_the_same_town_to_the_key(town: Town) -> None:
    again = generate(today=TODAY)
    assert (again.districts, again.facilities, again.events) == (town.districts, town.facilities, town.events)
    assert (again.workers, again.people, again.terms) == (town.workers, town.people, town.terms)
    assert list(islice(again.visits, 100)) == list(islice(town.visits, 100))


def test_another_seed_gives_another_town(town: Town) -> None:
    other = generate(7, today=TODAY, months=1)
    assert {d.id for d in other.districts}.isdisjoint(d.id for d in town.districts)
    assert [p.name for p in other.people] != [p.name for p in town.people]


def test_there_are_453_districts_today_in_the_sample_split(town: Town) -> None:
    assert Counter(d.territory for d in open_on(town, TODAY)) == SPLIT


def test_the_people_of_all_districts_are_those_of_the_city(town: Town) -> None:
    today = open_on(town, TODAY)
    assert sum(d.population for d in today) == 105_238
    in_ichinoseki = sum(d.population for d in today if d.territory == "01")
    assert in_ichinoseki == pytest.approx(105_238 * 58_097 / 121_069, abs=1)


def test_districts_are_as_large_as_real_ones(town: Town) -> None:
    sizes = [d.households for d in open_on(town, TODAY)]
    hamlets = [size for size in sizes if size < 150]
    assert min(sizes) >= 23
    assert max(sizes) <= 335
    assert 55 <= median(hamlets) <= 64
    assert sum(sizes) / len(sizes) == pytest.approx(102, abs=6)
    assert all(2 <= d.sections <= 32 for d in town.districts)
    assert all(d.doors <= d.households and d.resident_households <= d.households for d in town.districts)


def test_there_are_34_centres_in_the_sample_split_and_the_offices(town: Town) -> None:
    centres = Counter(f.territory for f in town.facilities if f.kind == "community_centre")
    assert [centres[code] for code in SPLIT] == [10, 7, 6, 4, 3, 1, 1, 2]
    kinds = Counter(f.kind for f in town.facilities)
    assert (kinds["main_office"], kinds["branch_office"], kinds["own_office"]) == (1, 7, 2)
    assert {f.territory for f in town.facilities if f.kind == "own_office"} == {"01", "04"}
    assert len({f.code for f in town.facilities}) == len(town.facilities)


def test_a_district_belongs_to_a_centre_and_an_office_of_its_town(town: Town) -> None:
    town_of = {f.id: f.territory for f in town.facilities}
    assert all(town_of[d.centre_id] == town_of[d.branch_id] == d.territory for d in town.districts)


def test_no_two_open_districts_share_a_code_or_a_name_in_their_town(town: Town) -> None:
    assert all(re.fullmatch(r"\d{5}", d.code) and d.code.startswith(d.territory) for d in town.districts)
    assert len({d.code for d in town.districts}) == len(town.districts)
    today = open_on(town, TODAY)
    assert len({(d.territory, d.name) for d in today}) == len(today)


def test_each_town_names_its_districts_in_its_own_way(town: Town) -> None:
    places = {code: "|".join({place.name for place in rows}) for code, rows in LOCALITIES.items()}
    patterns = {code: rf"({places[code]})\d+区" for code in ("02", "03", "05")}
    patterns["01"] = rf"({places['01']})(\d*区|\d+民区)"
    patterns["04"] = r"\d+(の\d+)?区"
    patterns["06"] = patterns["08"] = r"第\d+区"
    patterns["07"] = rf"({places['07']})(\d+|川端)区"
    for district in town.districts:
        assert re.fullmatch(patterns[district.territory], district.name), district
        assert re.fullmatch(r"[ァ-ヴー]+", district.kana), district


def test_the_numbered_towns_count_through(town: Town) -> None:
    for code in ("06", "08"):
        numbers = [d.name for d in open_on(town, TODAY) if d.territory == code]
        assert sorted(numbers) == sorted(f"第{n}区" for n in range(1, SPLIT[code] + 1))


def test_every_position_lies_in_or_near_the_city(town: Town) -> None:
    positions = [
        *((d.lat, d.lon) for d in town.districts),
        *((f.lat, f.lon) for f in town.facilities),
        *((t.lat, t.lon) for t in town.territories),
    ]
    assert len(positions) == len(town.districts) + 44 + 8
    for lat, lon in positions:
        assert 38.74 < lat < 39.17
        assert 140.76 < lon < 141.50


def events_of(town: Town) -> Iterator[EventRow]:
    assert list(town.events) == sorted(town.events, key=lambda event: event.on)
    return iter(town.events)


def test_two_years_hold_two_splits_a_merger_two_renames_and_a_move(town: Town) -> None:
    kinds = Counter(event.kind for event in events_of(town))
    assert kinds == {"split": 2, "merge": 1, "rename": 2, "move": 1}
    assert all(town.first_month.first <= event.on < TODAY for event in town.events)


def test_what_was_split_or_merged_ends_on_the_day_on_which_the_others_begin(town: Town) -> None:
    known = {district.id: district for district in town.districts}
    for event in town.events:
        if event.kind not in ("split", "merge"):
            continue
        before, after = [known[key] for key in event.from_ids], [known[key] for key in event.to_ids]
        assert (len(before), len(after)) == ((1, 2) if event.kind == "split" else (2, 1))
        assert {d.closed_on for d in before} == {d.opened_on for d in after} == {event.on}
        gone, come = sum(d.population for d in before), sum(d.population for d in after)
        assert come == pytest.approx(gone, abs=10)


def test_every_other_district_stays_what_it_was(town: Town) -> None:
    part = {key for e in town.events if e.kind in ("split", "merge") for key in (*e.from_ids, *e.to_ids)}
    assert all(d.closed_on is None and d.opened_on.year < 2012 for d in town.districts if d.id not in part)


def test_the_district_that_was_moved_fell_from_50_to_24_households(town: Town) -> None:
    [event] = [event for event in town.events if event.kind == "move"]
    [moved] = [district for district in town.districts if district.id in event.from_ids]
    assert event.from_ids == event.to_ids
    assert (event.facts["households_before"], event.facts["households_after"]) == (50, 24)
    assert moved.households == 24


def test_a_renamed_district_bears_its_new_name(town: Town) -> None:
    names = {district.id: (district.name, district.kana) for district in town.districts}
    for event in town.events:
        if event.kind == "rename":
            assert names[event.to_ids[0]] == (event.facts["name_after"], event.facts["kana_after"])
            assert event.facts["name_before"] != event.facts["name_after"]


def test_there_are_six_outreach_workers_and_the_other_roles(town: Town) -> None:
    here = [w for w in town.workers if w.to_on is None]
    assert Counter(w.role for w in here) == {
        "worker": 6,
        "manager": 1,
        "administrator": 1,
        "editor": 1,
        "reader": 1,
    }
    assert all(w.mail.endswith("@example.jp") for w in town.workers)


def test_every_town_has_one_holder_on_every_day(town: Town) -> None:
    day = town.first_month.first
    while day <= TODAY:
        holders = Counter(
            a.territory
            for a in town.assignments
            if a.kind == "holder" and a.from_on <= day and (a.to_on is None or day < a.to_on)
        )
        assert holders == dict.fromkeys(SPLIT, 1)
        day += timedelta(days=15)


def test_two_towns_were_handed_over_last_april(town: Town) -> None:
    ended = [a for a in town.assignments if a.to_on is not None]
    assert {a.territory for a in ended} == {"04", "08"}
    assert {a.to_on for a in ended} == {date(2026, 4, 1)}
    came = {a.territory for a in town.assignments if a.kind == "holder" and a.from_on == date(2026, 4, 1)}
    assert came == {"04", "08"}


def test_what_a_worker_holds_is_what_the_assignments_say(town: Town) -> None:
    for worker in town.workers:
        now = [a for a in town.assignments if a.worker_id == worker.id and a.to_on is None]
        assert worker.held == tuple(a.territory for a in now if a.kind == "holder")
        assert worker.deputised == tuple(a.territory for a in now if a.kind == "deputy")


def test_surnames_repeat_as_in_the_region_and_numbers_reach_nobody(town: Town) -> None:
    surnames = Counter(person.name.split("\u3000")[0] for person in town.people)
    assert sum(count for _, count in surnames.most_common(5)) > 0.3 * len(town.people)
    for person in town.people:
        assert re.fullmatch(r"0191-0\d-\d{4}|090-00\d\d-\d{4}", person.phone)
        assert person.mail is None or person.mail.endswith("@example.jp")
        assert person.channel != "fax" or person.fax
        assert person.channel != "mail" or person.mail


def test_every_open_district_has_a_commissioned_and_a_chosen_head(town: Town) -> None:
    now = [term for term in town.terms if term.to_on is None]
    posts = {(term.place_id, term.post_title) for term in now}
    assert len(posts) == len(now), "nobody shares a post"
    titles_at: defaultdict[UUID, set[str]] = defaultdict(set)
    for place_id, title in posts:
        titles_at[place_id].add(title)
    chosen = {"自治会長", "民区長", "集落公民館長", "自治振興会長"}
    for district in open_on(town, TODAY):
        titles = titles_at[district.id]
        assert "区長" in titles
        assert titles & chosen
        known = {post.title for post in town.posts if post.territory == district.territory}
        assert titles <= known
    holders = Counter(term.person_id for term in now)
    assert sum(count > 1 for count in holders.values()) > 100, "one person, two posts: common"


def test_terms_follow_each_other_and_mostly_turn_in_april(town: Town) -> None:
    turns = []
    by_post: dict[object, date | None] = {}
    for term in town.terms:
        post = (term.place_id, term.post_title)
        if post in by_post:
            assert by_post[post] == term.from_on
        by_post[post] = term.to_on
        assert term.number >= 1
        if term.to_on:
            turns.append(term.to_on)
    in_april = sum((day.month, day.day) == (4, 1) for day in turns)
    assert len(turns) * 0.9 < in_april < len(turns)


def test_everybody_in_the_book_holds_or_held_a_post(town: Town) -> None:
    assert {person.id for person in town.people} == {term.person_id for term in town.terms}


@pytest.mark.parametrize(
    ("today", "months"), [(date(2026, 1, 1), 1), (date(2026, 4, 1), 13), (date(2028, 2, 29), 2)]
)
def test_any_day_and_length_make_a_whole_town(today: date, months: int) -> None:
    town = generate(today=today, months=months)
    assert Counter(d.territory for d in open_on(town, today)) == SPLIT
    assert all(town.first_month.first <= event.on < today for event in town.events)


def test_a_town_larger_than_life_keeps_its_rules() -> None:
    town = generate(today=TODAY, months=1, scale=2)
    today = open_on(town, TODAY)
    assert Counter(d.territory for d in today) == {code: 2 * count for code, count in SPLIT.items()}
    assert sum(d.population for d in today) == 2 * 105_238
    assert len({d.code for d in town.districts}) == len(town.districts)
    assert len({(d.territory, d.name) for d in today}) == len(today)


def test_a_town_without_a_month_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one month"):
        generate(today=TODAY, months=0)
