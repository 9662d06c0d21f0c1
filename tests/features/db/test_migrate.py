"""Migrations: they say what the models say, carry rows up and down, and leave no half work when they fail."""

import importlib
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import sqlalchemy as sa
from alembic.config import Config
from alembic.script import ScriptDirectory

import crm
from crm.core.problems import Problem
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


# ---- the tests


def test_migrations_say_what_the_models_say(store: Store) -> None:
    assert migrate.differences(store, metadata) == []
    assert migrate.current(store) == migrate.newest() == revisions()[-1]


def test_a_table_that_no_migration_knows_is_seen(store: Store) -> None:
    planted = sa.MetaData(naming_convention=metadata.naming_convention)
    for table in metadata.sorted_tables:
        table.to_metadata(planted)
    sa.Table("planted", planted, sa.Column("id", sa.Uuid(), primary_key=True))
    assert len(migrate.differences(store, planted)) == 1


def test_migrations_are_numbered_in_one_line() -> None:
    found = revisions()
    assert found == [f"{number:04}" for number in range(1, len(found) + 1)]
    assert {path.name[:4] for path in (migrate.FOLDER / "versions").glob("*.py")} == set(found)


@pytest.mark.parametrize("revision", revisions())
def test_rows_survive_each_step_up_and_down(empty_store: Store, revision: str) -> None:
    known = revisions()
    before = known[known.index(revision) - 1] if revision != known[0] else "base"
    if before != "base":
        migrate.upgrade(empty_store, before)
        with_a_row_in_every_table(empty_store)
    rows = counted(empty_store)
    migrate.upgrade(empty_store, revision)
    after = counted(empty_store)
    assert {name: after[name] for name in rows if name in after} == {
        name: count for name, count in rows.items() if name in after
    }
    migrate.downgrade(empty_store, before)
    assert migrate.current(empty_store) == (None if before == "base" else before)
    assert counted(empty_store) == rows
    migrate.upgrade(empty_store, revision)
    assert migrate.current(empty_store) == revision


def test_a_full_database_goes_down_to_nothing_and_up_again(empty_store: Store) -> None:
    migrate.upgrade(empty_store)
    with_a_row_in_every_table(empty_store)
    assert set(counted(empty_store).values()) == {1}
    migrate.downgrade(empty_store, "base")
    assert tables(empty_store) == set()
    assert migrate.current(empty_store) is None
    migrate.upgrade(empty_store)
    with_a_row_in_every_table(empty_store)
    assert migrate.differences(empty_store, metadata) == []


def test_migrating_what_is_up_to_date_changes_nothing(store: Store) -> None:
    with_a_row_in_every_table(store)
    rows = counted(store)
    migrate.upgrade(store)
    assert counted(store) == rows


def test_a_migration_that_fails_leaves_everything_as_it_was(empty_store: Store) -> None:
    late = "record"  # made late in the first migration, after many others
    with empty_store.writing() as session:
        session.connection().execute(sa.text(f'CREATE TABLE "{late}" (kept VARCHAR(20))'))
        session.connection().execute(sa.text(f"INSERT INTO \"{late}\" VALUES ('stays')"))  # noqa: S608
    with pytest.raises(sa.exc.DBAPIError):
        migrate.upgrade(empty_store)
    assert tables(empty_store) == {late}
    assert counted(empty_store) == {late: 1}
    assert migrate.current(empty_store) is None
    with empty_store.writing() as session:  # nothing hangs in a transaction
        session.connection().execute(sa.text(f'DROP TABLE "{late}"'))
    migrate.upgrade(empty_store)
    assert migrate.current(empty_store) == migrate.newest()


def test_a_database_with_a_row_that_points_nowhere_is_refused(sqlite_store: Store) -> None:
    with sqlite_store.writing() as session:
        connection = session.connection()
        connection.exec_driver_sql("ROLLBACK")
        connection.exec_driver_sql("PRAGMA foreign_keys=OFF")
        connection.exec_driver_sql("BEGIN IMMEDIATE")
        password = metadata.tables["password"]
        values = {"account_id": uuid4(), "hashed": "x", "set_at": datetime(2026, 6, 15, tzinfo=UTC)}
        connection.execute(sa.insert(password), [values])
    with pytest.raises(Problem) as refused:
        migrate.upgrade(sqlite_store)
    assert refused.value.code == "foreign_keys_broken"
    assert migrate.current(sqlite_store) == migrate.newest()
    assert counted(sqlite_store)["password"] == 1


def test_after_a_migration_foreign_keys_are_held_to_again(empty_store: Store) -> None:
    migrate.upgrade(empty_store)
    password = metadata.tables["password"]
    values = {"account_id": uuid4(), "hashed": "x", "set_at": datetime(2026, 6, 15, tzinfo=UTC)}
    with pytest.raises(sa.exc.IntegrityError), empty_store.writing() as session:
        session.connection().execute(sa.insert(password), [values])
