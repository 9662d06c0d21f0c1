"""Transactions: what reads cannot write, who writes is alone, what fails leaves nothing."""

import contextlib
import sqlite3
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sqlmodel import select

from crm.accounts.models import Organisation, SignIn
from crm.core.clock import TOKYO
from crm.core.ids import new_id
from crm.core.kana import kana_key
from crm.db import migrate
from crm.db.store import Store, wait_until_open
from crm.jobs.models import Job, State
from crm.territory.models import Kind, Place, PlaceFacts, Territory
from crm.territory.rules import Facts

NOW = datetime(2026, 6, 15, 1, 0, tzinfo=UTC)
SINCE = date(2024, 4, 1)


def names(store: Store) -> list[str]:
    with store.reading() as session:
        return list(session.exec(select(Organisation.name)).all())


def test_what_is_written_is_there_for_the_next_reader(store: Store) -> None:
    with store.writing() as session:
        session.add(Organisation(name="まちの支援室"))
    assert names(store) == ["まちの支援室"]


def test_a_reading_transaction_cannot_write(store: Store) -> None:
    with store.reading() as session:
        session.add(Organisation(name="まちの支援室"))
        with pytest.raises(sa.exc.DBAPIError):
            session.flush()
    assert names(store) == []


def test_a_reading_transaction_cannot_write_in_words_either(store: Store) -> None:
    with store.reading() as session, pytest.raises(sa.exc.DBAPIError):
        session.execute(sa.text("DELETE FROM organisation"))


def test_after_a_refused_write_the_next_transaction_writes(store: Store) -> None:
    test_a_reading_transaction_cannot_write(store)
    with store.writing() as session:
        session.add(Organisation(name="まちの支援室"))
    assert names(store) == ["まちの支援室"]


def test_what_raises_leaves_nothing(store: Store) -> None:
    with pytest.raises(RuntimeError), store.writing() as session:
        session.add(Organisation(name="まちの支援室"))
        session.flush()
        raise RuntimeError
    assert names(store) == []


def test_what_is_not_committed_leaves_nothing(store: Store) -> None:
    with store.write_session() as session:
        session.add(Organisation(name="まちの支援室"))
        session.flush()
    assert names(store) == []


def test_a_reader_sees_what_was_there_when_it_began_while_another_writes(store: Store) -> None:
    with store.write_session() as writer:
        writer.add(Organisation(name="まちの支援室"))
        writer.flush()
        assert names(store) == []
        writer.commit()
    assert names(store) == ["まちの支援室"]


def test_a_reader_sees_one_state_to_its_end_whatever_is_committed_meanwhile(store: Store) -> None:
    with store.reading() as reader:
        before = reader.exec(select(Organisation.name)).all()
        with store.writing() as writer:
            writer.add(Organisation(name="まちの支援室"))
        assert reader.exec(select(Organisation.name)).all() == before
    assert names(store) == ["まちの支援室"]


def test_foreign_keys_are_held_to(store: Store) -> None:
    with pytest.raises(sa.exc.IntegrityError), store.writing() as session:
        session.add(SignIn(id=new_id(), account_id=new_id(), device="", address="", made_at=NOW, seen_at=NOW))


# ---- writers side by side


def counter(store: Store) -> Job:
    with store.writing() as session:
        job = Job(kind="count", slot="1", state=State.WAITING, made_at=NOW)
        session.add(job)
        session.flush()
        session.expunge(job)
        return job


def another_process(store: Store) -> Store:
    """A store as another process has it: the same database, no lock in common."""
    return Store(store.url.render_as_string(hide_password=False))


def test_two_writers_who_read_before_they_write_lose_nothing(store: Store) -> None:
    job, rounds = counter(store), 15
    other = another_process(store)

    def count(where: Store) -> None:
        for _ in range(rounds):
            with where.writing() as session:
                row = session.get_one(Job, job.id)
                row.done = row.done + 1

    with ThreadPoolExecutor(4) as threads:
        for done in [threads.submit(count, where) for where in (store, store, other, other)]:
            done.result()
    other.close()
    with store.reading() as session:
        assert session.get_one(Job, job.id).done == 4 * rounds


def test_a_writer_waits_for_the_one_before_and_sees_what_it_left(store: Store) -> None:
    other = another_process(store)
    waiting = threading.Event()
    seen: list[str] = []

    def second() -> None:
        waiting.set()
        with other.writing() as session:
            seen.extend(session.exec(select(Organisation.name)).all())

    with store.write_session() as first:
        thread = threading.Thread(target=second)
        thread.start()
        waiting.wait(5)
        first.add(Organisation(name="まちの支援室"))
        first.flush()
        thread.join(0.2)
        assert thread.is_alive()
        first.commit()
    thread.join(10)
    other.close()
    assert seen == ["まちの支援室"]


