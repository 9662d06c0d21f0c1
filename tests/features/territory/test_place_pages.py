"""The list of places, the card of one, and the forms that change them."""

import re
from datetime import date
from uuid import UUID

import pytest
from flask.testing import FlaskClient
from sqlalchemy import event
from werkzeug.test import TestResponse

from crm.territory import queries
from crm.territory.models import Kind
from crm.territory.queries import PAGE_ROWS, PlaceFilter
from tests.world import World

DAY = "2026-06-01"


def links(page: str, path: str) -> list[str]:
    """Addresses on a page that begin with this path."""
    return [found.replace("&amp;", "&") for found in re.findall(rf'href="({path}[^"]*)"', page)]


def rows(page: str) -> list[str]:
    """Names in the list of places."""
    return re.findall(r'<a href="/places/[0-9a-f-]{36}[^"]*">([^<]+)</a>', page.partition('id="places"')[2])


def post(client: FlaskClient, path: str, **fields: object) -> TestResponse:
    return client.post(path, data=fields)


def place_named(world: World, name: str, on: date | None = None) -> UUID:
    with world.reading() as session:
        found = queries.place_page(session, on or world.clock.today(), PlaceFilter(words=name)).rows
        return next(row.id for row in found if row.name == name)


# ---- the list


def test_an_empty_installation_offers_the_way_in(world: World) -> None:
    page = world.client(world.manager).get("/places").text
    assert "訪問先はまだありません。" in page
    assert links(page, "/imports")
    assert "ファイルから取り込む" not in world.client(world.worker).get("/places").text


def test_the_list_is_in_kana_order_and_leads_on(world: World) -> None:
    for number in range(PAGE_ROWS + 5):
        world.district(f"{number}区", kana=f"く{number}")
    client = world.client(world.worker)
    first = client.get("/places").text
    assert rows(first) == [f"{number}区" for number in range(PAGE_ROWS)]
    assert f"{PAGE_ROWS + 5}件" in first
    (following,) = [address for address in links(first, "/places") if "after=" in address]
    second = client.get(following).text
    assert rows(second) == [f"{number}区" for number in range(PAGE_ROWS, PAGE_ROWS + 5)]
    (back,) = [address for address in links(second, "/places") if "before=" in address]
    assert rows(client.get(back).text) == rows(first)


def test_the_list_is_narrowed_by_words_territory_and_kind(world: World) -> None:
    world.district("末広1区", kana="すえひろ", code="0301")
    world.district("中央区", "花泉")
    world.place(Kind.COMMUNITY_CENTRE, "花泉市民センター", "花泉")
    client = world.client(world.worker)
    assert rows(client.get("/places", query_string={"q": "スエヒロ"}).text) == ["末広1区"]
    assert rows(client.get("/places", query_string={"q": "0301"}).text) == ["末広1区"]
    assert rows(client.get("/places", query_string={"q": "花泉", "kind": "community_centre"}).text) == [
        "花泉市民センター"
    ]
    town = str(world.towns["花泉"].id)
    assert set(rows(client.get("/places", query_string={"territory": town}).text)) == {
        "中央区",
        "花泉市民センター",
    }
    page = client.get("/places", query_string={"q": "海"}).text
    assert "あてはまる訪問先はありません。" in page


def test_the_list_of_an_earlier_day_says_so_and_leads_to_cards_of_that_day(world: World) -> None:
    old = world.district("末広区")
    world.split(old, ["末広1区", "末広2区"], DAY)
    page = world.client(world.worker).get("/places?on=R8.5.31").text
    assert rows(page) == ["末広区"]
    assert "令和8年5月31日の時点の一覧です。" in page
    assert links(page, f"/places/{old.id}") == [f"/places/{old.id}?on=2026-05-31"]


@pytest.mark.parametrize(
    "address", ["/places?territory=x&kind=y&after=z", "/places?after=00000000-0000-0000-0000-000000000000"]
)
def test_an_address_that_names_nothing_shows_the_list(sqlite_world: World, address: str) -> None:
    sqlite_world.district("末広区")
    assert rows(sqlite_world.client(sqlite_world.worker).get(address).text) == ["末広区"]


