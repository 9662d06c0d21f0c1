import logging
import threading
from datetime import date, timedelta
from pathlib import Path
from uuid import UUID

import pytest
from sqlmodel import col, update

from crm.core.clock import FixedClock
from crm.core.problems import Problem
from crm.db.store import Store
from crm.db.tracked import Via
from crm.jobs import claims, rules, service
from crm.jobs.models import Job, State
from crm.jobs.running import Premises, TakenOver, Work, run_next
from crm.jobs.told import told_again
from tests.features.jobs.hands import Ask, Look, Start, go, wait_until

ACCOUNT = UUID(int=7)


def test_a_job_gets_its_arguments_and_leaves_its_result(ask: Ask, premises: Premises, look: Look) -> None:
    job_id = ask("add", "1", {"a": 2, "b": 3}, by=ACCOUNT)
    authors = []

    def add(work: Work) -> dict[str, object]:
        authors.append(work.author)
        return {"sum": work.arguments["a"] + work.arguments["b"], "on": work.clock.today()}

    assert run_next(premises, {"add": add})
    assert look(job_id).state is State.DONE
    assert look(job_id).result == {"sum": 5, "on": "2026-06-15"}
    assert (authors[0].account_id, authors[0].via, authors[0].act) == (ACCOUNT, Via.JOB, job_id)
    assert not run_next(premises, {"add": add})


def test_jobs_run_in_the_order_they_were_asked_for(ask: Ask, premises: Premises, clock: FixedClock) -> None:
    for slot in ("b", "a", "c"):
        ask("count", slot)
        clock.advance(timedelta(seconds=1))
    order: list[str] = []
    while run_next(premises, {"count": lambda work: order.append(work.slot)}):
        pass
    assert order == ["b", "a", "c"]


def test_a_process_leaves_kinds_that_it_does_not_know_to_others(ask: Ask, premises: Premises) -> None:
    ask("other")
    assert not run_next(premises, {"count": lambda work: None})
    assert run_next(premises, {"other": lambda work: None})


def test_a_refusal_is_kept_with_its_facts(ask: Ask, premises: Premises, look: Look) -> None:
    job_id = ask("import")

    def refuse(work: Work) -> None:
        raise Problem("day_in_future", field="day", on=date(2027, 1, 1))

    run_next(premises, {"import": refuse})
    assert look(job_id).state is State.FAILED
    again = told_again(look(job_id).problem or {})
    assert (again.code, again.field, again.facts) == ("day_in_future", "day", {"on": date(2027, 1, 1)})


def test_a_crash_is_logged_under_the_reference_that_the_page_shows(
    ask: Ask, premises: Premises, look: Look, caplog: pytest.LogCaptureFixture
) -> None:
    job_id = ask("count")
    with caplog.at_level(logging.ERROR, "crm.jobs"):
        run_next(premises, {"count": lambda work: {"share": 1 / 0}})
    problem = told_again(look(job_id).problem or {})
    assert problem.code == "job_crashed"
    assert str(problem.facts["reference"]) in caplog.text
    assert "ZeroDivisionError" in caplog.text


def test_a_result_that_cannot_be_kept_fails_the_job_and_not_the_worker(
    ask: Ask, premises: Premises, look: Look, caplog: pytest.LogCaptureFixture
) -> None:
    job_id = ask("count")
    assert run_next(premises, {"count": lambda work: {"odd": object()}})
    assert told_again(look(job_id).problem or {}).code == "job_crashed"
    assert caplog.records


def test_what_a_job_wrote_in_an_open_transaction_is_gone_when_it_fails(
    ask: Ask, premises: Premises, look: Look
) -> None:
    job_id = ask("import")

    def half(work: Work) -> None:
        with work.store.writing(work.author) as session:
            service.ask(session, "x", slot="1", title="", arguments={}, asked_by=None, now=work.clock.now())
            raise Problem("row_wrong")

    run_next(premises, {"import": half})
    assert look(job_id).state is State.FAILED
    assert not run_next(premises, {"x": lambda work: None})


def test_progress_is_seen_while_the_job_runs_even_from_inside_a_transaction(
    ask: Ask, premises: Premises, look: Look
) -> None:
    job_id = ask("import")

    def import_rows(work: Work) -> None:
        with work.store.writing(work.author):
            work.progress(1, 40, "調べています")  # written down as soon as the transaction is over
        work.progress(3, 40)
        wait_until(lambda: look(job_id).done == 3)
        seen = look(job_id)
        assert (seen.state, seen.total, seen.step) == (State.RUNNING, 40, "調べています")
        work.progress(40, 40, "しまっています")

    run_next(premises, {"import": import_rows})
    ended = look(job_id)
    assert (ended.state, ended.done, ended.total, ended.step) == (State.DONE, 40, 40, "しまっています")


def test_a_job_that_runs_stops_when_it_is_asked_to(ask: Ask, premises: Premises, look: Look) -> None:
    job_id = ask("import")
    done = 0

    def import_rows(work: Work) -> None:
        nonlocal done
        with work.store.writing() as session:
            service.ask_stop(session, job_id, now=work.clock.now())
        for done in range(10_000):
            work.progress(done, 10_000)
            threading.Event().wait(0.01)

    run_next(premises, {"import": import_rows})
    assert look(job_id).state is State.STOPPED
    assert look(job_id).finished_at is not None
    assert 0 < look(job_id).done <= done < 9_999


