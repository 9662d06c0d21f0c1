"""The form of a record under a thumb: what is in sight, what the focus reaches, what its summary says."""

from datetime import date

import pytest
from playwright.sync_api import Browser, Page, ViewportSize, expect

from crm.core.months import Month
from crm.visits import plan_service
from tests.live import Live
from tests.world import District

LANDSCAPE, PORTRAIT = ViewportSize(width=1180, height=820), ViewportSize(width=820, height=1180)
PHONE = ViewportSize(width=360, height=740)

pytestmark = pytest.mark.browser

HIDDEN_BY_THE_BAR = """() => {
    const bar = document.querySelector(".record__save");
    const here = document.activeElement;
    const box = here.getBoundingClientRect();
    if (bar.contains(here) || !bar.parentElement.contains(here)) return "";
    return box.top < bar.getBoundingClientRect().top - 1 ? "" : here.id + " " + box.top;
}"""
"""What has the focus, where nothing of it can be seen above the save bar."""


def planned_place(live: Live) -> District:
    """A place with two people to meet, planned for another day of this month."""
    world = live.world
    place = world.district("末広区")
    place.called_on("2026-03-11", heard="雪囲いを外した")
    with world.writing(world.manager) as session:
        plan_service.add_call(
            session,
            Month(2026, 6),
            place.id,
            on=date(2026, 6, 12),
            worker_id=world.worker.id,
            now=world.clock.now(),
        )
    return place


def opened(live: Live, page: Page) -> Page:
    live.sign_in(page.context, live.world.worker)
    page.goto(f"{live.url}/records/new?place={planned_place(live).id}")
    return page


@pytest.mark.parametrize("size", [LANDSCAPE, PORTRAIT])
def test_a_plain_visit_is_two_taps_without_scrolling(
    live: Live, browser_page: Page, size: ViewportSize
) -> None:
    browser_page.set_viewport_size(size)
    page = opened(live, browser_page)
    support = page.locator("label", has_text="見るだけ")
    save = page.get_by_role("button", name="保存する")
    for one in (page.get_by_text("6月12日(金)に予定の訪問"), support, save):
        expect(one).to_be_in_viewport(ratio=1)
    support.click()
    save.click()
    expect(page.get_by_text("記録しました。")).to_be_visible()
    expect(page.get_by_text("6月12日(金)に予定の訪問の記録になりました。")).to_be_visible()


@pytest.mark.parametrize("size", [LANDSCAPE, PORTRAIT, PHONE])
@pytest.mark.parametrize("letters", ["100%", "200%"])
def test_the_save_bar_hides_nothing_that_has_the_focus(
    live: Live, browser_page: Page, size: ViewportSize, letters: str
) -> None:
    browser_page.set_viewport_size(size)
    page = opened(live, browser_page)
    page.evaluate("size => { document.documentElement.style.fontSize = size }", letters)
    page.get_by_text("方法・人数・読める人").click()
    page.get_by_label("日付").focus()
    reached = set()
    for _press in range(40):
        assert page.evaluate(HIDDEN_BY_THE_BAR) == ""
        reached.add(page.evaluate("document.activeElement.name || document.activeElement.textContent.trim()"))
        page.keyboard.press("Tab")
    assert {"apart", "supports", "heard", "way", "attendance", "confidential", "保存する"} <= reached


def test_the_summary_never_names_a_way_that_is_no_longer_chosen(live: Live, browser: Browser) -> None:
    context = browser.new_context(viewport=LANDSCAPE, java_script_enabled=False)
    page = opened(live, context.new_page())
    summary = page.locator(".record__more summary")
    expect(summary).to_contain_text("定期訪問")
    note = summary.get_by_text("定期訪問")
    summary.click()
    page.locator("label", has_text="取材").click()
    expect(note).to_be_hidden()
    page.locator("label", has_text="定期訪問").click()
    expect(note).to_be_visible()
    context.close()
