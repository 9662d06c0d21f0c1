"""Reads of long work and mail for pages: small frozen rows."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import func
from sqlmodel import Session, col, select

from crm.core.problems import Missing
from crm.jobs import installation, rules
from crm.jobs.models import Job, OutboxMail, State
from crm.jobs.rules import DROPPED, EXPIRED, RESTORED, VOID

JOB_ROWS = 30
MAIL_ROWS = 100
CANCELLED_ROWS = 20
CANCELLED_SHOWN = timedelta(days=30)
CLEARED = "job_cleared"
"""The problem of a job whose files were cleared: its page says so, and that the work has to begin anew."""


@dataclass(frozen=True)
class JobRow:
    """One job as pages show it; `problem` is what crm.jobs.told keeps, `result` what its handler returned."""

    id: UUID
    kind: str
    slot: str
    title: str
    asked_by: UUID | None
    arguments: Mapping[str, Any]
    state: State
    done: int
    total: int
    step: str
    made_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    stop_asked: bool
    problem: Mapping[str, Any] | None
    result: Mapping[str, Any] | None

    @property
    def is_over(self) -> bool:
        """Whether nothing more will happen to it by itself."""
        return self.state in (State.DONE, State.FAILED, State.STOPPED)

    @property
    def can_run_again(self) -> bool:
        return self.state in (State.FAILED, State.STOPPED) and not self.was_cleared

    @property
    def was_cleared(self) -> bool:
        """Whether its files are gone, because nobody came back for them."""
        return (self.problem or {}).get("code") == CLEARED


@dataclass(frozen=True)
class MailRow:
    """One mail that has not left. `given_up`: it is not tried any more unless a person says so."""

    id: UUID
    recipient: str
    subject: str
    made_at: datetime
    next_try_at: datetime
    tries: int
    last_error: str
    given_up: bool


@dataclass(frozen=True)
class CancelledRow:
    """One mail that was never sent and will not be; `why` is one of the reasons in crm.jobs.outbox."""

    id: UUID
    recipient: str
    subject: str
    done_at: datetime
    why: str


@dataclass(frozen=True)
class OutboxState:
    """Mails that have not left: how many, how many of these failed at least once, how many were given up."""

    waiting: int
    failing: int
    given_up: int
    oldest: datetime | None
    held_since: datetime | None


def recent_jobs(
    session: Session, *, of: UUID | None = None, before: UUID | None = None, most: int = JOB_ROWS
) -> list[JobRow]:
    """The newest jobs first, of one account or (None) of all; `before` is the last id of the page before."""
    wanted = select(Job).order_by(col(Job.id).desc()).limit(most)
    if of is not None:
        wanted = wanted.where(Job.asked_by == of)
    if before is not None:
        wanted = wanted.where(col(Job.id) < before)
    return [row_of(job) for job in session.exec(wanted)]


def job(session: Session, job_id: UUID, *, of: UUID | None = None) -> JobRow:
    """One job; raises Missing "not_found" where there is none, or (with `of`) none of that account."""
    found = session.get(Job, job_id)
    if found is None or (of is not None and found.asked_by != of):
        raise Missing("not_found")
    return row_of(found)


def row_of(found: Job) -> JobRow:
    """A job as pages show it."""
    return JobRow(
        id=found.id,
        kind=found.kind,
        slot=found.slot,
        title=found.title,
        asked_by=found.asked_by,
        arguments=found.arguments or {},
        state=found.state,
        done=found.done,
        total=found.total,
        step=found.step,
        made_at=found.made_at,
        started_at=found.started_at,
        finished_at=found.finished_at,
        stop_asked=found.stop_asked_at is not None,
        problem=found.problem,
        result=found.result,
    )


def outbox_state(session: Session) -> OutboxState:
    """How the outbox stands."""
    waiting, failing, given_up, oldest = session.exec(
        select(
            func.count(),
            func.count().filter(col(OutboxMail.tries) > 0),
            func.count().filter(col(OutboxMail.next_try_at) == rules.NEVER),
            func.min(col(OutboxMail.made_at)),
        ).where(col(OutboxMail.done_at).is_(None))
    ).one()
    return OutboxState(waiting, failing, given_up, oldest, installation.held_since(session))


def unsent_mails(session: Session, most: int = MAIL_ROWS) -> list[MailRow]:
    """Mails that have not left, those given up first, then those that failed most often, then the oldest."""
    rows = session.exec(
        select(OutboxMail)
        .where(col(OutboxMail.done_at).is_(None))
        .order_by(
            (col(OutboxMail.next_try_at) == rules.NEVER).desc(),
            col(OutboxMail.tries).desc(),
            col(OutboxMail.made_at),
            col(OutboxMail.id),
        )
        .limit(most)
    )
    return [
        MailRow(
            m.id,
            m.recipient,
            m.subject,
            m.made_at,
            m.next_try_at,
            m.tries,
            m.last_error,
            m.next_try_at == rules.NEVER,
        )
        for m in rows
    ]


def cancelled_mails(session: Session, now: datetime, most: int = CANCELLED_ROWS) -> list[CancelledRow]:
    """Mails of the last 30 days that were cancelled, the latest first."""
    rows = session.exec(
        select(OutboxMail)
        .where(
            col(OutboxMail.done_at) > now - CANCELLED_SHOWN,
            col(OutboxMail.last_error).in_([DROPPED, EXPIRED, VOID, RESTORED]),
        )
        .order_by(col(OutboxMail.done_at).desc(), col(OutboxMail.id).desc())
        .limit(most)
    )
    return [CancelledRow(m.id, m.recipient, m.subject, m.done_at or now, m.last_error) for m in rows]
