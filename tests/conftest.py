"""Fixtures that all tests share. What each gives is said by its docstring; the machinery stands beside it."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from jinja2 import FileSystemBytecodeCache
from playwright.sync_api import Browser, Page

from crm import config
from crm.app import create_app
from crm.config import Settings
from crm.core.clock import FixedClock
from crm.db import migrate
from crm.db.store import Store
from tests import browsers, postgres
from tests import live as live_server
from tests import world as town
from tests.live import Live
from tests.needs import lacking
from tests.postgres import Server
from tests.world import Serve, World

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
    return FixedClock(town.NOW)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark whatever drives a browser, so that it can be run in processes of its own."""
    for item in items:
        if "browser" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.browser)


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
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An SQLite file at the newest revision, to copy."""
    path = tmp_path_factory.mktemp("migrated") / "meguri.sqlite3"
    made = Store(f"sqlite:///{path}")
    migrate.upgrade(made)
    made.close()
    return path


@pytest.fixture
def sqlite_store(settings: Settings, migrated_file: Path) -> Iterator[Store]:
    """An SQLite database at the newest revision, with empty tables."""
    shutil.copy(migrated_file, settings.instance / "meguri.sqlite3")
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


# ---- the app and its people


@pytest.fixture(scope="session")
def serve(tmp_path_factory: pytest.TempPathFactory) -> Serve:
    """Makes the app as it is served; the tests of a process compile each template once."""
    compiled = FileSystemBytecodeCache(str(tmp_path_factory.mktemp("templates")))

    def served(settings: Settings, store: Store, clock: FixedClock) -> Flask:
        made = create_app(settings, store=store, clock=clock)
        made.jinja_env.bytecode_cache = compiled
        return made

    return served


@pytest.fixture
def app(serve: Serve, settings: Settings, store: Store, clock: FixedClock) -> Flask:
    """The app on an empty database; the test runs once on each engine."""
    return serve(settings, store, clock)


@pytest.fixture
def world(app: Flask, store: Store, settings: Settings, clock: FixedClock) -> World:
    """A named cast in a small town; the test runs once on each engine."""
    return town.build(app, store, settings, clock)


@pytest.fixture
def sqlite_world(serve: Serve, settings: Settings, sqlite_store: Store, clock: FixedClock) -> World:
    """The same town on SQLite only, for what has nothing to do with the engine."""
    return town.build(serve(settings, sqlite_store, clock), sqlite_store, settings, clock)


# ---- browsers


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    executable = browsers.program()
    if executable is None:
        lacking("chromium", debian="chromium")
    with browsers.running(executable) as running:
        yield running


@pytest.fixture
def browser_page(browser: Browser) -> Iterator[Page]:
    """A page of a fresh browser profile, of the size of a tablet. The test fails when a script of ours does."""
    context = browser.new_context(viewport=browsers.TABLET, locale="ja-JP", timezone_id="Asia/Tokyo")
    page = context.new_page()
    failures: list[str] = []
    page.on("pageerror", lambda error: failures.append(str(error)))
    yield page
    context.close()
    assert not failures, failures


@pytest.fixture
def live(sqlite_world: World) -> Iterator[Live]:
    """The app of `sqlite_world` behind its real server, for a browser."""
    with live_server.serving(sqlite_world) as running:
        yield running
