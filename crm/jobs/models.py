"""Tables of long work."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from crm.db.columns import choice, json_column, key, moment


class State(StrEnum):
    """Where a job stands."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    STOPPED = "stopped"


class Job(SQLModel, table=True):
    """One piece of long work. `slot` is what it may be done for only once (a day of backup, an upload).

    A running job beats: one whose `beat_at` is old belonged to a process that died, and is taken up again.
    """

    __table_args__ = (
        sa.UniqueConstraint("kind", "slot"),
        sa.Index("ix_job_state_made_at", "state", "made_at"),
    )

    id: UUID = key()
    kind: str = Field(max_length=40)
    slot: str = Field(max_length=120)
    title: str = Field(default="", max_length=200)
    asked_by: UUID | None = Field(default=None)
    arguments: dict[str, Any] | None = json_column()
    state: State = choice(State)
    done: int = 0
    total: int = 0
    step: str = Field(default="", max_length=200)
    made_at: datetime = moment()
    started_at: datetime | None = moment(optional=True)
    finished_at: datetime | None = moment(optional=True)
    claimed_by: UUID | None = Field(default=None)
    beat_at: datetime | None = moment(optional=True)
    stop_asked_at: datetime | None = moment(optional=True)
    tries: int = 0
    problem: dict[str, Any] | None = json_column()
    result: dict[str, Any] | None = json_column()


class OutboxMail(SQLModel, table=True):
    """A mail that waits to be sent, written in the same transaction as the fact it tells of.

    `unique_key` makes a second telling of the same fact impossible. Once sent, the text is blanked; so it is
    where a moment was given that it is good until, and that has passed.
    """

    __tablename__ = "outbox_mail"
    __table_args__ = (
        sa.UniqueConstraint("unique_key"),
        sa.Index("ix_outbox_mail_done_at_next_try_at", "done_at", "next_try_at"),
    )

    id: UUID = key()
    unique_key: str = Field(max_length=160)
    recipient: str = Field(max_length=254)
    subject: str = Field(max_length=200)
    body: str
    made_at: datetime = moment()
    next_try_at: datetime = moment()
    claimed_at: datetime | None = moment(optional=True)
    done_at: datetime | None = moment(optional=True)
    good_until: datetime | None = moment(optional=True)
    tries: int = 0
    last_error: str = Field(default="", max_length=400)


class Installation(SQLModel, table=True):
    """The one row that says which life of this database it is: a restore begins a new epoch.

    After a restore the outbox is held until a person releases it: what it holds may have been sent already.
    """

    id: UUID = key()
    epoch: UUID
    began_at: datetime = moment()
    outbox_held_since: datetime | None = moment(optional=True)
