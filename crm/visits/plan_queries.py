"""Reads of the month's plan for its pages: the plan, its calls, a week of them."""

from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col, func, select

from crm.core.clock import tokyo_day
from crm.core.months import Month
from crm.db.tracked import Action, AuditEntry
from crm.territory.models import Kind, Place, PlaceFacts, Territory
from crm.visits.calendar import Week
from crm.visits.models import (
    Call,
    CallState,
    MonthPlan,
    PlacePulse,
    PlanState,
    Record,
)

WEEK_ROWS = 50
"""Calls on one page of a week: a worker who is out every day makes fewer."""


@dataclass(frozen=True)
class CallRow:
    """One planned call, as the plan and the day show it. `is_draft`: its plan is not published."""

    id: UUID
    place_id: UUID
    place: str
    kind: Kind
    territory: str
    worker_id: UUID
    on: date
    position: int
    by_hand: bool
    state: CallState
    reason: str
    record_id: UUID | None
    last_on: date | None
    record_on: date | None = None
    is_draft: bool = False

    @property
    def mark(self) -> str:
        """What a form carries of the call as it was shown."""
        return mark_of(self.on, self.worker_id, self.state)


def mark_of(on: date, worker_id: UUID, state: CallState) -> str:
    """What two people who change a call at once would see differently."""
    return f"{on.isoformat()}_{worker_id}_{state.value}"


@dataclass(frozen=True)
class ListedCall:
    """A call in the list of a week: the `number`-th of `of_day` calls of its worker's day."""

    row: CallRow
    number: int
    of_day: int


@dataclass(frozen=True)
class LeftCall:
    """A call that is in no plan any more, as it was when it left."""

    on: date
    worker_id: UUID


@dataclass(frozen=True)
class PlanRow:
    """A month's plan; `published_on` is the day from which it stands, None for a draft."""

    id: UUID
    month: Month
    state: PlanState
    published_on: date | None


def plan(session: Session, month: Month) -> PlanRow | None:
    """A month's plan, or None."""
    row = session.exec(select(MonthPlan).where(MonthPlan.month == str(month))).first()
    if row is None:
        return None
    return PlanRow(row.id, month, row.state, tokyo_day(row.published_at) if row.published_at else None)


_CALLS = (
    sa.select(
        Call,
        col(Place.kind),
        col(Record.id),
        col(Record.on),
        col(PlacePulse.last_on),
        col(PlaceFacts.name),
        col(Territory.name),
        col(MonthPlan.state),
    )
    .join(Place, col(Place.id) == col(Call.place_id))
    .join(MonthPlan, col(MonthPlan.id) == col(Call.plan_id))
    .outerjoin(
        PlaceFacts,
        sa.and_(
            col(PlaceFacts.place_id) == col(Call.place_id),
            col(PlaceFacts.from_on) <= col(Call.on),
            sa.or_(col(PlaceFacts.to_on).is_(None), col(PlaceFacts.to_on) > col(Call.on)),
        ),
    )
    .outerjoin(Territory, col(Territory.id) == col(PlaceFacts.territory_id))
    .outerjoin(Record, sa.and_(col(Record.call_id) == col(Call.id), col(Record.withdrawn_at).is_(None)))
    .outerjoin(PlacePulse, col(PlacePulse.place_id) == col(Call.place_id))
    .order_by(col(Call.on), col(Call.worker_id), col(Call.position), col(Call.id))
)


def _calls(session: Session, *conditions: Any) -> list[CallRow]:
    rows = session.execute(_CALLS.where(*conditions))
    return [
        CallRow(
            call.id,
            call.place_id,
            name or "",
            kind,
            territory or "",
            call.worker_id,
            call.on,
            call.position,
            call.by_hand,
            call.state,
            call.reason,
            record_id,
            last_on,
            record_on,
            state is PlanState.DRAFT,
        )
        for call, kind, record_id, record_on, last_on, name, territory, state in rows
    ]


