"""Signing in: who comes in, who does not, what is told to whom, and when it is enough."""

import logging
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from flask.testing import FlaskClient
from sqlmodel import select
from werkzeug.test import TestResponse

from crm.accounts import service
from crm.accounts.models import SignIn, SignInAttempt
from crm.app import create_app
from crm.config import Settings
from crm.core.clock import FixedClock
from crm.db.columns import metadata
from crm.db.store import Store
from tests import world as town
from tests.markup import page_of
from tests.world import PASSWORD, Serve, World

WRONG = "メールアドレスかパスワードが違います"
INSIDE = "/devices"


def signing_in(
    client: FlaskClient, mail: str, password: str, *, address: str = "192.0.2.1", to: str = ""
) -> TestResponse:
    data = {"mail": mail, "password": password, "next": to}
    return client.post("/sign-in", data=data, environ_overrides={"REMOTE_ADDR": address})


def is_in(client: FlaskClient) -> bool:
    return client.get(INSIDE).status_code == 200


def fail(world: World, mail: str, times: int, *, address: str = "192.0.2.1") -> None:
    """Let so many tries have failed just now, without the slow work on passwords."""
    with world.store.writing() as session:
        for _ in range(times):
            service.note_failure(session, mail, address, now=world.clock.now())


# ---- coming in


def test_with_mail_and_password_one_is_in(world: World) -> None:
    world.with_password(world.worker)
    client = world.client()
    answer = signing_in(client, world.worker.mail, PASSWORD)
    assert answer.status_code == 303
    assert is_in(client)


def test_capitals_and_blanks_in_the_mail_address_do_not_matter(sqlite_world: World) -> None:
    sqlite_world.with_password(sqlite_world.worker)
    client = sqlite_world.client()
    signing_in(client, f" {sqlite_world.worker.mail.upper()} ", PASSWORD)
    assert is_in(client)


def test_one_goes_on_to_the_page_one_wanted(sqlite_world: World) -> None:
    sqlite_world.with_password(sqlite_world.worker)
    client = sqlite_world.client()
    sent_away = client.get("/devices?x=1")
    assert sent_away.status_code == 303
    assert parse_qs(urlsplit(sent_away.location).query) == {"next": ["/devices?x=1"]}
    form = page_of(client.get(sent_away.location).text)
    kept = form.find("input", name="next").get("value") or ""
    assert signing_in(client, sqlite_world.worker.mail, PASSWORD, to=kept).location == "/devices?x=1"


@pytest.mark.parametrize(
    "target",
    [
        "//evil.example",
        "///evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "https://evil.example",
        "http:evil.example",
        "evil.example",
        "javascript:alert(1)",
        "/\t/evil.example",
        "/\n/evil.example",
        "/\r/evil.example",
        "\t//evil.example",
        " //evil.example",
        "/%09/evil.example/../..//evil.example",
    ],
)
def test_nobody_is_led_to_another_site(sqlite_world: World, target: str) -> None:
    sqlite_world.with_password(sqlite_world.worker)
    for answer in (
        signing_in(sqlite_world.client(), sqlite_world.worker.mail, PASSWORD, to=target),
        sqlite_world.client(sqlite_world.worker).get("/sign-in", query_string={"next": target}),
    ):
        assert answer.status_code == 303
        assert answer.location.startswith("/")
        assert answer.location[1:2] not in {"/", "\\"}


def test_what_was_typed_while_the_device_was_signed_out_is_carried_through_the_sign_in(
    sqlite_world: World,
) -> None:
    sqlite_world.with_password(sqlite_world.manager)
    client = sqlite_world.client(sqlite_world.manager)
    client.post("/sign-out")
    typed = {"name": "まちの\n相談室 <b>", "city_name": "一関市", "phone": "", "address": "", "note": ""}
    asked = client.post("/organisation", data=typed)
    assert asked.status_code == 401
    asking = page_of(asked.text).find("form", action="/sign-in")
    fields = {one.get("name") or "": one.get("value") or "" for one in asking.find_all("input")}
    sent = client.post("/sign-in", data={**fields, "mail": sqlite_world.manager.mail, "password": PASSWORD})
    going_on = page_of(sent.text).find("form", action="/organisation")
    carried = {one.get("name"): one.get("value") for one in going_on.find_all("input", type="hidden")}
    assert carried == typed
    assert is_in(client)


