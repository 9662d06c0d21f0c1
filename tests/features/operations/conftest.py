"""An installation with something in it, to back up, restore and look at."""

import hashlib
from collections.abc import Iterator
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from uuid import uuid4

import pytest
from sqlmodel import Session

from crm.accounts.models import Account, LinkPurpose, OneTimeLink, Organisation, Password, SignIn
from crm.config import Settings
from crm.core.clock import FixedClock
from crm.db.store import Store
from crm.files import Files
from crm.jobs import outbox
from crm.jobs.installation import begin_epoch
from crm.web.access import Role
from tests.features.operations.house import House
from tests.postgres import Server

FILES = (b"%PDF-1.7 the rules of a district", hashlib.shake_256(b"photo").digest(90_000), b"")


@pytest.fixture
def house(settings: Settings, store: Store, clock: FixedClock) -> House:
    """An installation with an organisation, a manager who is signed in, a mail that waits, and three files."""
    url = store.url.render_as_string(hide_password=False)
    settings = settings.model_copy(update={"database_url": url})
    with store.writing() as session:
        begin_epoch(session, now=clock.now(), hold_outbox=False)
        fill(session, clock)
    kept = Files(settings.files)
    for content in FILES:
        kept.keep(BytesIO(content), most=10**6)
    return House(settings, store, clock)


def fill(session: Session, clock: FixedClock) -> None:
    """Somebody to sign in, and something that waits."""
    now = clock.now()
    session.add(Organisation(name="まちの支援室"))
    manager = Account(name="髙橋 みどり", mail="m@example.jp", role=Role.MANAGER, made_at=now)
    session.add(manager)
    session.flush()
    session.add(Password(account_id=manager.id, hashed="x", set_at=now))
    session.add(SignIn(id=uuid4(), account_id=manager.id, device="d", address="a", made_at=now, seen_at=now))
    session.add(
        OneTimeLink(
            account_id=manager.id,
            purpose=LinkPurpose.RESET,
            secret_hash="h",
            made_at=now,
            expires_at=now + timedelta(days=3),
        )
    )
    outbox.post(session, "k", "a@example.jp", "件名", "本文\tタブと\\円記号\n\\.\n", now=now)


@pytest.fixture
def other(house: House, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Settings]:
    """Settings of a second installation on the same engine, where nothing is yet."""
    instance = tmp_path / "other"
    if house.store.is_sqlite:
        yield house.settings.model_copy(update={"instance": instance, "database_url": ""})
        return
    server: Server = request.getfixturevalue("postgres_server")
    with server.empty_database() as url:
        yield house.settings.model_copy(update={"instance": instance, "database_url": url})
