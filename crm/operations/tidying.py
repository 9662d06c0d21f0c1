"""What the housekeeping of an installation lets go of the imports: files that were handed in and never taken in."""

from collections.abc import Sequence
from datetime import datetime

from sqlmodel import Session, col, select

from crm.jobs.housekeeping import Leftover, Leftovers, long_over
from crm.jobs.models import Job, State
from crm.jobs.queries import JobRow, row_of
from crm.territory.import_jobs import APPLY, PREVIEW

NOT_TAKEN_IN = frozenset({State.FAILED, State.STOPPED})


def uploads(session: Session, now: datetime) -> Leftovers:
    """Let go of the files of imports that nobody went on with; what was taken in keeps its file.

    The same file may have been handed in again since: as long as one import needs it, it stays.
    """
    jobs = [row_of(job) for job in session.exec(select(Job).where(col(Job.kind).in_([PREVIEW, APPLY])))]
    taken_in = {job.slot for job in jobs if job.kind == APPLY and job.state not in NOT_TAKEN_IN}
    going = [job for job in long_over(session, [PREVIEW, APPLY], now) if _preview_of(job) not in taken_in]
    ids = {job.id for job in going}
    return Leftovers(
        [Leftover(job, files_of(job)) for job in going],
        held={sha256 for job in jobs if job.id not in ids for sha256 in files_of(job)},
    )


def _preview_of(job: JobRow) -> str:
    """The preview that an import began with: its own id, or the slot of the job that takes in."""
    return str(job.id) if job.kind == PREVIEW else job.slot


def files_of(job: JobRow) -> Sequence[str]:
    """The stored files of an import: what was handed in, and the rows of its preview."""
    named = (job.arguments.get("file"), (job.result or {}).get("rows"))
    return [sha256 for sha256 in named if isinstance(sha256, str)]
