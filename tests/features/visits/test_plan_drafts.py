"""A plan before it is published: everybody sees its calls, marked as a proposal in words."""

import re

import pytest

from crm.core.months import Month
from crm.visits import plan_service
from tests.features.visits.calls import planned
from tests.features.visits.planning import JUNE, calls, propose
from tests.markup import Element, page_of
from tests.world import Person, World


def shown(world: World, address: str, by: Person | None = None) -> Element:
    answer = world.client(by or world.worker).get(address)
    assert answer.status_code == 200
    return page_of(answer.text)


def publish(world: World, month: Month = JUNE) -> None:
    with world.writing(world.manager) as session:
        plan_service.publish(session, month, now=world.clock.now())


def of_today(world: World) -> str:
    return shown(world, "/today").find("section", aria_labelledby="calls-of-today").text


def test_calls_of_today_are_marked_until_the_plan_is_published(world: World) -> None:
    planned(world, world.district("末広区"), "2026-06-15")
    assert re.search(r"\b案\b", of_today(world))
    publish(world)
    assert "案" not in of_today(world)


def test_calls_that_come_next_are_marked_until_the_plan_is_published(world: World) -> None:
    planned(world, world.district("末広区"), "2026-06-17")
    assert re.search(r"\b案\b", of_today(world))
    publish(world)
    assert "案" not in of_today(world)


def test_the_card_of_a_place_marks_its_next_call_until_the_plan_is_published(world: World) -> None:
    place = world.district("末広区")
    planned(world, place, "2026-06-17")
    assert "千葉 さくら(案)" in shown(world, f"/places/{place.id}").text
    publish(world)
    card = shown(world, f"/places/{place.id}").text
    assert "次の予定" in card
    assert "(案)" not in card


def test_the_plan_says_that_it_is_a_draft_and_of_which_day_it_stands(world: World) -> None:
    moved, left = world.district("末広区"), world.district("中央区")
    planned(world, moved, "2026-06-17")
    with world.writing(world.manager) as session:
        plan_service.set_interval(session, 1, place_id=left.id)
    propose(world, JUNE)
    address = "/plan/2026-06?week={}"

    def states() -> set[str]:
        found = set()
        for call in calls(world, JUNE):
            page = shown(world, address.format(call.on.isoformat()))
            row = page.find("tr", id=f"call-{call.id}")
            found.add(row.find("td", data_label="状態").text.strip())
        return found

    assert "案(未公開)" in shown(world, "/plan/2026-06").find("main").text
    assert states() == {"案", "案(手で決めた)"}
    publish(world)
    page = shown(world, "/plan/2026-06").find("main").text
    assert "案(未公開)" not in page
    assert "公開済み(令和8年6月15日)" in page
    assert states() == {"予定", "予定(手で決めた)"}


@pytest.mark.parametrize(("who", "list_first"), [("worker", True), ("manager", False), ("editor", False)])
def test_a_worker_sees_the_week_before_the_numbers_of_all(world: World, who: str, list_first: bool) -> None:
    planned(world, world.district("末広区"), "2026-06-17")
    text = world.client(getattr(world, who)).get("/plan/2026-06").text
    assert (text.index('id="week-title"') < text.index('id="counts"')) is list_first
    assert text.count('id="counts"') == 1


def test_a_record_begun_from_the_plan_is_kept_though_the_call_left_it_meanwhile(world: World) -> None:
    place = world.district("末広区")
    propose(world, JUNE)
    (call,) = calls(world, JUNE)
    with world.writing(world.worker) as session:
        plan_service.move_call(session, call.id, on=world.clock.today(), worker_id=world.worker.id)
    page = shown(world, "/plan/2026-06")
    row = page.find("tr", id=f"call-{call.id}")
    (link,) = [one.get("href") or "" for one in row.find_all("a") if "記録する" in one.text]
    with world.writing(world.manager) as session:
        session.delete(plan_service.call_of(session, call.id))
    assert "末広区" in shown(world, link).text
    assert f"place={place.id}" in link
