"""Who runs a job: claiming, beating, ending. Each is one short transaction around one UPDATE.

A claim is taken by `UPDATE … WHERE` the job is free, and holds if one row was changed: whatever the number
of processes, one gets it. Every later change asks for the claim's own token, so that a process that slept
through its beats changes nothing of what another has taken over.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

import sqlalchemy as sa
from sqlmodel import Session, col, select, update

from crm.core.problems import Problem
from crm.db.columns import UtcDateTime
from crm.db.store import Store
from crm.db.tracked import Author, Via
from crm.jobs import rules
from crm.jobs.models import Job, State
from crm.jobs.told import kept

CANDIDATES = 10
CLOCKWORK = Author(None, Via.JOB)


@dataclass(frozen=True)
class Claim:
    """A job that is ours to run, as long as its token stands in its row."""

    job_id: UUID
    token: UUID
    kind: str
    slot: str
    arguments: Mapping[str, Any]
    asked_by: UUID | None


@dataclass(frozen=True)
class Progress:
    """How far a job is: `done` of `total` (0: not known), and what it is at."""

    done: int = 0
    total: int = 0
    step: str = ""


@dataclass(frozen=True)
class Standing:
    """What a claim is worth at this moment."""

    mine: bool
    stop_asked: bool


def _free(now: datetime) -> sa.ColumnElement[bool]:
    """A job that may be taken up: it waits, or the process that ran it has died."""
    return sa.or_(
        col(Job.state) == State.WAITING,
        sa.and_(col(Job.state) == State.RUNNING, col(Job.beat_at) < rules.stale_before(now)),
    )


def claim_next(store: Store, kinds: Collection[str], now: datetime) -> Claim | None:
    """Claim the job that has waited longest; None where there is none to claim."""
    with store.reading() as session:
        free = session.exec(
            select(Job.id)
            .where(col(Job.kind).in_(kinds), _free(now))
            .order_by(col(Job.made_at), col(Job.id))
            .limit(CANDIDATES)
        ).all()
    for job_id in free:
        with store.writing(CLOCKWORK) as session:
            if claim := _claim(session, job_id, now):
                return claim
    return None


def _claim(session: Session, job_id: UUID, now: datetime) -> Claim | None:
    if _buried(session, job_id, now):
        return None
    token = uuid4()
    taken = session.exec(
        update(Job)
        .where(col(Job.id) == job_id, _free(now))
        .values(
            state=State.RUNNING,
            claimed_by=token,
            beat_at=now,
            started_at=sa.func.coalesce(col(Job.started_at), sa.literal(now, UtcDateTime())),
            tries=col(Job.tries) + 1,
        )
        .execution_options(synchronize_session=False)
    )
    if taken.rowcount != 1:
        return None
    job = session.exec(select(Job).where(Job.id == job_id)).one()
    return Claim(job.id, token, job.kind, job.slot, job.arguments or {}, job.asked_by)


def _buried(session: Session, job_id: UUID, now: datetime) -> bool:
    """End a job whose process died and that shall not run again: it was to stop, or has died too often."""
    dead = sa.and_(col(Job.id) == job_id, col(Job.state) == State.RUNNING, _free(now))
    stopped = session.exec(
        update(Job)
        .where(dead, col(Job.stop_asked_at).is_not(None))
        .values(state=State.STOPPED, finished_at=now, claimed_by=None)
        .execution_options(synchronize_session=False)
    )
    died = session.exec(
        update(Job)
        .where(dead, col(Job.tries) >= rules.MOST_STARTS)
        .values(
            state=State.FAILED,
            finished_at=now,
            claimed_by=None,
            problem=kept(Problem("job_died", tries=rules.MOST_STARTS)),
        )
        .execution_options(synchronize_session=False)
    )
    return stopped.rowcount == 1 or died.rowcount == 1


def beat(store: Store, claim: Claim, progress: Progress, now: datetime) -> Standing:
    """Say that the job's process lives and how far it is; learn whether the claim still holds."""
    with store.writing(CLOCKWORK) as session:
        changed = session.exec(update(Job).where(_ours(claim)).values(beat_at=now, **_columns(progress)))
        return Standing(changed.rowcount == 1, _stop_asked(session, claim))


def standing(store: Store, claim: Claim) -> Standing:
    """What the claim is worth, without writing anything."""
    with store.reading() as session:
        mine = session.exec(select(Job.id).where(_ours(claim))).first() is not None
        return Standing(mine, _stop_asked(session, claim))


def end(
    store: Store,
    claim: Claim,
    state: State,
    progress: Progress,
    now: datetime,
    *,
    problem: Problem | None = None,
    result: Mapping[str, Any] | None = None,
) -> bool:
    """End the job; False (and nothing changed) where another process has taken it over."""
    with store.writing(CLOCKWORK) as session:
        changed = session.exec(
            update(Job)
            .where(_ours(claim))
            .values(
                state=state,
                finished_at=now,
                claimed_by=None,
                problem=kept(problem) if problem else None,
                result=dict(result) if result is not None else None,
                **_columns(progress),
            )
        )
        return changed.rowcount == 1


def put_down(store: Store, claim: Claim) -> bool:
    """Give a job back that this process cannot finish because it ends; the start does not count."""
    with store.writing(CLOCKWORK) as session:
        changed = session.exec(
            update(Job)
            .where(_ours(claim))
            .values(state=State.WAITING, claimed_by=None, beat_at=None, tries=col(Job.tries) - 1)
            .execution_options(synchronize_session=False)
        )
        return changed.rowcount == 1


def _ours(claim: Claim) -> sa.ColumnElement[bool]:
    return sa.and_(
        col(Job.id) == claim.job_id, col(Job.claimed_by) == claim.token, col(Job.state) == State.RUNNING
    )


def _stop_asked(session: Session, claim: Claim) -> bool:
    asked = session.exec(select(Job.stop_asked_at).where(Job.id == claim.job_id)).first()
    return asked is not None


def _columns(progress: Progress) -> dict[str, Any]:
    return {"done": progress.done, "total": progress.total, "step": progress.step[:200]}
