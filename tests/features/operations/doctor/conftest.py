"""An installation in good order, for the doctor to find what a test does to it."""

import pytest

from crm.core.clock import FixedClock, SystemClock
from tests.features.operations.house import House


@pytest.fixture
def clock() -> FixedClock:
    """A clock that stands at this moment: the audit trail is written by the machine's own."""
    return FixedClock(SystemClock().now())


@pytest.fixture
def healthy(house: House) -> House:
    """An installation with a manager and a backup; only its mail server is not set up."""
    if house.store.is_sqlite:
        (house.settings.instance / "meguri.sqlite3").chmod(0o600)
    house.backup()
    return house
