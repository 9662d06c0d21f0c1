"""Fixtures that all tests share. What each gives is said by its docstring; the machinery stands beside it."""

import os
import shutil
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest

from crm import config
from crm.config import Settings
from crm.core.clock import TOKYO, FixedClock
from crm.db import migrate
from crm.db.store import Store
from tests import postgres
from tests.needs import lacking
from tests.postgres import Server

NOW = datetime(2026, 6, 15, 10, 0, tzinfo=TOKYO)
SECRET = "Zk3vQ9-tests-only-b7Xw2LmP0sRj5HdY"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Settings of an installation of this test's own, opened by plain HTTP on localhost."""
    instance = tmp_path / "instance"
    instance.mkdir()
    return config.load(instance, {}, secret_key=SECRET, base_url="http://localhost")


@pytest.fixture
def clock() -> FixedClock:
    """A clock that stands at 10:00 on Monday 15 June 2026 in Japan until the test moves it."""
    return FixedClock(NOW)


# ---- databases


@pytest.fixture(scope="session")
def _common(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that all processes of this run share."""
    folder = tmp_path_factory.getbasetemp()
    return folder.parent if "PYTEST_XDIST_WORKER" in os.environ else folder


@pytest.fixture(scope="session")
def postgres_server(_common: Path) -> Server:
    """The PostgreSQL server of this run."""
    programs = postgres.programs()
    if programs is None:
        lacking("PostgreSQL 15", debian="postgresql")
    # With xdist this process is a child of the run; the server ends with the run.
    run = os.getppid() if "PYTEST_XDIST_WORKER" in os.environ else os.getpid()
    return postgres.shared_server(_common, programs, run)


@pytest.fixture(scope="session")
def _migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An SQLite file at the newest revision, to copy."""
    path = tmp_path_factory.mktemp("migrated") / "meguri.sqlite3"
    made = Store(f"sqlite:///{path}")
    migrate.upgrade(made)
    made.close()
    return path


@pytest.fixture
def sqlite_store(settings: Settings, _migrated_file: Path) -> Iterator[Store]:
    """An SQLite database at the newest revision, with empty tables."""
    shutil.copy(_migrated_file, settings.instance / "meguri.sqlite3")
    opened = Store(settings.database)
    yield opened
    opened.close()


@pytest.fixture
def postgres_store(postgres_server: Server) -> Iterator[Store]:
    """A PostgreSQL database at the newest revision, with empty tables."""
    with postgres_server.migrated_database() as url:
        opened = Store(url)
        yield opened
        opened.close()


EITHER = ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)]


@pytest.fixture(params=EITHER)
def store(request: pytest.FixtureRequest) -> Store:
    """A database at the newest revision, with empty tables: the test runs once on each engine."""
    found: Store = request.getfixturevalue(f"{request.param}_store")
    return found


@pytest.fixture(params=EITHER)
def empty_store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    """A database without tables: the test runs once on each engine."""
    if request.param == "sqlite":
        opened = Store(f"sqlite:///{tmp_path / 'empty.sqlite3'}")
        yield opened
        opened.close()
        return
    server: Server = request.getfixturevalue("postgres_server")
    with server.empty_database() as url:
        opened = Store(url)
        yield opened
        opened.close()
