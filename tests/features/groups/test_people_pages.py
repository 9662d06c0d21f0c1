"""The list of people and the pages of terms, as they are used."""

import re
from datetime import date
from uuid import UUID

import pytest
from sqlmodel import select
from werkzeug.test import TestResponse

from crm.groups import queries
from crm.groups.models import Channel, Person, Term
from crm.groups.queries import COUNTED, PeopleFilter
from crm.groups.rules import PersonFacts
from tests.features.groups.holding import in_office, post, somebody, takes_up, term
from tests.markup import page_of
from tests.world import District, World

TODAY = date(2026, 6, 15)


def texts(world: World, address: str, by: str = "worker") -> str:
    answer = world.client(getattr(world, by)).get(address)
    assert answer.status_code == 200, address
    return page_of(answer.text).text


def typed(world: World, place: District, **more: object) -> dict[str, object]:
    """What the form to begin a term sends for somebody new."""
    return {
        "person": "new",
        "name": "伊藤　清",
        "kana": "いとう きよし",
        "phone": "0191-23-4567",
        "post": str(post(world, place, "区長")),
        "title": "",
        "from_on": "2026-06-01",
        "number": "1",
        "source": "本人",
        "succeeds": "",
        **more,
    }


def begin(world: World, place: District, **more: object) -> TestResponse:
    return world.client(world.worker).post(f"/places/{place.id}/terms", data=typed(world, place, **more))


# ---- the list


def test_a_surname_never_stands_without_its_district(world: World) -> None:
    for given, kana, district in (
        ("正", "ただし", "末広区"),
        ("清", "きよし", "新田区"),
        ("勝", "まさる", "中央区"),
    ):
        sato = somebody(world, f"佐藤 {given}", f"さとう {kana}")
        takes_up(world, sato, world.district(district), "区長")
        takes_up(world, sato, world.district(district), "自治会長")
    rows = page_of(world.client(world.worker).get("/people?q=佐藤").text).find("tbody").find_all("tr")
    assert [row.text for row in rows] == [
        "佐藤 清 さとう きよし 一関 新田区 区長・自治会長 —",
        "佐藤 正 さとう ただし 一関 末広区 区長・自治会長 —",
        "佐藤 勝 さとう まさる 一関 中央区 区長・自治会長 —",
    ]


def test_the_list_shows_who_holds_a_post_and_on_demand_everybody(world: World) -> None:
    district = world.district("末広区")
    takes_up(world, somebody(world, "佐藤 正"), district, "区長", "2022-04-01", "2024-04-01")
    takes_up(world, somebody(world, "伊藤 清"), district, "区長", "2024-04-01")
    somebody(world, "千葉 勝")
    assert [name in texts(world, "/people") for name in ("佐藤 正", "伊藤 清", "千葉 勝")] == [
        False,
        True,
        False,
    ]
    everybody = texts(world, "/people?who=all")
    assert "佐藤 正 もと 一関 末広区 区長" in everybody
    assert "千葉 勝 —" in everybody
    found = world.client(world.worker).get("/people?q=佐藤")
    assert "/people?q=%E4%BD%90%E8%97%A4&amp;who=all" in found.text, "it offers to look among all"


def test_the_list_is_narrowed_to_a_territory(world: World) -> None:
    takes_up(world, somebody(world, "佐藤 正"), world.district("末広区"))
    takes_up(world, somebody(world, "伊藤 清"), world.district("摺沢区", "大東"))
    shown = texts(world, f"/people?territory={world.towns['大東'].id}")
    assert "伊藤 清" in shown
    assert "佐藤 正" not in shown


