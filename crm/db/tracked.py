"""Tracked tables: every change to a row leaves its before and after in the audit trail.

Changes reach the trail in one of two ways only: the ORM's flush, or `BulkInsert` and
`crm.db.staging` for many rows at once. Any other bulk statement on a tracked table is refused.
"""

import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import Enum, StrEnum
from functools import cache
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.orm import ORMExecuteState, QueryableAttribute, UOWTransaction
from sqlalchemy.orm import Session as OrmSession
from sqlmodel import Field, Session, SQLModel

from crm.core.canonical import canonical_json, digest
from crm.core.ids import new_id
from crm.db.columns import DERIVED, JSON, PERSONAL, choice, moment

AUTHOR = "author"
SALT = "_salt"


class Via(StrEnum):
    """How a change came in."""

    PAGE = "page"
    COMMAND = "command"
    JOB = "job"


@dataclass(frozen=True)
class Author:
    """Who changes something: an account (None: the system itself), by which way, as part of which act."""

    account_id: UUID | None
    via: Via
    act: UUID = field(default_factory=new_id)

    @classmethod
    def system(cls) -> "Author":
        return cls(None, Via.COMMAND)


class Action(StrEnum):
    """What was done to a row."""

    CREATE = "create"
    CHANGE = "change"
    REMOVE = "remove"


class AuditEntry(SQLModel, table=True):
    """One change of one row: who, when, before and after.

    `facts` holds {column: [before, after]} of what is not personal. `personal` holds the same for personal
    columns and a random salt; it may be blanked when a person asks for it, while `personal_digest` (of the
    salted text) stays and proves that the trail was not otherwise altered.
    """

    __tablename__ = "audit_entry"
    __table_args__ = (sa.Index("ix_audit_entry_entity_entity_id", "entity", "entity_id"),)

    id: int | None = Field(default=None, primary_key=True)
    at: datetime = moment(index=True)
    account_id: UUID | None = Field(default=None)
    via: Via = choice(Via)
    act: UUID
    entity: str = Field(max_length=48)
    entity_id: UUID
    action: Action = choice(Action)
    facts: dict[str, Any] | None = Field(default=None, sa_type=JSON)
    personal: dict[str, Any] | None = Field(default=None, sa_type=JSON)
    personal_digest: str | None = Field(default=None, max_length=64)


class Tracked:
    """Mixin: changes to rows of this table are kept in the audit trail. The primary key is `id: UUID`."""

    id: Any


@event.listens_for(Tracked, "attribute_instrument", propagate=True)
def _know_before(_class: type, _key: str, attribute: QueryableAttribute[Any]) -> None:
    """Read what stands in a column before it is set unread; else the trail would say that nothing stood there."""
    event.listen(attribute, "set", lambda *_: None, active_history=True)


def set_author(session: OrmSession, author: Author) -> None:
    """Say who answers for the changes of this transaction."""
    session.info[AUTHOR] = author


def author_of(session: OrmSession) -> Author:
    """Who answers for the changes of this transaction; the system itself where nobody was named."""
    author = session.info.get(AUTHOR)
    return author if isinstance(author, Author) else Author.system()


def watch(session: OrmSession) -> None:
    """Write the audit trail of this session's flushes, and refuse bulk statements on tracked tables."""
    event.listen(session, "after_flush", _write_trail)
    event.listen(session, "do_orm_execute", _refuse_bulk)


_JSON_TYPES = frozenset({str, int, float, bool, dict, list, type(None)})


def plain(value: Any) -> Any:
    """A value as JSON can hold it."""
    if type(value) in _JSON_TYPES:
        return value
    return value.value if isinstance(value, Enum) else str(value)


@cache
def _personal(table: sa.Table) -> frozenset[str]:
    return frozenset(column.name for column in table.columns if column.info.get(PERSONAL))


def is_derived(column: Any) -> bool:
    """Whether the values of a column follow from others: the trail leaves it out."""
    return bool(column.info.get(DERIVED))


def signed(author: Author, at: datetime) -> dict[str, Any]:
    """What the entries of one act have in common."""
    return {"at": at, "account_id": author.account_id, "via": author.via, "act": author.act}


def _told(table: sa.Table, changes: dict[str, list[Any]]) -> dict[str, Any]:
    """What an entry says of the changes of one row; personal values apart, under a salted hash."""
    secret = _personal(table) & changes.keys()
    if not secret:
        return {"facts": changes, "personal": None, "personal_digest": None}
    personal: dict[str, Any] = {name: changes[name] for name in sorted(secret)}
    personal[SALT] = secrets.token_hex(16)
    return {
        "facts": {name: pair for name, pair in changes.items() if name not in secret},
        "personal": personal,
        "personal_digest": digest(canonical_json(personal)),
    }


