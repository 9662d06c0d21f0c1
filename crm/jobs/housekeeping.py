"""Housekeeping: once a day, what nobody came back for is cleared away.

Which of the things a package keeps are of no use any more, only that package can say. It says so in a function
(`Tidy`) that stands in `crm/app.py::TIDIES`; when and how it is cleared, and that the trail tells of it, is
done here for all of them.
"""

import logging
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol
from uuid import UUID

from sqlmodel import Session, col, select

from crm.core.problems import Problem
from crm.db import tracked
from crm.db.tracked import Action
from crm.files import Files
from crm.jobs.models import Job, State
from crm.jobs.queries import CLEARED, JobRow, row_of
from crm.jobs.rules import BACKUP
from crm.jobs.running import Handler, Work
from crm.jobs.told import kept

log = logging.getLogger("crm.jobs")

HOUSEKEEPING = "housekeeping"
"""The kind of job that the clock asks for, once a day."""

KEPT_FOR = timedelta(days=30)
"""How long a file is kept that was handed in and not taken in, or made and not used (docs/privacy.md)."""

SETTLED_AFTER = timedelta(days=1)
"""A file laid down more lately than this is left alone: the job that needs it may not be written down yet."""


@dataclass(frozen=True)
class Leftover:
    """A job that is over and whose stored files (by their hash) nobody came back for."""

    job: JobRow
    files: Collection[str]


@dataclass(frozen=True)
class Leftovers:
    """What one package lets go, and what it needs.

    `jobs` are cleared with their files; a file that stands in `held` of any package stays all the same.
    """

    jobs: Sequence[Leftover] = ()
    held: Collection[str] = ()


class Tidy(Protocol):
    """Says what of one package can go, inside the write transaction in which it goes. May be asked again."""

    def __call__(self, session: Session, now: datetime) -> Leftovers:
        """Give what can go at this moment (`crm.jobs.housekeeping.long_over` finds jobs)."""
        ...


def long_over(
    session: Session, kinds: Collection[str], now: datetime, kept_for: timedelta = KEPT_FOR
) -> list[JobRow]:
    """The jobs of these kinds that were over so long ago and are not cleared yet, the oldest first."""
    rows = session.exec(
        select(Job)
        .where(
            col(Job.kind).in_(kinds),
            col(Job.state).in_([State.DONE, State.FAILED, State.STOPPED]),
            col(Job.finished_at) < now - kept_for,
        )
        .order_by(col(Job.id))
    )
    return [job for job in map(row_of, rows) if not job.was_cleared]


def handler(tidies: Sequence[Tidy]) -> Handler:
    """The long work that asks each of these functions and clears what they let go, one job at a time."""

    def clear(work: Work) -> Mapping[str, Any]:
        with work.store.reading() as session:
            going = [left.job.id for left in _let_go(session, tidies, work.clock.now())[0]]
        settled = work.clock.now() - SETTLED_AFTER
        cleared = []
        for number, job_id in enumerate(going):
            work.progress(number, len(going))
            with work.store.writing(work.author) as session:
                if _backup_under_way(session):  # its copy names these files: they go tomorrow
                    break
                removed = _clear_if_still_let_go(session, work, tidies, job_id, settled)
                if removed is not None:
                    cleared.append(removed)
        drafts = work.files.sweep_drafts(settled)
        return {"jobs": len(cleared), "files": sum(cleared), "drafts": drafts}

    return clear


def _let_go(session: Session, tidies: Sequence[Tidy], now: datetime) -> tuple[list[Leftover], set[str]]:
    """What all packages let go, and the files that one of them needs."""
    told = [tidy(session, now) for tidy in tidies]
    return [left for one in told for left in one.jobs], {sha256 for one in told for sha256 in one.held}


def _backup_under_way(session: Session) -> bool:
    return (
        session.exec(select(Job.id).where(Job.kind == BACKUP, Job.state == State.RUNNING)).first() is not None
    )


def _clear_if_still_let_go(
    session: Session, work: Work, tidies: Sequence[Tidy], job_id: UUID, settled: datetime
) -> int | None:
    """Clear one job, if it may still go now that nobody else writes; how many files went, None if it stays."""
    leftovers, held = _let_go(session, tidies, work.clock.now())
    left = next((one for one in leftovers if one.job.id == job_id), None)
    if left is None or any(work.files.is_newer(sha256, settled) for sha256 in left.files):
        return None
    return _clear(session, work.files, left, held)


def _clear(session: Session, files: Files, left: Leftover, held: Collection[str]) -> int:
    """Clear one job and its files; how many files went. The file goes first: cut off here, it is done again."""
    going = [sha256 for sha256 in sorted(set(left.files)) if sha256 not in held]
    removed = sum(files.remove(sha256) for sha256 in going)
    job = session.get_one(Job, left.job.id)
    job.state, job.result = State.STOPPED, None
    job.problem = kept(Problem(CLEARED, days=KEPT_FOR.days))
    facts: dict[str, list[Any]] = {"kind": [job.kind, None], "files": [len(going), None]}
    tracked.note(session, "job", job.id, Action.REMOVE, facts)
    return removed
