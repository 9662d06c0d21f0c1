"""Tables of visits."""

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from crm.db.columns import choice, derived_text, key, link, moment, personal
from crm.db.tracked import Tracked
from crm.territory.access import Confidential
from crm.territory.models import Kind


class VisitInterval(Tracked, SQLModel, table=True):
    """How often places are to be called on: every n months, 0 for not at all.

    For one place, else for a kind in a territory, else for a kind everywhere: the nearest one holds.
    """

    __tablename__ = "visit_interval"
    __table_args__ = (
        # To a unique constraint no two NULLs are alike, so each of the three has one of its own.
        sa.UniqueConstraint("place_id"),
        sa.UniqueConstraint("kind", "territory_id"),
        sa.Index(
            "uq_visit_interval_kind_everywhere",
            "kind",
            unique=True,
            sqlite_where=sa.text("territory_id IS NULL"),
            postgresql_where=sa.text("territory_id IS NULL"),
        ),
        sa.CheckConstraint("every_months BETWEEN 0 AND 60", name="months"),
    )

    id: UUID = key()
    kind: Kind | None = choice(Kind, None)
    territory_id: UUID | None = link("territory.id", optional=True, index=False)
    place_id: UUID | None = link("place.id", optional=True, index=False)
    every_months: int


class PlanState(StrEnum):
    """Whether the manager has said that the plan stands. Everybody who sees plans sees a draft too, marked 案."""

    DRAFT = "draft"
    PUBLISHED = "published"


class MonthPlan(Tracked, SQLModel, table=True):
    """The calls of one month over working days and workers (月間訪問計画)."""

    __tablename__ = "month_plan"
    __table_args__ = (sa.UniqueConstraint("month"),)

    id: UUID = key()
    month: str = Field(max_length=7)
    state: PlanState = choice(PlanState, PlanState.DRAFT)
    made_at: datetime = moment()
    published_at: datetime | None = moment(optional=True)


class CallState(StrEnum):
    """Whether a planned call still stands."""

    PLANNED = "planned"
    CANCELLED = "cancelled"


class Call(Tracked, SQLModel, table=True):
    """One planned call (訪問予定). `by_hand` says that a person put it where it is: planning leaves it there.

    `reason` says why it was cancelled, in a worker's own words: they may name people.
    """

    __table_args__ = (
        sa.UniqueConstraint("plan_id", "place_id"),
        sa.Index("ix_call_worker_id_on", "worker_id", "on"),
        # Holds all that the counts of a month by worker and day ask for.
        sa.Index("ix_call_plan_id_worker_id_on_state", "plan_id", "worker_id", "on", "state"),
    )

    id: UUID = key()
    plan_id: UUID = link("month_plan.id", index=False)
    place_id: UUID = link("place.id")
    worker_id: UUID = link("account.id", index=False)
    on: date
    position: int = 0
    by_hand: bool = False
    state: CallState = choice(CallState, CallState.PLANNED)
    reason: str = personal("", max_length=200)


class Way(StrEnum):
    """The way of a contact (方法). Ways are counted apart."""

    REGULAR = "regular"
    EXTRA = "extra"
    MEETING = "meeting"
    INTERVIEW = "interview"
    DESK = "desk"
    PHONE = "phone"
    MESSAGE = "message"
    ONLINE = "online"


class Support(StrEnum):
    """What a contact gave. Equal kinds: never ranked, scored or coloured as weak and strong."""

    PRESENCE = "presence"
    OBSERVATION = "observation"
    DIRECT = "direct"


class Met(StrEnum):
    """Whether anybody was met. A cancelled visit is kept, and not counted."""

    MET = "met"
    ABSENT = "absent"
    CANCELLED = "cancelled"


class Record(Tracked, SQLModel, table=True):
    """What happened at one contact with people (対応記録), whatever its way; may answer a planned call.

    The id is made where the record is written, so that keeping it twice changes nothing. `territory_id` is
    that of the place on the day. `counted_in` is the month whose report counts it: that of `on`, or the
    first open month when that one was closed already.
    """

    __table_args__ = (
        sa.Index("ix_record_place_id_on", "place_id", "on"),
        sa.Index("ix_record_counted_in", "counted_in"),
        sa.Index("ix_record_on", "on"),
        sa.Index("ix_record_worker_id_on", "worker_id", "on"),
    )

    id: UUID = key()
    on: date
    way: Way = choice(Way)
    place_id: UUID | None = link("place.id", optional=True, index=False)
    territory_id: UUID | None = link("territory.id", optional=True, index=False)
    call_id: UUID | None = link("call.id", optional=True)
    worker_id: UUID = link("account.id", index=False)
    met: Met = choice(Met)
    met_whom: str = personal("", max_length=200)
    presence: bool = False
    observation: bool = False
    direct: bool = False
    attendance: int | None = Field(default=None)
    heard: str = personal("")
    confidential: Confidential = choice(Confidential, Confidential.OPEN)
    counted_in: str = Field(max_length=7)
    kept_at: datetime = moment()
    rev: int = 1
    withdrawn_at: datetime | None = moment(optional=True)
    withdrawn_why: str = personal("", max_length=200)

    def supports(self) -> tuple[Support, ...]:
        """The kinds of support this contact gave, in the order in which they are always named."""
        chosen = (
            (Support.PRESENCE, self.presence),
            (Support.OBSERVATION, self.observation),
            (Support.DIRECT, self.direct),
        )
        return tuple(kind for kind, given in chosen if given)


class PlacePulse(SQLModel, table=True):
    """The last contact with a place, kept beside the records so that a list of 45,300 places stays quick.

    Never asked for figures or for a day in the past: those are read from the records.
    """

    __tablename__ = "place_pulse"
    __table_args__ = (sa.Index("ix_place_pulse_last_on", "last_on"),)

    place_id: UUID = Field(foreign_key="place.id", primary_key=True)
    last_on: date


class MonthClose(Tracked, SQLModel, table=True):
    """A closed month (月次確定): its figures and the rows they count, as canonical JSON, and their digest.

    `figures` is small and makes the pages; `rows` holds one line for every record that was counted. The PDF
    and XLSX made from them are kept as files by their hash. Reopening marks the row; closing again adds the next
    revision, and all revisions stay. Both texts stand last in the table: SQLite reads a row from its beginning,
    and they are megabytes.
    """

    __tablename__ = "month_close"
    __table_args__ = (sa.UniqueConstraint("month", "revision"),)

    id: UUID = key()
    month: str = Field(max_length=7)
    revision: int
    digest: str = Field(max_length=64)
    closed_at: datetime = moment()
    closed_by: UUID = link("account.id", index=False)
    pdf_sha256: str | None = Field(default=None, max_length=64)
    xlsx_sha256: str | None = Field(default=None, max_length=64)
    reopened_at: datetime | None = moment(optional=True)
    reopened_by: UUID | None = link("account.id", optional=True, index=False)
    reopened_why: str = personal("", max_length=400)
    figures: str = derived_text()
    rows: str = derived_text()
