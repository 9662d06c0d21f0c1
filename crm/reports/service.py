"""Use cases of the report: draft, close, reopen a month."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlmodel import Session

from crm.accounts import service as accounts
from crm.accounts.models import Account
from crm.core.canonical import canonical_json, digest
from crm.core.months import FiscalYear, Month
from crm.core.problems import Conflict, Missing, Problem
from crm.reports import counting, figures, queries, trail
from crm.reports.figures import Counted
from crm.reports.queries import Report
from crm.reports.trail import Seen
from crm.reports.workers import workers_called
from crm.territory.queries import territories
from crm.visits import queries as visit_queries
from crm.visits import rules
from crm.visits.models import MonthClose

VERSION = 2
"""Of the frozen JSON, so that later programs read older months as they were.

1: a worker is known by name alone, or already as in 2. 2: rows bear `worker_id`, lines bear `name`.
"""


@dataclass(frozen=True)
class Setting:
    """What a report takes from the installation: the address its numbers link to, whether it is sample data."""

    base_url: str
    sample: bool


def draft(session: Session, month: Month, setting: Setting, *, now: datetime, anew: bool = False) -> Report:
    """The report of a month that is not closed, from the records of this moment; `anew` trusts no memory."""
    made = _counted(session, month, anew=anew)
    known = accounts.organisation(session)
    return Report(
        month,
        known.name if known else "",
        known.city_name if known else "",
        known.note if known else "",
        made,
        now,
        False,
        0,
        "",
        "",
        setting.base_url,
        setting.sample,
    )


def is_addressed(session: Session) -> bool:
    """Whether the report has somebody to go to: the organisation has said for which city it works."""
    known = accounts.organisation(session)
    return bool(known and known.city_name)


def _counted(session: Session, month: Month, *, anew: bool) -> tuple[figures.Section, ...]:
    """The tables of a month: its own column, the fiscal year so far, the same month last year."""
    months = [one for one in FiscalYear.of(month).months() if one <= month]
    first, last_year = queries.first_month(session), month.plus(-12)
    known = first is not None and first <= last_year
    counts = counting.counts_of(session, [*months, last_year] if known else months, anew=anew)
    year = counts[: len(months)]
    return figures.sections(
        year[-1],
        figures.merged(year),
        counts[-1] if known else None,
        territories=[territory.name for territory in territories(session)],
        workers={str(id_): name for id_, name in workers_called(session, month.last).items()},
    )


def report(session: Session, month: Month, setting: Setting, *, now: datetime) -> Report:
    """The report of a month: what was frozen if it is closed, else a draft."""
    known = queries.close_of(session, month)
    return queries.report_of(known) if known else draft(session, month, setting, now=now)


@dataclass(frozen=True)
class CountedMonth:
    """A month counted for its closing, and the state of the records in which it was."""

    month: Month
    revision: int
    figures: str
    rows: str
    at: datetime
    by: UUID
    seen: Seen


def count_for_closing(
    session: Session, month: Month, setting: Setting, *, by: UUID, now: datetime, today: date
) -> CountedMonth:
    """Make what closing a month freezes: its rows and figures. Reads only, and may take its time.

    The months of a fiscal year are closed in their order, so that the sums of the year rest on frozen months.
    Raises "month_not_over", "month_before_open" (month), "month_passed" (month), Conflict "month_closed".
    """
    check_can_close(session, month, today=today)
    revision = 1 + max((row.revision for row in queries.revisions(session, month)), default=0)
    made = draft(session, month, setting, now=now, anew=True)  # figures and rows of one state
    who = session.get(Account, by)
    rows = canonical_json([row.plain() for row in queries.open_rows(session, month)])
    kept = canonical_json(
        {
            "version": VERSION,
            "month": str(month),
            "revision": revision,
            "organisation": made.organisation,
            "city": made.city,
            "note": made.note,
            "made_at": now.isoformat(),
            "closed_by": who.name if who else "",
            "base_url": setting.base_url,
            "sample": setting.sample,
            "sections": figures.plain(made.sections),
            "rows_digest": digest(rows),
        }
    )
    return CountedMonth(month, revision, kept, rows, now, by, trail.seen(session))


def check_can_close(session: Session, month: Month, *, today: date) -> None:
    """Raises "month_not_over", "month_before_open" (month), "month_passed" (month), Conflict "month_closed"."""
    rules.check_can_close(month, today=today)
    if queries.close_of(session, month) is not None:
        raise Conflict("month_closed", month=month)
    if (later := queries.closed_after(session, month)) is not None:
        raise Problem("month_passed", month=later)
    if (earlier := queries.open_before(session, month)) is not None:
        raise Problem("month_before_open", month=earlier)


def freeze(session: Session, counted: CountedMonth) -> MonthClose | None:
    """Close a month as it was counted, with a digest. Late records count in the next open month.

    None, and nothing is closed, where something has changed since the count that a report is made from: a
    record kept in between would be counted neither here nor there.
    """
    return _kept(session, counted) if trail.is_as_it_was(session, counted.seen) else None


def _kept(session: Session, counted: CountedMonth) -> MonthClose:
    row = MonthClose(
        month=str(counted.month),
        revision=counted.revision,
        figures=counted.figures,
        rows=counted.rows,
        digest=digest(counted.figures),
        closed_at=counted.at,
        closed_by=counted.by,
    )
    session.add(row)
    session.flush()
    return row


def close(
    session: Session, month: Month, setting: Setting, *, by: UUID, now: datetime, today: date
) -> MonthClose:
    """Count a month and close it in one transaction, while nobody else can write. Raises as the count does."""
    return _kept(session, count_for_closing(session, month, setting, by=by, now=now, today=today))


def reopen(session: Session, month: Month, why: str, *, by: UUID, now: datetime) -> None:
    """Reopen a closed month, saying why; what was frozen stays as an old revision.

    The last closed month of a fiscal year comes first: its sums rest on the months before. Late records
    count in it again, and a record whose day was moved to another, open month counts there from now on. Raises Missing, "why_missing",
    "month_after_closed" (month).
    """
    row = queries.close_of(session, month)
    if row is None:
        raise Missing("month_not_closed", month=month)
    if (later := queries.closed_after(session, month)) is not None:
        raise Problem("month_after_closed", month=later)
    if not why.strip():
        raise Problem("why_missing", field="why")
    row.reopened_at, row.reopened_by, row.reopened_why = now, by, why.strip()
    session.flush()
    closed = visit_queries.closed_months(session)
    for record in visit_queries.counted_elsewhere(session, month):
        if record.counted_in in closed:
            continue
        record.counted_in = str(rules.month_counting(record.on, closed))


def contacts_behind(session: Session, month: Month, section: str, line: str, span: str) -> list[Counted]:
    """The contacts behind one number: of the month, the fiscal year so far, or the same month last year."""
    if section not in figures.SECTIONS:
        raise Missing("not_found")
    months = {
        "month": [month],
        "year": [one for one in FiscalYear.of(month).months() if one <= month],
        "last_year": [month.plus(-12)],
    }.get(span)
    if months is None:
        raise Missing("not_found")
    return figures.chosen(queries.rows_of(session, months), section, line)
