"""Planning as long work: reckoned while others go on writing, brought into the plan in one short transaction."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from flask import url_for
from sqlmodel import Session, col, select

from crm.core.ids import new_id
from crm.core.months import Month
from crm.db.store import Store
from crm.db.tracked import Author
from crm.i18n import gettext as _
from crm.i18n import lazy_gettext as _l
from crm.jobs import service as jobs
from crm.jobs.models import Job
from crm.jobs.queries import JobRow
from crm.jobs.running import Handler, Work
from crm.visits import due_queries, plan_service
from crm.visits.plan_service import PlanOutcome

PROPOSE = "plan.propose"
NAMES = {PROPOSE: _l("月間訪問計画の案")}
"""What people call this work."""

RECKONING, WRITING = "訪ねる先を人と日に割り振っています", "計画に入れています"

MOST_TRIES = 3
"""Times that a proposal is reckoned beside others who write, before they have to wait until it is through."""

Told = Callable[[int, int, str], None]


def propose_month(
    store: Store,
    author: Author,
    month: Month,
    *,
    today: date,
    now: datetime,
    told: Told = lambda _done, _total, _step: None,
) -> PlanOutcome:
    """Propose the calls of a month, or bring its proposal up to date. Running it again changes nothing.

    It is reckoned outside of the write lock. Where something it rests on was changed meanwhile it is reckoned anew,
    at last while nobody else can write. `told` hears of each step before it begins, in no transaction, and may
    raise. Raises "month_past" for a month that is over.
    """
    for _try in range(MOST_TRIES):
        told(0, 2, RECKONING)
        with store.reading() as session:
            made = plan_service.draft(session, month, today=today)
        calls = plan_service.new_calls(made, author)
        told(1, 2, WRITING)
        with store.writing(author) as session:
            if not due_queries.changed_since(session, made.seen):
                plan_service.apply(session, made, calls, now=now)
                return made.outcome
    with store.writing(author) as session:
        return plan_service.propose_month(session, month, today=today, now=now)


def propose(work: Work) -> Mapping[str, Any]:
    """Propose the month that was asked for. Run again after a restart it finds its calls and adds none."""
    outcome = propose_month(
        work.store,
        work.author,
        Month.parse(work.arguments["month"]),
        today=work.clock.today(),
        now=work.clock.now(),
        told=work.progress,
    )
    return {
        "added": outcome.added,
        "removed": outcome.removed,
        "kept": outcome.kept,
        "waiting": outcome.waiting,
        "no_time": len(outcome.no_time),
        "no_worker": len(outcome.no_worker),
        "unheld": sorted(str(one) for one in outcome.unheld),
    }


HANDLERS: Mapping[str, Handler] = {PROPOSE: propose}


def ask(session: Session, month: Month, *, by: UUID, today: date, now: datetime) -> UUID:
    """Ask for a month's proposal; while one is under way it is that one. Raises "month_past"."""
    plan_service.check_can_plan(month, today=today)
    if (known := under_way(session, month)) is not None:
        return known
    job = jobs.ask(
        session,
        PROPOSE,
        slot=f"{month}/{new_id()}",
        title=month.wareki(),
        arguments={"month": str(month)},
        asked_by=by,
        now=now,
    )
    return job.id


def under_way(session: Session, month: Month) -> UUID | None:
    """The job that is about to propose a month, or does so now."""
    return session.exec(select(Job.id).where(*_of(month), col(Job.state).not_in(jobs.OVER)).limit(1)).first()


def _of(month: Month) -> tuple[Any, ...]:
    return (col(Job.kind) == PROPOSE, col(Job.slot).startswith(f"{month}/"))


def _plan_page(job: JobRow) -> str:
    return url_for("plan.month", month=job.arguments["month"], made=job.id)


RESULT_PAGES: Mapping[str, Callable[[JobRow], str | None]] = {PROPOSE: _plan_page}


def _facts(job: JobRow) -> Sequence[tuple[str, str]]:
    told = job.result or {}
    return [
        (label, _("%(n)s件", n=told[name]))
        for name, label in (
            ("added", _("新しい予定")),
            ("removed", _("外した予定")),
            ("kept", _("そのままの予定")),
            ("waiting", _("あとの月に回した、はじめての先")),
            ("no_time", _("この月に入りきらなかった先")),
            ("no_worker", _("担当のいない地域の先")),
        )
        if name in told
    ]


FACTS: Mapping[str, Callable[[JobRow], Sequence[tuple[str, str]]]] = {PROPOSE: _facts}
