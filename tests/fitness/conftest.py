"""The town with one of everything in it, made once for all tests of a file: they look, and change nothing."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from crm import config
from crm.core.clock import FixedClock
from crm.db.store import Store
from tests import world as town
from tests.conftest import SECRET
from tests.samples import Samples, gathered
from tests.world import Serve


@pytest.fixture(scope="module")
def samples(tmp_path_factory: pytest.TempPathFactory, migrated_file: Path, serve: Serve) -> Iterator[Samples]:
    """One of everything that an address can name, on SQLite."""
    instance = tmp_path_factory.mktemp("instance")
    shutil.copy(migrated_file, instance / "meguri.sqlite3")
    settings = config.load(instance, {}, secret_key=SECRET, base_url="http://localhost")
    store, clock = Store(settings.database), FixedClock(town.NOW)
    yield gathered(town.build(serve(settings, store, clock), store, settings, clock))
    store.close()
