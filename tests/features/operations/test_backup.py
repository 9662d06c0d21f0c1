import os
import sqlite3
import threading
import time
from contextlib import closing
from datetime import timedelta
from itertools import count
from pathlib import Path

import pytest

from crm.config import Settings
from crm.core.clock import FixedClock
from crm.core.problems import Problem
from crm.db import migrate
from crm.db.store import Store
from crm.jobs import queries, service
from crm.jobs.models import State
from crm.jobs.rules import BACKUP
from crm.jobs.running import Premises, run_next
from crm.operations import archive, backup, sqlite_copy
from crm.operations.counts import counts
from crm.operations.handlers import HANDLERS, backup_facts
from crm.operations.steps import Step
from tests.features.operations.conftest import FILES
from tests.features.operations.house import House, rows_of


def nothing(_done: int, _total: int) -> None:
    """For reading that nobody watches."""


def test_an_archive_holds_the_database_and_every_file(house: House) -> None:
    report = house.backup()
    manifest = archive.read(report.path, nothing)
    assert report.path.name == "backup-20260615-100000.tar.gz"
    assert manifest.engine == ("sqlite" if house.store.is_sqlite else "postgresql")
    assert manifest.made_at == house.clock.now()
    assert manifest.revision == migrate.newest()
    assert manifest.counts == rows_of(house.settings)
    assert manifest.counts["account"] == 1
    assert manifest.files == len(FILES) == report.files
    assert report.rows == sum(manifest.counts.values())
    assert report.damaged == ()


def test_only_its_owner_may_read_an_archive_and_no_draft_is_left(house: House) -> None:
    report = house.backup()
    assert report.path.stat().st_mode & 0o777 == 0o600
    assert [path.name for path in report.path.parent.iterdir()] == [report.path.name]


def test_two_backups_of_the_same_second_are_two(house: House) -> None:
    first, second = house.backup(), house.backup()
    assert first.path != second.path
    assert backup.all_backups(house.settings.backups) == [second.path, first.path]


def test_neither_the_secret_key_nor_the_settings_travel_in_an_archive(house: House) -> None:
    (house.settings.instance / "secret_key").write_text("s" * 40)
    (house.settings.instance / "config.toml").write_text("smtp_password = 'p'")
    manifest = archive.read_manifest(house.backup().path)
    assert {part.name.partition("/")[0] for part in manifest.parts} == {manifest.database_part, "files"}


def test_people_write_on_while_a_backup_is_made(house: House, tmp_path: Path) -> None:
    """Each transaction writes two jobs: a copy with an odd number was not taken at one moment."""
    over, numbers, waits = threading.Event(), count(), []

    def write_on() -> None:
        while not over.is_set():
            began = time.monotonic()
            with house.store.writing() as session:
                for _ in range(2):
                    slot = str(next(numbers))
                    service.ask(
                        session,
                        "x",
                        slot=slot,
                        title="",
                        arguments={"text": "あ" * 500},
                        asked_by=None,
                        now=house.clock.now(),
                    )
            waits.append(time.monotonic() - began)

    writer = threading.Thread(target=write_on)
    writer.start()
    written_while_copying = 0

    def tell(step: Step, done: int, total: int) -> None:
        nonlocal written_while_copying
        if step is Step.COPYING and (total == 0 or done < total):
            before = len(waits)
            time.sleep(0.3)  # as a large database would take
            written_while_copying += len(waits) - before

    try:
        while len(waits) < 20:
            time.sleep(0.01)
        report = backup.make_backup(house.store, house.settings, tmp_path / "to", tell, now=house.clock.now())
    finally:
        over.set()
        writer.join()
    assert written_while_copying > 0
    assert max(waits) < 5
    copied = archive.read_manifest(report.path).counts["job"]
    assert copied > 0
    assert copied % 2 == 0
    assert copied < rows_of(house.settings)["job"]


def test_a_copy_of_sqlite_ends_though_another_process_never_stops_writing(tmp_path: Path) -> None:
    source = tmp_path / "source.sqlite3"
    with closing(sqlite3.connect(source, isolation_level=None)) as writer:
        writer.execute("PRAGMA journal_mode=WAL")
        writer.execute("CREATE TABLE t (x)")
        writer.executemany("INSERT INTO t VALUES (?)", [("x" * 4000,)] * 3000)
        looks = []

        def write_between_pages(done: int, total: int) -> None:
            looks.append((done, total))
            assert len(looks) < 100, "the copy begins again and again"
            writer.execute("INSERT INTO t VALUES ('late')")

        sqlite_copy.copy_sqlite(source, tmp_path / "copy.sqlite3", write_between_pages)
    assert len(looks) > 2
    assert [done for done, _total in looks] == sorted(done for done, _total in looks)
    with sqlite_copy.opened(tmp_path / "copy.sqlite3") as copy:
        assert counts(copy) == {"t": 3000}
    assert not (tmp_path / "copy.sqlite3-wal").exists()


