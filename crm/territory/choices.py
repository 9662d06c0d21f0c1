"""Reads for forms: what one may choose from when a place is changed."""

from collections.abc import Sequence
from datetime import date
from math import cos, radians
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col

from crm.territory.models import Kind, PlaceFacts, Territory
from crm.territory.queries import Card, PlaceFilter, PlaceRow, holding, names_on, wanted_places


def hubs(session: Session, kind: Kind, day: date, *, also: UUID | None = None) -> list[tuple[UUID, str]]:
    """Ids and names of the open facilities of a kind on a day, by territory; `also` one that is not open any more."""
    rows = session.execute(
        sa.select(col(PlaceFacts.place_id), col(PlaceFacts.name))
        .join(Territory, col(Territory.id) == col(PlaceFacts.territory_id))
        .where(col(PlaceFacts.kind) == kind, holding(day))
        .order_by(col(Territory.code), col(PlaceFacts.kana_order))
    )
    found = [(place_id, name) for place_id, name in rows]
    if also is not None and also not in {place_id for place_id, _name in found}:
        found += names_on(session, {also}, day).items()
    return found


def attached_to(session: Session, hub_id: UUID, day: date) -> int:
    """How many places belong to a community centre or branch office on a day."""
    belongs = sa.or_(col(PlaceFacts.centre_id) == hub_id, col(PlaceFacts.branch_id) == hub_id)
    counted: int = session.execute(
        sa.select(sa.func.count()).select_from(PlaceFacts).where(belongs, holding(day))
    ).scalar_one()
    return counted


def neighbours(
    session: Session, card: Card, day: date, *, chosen: Sequence[UUID], words: str, most: int
) -> list[PlaceRow]:
    """Districts of the same territory that one might be merged with: those chosen, then those found.

    Found are those whose name has the words, or without words the nearest, or where nobody knows the
    position the first in kana order.
    """
    narrowed = PlaceFilter(card.territory_id, Kind.DISTRICT, words)
    here = wanted_places(day, PlaceFilter(card.territory_id)).where(col(PlaceFacts.place_id).in_(chosen))
    found = [PlaceRow(*row) for row in session.execute(here)] if chosen else []
    wanted = wanted_places(day, narrowed).where(col(PlaceFacts.place_id).not_in([card.id, *chosen]))
    lat, lon = card.now.lat, card.now.lon
    if not words and lat is not None and lon is not None:
        # Degrees of longitude are shorter than those of latitude, at this place by the cosine of 39°.
        north, east = col(PlaceFacts.lat) - lat, (col(PlaceFacts.lon) - lon) * cos(radians(lat))
        wanted = wanted.order_by((north * north + east * east).nulls_last())
    wanted = wanted.order_by(col(PlaceFacts.kana_order), col(PlaceFacts.place_id)).limit(most)
    return found + [PlaceRow(*row) for row in session.execute(wanted)]
