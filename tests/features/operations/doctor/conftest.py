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
    house.backup()
    for path in house.settings.instance.iterdir():
        path.chmod(0o700 if path.is_dir() else 0o600)  # as the command makes them, under its umask
    return house
