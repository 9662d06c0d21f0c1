"""Use cases of long work: asking for it, asking it to stop, asking for it again. They never commit."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, select, update

from crm.core.problems import Conflict, Missing
from crm.jobs.models import Job, State

OVER = frozenset({State.DONE, State.FAILED, State.STOPPED})


def ask(
    session: Session,
    kind: str,
    *,
    slot: str,
    title: str,
    arguments: Mapping[str, Any],
    asked_by: UUID | None,
    now: datetime,
) -> Job:
    """Ask for a piece of long work; asking again for the same kind and slot gives the job that is known.

    `slot` names what may be done only once (the day of a backup, an upload); `arguments` is what JSON can
    hold; `title` is a Japanese text that names the work on the page, beside its kind.
    """
    known = _known(session, kind, slot)
    if known is not None:
        return known
    job = Job(
        kind=kind,
        slot=slot,
        title=title[:200],
        arguments=dict(arguments),
        asked_by=asked_by,
        state=State.WAITING,
        made_at=now,
    )
    try:
        with session.begin_nested():
            session.add(job)
    except IntegrityError:
        # Somebody else asked between our looking and our writing; only PostgreSQL lets two write at once.
        known = _known(session, kind, slot)
        if known is None:
            raise
        return known
    return job


def _known(session: Session, kind: str, slot: str) -> Job | None:
    return session.exec(select(Job).where(Job.kind == kind, Job.slot == slot)).first()


def ask_stop(session: Session, job_id: UUID, *, now: datetime) -> None:
    """Ask a job to stop: one that waits stops at once, one that runs at its next look.

    What it has done so far stays. A job that is over already is left as it is. Raises Missing "not_found".
    """
    # One statement each, for a worker may claim or end the job at this very moment.
    waiting = session.exec(
        update(Job)
        .where(col(Job.id) == job_id, col(Job.state) == State.WAITING)
        .values(state=State.STOPPED, stop_asked_at=now, finished_at=now)
    )
    if waiting.rowcount == 1:
        return
    session.exec(
        update(Job)
        .where(col(Job.id) == job_id, col(Job.state) == State.RUNNING, col(Job.stop_asked_at).is_(None))
        .values(stop_asked_at=now)
    )
    if session.exec(select(Job.id).where(Job.id == job_id)).first() is None:
        raise Missing("not_found")


def ask_again(
    session: Session,
    job_id: UUID,
    *,
    asked_by: UUID,
    now: datetime,
    arguments: Mapping[str, Any] | None = None,
) -> None:
    """Let a job that failed or was stopped run once more, from its start, for whoever asks now.

    `asked_by` answers for what it does from now on; `arguments`, where given, take the place of the old ones.
    Raises Missing "not_found", Conflict "job_not_over" for one that waits, runs or is done.
    """
    again = session.exec(
        update(Job)
        .where(col(Job.id) == job_id, col(Job.state).in_([State.FAILED, State.STOPPED]))
        .values(
            state=State.WAITING,
            asked_by=asked_by,
            **({} if arguments is None else {"arguments": dict(arguments)}),
            made_at=now,
            started_at=None,
            finished_at=None,
            claimed_by=None,
            beat_at=None,
            stop_asked_at=None,
            tries=0,
            done=0,
            total=0,
            step="",
            problem=None,
            result=None,
        )
    )
    if again.rowcount == 1:
        return
    if session.exec(select(Job.id).where(Job.id == job_id)).first() is None:
        raise Missing("not_found")
    raise Conflict("job_not_over")
