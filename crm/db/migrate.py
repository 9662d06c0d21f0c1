"""Migrations: numbered, run on both databases, foreign keys checked at the end."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from crm.core.canonical import digest
from crm.core.problems import Problem
from crm.db.store import Store

FOLDER = Path(__file__).parent / "migrations"


def _config(connection: sa.Connection, metadata: sa.MetaData | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(FOLDER).replace("%", "%%"))
    config.attributes["connection"] = connection
    config.attributes["metadata"] = metadata
    return config


@contextmanager
def _connection(store: Store) -> Iterator[sa.Connection]:
    """A connection in one transaction, with SQLite's foreign keys off and checked at the end.

    With them on, SQLite's way of altering a table (copy, drop, rename) would cascade into its children.
    """
    with store.engine.connect() as connection:
        if store.is_sqlite:
            connection.exec_driver_sql("ROLLBACK")
            connection.exec_driver_sql("PRAGMA query_only=OFF")
            connection.exec_driver_sql("PRAGMA foreign_keys=OFF")
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        try:
            yield connection
            if store.is_sqlite and (
                broken := connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall()
            ):
                raise Problem("foreign_keys_broken", rows=len(broken))
            connection.commit()
        finally:
            if store.is_sqlite:
                if connection.in_transaction():
                    connection.rollback()
                raw = connection.connection.dbapi_connection
                if raw is not None:
                    raw.execute("PRAGMA foreign_keys=ON")


def upgrade(store: Store, revision: str = "head") -> None:
    """Bring the database to a revision (the newest by default)."""
    with _connection(store) as connection:
        command.upgrade(_config(connection), revision)


def downgrade(store: Store, revision: str) -> None:
    """Take the database back to an older revision."""
    with _connection(store) as connection:
        command.downgrade(_config(connection), revision)


def current(store: Store) -> str | None:
    """The revision the database is at; None for an empty one."""
    with store.engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def newest() -> str:
    """The newest revision that this program knows."""
    config = Config()
    config.set_main_option("script_location", str(FOLDER).replace("%", "%%"))
    return ScriptDirectory.from_config(config).get_current_head() or ""


def fingerprint() -> str:
    """A digest of all migrations as they stand: a database that was made by others may look otherwise."""
    files = sorted((FOLDER / "versions").glob("*.py"))
    return digest("\n".join(f"{path.name}\n{path.read_text(encoding='utf-8')}" for path in files))


def differences(store: Store, metadata: sa.MetaData) -> list[object]:
    """What autogenerate would still change: empty when the migrations say what the models say."""

    with store.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "render_as_batch": True})
        return list(compare_metadata(context, metadata))


def make(store: Store, metadata: sa.MetaData, message: str, number: str) -> None:
    """Write the next migration from the models (developers only)."""
    with store.engine.connect() as connection:
        command.revision(_config(connection, metadata), message=message, autogenerate=True, rev_id=number)