# ---- SQLite


def test_every_connection_of_sqlite_is_prepared_for_safe_work(sqlite_store: Store) -> None:
    wanted = {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 30_000}
    with sqlite_store.reading() as first, sqlite_store.reading() as second:
        for session in (first, second):
            for pragma, value in wanted.items():
                assert session.execute(sa.text(f"PRAGMA {pragma}")).scalar() == value, pragma


def test_a_writing_transaction_of_sqlite_holds_the_lock_before_it_reads(sqlite_store: Store) -> None:
    assert sqlite_store.path is not None
    with contextlib.closing(sqlite3.connect(sqlite_store.path, timeout=0)) as impatient:
        with sqlite_store.write_session(), pytest.raises(sqlite3.OperationalError, match="locked"):
            impatient.execute("BEGIN IMMEDIATE")
        impatient.execute("BEGIN IMMEDIATE")


def test_who_only_asks_how_the_database_is_does_not_wait_for_a_writer(store: Store) -> None:
    with store.write_session() as writer:
        writer.add(Organisation(name="まちの支援室"))
        writer.flush()
        began = time.monotonic()
        assert wait_until_open(store, 1)
        assert migrate.current(store) == migrate.newest()
        assert time.monotonic() - began < 5


# ---- values


def test_a_moment_comes_back_as_the_same_moment_in_utc(store: Store) -> None:
    told = datetime(2026, 6, 15, 10, 0, 0, 123456, tzinfo=TOKYO)
    with store.writing() as session:
        job = Job(kind="count", slot="1", state=State.WAITING, made_at=told)
        session.add(job)
        job_id = job.id
    with store.reading() as session:
        kept = session.get_one(Job, job_id).made_at
        found = session.exec(select(Job.id).where(Job.made_at == told.astimezone(UTC))).one()
        none_later = session.exec(select(Job.id).where(Job.made_at > told)).all()
    assert kept == told
    assert kept.utcoffset() == timedelta(0)
    assert found == job_id
    assert none_later == []


@pytest.mark.parametrize("slip", [datetime(2026, 6, 15, 10, 0), datetime.max])
def test_a_moment_without_a_time_zone_is_refused(store: Store, slip: datetime) -> None:
    with pytest.raises(sa.exc.StatementError, match="time zone"), store.writing() as session:
        session.add(Job(kind="count", slot="1", state=State.WAITING, made_at=slip))


def test_a_question_with_a_moment_without_a_time_zone_is_refused(store: Store) -> None:
    with store.reading() as session, pytest.raises(sa.exc.StatementError, match="time zone"):
        session.exec(select(Job).where(Job.made_at < datetime(2026, 6, 15)))


def test_places_come_in_the_same_kana_order_from_every_database(store: Store) -> None:
    called = [
        ("はないずみ", "花泉"),
        ("ばば", "馬場"),
        ("ハバ", "巾"),
        ("ばーばー", "バーバー"),
        ("はつか", "廿日"),
        ("はっか", "薄荷"),
        ("", "大町"),
        ("", "一関"),
        ("", "赤荻"),
        ("", "沖"),
        ("", "abc"),
        ("", "ABD"),
        ("", "ABC"),
        ("だい2く", "第2区"),
        ("だい10く", "第10区"),
        ("だい", "台"),
        ("だい さん", "大 三"),
    ]
    with store.writing() as session:
        town = Territory(code="01", name="一関")
        session.add(town)
        session.flush()
        for number, (kana, name) in enumerate(called):
            place = Place(kind=Kind.DISTRICT, source_key=str(number), opened_on=SINCE)
            session.add(place)
            session.flush()
            facts: dict[str, Any] = Facts(name=name, territory_id=town.id, kana=kana).columns()
            session.add(PlaceFacts(place_id=place.id, kind=place.kind, from_on=SINCE, **facts))
    with store.reading() as session:
        rows = session.exec(select(PlaceFacts.kana, PlaceFacts.name).order_by(PlaceFacts.kana_order)).all()
    assert [tuple(row) for row in rows] == sorted(called, key=lambda pair: kana_key(*pair))


# ---- a server that is not up yet


def test_waiting_for_a_database_ends_when_it_answers(store: Store) -> None:
    assert wait_until_open(store, 1)


def test_waiting_for_a_database_that_never_answers_ends_too() -> None:
    nowhere = Store("postgresql+psycopg://nobody@/nothing?host=/nonexistent")
    assert not wait_until_open(nowhere, 0.3)
    nowhere.close()
