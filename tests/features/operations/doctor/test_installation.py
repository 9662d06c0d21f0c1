"""What has nothing to do with the engine of the database."""

import hashlib
import shutil
import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from crm.config import Settings
from crm.core.clock import FixedClock
from crm.db.store import Store
from crm.jobs.rules import BACKUP
from crm.operations import doctor, look_folder
from crm.operations.doctor import examine
from crm.operations.finding import Level
from tests.features.jobs.post_office import open_post_office
from tests.features.operations.house import House, fail, found, one


@pytest.fixture
def store(sqlite_store: Store) -> Store:
    """SQLite only."""
    return sqlite_store


def test_the_doctor_tells_in_words_and_ends_with_a_status(healthy: House) -> None:
    said: list[str] = []
    weak = healthy.settings.model_copy(update={"secret_key": "short"})
    assert doctor.run(weak, said.append) == 1
    assert any(line.startswith("× 秘密鍵") for line in said)
    assert any(line.strip().startswith("→") for line in said)


def test_every_finding_that_is_not_well_says_what_to_do(healthy: House) -> None:
    bad = healthy.settings.model_copy(update={"secret_key": "", "base_url": "http://meguri.example.jp"})
    for finding in examine(bad, now=healthy.clock.now() + timedelta(days=30)):
        assert finding.level is Level.OK or finding.what_to_do
        assert "%(" not in finding.words + finding.what_to_do


def test_a_folder_that_is_not_there_is_not_made_by_looking(settings: Settings, clock: FixedClock) -> None:
    nowhere = settings.model_copy(update={"instance": settings.instance / "nowhere"})
    (finding,) = examine(nowhere, now=clock.now())
    assert finding.level is Level.WRONG
    assert "crm init" in finding.what_to_do
    assert not nowhere.instance.exists()


def test_a_database_that_was_not_made_yet_is_not_made_by_looking(
    settings: Settings, clock: FixedClock
) -> None:
    findings = examine(settings, now=clock.now())
    assert findings[-1].level is Level.WRONG
    assert "crm init" in findings[-1].what_to_do
    assert list(settings.instance.iterdir()) == []


def test_a_secret_that_others_may_read_is_wrong(healthy: House) -> None:
    secret = healthy.settings.instance / "secret_key"
    secret.write_text("x")
    secret.chmod(0o644)
    finding = one(healthy, "ファイルの権限")
    assert finding.level is Level.WRONG
    assert str(secret) in finding.words
    secret.chmod(0o600)
    assert found(healthy, "ファイルの権限") == []


def test_a_weak_secret_is_wrong_but_in_the_demo(healthy: House) -> None:
    healthy.settings = healthy.settings.model_copy(update={"secret_key": "a" * 50})
    assert one(healthy, "秘密鍵").level is Level.WRONG
    healthy.settings = healthy.settings.model_copy(update={"sample_town": True})
    assert one(healthy, "秘密鍵").level is Level.WARNING


@pytest.mark.parametrize(
    ("url", "level"),
    [
        ("http://meguri.example.jp", Level.WRONG),
        ("http://192.168.1.5:8000", Level.WRONG),
        ("https://meguri.example.jp", Level.OK),
        ("http://127.0.0.1:8000", Level.OK),
        ("http://[::1]:8000", Level.OK),
    ],
)
def test_plain_http_is_wrong_but_on_ones_own_machine(healthy: House, url: str, level: Level) -> None:
    healthy.settings = healthy.settings.model_copy(update={"base_url": url})
    assert one(healthy, "アドレス").level is level