def calls_of_week(
    session: Session, plan_id: UUID, worker_id: UUID, week: Week, *, start: int = 0
) -> list[ListedCall]:
    """A worker's calls of a week by day and order, from the `start`-th (0: the first) on.

    At most WEEK_ROWS, and one more when there are further ones.
    """
    day, order = col(Call.on), (col(Call.position), col(Call.id))
    places = {
        call_id: (number, count)
        for call_id, number, count in session.execute(
            sa.select(
                col(Call.id),
                sa.func.row_number().over(partition_by=day, order_by=order),
                sa.func.count().over(partition_by=day),
            )
            .where(*_in_week(plan_id, worker_id, week))
            .order_by(day, *order)
            .offset(start)
            .limit(WEEK_ROWS + 1)
        )
    }
    rows = _calls(session, col(Call.id).in_(places)) if places else []
    return [ListedCall(row, *places[row.id]) for row in rows]


def start_of_page(session: Session, call: Call, week: Week) -> int:
    """Where the page of its week begins on which a call is listed."""
    before = sa.or_(
        col(Call.on) < call.on,
        sa.and_(
            col(Call.on) == call.on,
            sa.tuple_(col(Call.position), col(Call.id)) < (call.position, call.id),
        ),
    )
    number = session.exec(
        select(func.count()).select_from(Call).where(*_in_week(call.plan_id, call.worker_id, week), before)
    ).one()
    return number // WEEK_ROWS * WEEK_ROWS


def _in_week(plan_id: UUID, worker_id: UUID, week: Week) -> tuple[Any, ...]:
    return (
        col(Call.plan_id) == plan_id,
        col(Call.worker_id) == worker_id,
        col(Call.on) >= week.first,
        col(Call.on) <= week.last,
    )


def left_call(session: Session, call_id: UUID) -> LeftCall | None:
    """A call that is gone, as the trail tells of it: a page that still names it can say so."""
    told = session.exec(
        select(AuditEntry.facts)
        .where(
            AuditEntry.entity == "call", AuditEntry.entity_id == call_id, AuditEntry.action == Action.REMOVE
        )
        .limit(1)
    ).first()
    return LeftCall(date.fromisoformat(told["on"][0]), UUID(told["worker_id"][0])) if told else None


def calls_of_worker_on(session: Session, worker_id: UUID, day: date) -> list[CallRow]:
    """A worker's calls of one day, in order."""
    return _calls(session, col(Call.worker_id) == worker_id, col(Call.on) == day)


def call_row(session: Session, call_id: UUID) -> CallRow | None:
    """One planned call."""
    found = _calls(session, col(Call.id) == call_id)
    return found[0] if found else None


def call_counts(session: Session, plan_id: UUID) -> dict[tuple[UUID, date], int]:
    """How many calls stand on each worker's day."""
    rows = session.exec(
        select(col(Call.worker_id), col(Call.on), func.count())
        .where(Call.plan_id == plan_id, Call.state == CallState.PLANNED)
        .group_by(col(Call.worker_id), col(Call.on))
    )
    return {(worker_id, on): count for worker_id, on, count in rows}


def calls_of_day(session: Session, worker_id: UUID, on: date) -> list[Call]:
    """The call rows themselves, for use cases that order a day."""
    return list(
        session.exec(
            select(Call)
            .where(Call.worker_id == worker_id, Call.on == on)
            .order_by(col(Call.position), col(Call.id))
        ).all()
    )


def next_position(session: Session, worker_id: UUID, on: date) -> int:
    """The position behind the last call of a day."""
    last = session.exec(
        select(func.max(Call.position)).where(Call.worker_id == worker_id, Call.on == on)
    ).one()
    return 0 if last is None else last + 1


def followed_calls(session: Session, plan_id: UUID) -> set[UUID]:
    """Calls of a plan that a record answers."""
    return set(
        session.exec(
            select(Call.id)
            .join(Record, col(Record.call_id) == col(Call.id))
            .where(Call.plan_id == plan_id, col(Record.withdrawn_at).is_(None))
        ).all()
    )
