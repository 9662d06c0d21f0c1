"""Which life of its database an installation lives: the epoch, and whether the outbox is held."""

from datetime import datetime
from uuid import UUID

from sqlmodel import Session, select

from crm.core.ids import new_id
from crm.jobs.models import Installation


def begin_epoch(session: Session, *, now: datetime, hold_outbox: bool) -> UUID:
    """Begin a new life of this database and return its epoch.

    `crm init` begins the first one. A restore begins another: whoever keeps a copy of what was sent to this
    database (a tablet) sees the change and sends it again. After a restore the outbox is held, too, for what
    waits in it may have been sent after the backup was made.
    """
    row = session.exec(select(Installation)).first()
    epoch, held = new_id(), now if hold_outbox else None
    if row is None:
        session.add(Installation(epoch=epoch, began_at=now, outbox_held_since=held))
    else:
        row.epoch, row.began_at, row.outbox_held_since = epoch, now, held
    session.flush()
    return epoch


def epoch(session: Session) -> UUID | None:
    """The epoch of this database; None before `crm init`."""
    return session.exec(select(Installation.epoch)).first()


def held_since(session: Session) -> datetime | None:
    """Since when the outbox is held; None where it is not."""
    return session.exec(select(Installation.outbox_held_since)).first()


def release_outbox(session: Session) -> None:
    """Let the mail that waits go out again; a person decides this after a restore."""
    row = session.exec(select(Installation)).first()
    if row is not None:
        row.outbox_held_since = None
