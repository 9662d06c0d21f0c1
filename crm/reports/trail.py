"""What the audit trail tells of records: whether anything has changed that a report counts.

Every change of a tracked row is in the trail, in the transaction that made it, and whoever writes is alone: the
newest entry's number says exactly which state of the records a reader sees.
"""

from dataclasses import dataclass
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col, func, select

from crm.db.tracked import Action, AuditEntry
from crm.jobs.models import Installation
from crm.visits.models import Record

REPORTED = (
    "account",
    "assignment",
    "month_close",
    "organisation",
    "place",
    "place_facts",
    "record",
    "territory",
)
"""The tables that a report is made from."""

MOST_LOOKED_AT = 500
"""Entries that are gone through to learn which months changed; after more, counting anew is as quick."""


@dataclass(frozen=True)
class Mark:
    """A state of a database: which life of it, and the number of the newest entry in its trail."""

    epoch: UUID | None
    newest: int


def mark(session: Session) -> Mark:
    """The state that this transaction sees."""
    epoch = select(Installation.epoch).limit(1).scalar_subquery()
    found = session.execute(sa.select(func.max(AuditEntry.id), epoch)).one()
    return Mark(found[1], found[0] or 0)


def is_as_it_was(session: Session, before: Mark) -> bool:
    """Whether nothing that a report is made from has changed since."""
    now = mark(session)
    if now == before:
        return True
    changed = session.exec(
        select(AuditEntry.id).where(col(AuditEntry.id) > before.newest, col(AuditEntry.entity).in_(REPORTED))
    ).first()
    return now.epoch == before.epoch and changed is None


def months_touched(session: Session, since: int, until: int) -> set[str] | None:
    """The months that count a record that was kept or changed between two marks; None: any month may be one."""
    if until - since > MOST_LOOKED_AT:
        return None
    entries = session.exec(
        select(AuditEntry.entity, AuditEntry.entity_id, AuditEntry.action, AuditEntry.facts).where(
            col(AuditEntry.id) > since,
            col(AuditEntry.id) <= until,
            col(AuditEntry.entity).in_(["record", "place"]),
        )
    ).all()
    months: set[str] = set()
    ids = set()
    for entity, entity_id, action, facts in entries:
        if entity == "record":
            ids.add(entity_id)
            months.update(month for month in (facts or {}).get("counted_in", ()) if month)
        elif action is Action.CHANGE and "kind" in (facts or {}):
            return None
    if ids:
        months.update(session.exec(select(Record.counted_in).where(col(Record.id).in_(ids)).distinct()))
    return months
