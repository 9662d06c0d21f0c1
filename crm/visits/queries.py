"""Reads of visits for pages, the plan and paper: small frozen rows."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col, func, select

from crm.accounts.queries import names
from crm.core.months import Month
from crm.territory.access import Confidential, Reach
from crm.territory.models import PlaceFacts, Territory
from crm.territory.queries import holding
from crm.visits.models import (
    Met,
    MonthClose,
    Record,
    Support,
    Way,
)

TIMELINE_ROWS = 30


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
class RecordFilter:
    """What a list of records is narrowed to."""

    place_id: UUID | None = None
    worker_id: UUID | None = None
    on: date | None = None
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
    wanted = select(Record).order_by(col(Record.on).desc(), col(Record.id).desc())
    if not narrowed.withdrawn:
        wanted = wanted.where(col(Record.withdrawn_at).is_(None))
    if narrowed.place_id is not None:
        wanted = wanted.where(Record.place_id == narrowed.place_id)
    if narrowed.worker_id is not None:
        wanted = wanted.where(Record.worker_id == narrowed.worker_id)
    if narrowed.on is not None:
        wanted = wanted.where(Record.on == narrowed.on)
    if narrowed.counted_in is not None:
        wanted = wanted.where(Record.counted_in == narrowed.counted_in)
    if narrowed.ids is not None:
        wanted = wanted.where(col(Record.id).in_(narrowed.ids))
    if before is not None:
        wanted = wanted.where(sa.tuple_(col(Record.on), col(Record.id)) < before)
    if rows is not None:
        wanted = wanted.limit(rows + 1)
    return shown(session, session.exec(wanted).all(), reach)


def shown(session: Session, found: Iterable[Record], reach: Reach) -> list[RecordRow]:
    """Records as this reader may see them, each under the name that its place bore on the day."""
    found = list(found)
    who = names(session, {r.worker_id for r in found})
    called = _names_then(session, found)
    towns = dict(session.exec(select(Territory.id, Territory.name)).all()) if found else {}
    return [
        RecordRow(
            r.id,
            r.on,
            r.way,
            r.met,
            r.place_id,
            called.get(r.id, ""),
            towns.get(r.territory_id, "") if r.territory_id else "",
            who.get(r.worker_id, ""),
            r.supports(),
            r.met_whom if _readable(r, reach) else "",
            r.heard if _readable(r, reach) else None,
            r.confidential,
            r.withdrawn_at is not None,
        )
        for r in found
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
    found = session.get(Record, record_id)
    return (found, shown(session, [found], reach)[0]) if found else None