def test_pages_lead_through_the_whole_list_in_kana_order_and_back(world: World) -> None:
    names = [f"{a}{b}" for a in "あいうえお" for b in "かきくけ"]
    for name in reversed(names):
        somebody(world, name, name)
    somebody(world, "名無し")
    with world.reading() as session:
        here = queries.people_page(session, TODAY, PeopleFilter(), rows=8)
        forth = [here]
        while here.next:
            here = queries.people_page(session, TODAY, PeopleFilter(), after=here.next, rows=8)
            forth.append(here)
        back = [here]
        while here.previous:
            here = queries.people_page(session, TODAY, PeopleFilter(), before=here.previous, rows=8)
            back.append(here)
    told = [row.name for one in forth for row in one.rows]
    assert told == [*names, "名無し"]
    assert [len(one.rows) for one in forth] == [8, 8, 5]
    assert [one.rows for one in reversed(back)] == [one.rows for one in forth]
    assert {(one.total, one.counted_all) for one in forth} == {(21, True)}


def test_a_search_finds_few_or_many_with_every_narrowing(world: World) -> None:
    here, there = world.district("末広区"), world.district("新田区", "花泉")
    many = COUNTED + 10
    with world.writing(world.manager) as session:
        people = [Person(**PersonFacts(f"佐藤 {n}", f"さとう {n:04}").columns()) for n in range(many)]
        session.add_all(people)
        session.flush()
        ids = [one.id for one in people]
    takes_up(world, ids[-1], here, "区長")
    takes_up(world, ids[7], there, "区長", "2022-04-01", "2024-04-01")
    takes_up(world, somebody(world, "菅原 健", "すがわら けん"), there, "区長")
    towns = {name: town.id for name, town in world.towns.items()}

    def found(words: str, town: str | None = None, *, now: bool = False) -> tuple[list[str], int, bool]:
        asked = PeopleFilter(words, towns[town] if town else None, now)
        with world.reading() as session:
            page = queries.people_page(session, TODAY, asked)
            return [row.name for row in page.rows][:2], page.total, page.counted_all

    assert found("佐藤") == (["佐藤 0", "佐藤 1"], COUNTED, False)
    assert found("佐藤", now=True) == ([f"佐藤 {many - 1}"], 1, True)
    assert found("佐藤", "花泉") == (["佐藤 7"], 1, True)
    assert found("佐藤", "花泉", now=True) == ([], 0, True)
    assert found("すがわら", now=True) == (["菅原 健"], 1, True)
    assert found("", "花泉") == (["佐藤 7", "菅原 健"], 2, True)
    assert found("", "花泉", now=True) == (["菅原 健"], 1, True)
    assert found("いない") == ([], 0, True)


def test_a_link_in_the_list_dials_the_number_that_was_typed_with_a_note(world: World) -> None:
    sato = somebody(world, "佐藤 正", phone="0191-23-4567(夜)")
    link = page_of(world.client(world.worker).get(f"/people/{sato}").text).find("a", href="tel:0191234567")
    assert link.text == "0191-23-4567(夜)"


@pytest.mark.parametrize("address", ["/people", "/people?who=all&q=佐藤", "/people/{}", "/people/{}/correct"])
@pytest.mark.parametrize("who", ["administrator", "reader"])
def test_names_and_numbers_are_for_the_office(world: World, who: str, address: str) -> None:
    sato = somebody(world, "佐藤 正")
    assert world.client(getattr(world, who)).get(address.format(sato)).status_code == 403


def test_the_card_of_a_place_shows_its_heads_to_the_office_and_to_nobody_else(world: World) -> None:
    district = world.district("末広区")
    takes_up(world, somebody(world, "佐藤 正", phone="0191-23-4567"), district, number=2)
    for who, sees, changes in (
        ("worker", True, True),
        ("editor", True, False),
        ("administrator", False, False),
    ):
        page = world.client(getattr(world, who)).get(f"/places/{district.id}").text
        assert ("佐藤 正" in page) is sees, who
        assert ("0191-23-4567" in page) is sees, who
        assert ("terms/new" in page) is changes, who
    assert "令和8年4月1日から(2期目)" in texts(world, f"/places/{district.id}")
    past = world.client(world.worker).get(f"/places/{district.id}?on=2026-03-31").text
    assert "佐藤 正" not in past
    assert "terms/new" not in past


