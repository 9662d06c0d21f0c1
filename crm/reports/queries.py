"""Reads of the report: counted rows, closed months, the months there are."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import defer
from sqlmodel import Session, col, func, select

from crm.core.canonical import digest as digest_of
from crm.core.months import FiscalYear, Month
from crm.core.problems import Conflict
from crm.reports.figures import Counted, Section, from_plain
from crm.reports.workers import workers_called
from crm.territory.models import Place, PlaceFacts, Territory
from crm.visits.models import Call, CallState, Met, MonthClose, MonthPlan, Record, Support


@dataclass(frozen=True)
class Report:
    """The report of a month: frozen when it is closed, else a draft of the moment it was read."""

    month: Month
    organisation: str
    city: str
    note: str
    sections: tuple[Section, ...]
    made_at: datetime
    closed: bool
    revision: int
    closed_by: str
    digest: str
    base_url: str
    sample: bool
    pdf_sha256: str | None = None
    xlsx_sha256: str | None = None


@dataclass(frozen=True)
class MonthRow:
    """One month in the list of reports."""

    month: Month
    contacts: int
    closed_at: datetime | None
    reopened: bool
    passed: bool
    """Never closed, and a later month of the fiscal year is: nothing more is counted in it."""


def close_of(session: Session, month: Month) -> MonthClose | None:
    """The closing that holds for a month: not reopened. Its rows, which may be long, are read when asked for."""
    return session.exec(
        select(MonthClose)
        .where(MonthClose.month == str(month), col(MonthClose.reopened_at).is_(None))
        .options(defer(col(MonthClose.rows)))  # type: ignore[arg-type]
    ).first()


def revisions(session: Session, month: Month) -> Sequence[MonthClose]:
    """Every closing of a month, the newest first."""
    return session.exec(
        select(MonthClose)
        .where(MonthClose.month == str(month))
        .order_by(col(MonthClose.revision).desc())
        .options(defer(col(MonthClose.rows)), defer(col(MonthClose.figures)))  # type: ignore[arg-type]
    ).all()


def is_intact(row: MonthClose) -> bool:
    """Whether the figures of a closed month are still what was frozen."""
    return digest_of(row.figures) == row.digest


def has_its_rows(row: MonthClose) -> bool:
    """Whether the rows of a closed month are those that its figures were made from."""
    return is_intact(row) and digest_of(row.rows) == json.loads(row.figures)["rows_digest"]


def _tampered(row: MonthClose) -> Conflict:
    return Conflict("month_tampered", month=Month.parse(row.month))


def report_of(row: MonthClose) -> Report:
    """A closed month's report, from what was frozen and from nothing else. Raises "month_tampered"."""
    if not is_intact(row):
        raise _tampered(row)
    kept = json.loads(row.figures)
    return Report(
        Month.parse(kept["month"]),
        kept["organisation"],
        kept["city"],
        kept["note"],
        from_plain(kept["sections"]),
        datetime.fromisoformat(kept["made_at"]),
        True,
        kept["revision"],
        kept["closed_by"],
        row.digest,
        kept["base_url"],
        kept["sample"],
        row.pdf_sha256,
        row.xlsx_sha256,
    )


def check_rows(row: MonthClose) -> None:
    """Raise Conflict "month_tampered" where the rows of a closed month are not what was frozen."""
    if not has_its_rows(row):
        raise _tampered(row)


def frozen_rows(row: MonthClose) -> list[Counted]:
    """The contacts that a closed month counts. Raises "month_tampered"."""
    check_rows(row)
    return [Counted.from_plain(one) for one in json.loads(row.rows)]


def counts_now() -> sa.ColumnElement[bool]:
    """That a record is counted by the month it stands in: neither withdrawn nor of a call that was cancelled."""
    return sa.and_(col(Record.withdrawn_at).is_(None), col(Record.met) != Met.CANCELLED)


_OPEN_ROWS: Any = (
    sa.select(
        col(Record.id),
        col(Record.on),
        col(Record.way),
        col(Record.met),
        col(Record.place_id),
        col(PlaceFacts.name).label("place"),
        col(Place.kind),
        col(Territory.name).label("territory"),
        col(Record.worker_id),
        col(Record.presence),
        col(Record.observation),
        col(Record.direct),
        col(Record.attendance),
    )
    .select_from(Record)
    .outerjoin(Place, col(Place.id) == col(Record.place_id))
    .outerjoin(Territory, col(Territory.id) == col(Record.territory_id))
    .outerjoin(
        PlaceFacts,
        sa.and_(
            col(PlaceFacts.place_id) == col(Record.place_id),
            col(PlaceFacts.from_on) <= col(Record.on),
            sa.or_(col(PlaceFacts.to_on).is_(None), col(PlaceFacts.to_on) > col(Record.on)),
        ),
    )
    .where(
        col(Record.counted_in) == sa.bindparam("month"),
        counts_now(),
    )
    .order_by(col(Record.on), col(Record.id))
)
"""Built once: making this statement anew for every page cost as much as running it."""


