"""Which rows somebody may read: territories held or deputised, confidential text."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from uuid import UUID

from sqlmodel import Session, col, select

from crm.territory.models import Assignment
from crm.web.access import Me, Role


class Confidential(StrEnum):
    """Who may read the text of a record."""

    OPEN = "open"  # everybody in the office
    ASSIGNED = "assigned"  # 担当内: author, holder, deputy, manager
    AUTHOR = "author"  # 本人と管理者


@dataclass(frozen=True)
class Reach:
    """Whose text one person may read today: a plain value, so that rules and SQL can both ask it."""

    account_id: UUID
    role: Role
    territories: frozenset[UUID]

    def may_read(
        self, confidential: Confidential, *, territory_id: UUID | None, worker_ids: frozenset[UUID]
    ) -> bool:
        """Whether this person may read the text of a record by these workers in this territory."""
        if self.role is Role.MANAGER or confidential is Confidential.OPEN:
            return True
        if self.account_id in worker_ids:
            return True
        return confidential is Confidential.ASSIGNED and territory_id in self.territories


def territories_of(session: Session, account_id: UUID, day: date) -> frozenset[UUID]:
    """Territories that an account holds or deputises on a day."""
    return frozenset(
        session.exec(
            select(Assignment.territory_id).where(
                Assignment.account_id == account_id,
                Assignment.from_on <= day,
                col(Assignment.to_on).is_(None) | (col(Assignment.to_on) > day),
            )
        ).all()
    )


def reach_of(session: Session, me: Me, day: date) -> Reach:
    """What the signed-in person may read today."""
    return Reach(me.account_id, me.role, territories_of(session, me.account_id, day))
