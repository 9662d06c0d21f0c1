"""Terms of office: dated, never overwritten, ended by nobody unasked."""

from datetime import date
from uuid import uuid4

import pytest
from sqlalchemy.exc import IntegrityError
from sqlmodel import select

from crm.core.problems import Missing, Problem
from crm.groups import queries, service
from crm.groups.models import Person, Post
from crm.groups.rules import PersonFacts
from crm.groups.service import TermFacts
from crm.territory import service as territory
from tests.features.groups.holding import in_office, post, somebody, takes_up, term
from tests.world import World


def test_one_person_may_hold_many_posts_and_a_post_many_people(world: World) -> None:
    district = world.district("末広区")
    sato, ito = somebody(world, "佐藤 正"), somebody(world, "伊藤 清")
    takes_up(world, sato, district, "区長")
    takes_up(world, sato, district, "自治会長")
    takes_up(world, sato, world.district("新田区"), "区長")
    takes_up(world, ito, district, "自治会長", "2026-05-01")
    assert in_office(world, district) == [
        ("区長", "佐藤 正"),
        ("自治会長", "佐藤 正"),
        ("自治会長", "伊藤 清"),
    ]


def test_a_head_holds_office_from_the_first_day_until_before_the_end(world: World) -> None:
    district = world.district("末広区")
    takes_up(world, somebody(world, "佐藤 正"), district, from_on="2024-04-01", to_on="2026-04-01")
    assert [
        bool(in_office(world, district, on))
        for on in ("2024-03-31", "2024-04-01", "2026-03-31", "2026-04-01")
    ] == [
        False,
        True,
        True,
        False,
    ]


def test_a_new_head_ends_nobodys_term_unasked(world: World) -> None:
    district = world.district("末広区")
    takes_up(world, somebody(world, "佐藤 正"), district, from_on="2024-04-01")
    takes_up(world, somebody(world, "伊藤 清"), district, from_on="2026-04-01")
    assert len(in_office(world, district)) == 2


def test_a_successor_ends_the_term_before_and_the_past_stays_as_it_was(world: World) -> None:
    district = world.district("末広区")
    before = takes_up(world, somebody(world, "佐藤 正"), district, from_on="2024-04-01", number=2)
    takes_up(world, somebody(world, "伊藤 清"), district, from_on="2026-04-01", succeeds=before)
    assert in_office(world, district) == [("区長", "伊藤 清")]
    assert in_office(world, district, "2026-03-31") == [("区長", "佐藤 正")]
    assert term(world, before).to_on == date(2026, 4, 1)
    changed = [
        one.facts for one in world.trail("term") if one.entity_id == before and one.action.value == "change"
    ]
    assert changed == [{"to_on": [None, "2026-04-01"]}]


def test_somebody_elected_again_succeeds_himself(world: World) -> None:
    district, sato = world.district("末広区"), somebody(world, "佐藤 正")
    first = takes_up(world, sato, district, from_on="2024-04-01", number=1)
    takes_up(world, sato, district, from_on="2026-04-01", number=2, succeeds=first)
    with world.reading() as session:
        card = queries.person(session, sato, date(2026, 6, 15))
    assert [(one.number, one.from_on, one.last_on) for one in card.present + card.past] == [
        (2, date(2026, 4, 1), None),
        (1, date(2024, 4, 1), date(2026, 3, 31)),
    ]


def test_a_term_that_had_ended_before_its_successor_came_keeps_its_end(world: World) -> None:
    district = world.district("末広区")
    before = takes_up(world, somebody(world, "佐藤 正"), district, from_on="2024-04-01", to_on="2026-02-01")
    takes_up(world, somebody(world, "伊藤 清"), district, from_on="2026-04-01", succeeds=before)
    assert term(world, before).to_on == date(2026, 2, 1)


def test_a_refused_successor_is_told_where_and_why(world: World) -> None:
    district, other = world.district("末広区"), world.district("新田区")
    before = takes_up(world, somebody(world, "佐藤 正"), district, from_on="2024-04-01")
    ito = somebody(world, "伊藤 清")
    for place, from_on, code, field in (
        (district, "2024-04-01", "successor_before", "from_on"),
        (other, "2026-04-01", "term_of_other_place", "succeeds"),
    ):
        with pytest.raises(Problem, match=code) as refused:
            takes_up(world, ito, place, from_on=from_on, succeeds=before)
        assert refused.value.field == field
    assert term(world, before).to_on is None