def test_a_day_that_cannot_be_read_is_told_and_the_list_is_that_of_today(sqlite_world: World) -> None:
    sqlite_world.district("末広区")
    page = sqlite_world.client(sqlite_world.worker).get("/places?on=きのう").text
    assert "「きのう」は日付として読めません" in page
    assert rows(page) == ["末広区"]


def test_the_list_and_the_card_take_few_queries(sqlite_world: World) -> None:
    place = sqlite_world.district("末広区")
    client, counted = sqlite_world.client(sqlite_world.worker), []
    event.listen(sqlite_world.store.engine, "before_cursor_execute", lambda *_: counted.append(1))
    for address in ("/places", f"/places/{place.id}", "/territories"):
        counted.clear()
        assert client.get(address).status_code == 200
        assert len(counted) <= 25, address


# ---- the card


def test_the_card_shows_the_facts_of_the_day_and_what_had_changed(world: World) -> None:
    centre = world.place(Kind.COMMUNITY_CENTRE, "山目市民センター")
    place = world.district("末広区", households=120, centre_id=centre.id)
    manager = world.client(world.manager)
    form = manager.get(f"/places/{place.id}/change").text
    assert 'value="120"' in form
    answer = post(
        manager,
        f"/places/{place.id}/change",
        name="末広町区",
        territory=world.towns["一関"].id,
        code="0301",
        households="１,１８０世帯",
        centre=centre.id,
        branch="",
        on=DAY,
    )
    assert answer.status_code == 303
    now = manager.get(f"/places/{place.id}").text
    assert "1,180世帯" in now
    assert "名前:末広区 → 末広町区" in now
    assert "世帯:120 → 1,180" in now
    assert links(now, f"/places/{centre.id}")
    before = manager.get(f"/places/{place.id}?on=2026-05-31").text
    assert "<h1" in before
    assert "令和8年5月31日の時点の内容です。" in before
    assert "120世帯" in before


def test_the_card_offers_recording_to_those_who_record(world: World) -> None:
    place = world.district("末広区")
    for person, offered in ((world.worker, True), (world.editor, False)):
        page = world.client(person).get(f"/places/{place.id}").text
        assert bool(links(page, "/records/new")) is offered
        assert bool(links(page, "/plan/calls/new")) is offered


def test_the_card_tells_whom_to_telephone_before_all_else(world: World) -> None:
    place = world.district("末広区", households=120)
    page = world.client(world.worker).get(f"/places/{place.id}").text
    assert page.index(">記録する<") < page.index("役職の人") < page.index("訪問先の内容")


def test_the_buttons_of_a_card_are_called_like_the_pages_they_open(sqlite_world: World) -> None:
    place, manager = sqlite_world.district("末広区"), sqlite_world.client(sqlite_world.manager)
    card = manager.get(f"/places/{place.id}").text
    for what, name in (
        ("change", "内容を変える"),
        ("split", "区を分ける"),
        ("merge", "区を合わせる"),
        ("close", "訪問先を閉じる"),
    ):
        assert re.search(rf'href="/places/{place.id}/{what}"[^>]*>{name}</a>', card), name
        opened = manager.get(f"/places/{place.id}/{what}").text
        assert re.search(rf"<h1[^>]*>{name}</h1>", opened), name


def test_numbered_districts_stand_by_their_numbers(world: World) -> None:
    for number, kana in ((10, "ダイジュック"), (2, "ダイニク"), (1, "だいいっく"), (11, "ダイジュウイック")):
        world.district(f"第{number}区", "室根", kana=kana)
    page = world.client(world.worker).get("/places").text
    assert rows(page) == ["第1区", "第2区", "第10区", "第11区"]


def test_the_card_shows_what_was_recorded(world: World) -> None:
    place = world.district("末広区")
    place.called_on("2026-06-10", heard="集会所の屋根の話")
    assert "集会所の屋根の話" in world.client(world.worker).get(f"/places/{place.id}").text
    assert "集会所の屋根の話" not in world.client(world.administrator).get(f"/places/{place.id}").text


