"""What the housekeeping of an installation lets go of the reports: papers that were made at a moment and are old.

What was closed is never let go: its papers are held by their closing, also when a month was reopened.
"""

from datetime import datetime

from sqlmodel import Session, col, select

from crm.jobs.housekeeping import Leftover, Leftovers, long_over
from crm.jobs.models import Job
from crm.jobs.queries import JobRow, row_of
from crm.reports.jobs import CLOSE, MAKE
from crm.visits.models import MonthClose


def papers(session: Session, now: datetime) -> Leftovers:
    """Let go of papers that somebody asked for long ago (`housekeeping.KEPT_FOR`): they can be made again."""
    going = long_over(session, [MAKE], now)
    ids = {job.id for job in going}
    jobs = session.exec(select(Job).where(col(Job.kind).in_([CLOSE, MAKE])))
    held = {sha256 for job in jobs if job.id not in ids for sha256 in _files_of(row_of(job))}
    closed = session.exec(select(MonthClose.pdf_sha256, MonthClose.xlsx_sha256))
    held.update(sha256 for pair in closed for sha256 in pair if sha256)
    return Leftovers([Leftover(job, _files_of(job)) for job in going], held=held)


def _files_of(job: JobRow) -> list[str]:
    made = job.result or {}
    return [sha256 for kind in ("pdf", "xlsx") if isinstance(sha256 := made.get(kind), str)]
