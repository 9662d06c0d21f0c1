import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlmodel import select

from crm.accounts import letters
from crm.accounts import service as accounts
from crm.accounts.models import Account, LinkPurpose, OneTimeLink, SignIn
from crm.config import Settings
from crm.core.clock import FixedClock
from crm.core.problems import Missing, Problem
from crm.db import migrate
from crm.db.columns import metadata
from crm.db.store import Store
from crm.jobs import installation, outbox, queries
from crm.jobs.models import OutboxMail
from crm.operations import archive, restore
from crm.operations.archive import Manifest
from crm.operations.backup import make_backup
from crm.operations.steps import Step
from tests.features.db.rows import counted, revisions, with_a_row_in_every_table
from tests.features.operations.house import House, name_of, rows_of, stored
from tests.postgres import Server


def everything(settings: Settings) -> tuple[dict[str, int], str, dict[str, bytes], list[str]]:
    """All that a refused restore must leave as it was."""
    names = sorted(
        path.name for path in settings.instance.iterdir() if path.name not in {"meguri.sqlite3-shm"}
    )
    return (
        rows_of(settings),
        name_of(settings),
        stored(settings),
        [n for n in names if not n.endswith("-wal")],
    )


def altered(path: Path, change: Callable[[Manifest], Manifest], workspace: Path) -> Path:
    """An archive with the same parts and another manifest."""
    workspace.mkdir()
    manifest = archive.read(path, lambda _done, _total: None, workspace)
    sources = {part.name: archive.place_of(part.name, workspace) for part in manifest.parts}
    archive.write(workspace / "altered.tar.gz", change(manifest), sources, lambda _done, _total: None)
    return workspace / "altered.tar.gz"


TRAIL = "audit_entry"
"""The table that a restore itself writes a line into."""

# ---- what comes back


def one_link_closed(counts: Mapping[str, int]) -> dict[str, int]:
    """The same counts, and one line more in the trail: the restore closes the open link, and says so there."""
    return {**counts, "audit_entry": counts["audit_entry"] + 1}


def test_everything_comes_back_elsewhere(house: House, other: Settings) -> None:
    report = house.restore(house.backup().path, other)
    assert rows_of(other) == one_link_closed(rows_of(house.settings))
    assert stored(other) == stored(house.settings)
    assert name_of(other) == "まちの支援室"
    assert (report.aside, report.aside_schema, report.upgraded) == (None, None, False)
    assert (other.instance / "secret_key").stat().st_mode & 0o777 == 0o600
    assert not list(other.instance.glob("restoring-*"))
    store = Store(other.database)
    with store.reading() as session:
        (mail,) = session.exec(select(OutboxMail)).all()
        assert mail.body == "本文\tタブと\\円記号\n\\.\n"
    store.close()


def test_a_restore_begins_a_new_epoch_and_holds_the_outbox(house: House, other: Settings) -> None:
    with house.store.reading() as session:
        before = installation.epoch(session)
    path = house.backup().path
    house.clock.advance(timedelta(days=2))
    report = house.restore(path, other)
    store = Store(other.database)
    with store.reading() as session:
        assert installation.epoch(session) == report.epoch != before
        assert installation.held_since(session) == house.clock.now()
        assert queries.outbox_state(session).waiting == 1
    ready = other.model_copy(update={"smtp_host": "127.0.0.1", "smtp_port": 1, "mail_from": "m@example.jp"})
    assert outbox.send_due(store, ready, house.clock) == 0
    with store.reading() as session:
        assert queries.unsent_mails(session)[0].tries == 0
    store.close()


def test_nobody_stays_signed_in_and_no_link_stays_open(house: House, other: Settings) -> None:
    house.restore(house.backup().path, other)
    store = Store(other.database)
    with store.reading() as session:
        assert session.exec(select(SignIn)).one().ended_at == house.clock.now()
        assert session.exec(select(OneTimeLink)).one().used_at == house.clock.now()
    store.close()


def test_a_restored_installation_can_be_backed_up_and_restored_again(
    house: House, other: Settings, tmp_path: Path
) -> None:
    house.restore(house.backup().path, other)
    again = House(other, Store(other.database), house.clock)
    path = again.backup().path
    again.rename("別の名前")
    again.restore(path, other, force=True)
    assert name_of(other) == "まちの支援室"


# ---- what was there


def test_an_installation_that_holds_something_is_not_written_over(house: House) -> None:
    path = house.backup().path
    house.rename("バックアップより後の名前")
    house.store.close()
    before = everything(house.settings)
    with pytest.raises(Problem) as refused:
        house.restore(path, house.settings)
    assert refused.value.code == "installation_not_empty"
    assert everything(house.settings) == before


def test_stored_files_alone_are_something_too(house: House, other: Settings) -> None:
    path = house.backup().path
    (other.files / "ab").mkdir(parents=True)
    (other.files / "ab" / ("ab" * 32)).write_bytes(b"x")
    with pytest.raises(Problem) as refused:
        house.restore(path, other)
    assert refused.value.code == "installation_not_empty"


