from datetime import timedelta
from threading import Barrier, Thread
from uuid import UUID, uuid4

import pytest
from sqlmodel import select

from crm.core.clock import FixedClock
from crm.core.problems import Conflict, Missing
from crm.db.store import Store
from crm.jobs import claims, queries, service
from crm.jobs.models import Job, State
from crm.jobs.running import Premises, run_next
from tests.features.jobs.hands import Ask, Look


def test_asking_twice_for_the_same_slot_gives_one_job(ask: Ask, store: Store, look: Look) -> None:
    first = ask("import", "upload-1", {"file": "a.csv"}, title="a.csv")
    assert ask("import", "upload-1", {"file": "other.csv"}) == first
    assert ask("import", "upload-2") != first
    assert ask("report", "upload-1") != first
    assert look(first).arguments == {"file": "a.csv"}


def test_two_who_ask_at_the_same_moment_get_the_same_job(store: Store, clock: FixedClock) -> None:
    both, given = Barrier(2), []

    def asks() -> None:
        both.wait()
        with store.writing() as session:
            job = service.ask(
                session, "backup", slot="2026-05-11", title="", arguments={}, asked_by=None, now=clock.now()
            )
            given.append(job.id)

    threads = [Thread(target=asks) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(given) == 2
    assert given[0] == given[1]
    with store.reading() as session:
        assert len(session.exec(select(Job)).all()) == 1


def test_a_job_that_waits_stops_at_once(ask: Ask, store: Store, clock: FixedClock, look: Look) -> None:
    job_id = ask("count")
    with store.writing() as session:
        service.ask_stop(session, job_id, now=clock.now())
    assert look(job_id).state is State.STOPPED
    assert claims.claim_next(store, ["count"], clock.now()) is None


def test_stopping_a_job_that_is_over_changes_nothing(ask: Ask, premises: Premises, look: Look) -> None:
    job_id = ask("count")
    run_next(premises, {"count": lambda work: {"n": 1}})
    with premises.store.writing() as session:
        service.ask_stop(session, job_id, now=premises.clock.now())
    assert look(job_id).state is State.DONE
    assert not look(job_id).stop_asked


def test_a_job_that_nobody_knows_can_neither_be_stopped_nor_run_again(
    store: Store, clock: FixedClock
) -> None:
    with store.writing() as session:
        with pytest.raises(Missing):
            service.ask_stop(session, uuid4(), now=clock.now())
        with pytest.raises(Missing):
            service.ask_again(session, uuid4(), asked_by=uuid4(), now=clock.now())


def test_a_stopped_job_runs_again_from_its_start(
    ask: Ask, premises: Premises, clock: FixedClock, look: Look
) -> None:
    job_id = ask("count")
    with premises.store.writing() as session:
        service.ask_stop(session, job_id, now=clock.now())
    clock.advance(timedelta(minutes=1))
    with premises.store.writing() as session:
        service.ask_again(session, job_id, asked_by=uuid4(), now=clock.now())
    assert (look(job_id).state, look(job_id).stop_asked) == (State.WAITING, False)
    assert run_next(premises, {"count": lambda work: None})
    assert look(job_id).state is State.DONE


def test_a_job_that_is_asked_again_is_done_for_whoever_asks_now_and_as_asked_now(
    ask: Ask, premises: Premises, look: Look
) -> None:
    first, second = UUID(int=1), UUID(int=2)
    job_id = ask("count", "1", {"from": 1}, by=first)
    for arguments, known in ((None, {"from": 1}), ({"from": 2}, {"from": 2})):
        with premises.store.writing() as session:
            service.ask_stop(session, job_id, now=premises.clock.now())
        with premises.store.writing() as session:
            service.ask_again(session, job_id, asked_by=second, now=premises.clock.now(), arguments=arguments)
        assert (look(job_id).asked_by, look(job_id).arguments) == (second, known)


def test_a_job_that_is_done_does_not_run_again(ask: Ask, premises: Premises) -> None:
    job_id = ask("count")
    run_next(premises, {"count": lambda work: None})
    with premises.store.writing() as session, pytest.raises(Conflict) as refused:
        service.ask_again(session, job_id, asked_by=uuid4(), now=premises.clock.now())
    assert refused.value.code == "job_not_over"


def test_the_newest_jobs_come_first_and_page_by_page(ask: Ask, store: Store) -> None:
    ids = [ask("count", str(n)) for n in range(7)]
    with store.reading() as session:
        first = [row.id for row in queries.recent_jobs(session, most=4)]
        second = [row.id for row in queries.recent_jobs(session, most=4, before=first[-1])]
    assert first + second == ids[::-1]


def test_a_person_finds_only_the_jobs_that_he_or_she_asked_for(ask: Ask, store: Store) -> None:
    mine, other = UUID(int=1), UUID(int=2)
    own, foreign, _nobodys = ask("count", "1", by=mine), ask("count", "2", by=other), ask("count", "3")
    with store.reading() as session:
        assert [row.id for row in queries.recent_jobs(session, of=mine)] == [own]
        assert queries.job(session, own, of=mine).id == own
        with pytest.raises(Missing):
            queries.job(session, foreign, of=mine)
