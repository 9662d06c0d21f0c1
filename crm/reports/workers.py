"""What a report calls those who made the contacts: by name, and by more where two names are alike."""

import unicodedata
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlmodel import Session, col, select

from crm.accounts.models import Account
from crm.core.clock import tokyo_day
from crm.core.kana import kana_key
from crm.core.wareki import wareki
from crm.territory.models import Assignment, AssignmentKind, Territory


@dataclass(frozen=True)
class Worker:
    """Somebody who makes contacts: the territories held, and the day on which the account began."""

    id: UUID
    name: str
    towns: tuple[str, ...]
    began: date


def workers_called(session: Session, day: date) -> dict[UUID, str]:
    """What every account is called in a report, in kana order; two of one name by what they hold on a day."""
    rows = session.exec(select(Account.id, Account.name, Account.kana, Account.made_at)).all()
    rows = sorted(rows, key=lambda row: (kana_key(row[2], row[1]), row[0]))
    alike = _of_one_name(row[1] for row in rows)
    towns = _towns(session, [row[0] for row in rows if _seen(row[1]) in alike], day) if alike else {}
    return called([Worker(row[0], row[1], towns.get(row[0], ()), tokyo_day(row[3])) for row in rows])


def _towns(session: Session, ids: Collection[UUID], day: date) -> dict[UUID, tuple[str, ...]]:
    rows = session.exec(
        select(Assignment.account_id, Territory.name)
        .join(Territory, col(Territory.id) == col(Assignment.territory_id))
        .where(
            col(Assignment.account_id).in_(ids),
            Assignment.kind == AssignmentKind.HOLDER,
            Assignment.from_on <= day,
            col(Assignment.to_on).is_(None) | (col(Assignment.to_on) > day),
        )
        .order_by(Territory.code)
    )
    held: dict[UUID, tuple[str, ...]] = {}
    for account_id, town in rows:
        held[account_id] = (*held.get(account_id, ()), town)
    return held


def called(workers: Sequence[Worker]) -> dict[UUID, str]:
    """A text for each, no two of which look alike: the name, and what tells those of one name apart.

    That is the territories, else the day on which the account began, else a number.
    """
    words = {worker.id: worker.name for worker in workers}
    for name in _of_one_name(worker.name for worker in workers):
        words |= _told_apart([worker for worker in workers if _seen(worker.name) == name])
    return words


def _told_apart(alike: Sequence[Worker]) -> dict[UUID, str]:
    ways: tuple[Callable[[int, Worker], str], ...] = (
        lambda _number, worker: "・".join(worker.towns),
        lambda _number, worker: f"{wareki(worker.began)}〜",
        lambda number, _worker: str(number),
    )
    for way in ways:
        marks = [way(number, worker) for number, worker in enumerate(alike, start=1)]
        if all(marks) and len(set(marks)) == len(marks):
            break
    return {worker.id: f"{worker.name}({mark})" for worker, mark in zip(alike, marks, strict=True)}


def _of_one_name(names: Iterable[str]) -> set[str]:
    return {name for name, times in Counter(map(_seen, names)).items() if times > 1}


def _seen(name: str) -> str:
    """A name as the eye compares it: 千葉 さくら and 千葉 さくら are one."""
    return "".join(unicodedata.normalize("NFKC", name).split())
