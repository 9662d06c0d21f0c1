"""Many rows at once: laid ready in temporary tables, so that inside the write lock they only have to be moved.

Turning 45,300 rows of Python into rows of a table takes seconds, and nobody else could write meanwhile. Here that
is done before the lock is taken, on the connection that will take it; the database then moves the rows by itself,
which takes it less than half the time.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.engine import Connection
from sqlmodel import Session, SQLModel

from crm.db.tracked import Action, AuditEntry, Author, Tracked, created, entry, is_derived, plain, signed

STAGES = "crm_stages"
"""Execution option of a connection on which rows are being laid ready: its transactions take no write lock."""

PIECE = 2000
"""Rows that are turned into rows of a table at a time."""


@dataclass(frozen=True, slots=True)
class Change:
    """New values of one row: by column, what stands there (for the trail) and what shall."""

    id: UUID
    before: Mapping[str, Any]
    after: Mapping[str, Any]


class Staging:
    """Rows that wait for their write transaction, with their trail; `store.staging` makes and clears it.

    Whoever writes them makes sure, inside that transaction, that what they were made from still holds.
    """

    def __init__(self, connection: Connection, author: Author) -> None:
        self.connection = connection.execution_options(**{STAGES: True})
        self._signed = signed(author, datetime.now(UTC))
        self._scratch = sa.MetaData()
        self._moves: list[sa.Insert | sa.Update] = []
        self._trail_columns = [column for column in _table(AuditEntry).columns if column.name != "id"]

    def insert(self, model: type[SQLModel], rows: Iterable[Mapping[str, Any]]) -> None:
        """Lay new rows ready. They are complete and alike: every column is given, `id` included."""
        table, tracked = _table(model), issubclass(model, Tracked)
        staged, trail = self._like(table.columns), self._like(self._trail_columns)
        for piece in _pieces(rows):
            self.connection.execute(sa.insert(staged), piece)
            if tracked:
                entries = [
                    entry(self._signed, table, row["id"], Action.CREATE, created(table, row)) for row in piece
                ]
                self.connection.execute(sa.insert(trail), entries)
        self._move(table, staged)
        self._move(_table(AuditEntry), trail)

    def change(self, model: type[SQLModel], changes: Iterable[Change]) -> None:
        """Lay other values of rows ready. All changes name the same columns; what stays leaves no trail."""
        table, trail = _table(model), self._like(self._trail_columns)
        staged: sa.Table | None = None
        for piece in _pieces(changes):
            if staged is None:
                staged = self._like([table.c.id, *(table.c[name] for name in piece[0].after)])
            self.connection.execute(sa.insert(staged), [{"id": one.id, **one.after} for one in piece])
            entries = [
                entry(self._signed, table, one.id, Action.CHANGE, _differing(table, one)) for one in piece
            ]
            self.connection.execute(sa.insert(trail), entries)
        if staged is not None:
            columns = {column.name: column for column in staged.columns if column.name != "id"}
            self._moves.append(sa.update(table).values(columns).where(table.c.id == staged.c.id))
            self._move(_table(AuditEntry), trail)

    def write(self, session: Session) -> None:
        """Move everything to where it belongs, in the order in which it was laid ready."""
        for move in self._moves:
            session.connection().execute(move)

    def ready(self) -> None:
        """Nothing more is laid ready: the next transaction on this connection writes."""
        self.connection.commit()
        self.connection.execution_options(**{STAGES: False})

    def clear(self) -> None:
        """Drop the temporary tables: the connection goes back to its pool."""
        self.connection.rollback()
        self.connection.execution_options(**{STAGES: True})
        self._scratch.drop_all(self.connection)
        self.connection.commit()

    def _like(self, columns: Iterable[sa.Column[Any]]) -> sa.Table:
        """A temporary table with such columns, without keys."""
        name = f"staged_{len(self._scratch.tables)}"
        plain_columns = [sa.Column(column.name, column.type) for column in columns]
        made = sa.Table(name, self._scratch, *plain_columns, prefixes=["TEMPORARY"])
        made.create(self.connection)
        return made

    def _move(self, table: sa.Table, staged: sa.Table) -> None:
        names = [column.name for column in staged.columns]
        self._moves.append(sa.insert(table).from_select(names, sa.select(*staged.columns)))


def _table(model: type[SQLModel]) -> sa.Table:
    table: sa.Table = sa.inspect(model).local_table
    return table


def _differing(table: sa.Table, change: Change) -> dict[str, list[Any]]:
    return {
        name: [plain(change.before[name]), plain(value)]
        for name, value in change.after.items()
        if change.before[name] != value and not is_derived(table.c[name])
    }


def _pieces(rows: Iterable[Any]) -> Iterable[list[Any]]:
    source = iter(rows)
    while piece := list(islice(source, PIECE)):
        yield piece