def entry(
    common: dict[str, Any], table: sa.Table, entity_id: UUID, action: Action, changes: dict[str, list[Any]]
) -> dict[str, Any]:
    """One entry of the trail: `common` is what `signed` gives, `changes` by column what stood there and stands."""
    return {
        **common,
        "entity": table.name,
        "entity_id": entity_id,
        "action": action,
        **_told(table, changes),
    }


def note(
    session: Session, entity: str, entity_id: UUID, action: Action, facts: Mapping[str, list[Any]]
) -> None:
    """Write an entry for something that is no row of a tracked table; nothing of it may be personal."""
    said = {"entity": entity, "entity_id": entity_id, "action": action, "facts": dict(facts)}
    common = signed(author_of(session), datetime.now(UTC))
    session.connection().execute(sa.insert(AuditEntry), [{**common, **said}])


def _write_trail(session: OrmSession, _context: UOWTransaction) -> None:
    common = signed(author_of(session), datetime.now(UTC))
    entries = [
        entry(common, sa.inspect(type(row)).local_table, row.id, action, changes)
        for action, rows in (
            (Action.CREATE, session.new),
            (Action.CHANGE, session.dirty),
            (Action.REMOVE, session.deleted),
        )
        for row in rows
        if isinstance(row, Tracked) and ((changes := _changes(row, action)) or action is not Action.CHANGE)
    ]
    if entries:
        session.connection().execute(sa.insert(AuditEntry), entries)


def _changes(row: Any, action: Action) -> dict[str, list[Any]]:
    changes: dict[str, list[Any]] = {}
    for attribute in sa.inspect(row).mapper.column_attrs:
        history = sa.inspect(row).attrs[attribute.key].history
        column = attribute.columns[0].name
        if column == "id" or is_derived(attribute.columns[0]):
            continue
        if action is Action.CREATE:
            value = getattr(row, attribute.key)
            if value is not None:
                changes[column] = [None, plain(value)]
        elif action is Action.REMOVE:
            changes[column] = [plain(getattr(row, attribute.key)), None]
        elif history.has_changes():
            before = history.deleted[0] if history.deleted else None
            after = history.added[0] if history.added else None
            if before != after:
                changes[column] = [plain(before), plain(after)]
    return changes


class BulkStatementRefused(RuntimeError):
    """A bulk statement on a tracked table would leave no trail."""


def _refuse_bulk(state: ORMExecuteState) -> None:
    statement = state.statement
    if not isinstance(statement, sa.Insert | sa.Update | sa.Delete):
        return
    name = getattr(statement.table, "name", "")
    if name in tracked_tables():
        raise BulkStatementRefused(name)


def tracked_tables() -> frozenset[str]:
    """Names of the tables whose changes are kept."""
    mappers: Iterable[Any] = SQLModel._sa_registry.mappers
    return frozenset(m.local_table.name for m in mappers if issubclass(m.class_, Tracked))


@dataclass(frozen=True)
class BulkInsert:
    """Many new rows of a table, prepared with their trail before the write lock is taken.

    For tens of thousands of rows in one transaction see crm.db.staging.
    """

    table: sa.Table
    rows: Sequence[dict[str, Any]]
    trail: Sequence[dict[str, Any]]

    @classmethod
    def prepare(cls, model: type[SQLModel], rows: Sequence[dict[str, Any]], author: Author) -> "BulkInsert":
        """Rows are complete: every column without a database default is given, `id` included."""
        table: sa.Table = sa.inspect(model).local_table
        common = signed(author, datetime.now(UTC))
        trail = [
            entry(common, table, row["id"], Action.CREATE, created(table, row))
            for row in (rows if issubclass(model, Tracked) else ())
        ]
        return cls(table, rows, trail)

    def run(self, session: Session) -> None:
        """Insert the rows and their trail."""
        if self.rows:
            session.connection().execute(sa.insert(self.table), list(self.rows))
        if self.trail:
            session.connection().execute(sa.insert(AuditEntry), list(self.trail))


def created(table: sa.Table, row: Mapping[str, Any]) -> dict[str, list[Any]]:
    """What the trail says of a new row: nothing before, what it begins with after."""
    return {name: [None, plain(value)] for name in _kept(table) if (value := row.get(name)) is not None}


@cache
def _kept(table: sa.Table) -> tuple[str, ...]:
    return tuple(one.name for one in table.columns if one.name != "id" and not is_derived(one))