def test_the_same_post_cannot_be_held_twice_at_a_time(world: World) -> None:
    district, sato = world.district("末広区"), somebody(world, "佐藤 正")
    takes_up(world, sato, district, from_on="2024-04-01", to_on="2026-04-01")
    with pytest.raises(Problem, match="term_overlaps"):
        takes_up(world, sato, district, from_on="2026-03-31")
    takes_up(world, sato, district, from_on="2026-04-01")


@pytest.mark.parametrize(
    ("from_on", "to_on", "code", "field"),
    [
        ("2026-04-01", "2026-04-01", "term_ends_before_beginning", "to_on"),
        ("2026-06-01", None, "term_after_closing", "from_on"),
    ],
)
def test_a_term_that_could_never_hold_is_refused(
    world: World, from_on: str, to_on: str | None, code: str, field: str
) -> None:
    district = world.district("末広区")
    world.split(district, ["末広1区", "末広2区"], on="2026-06-01")
    with pytest.raises(Problem, match=code) as refused:
        takes_up(world, somebody(world, "佐藤 正"), district, from_on=from_on, to_on=to_on)
    assert refused.value.field == field


def test_a_head_from_before_the_place_was_known_is_recorded(world: World) -> None:
    district = world.district("末広区")
    takes_up(world, somebody(world, "佐藤 正"), district, from_on="1998-04-01")
    assert in_office(world, district) == [("区長", "佐藤 正")]


def test_with_the_place_its_posts_end_and_reopened_they_hold_again(world: World) -> None:
    district, sato = world.district("末広区"), somebody(world, "佐藤 正")
    began = takes_up(world, sato, district)
    with world.writing(world.manager) as session:
        territory.close_place(session, district.id, on=date(2026, 6, 1))
    assert in_office(world, district, "2026-05-31") == [("区長", "佐藤 正")]
    assert in_office(world, district) == []
    with world.reading() as session:
        card = queries.person(session, sato, date(2026, 6, 15))
    assert card.present == ()
    assert [one.last_on for one in card.past] == [date(2026, 5, 31)]
    with world.writing(world.manager) as session:
        territory.reopen_place(session, district.id)
    assert in_office(world, district) == [("区長", "佐藤 正")]
    assert term(world, began).to_on is None


def test_a_past_term_bears_the_name_that_its_place_had_then(world: World) -> None:
    district, sato = world.district("末広区"), somebody(world, "佐藤 正")
    takes_up(world, sato, district, "区長", "2024-04-01", "2025-04-01")
    takes_up(world, sato, district, "自治会長", "2025-04-01")
    with world.writing(world.manager) as session:
        territory.rename(session, district.id, "末広町区", "すえひろちょうく", on=date(2025, 10, 1))
    with world.reading() as session:
        card = queries.person(session, sato, date(2026, 6, 15))
    assert [one.place for one in card.past + card.present] == ["末広区", "末広町区"]


def test_an_end_is_set_and_set_anew(world: World) -> None:
    district = world.district("末広区")
    began = takes_up(world, somebody(world, "佐藤 正"), district)
    for on in (date(2026, 6, 1), date(2026, 7, 1)):
        with world.writing(world.worker) as session:
            service.end_term(session, began, on=on)
    assert term(world, began).to_on == date(2026, 7, 1)
    with pytest.raises(Problem, match="term_ends_before_beginning"), world.writing(world.worker) as session:
        service.end_term(session, began, on=date(2026, 4, 1))


def test_a_correction_stays_in_the_trail(world: World) -> None:
    district = world.district("末広区")
    began = takes_up(world, somebody(world, "佐藤 正"), district, "会計", number=1)
    right = post(world, district, "区長")
    with world.writing(world.worker) as session:
        service.correct_term(
            session, began, TermFacts(right, date(2026, 4, 1), None, 3, "前の区長さんから聞いた")
        )
    assert in_office(world, district) == [("区長", "佐藤 正")]
    (entry,) = [one for one in world.trail("term") if one.action.value == "change"]
    facts, personal = entry.facts or {}, entry.personal or {}
    assert facts["number"] == [1, 3]
    assert personal["source"] == ["", "前の区長さんから聞いた"]
    assert "source" not in facts


def test_a_slip_is_taken_back_and_the_trail_knows_of_it(world: World) -> None:
    district = world.district("末広区")
    began = takes_up(world, somebody(world, "佐藤 正"), district)
    with world.writing(world.worker) as session:
        service.take_back_term(session, began)
    assert in_office(world, district) == []
    assert [one.action.value for one in world.trail("term")] == ["create", "remove"]


