"""In which order months are closed, and what becomes of those that nobody needs to close."""

from datetime import date

import pytest

from crm.accounts import service as accounts
from crm.core.months import Month
from crm.core.problems import Problem
from crm.reports import service
from tests.features.reports.test_closing import close
from tests.markup import page_of
from tests.world import World

APRIL, MAY = Month(2026, 4), Month(2026, 5)


@pytest.fixture
def may_is_closed(world: World) -> World:
    world.district("末広1区").called_on("2026-05-11")
    close(world, MAY)
    return world


def page(world: World, address: str) -> str:
    return page_of(world.client(world.manager).get(address).text).find("main").text


def test_before_the_first_closing_the_page_says_which_empty_months_need_no_closing(world: World) -> None:
    world.district("末広1区").called_on("2026-05-11")
    assert "令和8年4月には記録がありません。0件のまま、確定しなくてよくなります。" in page(
        world, "/reports/2026-05/close"
    )


def test_an_empty_month_before_a_closed_one_is_not_closed_any_more(may_is_closed: World) -> None:
    with may_is_closed.reading() as session, pytest.raises(Problem, match="month_passed"):
        service.check_can_close(session, APRIL, today=date(2026, 6, 15))
    assert "確定はいりません" in page(may_is_closed, "/reports")
    assert "この月を確定する" not in page(may_is_closed, "/reports/2026-04")
    answer = may_is_closed.client(may_is_closed.manager).post("/reports/2026-04/close")
    assert (answer.status_code, "確定しなくてよくなりました" in answer.text) == (422, True)


def test_a_late_record_of_such_a_month_counts_in_the_first_month_that_is_open(may_is_closed: World) -> None:
    before = page(may_is_closed, "/reports/2026-06")
    may_is_closed.district("末広2区").called_on("2026-04-20")
    assert page(may_is_closed, "/reports/2026-06") != before
    assert "0 件" in page(may_is_closed, "/reports/2026-04").replace("0件", "0 件")
    with may_is_closed.reading() as session:
        assert len(service.contacts_behind(session, Month(2026, 6), "all", "all", "month")) == 1
        assert len(service.contacts_behind(session, Month(2026, 6), "all", "all", "year")) == 2


def test_without_a_city_the_page_before_closing_says_that_the_report_has_no_address(world: World) -> None:
    world.district("末広1区").called_on("2026-05-11")
    with world.writing(world.manager) as session:
        known = accounts.organisation(session)
        assert known is not None
        known.city_name = ""
    assert "報告書の宛先がまだありません" in page(world, "/reports/2026-05/close")
    with world.writing(world.manager) as session:
        known = accounts.organisation(session)
        assert known is not None
        known.city_name = "一関市"
    assert "報告書の宛先がまだありません" not in page(world, "/reports/2026-05/close")