def test_with_force_what_was_there_is_moved_aside_and_not_deleted(house: House) -> None:
    path = house.backup().path
    house.rename("バックアップより後の名前")
    (house.settings.files / "ab").mkdir(exist_ok=True)
    (house.settings.files / "ab" / ("ab" * 32)).write_bytes(b"after the backup")
    report = house.restore(path, house.settings, force=True)
    assert name_of(house.settings) == "まちの支援室"
    assert "ab" * 32 not in stored(house.settings)
    assert report.aside is not None
    assert report.aside.name == "aside-20260615-100000"
    assert (report.aside / "files" / "ab" / ("ab" * 32)).read_bytes() == b"after the backup"
    if house.store.is_sqlite:
        with closing(sqlite3.connect(report.aside / "meguri.sqlite3")) as old:
            assert old.execute("SELECT name FROM organisation").fetchall() == [("バックアップより後の名前",)]
    else:
        assert report.aside_schema == "aside_20260615_100000"
        with house.store.engine.connect() as connection:
            old_name = connection.scalar(sa.text("SELECT name FROM aside_20260615_100000.organisation"))
        assert old_name == "バックアップより後の名前"


def test_what_was_set_aside_is_in_no_later_backup(house: House) -> None:
    counts = house.backup()
    house.restore(counts.path, house.settings, force=True)
    again = archive.read_manifest(house.backup().path)
    assert again.counts == one_link_closed(archive.read_manifest(counts.path).counts)
    assert again.files == counts.files


def test_nothing_is_restored_under_a_program_that_runs(house: House) -> None:
    path = house.backup().path
    house.rename("いまの名前")
    with house.store.reading() as session, pytest.raises(Problem) as refused:
        session.connection()
        restore.restore(path, house.settings, force=True, now=house.clock.now())
    assert refused.value.code == "database_in_use"
    house.store.close()
    assert name_of(house.settings) == "いまの名前"


def test_a_restore_that_fails_on_the_way_brings_back_what_was_there(house: House) -> None:
    path = house.backup().path
    house.rename("いまの名前")
    house.store.close()
    before = everything(house.settings)

    def stumble(step: Step, done: int, _total: int) -> None:
        if step is Step.LAYING and done == 1:
            raise OSError("the disk went away")

    with pytest.raises(OSError, match="the disk went away"):
        restore.restore(path, house.settings, force=True, now=house.clock.now(), tell=stumble)
    assert everything(house.settings) == before


def test_a_restore_into_nothing_that_fails_leaves_nothing(house: House, other: Settings) -> None:
    def stumble(step: Step, done: int, _total: int) -> None:
        if step is Step.LAYING and done == 1:
            raise OSError("the disk went away")

    path = house.backup().path
    house.store.close()
    with pytest.raises(OSError, match="the disk went away"):
        restore.restore(path, other, force=False, now=house.clock.now(), tell=stumble)
    assert list(other.instance.iterdir()) == []
    house.restore(path, other)
    assert name_of(other) == "まちの支援室"


# ---- what is refused before anything is touched


def test_a_corrupted_archive_changes_nothing(house: House) -> None:
    path = house.backup().path
    house.store.close()
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    before = everything(house.settings)
    with pytest.raises(Problem) as refused:
        house.restore(path, house.settings, force=True)
    assert refused.value.code == "backup_damaged"
    assert everything(house.settings) == before


def test_an_archive_whose_counts_do_not_fit_changes_nothing(house: House, tmp_path: Path) -> None:
    def one_more(manifest: Manifest) -> Manifest:
        return manifest.model_copy(update={"counts": {**manifest.counts, "account": 2}})

    path = altered(house.backup().path, one_more, tmp_path / "w")
    house.store.close()
    before = everything(house.settings)
    with pytest.raises(Problem) as refused:
        house.restore(path, house.settings, force=True)
    assert refused.value.code == "counts_differ"
    assert refused.value.facts == {"table": "account", "found": 1, "expected": 2}
    assert everything(house.settings) == before


def test_a_backup_of_a_newer_program_is_refused(house: House, other: Settings, tmp_path: Path) -> None:
    def newer(manifest: Manifest) -> Manifest:
        return manifest.model_copy(update={"revision": "9999", "version": "99.0.0"})

    with pytest.raises(Problem) as refused:
        house.restore(altered(house.backup().path, newer, tmp_path / "w"), other)
    assert (refused.value.code, refused.value.facts["version"]) == ("backup_newer", "99.0.0")


def test_a_backup_of_another_engine_is_refused(house: House, other: Settings) -> None:
    url = (
        "postgresql+psycopg:///nowhere" if house.store.is_sqlite else "sqlite:///" + str(other.instance / "x")
    )
    with pytest.raises(Problem) as refused:
        house.restore(house.backup().path, other.model_copy(update={"database_url": url}))
    assert refused.value.code == "backup_other_engine"


