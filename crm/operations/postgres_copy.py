"""Copies of a PostgreSQL database, by its own programs pg_dump and pg_restore."""

import os
import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import sqlalchemy as sa
from psycopg.conninfo import make_conninfo
from sqlalchemy.exc import SQLAlchemyError

from crm.core.clock import TOKYO
from crm.core.problems import Problem
from crm.operations.counts import Standing, standing

LOOK_SECONDS = 0.3
LOOKS = 5
_OTHERS = sa.text(
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND usename = current_user"
    " AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
)
_COPY = re.compile(rb'COPY (?:"?[^".]+"?\.)?"?([^". ]+)"? \(.*\) FROM stdin;\r?\n')


@dataclass(frozen=True)
class Dump:
    """What a dump holds: the schema it was made of, and how that stood at its moment."""

    schema: str
    standing: Standing


def dump(engine: sa.Engine, target: Path, look: Callable[[], None]) -> Dump:
    """Write a dump of the current schema as it stands at one moment; writers go on meanwhile.

    The rows are counted in the same snapshot. `look` is called now and then and may raise to end the work.
    Raises Problem "pg_program_missing" (program), "pg_program_failed" (program, why),
    "database_not_made".
    """
    with engine.connect() as connection:
        connection = connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        snapshot = connection.scalar(sa.text("SELECT pg_export_snapshot()"))
        schema = current_schema(connection)
        found = standing(connection)
        _run(
            engine.url,
            "pg_dump",
            "--format=custom",
            "--no-owner",
            "--no-privileges",
            f"--schema={schema}",
            f"--snapshot={snapshot}",
            f"--file={target}",
            look=look,
        )
    return Dump(schema, found)


def current_schema(connection: sa.Connection) -> str:
    """The schema that tables without one belong to."""
    return str(connection.scalar(sa.text("SELECT current_schema()")))


def counts_in(path: Path) -> dict[str, int]:
    """Rows per table, read out of a dump from its beginning to its end, which proves that it can be read."""
    found: dict[str, int] = {}
    table: bytes | None = None
    command = [_program("pg_restore"), "--data-only", "--file=-", str(path)]
    with tempfile.TemporaryFile() as errors:
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors) as reading:  # noqa: S603
            for line in reading.stdout or ():
                if table is None:
                    begins = _COPY.fullmatch(line)
                    table = begins[1] if begins else None
                    if table is not None:
                        found[table.decode()] = 0
                elif line.rstrip(b"\r\n") == b"\\.":
                    table = None
                else:
                    found[table.decode()] += 1
        errors.seek(0)
        _check("pg_restore", reading.returncode, errors.read())
    return found


@contextmanager
def laid_aside(engine: sa.Engine, stamp: datetime) -> Iterator[str | None]:
    """Give the current schema another, dated name and an empty one its place; yields the dated name.

    Where the schema holds no table yields None. What is raised inside brings the old schema back.
    Raises Problem "database_in_use", "database_refuses" (why).
    """
    with engine.connect() as connection:
        schema = current_schema(connection)
        empty = not sa.inspect(connection).get_table_names()
    _check_alone(engine)
    aside = None if empty else f"aside_{stamp.astimezone(TOKYO):%Y%m%d_%H%M%S}"
    old, dated = _quoted(engine, schema), _quoted(engine, aside or schema)
    if aside is not None:
        _execute(engine, f"ALTER SCHEMA {old} RENAME TO {dated}", f"CREATE SCHEMA {old}")
    try:
        yield aside
    except BaseException:
        engine.dispose()
        if aside is not None:
            _execute(engine, f"DROP SCHEMA {old} CASCADE", f"ALTER SCHEMA {dated} RENAME TO {old}")
        else:
            half = sa.MetaData()
            half.reflect(engine)
            half.drop_all(engine)
        raise


def lay(engine: sa.Engine, path: Path, schema: str) -> None:
    """Bring a dump into the current schema, which is empty: all of it or nothing.

    Raises Problem "backup_other_schema" where the dump was made of a schema of another name, and dump's.
    """
    with engine.connect() as connection:
        here = current_schema(connection)
    if here != schema:
        raise Problem("backup_other_schema", schema=schema, here=here)
    with tempfile.TemporaryDirectory() as folder:
        contents = Path(folder) / "contents"
        listing = _run(engine.url, "pg_restore", "--list", str(path), connects=False)
        # The schema itself is there already; an entry reads "3; 2615 2200 SCHEMA - public postgres".
        kept = [
            line for line in listing.splitlines() if not re.match(r"\d+; \d+ \d+ (SCHEMA|COMMENT) - ", line)
        ]
        contents.write_text("\n".join(kept) + "\n", encoding="utf-8")
        _run(
            engine.url,
            "pg_restore",
            "--single-transaction",
            "--exit-on-error",
            "--no-owner",
            "--no-privileges",
            f"--use-list={contents}",
            str(path),
        )


def _check_alone(engine: sa.Engine) -> None:
    """Raise Problem "database_in_use" unless everybody else lets go of the database within a moment."""
    for _look in range(LOOKS):
        with engine.connect() as connection:
            if not connection.scalar(_OTHERS):
                return
        time.sleep(LOOK_SECONDS)
    raise Problem("database_in_use")


def _quoted(engine: sa.Engine, name: str) -> str:
    return engine.dialect.identifier_preparer.quote_identifier(name)


def _execute(engine: sa.Engine, *statements: str) -> None:
    try:
        with engine.begin() as connection:
            for statement in statements:
                connection.exec_driver_sql(statement)
    except SQLAlchemyError as why:
        raise Problem("database_refuses", why=str(getattr(why, "orig", None) or why)[:300]) from why


def _program(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        raise Problem("pg_program_missing", program=name)
    return found


def _run(
    url: sa.URL, name: str, *arguments: str, look: Callable[[], None] | None = None, connects: bool = True
) -> str:
    """Run one of PostgreSQL's programs and return what it printed. The password travels in the environment."""
    command = [_program(name), *arguments]
    if connects:
        command.insert(1, f"--dbname={_conninfo(url)}")
        command.insert(2, "--no-password")
    environment = {**os.environ, "LC_MESSAGES": "C"} | (
        {"PGPASSWORD": str(url.password)} if url.password else {}
    )
    with subprocess.Popen(  # noqa: S603 - a program from the path, arguments of ours
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment
    ) as running:
        try:
            while True:
                try:
                    printed, errors = running.communicate(timeout=LOOK_SECONDS)
                    break
                except subprocess.TimeoutExpired:
                    if look is not None:
                        look()
        except BaseException:
            running.kill()
            raise
    _check(name, running.returncode, errors)
    return printed.decode("utf-8", "replace")


def _check(name: str, status: int, errors: bytes) -> None:
    if status != 0:
        lines = [line for line in errors.decode("utf-8", "replace").splitlines() if line.strip()]
        raise Problem("pg_program_failed", program=name, why=(lines[0] if lines else str(status))[:300])


def _conninfo(url: sa.URL) -> str:
    """The address as PostgreSQL's own programs read it, without the password."""
    named = {"host": url.host, "port": url.port, "user": url.username, "dbname": url.database}
    query = {name: value if isinstance(value, str) else ",".join(value) for name, value in url.query.items()}
    return make_conninfo(
        "", **{name: value for name, value in {**named, **query}.items() if value is not None}
    )
