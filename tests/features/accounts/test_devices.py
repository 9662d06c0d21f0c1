"""Devices, passwords and stopped accounts: whoever is sent out is out at once."""

from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlmodel import select

from crm.accounts import service
from crm.accounts.models import Account, SignIn
from crm.web.access import Role
from tests.markup import page_of
from tests.world import PASSWORD, World

INSIDE = "/devices"
NEW = "ゆうべの雨はもうすっかりやんだ"


def is_in(client: FlaskClient) -> bool:
    return client.get(INSIDE).status_code == 200


def devices(world: World) -> list[SignIn]:
    with world.reading() as session:
        return list(session.exec(select(SignIn).where(SignIn.account_id == world.worker.id)).all())


# ---- devices


def test_a_device_that_is_ended_from_elsewhere_is_out_at_once(world: World) -> None:
    lost, here = world.client(world.worker), world.client(world.worker)
    (lost_row,) = [row for row in devices(world) if is_in(lost)][:1]
    answer = here.post(f"/devices/{lost_row.id}/end")
    assert answer.status_code == 303
    assert not is_in(lost)
    assert is_in(here)


def test_the_page_of_devices_shows_mine_that_are_signed_in_and_which_one_this_is(sqlite_world: World) -> None:
    sqlite_world.sign_in_of(sqlite_world.worker, device="iPad / Safari")
    ended = sqlite_world.sign_in_of(sqlite_world.worker, device="Windows / Edge")
    sqlite_world.sign_in_of(sqlite_world.other_worker, device="Mac / Firefox")
    with sqlite_world.store.writing() as session:
        service.end_sign_in(session, ended, account_id=sqlite_world.worker.id, now=sqlite_world.clock.now())
    text = page_of(sqlite_world.client(sqlite_world.worker).get(INSIDE).text).text
    assert "iPad / Safari" in text
    assert "Windows / Edge" not in text
    assert "Mac / Firefox" not in text


def test_nobody_ends_the_device_of_somebody_else(world: World) -> None:
    theirs = world.client(world.other_worker)
    with world.reading() as session:
        row = session.exec(select(SignIn)).one()
    assert world.client(world.worker).post(f"/devices/{row.id}/end").status_code == 404
    assert is_in(theirs)


def test_a_device_is_signed_out_after_thirty_days_without_use(sqlite_world: World) -> None:
    client = sqlite_world.client(sqlite_world.worker)
    sqlite_world.clock.advance(timedelta(days=29))
    assert is_in(client)
    sqlite_world.clock.advance(timedelta(days=29))
    assert is_in(client), "using it keeps it"
    sqlite_world.clock.advance(timedelta(days=30, minutes=11))
    assert not is_in(client)


# ---- passwords


def test_a_changed_password_sends_every_other_device_out_and_keeps_this_one(world: World) -> None:
    world.with_password(world.worker)
    other, here, somebody = (
        world.client(world.worker),
        world.client(world.worker),
        world.client(world.other_worker),
    )
    answer = here.post("/devices/password", data={"old": PASSWORD, "password": NEW, "again": NEW})
    assert answer.status_code == 303
    assert is_in(here)
    assert not is_in(other)
    assert is_in(somebody)


@pytest.mark.parametrize(
    ("old", "new", "again", "told"),
    [
        ("ちがう合言葉をいれた", NEW, NEW, "いまのパスワードが違います"),
        (PASSWORD, "みじかい", "みじかい", "12文字以上"),
        (PASSWORD, NEW, NEW + "。", "2回の入力が同じではありません"),
        (PASSWORD, "ああああああああああああ", "ああああああああああああ", "推測されやすい"),
        (PASSWORD, "worker-no-password", "worker-no-password", "推測されやすい"),
        (PASSWORD, "", "", "入力してください"),
    ],
)
def test_a_password_is_not_changed_when_something_is_wrong(
    sqlite_world: World, old: str, new: str, again: str, told: str
) -> None:
    sqlite_world.with_password(sqlite_world.worker)
    other, here = sqlite_world.client(sqlite_world.worker), sqlite_world.client(sqlite_world.worker)
    answer = here.post("/devices/password", data={"old": old, "password": new, "again": again})
    assert answer.status_code == 422
    assert told in page_of(answer.text).find(role="alert").text
    assert is_in(other)
    fresh = sqlite_world.client()
    data = {"mail": sqlite_world.worker.mail, "password": PASSWORD}
    assert fresh.post("/sign-in", data=data).status_code == 303


# ---- stopped accounts, roles


def test_a_stopped_account_is_out_on_every_device_at_once_and_comes_back_by_signing_in(world: World) -> None:
    world.with_password(world.worker)
    tablet, desk = world.client(world.worker), world.client(world.worker)
    manager = world.client(world.manager)
    assert manager.post(f"/accounts/{world.worker.id}/disable").status_code == 303
    assert not is_in(tablet)
    assert not is_in(desk)
    assert manager.post(f"/accounts/{world.worker.id}/enable").status_code == 303
    assert not is_in(tablet), "what was ended stays ended"
    data = {"mail": world.worker.mail, "password": PASSWORD}
    assert world.client().post("/sign-in", data=data).status_code == 303


def test_what_a_stopped_account_left_keeps_its_name(world: World) -> None:
    world.district("末広区").called_on("2026-05-11", heard="元気でした")
    world.client(world.manager).post(f"/accounts/{world.worker.id}/disable")
    with world.reading() as session:
        assert session.get_one(Account, world.worker.id).name == world.worker.name


def test_nobody_stops_himself(sqlite_world: World) -> None:
    client = sqlite_world.client(sqlite_world.manager)
    assert client.post(f"/accounts/{sqlite_world.manager.id}/disable").status_code == 403
    assert is_in(client)


def role_of(world: World, account_id: object) -> Role:
    with world.reading() as session:
        return session.get_one(Account, account_id).role


def test_a_manager_gives_another_role_and_it_holds_at_once(world: World) -> None:
    reader = world.client(world.reader)
    assert reader.get("/accounts").status_code == 403
    answer = world.client(world.manager).post(
        f"/accounts/{world.reader.id}/role", data={"role": "administrator"}
    )
    assert answer.status_code == 303
    assert role_of(world, world.reader.id) is Role.ADMINISTRATOR
    assert reader.get("/accounts").status_code == 200


def test_nobody_changes_his_own_role(world: World) -> None:
    answer = world.client(world.manager).post(
        f"/accounts/{world.manager.id}/role", data={"role": "administrator"}
    )
    assert answer.status_code == 422
    assert "自分の役割は自分では変えられません" in answer.text
    assert role_of(world, world.manager.id) is Role.MANAGER


@pytest.mark.parametrize("made_up", ["", "owner", "MANAGER"])
def test_a_role_that_does_not_exist_is_refused(sqlite_world: World, made_up: str) -> None:
    answer = sqlite_world.client(sqlite_world.manager).post(
        f"/accounts/{sqlite_world.worker.id}/role", data={"role": made_up}
    )
    assert answer.status_code == 422
    assert role_of(sqlite_world, sqlite_world.worker.id) is Role.WORKER
