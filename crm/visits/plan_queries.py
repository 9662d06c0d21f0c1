"""Reads of the month's plan: intervals, due places, who is in the field, planned calls."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col, func, select

from crm.accounts.models import Account
from crm.core.geo import Point
from crm.core.months import Month
from crm.territory.models import Assignment, AssignmentKind, Kind, Place, PlaceFacts, Territory
from crm.territory.queries import holding
from crm.territory.rules import HUBS
from crm.visits import rules
from crm.visits.calendar import working_days
from crm.visits.models import (
    Call,
    CallState,
    MonthPlan,
    PlacePulse,
    PlanState,
    Record,
    VisitInterval,
)
from crm.visits.planning import DuePlace, FieldWorker

CALLABLE = frozenset({Kind.DISTRICT} | HUBS)
"""Kinds of place that the round calls on when no interval says otherwise."""
CITY = Point(38.9346, 141.1266)
"""Where a day begins when no office of the centre has a position: the city hall of Ichinoseki."""


@dataclass(frozen=True)
class CallRow:
    """One planned call, as the plan and the day show it."""

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


@dataclass(frozen=True)
class PlanRow:
    """A month's plan."""

    id: UUID
    month: Month
    state: PlanState
    published_at: datetime | None


def intervals(session: Session) -> Mapping[tuple[Kind | None, UUID | None, UUID | None], int]:
    """Every interval by (kind, territory, place)."""
    return {(i.kind, i.territory_id, i.place_id): i.every_months for i in session.exec(select(VisitInterval))}


def every_months(
    known: Mapping[tuple[Kind | None, UUID | None, UUID | None], int],
    *,
    kind: Kind,
    territory_id: UUID,
    place_id: UUID,
) -> int:
    """The interval that holds for a place: its own, else its kind's in the territory, else its kind's."""
    for wanted in ((None, None, place_id), (kind, territory_id, None)):
        if (months := known.get(wanted)) is not None:
            return months
    return default_months(known, kind)


def default_months(known: Mapping[tuple[Kind | None, UUID | None, UUID | None], int], kind: Kind) -> int:
    """The interval of a kind of place everywhere: as set, else 3 months for what the round calls on."""
    set_one = known.get((kind, None, None))
    return set_one if set_one is not None else rules.DEFAULT_MONTHS if kind in CALLABLE else 0


def due_places(session: Session, month: Month, *, today: date) -> list[DuePlace]:
    """Places that are due in a month and open on its first day, or today if it has begun; those met in it are done."""
    known, expected = intervals(session), _expected(session, month, today)
    rows = session.execute(
        sa.select(
            col(Place.id),
            col(Place.kind),
            col(PlaceFacts.territory_id),
            col(PlaceFacts.lat),
            col(PlaceFacts.lon),
            col(PlaceFacts.kana_order),
            col(PlacePulse.last_on),
            col(Place.closed_on),
        )
        .select_from(PlaceFacts)
        .join(Place, col(Place.id) == col(PlaceFacts.place_id))
        .outerjoin(PlacePulse, col(PlacePulse.place_id) == col(Place.id))
        .where(holding(max(month.first, today)))
        .order_by(col(PlaceFacts.code), col(PlaceFacts.kana_order), col(Place.id))
    )
    due = []
    for place_id, kind, territory_id, lat, lon, order, last_on, closed_on in rows:
        every = every_months(known, kind=kind, territory_id=territory_id, place_id=place_id)
        if every == 0:
            continue
        contacts = [on for on in (last_on, expected.get(place_id)) if on is not None]
        last = max(contacts, default=None)
        if not rules.due_in(month, every_months=every, last_contact=last):
            continue
        late = 12 if last is None else Month.of(last).plus(every).until(month)
        point = Point(lat, lon) if lat is not None and lon is not None else None
        due.append(DuePlace(place_id, territory_id, point, late, order, closed_on))
    return due


def _expected(session: Session, month: Month, today: date) -> dict[UUID, date]:
    """Calls that are planned between today and a month: contacts to be, so that planning ahead asks nobody twice."""
    rows = session.execute(
        sa.select(col(Call.place_id), sa.func.max(col(Call.on)))
        .where(col(Call.on) >= today, col(Call.on) < month.first, col(Call.state) == CallState.PLANNED)
        .group_by(col(Call.place_id))
    )
    return {row[0]: row[1] for row in rows}


