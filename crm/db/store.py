"""A store: one organisation's database, with its reading and its writing transactions."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.engine import Connection, Engine, make_url
from sqlmodel import Session

from crm.db import tracked
from crm.db.staging import STAGES, Staging
from crm.db.tracked import Author

WRITES = "crm_writes"
BUSY_SECONDS = 30

as_json = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
"""How JSON columns are written: readable in the database, and Japanese in a third of the bytes."""
ONE_WRITER = sa.text("SELECT pg_advisory_xact_lock(20260401)")
"""On PostgreSQL, what BEGIN IMMEDIATE is on SQLite: whoever writes is alone until the end of the transaction.

Without it two who read, decide and write (a correction, a one-time link, the closing of a month) would both do so
on what the other is just changing: READ COMMITTED loses the first of two updates without a word.
"""

ONE_SNAPSHOT = {"postgresql_readonly": True, "isolation_level": "REPEATABLE READ"}
"""A reading transaction of PostgreSQL sees one state of the database from beginning to end, as SQLite's do."""


class Store:
    """The database of one organisation.

    Whether a transaction writes is known before anything is read: on SQLite a reading transaction that
    turns to writing fails at once, whatever the timeout. A lock per process stands in front of writing
    transactions there, which is fairer than SQLite's own waiting.
    """

    def __init__(self, url: str, *, echo: bool = False) -> None:
        self.url = make_url(url)
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        self.engine = _open(url, echo=echo)
        self._reads = self.engine.execution_options(
            **({WRITES: False} if self.is_sqlite else {**ONE_SNAPSHOT, WRITES: False})
        )
        self._writes = self.engine.execution_options(**{WRITES: True})
        self._one_writer = threading.Lock()

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A transaction that reads; a write inside it fails in the database."""
        with Session(self._reads, autoflush=False) as session:
            yield session

    @contextmanager
    def writing(self, author: Author | None = None, *, staged: Staging | None = None) -> Iterator[Session]:
        """A transaction that writes: committed at the end, rolled back when anything is raised.

        With `staged`, it runs where those rows were laid ready.
        """
        with self.write_session(author, staged=staged) as session:
            yield session
            session.commit()

    @contextmanager
    def write_session(
        self, author: Author | None = None, *, staged: Staging | None = None
    ) -> Iterator[Session]:
        """A writing transaction whose commit is the caller's decision; what is not committed is rolled back."""
        if not self.is_sqlite:
            with self._begin(author, staged) as session:
                yield session
            return
        with self._one_writer, self._begin(author, staged) as session:
            yield session

    @contextmanager
    def staging(self, author: Author) -> Iterator[Staging]:
        """A place to lay many rows ready for one write transaction; what was not written is forgotten."""
        with self._writes.connect() as connection:
            staging = Staging(connection, author)
            try:
                yield staging
            finally:
                staging.clear()

    @contextmanager
    def _begin(self, author: Author | None, staged: Staging | None) -> Iterator[Session]:
        if staged is not None:
            staged.ready()
        with Session(staged.connection if staged is not None else self._writes) as session:
            tracked.set_author(session, author or Author.system())
            tracked.watch(session)
            begun = session.connection()  # BEGIN IMMEDIATE here, before anything is read
            if not self.is_sqlite:
                begun.execute(ONE_WRITER)
            yield session

    @property
    def path(self) -> Path | None:
        """The database file; None where the database is a server."""
        return Path(self.url.database) if self.is_sqlite and self.url.database else None

    def close(self) -> None:
        self.engine.dispose()


def _open(url: str, *, echo: bool) -> Engine:
    if make_url(url).get_backend_name() != "sqlite":
        given = str(make_url(url).query.get("options", ""))  # what the address asks for stays
        patience = {"options": f"{given} -c lock_timeout={BUSY_SECONDS * 1000}".strip()}
        return sa.create_engine(
            url,
            echo=echo,
            json_serializer=as_json,
            hide_parameters=True,  # personal values stay out of logged errors
            pool_pre_ping=True,
            pool_size=8,
            max_overflow=8,
            connect_args=patience,
        )
    engine = sa.create_engine(
        url,
        echo=echo,
        json_serializer=as_json,
        hide_parameters=True,
        pool_size=8,
        max_overflow=8,
        connect_args={"timeout": BUSY_SECONDS, "check_same_thread": False},
    )
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    # Transactions are begun by _begin_sqlite, never by the driver.
    connection.isolation_level = None
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
        f"busy_timeout={BUSY_SECONDS * 1000}",
        "temp_store=MEMORY",
        "cache_size=-32000",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    options = connection.get_execution_options()
    writes = options.get(WRITES, False)
    # query_only makes a page that was declared as reading fail loudly when it writes.
    connection.exec_driver_sql(f"PRAGMA query_only={'OFF' if writes else 'ON'}")
    # Rows are laid ready in temporary tables, which belong to their connection alone: no lock is needed.
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes and not options.get(STAGES) else "BEGIN")


def wait_until_open(store: Store, seconds: float) -> bool:
    """Whether the database answers within so many seconds."""
    until = time.monotonic() + seconds
    while True:
        try:
            with store.engine.connect() as connection:
                connection.execute(sa.text("SELECT 1"))
            return True
        except sa.exc.OperationalError:
            if time.monotonic() > until:
                return False
            time.sleep(0.2)
