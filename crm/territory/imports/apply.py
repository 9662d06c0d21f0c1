"""Taking in what was prepared: everything made ready outside, then one short transaction with all rows or none."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlmodel import Session

from crm.core.ids import new_id
from crm.core.problems import Conflict, Problem
from crm.db.store import Store
from crm.db.tracked import Author, BulkChange, BulkInsert, Change, hold_still
from crm.sheets.reading import Table
from crm.territory.imports import known
from crm.territory.imports.compare import Prepared, Told, prepare
from crm.territory.imports.kinds import ImportKind
from crm.territory.imports.known import TABLES
from crm.territory.imports.preview import Summary
from crm.territory.models import Place, PlaceFacts, Territory

MOST_TRIES = 5
"""Times that an import is prepared anew because somebody changed a place meanwhile."""


@dataclass(frozen=True, slots=True)
class Options:
    """What was asked for: the day from which the file holds, and whether unknown territories are created."""

    kind: ImportKind
    day: date
    create_territories: bool = False


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an import did. `locked_seconds`: how long nobody else could write. `done_before`: all was known already."""

    summary: Summary
    locked_seconds: float
    done_before: bool = False


def preview(
    store: Store, table: Table, options: Options, *, told: Told = lambda _done, _all: None
) -> Prepared:
    """Compare a file with what is known now. Raises "no_rows"."""
    if not table.rows:
        raise Problem("no_rows")
    with store.reading() as session:
        state = known.load(session, options.kind)
    return prepare(
        state,
        table.rows,
        options.kind,
        day=options.day,
        create_territories=options.create_territories,
        told=told,
    )


def apply(
    store: Store,
    table: Table,
    options: Options,
    author: Author,
    *,
    agreed: str | None = None,
    told: Told = lambda _done, _all: None,
    check: Callable[[], None] = lambda: None,
) -> Outcome:
    """Take a file in: all rows or none. Taking it in again finds everything known and changes nothing.

    `agreed` is the digest of the preview that somebody has seen; where the file would now do something else,
    Conflict "import_outdated" is raised. Raises "import_has_errors" (n), Conflict "import_kept_out". `check`
    is called before the transaction begins and may raise.
    """
    for _try in range(MOST_TRIES):
        prepared = preview(store, table, options, told=told)
        summary = prepared.summary
        if summary.changes_nothing and not summary.errors:
            return Outcome(summary, 0.0, done_before=agreed is not None and agreed != summary.digest)
        if agreed is not None and agreed != summary.digest:
            raise Conflict("import_outdated")
        if summary.errors:
            raise Problem("import_has_errors", n=summary.errors)
        bulk = _Bulk(prepared, author, store)
        check()
        seconds = _write(store, bulk, prepared.mark, author)
        if seconds is not None:
            return Outcome(summary, seconds)
    raise Conflict("import_kept_out")


def _write(store: Store, bulk: "_Bulk", mark: int, author: Author) -> float | None:
    """Write everything, unless something was changed since it was prepared: then None."""
    with store.writing(author) as session:
        began = time.perf_counter()
        hold_still(session, *TABLES)
        if known.mark(session) != mark:
            return None
        bulk.run(session)
    return time.perf_counter() - began


class _Bulk:
    """All statements of an import, with their trail and their parameters as the driver takes them."""

    def __init__(self, prepared: Prepared, author: Author, store: Store) -> None:
        dialect = store.engine.dialect
        opened, facts = _opened(prepared)
        changed = prepared.changing
        self._steps: tuple[BulkInsert | BulkChange, ...] = (
            BulkInsert.prepare(Territory, _territories(prepared), author, dialect),
            BulkInsert.prepare(Place, opened, author, dialect),
            BulkInsert.prepare(PlaceFacts, facts, author, dialect),
            BulkChange.prepare(
                PlaceFacts,
                (
                    Change(one.place.facts_id, one.place.facts.columns(), one.facts.columns())
                    for one in changed
                    if one.place.from_on == prepared.day
                ),
                author,
                dialect,
            ),
            BulkChange.prepare(
                PlaceFacts,
                (
                    Change(one.place.facts_id, {"to_on": None}, {"to_on": prepared.day})
                    for one in changed
                    if one.place.from_on != prepared.day
                ),
                author,
                dialect,
            ),
            BulkInsert.prepare(PlaceFacts, _followed(prepared), author, dialect),
        )

    def run(self, session: Session) -> None:
        for step in self._steps:
            step.run(session)


def _territories(prepared: Prepared) -> Iterator[dict[str, Any]]:
    for one in prepared.territories:
        yield {"id": one.id, "code": one.code, "name": one.name, "kana": ""}


def _opened(prepared: Prepared) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Rows of new places and of their facts, in kana order, so that every index grows at one place at a time."""
    places, facts = [], []
    columns = sorted(
        ((one, one.facts.columns()) for one in prepared.opening), key=lambda pair: str(pair[1]["kana_order"])
    )
    for one, said in columns:
        place_id = new_id()
        places.append(
            {
                "id": place_id,
                "kind": one.kind,
                "source_key": one.source_key,
                "opened_on": prepared.day,
                "closed_on": None,
            }
        )
        facts.append(_facts(place_id, one.kind, prepared.day, said))
    return places, facts


def _followed(prepared: Prepared) -> Iterator[dict[str, Any]]:
    """Rows of the facts that hold from the day on, where others held before."""
    for one in prepared.changing:
        if one.place.from_on != prepared.day:
            yield _facts(one.place.id, one.place.kind, prepared.day, one.facts.columns())


def _facts(place_id: Any, kind: Any, day: date, said: dict[str, Any]) -> dict[str, Any]:
    return {"id": new_id(), "place_id": place_id, "kind": kind, "from_on": day, "to_on": None, **said}