def test_a_closed_place_takes_nobody_any_more(world: World) -> None:
    district = world.district("末広区")
    world.split(district, ["末広1区", "末広2区"], on="2026-06-01")
    client = world.client(world.worker)
    assert "terms/new" not in client.get(f"/places/{district.id}").text
    assert client.get(f"/places/{district.id}/terms/new").status_code == 404
    assert begin(world, district).status_code == 404


# ---- terms


def test_somebody_new_takes_up_a_post_on_one_page(world: World) -> None:
    district = world.district("末広区")
    answer = begin(world, district)
    assert answer.status_code == 303
    assert answer.location == f"/places/{district.id}"
    assert in_office(world, district) == [("区長", "伊藤　清")]
    with world.reading() as session:
        row = session.exec(select(Term)).one()
        assert (row.from_on, row.to_on, row.number, row.source) == (date(2026, 6, 1), None, 1, "本人")


def test_a_change_of_heads_is_one_link_and_one_form(world: World) -> None:
    district = world.district("末広区")
    before = takes_up(world, somebody(world, "佐藤 正"), district, from_on="2024-04-01")
    client = world.client(world.worker)
    card = client.get(f"/places/{district.id}")
    (link,) = [one for one in page_of(card.text).find_all("a") if one.text == "交代"]
    form = page_of(client.get(link.attributes["href"]).text)
    chosen = {
        one.attributes["name"]: next(o for o in one.find_all("option") if "selected" in o.attributes)
        for one in form.find_all("select")
    }
    assert chosen["post"].text == "区長"
    assert chosen["succeeds"].get("value") == str(before)
    assert begin(world, district, succeeds=str(before)).status_code == 303
    assert in_office(world, district) == [("区長", "伊藤　清")]
    assert in_office(world, district, "2026-05-31") == [("区長", "佐藤 正")]


def test_somebody_of_the_list_is_looked_for_and_takes_up_a_title_that_is_new_here(world: World) -> None:
    here, there = world.district("末広区"), world.district("新田区")
    sato = somebody(world, "佐藤 正", "さとう ただし")
    takes_up(world, sato, there)
    page = page_of(world.client(world.worker).get(f"/places/{here.id}/terms/new?q=ｻﾄｳ").text)
    choices = {one.get("value"): one for one in page.find_all("input", name="person")}
    assert set(choices) == {str(sato), "new"}
    assert "佐藤 正(一関 新田区 区長)" in page.text
    answer = begin(world, here, person=str(sato), name="", kana="", phone="", post="", title="会計")
    assert answer.status_code == 303
    assert in_office(world, here) == [("会計", "佐藤 正")]
    assert in_office(world, there) == [("区長", "佐藤 正")]


def test_who_is_not_found_is_typed_no_second_time(world: World) -> None:
    district = world.district("末広区")
    page = page_of(world.client(world.worker).get(f"/places/{district.id}/terms/new?q=伊藤　清").text)
    assert page.find("input", name="name").get("value") == "伊藤　清"


def test_a_person_put_on_the_list_first_is_chosen_already(world: World) -> None:
    district, client = world.district("末広区"), world.client(world.worker)
    answer = client.post(f"/people/new?place={district.id}", data={"name": "伊藤　清", "channel": "fax"})
    page = page_of(client.get(answer.location).text)
    (chosen,) = [one for one in page.find_all("input", name="person") if "checked" in one.attributes]
    with world.reading() as session:
        row = session.exec(select(Person)).one()
        assert chosen.get("value") == str(row.id)
        assert row.channel is Channel.FAX


def test_a_namesake_is_offered_and_nobody_stands_on_the_list_twice_by_mistake(world: World) -> None:
    here, there = world.district("末広区"), world.district("新田区")
    known = somebody(world, "伊藤 清")
    takes_up(world, known, there)
    answer = begin(world, here)
    page = page_of(answer.text)
    assert answer.status_code == 422
    assert "同じ名前の人が名簿にいます:伊藤 清(一関 新田区 区長)" in page.text
    assert str(known) in {one.get("value") for one in page.find_all("input", name="person")}
    assert begin(world, here, another="y").status_code == 303
    with world.reading() as session:
        assert len(queries.namesakes(session, "伊藤清")) == 2


