"""Reads of visits for pages, the plan and paper: small frozen rows."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col, func, select

from crm.accounts.models import Account
from crm.core.clock import TOKYO
from crm.core.months import Month
from crm.territory.access import Confidential, Reach
from crm.territory.models import PlaceFacts, Territory
from crm.territory.queries import holding
from crm.visits.models import Call, CallState, Met, MonthClose, MonthPlan, PlanState, Record, Support, Way

TIMELINE_ROWS = 30

EARLIER_ROWS = 3
"""Records of a place that the form of the next one reminds of."""


@dataclass(frozen=True)
class RecordRow:
    """One record in a list. `heard` is None where this reader may not see the text."""

    id: UUID
    on: date
    way: Way
    met: Met
    place_id: UUID | None
    place: str
    territory: str
    worker: str
    supports: tuple[Support, ...]
    met_whom: str
    heard: str | None
    confidential: Confidential
    withdrawn: bool


@dataclass(frozen=True)
class EarlierRow:
    """One of the last records of a place. `heard` is None where this reader may not see the text."""

    id: UUID
    on: date
    way: Way
    met: Met
    worker: str
    heard: str | None


@dataclass(frozen=True)
class PlaceCalled:
    """What a place was called on a day, and the territory it lay in."""

    name: str
    territory: str


@dataclass(frozen=True)
class PlannedCall:
    """The call that stands in the plan of a month for a place; a plan names a place once.

    `is_draft`: the manager has not said yet that the plan stands.
    """

    id: UUID
    on: date
    worker_id: UUID
    worker: str
    record_id: UUID | None
    is_draft: bool = False

    def open_for(self, record_id: UUID) -> bool:
        """Whether this record may answer it: no other does."""
        return self.record_id in (None, record_id)


@dataclass(frozen=True)
class RecordFilter:
    """What a list of records is narrowed to. `written_on`: records of that day, and those of other days kept on it."""

    place_id: UUID | None = None
    worker_id: UUID | None = None
    written_on: date | None = None
    counted_in: str | None = None
    ids: tuple[UUID, ...] | None = None
    withdrawn: bool = False


def last_contact(session: Session, place_id: UUID) -> date | None:
    """The day on which somebody was last met at a place."""
    return session.exec(
        select(func.max(Record.on)).where(
            Record.place_id == place_id, Record.met == Met.MET, col(Record.withdrawn_at).is_(None)
        )
    ).one()


def record_of_call(session: Session, call_id: UUID) -> UUID | None:
    """The record that answers a call."""
    return session.exec(
        select(Record.id).where(Record.call_id == call_id, col(Record.withdrawn_at).is_(None))
    ).first()


def planned_call(session: Session, place_id: UUID | None, day: date) -> PlannedCall | None:
    """The call planned for a place in the month of a day, whoever is to make it; none if it was cancelled."""
    if place_id is None:
        return None
    month = Month.of(day)
    row = session.execute(
        sa.select(col(Call.id), col(Call.on), col(Call.worker_id), col(Account.name), col(Record.id))
        .join(Account, col(Account.id) == col(Call.worker_id))
        .outerjoin(Record, sa.and_(col(Record.call_id) == col(Call.id), col(Record.withdrawn_at).is_(None)))
        .where(
            col(Call.place_id) == place_id,
            col(Call.on) >= month.first,
            col(Call.on) <= month.last,
            col(Call.state) == CallState.PLANNED,
        )
        .order_by(col(Call.on), col(Call.id))
    ).first()
    return PlannedCall(*row) if row else None


def next_call(session: Session, place_id: UUID, day: date) -> PlannedCall | None:
    """The next call planned for a place, on that day or later, that was not made yet."""
    row = session.execute(
        sa.select(
            col(Call.id),
            col(Call.on),
            col(Call.worker_id),
            col(Account.name),
            sa.null(),
            col(MonthPlan.state) == PlanState.DRAFT,
        )
        .join(Account, col(Account.id) == col(Call.worker_id))
        .join(MonthPlan, col(MonthPlan.id) == col(Call.plan_id))
        .where(
            col(Call.place_id) == place_id,
            col(Call.on) >= day,
            col(Call.state) == CallState.PLANNED,
            ~_is_answered(),
        )
        .order_by(col(Call.on), col(Call.id))
    ).first()
    return PlannedCall(*row) if row else None


def next_day_waiting(session: Session, worker_id: UUID, *, after: date) -> date | None:
    """The next day on which a worker has calls that were not made yet."""
    return session.exec(
        select(func.min(Call.on)).where(
            Call.worker_id == worker_id, Call.on > after, Call.state == CallState.PLANNED, ~_is_answered()
        )
    ).one()


def _is_answered() -> sa.ColumnElement[bool]:
    return (
        sa.select(col(Record.id))
        .where(col(Record.call_id) == col(Call.id), col(Record.withdrawn_at).is_(None))
        .exists()
    )


def place_called(session: Session, place_id: UUID, day: date) -> PlaceCalled | None:
    """A place as of a day; of a place not open then, by its nearest facts."""
    rows = session.execute(
        sa.select(col(PlaceFacts.from_on), col(PlaceFacts.name), col(Territory.name))
        .join(Territory, col(Territory.id) == col(PlaceFacts.territory_id))
        .where(col(PlaceFacts.place_id) == place_id)
        .order_by(col(PlaceFacts.from_on))
    ).all()
    if not rows:
        return None
    _since, name, territory = next((row for row in reversed(rows) if row[0] <= day), rows[0])
    return PlaceCalled(name, territory)


def closed_months(session: Session) -> set[str]:
    """Months that are closed and not reopened."""
    return set(session.exec(select(MonthClose.month).where(col(MonthClose.reopened_at).is_(None))).all())


def counted_elsewhere(session: Session, month: Month) -> list[Record]:
    """Records of a month's days that another month counts, and those of other days that it counts."""
    own = sa.and_(col(Record.on) >= month.first, col(Record.on) <= month.last)
    counted = col(Record.counted_in) == str(month)
    return list(
        session.exec(select(Record).where(sa.or_(sa.and_(own, ~counted), sa.and_(~own, counted)))).all()
    )


