"""Reads of the report: counted rows, closed months, the months there are."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import defer
from sqlmodel import Session, col, func, select

from crm.accounts.models import Account
from crm.core.canonical import digest as digest_of
from crm.core.months import FiscalYear, Month
from crm.core.problems import Conflict
from crm.reports.figures import Counted, LineCounts, Section, from_plain, grouped
from crm.territory.models import Place, PlaceFacts, Territory
from crm.visits.models import Met, MonthClose, Record, Support

MONTHS_KEPT = 48
"""Closed months whose counts a process keeps in memory: two years of a page's comparisons, twice."""


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


def frozen_rows(row: MonthClose) -> list[Counted]:
    """The contacts that a closed month counts. Raises "month_tampered"."""
    if not has_its_rows(row):
        raise _tampered(row)
    return [Counted.from_plain(one) for one in json.loads(row.rows)]


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
        col(Account.name).label("worker"),
        col(Record.presence),
        col(Record.observation),
        col(Record.direct),
        col(Record.attendance),
    )
    .select_from(Record)
    .join(Account, col(Account.id) == col(Record.worker_id))
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
        col(Record.counted_in).in_(sa.bindparam("months", expanding=True)),
        col(Record.withdrawn_at).is_(None),
        col(Record.met) != Met.CANCELLED,
    )
    .order_by(col(Record.on), col(Record.id))
)
"""Built once: making this statement anew for every page cost as much as running it."""


def open_rows(session: Session, months: Sequence[Month]) -> list[Counted]:
    """The contacts that months count which are not closed, in the names of their own days."""
    if not months:
        return []
    rows = session.execute(_OPEN_ROWS, {"months": [str(month) for month in months]})
    return [_counted(row) for row in rows]


def _counted(row: sa.Row[Any]) -> Counted:
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
        row.worker,
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
    rows += open_rows(session, [month for month in months if str(month) not in names])
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


def groups_of(session: Session, months: Sequence[Month]) -> list[LineCounts]:
    """Counts of several months, one of each. What a closed month counted never changes, so it is read once."""
    closes = session.exec(
        select(MonthClose.month, MonthClose.digest).where(
            col(MonthClose.month).in_([str(month) for month in months]), col(MonthClose.reopened_at).is_(None)
        )
    ).all()
    closed = dict(closes)
    frozen: dict[str, LineCounts] = {}
    for name, digest in closed.items():
        known = _frozen_groups.get(digest)
        if known is None and (row := close_of(session, Month.parse(name))) is not None:
            known = grouped(frozen_rows(row))
            _remember(digest, known)
        if known is not None:
            frozen[name] = known
    return [
        frozen[str(month)] if str(month) in frozen else grouped(open_rows(session, [month]))
        for month in months
    ]


_frozen_groups: dict[str, LineCounts] = {}
"""LineCounts of closed months by the digest of what was frozen: the same digest, the same rows."""


def _remember(digest: str, groups: LineCounts) -> None:
    while len(_frozen_groups) >= MONTHS_KEPT:
        _frozen_groups.pop(next(iter(_frozen_groups)), None)
    _frozen_groups[digest] = groups


def first_month(session: Session) -> Month | None:
    """The first month with a record, or None."""
    first = session.exec(select(func.min(Record.counted_in)).where(col(Record.withdrawn_at).is_(None))).one()
    return Month.parse(first) if first else None


def months_of(session: Session, year: FiscalYear, *, until: Month) -> list[MonthRow]:
    """The months of a fiscal year up to the present one, the newest first."""
    months = [month for month in year.months() if month <= until]
    names = [str(month) for month in months]
    counts: dict[str, int] = dict(
        session.exec(
            select(Record.counted_in, func.count())
            .where(
                col(Record.counted_in).in_(names),
                col(Record.withdrawn_at).is_(None),
                Record.met != Met.CANCELLED,
            )
            .group_by(col(Record.counted_in))
        ).all()
    )
    closes = session.exec(
        select(MonthClose.month, MonthClose.closed_at, MonthClose.reopened_at)
        .where(col(MonthClose.month).in_(names))
        .order_by(col(MonthClose.revision))
    ).all()
    known = {name: (closed_at, reopened_at) for name, closed_at, reopened_at in closes}
    rows = []
    for month in reversed(months):
        closed_at, reopened_at = known.get(str(month), (None, None))
        held = closed_at if reopened_at is None else None
        frozen = groups_of(session, [month])[0]["all"] if held is not None else {}
        count = (
            frozen["all"].total if "all" in frozen else 0 if held is not None else counts.get(str(month), 0)
        )
        rows.append(MonthRow(month, count, held, reopened_at is not None))
    return rows