def open_rows(session: Session, month: Month) -> list[Counted]:
    """The contacts that a month counts which is not closed, in the names of their own days."""
    who = workers_called(session, month.last)
    return [_counted(row, who[row.worker_id]) for row in session.execute(_OPEN_ROWS, {"month": str(month)})]


def _counted(row: sa.Row[Any], worker: str) -> Counted:
    gave = (
        (Support.PRESENCE, row.presence),
        (Support.OBSERVATION, row.observation),
        (Support.DIRECT, row.direct),
    )
    return Counted(
        row.id,
        row.on,
        row.way,
        row.met,
        row.place_id,
        row.place or "",
        row.kind,
        row.territory or "",
        str(row.worker_id),
        worker,
        tuple(kind for kind, given in gave if given),
        row.attendance,
    )


def rows_of(session: Session, months: Sequence[Month]) -> list[Counted]:
    """What several months count: frozen rows of the closed ones, the records of the others."""
    closed = session.exec(
        select(MonthClose).where(
            col(MonthClose.month).in_([str(month) for month in months]), col(MonthClose.reopened_at).is_(None)
        )
    ).all()
    names = {row.month for row in closed}
    rows = [one for row in closed for one in frozen_rows(row)]
    rows += [one for month in months if str(month) not in names for one in open_rows(session, month)]
    return sorted(rows, key=lambda row: (row.on, str(row.id)))


def open_before(session: Session, month: Month) -> Month | None:
    """The first earlier month of the fiscal year that counts records and is not closed."""
    earlier = [str(one) for one in FiscalYear.of(month).months() if one < month]
    closed = select(MonthClose.month).where(col(MonthClose.reopened_at).is_(None))
    found = session.exec(
        select(func.min(Record.counted_in)).where(
            col(Record.counted_in).in_(earlier),
            col(Record.counted_in).not_in(closed),
            col(Record.withdrawn_at).is_(None),
        )
    ).one()
    return Month.parse(found) if found else None


def closed_after(session: Session, month: Month) -> Month | None:
    """The last later month of the fiscal year that is closed."""
    later = [str(one) for one in FiscalYear.of(month).months() if one > month]
    found = session.exec(
        select(func.max(MonthClose.month)).where(
            col(MonthClose.month).in_(later), col(MonthClose.reopened_at).is_(None)
        )
    ).one()
    return Month.parse(found) if found else None


def never_closed_before(session: Session, month: Month) -> list[Month]:
    """The earlier months of the fiscal year that are not closed, unless a later one of them is: in order."""
    earlier = [one for one in FiscalYear.of(month).months() if one < month]
    closed = session.exec(
        select(func.max(MonthClose.month)).where(
            col(MonthClose.month).in_([str(one) for one in earlier]), col(MonthClose.reopened_at).is_(None)
        )
    ).one()
    return [one for one in earlier if closed is None or str(one) > closed]


def first_month(session: Session) -> Month | None:
    """The first month with a record, or None."""
    first = session.exec(select(func.min(Record.counted_in)).where(col(Record.withdrawn_at).is_(None))).one()
    return Month.parse(first) if first else None


def months_of(session: Session, year: FiscalYear, *, until: Month) -> list[MonthRow]:
    """The months of a fiscal year up to the present one, the newest first. Raises "month_tampered"."""
    months = [month for month in year.months() if month <= until]
    names = [str(month) for month in months]
    closes = session.exec(
        select(MonthClose)
        .where(col(MonthClose.month).in_(names))
        .order_by(col(MonthClose.revision))
        .options(defer(col(MonthClose.rows)))  # type: ignore[arg-type]
    ).all()
    last = {row.month: row for row in closes}
    held = {name: row for name, row in last.items() if row.reopened_at is None}
    counts: dict[str, int] = dict(
        session.exec(
            select(Record.counted_in, func.count())
            .where(col(Record.counted_in).in_([name for name in names if name not in held]), counts_now())
            .group_by(col(Record.counted_in))
        ).all()
    )
    counts |= {name: report_of(row).sections[0].lines[0].month.total for name, row in held.items()}
    return [
        MonthRow(
            month,
            counts.get(str(month), 0),
            held[str(month)].closed_at if str(month) in held else None,
            str(month) in last and str(month) not in held,
            str(month) not in held and any(name > str(month) for name in held),
        )
        for month in reversed(months)
    ]


def contacts_now(session: Session, month: Month) -> int:
    """How many records a month that is not closed counts at this moment."""
    return session.exec(
        select(func.count()).select_from(Record).where(Record.counted_in == str(month), counts_now())
    ).one()


def unanswered_calls(session: Session, month: Month) -> int:
    """How many calls of a month's plan were not cancelled and have no record yet.

    Those of a draft count too: everybody sees it, and publishing says only that the plan stands.
    """
    answer = select(Record.id).where(Record.call_id == Call.id, col(Record.withdrawn_at).is_(None)).exists()
    return session.exec(
        select(func.count())
        .select_from(Call)
        .join(MonthPlan, col(MonthPlan.id) == col(Call.plan_id))
        .where(
            MonthPlan.month == str(month),
            col(Call.state) == CallState.PLANNED,
            ~answer,
        )
    ).one()
