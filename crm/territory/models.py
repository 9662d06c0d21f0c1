"""Tables of the territory: all dated, nothing overwritten."""

from datetime import date
from enum import StrEnum
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from crm.db.columns import by_code_point, choice, derived, key, link
from crm.db.tracked import Tracked


class Territory(Tracked, SQLModel, table=True):
    """A former town (旧市町村): the unit in which workers are assigned."""

    __table_args__ = (sa.UniqueConstraint("code"), sa.UniqueConstraint("name"))

    id: UUID = key()
    code: str = Field(max_length=8)
    name: str = Field(max_length=40)
    kana: str = Field(default="", max_length=60)


class Kind(StrEnum):
    """What kind of place is called on."""

    DISTRICT = "district"
    COMMUNITY_CENTRE = "community_centre"
    BRANCH_OFFICE = "branch_office"
    OWN_OFFICE = "own_office"
    OTHER_FACILITY = "other_facility"
    NEIGHBOURHOOD = "neighbourhood"


class Place(Tracked, SQLModel, table=True):
    """A place through all its names: what records, plans and posts refer to.

    `source_key` is the stable key by which a repeated import knows it again: the code of a district or
    facility, town + koaza of a neighbourhood. A place opened on a day and perhaps closed on one (that day
    is the first without it).
    """

    __table_args__ = (sa.UniqueConstraint("kind", "source_key"),)

    id: UUID = key()
    kind: Kind = choice(Kind)
    source_key: str = Field(max_length=200)
    opened_on: date
    closed_on: date | None = Field(default=None)


class PlaceFacts(Tracked, SQLModel, table=True):
    """What is true of a place from a day (`from_on`) until before another (`to_on`, None: still).

    Exactly one row of an open place holds on any day. `kind` is that of the place, repeated here so that an
    index can give a list of one kind in kana order. Numbers of households: `doors` 戸 (houses),
    `households` 世帯 (as registered), `resident_households` 現住 (really lived in); `sections` 班.
    """

    __tablename__ = "place_facts"
    __table_args__ = (
        sa.UniqueConstraint("place_id", "from_on"),
        # Holds all that a search looks through, in the order in which it shows what it found.
        sa.Index("ix_place_facts_kana_order", "kana_order", "place_id", "search_key", "from_on", "to_on"),
        sa.Index("ix_place_facts_kind_kana_order", "kind", "kana_order", "place_id"),
        sa.Index("ix_place_facts_territory_id_kana_order", "territory_id", "kana_order", "place_id"),
        # Holds all that the counts by territory and kind ask for.
        sa.Index(
            "ix_place_facts_territory_id_kind_kana_order",
            "territory_id",
            "kind",
            "kana_order",
            "place_id",
            "from_on",
            "to_on",
        ),
        sa.CheckConstraint("to_on IS NULL OR to_on > from_on", name="from_before_to"),
    )

    id: UUID = key()
    place_id: UUID = link("place.id", index=False)
    kind: Kind = choice(Kind)
    from_on: date
    to_on: date | None = Field(default=None)
    territory_id: UUID = link("territory.id", index=False)
    code: str = Field(default="", max_length=40)
    name: str = Field(max_length=120)
    kana: str = Field(default="", max_length=160)
    kana_order: str = by_code_point(300)
    search_key: str = derived(300)
    lat: float | None = Field(default=None)
    lon: float | None = Field(default=None)
    address: str = Field(default="", max_length=200)
    doors: int | None = Field(default=None)
    households: int | None = Field(default=None)
    resident_households: int | None = Field(default=None)
    population: int | None = Field(default=None)
    sections: int | None = Field(default=None)
    centre_id: UUID | None = link("place.id", optional=True, index=False)
    branch_id: UUID | None = link("place.id", optional=True, index=False)
    run_by: str = Field(default="", max_length=80)


class LineageKind(StrEnum):
    """Why a place went on as another."""

    SPLIT = "split"
    MERGE = "merge"


class Lineage(Tracked, SQLModel, table=True):
    """That one place went on as another, on a day: two rows for a split in two, two for a merger of two."""

    __table_args__ = (sa.UniqueConstraint("predecessor_id", "successor_id"),)

    id: UUID = key()
    predecessor_id: UUID = link("place.id")
    successor_id: UUID = link("place.id")
    on: date
    kind: LineageKind = choice(LineageKind)


class AssignmentKind(StrEnum):
    """How somebody answers for a territory."""

    HOLDER = "holder"
    DEPUTY = "deputy"


class Assignment(Tracked, SQLModel, table=True):
    """Who answers for a territory (担当) or deputises (副担当), from a day until before another."""

    __table_args__ = (sa.CheckConstraint("to_on IS NULL OR to_on > from_on", name="from_before_to"),)

    id: UUID = key()
    territory_id: UUID = link("territory.id")
    account_id: UUID = link("account.id")
    kind: AssignmentKind = choice(AssignmentKind)
    from_on: date
    to_on: date | None = Field(default=None)