def test_a_full_disk_is_told(healthy: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(look_folder, "LITTLE_BYTES", 10**18)
    assert one(healthy, "ディスクの空き").level is Level.WARNING
    monkeypatch.setattr(look_folder, "TOO_LITTLE_BYTES", 10**18)
    assert one(healthy, "ディスクの空き").level is Level.WRONG


def test_fonts_that_were_not_laid_are_told(
    healthy: House, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    shutil.copytree(look_folder.VENDOR / "ttf", tmp_path / "ttf")
    monkeypatch.setattr(look_folder, "VENDOR", tmp_path)
    finding = one(healthy, "書体と見た目のファイル")
    assert finding.level is Level.WRONG
    assert "3件" in finding.words


def test_a_broken_reference_in_the_database_is_found(
    sqlite_store: Store, settings: Settings, clock: FixedClock
) -> None:
    sqlite_store.close()
    with closing(sqlite3.connect(settings.instance / "meguri.sqlite3")) as raw, raw:
        raw.execute("INSERT INTO password VALUES ('cd', 'ab', 'x', '2026-01-01')")
    findings = examine(settings, now=clock.now())
    assert [f.level for f in findings if f.subject == "データベースの中身"] == [Level.WRONG]


def test_a_database_file_that_rotted_is_found(
    sqlite_store: Store, settings: Settings, clock: FixedClock
) -> None:
    sqlite_store.close()
    path = settings.instance / "meguri.sqlite3"
    content = bytearray(path.read_bytes())
    content[8192:40960] = hashlib.shake_256(b"rot").digest(32768)
    path.write_bytes(content)
    findings = examine(settings, now=clock.now())
    assert any(f.subject == "データベースの中身" and f.level is Level.WRONG for f in findings)


def test_a_mail_server_that_lets_us_in_is_well(healthy: House) -> None:
    with open_post_office() as office:
        healthy.settings = healthy.settings.model_copy(
            update={
                "smtp_host": "127.0.0.1",
                "smtp_port": office.port,
                "smtp_security": "none",
                "mail_from": "m@example.jp",
            }
        )
        assert one(healthy, "メールサーバー").level is Level.OK
        assert office.arrived == []


@pytest.mark.parametrize(
    "change", [{"smtp_port": 1, "mail_from": "m@example.jp"}, {"smtp_port": 1, "mail_from": "誰か"}]
)
def test_a_mail_server_that_cannot_be_used_is_wrong(healthy: House, change: dict[str, object]) -> None:
    healthy.settings = healthy.settings.model_copy(update={"smtp_host": "127.0.0.1", **change})
    assert one(healthy, "メールサーバー").level is Level.WRONG


def test_mail_that_waits_for_a_server_to_be_set_up_is_told_once(healthy: House) -> None:
    healthy.clock.advance(timedelta(hours=2))
    assert one(healthy, "送信待ちのメール").level is Level.OK
    assert one(healthy, "メールサーバー").level is Level.WARNING


def test_a_nightly_backup_that_failed_is_wrong_though_an_older_one_is_there(healthy: House) -> None:
    fail(healthy, BACKUP)
    assert {f.level for f in found(healthy, "バックアップ")} == {Level.WRONG, Level.OK}


def test_no_backup_at_all_is_wrong_where_one_is_made_every_night(house: House) -> None:
    assert one(house, "バックアップ").level is Level.OK, "its first night is still to come"
    house.clock.advance(timedelta(days=3))
    assert one(house, "バックアップ").level is Level.WRONG
    house.settings = house.settings.model_copy(update={"backup_at": ""})
    assert one(house, "バックアップ").level is Level.WARNING


def test_an_old_backup_is_told(healthy: House) -> None:
    healthy.clock.advance(timedelta(days=3))
    assert one(healthy, "バックアップ").level is Level.WARNING


def test_a_backup_that_rotted_is_told(healthy: House) -> None:
    (path,) = healthy.settings.backups.glob("*.tar.gz")
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    assert one(healthy, "バックアップ").level is Level.WRONG


def test_stored_files_that_rotted_before_the_backup_are_told(house: House) -> None:
    next(path for path in house.settings.files.glob("??/*") if path.stat().st_size).write_bytes(b"rot")
    house.backup()
    assert one(house, "保存したファイル").level is Level.WRONG


def test_a_time_of_backup_that_is_none_is_wrong(healthy: House) -> None:
    healthy.settings = healthy.settings.model_copy(update={"backup_at": "夜中"})
    assert Level.WRONG in {f.level for f in found(healthy, "バックアップ")}
