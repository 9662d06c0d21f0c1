"""Two people who change accounts at the same moment: each change is judged by what the one before it left."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlmodel import Session, select

from crm.accounts import service
from crm.accounts.models import Account
from crm.config import Settings
from crm.core.clock import FixedClock
from crm.core.problems import Conflict, Forbidden, Problem
from crm.db.staging import Staging
from crm.db.store import Store
from crm.db.tracked import Author
from crm.web.access import Role
from tests import world as town
from tests.world import Person, Serve, World


class Announcing(Store):
    """A store that says when somebody comes to write, before they wait for their turn."""

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self.comes = threading.Event()

    @contextmanager
    def write_session(
        self, author: Author | None = None, *, staged: Staging | None = None
    ) -> Iterator[Session]:
        self.comes.set()
        with super().write_session(author, staged=staged) as session:
            yield session


@pytest.fixture
def announcing(store: Store) -> Iterator[Announcing]:
    opened = Announcing(store.url.render_as_string(hide_password=False))
    yield opened
    opened.close()


@pytest.fixture
def app(serve: Serve, settings: Settings, announcing: Announcing, clock: FixedClock) -> Flask:
    return serve(settings, announcing, clock)


@pytest.fixture
def world(app: Flask, announcing: Announcing, settings: Settings, clock: FixedClock) -> World:
    return town.build(app, announcing, settings, clock)


@pytest.fixture
def other(world: World) -> Person:
    """A second manager."""
    return world.person("千田 ひろし", "chida@example.jp", Role.MANAGER)


def managers(world: World) -> set[str]:
    with world.reading() as session:
        rows = session.exec(select(Account).where(Account.role == Role.MANAGER)).all()
        return {row.name for row in rows if row.disabled_at is None}


def while_waiting(world: World, store: Store, by: Person, client: FlaskClient, path: str, **data: str) -> int:
    """Let the request come while `by` writes: it is let in at its door, waits, and goes on when that is through.

    What `by` does is stop or demote the one who asks. Gives the status of the answer.
    """
    announced = world.store
    assert isinstance(announced, Announcing)
    answers: list[int] = []
    asking = threading.Thread(target=lambda: answers.append(client.post(path, data=data).status_code))
    with store.writing(Author(by.id, Author.system().via)) as session:
        announced.comes.clear()
        asking.start()
        assert announced.comes.wait(30)
        asker = session.exec(select(Account).where(Account.mail == "chida@example.jp")).one()
        service.set_role(session, asker.id, Role.READER, by=by.id)
    asking.join(30)
    return answers[0]


@pytest.mark.parametrize("act", ["disable", "role"])
def test_two_managers_who_put_each_other_out_leave_one(
    world: World, store: Store, other: Person, act: str
) -> None:
    client = world.client(other)
    path = f"/accounts/{world.manager.id}/{act}"
    assert while_waiting(world, store, world.manager, client, path, role="reader") == 403
    assert managers(world) == {world.manager.name}


def test_who_was_demoted_while_waiting_writes_nothing_any_more(
    world: World, store: Store, other: Person
) -> None:
    client = world.client(other)
    typed = {"name": "べつの名前", "city_name": "", "phone": "", "address": "", "note": ""}
    assert while_waiting(world, store, world.manager, client, "/organisation", **typed) == 403
    with world.reading() as session:
        known = service.organisation(session)
    assert known is not None
    assert known.name == town.ORGANISATION


def test_an_administrator_cannot_take_the_last_manager_away(world: World) -> None:
    client = world.client(world.administrator)
    refused = client.post(f"/accounts/{world.manager.id}/role", data={"role": "reader"})
    assert refused.status_code == 422
    assert "管理者がいなくなる" in refused.text
    assert client.post(f"/accounts/{world.manager.id}/disable").status_code == 409
    assert managers(world) == {world.manager.name}


def test_a_stopped_manager_does_not_count_as_one_who_is_left(world: World, other: Person) -> None:
    world.client(world.manager).post(f"/accounts/{other.id}/disable")
    assert world.client(world.administrator).post(f"/accounts/{world.manager.id}/disable").status_code == 409


def test_every_use_case_asks_afresh_who_changes(world: World, other: Person) -> None:
    with world.writing(world.manager) as session:
        service.disable(session, other.id, by=world.manager.id, now=world.clock.now())
        for act in (
            lambda: service.set_role(session, world.worker.id, Role.READER, by=other.id),
            lambda: service.disable(session, world.worker.id, by=other.id, now=world.clock.now()),
            lambda: service.enable(session, world.worker.id, by=other.id),
            lambda: service.invite(
                session,
                service.NewAccount("新人", "", "new@example.jp", Role.READER),
                now=world.clock.now(),
                by=other.id,
            ),
        ):
            with pytest.raises(Forbidden):
                act()


def test_a_password_changed_meanwhile_does_not_open_a_device(world: World) -> None:
    world.with_password(world.worker)
    with world.reading() as session:
        opened = service.holder_of(session, service.Credentials(world.worker.mail, town.PASSWORD))
    assert opened is not None
    world.client().post(
        f"/links/{world.link_for(world.worker)}",
        data={"password": "べつの長い合言葉にしました", "again": "べつの長い合言葉にしました"},
    )
    with world.reading() as session, pytest.raises(Problem) as refused:
        service.check_still_opens(session, opened)
    assert refused.value.code == "sign_in_wrong"


def test_of_two_changes_of_a_password_at_once_the_second_begins_anew(world: World) -> None:
    world.with_password(world.worker)
    device = world.sign_in_of(world.worker)
    with world.reading() as session:
        seen = service.check_old_password(
            session, world.worker.id, town.PASSWORD, "べつの長い合言葉にしました"
        )
    now = world.clock.now()
    with world.writing(world.worker) as session:
        service.change_password(session, world.worker.id, "first", seen=seen, now=now, sign_in_id=device)
    with world.writing(world.worker) as session, pytest.raises(Conflict):
        service.change_password(session, world.worker.id, "second", seen=seen, now=now, sign_in_id=device)
