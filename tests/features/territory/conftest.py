"""Where files are handed in."""

from dataclasses import replace
from pathlib import Path

import pytest

from crm.territory.imports.kinds import ImportKind
from tests.features.territory.files import REAL, Desk
from tests.world import World


@pytest.fixture
def desk(world: World, tmp_path: Path) -> Desk:
    """Takes files with districts; the test runs once on each engine."""
    return Desk(world, tmp_path)


@pytest.fixture
def sqlite_desk(sqlite_world: World, tmp_path: Path) -> Desk:
    """The same on SQLite only, for what has nothing to do with the engine."""
    return Desk(sqlite_world, tmp_path)


@pytest.fixture
def places_desk(desk: Desk) -> Desk:
    """Takes files with neighbourhoods."""
    return replace(desk, kind=ImportKind.PLACES)


@pytest.fixture
def real_file() -> Path:
    """The real list of the town."""
    if not REAL.is_file():
        pytest.skip("the real list of the town (../shared/data/ichinoseki_towns.csv) is not on this machine")
    return REAL
