"""A PostgreSQL server for the tests alone: its own folder, its own socket, its own user, gone when they end.

PostgreSQL refuses to run as root, so where the tests do, the server runs as an unprivileged user. It listens
on a socket in its own folder and on no port, so it meets no other server. All processes of a run share one;
each test gets a copy of a database that was migrated once.
"""

import contextlib
import fcntl
import json
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict
from uuid import uuid4

import psycopg

from crm.db import migrate
from crm.db.store import Store

SERVER_USER = "postgres"
TEMPLATE = "meguri_template"
START_SECONDS = 30
WATCH_SECONDS = 0.2
READY = "ready"

# Nothing here outlives the run, so nothing needs to reach the disk.
OPTIONS = {
    "listen_addresses": "",
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_connections": "200",
    "shared_buffers": "64MB",
    "autovacuum": "off",
}

# Clusters of real installations are not in the C locale. A Japanese one shows where an order that the pages
# promise was left to the database.
INITDB = (
    "--auth=trust",
    "--encoding=UTF8",
    "--locale=C.UTF-8",
    "--locale-provider=icu",
    "--icu-locale=ja-JP",
    "--no-sync",
    "--no-instructions",
)


def programs() -> Path | None:
    """The folder of PostgreSQL's own programs, the oldest from 15 on; None where there is none."""
    debian = sorted(
        (folder for folder in Path("/usr/lib/postgresql").glob("*/bin") if folder.parent.name.isdigit()),
        key=lambda folder: int(folder.parent.name),
    )
    for folder in debian:
        if int(folder.parent.name) >= 15 and (folder / "initdb").exists():
            return folder
    found = shutil.which("initdb")
    return Path(found).resolve().parent if found else None


@dataclass(frozen=True)
class Server:
    """A server that runs; `folder` holds its data and its socket."""

    folder: str

    def url(self, database: str) -> str:
        """The SQLAlchemy address of one of its databases."""
        return f"postgresql+psycopg://{SERVER_USER}@/{database}?host={self.folder}"

    def run(self, statement: str) -> None:
        """Run one statement outside of any transaction."""
        with psycopg.connect(
            host=self.folder, user=SERVER_USER, dbname="postgres", autocommit=True
        ) as connection:
            connection.execute(statement.encode())

    @contextlib.contextmanager
    def empty_database(self) -> Iterator[str]:
        """The address of a database without tables; dropped at the end."""
        with self._database("template1") as url:
            yield url

    @contextlib.contextmanager
    def migrated_database(self) -> Iterator[str]:
        """The address of a database at the newest revision, with empty tables; dropped at the end."""
        with self._database(TEMPLATE) as url:
            yield url

    @contextlib.contextmanager
    def _database(self, template: str) -> Iterator[str]:
        name = f"test_{uuid4().hex}"
        self.run(
            f'CREATE DATABASE "{name}" TEMPLATE "{template}" STRATEGY FILE_COPY'
        )  # quicker for a small one
        try:
            yield self.url(name)
        finally:
            self.run(f'DROP DATABASE "{name}" WITH (FORCE)')


def shared_server(common: Path, bin_folder: Path, until_ends: int) -> Server:
    """The server of this run: the first process that asks starts it, under a lock; others read where it is.

    `common` is a folder that all processes of the run know; the server ends with the process `until_ends`.
    """
    state = common / "postgres.json"
    with (common / "postgres.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not state.exists():
            server = _start(bin_folder, until_ends)
            server.run(f'CREATE DATABASE "{TEMPLATE}"')
            template = Store(server.url(TEMPLATE))
            migrate.upgrade(template)
            template.close()
            state.write_text(json.dumps({"folder": server.folder}), encoding="utf-8")
    return Server(json.loads(state.read_text(encoding="utf-8"))["folder"])


def _start(bin_folder: Path, until_ends: int) -> Server:
    """Start the keeper, which starts the server, and wait for it. Raises RuntimeError with its words."""
    command = [sys.executable, __file__, str(bin_folder), str(until_ends)]
    keeper = subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        cwd=Path(__file__).parent.parent,
        env={**os.environ, "PYTHONPATH": "."},
        start_new_session=True,
    )
    assert keeper.stdout is not None
    said = []
    with keeper.stdout as lines:
        for line in lines:
            if line.startswith(READY):
                keeper.returncode = 0  # it is on its own now: nobody here waits for it
                return Server(line.split(maxsplit=1)[1].strip())
            said.append(line)
    keeper.wait()
    raise RuntimeError("PostgreSQL did not start:\n" + "".join(said))


class _Unprivileged(TypedDict, total=False):
    """The arguments of subprocess that give a process another user."""

    user: int
    group: int
    extra_groups: list[int]


def _unprivileged() -> _Unprivileged:
    """Whom the server runs as where this process is root; nothing where it may run as this one."""
    if os.geteuid() != 0:
        return {}
    for name in (SERVER_USER, "nobody"):
        with contextlib.suppress(KeyError):
            known = pwd.getpwnam(name)
            return {"user": known.pw_uid, "group": known.pw_gid, "extra_groups": []}
    raise RuntimeError("root may not run PostgreSQL, and there is neither a user postgres nor nobody")


def keep(bin_folder: Path, until_ends: int) -> None:
    """The keeper: make a server, say that it is ready, and stop and remove it when that process has ended."""
    folder = Path(tempfile.mkdtemp(prefix="mgr-pg-"))
    whom = _unprivileged()
    try:
        if whom:
            os.chown(folder, whom["user"], whom["group"])
        data = folder / "data"
        subprocess.run(
            [bin_folder / "initdb", f"--pgdata={data}", f"--username={SERVER_USER}", *INITDB],
            cwd=folder,
            env={"PATH": os.defpath},
            stdout=subprocess.PIPE,  # kept from the line that says "ready"
            check=True,
            **whom,
        )
        _serve(bin_folder, folder, data, whom, until_ends)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _serve(bin_folder: Path, folder: Path, data: Path, whom: _Unprivileged, until_ends: int) -> None:
    options = {**OPTIONS, "unix_socket_directories": str(folder)}
    command = [str(bin_folder / "postgres"), "-D", str(data)]
    for name, value in options.items():
        command += ["-c", f"{name}={value}"]
    log = folder / "log"
    with log.open("w") as out:
        server = subprocess.Popen(
            command, cwd=folder, env={"PATH": os.defpath}, stdout=out, stderr=subprocess.STDOUT, **whom
        )
    try:
        if not _answers(folder, server):
            print(log.read_text(encoding="utf-8", errors="replace"))
            return
        print(READY, folder, flush=True)
        while _runs(until_ends) and server.poll() is None:
            time.sleep(WATCH_SECONDS)
    finally:
        server.send_signal(signal.SIGINT)  # a fast shutdown: whoever is still connected is let go
        with contextlib.suppress(subprocess.TimeoutExpired):
            server.wait(5)
        server.kill()
        server.wait()


def _answers(folder: Path, server: "subprocess.Popen[bytes]") -> bool:
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until and server.poll() is None:
        try:
            with psycopg.connect(host=str(folder), user=SERVER_USER, dbname="postgres"):
                return True
        except psycopg.OperationalError:
            time.sleep(0.05)
    return False


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


if __name__ == "__main__":
    keep(Path(sys.argv[1]), int(sys.argv[2]))