def test_an_archive_that_is_not_there_is_missing(house: House, other: Settings, tmp_path: Path) -> None:
    with pytest.raises(Missing):
        house.restore(tmp_path / "nothing.tar.gz", other)


@pytest.mark.parametrize("store", [pytest.param("postgres", marks=pytest.mark.postgres)], indirect=True)
def test_a_missing_pg_restore_is_told_before_anything_is_touched(
    house: House, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    path = house.backup().path
    house.store.close()
    before = everything(house.settings)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(Problem) as refused:
        house.restore(path, house.settings, force=True)
    assert refused.value.facts == {"program": "pg_restore"}
    assert everything(house.settings) == before


# ---- a PostgreSQL schema of one's own


def in_schema(url: str, name: str) -> str:
    """The address of a database in which one schema stands for the installation."""
    with sa.create_engine(url, poolclass=sa.NullPool).begin() as connection:
        connection.exec_driver_sql(f"CREATE SCHEMA {name}")
        database = sa.make_url(url).database
        connection.exec_driver_sql(f'ALTER DATABASE "{database}" SET search_path TO {name}')
    return url


@pytest.fixture
def town(house: House, postgres_server: Server, tmp_path: Path) -> Iterator[House]:
    """An installation in a schema of its own, beside others in the same database."""
    with postgres_server.empty_database() as url:
        settings = house.settings.model_copy(
            update={"instance": tmp_path / "town", "database_url": in_schema(url, "town")}
        )
        store = Store(settings.database)
        migrate.upgrade(store)
        with store.writing() as session:
            installation.begin_epoch(session, now=house.clock.now(), hold_outbox=False)
        yield House(settings, store, house.clock)
        store.close()


@pytest.mark.parametrize("store", [pytest.param("postgres", marks=pytest.mark.postgres)], indirect=True)
def test_an_installation_in_a_schema_of_its_own_is_restored_there(
    town: House, postgres_server: Server, tmp_path: Path
) -> None:
    path = town.backup().path
    assert archive.read_manifest(path).db_schema == "town"
    with postgres_server.empty_database() as url:
        elsewhere = town.settings.model_copy(
            update={"instance": tmp_path / "elsewhere", "database_url": in_schema(url, "town")}
        )
        town.restore(path, elsewhere)
        assert rows_of(elsewhere) == rows_of(town.settings)


@pytest.mark.parametrize("store", [pytest.param("postgres", marks=pytest.mark.postgres)], indirect=True)
def test_a_backup_of_one_schema_does_not_fit_another(town: House, other: Settings) -> None:
    path = town.backup().path
    with pytest.raises(Problem) as refused:
        town.restore(path, other)
    assert (refused.value.code, refused.value.facts) == (
        "backup_other_schema",
        {"schema": "town", "here": "public"},
    )
    assert rows_of(other) == {}


def test_a_letter_with_a_link_does_not_leave_after_a_restore(house: House, other: Settings) -> None:
    with house.store.writing() as session:
        account = session.exec(select(Account)).one()
        purpose, now = LinkPurpose.INVITATION, house.clock.now()
        secret = accounts.make_link(session, account.id, purpose, now=now, hours=72)
        address = f"http://localhost/links/{secret}"
        letters.post_link(
            session, account, address, secret, purpose, organisation="まちの支援室", hours=72, now=now
        )
    report = house.restore(house.backup().path, other)
    assert report.cancelled == 1
    store = Store(other.database)
    with store.writing() as session:
        kept = {mail.unique_key.partition(":")[0]: mail for mail in session.exec(select(OutboxMail))}
        assert kept["k"].body
        assert (kept["link"].body, kept["link"].last_error) == ("", "restored")
        assert [row.why for row in queries.cancelled_mails(session, house.clock.now())] == ["restored"]
        installation.release_outbox(session)
        assert queries.outbox_state(session).waiting == 1
    store.close()


@pytest.mark.parametrize("older", [name for name in revisions() if name != revisions()[-1]])
def test_a_backup_of_an_older_revision_is_brought_up_to_date(
    empty_store: Store, settings: Settings, clock: FixedClock, tmp_path: Path, older: str
) -> None:
    """Whatever an older program wrote into its tables is there afterwards, in tables of this program."""
    migrate.upgrade(empty_store, older)
    with_a_row_in_every_table(empty_store)
    rows = counted(empty_store)
    url = empty_store.url.render_as_string(hide_password=False)
    there = settings.model_copy(update={"database_url": url})
    path = make_backup(empty_store, there, tmp_path / "backups", now=clock.now()).path
    empty_store.close()
    report = restore.restore(path, there, force=True, now=clock.now())
    assert report.upgraded
    assert report.manifest.revision == older
    store = Store(there.database)
    assert migrate.current(store) == migrate.newest()
    assert migrate.differences(store, metadata) == []
    after = counted(store)
    assert {name: after[name] for name in rows if name != TRAIL} == {
        name: count for name, count in rows.items() if name != TRAIL
    }
    store.close()