def test_no_password_is_carried_through_the_sign_in(sqlite_world: World) -> None:
    secret = "むかしむかしの合言葉です"
    data = {"old": secret, "password": secret, "again": secret}
    asked = sqlite_world.client().post("/devices/password", data=data)
    assert asked.status_code == 401
    assert secret not in asked.text


def test_what_was_typed_is_never_sent_on_to_another_site(sqlite_world: World) -> None:
    sqlite_world.with_password(sqlite_world.worker)
    data = {"mail": sqlite_world.worker.mail, "password": PASSWORD, "held:note": "内緒"}
    for target in ("//evil.example", "https://evil.example", "/\t/evil.example"):
        sent = sqlite_world.client().post("/sign-in", data={**data, "next": target})
        assert {form.get("action") for form in page_of(sent.text).find_all("form", method="post")} == {"/"}


# ---- staying out


def test_a_wrong_password_and_an_unknown_address_get_the_same_answer(world: World) -> None:
    world.with_password(world.worker)
    client = world.client()
    known = signing_in(client, world.worker.mail, "ちがう合言葉をいれた")
    unknown = signing_in(client, "nobody1@example.jp", "ちがう合言葉をいれた")
    assert known.status_code == unknown.status_code == 422
    assert WRONG in known.text
    assert known.text.replace(world.worker.mail, "…") == unknown.text.replace("nobody1@example.jp", "…")
    assert not is_in(client)


def test_without_a_password_nobody_comes_in(sqlite_world: World) -> None:
    client = sqlite_world.client()
    for tried in ("", " ", "None"):
        assert signing_in(client, sqlite_world.worker.mail, tried).status_code == 422
    assert not is_in(client)


def test_a_stopped_account_does_not_come_in_and_is_not_told_so(sqlite_world: World) -> None:
    sqlite_world.with_password(sqlite_world.worker)
    with sqlite_world.store.writing() as session:
        service.disable(
            session, sqlite_world.worker.id, by=sqlite_world.manager.id, now=sqlite_world.clock.now()
        )
    client = sqlite_world.client()
    answer = signing_in(client, sqlite_world.worker.mail, PASSWORD)
    assert answer.status_code == 422
    assert WRONG in answer.text
    assert not is_in(client)


def test_what_was_typed_stays_but_for_the_password(sqlite_world: World) -> None:
    answer = signing_in(sqlite_world.client(), "sakura@example.jp", "ちがう合言葉をいれた", to="/devices")
    page = page_of(answer.text)
    assert page.find("input", name="mail").get("value") == "sakura@example.jp"
    assert page.find("input", name="next").get("value") == "/devices"
    assert not page.find("input", name="password").get("value")
    assert "ちがう合言葉" not in answer.text


def test_an_empty_form_says_which_fields_are_missing_and_leads_to_them(sqlite_world: World) -> None:
    page = page_of(signing_in(sqlite_world.client(), "", "").text)
    summary = page.find(role="alert")
    targets = {(link.get("href") or "")[1:] for link in summary.find_all("a")}
    assert {page.find(id=target).get("name") for target in targets} == {"mail", "password"}


# ---- when it is enough


def test_after_ten_failures_an_account_is_closed_for_a_while_even_for_the_right_password(
    world: World,
) -> None:
    world.with_password(world.worker)
    fail(world, world.worker.mail, 10)
    client = world.client()
    answer = signing_in(client, world.worker.mail, PASSWORD, address="198.51.100.9")
    assert answer.status_code == 429
    assert "15分" in answer.text
    assert page_of(answer.text).find("input", name="mail").get("value") == world.worker.mail
    assert not is_in(client)
    world.clock.advance(timedelta(minutes=15, seconds=1))
    assert signing_in(client, world.worker.mail, PASSWORD).status_code == 303


