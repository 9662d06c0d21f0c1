"""Pages for what goes wrong, and what is said after leaving."""

import pytest

from tests.markup import page_of
from tests.world import World


def test_a_page_that_is_not_there_keeps_the_menu_of_whoever_is_signed_in(sqlite_world: World) -> None:
    page = page_of(sqlite_world.client(sqlite_world.worker).get("/nowhere").text)
    assert page.find("a", href="/places").text.strip() == "訪問先"
    assert sqlite_world.worker.name in page.text


def test_a_page_that_may_not_be_opened_keeps_the_menu_too(sqlite_world: World) -> None:
    answer = sqlite_world.client(sqlite_world.worker).get("/accounts")
    assert answer.status_code == 403
    assert page_of(answer.text).find("a", href="/places")


@pytest.mark.parametrize("path", ["/nowhere", "/links/unknown"])
def test_nobody_in_particular_gets_no_menu(sqlite_world: World, path: str) -> None:
    answer = sqlite_world.client().get(path)
    assert answer.status_code == 404
    assert 'href="/places"' not in answer.text


def test_after_signing_out_the_page_says_so(sqlite_world: World) -> None:
    client = sqlite_world.client(sqlite_world.worker)
    left = client.post("/sign-out", follow_redirects=True)
    assert "サインアウトしました。" in left.text
    assert "サインアウトしました。" not in client.get("/sign-in").text
