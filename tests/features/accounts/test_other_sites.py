"""Requests that another site made the browser send change nothing; our own, however old the page, do."""

import pytest
from flask.testing import FlaskClient
from sqlmodel import select

from crm.accounts.models import Organisation
from tests.world import ORGANISATION, World

ADDRESS = "/organisation"
CHANGE = {"name": "のっとり団", "city_name": "一関市", "phone": "", "address": "", "note": ""}

REFUSED: dict[str, dict[str, str]] = {
    "a form of another site": {"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"},
    "a neighbour on the same domain": {"Sec-Fetch-Site": "same-site", "Origin": "http://other.localhost"},
    "an address typed or a bookmark": {"Sec-Fetch-Site": "none"},
    "a value nobody knows": {"Sec-Fetch-Site": "something"},
    "another site that names our origin": {"Sec-Fetch-Site": "cross-site", "Origin": "http://localhost"},
    "no word of where from": {},
    "an old browser on another site": {"Origin": "https://evil.example"},
    "an old browser on another port": {"Origin": "http://localhost:8080"},
    "an old browser on a name like ours": {"Origin": "http://localhost.evil.example"},
    "an old browser that hides where from": {"Origin": "null"},
    "an empty origin": {"Origin": ""},
    "only a referrer": {"Referer": "http://localhost/organisation"},
}
ACCEPTED: dict[str, dict[str, str]] = {
    "a form of ours": {"Sec-Fetch-Site": "same-origin", "Origin": "http://localhost"},
    "a form of ours without an origin": {"Sec-Fetch-Site": "same-origin"},
    "an old browser on our page": {"Origin": "http://localhost"},
}


def bare(world: World) -> FlaskClient:
    """A signed-in browser that says nothing of where its requests come from."""
    client = world.client(world.manager)
    del client.environ_base["HTTP_SEC_FETCH_SITE"]
    return client


def name(world: World) -> str:
    with world.reading() as session:
        return session.exec(select(Organisation.name)).one()


@pytest.mark.parametrize("headers", REFUSED.values(), ids=REFUSED.keys())
def test_a_request_from_elsewhere_changes_nothing(sqlite_world: World, headers: dict[str, str]) -> None:
    answer = bare(sqlite_world).post(ADDRESS, data=CHANGE, headers=headers)
    assert answer.status_code == 403
    assert name(sqlite_world) == ORGANISATION


@pytest.mark.parametrize("headers", ACCEPTED.values(), ids=ACCEPTED.keys())
def test_a_request_from_our_own_pages_goes_through(sqlite_world: World, headers: dict[str, str]) -> None:
    answer = bare(sqlite_world).post(ADDRESS, data=CHANGE, headers=headers)
    assert answer.status_code == 303
    assert name(sqlite_world) == "のっとり団"


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "post"])
def test_no_other_method_goes_around_the_guard(sqlite_world: World, method: str) -> None:
    answer = bare(sqlite_world).open(ADDRESS, method=method, data=CHANGE)
    assert answer.status_code in {403, 405}
    assert name(sqlite_world) == ORGANISATION


def test_a_method_override_is_not_listened_to(sqlite_world: World) -> None:
    headers = {"X-HTTP-Method-Override": "POST", "Sec-Fetch-Site": "cross-site"}
    bare(sqlite_world).get(ADDRESS, query_string={**CHANGE, "_method": "POST"}, headers=headers)
    assert name(sqlite_world) == ORGANISATION


def test_nobody_is_signed_in_by_another_site(sqlite_world: World) -> None:
    sqlite_world.with_password(sqlite_world.worker)
    client = sqlite_world.app.test_client()
    data = {"mail": sqlite_world.worker.mail, "password": "ことしの桜は四月に咲いた"}
    answer = client.post("/sign-in", data=data, headers={"Sec-Fetch-Site": "cross-site"})
    assert answer.status_code == 403
    assert client.get("/devices").status_code == 303


def test_reading_is_open_to_links_from_elsewhere(sqlite_world: World) -> None:
    answer = bare(sqlite_world).get(ADDRESS, headers={"Sec-Fetch-Site": "cross-site"})
    assert answer.status_code == 200


HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}


@pytest.mark.parametrize("address", ["/sign-in", "/organisation", "/nowhere", "/links/x"])
def test_every_answer_tells_the_browser_what_it_may_do(sqlite_world: World, address: str) -> None:
    answer = bare(sqlite_world).get(address)
    assert {name: answer.headers.get(name) for name in HEADERS} == HEADERS
    policy = answer.headers["Content-Security-Policy"]
    directives = {part.split()[0]: part.split()[1:] for part in policy.split(";")}
    assert directives["default-src"] == ["'none'"]
    assert directives["script-src"] == ["'self'"]
    assert directives["style-src"] == ["'self'"]
    assert directives["form-action"] == ["'self'"]
    assert directives["frame-ancestors"] == ["'none'"]
    assert directives["base-uri"] == ["'none'"]
    assert "unsafe" not in policy


def test_the_answer_to_a_refused_request_is_dressed_too(sqlite_world: World) -> None:
    answer = bare(sqlite_world).post(ADDRESS, data=CHANGE)
    assert answer.status_code == 403
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
