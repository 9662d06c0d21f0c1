"""Reads of accounts for pages: small frozen rows."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlmodel import Session, col, func, select

from crm.accounts.models import Account, Password, SignIn
from crm.core.kana import kana_key
from crm.db.tracked import AuditEntry
from crm.web.access import Role

AUDIT_ROWS = 50


@dataclass(frozen=True)
class AccountRow:
    """One person in the list of those who sign in."""

    id: UUID
    name: str
    kana: str
    mail: str
    role: Role
    disabled: bool
    has_password: bool
    seen_at: datetime | None


@dataclass(frozen=True)
class DeviceRow:
    """One device of mine."""

    id: UUID
    device: str
    made_at: datetime
    seen_at: datetime
    current: bool


@dataclass(frozen=True)
class AuditRow:
    """One line of the trail."""

    id: int
    at: datetime
    by: str
    entity: str
    entity_id: UUID
    action: str
    changes: tuple[tuple[str, Any, Any], ...]
    personal_blanked: bool
    personal_hidden: bool
    untold: bool


def accounts(session: Session) -> list[AccountRow]:
    """Everybody, in kana order, stopped ones last."""
    seen = (
        select(SignIn.account_id, func.max(SignIn.seen_at).label("seen_at"))
        .group_by(col(SignIn.account_id))
        .subquery()
    )
    rows = session.exec(
        select(Account, Password.account_id, seen.c.seen_at)
        .outerjoin(Password, col(Password.account_id) == col(Account.id))
        .outerjoin(seen, seen.c.account_id == col(Account.id))
    )
    found = [
        AccountRow(
            a.id, a.name, a.kana, a.mail, a.role, a.disabled_at is not None, password is not None, seen_at
        )
        for a, password, seen_at in rows
    ]
    return sorted(found, key=lambda row: (row.disabled, kana_key(row.kana, row.name)))


def devices(session: Session, account_id: UUID, *, current: UUID) -> list[DeviceRow]:
    """My devices that are signed in, the last used first."""
    rows = session.exec(
        select(SignIn)
        .where(SignIn.account_id == account_id, col(SignIn.ended_at).is_(None))
        .order_by(col(SignIn.seen_at).desc())
    )
    return [DeviceRow(r.id, r.device, r.made_at, r.seen_at, r.id == current) for r in rows]


def names(session: Session, ids: set[UUID]) -> dict[UUID, str]:
    """Names of these accounts."""
    if not ids:
        return {}
    return dict(session.exec(select(Account.id, Account.name).where(col(Account.id).in_(ids))).all())


def worker_names(session: Session) -> list[tuple[UUID, str]]:
    """Those who may call on places: workers and managers who are not stopped, in kana order."""
    rows = session.exec(
        select(Account.id, Account.name, Account.kana).where(
            col(Account.role).in_([Role.WORKER, Role.MANAGER]), col(Account.disabled_at).is_(None)
        )
    ).all()
    return [(one_id, name) for one_id, name, kana in sorted(rows, key=lambda row: kana_key(row[2], row[1]))]


def audit(
    session: Session,
    *,
    before: int | None,
    entity: str | None,
    entity_id: UUID | None,
    with_personal: bool,
    untold: Collection[str] = (),
) -> list[AuditRow]:
    """A page of the trail, the newest first; `before` is the id that the page before ended with.

    Personal values (names, what was heard) only for those who may read everybody's records. Of the tables in
    `untold` it is said that something changed, and no more.
    """
    wanted = select(AuditEntry).order_by(col(AuditEntry.id).desc()).limit(AUDIT_ROWS + 1)
    if before is not None:
        wanted = wanted.where(col(AuditEntry.id) < before)
    if entity:
        wanted = wanted.where(AuditEntry.entity == entity)
    if entity_id is not None:
        wanted = wanted.where(AuditEntry.entity_id == entity_id)
    entries = session.exec(wanted).all()
    who = names(session, {e.account_id for e in entries if e.account_id})
    return [
        AuditRow(
            e.id or 0,
            e.at,
            who.get(e.account_id, "") if e.account_id else "",
            e.entity,
            e.entity_id,
            e.action.value,
            tuple(
                (name, pair[0], pair[1])
                for name, pair in sorted(
                    {**(e.facts or {}), **((e.personal or {}) if with_personal else {})}.items()
                )
                if not name.startswith("_") and e.entity not in untold
            ),
            e.personal is None and e.personal_digest is not None,
            e.personal is not None and not with_personal,
            e.entity in untold,
        )
        for e in entries
    ]
