"""Places change from a day on, and every question can be asked as of a day."""

from dataclasses import replace
from datetime import date
from uuid import UUID

import pytest

from crm.core.problems import Conflict, Problem
from crm.territory import queries, service
from crm.territory.models import Kind, LineageKind
from crm.territory.queries import Card, PlaceFilter
from crm.territory.rules import Facts
from tests.world import SINCE, District, World

BEFORE, DAY = date(2026, 5, 31), date(2026, 6, 1)


def card(world: World, place_id: UUID, on: date = DAY) -> Card:
    with world.reading() as session:
        return queries.card(session, place_id, on)


def names_on(world: World, on: date, **narrowed: object) -> list[str]:
    with world.reading() as session:
        page = queries.place_page(session, on, PlaceFilter(**narrowed))  # type: ignore[arg-type]
        return [row.name for row in page.rows]


def change(world: World, place: District, on: date, **facts: object) -> None:
    with world.writing(world.manager) as session:
        latest = service.facts_of(service.latest_facts(session, place.id))
        service.change_place(session, place.id, replace(latest, **facts), on=on)  # type: ignore[arg-type]


def close(world: World, place: District, on: date) -> None:
    with world.writing(world.manager) as session:
        service.close_place(session, place.id, on=on)


# ---- change


def test_a_renamed_district_keeps_its_old_name_on_the_days_before(world: World) -> None:
    place = world.district("末広区", kana="すえひろく")
    with world.writing(world.manager) as session:
        service.rename(session, place.id, "末広町区", "すえひろちょうく", on=DAY)
    assert place.name_on(BEFORE) == "末広区"
    assert place.name_on(DAY) == "末広町区"
    assert names_on(world, BEFORE) == ["末広区"]
    assert names_on(world, DAY) == ["末広町区"]
    assert names_on(world, DAY, words="スエヒロチョウ") == ["末広町区"]
    assert names_on(world, DAY, words="スエヒロク") == []


def test_a_district_that_shrank_has_the_old_number_on_the_old_day(world: World) -> None:
    place = world.district("末広区", households=50, population=130)
    change(world, place, DAY, households=24, population=None)
    assert card(world, place.id, BEFORE).now.households == 50
    assert card(world, place.id, DAY).now.households == 24
    assert card(world, place.id, DAY).now.population is None
    assert [facts.from_on for facts in card(world, place.id).history] == [SINCE, DAY]


def test_a_place_that_moved_to_another_territory_is_listed_there_from_that_day(world: World) -> None:
    place = world.district("末広区")
    change(world, place, DAY, territory_id=world.towns["花泉"].id)
    assert names_on(world, BEFORE, territory_id=world.towns["花泉"].id) == []
    assert names_on(world, DAY, territory_id=world.towns["花泉"].id) == ["末広区"]
    assert names_on(world, DAY, territory_id=world.towns["一関"].id) == []


def test_a_change_on_the_day_the_facts_began_corrects_them_and_the_trail_keeps_the_slip(world: World) -> None:
    place = world.district("末広区", households=5)
    change(world, place, SINCE, households=50)
    assert [facts.households for facts in card(world, place.id).history] == [50]
    (entry,) = [entry for entry in world.trail("place_facts") if entry.action == "change"]
    assert entry.facts == {"households": [5, 50]}


@pytest.mark.parametrize(
    ("on", "code"), [(date(2024, 3, 31), "before_opening"), (date(2026, 5, 1), "later_facts_known")]
)
def test_a_change_before_what_is_known_is_refused(world: World, on: date, code: str) -> None:
    place = world.district("末広区")
    change(world, place, DAY, households=24)
    with pytest.raises(Problem, match=code):
        change(world, place, on, households=30)


def test_two_open_districts_cannot_have_the_same_code(world: World) -> None:
    first, second = world.district("末広区"), world.district("中央区")
    with pytest.raises(Problem, match="key_known"):
        change(world, second, DAY, code="一関-末広区")
    close(world, first, DAY)
    change(world, second, DAY, code="一関-末広区")
    assert card(world, second.id).now.code == "一関-末広区"