def test_what_is_not_there_cannot_be_used(world: World) -> None:
    district, sato = world.district("末広区"), somebody(world, "佐藤 正")
    told = TermFacts(post(world, district, "区長"), date(2026, 4, 1))
    nowhere = uuid4()
    for act in (
        lambda session: service.begin_term(session, district.id, nowhere, told),
        lambda session: service.begin_term(session, nowhere, sato, told),
        lambda session: service.begin_term(session, district.id, sato, TermFacts(nowhere, told.from_on)),
        lambda session: service.begin_term(session, district.id, sato, told, succeeds=nowhere),
        lambda session: service.end_term(session, nowhere, on=told.from_on),
        lambda session: service.correct_person(session, nowhere, PersonFacts("佐藤 正")),
        lambda session: queries.person(session, nowhere, told.from_on),
    ):
        with pytest.raises(Missing), world.writing(world.worker) as session:
            act(session)


# ---- titles


def test_a_title_is_made_once_in_a_territory_and_known_in_no_other(world: World) -> None:
    here, there = world.district("末広区"), world.district("摺沢区", "大東")
    assert post(world, here, "民区長") == post(world, here, "民区長") != post(world, there, "民区長")
    sato, told = somebody(world, "佐藤 正"), TermFacts(post(world, there, "民区長"), date(2026, 4, 1))
    with pytest.raises(Problem, match="post_of_other_territory"), world.writing(world.worker) as session:
        service.begin_term(session, here.id, sato, told)


def test_a_title_known_everywhere_is_used_everywhere_and_stands_once(world: World) -> None:
    with world.writing(world.manager) as session:
        session.add(Post(title="区長"))
        session.flush()
        everywhere = session.exec(select(Post)).one().id
    assert post(world, world.district("末広区"), "区長") == everywhere
    assert post(world, world.district("摺沢区", "大東"), "区長") == everywhere
    with pytest.raises(IntegrityError), world.writing(world.manager) as session:
        session.add(Post(title="区長"))


def test_titles_stand_in_the_order_in_which_they_were_made(world: World) -> None:
    district = world.district("末広区")
    for title in ("区長", "自治会長", "会計", "副会長"):
        post(world, district, title)
    with world.reading() as session:
        told = queries.posts(session, world.towns["一関"].id)
    assert [one.title for one in told] == ["区長", "自治会長", "会計", "副会長"]


# ---- people


def test_a_name_stands_exactly_as_it_was_typed_and_is_found_however_it_is_written(world: World) -> None:
    somebody(world, "髙﨑　𠮷男", "タカサキ ヨシオ", phone="0191-23-4567(夜)")
    with world.reading() as session:
        for words in ("高崎", "髙﨑 𠮷男", "たかさき", "ﾖｼｵ", "0191-23-4567", "234567", "よしお 髙﨑"):
            rows = queries.found_people(session, words, date(2026, 6, 15), most=5)
            assert [one.name for one in rows] == ["髙﨑　𠮷男"], words
        assert queries.found_people(session, "佐藤", date(2026, 6, 15), most=5) == []


def test_a_name_that_is_on_the_list_is_asked_about_once(world: World) -> None:
    takes_up(world, somebody(world, "斎藤 正"), world.district("末広区"))
    with pytest.raises(Problem, match="person_known") as refused:
        somebody(world, "齋藤　正")
    assert refused.value.facts["people"] == ["斎藤 正(一関 末広区 区長)"]
    somebody(world, "齋藤　正", another=True)
    somebody(world, "斎藤 正子")
    with world.reading() as session:
        assert len(session.exec(select(Person)).all()) == 3


def test_what_was_said_of_a_person_before_stays_in_the_personal_part_of_the_trail(world: World) -> None:
    sato = somebody(world, "佐藤 正", "さとう ただし", phone="0191-23-4567")
    with world.writing(world.worker) as session:
        service.correct_person(session, sato, PersonFacts("佐藤 正", "さとう まさし", "0191-23-9999"))
    created, changed = world.trail("person")
    personal = changed.personal or {}
    assert personal["phone"] == ["0191-23-4567", "0191-23-9999"]
    assert personal["kana"] == ["さとう ただし", "さとう まさし"]
    for entry in (created, changed):
        assert "佐藤" not in str(entry.facts)
        assert "0191" not in str(entry.facts)
        assert "さとう" not in str(entry.facts)