def field_workers(session: Session, month: Month, *, from_day: date) -> list[FieldWorker]:
    """Those who hold territories in a month, with their working days from a day on; holders, not deputies.

    A territory that changes hands within the month belongs to the one who holds it on its last day.
    """
    rows = session.exec(
        select(Assignment.account_id, Assignment.territory_id)
        .join(Account, col(Account.id) == col(Assignment.account_id))
        .where(
            Assignment.kind == AssignmentKind.HOLDER,
            Assignment.from_on <= month.last,
            col(Assignment.to_on).is_(None) | (col(Assignment.to_on) > month.last),
            col(Account.disabled_at).is_(None),
        )
        .order_by(Account.kana, Account.name, col(Account.id))
    )
    held: dict[UUID, set[UUID]] = {}
    for account_id, territory_id in rows:
        held.setdefault(account_id, set()).add(territory_id)
    days = tuple(day for day in working_days(month) if day >= from_day)
    offices = _offices(session, from_day)
    centres = _centres(session, from_day)
    return [
        FieldWorker(account_id, frozenset(ids), _office_for(ids, centres, offices), days)
        for account_id, ids in held.items()
    ]


def _offices(session: Session, day: date) -> list[Point]:
    rows = session.exec(
        select(PlaceFacts.lat, PlaceFacts.lon)
        .join(Place, col(Place.id) == col(PlaceFacts.place_id))
        .where(Place.kind == Kind.OWN_OFFICE, holding(day))
        .order_by(PlaceFacts.code)
    )
    return [Point(lat, lon) for lat, lon in rows if lat is not None and lon is not None]


def _centres(session: Session, day: date) -> dict[UUID, Point]:
    rows = session.execute(
        sa.select(
            col(PlaceFacts.territory_id), sa.func.avg(col(PlaceFacts.lat)), sa.func.avg(col(PlaceFacts.lon))
        )
        .where(holding(day), col(PlaceFacts.lat).is_not(None))
        .group_by(col(PlaceFacts.territory_id))
    )
    return {territory_id: Point(lat, lon) for territory_id, lat, lon in rows}


def _office_for(ids: Iterable[UUID], centres: Mapping[UUID, Point], offices: list[Point]) -> Point:
    """The office nearest to the middle of the territories held."""
    mine = [centres[one] for one in ids if one in centres]
    if not offices or not mine:
        return offices[0] if offices else CITY
    lat, lon = sum(p.lat for p in mine) / len(mine), sum(p.lon for p in mine) / len(mine)
    return min(offices, key=lambda o: (o.lat - lat) ** 2 + (o.lon - lon) ** 2)


def plan(session: Session, month: Month) -> PlanRow | None:
    """A month's plan, or None."""
    row = session.exec(select(MonthPlan).where(MonthPlan.month == str(month))).first()
    return PlanRow(row.id, month, row.state, row.published_at) if row else None


def _calls(session: Session, *conditions: Any) -> list[CallRow]:
    rows = session.execute(
        sa.select(
            Call,
            col(Place.kind),
            col(Record.id),
            col(PlacePulse.last_on),
            col(PlaceFacts.name),
            col(Territory.name),
        )
        .join(Place, col(Place.id) == col(Call.place_id))
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
        .where(*conditions)
        .order_by(col(Call.on), col(Call.worker_id), col(Call.position), col(Call.id))
    )
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
        )
        for call, kind, record_id, last_on, name, territory in rows
    ]


def calls_of_month(session: Session, plan_id: UUID, worker_id: UUID | None = None) -> list[CallRow]:
    """The calls of a plan by day, worker and order; of one worker when asked."""
    conditions = [col(Call.plan_id) == plan_id]
    if worker_id is not None:
        conditions.append(col(Call.worker_id) == worker_id)
    return _calls(session, *conditions)


def calls_of_worker_on(session: Session, worker_id: UUID, day: date) -> list[CallRow]:
    """A worker's calls of one day, in order."""
    return _calls(session, col(Call.worker_id) == worker_id, col(Call.on) == day)


def next_day_of(session: Session, worker_id: UUID, *, after: date) -> date | None:
    """The next day on which a worker has calls."""
    return session.exec(
        select(func.min(Call.on)).where(
            Call.worker_id == worker_id, Call.on > after, Call.state == CallState.PLANNED
        )
    ).one()


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