def test_a_job_is_put_down_when_its_process_ends_and_does_not_count_as_a_failed_start(
    ask: Ask, premises: Premises, store: Store, look: Look
) -> None:
    job_id = ask("import")
    ending = threading.Event()

    def import_rows(work: Work) -> None:
        ending.set()
        work.check()

    run_next(premises, {"import": import_rows}, ending=ending)
    assert look(job_id).state is State.WAITING
    with store.reading() as session:
        assert session.get_one(Job, job_id).tries == 0
    assert run_next(premises, {"import": lambda work: None})
    assert look(job_id).state is State.DONE


def test_a_job_whose_process_died_goes_on_in_another(
    ask: Ask, premises: Premises, start: Start, look: Look, tmp_path: Path, clock: FixedClock
) -> None:
    notes = tmp_path / "notes"
    job_id = ask("linger", "slot", {"file": str(notes)})
    process = start("jobs")
    go(process)
    wait_until(lambda: look(job_id).done > 0)
    process.kill()
    process.wait()
    died_at = look(job_id).started_at
    assert died_at is not None

    def finish(work: Work) -> dict[str, object]:
        return {"arguments": work.arguments}

    # The process lived by the machine's clock: stand just before, then well after, its last beat is stale.
    clock.advance(died_at + timedelta(seconds=30) - clock.now())
    assert not run_next(premises, {"linger": finish})
    clock.advance(timedelta(minutes=5))
    assert run_next(premises, {"linger": finish})
    assert look(job_id).state is State.DONE
    assert look(job_id).result == {"arguments": {"file": str(notes)}}
    assert notes.read_text() == "slot started\n"


def claimed_and_dead(store: Store, clock: FixedClock) -> None:
    """Claim a job as a process does that dies right after, and let a minute pass."""
    assert claims.claim_next(store, ["count"], clock.now()) is not None
    clock.advance(timedelta(seconds=61))


def test_a_job_that_takes_its_process_with_it_again_and_again_fails(
    ask: Ask, premises: Premises, store: Store, clock: FixedClock, look: Look
) -> None:
    job_id = ask("count")
    for _ in range(rules.MOST_STARTS):
        claimed_and_dead(store, clock)
    assert not run_next(premises, {"count": lambda work: None})
    assert look(job_id).state is State.FAILED
    assert told_again(look(job_id).problem or {}).code == "job_died"


def test_a_dead_job_that_was_asked_to_stop_is_not_taken_up_again(
    ask: Ask, premises: Premises, store: Store, clock: FixedClock, look: Look
) -> None:
    job_id = ask("count")
    claimed_and_dead(store, clock)
    with store.writing() as session:
        service.ask_stop(session, job_id, now=clock.now())
    assert not run_next(premises, {"count": lambda work: None})
    assert look(job_id).state is State.STOPPED


def test_a_running_job_keeps_beating(
    ask: Ask, premises: Premises, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rules, "BEAT_EVERY", timedelta(milliseconds=100))
    ask("count")
    claimed = []

    def slow(work: Work) -> None:
        # Beats are told by the clock of the premises: an hour later the job looks dead until it beats again.
        clock.advance(timedelta(hours=1))
        threading.Event().wait(1.5)
        claimed.append(claims.claim_next(work.store, ["count"], clock.now()))

    run_next(premises, {"count": slow})
    assert claimed == [None]


def test_a_process_that_slept_too_long_lays_its_job_down(
    ask: Ask, premises: Premises, store: Store, clock: FixedClock, look: Look
) -> None:
    job_id = ask("count")
    laid_down = []

    def sleeper(work: Work) -> dict[str, str]:
        with store.writing() as session:  # its beats were missed, and another process has taken it over
            session.exec(update(Job).where(col(Job.id) == job_id).values(claimed_by=UUID(int=1)))
        try:
            for _ in range(1000):
                work.check()
                threading.Event().wait(0.01)
        except TakenOver as why:
            laid_down.append(why)
            raise
        return {"by": "the one that slept"}

    run_next(premises, {"count": sleeper})
    assert laid_down
    assert look(job_id).state is State.RUNNING
    assert look(job_id).result is None


def test_what_a_process_that_slept_to_the_end_returns_is_not_kept(
    ask: Ask, premises: Premises, store: Store, look: Look, caplog: pytest.LogCaptureFixture
) -> None:
    job_id = ask("count")

    def sleeper(work: Work) -> dict[str, str]:
        with store.writing() as session:
            session.exec(update(Job).where(col(Job.id) == job_id).values(claimed_by=UUID(int=1)))
        return {"by": "the one that slept"}

    run_next(premises, {"count": sleeper})
    assert look(job_id).result is None
    assert "taken it over" in caplog.text


def test_of_two_processes_each_job_runs_in_one(ask: Ask, start: Start, tmp_path: Path) -> None:
    notes = tmp_path / "notes"
    slots = [f"slot-{n}" for n in range(12)]
    for slot in slots:
        ask("count", slot, {"file": str(notes)})
    both = start("jobs"), start("jobs")
    go(*both)
    for process in both:
        assert process.wait(60) == 0
    assert sorted(notes.read_text().split()) == sorted(slots)


def test_of_many_threads_one_gets_the_claim(ask: Ask, store: Store, clock: FixedClock) -> None:
    ask("count")
    together, got = threading.Barrier(6), []

    def grab() -> None:
        together.wait()
        got.append(claims.claim_next(store, ["count"], clock.now()))

    threads = [threading.Thread(target=grab) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(got) == 6
    assert sum(claim is not None for claim in got) == 1
