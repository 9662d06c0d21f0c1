"""Counts of months: those of closed ones from what was frozen, those of open ones by the database.

A count is kept in memory as long as it holds: a closed month's for ever, under its digest, an open one's until
the trail tells of a record that it counts. So a report is as quick where 15,000 contacts stand behind it.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.engine import URL
from sqlmodel import Session, col, func, select

from crm.core.months import Month
from crm.db.store import WRITES
from crm.db.trail_mark import Mark
from crm.reports import queries, trail
from crm.reports.figures import Facets, LineCounts, grouped, line_counts
from crm.reports.memory import Memory
from crm.reports.places import bits_of
from crm.reports.trail import Seen
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


class _OpenMonth(NamedTuple):
    """An open month of one database: a copy of its file (a town to practise in) has the same epoch."""

    store: URL
    epoch: UUID
    month: str


_frozen: Memory[str, LineCounts] = Memory(MONTHS_KEPT)
"""Counts of closed months by the digest of what was frozen: the same digest, the same rows."""

_open: Memory[_OpenMonth, tuple[Mark, LineCounts]] = Memory(MONTHS_KEPT)
"""Counts of open months, each with the place in the trail where it was right."""


def counts_of(session: Session, months: Sequence[Month], *, anew: bool = False) -> list[LineCounts]:
    """Counts of several months, one of each; `anew` asks no memory. Raises "month_tampered" (month)."""
    names = [str(month) for month in months]
    closed = dict(
        session.exec(
            select(MonthClose.month, MonthClose.digest).where(
                col(MonthClose.month).in_(names), col(MonthClose.reopened_at).is_(None)
            )
        ).all()
    )
    still_open = [name for name in names if name not in closed]
    found = _frozen_counts(session, closed, anew=anew) | _open_counts(session, still_open, anew=anew)
    return [found[name] for name in names]


def _frozen_counts(session: Session, closed: Mapping[str, str], *, anew: bool) -> dict[str, LineCounts]:
    held = {name: None if anew else _frozen.get(digest) for name, digest in closed.items()}
    counts = {name: known for name, known in held.items() if known is not None}
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
            _frozen.keep(row.digest, counts[row.month])
    return counts


def _open_counts(session: Session, months: Sequence[str], *, anew: bool) -> dict[str, LineCounts]:
    """Counts of months that are not closed; what is known already is not counted again."""
    if not months:
        return {}
    if anew or session.get_bind().get_execution_options().get(WRITES):
        return _counted(session, months)  # what one who writes sees may yet be rolled back
    seen = trail.seen(session)
    if seen.epoch is None:
        return _counted(session, months)
    url = session.get_bind().engine.url
    keys = {month: _OpenMonth(url, seen.epoch, month) for month in months}
    counts = _still_right(session, seen, keys)
    if missing := [month for month in months if month not in counts]:
        counts |= _counted(session, missing)
    for month, key in keys.items():
        _open.keep(key, (seen.mark, counts[month]))
    return counts


def _still_right(session: Session, seen: Seen, keys: Mapping[str, _OpenMonth]) -> dict[str, LineCounts]:
    """The counts in memory that hold in the state this transaction sees, neither older nor newer than it."""
    newest = seen.mark.newest
    found = {month: held for month, key in keys.items() if (held := _open.get(key))}
    known = {month: held for month, held in found.items() if held[0].newest <= newest}
    oldest = min((held[0].newest for held in known.values()), default=newest)
    touched = trail.months_touched(session, Mark(oldest), seen.mark) if oldest < newest else set()
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