def test_the_card_of_a_split_district_leads_to_its_parts_and_back(world: World) -> None:
    old = world.district("末広区")
    one, two = world.split(old, ["末広1区", "末広2区"], DAY)
    client = world.client(world.worker)
    page = client.get(f"/places/{old.id}").text
    assert "この訪問先は令和8年6月1日に閉じました。" in page
    assert links(page, f"/places/{one.id}")
    assert links(page, f"/places/{two.id}")
    assert not links(page, "/records/new")
    assert links(client.get(f"/places/{one.id}").text, f"/places/{old.id}")


def test_there_is_no_card_of_an_unknown_place(sqlite_world: World) -> None:
    client = sqlite_world.client(sqlite_world.worker)
    assert client.get("/places/00000000-0000-0000-0000-000000000000").status_code == 404


# ---- forms


def test_a_place_is_added_by_hand(world: World) -> None:
    manager = world.client(world.manager)
    assert manager.get("/places/new").status_code == 200
    answer = post(
        manager,
        "/places/new",
        kind="community_centre",
        name="山目市民センター",
        territory=world.towns["一関"].id,
        code="C01",
        centre="",
        branch="",
        lat="38.94",
        lon="141.12",
        on=DAY,
    )
    assert answer.status_code == 303
    page = manager.get(answer.headers["Location"]).text
    assert "山目市民センターを加えました。" in page
    assert "北緯38.94 東経141.12" in page


def test_what_was_typed_is_kept_when_a_form_is_refused(world: World) -> None:
    world.district("末広区", code="0301")
    answer = post(
        world.client(world.manager),
        "/places/new",
        kind="district",
        name="中央区",
        territory=world.towns["一関"].id,
        code="0301",
        households="たくさん",
        lat="38.94",
        centre="",
        branch="",
        on="2026-13-01",
    )
    assert answer.status_code == 422
    page = answer.text
    assert "3件のエラーがあります" in page
    for field, said in (("households", "たくさん"), ("name", "中央区"), ("on", "2026-13-01")):
        assert re.search(rf'<input[^>]*id="{field}"[^>]*value="{said}"', page), field
    assert '<a href="#households">世帯:「たくさん」は数として読めません。例:102、1,234</a>' in page
    assert '<a href="#lon">経度:緯度と経度は、両方入れるか、両方空けてください。</a>' in page


def test_a_code_that_is_taken_is_refused_at_its_field(world: World) -> None:
    world.district("末広区", code="0301")
    answer = post(
        world.client(world.manager),
        "/places/new",
        kind="district",
        name="中央区",
        territory=world.towns["一関"].id,
        code="0301",
        centre="",
        branch="",
        on=DAY,
    )
    assert answer.status_code == 422
    assert '<a href="#code">コード:コード「0301」は、すでに使われています。</a>' in answer.text


def test_a_district_is_split_by_its_form(world: World) -> None:
    old = world.district("末広区")
    manager, path = world.client(world.manager), f"/places/{old.id}/split"
    assert manager.get(path).status_code == 200
    refused = post(manager, path, on=DAY, name_1="末広1区", name_2="末広1区")
    assert refused.status_code == 422
    assert '<a href="#name_1">名前:同じ名前が2回あります。</a>' in refused.text
    answer = post(manager, path, on=DAY, name_1="末広1区", name_2="末広2区", name_3="末広3区", code_1="0311")
    assert answer.status_code == 303
    assert "末広区を3つに分けました。" in manager.get(answer.headers["Location"]).text
    assert len(world.successors(old)) == 3


def test_districts_are_merged_by_a_form_that_offers_the_nearest_first(world: World) -> None:
    here = world.district("上区", lat=38.90, lon=141.10)
    far = world.district("遠区", lat=38.99, lon=141.40)
    near = world.district("近区", lat=38.91, lon=141.10)
    manager, path = world.client(world.manager), f"/places/{here.id}/merge"
    page = manager.get(path).text
    assert page.index(str(near.id)) < page.index(str(far.id))
    found = manager.get(
        path, query_string={"q": "遠", "places": str(near.id), "name": "新区", "on": DAY}
    ).text
    assert re.search(rf'value="{near.id}"[^>]*checked', found)
    assert str(far.id) in found
    assert 'value="新区"' in found
    assert post(manager, path, on=DAY, name="新区").status_code == 422
    answer = post(manager, path, on=DAY, name="新区", places=str(near.id))
    assert answer.status_code == 303
    assert "2つの区を新区に合わせました。" in manager.get(answer.headers["Location"]).text
    assert place_named(world, "遠区")


