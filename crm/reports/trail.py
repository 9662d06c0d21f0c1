"""What the audit trail tells of records: whether anything has changed that a report counts."""

from dataclasses import dataclass
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col, select

from crm.accounts.models import Account, Organisation
from crm.db import trail_mark
from crm.db.tracked import Action, AuditEntry
from crm.db.trail_mark import Mark
from crm.jobs.models import Installation
from crm.territory.models import Assignment, Place, PlaceFacts, Territory
from crm.visits.models import MonthClose, Record

REPORTED = (Account, Assignment, MonthClose, Organisation, Place, PlaceFacts, Record, Territory)
"""What a report is made from."""

MOST_LOOKED_AT = 500
"""Entries that are gone through to learn which months changed; after more, counting anew is as quick."""

_COUNTED_BY = {"place": "kind", "territory": "name"}
"""Columns by which records are counted that are not the record's own: a change may move any of them."""


@dataclass(frozen=True)
class Seen:
    """A state of a database: which life of it (None before `crm init`), and the place in its trail."""

    epoch: UUID | None
    mark: Mark


def seen(session: Session) -> Seen:
    """The state that this transaction sees."""
    epoch = select(Installation.epoch).limit(1).scalar_subquery()
    newest, life = session.execute(sa.select(trail_mark.NEWEST, epoch)).one()  # one question for every page
    return Seen(life, Mark(newest))


def is_as_it_was(session: Session, before: Seen) -> bool:
    """Whether nothing that a report is made from has changed since."""
    same_life = seen(session).epoch == before.epoch
    return same_life and not trail_mark.changed_since(session, before.mark, REPORTED)


def months_touched(session: Session, since: Mark, until: Mark) -> set[str] | None:
    """The months whose counts may have changed between two marks; None: any month may be one."""
    if until.newest - since.newest > MOST_LOOKED_AT:
        return None
    entries = session.exec(
        select(AuditEntry.entity, AuditEntry.entity_id, AuditEntry.action, AuditEntry.facts).where(
            col(AuditEntry.id) > since.newest, col(AuditEntry.id) <= until.newest
        )  # of all tables: asked for some, SQLite would walk their whole past by the other index
    ).all()
    months: set[str] = set()
    ids = set()
    for entity, entity_id, action, facts in entries:
        if entity == "record":
            ids.add(entity_id)
            months.update(month for month in (facts or {}).get("counted_in", ()) if month)
        elif action is Action.CHANGE and _COUNTED_BY.get(entity) in (facts or {}):
            return None
    if ids:
        months.update(session.exec(select(Record.counted_in).where(col(Record.id).in_(ids)).distinct()))
    return months