@pytest.mark.parametrize(
    ("wrong", "words", "field_id"),
    [
        ({"name": ""}, "名前を入力してください", "name"),
        ({"kana": "伊藤"}, "ひらがなかカタカナ", "kana"),
        ({"phone": "夜だけ"}, "電話番号がありません", "phone"),
        ({"post": ""}, "「ほかの役職」に入力してください", "post"),
        ({"title": "会計"}, "どちらかにしてください", "post"),
        ({"from_on": ""}, "入力してください", "from_on"),
        ({"from_on": "2024-04-01"}, "前の人の任期が始まった日(令和6年4月1日)", "from_on"),
        ({"number": "100"}, "1から99まで", "number"),
        ({"person": "nobody"}, "選択肢の中から", None),
        ({"succeeds": "nobody"}, "選択肢の中から", "succeeds"),
    ],
)
def test_bad_input_is_refused_in_words_at_its_field_and_leaves_nothing_behind(
    world: World, wrong: dict[str, object], words: str, field_id: str | None
) -> None:
    district = world.district("末広区")
    before = takes_up(world, somebody(world, "佐藤 正"), district, from_on="2024-04-01")
    answer = begin(world, district, **{"succeeds": str(before), **wrong})
    assert answer.status_code == 422
    assert words in page_of(answer.text).text
    if field_id:
        assert f'href="#{field_id}"' in answer.text
    kept = {"source": "本人", "name": "伊藤　清", "kana": "いとう きよし"}
    for name, value in kept.items():
        if name not in wrong:
            assert page_of(answer.text).find("input", name=name).get("value") == value
    assert term(world, before).to_on is None
    with world.reading() as session:
        assert [one.name for one in session.exec(select(Person))] == ["佐藤 正"]


def test_the_page_of_a_refusal_does_not_show_what_was_not_kept(world: World) -> None:
    """The person was added and the term before ended, before the last check refused all of it."""
    district = world.district("末広区")
    before = takes_up(world, somebody(world, "佐藤 正"), district, from_on="2024-04-01")
    sato = term(world, before).person_id
    takes_up(world, sato, district, "会計", from_on="2026-01-01")
    answer = begin(
        world,
        district,
        person=str(sato),
        name="",
        post=str(post(world, district, "会計")),
        succeeds=str(before),
    )
    assert answer.status_code == 422
    page = page_of(answer.text)
    assert "令和8年1月1日からこの役職に就いています" in page.text
    assert str(before) in {
        one.get("value") for one in page.find("select", name="succeeds").find_all("option")
    }


def test_a_person_of_the_list_and_a_new_name_at_once_are_refused(world: World) -> None:
    district, sato = world.district("末広区"), somebody(world, "佐藤 正")
    answer = begin(world, district, person=str(sato))
    assert answer.status_code == 422
    assert "どちらかにしてください" in answer.text


def test_a_term_ends_on_its_last_day(world: World) -> None:
    district = world.district("末広区")
    began, client = takes_up(world, somebody(world, "佐藤 正"), district), world.client(world.worker)
    assert client.post(f"/terms/{began}/end", data={"last_on": "令和8年5月31日"}).status_code == 303
    assert term(world, began).to_on == date(2026, 6, 1)
    assert "令和8年4月1日から令和8年5月31日まで" in texts(world, f"/people/{term(world, began).person_id}")
    for wrong, words in (("2026-03-31", "令和8年4月1日"), ("", "入力してください"), ("きのう", "日付として")):
        answer = client.post(f"/terms/{began}/end", data={"last_on": wrong})
        assert answer.status_code == 422
        assert words in answer.text
        assert 'href="#last_on"' in answer.text
    assert term(world, began).to_on == date(2026, 6, 1)