def test_a_failed_try_is_counted_though_it_was_refused(world: World) -> None:
    client = world.client()
    signing_in(client, world.worker.mail, "ちがう合言葉をいれた")
    with world.reading() as session:
        (attempt,) = session.exec(select(SignInAttempt)).all()
    assert attempt.address == "192.0.2.1"
    fail(world, world.worker.mail, 9)
    assert signing_in(client, world.worker.mail, "もっとちがう合言葉").status_code == 429


def test_nine_failures_are_not_enough(sqlite_world: World) -> None:
    sqlite_world.with_password(sqlite_world.worker)
    fail(sqlite_world, sqlite_world.worker.mail, 9)
    assert signing_in(sqlite_world.client(), sqlite_world.worker.mail, PASSWORD).status_code == 303


def test_an_unknown_address_is_closed_just_as_a_known_one(sqlite_world: World) -> None:
    fail(sqlite_world, "nobody@example.jp", 10)
    assert signing_in(sqlite_world.client(), "nobody@example.jp", PASSWORD).status_code == 429


def test_after_forty_failures_of_one_machine_it_is_closed_for_every_account(world: World) -> None:
    world.with_password(world.worker)
    for number in range(40):
        fail(world, f"guess{number}@example.jp", 1, address="203.0.113.5")
    client = world.client()
    assert signing_in(client, world.worker.mail, PASSWORD, address="203.0.113.5").status_code == 429
    assert signing_in(client, world.worker.mail, PASSWORD, address="203.0.113.6").status_code == 303


@pytest.mark.parametrize(
    ("address", "status"), [("2001:db8:1:2:ffff::1", 429), ("2001:db8:1:3::1", 303), ("2001:db8:1:2::9", 429)]
)
def test_a_whole_ipv6_network_counts_as_one_machine(sqlite_world: World, address: str, status: int) -> None:
    sqlite_world.with_password(sqlite_world.worker)
    for number in range(40):
        fail(sqlite_world, f"guess{number}@example.jp", 1, address=f"2001:db8:1:2::{number:x}")
    answer = signing_in(sqlite_world.client(), sqlite_world.worker.mail, PASSWORD, address=address)
    assert answer.status_code == status


def test_who_waits_is_told_for_how_long_in_the_header_too(sqlite_world: World) -> None:
    fail(sqlite_world, sqlite_world.worker.mail, 10)
    sqlite_world.clock.advance(timedelta(minutes=5))
    answer = signing_in(sqlite_world.client(), sqlite_world.worker.mail, PASSWORD)
    assert "10分" in answer.text


# ---- the cookie


@pytest.fixture
def over_https(serve: Serve, settings: Settings, sqlite_store: Store, clock: FixedClock) -> World:
    secure = settings.model_copy(update={"base_url": "https://meguri.example.jp"})
    return town.build(serve(secure, sqlite_store, clock), sqlite_store, secure, clock)


def cookies(answer: TestResponse) -> dict[str, str]:
    """The cookies that an answer sets, each as it was written."""
    return {line.split("=", 1)[0]: line.lower() for line in answer.headers.getlist("Set-Cookie")}


def test_the_cookie_is_out_of_reach_of_scripts_other_sites_and_plain_http(over_https: World) -> None:
    over_https.with_password(over_https.worker)
    client = over_https.client()
    data = {"mail": over_https.worker.mail, "password": PASSWORD}
    answer = client.post("/sign-in", data=data, base_url="https://meguri.example.jp")
    (written,) = cookies(answer).values()
    flags = {part.strip() for part in written.split(";")[1:]}
    assert {"httponly", "secure", "samesite=lax", "path=/"} <= flags
    assert any(flag.startswith(("expires=", "max-age=")) for flag in flags)
    assert not any(flag.startswith("domain=") for flag in flags)


def test_over_https_the_browser_is_told_to_stay_there(over_https: World) -> None:
    answer = over_https.client().get("/sign-in", base_url="https://meguri.example.jp")
    assert "max-age" in answer.headers["Strict-Transport-Security"]


