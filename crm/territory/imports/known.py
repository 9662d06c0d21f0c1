"""What is known already: everything that the rows of a file are compared with, read at one go."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date
from typing import NamedTuple
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col

from crm.core.kana import search_key
from crm.db import trail_mark
from crm.db.trail_mark import Mark
from crm.territory.imports.kinds import KINDS, ImportKind
from crm.territory.models import Kind, Place, PlaceFacts, Territory
from crm.territory.rules import Facts

TABLES = (Place, PlaceFacts, Territory)
_FACTS = tuple(one.name for one in fields(Facts))


@dataclass(frozen=True, slots=True)
class KnownPlace:
    """An open place with what holds since its last change."""

    id: UUID
    kind: Kind
    source_key: str
    opened_on: date
    facts_id: UUID
    from_on: date
    facts: Facts


@dataclass(frozen=True, slots=True)
class Closed:
    """A place that is closed, or will be on a day that is known."""

    name: str
    on: date


@dataclass(frozen=True)
class Known:
    """The state of the database at a place in its trail."""

    mark: Mark
    territories: Mapping[str, UUID]
    names: Mapping[UUID, str]
    codes: frozenset[str]
    places: tuple[KnownPlace, ...]
    closed: Mapping[tuple[Kind, str], Closed]
    hubs: Mapping[tuple[Kind, str], tuple[UUID, ...]]
    hub_names: Mapping[UUID, str]


def changed_since(session: Session, mark: Mark) -> bool:
    """Whether a territory, a place or its facts were changed since."""
    return trail_mark.changed_since(session, mark, TABLES)


def load(session: Session, kind: ImportKind) -> Known:
    """Read what the rows of a file of this kind are compared with."""
    # Before the rest: a change that comes between is then seen, for the mark is older than it.
    now = trail_mark.mark(session)
    towns = session.execute(sa.select(col(Territory.id), col(Territory.code), col(Territory.name))).all()
    hub_rows = _hubs(session)
    hubs: dict[tuple[Kind, str], tuple[UUID, ...]] = {}
    for hub in hub_rows:
        for word in {search_key(one) for one in (hub.code, hub.name) if one and hub.is_open}:
            hubs[(hub.kind, word)] = (*hubs.get((hub.kind, word), ()), hub.id)
    return Known(
        mark=now,
        territories={search_key(word): town_id for town_id, *words in towns for word in words},
        names={town_id: name for town_id, _code, name in towns},
        codes=frozenset(code for _id, code, _name in towns),
        places=_open(session, kind),
        closed=_closed(session, kind),
        hubs=hubs,
        hub_names={hub.id: hub.name for hub in hub_rows},
    )


class _Hub(NamedTuple):
    """A community centre or branch office, by its last name."""

    id: UUID
    kind: Kind
    code: str
    name: str
    is_open: bool


def _hubs(session: Session) -> list[_Hub]:
    rows = session.execute(
        sa.select(
            col(Place.id),
            col(Place.kind),
            col(PlaceFacts.code),
            col(PlaceFacts.name),
            col(Place.closed_on).is_(None),
        )
        .join(PlaceFacts, col(PlaceFacts.place_id) == col(Place.id))
        .where(col(PlaceFacts.kind).in_((Kind.COMMUNITY_CENTRE, Kind.BRANCH_OFFICE)))
        .order_by(col(PlaceFacts.from_on))
    )
    last = {row[0]: _Hub(*row) for row in rows}
    return sorted(last.values(), key=lambda hub: (hub.code, hub.name))


def _open(session: Session, kind: ImportKind) -> tuple[KnownPlace, ...]:
    rows = session.execute(
        sa.select(
            col(Place.id),
            col(Place.kind),
            col(Place.source_key),
            col(Place.opened_on),
            col(PlaceFacts.id),
            col(PlaceFacts.from_on),
            *(col(getattr(PlaceFacts, name)) for name in _FACTS),
        )
        .join(PlaceFacts, col(PlaceFacts.place_id) == col(Place.id))
        .where(
            col(PlaceFacts.kind).in_(KINDS[kind]),
            col(PlaceFacts.to_on).is_(None),
            col(Place.closed_on).is_(None),
        )
    )
    return tuple(
        KnownPlace(place_id, place_kind, key, opened_on, facts_id, from_on, Facts(*said))
        for place_id, place_kind, key, opened_on, facts_id, from_on, *said in rows
    )


def _closed(session: Session, kind: ImportKind) -> dict[tuple[Kind, str], Closed]:
    rows = session.execute(
        sa.select(col(Place.kind), col(Place.source_key), col(Place.closed_on), col(PlaceFacts.name))
        .join(PlaceFacts, col(PlaceFacts.place_id) == col(Place.id))
        .where(
            col(Place.kind).in_(KINDS[kind]),
            col(Place.closed_on).is_not(None),
            col(PlaceFacts.to_on) == col(Place.closed_on),
        )
    )
    return {(place_kind, key): Closed(name, on) for place_kind, key, on, name in rows}
