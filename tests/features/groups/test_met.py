"""Whom one met is offered to tap: a plain visit needs no typing."""

from uuid import UUID, uuid4

from crm.visits.models import Record
from tests.features.groups.holding import somebody, takes_up
from tests.markup import page_of
from tests.world import District, World

LABEL = "区長・自治会長 佐藤 正さん"


def heads(world: World) -> District:
    district = world.district("末広区")
    sato = somebody(world, "佐藤 正")
    takes_up(world, sato, district, "区長")
    takes_up(world, sato, district, "自治会長")
    takes_up(world, somebody(world, "伊藤 清"), district, "会計", "2024-04-01", "2026-06-01")
    return district


def offered(world: World, address: str) -> dict[str, bool]:
    """Who is offered as met, and whether already chosen."""
    page = page_of(world.client(world.worker).get(address).text)
    return {
        one.attributes["value"]: "checked" in one.attributes
        for one in page.find_all("input", name="met_holders")
    }


def told(district: District, **more: object) -> dict[str, object]:
    return {
        "record_id": str(uuid4()),
        "place": str(district.id),
        "on": "2026-06-15",
        "way": "extra",
        "met": "met",
        "confidential": "open",
        **more,
    }


def met(world: World, form: dict[str, object]) -> str:
    with world.reading() as session:
        return session.get_one(Record, UUID(str(form["record_id"]))).met_whom


def test_present_holders_are_offered_each_person_once(world: World) -> None:
    district = heads(world)
    assert offered(world, f"/records/new?place={district.id}") == {LABEL: False}


def test_a_place_without_known_people_offers_nobody(world: World) -> None:
    page = world.client(world.worker).get(f"/records/new?place={world.district('末広区').id}").text
    assert "met_holders" not in page
    assert "ほかに会った人" not in page
    assert "met_holders" not in world.client(world.worker).get("/records/new").text


def test_who_was_tapped_stands_in_the_record(world: World) -> None:
    form = told(heads(world), met_holders=[LABEL])
    assert world.client(world.worker).post("/records/new", data=form).status_code == 303
    assert met(world, form) == LABEL


def test_who_was_tapped_and_who_was_typed_stand_side_by_side(world: World) -> None:
    form, client = told(heads(world), met_holders=[LABEL], met_whom="奥さん"), world.client(world.worker)
    assert client.post("/records/new", data=form).status_code == 303
    assert met(world, form) == f"{LABEL}、奥さん"
    address = f"/records/{form['record_id']}/edit"
    assert offered(world, address) == {LABEL: True}
    assert page_of(client.get(address).text).find("input", name="met_whom").get("value") == "奥さん"
    again = {**form, "rev": "1", "met_whom": "奥さん、班長さん"}
    assert client.post(address, data=again).status_code == 303
    assert met(world, form) == f"{LABEL}、奥さん、班長さん"


def test_a_record_of_an_earlier_day_offers_those_of_that_day(world: World) -> None:
    district = heads(world)
    form = told(district, on="2026-05-20", met_whom="会計 伊藤 清さん")
    world.client(world.worker).post("/records/new", data=form)
    assert offered(world, f"/records/{form['record_id']}/edit") == {LABEL: False, "会計 伊藤 清さん": True}


def test_a_refused_form_keeps_who_was_tapped(world: World) -> None:
    form = told(heads(world), met_holders=[LABEL, "副会長 千葉 勝さん"], on="2026-06-16")
    answer = world.client(world.worker).post("/records/new", data=form)
    assert answer.status_code == 422
    boxes = page_of(answer.text).find_all("input", name="met_holders")
    assert [(one.get("value"), "checked" in one.attributes) for one in boxes] == [
        (LABEL, True),
        ("副会長 千葉 勝さん", True),
    ]


def test_more_than_the_record_holds_is_refused_in_words(world: World) -> None:
    form = told(heads(world), met_holders=[LABEL], met_whom="あ" * 195)
    answer = world.client(world.worker).post("/records/new", data=form)
    assert answer.status_code == 422
    assert "あわせて200文字まで" in answer.text


def test_of_many_posts_only_the_first_are_offered(world: World) -> None:
    district = world.district("末広区")
    for n in range(12):
        takes_up(world, somebody(world, f"佐藤 {'あいうえおかきくけこさし'[n]}"), district, f"班長{n}")
    assert len(offered(world, f"/records/new?place={district.id}")) == 8