def test_a_place_is_closed_and_the_slip_taken_back(world: World) -> None:
    centre = world.place(Kind.COMMUNITY_CENTRE, "山目市民センター")
    world.district("末広区", centre_id=centre.id)
    manager = world.client(world.manager)
    assert "ここに属している訪問先が1件あります。" in manager.get(f"/places/{centre.id}/close").text
    assert post(manager, f"/places/{centre.id}/close", on="2020-01-01").status_code == 422
    assert post(manager, f"/places/{centre.id}/close", on=DAY).status_code == 303
    assert rows(manager.get("/places").text) == ["末広区"]
    assert manager.get(f"/places/{centre.id}/change").status_code == 404
    assert post(manager, f"/places/{centre.id}/reopen").status_code == 303
    assert "山目市民センター" in rows(manager.get("/places").text)


def test_a_hub_that_was_closed_may_stay_with_its_districts(world: World) -> None:
    centre = world.place(Kind.COMMUNITY_CENTRE, "山目市民センター")
    place = world.district("末広区", centre_id=centre.id)
    manager = world.client(world.manager)
    post(manager, f"/places/{centre.id}/close", on=DAY)
    answer = post(
        manager,
        f"/places/{place.id}/change",
        name="末広区",
        territory=world.towns["一関"].id,
        centre=centre.id,
        branch="",
        households="5",
        on=DAY,
    )
    assert answer.status_code == 303


@pytest.mark.parametrize("what", ["change", "split", "merge", "close"])
def test_workers_do_not_change_places(sqlite_world: World, what: str) -> None:
    place = sqlite_world.district("末広区")
    client = sqlite_world.client(sqlite_world.worker)
    assert client.get(f"/places/{place.id}/{what}").status_code == 403
    assert post(client, f"/places/{place.id}/{what}", on=DAY).status_code == 403


# ---- territories


def test_the_territories_show_who_answers_and_what_there_is(world: World) -> None:
    world.district("末広区")
    world.place(Kind.COMMUNITY_CENTRE, "花泉市民センター", "花泉")
    page = world.client(world.worker).get("/territories").text
    assert page.count(world.worker.name) == 4  # the head of the page, 一関, 花泉, and as deputy 千厩
    assert links(page, f"/places\\?territory={world.towns['一関'].id}")
    past = world.client(world.worker).get("/territories?on=2024-03-31").text
    assert past.count(world.worker.name) == 1
    assert "令和6年3月31日の時点の担当と数です。" in past


def test_a_territory_is_added_and_gets_its_holder(world: World) -> None:
    manager = world.client(world.manager)
    assert post(manager, "/territories", name="一関", code="09").status_code == 422
    assert post(manager, "/territories", name="胆沢", code="09").status_code == 303
    with world.reading() as session:
        town = next(t for t in queries.territories(session) if t.name == "胆沢")
    path = f"/territories/{town.id}"
    assert "担当はまだ決まっていません。" in manager.get(path).text
    refused = post(manager, f"{path}/assign", account=world.worker.id, kind="holder", from_on=DAY, to_on=DAY)
    assert refused.status_code == 422
    assert '<a href="#to_on">' in refused.text
    answer = post(manager, f"{path}/assign", account=world.worker.id, kind="holder", from_on=DAY)
    assert answer.status_code == 303
    page = manager.get(path).text
    (end,) = links(page, f"{path}/assignments")
    assert manager.get(end).status_code == 200
    assert post(manager, end, on="2026-05-01").status_code == 422
    assert post(manager, end, on="2026-06-11").status_code == 303
    assert "令和8年6月10日" in manager.get(path).text


def test_an_assignment_from_today_is_taken_back(world: World) -> None:
    manager, path = world.client(world.manager), f"/territories/{world.towns['東山'].id}"
    post(manager, f"{path}/assign", account=world.manager.id, kind="holder", from_on="2026-06-15")
    (action,) = re.findall(rf'action="({path}/assignments/[^"]+/take-back)"', manager.get(path).text)
    assert post(manager, action).status_code == 303
    assert "担当はまだ決まっていません。" in manager.get(path).text