# ---- split and merge


def test_a_split_district_goes_on_as_its_parts_from_that_day(world: World) -> None:
    centre = world.place(Kind.COMMUNITY_CENTRE, "山目市民センター")
    old = world.district("末広区", households=120, centre_id=centre.id, lat=38.93, lon=141.13)
    parts = world.split(old, ["末広1区", "末広2区"], DAY)
    assert names_on(world, BEFORE, kind=Kind.DISTRICT) == ["末広区"]
    assert names_on(world, DAY, kind=Kind.DISTRICT) == ["末広1区", "末広2区"]
    assert card(world, old.id).closed_on == DAY
    assert [(kin.name, kin.on, kin.kind) for kin in card(world, old.id).after] == [
        ("末広1区", DAY, LineageKind.SPLIT),
        ("末広2区", DAY, LineageKind.SPLIT),
    ]
    part = card(world, parts[0].id)
    assert [kin.name for kin in part.before] == ["末広区"]
    assert (part.now.households, part.now.centre, part.now.lat) == (None, "山目市民センター", 38.93)


def test_a_district_that_was_split_keeps_its_old_records(world: World) -> None:
    old = world.district("末広区")
    visit = old.called_on("2026-05-11")
    world.split(old, ["末広1区", "末広2区"], DAY)
    assert visit.record.place_id == old.id
    assert old.name_on("2026-05-11") == "末広区"


def test_parts_without_codes_may_take_the_old_name_again(world: World) -> None:
    old = world.district("末広区", code="")
    with world.writing(world.manager) as session:
        service.split_district(session, old.id, [("", "末広区", ""), ("", "新末広区", "")], on=DAY)
    assert names_on(world, DAY) == ["新末広区", "末広区"]
    assert names_on(world, BEFORE) == ["末広区"]


@pytest.mark.parametrize(
    ("parts", "code"),
    [
        ([("1", "末広1区", "")], "split_needs_two"),
        ([("1", "末広1区", ""), ("2", "末広1区", "")], "name_twice"),
        ([("1", "中央区", ""), ("2", "末広2区", "")], "name_known"),
        ([("1", "末広1区", ""), ("1", "末広2区", "")], "key_known"),
    ],
)
def test_a_split_that_makes_no_sense_changes_nothing(
    world: World, parts: list[tuple[str, str, str]], code: str
) -> None:
    world.district("中央区")
    old = world.district("末広区")
    with pytest.raises(Problem, match=code), world.writing(world.manager) as session:
        service.split_district(session, old.id, parts, on=DAY)
    assert names_on(world, DAY) == ["中央区", "末広区"]


def test_merged_districts_go_on_as_one_with_the_numbers_that_are_all_known(world: World) -> None:
    one = world.district("上区", households=30, population=80)
    two = world.district("下区", households=12)
    with world.writing(world.manager) as session:
        place = service.merge_districts(session, [one.id, two.id], "M1", "上下区", "じょうげく", on=DAY)
        merged = place.id
    assert names_on(world, BEFORE) == ["上区", "下区"]
    assert names_on(world, DAY) == ["上下区"]
    now = card(world, merged)
    assert (now.now.households, now.now.population) == (42, None)
    assert {kin.name for kin in now.before} == {"上区", "下区"}
    assert card(world, one.id).after[0].kind is LineageKind.MERGE


def test_districts_of_two_territories_are_not_merged(world: World) -> None:
    one, two = world.district("上区"), world.district("下区", "花泉")
    with pytest.raises(Problem, match="merge_across_territories"), world.writing(world.manager) as session:
        service.merge_districts(session, [one.id, two.id], "M1", "上下区", "", on=DAY)


def test_a_facility_is_not_split(world: World) -> None:
    centre = world.place(Kind.COMMUNITY_CENTRE, "山目市民センター")
    with pytest.raises(Problem, match="only_districts"), world.writing(world.manager) as session:
        service.split_district(session, centre.id, [("1", "a", ""), ("2", "b", "")], on=DAY)


