"""Taking in what was prepared: everything made ready outside, then one short transaction with all rows or none."""

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any, Protocol, TypeVar
from uuid import UUID

from crm.core.ids import new_id
from crm.core.problems import Conflict, Problem
from crm.db.staging import Change, Staging
from crm.db.store import Store
from crm.db.tracked import Author
from crm.sheets.reading import Table
from crm.territory.imports import known
from crm.territory.imports.compare import Opening, Prepared, Told, prepare
from crm.territory.imports.kinds import ImportKind
from crm.territory.imports.preview import Summary
from crm.territory.models import Kind, Place, PlaceFacts, Territory
from crm.territory.rules import Facts

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
        seconds = _write(store, prepared, author, check)
        if seconds is not None:
            return Outcome(summary, seconds)
    raise Conflict("import_kept_out")


def _write(store: Store, prepared: Prepared, author: Author, check: Callable[[], None]) -> float | None:
    """Write everything, unless something was changed since it was prepared: then None.

    Gives the seconds for which nobody else could write.
    """
    with store.staging(author) as staging:
        _lay_ready(staging, prepared)
        check()
        with store.writing(author, staged=staging) as session:
            began = time.perf_counter()
            if known.changed_since(session, prepared.mark):
                return None
            staging.write(session)
        return time.perf_counter() - began


def _lay_ready(staging: Staging, prepared: Prepared) -> None:
    """Lay all rows ready, in kana order, so that every index grows at few places: it makes the lock shorter."""
    day = prepared.day
    staging.insert(Territory, _territories(prepared))
    opened = [(new_id(), one, said) for one, said in _in_kana_order(prepared.opening)]
    staging.insert(Place, (_place(place_id, one, day) for place_id, one, _said in opened))
    staging.insert(PlaceFacts, (_facts(place_id, one.kind, day, said) for place_id, one, said in opened))
    corrected = (one for one in prepared.changing if one.place.from_on == day)
    staging.change(
        PlaceFacts,
        (Change(one.place.facts_id, one.place.facts.columns(), one.facts.columns()) for one in corrected),
    )
    followed = _in_kana_order(one for one in prepared.changing if one.place.from_on != day)
    staging.change(
        PlaceFacts, (Change(one.place.facts_id, {"to_on": None}, {"to_on": day}) for one, _said in followed)
    )
    staging.insert(PlaceFacts, (_facts(one.place.id, one.place.kind, day, said) for one, said in followed))


class _Saying(Protocol):
    @property
    def facts(self) -> Facts: ...


S = TypeVar("S", bound=_Saying)


def _in_kana_order(several: Iterable[S]) -> list[tuple[S, dict[str, Any]]]:
    """Each with the columns that its facts fill, in the order of the lists that will show them."""
    pairs = [(one, one.facts.columns()) for one in several]
    return sorted(pairs, key=lambda pair: str(pair[1]["kana_order"]))


def _territories(prepared: Prepared) -> Iterator[dict[str, Any]]:
    for one in prepared.territories:
        yield {"id": one.id, "code": one.code, "name": one.name, "kana": ""}


def _place(place_id: UUID, one: Opening, day: date) -> dict[str, Any]:
    return {
        "id": place_id,
        "kind": one.kind,
        "source_key": one.source_key,
        "opened_on": day,
        "closed_on": None,
    }


def _facts(place_id: UUID, kind: Kind, day: date, said: dict[str, Any]) -> dict[str, Any]:
    return {"id": new_id(), "place_id": place_id, "kind": kind, "from_on": day, "to_on": None, **said}
