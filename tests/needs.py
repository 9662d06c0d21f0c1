"""What a machine may lack: on CI that is a failure, elsewhere a skip that says what to install."""

import os
from typing import NoReturn

import pytest


def lacking(what: str, *, debian: str) -> NoReturn:
    """End this test for want of a program; `debian` is the package that brings it."""
    reason = f"{what} was not found; on Debian and its kin: sudo apt-get install {debian}"
    if os.environ.get("CI"):
        pytest.fail(f"{reason} (CI is set: nothing may be left out)", pytrace=False)
    pytest.skip(reason)