def test_a_term_is_corrected_by_the_page(world: World) -> None:
    district = world.district("末広区")
    began, client = takes_up(world, somebody(world, "佐藤 正"), district, "会計"), world.client(world.worker)
    form = page_of(client.get(f"/terms/{began}/correct").text)
    assert form.find("input", name="from_on").get("value") == "2026-04-01"
    told = {"post": "", "title": "監事", "from_on": "2025-04-01", "last_on": "2026-03-31", "number": "2"}
    assert client.post(f"/terms/{began}/correct", data=told).status_code == 303
    assert in_office(world, district, "2026-03-31") == [("監事", "佐藤 正")]
    assert in_office(world, district, "2026-04-01") == []
    answer = client.post(f"/terms/{began}/correct", data={**told, "last_on": "2025-03-31"})
    assert answer.status_code == 422
    assert 'href="#last_on"' in answer.text
    endless = client.post(f"/terms/{began}/correct", data={**told, "last_on": "9999-12-31"})
    assert endless.status_code == 422
    assert "までの日付を入力してください" in endless.text


def test_a_term_is_taken_back_by_the_page(world: World) -> None:
    district, sato = world.district("末広区"), somebody(world, "佐藤 正")
    began = takes_up(world, sato, district)
    answer = world.client(world.worker).post(f"/terms/{began}/take-back")
    assert answer.location == f"/people/{sato}"
    assert in_office(world, district) == []


def test_a_person_is_corrected_by_the_page(world: World) -> None:
    sato, client = somebody(world, "佐藤 正", phone="0191-23-4567"), world.client(world.worker)
    assert page_of(client.get(f"/people/{sato}/correct").text).find("input", name="phone").get("value") == (
        "0191-23-4567"
    )
    told = {"name": "佐藤　正志", "kana": "さとう まさし", "phone": "", "channel": "line"}
    assert client.post(f"/people/{sato}/correct", data=told).status_code == 303
    assert "佐藤　正志" in client.get(f"/people/{sato}").text
    answer = client.post(f"/people/{sato}/correct", data={**told, "name": "", "mail": "そのうち"})
    assert answer.status_code == 422
    assert "そのうち" in answer.text


@pytest.mark.parametrize("who", ["editor", "administrator", "reader"])
def test_only_those_who_record_contacts_write(world: World, who: str) -> None:
    district, sato = world.district("末広区"), somebody(world, "佐藤 正")
    began, client = takes_up(world, sato, district), world.client(getattr(world, who))
    for address in (
        "/people/new",
        f"/people/{sato}/correct",
        f"/places/{district.id}/terms",
        f"/terms/{began}/end",
        f"/terms/{began}/correct",
        f"/terms/{began}/take-back",
    ):
        assert client.post(address).status_code == 403, address
    assert in_office(world, district) == [("区長", "佐藤 正")]


def test_what_is_typed_is_shown_as_text_and_never_as_markup(world: World) -> None:
    district = world.district("末広区")
    bad = '<b>佐藤</b>"><img src=x>'
    sato = somebody(world, bad, phone='0191-23-4567"><i>')
    began = takes_up(world, sato, district, "<u>区長</u>")
    client = world.client(world.worker)
    for address in (
        "/people",
        f"/people/{sato}",
        f"/people/{sato}/correct",
        f"/places/{district.id}",
        f"/places/{district.id}/terms/new",
        f"/terms/{began}/end",
        f"/terms/{began}/correct",
        f"/records/new?place={district.id}",
    ):
        page = client.get(address).text
        assert re.search(r"&lt;(b|u|i)&gt;", page), address
        assert not re.search(r"<(b|u|i)>|<img src=x", page), address


def test_an_address_with_nonsense_in_it_finds_nobody_and_breaks_nothing(world: World) -> None:
    somebody(world, "佐藤 正")
    client = world.client(world.worker)
    for query in (
        "q=%25",
        "q=_",
        "q=''--",
        "territory=x",
        "after=x",
        "before=x",
        f"after={UUID(int=1)}",
        "q=-",
    ):
        assert client.get(f"/people?who=all&{query}").status_code == 200, query
    assert "佐藤 正" not in client.get("/people?who=all&q=%25").text
