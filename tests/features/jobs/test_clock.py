import signal
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlmodel import select

from crm.config import Settings
from crm.core.clock import FixedClock
from crm.core.problems import Problem
from crm.db.store import Store
from crm.jobs import outbox
from crm.jobs.clock import Ticks, ask_for_nightly_work, start_background
from crm.jobs.models import Job, State
from crm.jobs.rules import BACKUP
from crm.jobs.running import Premises, Work
from tests.features.jobs.hands import Ask, Look, Start, go, wait_until
from tests.features.jobs.post_office import PostOffice

QUICK = Ticks(jobs=0.05, mail=0.05, night=0.05)


def slots(store: Store) -> list[str]:
    with store.reading() as session:
        return sorted(job.slot for job in session.exec(select(Job).where(Job.kind == BACKUP)))


def test_the_clock_runs_jobs_and_sends_mail_until_it_is_stopped(
    ask: Ask, premises: Premises, settings: Settings, office: PostOffice, look: Look
) -> None:
    sending = settings.model_copy(
        update={
            "smtp_host": "127.0.0.1",
            "smtp_port": office.port,
            "smtp_security": "none",
            "mail_from": "m@example.jp",
        }
    )
    first = ask("count", "first")
    background = start_background(
        replace(premises, settings=sending), {"count": lambda work: {"n": 1}}, QUICK
    )
    try:
        wait_until(lambda: look(first).state is State.DONE)
        second = ask("count", "second")
        with premises.store.writing() as session:
            outbox.post(session, "k", "a@example.jp", "件名", "本文", now=premises.clock.now())
        wait_until(lambda: look(second).state is State.DONE and office.arrived)
    finally:
        assert background.stop()
    third = ask("count", "third")
    assert look(third).state is State.WAITING


def test_a_clock_that_is_stopped_puts_its_job_down(ask: Ask, premises: Premises, look: Look) -> None:
    job_id = ask("count")

    def endless(work: Work) -> None:
        while True:
            work.progress(1, 2)

    background = start_background(premises, {"count": endless}, QUICK)
    try:
        wait_until(lambda: look(job_id).done == 1)
    finally:
        assert background.stop()
    assert look(job_id).state is State.WAITING


def test_the_nightly_backup_is_asked_for_once_a_night_by_any_number_of_processes(
    premises: Premises, clock: FixedClock
) -> None:
    kinds = {BACKUP: lambda work: None}
    for _process in range(3):
        assert ask_for_nightly_work(premises, kinds) == {(BACKUP, "2026-06-15")}
    assert slots(premises.store) == ["2026-06-15"]
    clock.advance(timedelta(hours=16))  # 02:00 of the next day: not yet
    ask_for_nightly_work(premises, kinds)
    assert slots(premises.store) == ["2026-06-15"]
    clock.advance(timedelta(minutes=31))
    ask_for_nightly_work(premises, kinds)
    assert slots(premises.store) == ["2026-06-15", "2026-06-16"]


def test_the_clock_itself_asks_for_the_backup_and_runs_it(premises: Premises, store: Store) -> None:
    done = []
    background = start_background(premises, {BACKUP: lambda work: done.append(work.slot)}, QUICK)
    try:
        wait_until(lambda: done)
    finally:
        assert background.stop()
    assert done == ["2026-06-15"]


@pytest.mark.parametrize("backup_at", ["", "23:30"])
def test_no_backup_is_asked_for_before_its_time_or_where_none_is_wanted(
    premises: Premises, backup_at: str
) -> None:
    other = replace(premises, settings=premises.settings.model_copy(update={"backup_at": backup_at}))
    assert ask_for_nightly_work(other, {BACKUP: lambda work: None}) == frozenset()
    assert slots(premises.store) == []


def test_a_time_of_backup_that_is_none_is_told_at_the_start(premises: Premises) -> None:
    other = replace(premises, settings=premises.settings.model_copy(update={"backup_at": "夜中"}))
    with pytest.raises(Problem) as refused:
        start_background(other, {})
    assert refused.value.code == "time_unreadable"


def test_a_worker_in_the_foreground_ends_cleanly_when_it_is_told_to(
    ask: Ask, start: Start, look: Look, tmp_path: Path
) -> None:
    notes = tmp_path / "notes"
    job_id = ask("linger", "slot", {"file": str(notes)})
    process = start("clock")
    go(process)
    wait_until(lambda: look(job_id).done > 0)
    process.send_signal(signal.SIGTERM)
    assert process.wait(30) == 0
    assert look(job_id).state is State.WAITING

    notes.with_name("go").touch()
    another = start("clock")
    go(another)
    wait_until(lambda: look(job_id).state is State.DONE)
    another.send_signal(signal.SIGINT)
    assert another.wait(30) == 0
    assert notes.read_text() == "slot started\n" * 2
