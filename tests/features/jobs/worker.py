"""A process that runs jobs or sends mail, for tests that start several of them or kill one.

python -m tests.features.jobs.worker jobs|mail|clock DATABASE_URL INSTANCE [SMTP_PORT]
"""

import os
import sys
import time
from pathlib import Path

from crm.config import load
from crm.core.clock import SystemClock
from crm.db.store import Store
from crm.jobs import outbox
from crm.jobs.clock import Ticks, work_until_told
from crm.jobs.running import Premises, Work, run_next


def note(path: str, line: str) -> None:
    """Add a line to a file in one write, so that several processes may."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.write(descriptor, f"{line}\n".encode())
    os.close(descriptor)


def count(work: Work) -> None:
    """Leave one line per run."""
    note(work.arguments["file"], work.slot)


def linger(work: Work) -> dict[str, int]:
    """Go on until a file named "go" lies beside the notes; leave one line per start."""
    note(work.arguments["file"], f"{work.slot} started")
    for step in range(10_000):
        if Path(work.arguments["file"]).with_name("go").exists():
            return {"steps": 10}
        work.progress(min(step, 9), 10, "数えています")
        time.sleep(0.02)
    raise TimeoutError


KINDS = {"count": count, "linger": linger}


def premises(url: str, instance: str, smtp_port: str = "1") -> Premises:
    """What the installation of a test has."""
    settings = load(
        Path(instance),
        {},
        database_url=url,
        smtp_host="127.0.0.1",
        smtp_port=int(smtp_port),
        smtp_security="none",
        mail_from="めぐり <meguri@example.jp>",
        backup_at="",
    )
    return Premises(settings, Store(url), SystemClock())


def main(task: str, *where: str) -> None:
    """Do the task until nothing is left to do; "clock" until told to end."""
    ours = premises(*where)
    print("ready", flush=True)
    sys.stdin.readline()
    if task == "mail":
        while outbox.send_due(ours.store, ours.settings, ours.clock):
            pass
    elif task == "clock":
        work_until_told(ours, KINDS, Ticks(jobs=0.1, mail=60, night=60))
    else:
        while run_next(ours, KINDS):
            pass


if __name__ == "__main__":
    main(*sys.argv[1:])
