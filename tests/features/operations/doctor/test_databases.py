"""What is asked of the database, on both engines."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlmodel import select

from crm.accounts.models import Account
from crm.config import Settings
from crm.core.clock import FixedClock
from crm.db import migrate
from crm.db.store import Store
from crm.jobs import outbox, rules
from crm.jobs.installation import begin_epoch
from crm.jobs.models import Job, OutboxMail, State
from crm.operations.doctor import examine
from crm.operations.finding import Level
from tests.features.operations.house import House, ask, fail, found, one


def test_a_healthy_installation_gets_no_advice_but_on_mail(healthy: House) -> None:
    findings = examine(healthy.settings, now=healthy.clock.now())
    assert [f for f in findings if f.level is not Level.OK] == found(healthy, "メールサーバー")
    assert {
        "フォルダー",
        "ディスクの空き",
        "秘密鍵",
        "アドレス",
        "書体と見た目のファイル",
        "データベース",
        "データベースの版",
        "時計",
        "管理者",
        "送信待ちのメール",
        "作業",
        "バックアップ",
    } <= {f.subject for f in findings}
    assert ("データベースの中身" in {f.subject for f in findings}) == healthy.store.is_sqlite


def test_a_database_that_does_not_answer_is_wrong(settings: Settings, clock: FixedClock) -> None:
    away = settings.model_copy(
        update={"database_url": f"postgresql+psycopg://nobody@/none?host={settings.instance}"}
    )
    finding = examine(away, now=clock.now())[-1]
    assert (finding.subject, finding.level) == ("データベース", Level.WRONG)


def test_tables_of_another_age_are_told(healthy: House) -> None:
    with healthy.store.writing() as session:
        session.connection().exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    assert one(healthy, "データベースの版").level is Level.WRONG
    with healthy.store.writing() as session:
        session.connection().exec_driver_sql("UPDATE alembic_version SET version_num = '0000'")
    assert one(healthy, "データベースの版").level is Level.WARNING
    assert found(healthy, "管理者") == []


def test_a_database_without_tables_is_wrong(
    empty_store: Store, settings: Settings, clock: FixedClock
) -> None:
    with empty_store.reading() as session:
        session.connection()  # makes the file
    url = empty_store.url.render_as_string(hide_password=False)
    findings = examine(settings.model_copy(update={"database_url": url}), now=clock.now())
    assert [f.level for f in findings if f.subject == "データベースの版"] == [Level.WRONG]


def test_a_clock_that_went_back_is_told(healthy: House) -> None:
    assert one(healthy, "時計").level is Level.OK
    healthy.clock.advance(-timedelta(days=3))
    assert one(healthy, "時計").level is Level.WRONG


def test_without_a_manager_who_can_sign_in_nothing_can_be_kept(healthy: House) -> None:
    with healthy.store.writing() as session:
        session.exec(select(Account)).one().disabled_at = healthy.clock.now()
    assert one(healthy, "管理者").level is Level.WRONG


def hold(house: House) -> None:
    with house.store.writing() as session:
        begin_epoch(session, now=house.clock.now(), hold_outbox=True)


def give_up(house: House) -> None:
    with house.store.writing() as session:
        session.exec(select(OutboxMail)).one().next_try_at = rules.NEVER


def let_wait(house: House) -> None:
    house.settings = house.settings.model_copy(
        update={"smtp_host": "127.0.0.1", "smtp_port": 1, "mail_from": "m@example.jp"}
    )
    house.clock.advance(timedelta(hours=2))


@pytest.mark.parametrize("happens", [hold, give_up, let_wait])
def test_mail_that_does_not_leave_is_told(healthy: House, happens: Callable[[House], None]) -> None:
    assert one(healthy, "送信待ちのメール").level is Level.OK
    happens(healthy)
    assert one(healthy, "送信待ちのメール").level is Level.WARNING


def test_a_job_that_nobody_runs_is_told(healthy: House) -> None:
    ask(healthy)
    assert one(healthy, "作業").level is Level.OK
    healthy.clock.advance(timedelta(minutes=11))
    assert one(healthy, "作業").level is Level.WRONG


def test_a_job_whose_process_died_is_told(healthy: House) -> None:
    ask(healthy)
    with healthy.store.writing() as session:
        job = session.exec(select(Job)).one()
        job.state, job.beat_at = State.RUNNING, healthy.clock.now() - timedelta(hours=1)
    assert one(healthy, "作業").level is Level.WRONG


def test_a_job_that_failed_lately_is_told_for_a_week(healthy: House) -> None:
    fail(healthy, "x")
    assert one(healthy, "作業").level is Level.WARNING
    healthy.clock.advance(timedelta(days=8))
    assert one(healthy, "作業").level is Level.OK


def test_looking_changes_nothing(healthy: House) -> None:
    with healthy.store.reading() as session:
        before = session.exec(select(OutboxMail)).one().model_dump()
    examine(healthy.settings, now=healthy.clock.now())
    with healthy.store.reading() as session:
        assert session.exec(select(OutboxMail)).one().model_dump() == before
    assert migrate.current(healthy.store) == migrate.newest()
    assert outbox.send_due(healthy.store, healthy.settings, healthy.clock) == 0
