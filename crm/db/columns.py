"""Column types and the base of all tables. Imported by every models.py."""

from datetime import UTC, datetime
from enum import Enum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlmodel import Field, SQLModel

from crm.core.ids import new_id

NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}
SQLModel.metadata.naming_convention = NAMES
metadata = SQLModel.metadata

PERSONAL = "personal"
"""Key in a column's info: its values are personal and go to the blankable part of the audit trail."""

DERIVED = "derived"
"""Key in a column's info: its values follow from other columns, so the audit trail leaves them out."""


class UtcDateTime(sa.types.TypeDecorator[datetime]):
    """An aware moment, stored in UTC. A naive one is refused: it would be a guess."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment needs a time zone")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


JSON = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")


def text_enum(kind: type[Enum]) -> sa.Enum:
    """An enum stored as its text value, without a type of its own in the database."""
    return sa.Enum(kind, native_enum=False, length=24, values_callable=lambda e: [str(m.value) for m in e])


def key() -> Any:
    """A UUID primary key, made here and growing in time."""
    return Field(default_factory=new_id, primary_key=True)


def link(target: str, *, optional: bool = False, index: bool = True) -> Any:
    """A foreign key to `table.column`."""
    return Field(default=None if optional else ..., foreign_key=target, index=index, nullable=optional)


def choice(kind: type[Enum], default: Any = ..., *, index: bool = False) -> Any:
    """A column that holds one member of an enum."""
    return Field(default=default, sa_type=text_enum(kind), index=index)


def moment(*, optional: bool = False, index: bool = False) -> Any:
    """A column that holds an aware moment."""
    default = None if optional else ...
    return Field(default=default, sa_type=UtcDateTime, nullable=optional, index=index)


def personal(default: Any = ..., *, optional: bool = False, **more: Any) -> Any:
    """A column whose values are personal."""
    if optional and default is ...:
        default = None
    return Field(default=default, nullable=optional, sa_column_kwargs={"info": {PERSONAL: True}}, **more)


def json_column(*, is_personal: bool = False) -> Any:
    """A column that holds a JSON value or null."""
    info = {PERSONAL: True} if is_personal else {}
    return Field(default=None, sa_type=JSON, nullable=True, sa_column_kwargs={"info": info})


def by_code_point(length: int) -> Any:
    """A text column that sorts by code point on every database: sort keys made by crm.core.kana."""
    kind = sa.String(length).with_variant(sa.String(length, collation="C"), "postgresql")
    options: Any = {"sa_type": kind, "sa_column_kwargs": {"info": {DERIVED: True}}}
    return Field(default="", **options)


def derived(length: int) -> Any:
    """A text column whose values follow from others: search keys made by crm.core.kana."""
    return Field(default="", max_length=length, sa_column_kwargs={"info": {DERIVED: True}})


def derived_text() -> Any:
    """A long text that the trail need not hold a second time: it is frozen, and a digest of it is in the trail."""
    return Field(sa_column_kwargs={"info": {DERIVED: True}})
