"""What stands in a database at any revision: its tables, its rows, a row in every table."""

import importlib
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import sqlalchemy as sa
from alembic.config import Config
from alembic.script import ScriptDirectory

import crm
from crm.db import migrate
from crm.db.columns import UtcDateTime, metadata
from crm.db.store import Store

# Every table there is: what a package forgot to import anywhere is still seen here.
PACKAGES = Path(next(iter(crm.__path__)))
for found in sorted(PACKAGES.glob("*/models.py")):
    importlib.import_module(f"crm.{found.parent.name}.models")

BOOKKEEPING = "alembic_version"


def revisions() -> list[str]:
    """All revisions, the oldest first."""
    config = Config()
    config.set_main_option("script_location", str(migrate.FOLDER))
    scripts = list(ScriptDirectory.from_config(config).walk_revisions())
    return [script.revision for script in reversed(scripts)]


def tables(store: Store) -> set[str]:
    """What stands in the database, save the mark of its revision."""
    with store.engine.connect() as connection:
        return set(sa.inspect(connection).get_table_names()) - {BOOKKEEPING}


# ---- one row in every table


def reflected(store: Store) -> list[sa.Table]:
    """The tables of the database as it is, those first that others point to."""
    found = sa.MetaData()
    with store.engine.connect() as connection:
        found.reflect(connection)
    return [table for table in found.sorted_tables if table.name != BOOKKEEPING]


def true_type(column: sa.Column[Any]) -> sa.types.TypeEngine[Any]:
    """The type that the models give a column, where it says more than the database does."""
    known = metadata.tables.get(column.table.name)
    told = known.c[column.name].type if known is not None and column.name in known.c else None
    return told if isinstance(told, sa.Enum | sa.Uuid | sa.JSON | UtcDateTime) else column.type


def sample(column: sa.Column[Any]) -> Any:
    """A value such as this column holds; no two the same where it can be helped."""
    kind = true_type(column)
    if isinstance(kind, sa.Enum):
        return kind.enums[0]
    for python, value in (
        ((sa.Uuid, sa.UUID, sa.CHAR), uuid4().hex),
        ((UtcDateTime, sa.DateTime), datetime(2026, 6, 15, 1, tzinfo=UTC)),
        ((sa.Date,), date(2026, 6, 16 if column.name == "to_on" else 15)),
        ((sa.Boolean,), True),
        ((sa.Integer,), 1),
        ((sa.Float,), 1.5),
        ((sa.JSON,), {"名": ["前", "後"]}),
    ):
        if isinstance(kind, python):
            return value
    if isinstance(kind, sa.String):
        return uuid4().hex[: kind.length or 32]
    raise AssertionError(f"no sample for {column.table.name}.{column.name}: {kind!r}")


def with_a_row_in_every_table(store: Store) -> None:
    """Add one row to every table, each pointing to the rows of the others."""
    keys: dict[tuple[str, str], Any] = {}
    with store.writing() as session:
        for table in reflected(store):
            row = {}
            for column in table.columns:
                targets = [key.column for key in column.foreign_keys]
                if targets and targets[0].table is not table:
                    row[column.name] = keys[targets[0].table.name, targets[0].name]
                elif not targets:
                    row[column.name] = sample(column)
            columns = (sa.column(c.name, _bound(c)) for c in table.columns if c.name in row)
            plain = sa.table(table.name, *columns)
            session.connection().execute(sa.insert(plain), [row])
            keys.update({(table.name, name): value for name, value in row.items()})


def _bound(column: sa.Column[Any]) -> sa.types.TypeEngine[Any]:
    """The type to send a sample with: enums go as their text, keys in the database's own form."""
    kind = true_type(column)
    if isinstance(kind, sa.Enum):
        return sa.String()
    return sa.Uuid(as_uuid=False) if isinstance(kind, sa.Uuid | sa.CHAR) else kind


def counted(store: Store) -> dict[str, int]:
    """How many rows each table holds."""
    with store.reading() as session:
        return {
            name: session.execute(sa.select(sa.func.count()).select_from(sa.table(name))).scalar_one()
            for name in tables(store)
        }