def test_over_plain_http_of_the_demo_the_cookie_still_arrives(sqlite_world: World) -> None:
    sqlite_world.with_password(sqlite_world.worker)
    answer = signing_in(sqlite_world.client(), sqlite_world.worker.mail, PASSWORD)
    (written,) = cookies(answer).values()
    assert "httponly" in written
    assert "samesite=lax" in written
    assert "secure" not in written


def test_what_stood_in_the_cookie_before_does_not_survive_signing_in(sqlite_world: World) -> None:
    sqlite_world.with_password(sqlite_world.worker)
    client = sqlite_world.client()
    with client.session_transaction() as planted:
        planted["planted"] = "by somebody else"
        planted["_user_id"] = "00000000-0000-4000-8000-000000000000"
    signing_in(client, sqlite_world.worker.mail, PASSWORD)
    assert is_in(client)
    with client.session_transaction() as kept:
        assert "planted" not in kept
        assert kept["_user_id"] != "00000000-0000-4000-8000-000000000000"


def test_signing_in_again_is_another_device_with_another_key(sqlite_world: World) -> None:
    sqlite_world.with_password(sqlite_world.worker)
    client = sqlite_world.client()
    signing_in(client, sqlite_world.worker.mail, PASSWORD)
    client.post("/sign-out")
    assert not is_in(client)
    signing_in(client, sqlite_world.worker.mail, PASSWORD)
    with sqlite_world.reading() as session:
        first, second = session.exec(select(SignIn)).all()
    assert first.id != second.id
    assert first.ended_at is not None or second.ended_at is not None


def test_a_cookie_that_was_copied_is_worth_nothing_after_signing_out(sqlite_world: World) -> None:
    client = sqlite_world.client(sqlite_world.worker)
    name, value = sqlite_world.app.config["SESSION_COOKIE_NAME"], None
    kept = client.get_cookie(name)
    assert kept is not None
    value = kept.value
    client.post("/sign-out")
    thief = sqlite_world.client()
    thief.set_cookie(name, value)
    assert not is_in(thief)


def test_a_cookie_that_nobody_signed_is_worth_nothing(sqlite_world: World) -> None:
    client = sqlite_world.client()
    other = sqlite_world.settings.model_copy(update={"secret_key": "another-secret-0123456789-abcdefghij"})
    elsewhere = create_app(other, store=sqlite_world.store, clock=sqlite_world.clock)
    forger = elsewhere.test_client()
    row = sqlite_world.sign_in_of(sqlite_world.manager)
    with forger.session_transaction() as forged:
        forged["_user_id"] = str(row)
    name = sqlite_world.app.config["SESSION_COOKIE_NAME"]
    forgery = forger.get_cookie(name)
    assert forgery is not None
    client.set_cookie(name, forgery.value)
    assert not is_in(client)


# ---- what must not be written down


def everything_in(store: Store) -> str:
    """Every value of every table, as text."""
    with store.reading() as session:
        rows = [row for table in metadata.sorted_tables for row in session.execute(table.select())]
    return "\n".join(str(tuple(row)) for row in rows)


def test_no_password_is_ever_written_down(world: World, caplog: pytest.LogCaptureFixture) -> None:
    first, second = "むかしむかしの合言葉です", "あたらしい合言葉にしました"
    typed_wrong = "うっかり打った別の合言葉"
    with caplog.at_level(logging.DEBUG):
        secret = world.link_for(world.worker)
        world.client().post(f"/links/{secret}", data={"password": first, "again": first})
        client = world.client()
        signing_in(client, world.worker.mail, typed_wrong)
        signing_in(client, typed_wrong, typed_wrong)
        signing_in(client, world.worker.mail, first)
        client.post("/devices/password", data={"old": first, "password": second, "again": second})
        assert signing_in(world.client(), world.worker.mail, second).status_code == 303
    for password in (first, second, typed_wrong):
        assert password not in caplog.text
        assert password not in everything_in(world.store)


def test_no_key_of_a_device_and_no_secret_of_a_link_reaches_the_trail(world: World) -> None:
    secret = world.link_for(world.worker)
    device = world.sign_in_of(world.worker)
    written = "".join(entry.model_dump_json() for entry in world.trail())
    assert secret not in everything_in(world.store)
    assert str(device) not in written
    assert device.hex not in written
