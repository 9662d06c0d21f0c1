"""What the tests of long work share."""

import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from crm.config import Settings
from crm.core.clock import FixedClock
from crm.db.store import Store
from crm.jobs import queries, service
from crm.jobs.queries import JobRow
from crm.jobs.running import Premises
from tests.features.jobs.hands import Ask, Look, Start
from tests.features.jobs.post_office import PostOffice, open_post_office

ROOT = Path(__file__).parents[3]


@pytest.fixture
def premises(settings: Settings, store: Store, clock: FixedClock) -> Premises:
    """What an installation has: settings, store, clock."""
    return Premises(settings, store, clock)


@pytest.fixture
def ask(store: Store, clock: FixedClock) -> Ask:
    """Ask for a job, in a transaction of its own."""

    def asked(
        kind: str,
        slot: str = "1",
        arguments: Mapping[str, Any] | None = None,
        *,
        title: str = "",
        by: UUID | None = None,
    ) -> UUID:
        with store.writing() as session:
            return service.ask(
                session,
                kind,
                slot=slot,
                title=title,
                arguments=arguments or {},
                asked_by=by,
                now=clock.now(),
            ).id

    return asked


@pytest.fixture
def look(store: Store) -> Look:
    """A job as it stands now."""

    def looked(job_id: UUID) -> JobRow:
        with store.reading() as session:
            return queries.job(session, job_id)

    return looked


@pytest.fixture
def office() -> Iterator[PostOffice]:
    """A real SMTP server on a port of its own."""
    with open_post_office() as opened:
        yield opened


@pytest.fixture
def start(store: Store, settings: Settings) -> Iterator[Start]:
    """Start a process that works on the store of this test; it begins when a line is written to it."""
    started: list[subprocess.Popen[str]] = []

    def begin(task: str, smtp_port: int = 1) -> "subprocess.Popen[str]":
        url = store.url.render_as_string(hide_password=False)
        process = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "tests.features.jobs.worker",
                task,
                url,
                str(settings.instance),
                str(smtp_port),
            ],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        return process

    yield begin
    for process in started:
        process.kill()
        process.communicate()