def territory_on(session: Session, place_id: UUID, day: date) -> UUID | None:
    """The territory a place lies in on a day."""
    return session.exec(
        select(PlaceFacts.territory_id).where(PlaceFacts.place_id == place_id, holding(day))
    ).first()


def records(
    session: Session,
    narrowed: RecordFilter,
    reach: Reach,
    *,
    before: tuple[date, UUID] | None = None,
    rows: int | None = TIMELINE_ROWS,
) -> list[RecordRow]:
    """Records, the newest first; one more than `rows` when there are older ones. Text only where it may be read."""
    wanted = _with_names().order_by(col(Record.on).desc(), col(Record.id).desc())
    if not narrowed.withdrawn:
        wanted = wanted.where(col(Record.withdrawn_at).is_(None))
    if narrowed.place_id is not None:
        wanted = wanted.where(Record.place_id == narrowed.place_id)
    if narrowed.worker_id is not None:
        wanted = wanted.where(Record.worker_id == narrowed.worker_id)
    if narrowed.written_on is not None:
        wanted = wanted.where(_written_on(narrowed.written_on))
    if narrowed.counted_in is not None:
        wanted = wanted.where(Record.counted_in == narrowed.counted_in)
    if narrowed.ids is not None:
        wanted = wanted.where(col(Record.id).in_(narrowed.ids))
    if before is not None:
        wanted = wanted.where(sa.tuple_(col(Record.on), col(Record.id)) < before)
    if rows is not None:
        wanted = wanted.limit(rows + 1)
    return [row for _record, row in _rows(session, wanted, reach)]


def _with_names() -> Any:
    """The statement for records, each with the names of its author and its territory.

    Outer joins, though every record has an author: SQLite then reads the records first, in the order of their index.
    """
    return (
        sa.select(Record, col(Account.name), col(Territory.name))
        .outerjoin(Account, col(Account.id) == col(Record.worker_id))
        .outerjoin(Territory, col(Territory.id) == col(Record.territory_id))
    )


def _written_on(day: date) -> sa.ColumnElement[bool]:
    midnight = datetime.combine(day, time.min, TOKYO)
    kept = sa.and_(
        col(Record.kept_at) >= midnight,
        col(Record.kept_at) < midnight + timedelta(days=1),
    )
    return sa.or_(col(Record.on) == day, kept)


def earlier_records(session: Session, place_id: UUID, reach: Reach) -> list[EarlierRow]:
    """The last records of a place, the newest first."""
    rows = session.execute(
        sa.select(
            col(Record.id),
            col(Record.on),
            col(Record.way),
            col(Record.met),
            col(Account.name),
            col(Record.heard),
            col(Record.confidential),
            col(Record.territory_id),
            col(Record.worker_id),
        )
        .outerjoin(Account, col(Account.id) == col(Record.worker_id))
        .where(col(Record.place_id) == place_id, col(Record.withdrawn_at).is_(None))
        .order_by(col(Record.on).desc(), col(Record.id).desc())
        .limit(EARLIER_ROWS)
    )
    return [
        EarlierRow(
            record_id,
            on,
            way,
            met,
            worker,
            heard
            if reach.may_read(confidential, territory_id=territory_id, worker_ids=frozenset({worker_id}))
            else None,
        )
        for record_id, on, way, met, worker, heard, confidential, territory_id, worker_id in rows
    ]


def _rows(session: Session, wanted: Any, reach: Reach) -> list[tuple[Record, RecordRow]]:
    """Records as this reader may see them, each under the name that its place bore on the day."""
    found = session.execute(wanted).all()
    called = _names_then(session, [record for record, _worker, _territory in found])
    return [
        (
            r,
            RecordRow(
                r.id,
                r.on,
                r.way,
                r.met,
                r.place_id,
                called.get(r.id, ""),
                territory or "",
                worker or "",
                r.supports(),
                r.met_whom if _readable(r, reach) else "",
                r.heard if _readable(r, reach) else None,
                r.confidential,
                r.withdrawn_at is not None,
            ),
        )
        for r, worker, territory in found
    ]


def _readable(record: Record, reach: Reach) -> bool:
    return reach.may_read(
        record.confidential, territory_id=record.territory_id, worker_ids=frozenset({record.worker_id})
    )


def _names_then(session: Session, found: list[Record]) -> dict[UUID, str]:
    ids = {r.place_id for r in found if r.place_id}
    if not ids:
        return {}
    known: dict[UUID, list[tuple[date, str]]] = {}
    for place_id, from_on, name in session.exec(
        select(col(PlaceFacts.place_id), col(PlaceFacts.from_on), col(PlaceFacts.name))
        .where(col(PlaceFacts.place_id).in_(ids))
        .order_by(col(PlaceFacts.from_on))
    ):
        known.setdefault(place_id, []).append((from_on, name))
    called = {}
    for record in found:
        if record.place_id and (spans := known.get(record.place_id)):
            called[record.id] = next((n for since, n in reversed(spans) if since <= record.on), spans[0][1])
    return called


def record(session: Session, record_id: UUID, reach: Reach) -> tuple[Record, RecordRow] | None:
    """One record with the row that this reader may see; None when there is none."""
    found = _rows(session, _with_names().where(col(Record.id) == record_id), reach)
    return found[0] if found else None
