"""Whether anything has changed since: a place in the audit trail, which holds every change of every tracked row.

Whoever writes is alone (crm/db/store.py), so that entries become visible in the order of their numbers: the
number of the newest one says exactly which state of the rows a transaction sees.
"""

from collections.abc import Collection
from dataclasses import dataclass

import sqlalchemy as sa
from sqlmodel import Session, SQLModel, col, func, select

from crm.db.tracked import AuditEntry


@dataclass(frozen=True)
class Mark:
    """A place in the trail: the number of its newest entry; 0 before the first.

    It holds within one life of a database. Whoever keeps a mark for longer than a piece of work keeps the
    epoch beside it: after a restore the same numbers may tell of other changes.
    """

    newest: int


NEWEST = sa.select(func.coalesce(func.max(AuditEntry.id), 0)).scalar_subquery()
"""The number of a mark, for those who read something else in the same breath."""


def mark(session: Session) -> Mark:
    """The state that this transaction sees."""
    return Mark(session.execute(sa.select(NEWEST)).scalar_one())


def changed_since(session: Session, before: Mark, models: Collection[type[SQLModel]]) -> bool:
    """Whether a row of these tracked tables was made, changed or removed since; a shorter trail is another one."""
    now = mark(session)
    if now.newest <= before.newest:
        return now.newest < before.newest
    tables = [sa.inspect(model).local_table.name for model in models]
    whose = (
        col(AuditEntry.entity) + ""
    )  # no column: SQLite would walk the whole past of these tables by its index
    later = select(AuditEntry.id).where(col(AuditEntry.id) > before.newest, whose.in_(tables))
    return session.exec(later.limit(1)).first() is not None
