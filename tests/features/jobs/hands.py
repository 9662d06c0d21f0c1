"""Names for what the fixtures give, and a start for several processes at once."""

import subprocess
import time
from collections.abc import Callable
from typing import TypeAlias
from uuid import UUID

from crm.jobs.queries import JobRow

Ask: TypeAlias = Callable[..., UUID]
Look: TypeAlias = Callable[[UUID], JobRow]
Start: TypeAlias = Callable[..., "subprocess.Popen[str]"]


def go(*processes: "subprocess.Popen[str]") -> None:
    """Let processes that stand ready begin, all at once."""
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()


def wait_until(happened: Callable[[], object], seconds: float = 20) -> None:
    """Wait for something that happens elsewhere; fails when it has not after so many seconds."""
    until = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < until, "it never happened"
        time.sleep(0.02)
