"""Places as tables, in the very shape in which they are imported: what is exported can be read again."""

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col

from crm.sheets.writing import Cell, ColumnOut
from crm.territory.imports.cells import COUNTS
from crm.territory.imports.kinds import COLUMNS, FACILITY_WORDS, KINDS, ImportKind
from crm.territory.models import Kind, Place, PlaceFacts, Territory
from crm.territory.queries import PlaceFilter, narrowed_to
from crm.territory.rules import neighbourhood_parts

PIECE = 1000
"""Rows that are read from the database at a time."""

_NUMBERS = (*COUNTS, "lat", "lon")
_KIND_WORDS = {kind: word for word, kind in reversed(tuple(FACILITY_WORDS.items())) if not word.isascii()}


def shape_of(kind: Kind) -> ImportKind:
    """The shape of file in which places of a kind are written."""
    return next(shape for shape, kinds in KINDS.items() if kind in kinds)


def columns_out(shape: ImportKind) -> list[ColumnOut]:
    """The columns of a file of this shape."""
    return [
        ColumnOut(column.label, "number" if column.key in _NUMBERS else "text") for column in COLUMNS[shape]
    ]


def rows_out(
    session: Session, shape: ImportKind, day: date, narrowed: PlaceFilter
) -> Iterator[Sequence[Cell]]:
    """Rows of the places as of a day, by territory and code, read as they are written."""
    hubs = _hub_names(session, day)
    wanted = (
        sa.select(PlaceFacts, col(Place.source_key), col(Territory.name))
        .join(Place, col(Place.id) == col(PlaceFacts.place_id))
        .join(Territory, col(Territory.id) == col(PlaceFacts.territory_id))
        .where(col(PlaceFacts.kind).in_(KINDS[shape]))
        .order_by(col(Territory.code), col(PlaceFacts.code), col(PlaceFacts.kana_order), col(Place.id))
        .execution_options(yield_per=PIECE)
    )
    keys = [column.key for column in COLUMNS[shape]]
    for facts, source_key, territory in session.execute(narrowed_to(wanted, day, narrowed)):
        told = _told(facts, source_key, territory, hubs)
        yield [told[key] for key in keys]
        session.expunge(facts)


def _told(facts: PlaceFacts, source_key: str, territory: str, hubs: dict[UUID, str]) -> dict[str, Any]:
    town, koaza = neighbourhood_parts(source_key, facts.name)
    return {
        **{name: getattr(facts, name) for name in ("code", "name", "kana", "address", "run_by", *_NUMBERS)},
        "kind": _KIND_WORDS.get(facts.kind, ""),
        "territory": territory,
        "town": town,
        "koaza": koaza,
        "centre": hubs.get(facts.centre_id, "") if facts.centre_id else "",
        "branch": hubs.get(facts.branch_id, "") if facts.branch_id else "",
    }


def _hub_names(session: Session, day: date) -> dict[UUID, str]:
    """What the facilities were called on a day, closed ones by their last name; a code where names repeat."""
    rows = session.execute(
        sa.select(
            col(PlaceFacts.place_id), col(PlaceFacts.name), col(PlaceFacts.code), col(PlaceFacts.from_on)
        )
        .where(col(PlaceFacts.kind).in_((Kind.COMMUNITY_CENTRE, Kind.BRANCH_OFFICE)))
        .order_by(col(PlaceFacts.from_on))
    )
    called: dict[UUID, tuple[str, str]] = {}
    for place_id, name, code, from_on in rows:
        if from_on <= day or place_id not in called:
            called[place_id] = (name, code)
    names = [name for name, _code in called.values()]
    return {
        place_id: code if code and names.count(name) > 1 else name
        for place_id, (name, code) in called.items()
    }