# ---- close


def test_a_closed_place_is_gone_from_that_day_and_there_before(world: World) -> None:
    place = world.place(Kind.BRANCH_OFFICE, "花泉支所", "花泉")
    close(world, place, DAY)
    assert names_on(world, BEFORE) == ["花泉支所"]
    assert names_on(world, DAY) == []


def test_a_place_is_not_closed_on_the_very_day_its_facts_begin(world: World) -> None:
    place = world.district("末広区")
    change(world, place, DAY, households=24)
    with pytest.raises(Problem, match="later_facts_known"):
        close(world, place, DAY)
    assert names_on(world, DAY) == ["末広区"]


def test_a_close_that_was_a_slip_is_taken_back(world: World) -> None:
    place = world.district("末広区")
    close(world, place, DAY)
    with world.writing(world.manager) as session:
        service.reopen_place(session, place.id)
    assert names_on(world, DAY) == ["末広区"]
    assert len(card(world, place.id).history) == 1


def test_a_split_district_is_not_reopened_beside_its_parts(world: World) -> None:
    old = world.district("末広区")
    world.split(old, ["末広1区", "末広2区"], DAY)
    with pytest.raises(Conflict, match="went_on_as_another"), world.writing(world.manager) as session:
        service.reopen_place(session, old.id)


# ---- lists


def test_a_long_list_is_leafed_through_forth_and_back_without_a_gap(world: World) -> None:
    for number in range(7):
        world.district(f"{number}区", kana=f"く{number}")
    seen: list[str] = []
    back: list[str] = []
    with world.reading() as session:
        after: UUID | None = None
        while True:
            page = queries.place_page(session, DAY, PlaceFilter(), after=after, rows=3)
            seen += [row.name for row in page.rows]
            if page.next is None:
                break
            after = page.next
        while page.previous is not None:
            page = queries.place_page(session, DAY, PlaceFilter(), before=page.previous, rows=3)
            back = [row.name for row in page.rows] + back
        assert page.next is not None
    assert seen == [f"{number}区" for number in range(7)]
    assert back == seen[:6]


def test_an_empty_list_has_no_pages(world: World) -> None:
    with world.reading() as session:
        page = queries.place_page(session, DAY, PlaceFilter())
    assert (page.rows, page.previous, page.next, page.total) == ((), None, None, 0)


def test_a_very_long_list_says_that_it_is_longer_than_it_counts(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queries, "COUNTED", 2)
    for number in range(3):
        world.district(f"{number}区")
    with world.reading() as session:
        page = queries.place_page(session, DAY, PlaceFilter())
    assert (page.total, page.counted_all) == (2, False)


def test_places_are_counted_by_territory_and_kind_as_of_the_day(world: World) -> None:
    old = world.district("末広区")
    world.place(Kind.COMMUNITY_CENTRE, "花泉市民センター", "花泉")
    world.split(old, ["末広1区", "末広2区"], DAY)
    with world.reading() as session:
        before, after = queries.place_counts(session, BEFORE), queries.place_counts(session, DAY)
    ichinoseki, hanaizumi = world.towns["一関"].id, world.towns["花泉"].id
    assert before == {(ichinoseki, Kind.DISTRICT): 1, (hanaizumi, Kind.COMMUNITY_CENTRE): 1}
    assert after[(ichinoseki, Kind.DISTRICT)] == 2


def test_a_new_place_without_a_code_is_known_by_town_and_name(world: World) -> None:
    facts = Facts(name="末広区", territory_id=world.towns["一関"].id)
    with world.writing(world.manager) as session:
        key = service.key_for(session, Kind.DISTRICT, facts, on=DAY)
        service.open_place(session, Kind.DISTRICT, key, facts, on=DAY)
        assert key == "一関/末広区"
        with pytest.raises(Problem, match="key_known"):
            again = service.key_for(session, Kind.DISTRICT, facts, on=DAY)
            service.open_place(session, Kind.DISTRICT, again, facts, on=DAY)
