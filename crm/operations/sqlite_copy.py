"""Copies of an SQLite database."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import sqlalchemy as sa

from crm.core.problems import Problem
from crm.operations.archive import Progress

PAGES_AT_ONCE = 1024
BUSY_SECONDS = 30


def copy_sqlite(source: Path, target: Path, progress: Progress) -> None:
    """Copy a database that is in use: the copy is how it stood at one moment, and writers go on meanwhile.

    The copy is taken inside one reading transaction. Without it, SQLite begins the copy again whenever another
    process has written, which need never end. `progress` is called every few megabytes and may raise.
    """
    with (
        closing(
            sqlite3.connect(f"{source.absolute().as_uri()}?mode=ro", uri=True, timeout=BUSY_SECONDS)
        ) as origin,
        closing(sqlite3.connect(target)) as copy,
    ):
        origin.isolation_level = None
        origin.execute("BEGIN")
        origin.execute("SELECT count(*) FROM sqlite_master").fetchone()
        origin.backup(
            copy,
            pages=PAGES_AT_ONCE,
            progress=lambda _status, left, total: progress(total - left, total),
        )
        copy.execute("PRAGMA journal_mode=DELETE")  # one file by itself, without a log beside it


@contextmanager
def opened(path: Path) -> Iterator[sa.Connection]:
    """A copy, to be looked at; nothing of ours is set on it, and it is closed at the end."""
    engine = sa.create_engine(f"sqlite:///{path.as_posix()}", poolclass=sa.NullPool)
    try:
        with engine.connect() as connection:
            yield connection
    finally:
        engine.dispose()


def check_sqlite(path: Path) -> None:
    """Raise Problem "database_damaged" (why) unless SQLite finds the file sound and its foreign keys whole."""
    try:
        with closing(sqlite3.connect(path)) as copy:
            said = [str(row[0]) for row in copy.execute("PRAGMA integrity_check(5)")]
            broken = copy.execute("PRAGMA foreign_key_check").fetchall()
    except sqlite3.DatabaseError as why:
        raise Problem("database_damaged", why=str(why)) from why
    if said != ["ok"]:
        raise Problem("database_damaged", why=said[0][:200])
    if broken:
        raise Problem("database_damaged", why=f"foreign keys of {len(broken)} rows, first in {broken[0][0]}")


def take_alone(path: Path) -> None:
    """Bring a database back into one file, which only works while nobody else has it open.

    Raises Problem "database_in_use".
    """
    try:
        with closing(sqlite3.connect(path, timeout=1)) as alone:
            mode = alone.execute("PRAGMA journal_mode=DELETE").fetchone()[0]
    except sqlite3.OperationalError as why:
        raise Problem("database_in_use") from why
    except sqlite3.DatabaseError:
        return  # no database (any more): it is moved aside as it is
    if mode != "delete":
        raise Problem("database_in_use")
