"""Tables of people: who holds which post of which place, from when to when."""

from datetime import date
from enum import StrEnum
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from crm.db.columns import by_code_point, choice, derived, key, link, personal
from crm.db.tracked import Tracked


class Channel(StrEnum):
    """The way by which somebody would like to be reached."""

    VISIT = "visit"
    PHONE = "phone"
    FAX = "fax"
    POST = "post"
    MAIL = "mail"
    LINE = "line"


class Person(Tracked, SQLModel, table=True):
    """One human being, however many posts he or she holds. The name stands exactly as it was typed.

    `channel` is None where nobody knows it.
    """

    # Holds all that a search looks through, in the order in which it shows whom it found.
    __table_args__ = (sa.Index("ix_person_kana_order", "kana_order", "id", "search_key"),)

    id: UUID = key()
    name: str = personal(max_length=120)
    kana: str = personal("", max_length=160)
    kana_order: str = by_code_point(300)
    search_key: str = derived(400)
    phone: str = personal("", max_length=40)
    fax: str = personal("", max_length=40)
    mail: str = personal("", max_length=254)
    channel: Channel | None = choice(Channel, None)


class Post(Tracked, SQLModel, table=True):
    """A title that somebody can hold: in one territory, or everywhere (`territory_id` None).

    Lists of posts are in the order of `position`.
    """

    __table_args__ = (
        sa.UniqueConstraint("territory_id", "title"),
        # To a unique constraint no two NULLs are alike: titles that are known everywhere need one of their own.
        sa.Index(
            "uq_post_title_everywhere",
            "title",
            unique=True,
            sqlite_where=sa.text("territory_id IS NULL"),
            postgresql_where=sa.text("territory_id IS NULL"),
        ),
    )

    id: UUID = key()
    territory_id: UUID | None = link("territory.id", optional=True, index=False)
    title: str = Field(max_length=60)
    kana: str = Field(default="", max_length=80)
    position: int = 0


class Term(Tracked, SQLModel, table=True):
    """A person in a post of a place, from a day (`from_on`) until before another (`to_on`, None: still).

    It ends earlier where the place itself was closed earlier. `number` is the 期数, None where nobody knows
    it. `source` says how the term became known; it may name people.
    """

    __table_args__ = (
        sa.UniqueConstraint("person_id", "place_id", "post_id", "from_on"),
        sa.Index("ix_term_place_id_from_on", "place_id", "from_on"),
        sa.CheckConstraint("to_on IS NULL OR to_on > from_on", name="from_before_to"),
        sa.CheckConstraint("number BETWEEN 1 AND 99", name="number"),
    )

    id: UUID = key()
    person_id: UUID = link("person.id", index=False)
    place_id: UUID = link("place.id", index=False)
    post_id: UUID = link("post.id")
    from_on: date
    to_on: date | None = Field(default=None)
    number: int | None = Field(default=None)
    source: str = personal("", max_length=200)
