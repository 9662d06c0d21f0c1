"""Counts of months: those of closed ones from what was frozen, those of open ones by the database.

A count is kept in memory as long as it holds: a closed month's for ever, under its digest, an open one's until
the trail tells of a record that it counts. So a report is as quick where 15,000 contacts stand behind it.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col, func, select

from crm.core.months import Month
from crm.db.store import WRITES
from crm.reports import queries, trail
from crm.reports.figures import Facets, LineCounts, grouped, line_counts
from crm.reports.places import bits_of
from crm.territory.models import Place, Territory
from crm.visits.models import MonthClose, Record, Support

MONTHS_KEPT = 48
"""Months whose counts a process keeps in memory, closed and open ones each: twice the two years of a page."""

_SUPPORTS = (
    (Support.PRESENCE, col(Record.presence)),
    (Support.OBSERVATION, col(Record.observation)),
    (Support.DIRECT, col(Record.direct)),
)
_FACETS: tuple[Any, ...] = (
    col(Record.counted_in),
    col(Record.met),
    col(Territory.name),
    col(Record.way),
    *(given for _kind, given in _SUPPORTS),
    col(Place.kind),
    col(Record.worker_id),
)
_OPEN_COUNTS: Any = (
    sa.select(*_FACETS, func.count(), func.aggregate_strings(sa.cast(col(Record.place_id), sa.Text), ","))
    .select_from(Record)
    .outerjoin(Place, col(Place.id) == col(Record.place_id))
    .outerjoin(Territory, col(Territory.id) == col(Record.territory_id))
    .where(
        col(Record.counted_in).in_(sa.bindparam("months", expanding=True)),
        queries.counts_now(),
    )
    .group_by(*_FACETS)
)
"""Contacts that fall into the same lines, put together: how many, and at which places.

The places come as one text, since the year so far counts a place once that several months called on. Built
once: making this statement anew for every page cost as much as running it.
"""

_frozen: dict[str, LineCounts] = {}
"""Counts of closed months by the digest of what was frozen: the same digest, the same rows."""

_open: dict[tuple[UUID, str], tuple[int, LineCounts]] = {}
"""Counts of open months by the life of their database, each with the trail's newest entry when it was right."""


def counts_of(session: Session, months: Sequence[Month]) -> list[LineCounts]:
    """Counts of several months, one of each. Raises "month_tampered" (month)."""
    names = [str(month) for month in months]
    closed = dict(
        session.exec(
            select(MonthClose.month, MonthClose.digest).where(
                col(MonthClose.month).in_(names), col(MonthClose.reopened_at).is_(None)
            )
        ).all()
    )
    found = _frozen_counts(session, closed) | _open_counts(session, [n for n in names if n not in closed])
    return [found[name] for name in names]


def _frozen_counts(session: Session, closed: Mapping[str, str]) -> dict[str, LineCounts]:
    counts = {name: _frozen[digest] for name, digest in closed.items() if digest in _frozen}
    unknown = closed.keys() - counts.keys()
    if unknown:
        rows = session.exec(
            select(MonthClose).where(
                col(MonthClose.month).in_(unknown), col(MonthClose.reopened_at).is_(None)
            )
        )
        for row in rows:
            queries.check_rows(row)
            counts[row.month] = grouped(json.loads(row.rows))
            _remember(_frozen, row.digest, counts[row.month])
    return counts


def _open_counts(session: Session, months: Sequence[str]) -> dict[str, LineCounts]:
    """Counts of months that are not closed; what is known already is not counted again."""
    if not months:
        return {}
    if session.get_bind().get_execution_options().get(WRITES):
        return _counted(session, months)  # what it sees may yet be rolled back
    seen = trail.mark(session)
    if seen.epoch is None:
        return _counted(session, months)
    counts = _still_right(session, seen, seen.epoch, months)
    if missing := [month for month in months if month not in counts]:
        counts |= _counted(session, missing)
    for month in months:
        _remember(_open, (seen.epoch, month), (seen.newest, counts[month]))
    return counts


def _still_right(
    session: Session, seen: trail.Mark, epoch: UUID, months: Iterable[str]
) -> dict[str, LineCounts]:
    """The counts in memory that hold in the state this transaction sees, neither older nor newer than it."""
    known = {month: held for month in months if (held := _open.get((epoch, month)))}
    known = {month: held for month, held in known.items() if held[0] <= seen.newest}
    oldest = min((held[0] for held in known.values()), default=seen.newest)
    if oldest == seen.newest:
        return {month: held[1] for month, held in known.items()}
    touched = trail.months_touched(session, oldest, seen.newest)
    return {month: held[1] for month, held in known.items() if touched is not None and month not in touched}


def _counted(session: Session, months: Sequence[str]) -> dict[str, LineCounts]:
    """Count the records of open months."""
    alike: dict[str, list[tuple[Facets, int, int]]] = {month: [] for month in months}
    for row in session.execute(_OPEN_COUNTS, {"months": list(months)}):
        month, met, territory, way, presence, observation, direct, kind, worker, total, places = row
        given = zip((one for one, _column in _SUPPORTS), (presence, observation, direct), strict=True)
        facets = Facets(
            met.value,
            territory or "",
            way.value,
            tuple(one.value for one, is_given in given if is_given),
            kind.value if kind else "",
            str(worker),
        )
        alike[month].append((facets, total, bits_of(places.split(",")) if places else 0))
    return {month: line_counts(found) for month, found in alike.items()}


def _remember(memory: dict[Any, Any], key: Any, value: Any) -> None:
    while len(memory) >= MONTHS_KEPT and key not in memory:
        memory.pop(next(iter(memory)), None)
    memory[key] = value
