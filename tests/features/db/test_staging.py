"""Many rows at once: laid ready outside the write lock, moved inside it, with the same trail as one by one."""

from datetime import date
from uuid import UUID

import pytest
import sqlalchemy as sa
from sqlmodel import col, func, select

from crm.accounts.models import Account
from crm.core.ids import new_id
from crm.db import staging as stagings
from crm.db.staging import Change
from crm.db.store import Store
from crm.db.tracked import Action, AuditEntry, Author, Via
from crm.territory.models import Kind, Place, Territory
from crm.web.access import Role
from tests.world import NOW

SINCE = date(2024, 4, 1)
AUTHOR = Author(None, Via.JOB)


def place(number: int) -> dict[str, object]:
    return {
        "id": new_id(),
        "kind": Kind.DISTRICT,
        "source_key": f"K{number}",
        "opened_on": SINCE,
        "closed_on": None,
    }


def trail(store: Store, entity: str) -> list[AuditEntry]:
    with store.reading() as session:
        wanted = select(AuditEntry).where(AuditEntry.entity == entity).order_by(col(AuditEntry.id))
        return list(session.exec(wanted))


def keys(store: Store) -> list[str]:
    with store.reading() as session:
        return list(session.exec(select(Place.source_key).order_by(col(Place.source_key))))


def account(mail: str) -> Account:
    return Account(name="千葉 さくら", kana="ちば", mail=mail, role=Role.WORKER, made_at=NOW)


def test_staged_rows_arrive_with_their_trail(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stagings, "PIECE", 2)
    rows = [place(number) for number in range(5)]
    with store.staging(AUTHOR) as staging:
        staging.insert(Place, iter(rows))
        assert keys(store) == []
        with store.writing(AUTHOR, staged=staging) as session:
            staging.write(session)
    assert keys(store) == ["K0", "K1", "K2", "K3", "K4"]
    entries = trail(store, "place")
    assert [entry.entity_id for entry in entries] == [row["id"] for row in rows]
    assert entries[0].facts == {
        "kind": [None, "district"],
        "source_key": [None, "K0"],
        "opened_on": [None, "2024-04-01"],
    }
    assert {(e.via, e.act, e.action) for e in entries} == {(Via.JOB, AUTHOR.act, Action.CREATE)}


def test_staged_changes_say_in_the_trail_what_the_same_changes_one_by_one_say(store: Store) -> None:
    both = [account("one@example.jp"), account("other@example.jp")]
    with store.writing() as session:
        session.add_all(both)
        session.flush()
        ids: list[UUID] = [one.id for one in both]
    with store.writing() as session:
        session.get_one(Account, ids[0]).name = "及川 守"
    before, after = {"name": "千葉 さくら", "kana": "ちば"}, {"name": "及川 守", "kana": "ちば"}
    with store.staging(AUTHOR) as staging:
        staging.change(Account, [Change(ids[1], before, after)])
        with store.writing(AUTHOR, staged=staging) as session:
            staging.write(session)
    with store.reading() as session:
        assert [session.get_one(Account, one).name for one in ids] == ["及川 守", "及川 守"]
    by_one, at_once = trail(store, "account")[-2:]
    assert (at_once.action, at_once.via, at_once.entity_id) == (Action.CHANGE, Via.JOB, ids[1])
    assert by_one.facts == at_once.facts
    assert (by_one.personal or {}).keys() == (at_once.personal or {}).keys()


def test_only_the_rows_that_were_named_are_changed(store: Store) -> None:
    rows = [place(number) for number in range(3)]
    closed = date(2026, 6, 1)
    with store.staging(AUTHOR) as staging:
        staging.insert(Place, rows)
        staging.change(Place, [Change(UUID(str(rows[1]["id"])), {"closed_on": None}, {"closed_on": closed})])
        with store.writing(AUTHOR, staged=staging) as session:
            staging.write(session)
    with store.reading() as session:
        assert list(session.exec(select(Place.source_key).where(col(Place.closed_on) == closed))) == ["K1"]
    assert [entry.action for entry in trail(store, "place")] == [Action.CREATE] * 3 + [Action.CHANGE]


def test_staged_rows_that_break_a_rule_of_the_database_leave_nothing(store: Store) -> None:
    rows = [place(1), place(1)]
    with store.staging(AUTHOR) as staging:
        staging.insert(Place, rows)
        with pytest.raises(sa.exc.IntegrityError), store.writing(AUTHOR, staged=staging) as session:
            staging.write(session)
    assert (keys(store), trail(store, "place")) == ([], [])


def test_rows_that_were_staged_and_not_written_are_forgotten(store: Store) -> None:
    for _again in range(2):
        with pytest.raises(ZeroDivisionError), store.staging(AUTHOR) as staging:
            staging.insert(Place, [place(1)])
            raise ZeroDivisionError
    assert keys(store) == []


def test_somebody_else_writes_while_rows_are_laid_ready(store: Store) -> None:
    with store.staging(AUTHOR) as staging:
        staging.insert(Place, [place(1)])
        with store.writing() as session:
            session.add(Territory(code="01", name="一関"))
        with store.writing(AUTHOR, staged=staging) as session:
            assert session.exec(select(func.count()).select_from(Territory)).one() == 1
            staging.write(session)
    assert keys(store) == ["K1"]


def test_nothing_is_left_behind_for_the_next_on_the_same_connection(store: Store) -> None:
    for number in range(3):
        with store.staging(AUTHOR) as staging:
            staging.insert(Place, [place(number)])
            with store.writing(AUTHOR, staged=staging) as session:
                staging.write(session)
    assert keys(store) == ["K0", "K1", "K2"]
    with pytest.raises(sa.exc.DBAPIError), store.reading() as session:
        session.add(Territory(code="01", name="一関"))
        session.flush()


def test_staging_of_nothing_writes_nothing(store: Store) -> None:
    with store.staging(AUTHOR) as staging:
        staging.insert(Place, [])
        staging.change(Place, [])
        with store.writing(AUTHOR, staged=staging) as session:
            staging.write(session)
    assert (keys(store), trail(store, "place")) == ([], [])