def test_a_file_that_is_damaged_is_told_and_the_others_are_saved(house: House) -> None:
    victim = next(path for path in house.settings.files.glob("??/*") if path.stat().st_size)
    victim.write_bytes(b"rot")
    report = house.backup()
    assert report.damaged == (victim.name,)
    assert archive.read(report.path, nothing).damaged == (victim.name,)
    assert report.files == len(FILES) - 1


def test_strange_files_in_the_folder_do_not_disturb_a_backup(house: House) -> None:
    (house.settings.files / "ab").mkdir(exist_ok=True)
    (house.settings.files / "ab" / ".DS_Store").write_bytes(b"x")
    assert house.backup().files == len(FILES)


def test_the_newest_nightly_backups_are_kept_and_those_by_hand_stay(house: House) -> None:
    house.settings = house.settings.model_copy(update={"backup_keep": 3})
    by_hand = house.backup()
    names = []
    for _night in range(5):
        house.clock.advance(timedelta(days=1))
        last = house.backup(nightly=True)
        names.append(last.path.name)
    assert [path.name for path in backup.nightly_backups(house.settings.backups)] == names[:1:-1]
    assert last.removed == (names[1],)
    assert by_hand.path.exists()


def test_a_backup_that_is_stopped_leaves_nothing_behind(house: House, tmp_path: Path) -> None:
    class Enough(Exception):
        pass

    def tell(step: Step, _done: int, _total: int) -> None:
        if step is Step.CHECKING:
            raise Enough

    with pytest.raises(Enough):
        backup.make_backup(house.store, house.settings, tmp_path / "to", tell, now=house.clock.now())
    assert list((tmp_path / "to").iterdir()) == []


def test_what_a_process_left_that_died_is_swept_away_after_a_day(house: House) -> None:
    house.settings.backups.mkdir()
    old, new = house.settings.backups / "draft-old", house.settings.backups / "draft-new"
    for left in (old, new):
        left.mkdir()
        (left / "database.sqlite3").write_bytes(b"x")
    os.utime(old, (time.time() - 2 * 86400,) * 2)
    house.backup()
    assert not old.exists()
    assert new.exists()


def test_a_backup_is_refused_before_it_fills_the_disk(
    house: House, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(backup, "SPARE_BYTES", 10**18)
    with pytest.raises(Problem) as refused:
        house.backup(folder=tmp_path / "to")
    assert refused.value.code == "disk_full"
    assert list((tmp_path / "to").iterdir()) == []


def test_an_installation_without_tables_has_nothing_to_back_up(
    empty_store: Store, settings: Settings, clock: FixedClock, tmp_path: Path
) -> None:
    with pytest.raises(Problem) as refused:
        backup.make_backup(empty_store, settings, tmp_path / "to", now=clock.now())
    assert refused.value.code == "database_not_made"


def test_a_missing_pg_dump_is_told_by_its_name(
    postgres_store: Store,
    settings: Settings,
    clock: FixedClock,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(Problem) as refused:
        backup.make_backup(postgres_store, settings, tmp_path / "to", now=clock.now())
    assert (refused.value.code, refused.value.facts) == ("pg_program_missing", {"program": "pg_dump"})


def test_a_pg_dump_that_fails_is_told_in_its_own_words(
    postgres_store: Store,
    settings: Settings,
    clock: FixedClock,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    program = tmp_path / "bin" / "pg_dump"
    program.parent.mkdir()
    program.write_text("#!/bin/sh\necho 'pg_dump: error: server version mismatch' >&2\nexit 1\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(program.parent), prepend=os.pathsep)
    with pytest.raises(Problem) as refused:
        backup.make_backup(postgres_store, settings, tmp_path / "to", now=clock.now())
    assert refused.value.code == "pg_program_failed"
    assert refused.value.facts["why"] == "pg_dump: error: server version mismatch"
    assert list((tmp_path / "to").iterdir()) == []


def test_the_nightly_job_makes_a_backup_and_tells_of_it(house: House) -> None:
    with house.store.writing() as session:
        job = service.ask(
            session,
            BACKUP,
            slot="2026-06-15",
            title="",
            arguments={},
            asked_by=None,
            now=house.clock.now(),
        )
        job_id = job.id
    assert run_next(Premises(house.settings, house.store, house.clock), HANDLERS)
    with house.store.reading() as session:
        row = queries.job(session, job_id)
    assert row.state is State.DONE
    (path,) = backup.nightly_backups(house.settings.backups)
    assert path.name in dict(backup_facts(row)).values()
    assert archive.read_manifest(path).files == len(FILES)


def test_crm_backup_tells_what_it_made(house: House) -> None:
    said: list[str] = []
    report = backup.run(house.store, house.settings, None, said.append)
    assert report.path.parent == house.settings.backups
    assert str(report.path) in said[-1]
