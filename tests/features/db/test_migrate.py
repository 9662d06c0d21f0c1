"""Migrations: they say what the models say, carry rows up and down, and leave no half work when they fail."""

from datetime import UTC, datetime
from uuid import uuid4

import pytest
import sqlalchemy as sa

from crm.core.problems import Problem
from crm.db import migrate
from crm.db.columns import metadata
from crm.db.store import Store
from tests.features.db.rows import counted, revisions, tables, with_a_row_in_every_table


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
