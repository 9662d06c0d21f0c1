"""Housekeeping: files that nobody came back for are cleared after a month, and the trail tells of it."""

import io
import os
from collections.abc import Sequence
from datetime import timedelta

import pytest
from flask.testing import FlaskClient

from crm.files import Files
from crm.jobs import housekeeping, service
from crm.jobs.clock import ask_for_nightly_work
from crm.jobs.housekeeping import HOUSEKEEPING, KEPT_FOR
from crm.jobs.models import Job, State
from crm.jobs.rules import BACKUP
from crm.jobs.running import Premises
from tests.features.territory.files import as_csv
from tests.world import World

FIRST = [["コード", "地域", "行政区名"], ["0301", "一関", "末広1区"]]
SECOND = [["コード", "地域", "行政区名"], ["0302", "花泉", "末広2区"]]


@pytest.fixture
def client(world: World) -> FlaskClient:
    return world.client(world.manager)


def handed_in(world: World, client: FlaskClient, rows: Sequence[Sequence[str]]) -> str:
    data = {"kind": "districts", "on": "2026-06-01", "file": (io.BytesIO(as_csv(rows)), "行政区.csv")}
    answer = client.post("/imports", data=data)
    world.work()
    return answer.headers["Location"].rsplit("/", 1)[1]


def stored(world: World) -> int:
    return len(Files(world.settings.files).all())


def tidied(world: World, after: timedelta) -> FlaskClient:
    """So much later, the files as old as they would be then, the clock asks for housekeeping.

    Gives a new browser of the manager: the one of then is signed out meanwhile.
    """
    world.clock.advance(after)
    laid_down = (world.clock.now() - after).timestamp()
    for path in world.settings.files.glob("**/*"):
        os.utime(path, (laid_down, laid_down))
    premises = Premises(world.settings, world.store, world.clock)
    assert ask_for_nightly_work(premises, {HOUSEKEEPING: housekeeping.handler(())})
    world.work()
    return world.client(world.manager)


def test_a_file_that_was_handed_in_and_never_taken_in_is_cleared_after_a_month(
    world: World, client: FlaskClient
) -> None:
    preview = handed_in(world, client, FIRST)
    assert stored(world) == 2  # the file, and the rows of its preview
    client = tidied(world, KEPT_FOR + timedelta(hours=1))
    assert stored(world) == 0
    assert client.get(f"/imports/{preview}").status_code == 303
    page = client.get(f"/jobs/{preview}").text
    assert "30日のあいだ使われなかったため、ファイルを消しました。" in page
    assert "もう一度はじめから行う" not in page
    assert client.post(f"/jobs/{preview}/again").status_code == 409


def test_the_trail_tells_what_was_cleared(world: World, client: FlaskClient) -> None:
    preview = handed_in(world, client, FIRST)
    client = tidied(world, KEPT_FOR + timedelta(hours=1))
    (told,) = world.trail("job")
    assert str(told.entity_id) == preview
    assert told.account_id is None
    assert told.facts == {"kind": ["import.preview", None], "files": [2, None]}
    assert "作業" in client.get("/audit?entity=job").text


def test_a_file_is_kept_for_its_month(world: World, client: FlaskClient) -> None:
    preview = handed_in(world, client, FIRST)
    client = tidied(world, KEPT_FOR - timedelta(hours=1))
    assert stored(world) == 2
    assert "末広1区" in client.get(f"/imports/{preview}").text


def test_a_file_that_was_taken_in_stays(world: World, client: FlaskClient) -> None:
    preview = handed_in(world, client, FIRST)
    client.post(f"/imports/{preview}/apply")
    world.work()
    handed_in(world, client, SECOND)
    client = tidied(world, KEPT_FOR + timedelta(hours=1))
    assert stored(world) == 2
    assert "末広1区" in client.get(f"/imports/{preview}").text


def test_a_file_that_was_handed_in_once_more_stays_for_the_later_time(
    world: World, client: FlaskClient
) -> None:
    handed_in(world, client, FIRST)
    world.clock.advance(timedelta(days=20))
    later = handed_in(world, client, FIRST)
    client = tidied(world, timedelta(days=15))
    assert "末広1区" in client.get(f"/imports/{later}").text


def test_a_file_laid_down_this_very_day_waits_for_the_next_night(world: World, client: FlaskClient) -> None:
    preview = handed_in(world, client, FIRST)
    world.clock.advance(KEPT_FOR + timedelta(hours=1))
    for path in world.settings.files.glob("??/*"):
        os.utime(path, (world.clock.now().timestamp(),) * 2)  # a restore lays files down anew
    ask_for_nightly_work(
        Premises(world.settings, world.store, world.clock), {HOUSEKEEPING: housekeeping.handler(())}
    )
    world.work()
    assert stored(world) == 2
    assert "末広1区" in world.client(world.manager).get(f"/imports/{preview}").text


def test_files_wait_for_the_next_day_while_a_backup_copies_them(world: World, client: FlaskClient) -> None:
    handed_in(world, client, FIRST)
    with world.store.writing() as session:
        backup = service.ask(
            session, BACKUP, slot="by hand", title="", arguments={}, asked_by=None, now=world.clock.now()
        )
        backup.state, backup.beat_at = State.RUNNING, world.clock.now() + KEPT_FOR + timedelta(hours=1)
        backup_id = backup.id
    tidied(world, KEPT_FOR + timedelta(hours=1))
    assert stored(world) == 2
    with world.store.writing() as session:
        session.get_one(Job, backup_id).state = State.DONE
    tidied(world, timedelta(days=1))
    assert stored(world) == 0


def test_half_written_files_of_dead_processes_go_too(world: World) -> None:
    left = world.settings.files / "draft-0123456789abcdef"
    left.parent.mkdir(parents=True, exist_ok=True)
    left.write_bytes(b"half")
    tidied(world, timedelta(days=2))
    assert not left.exists()


def test_the_page_of_the_work_says_how_much_went(world: World, client: FlaskClient) -> None:
    handed_in(world, client, FIRST)
    client = tidied(world, KEPT_FOR + timedelta(hours=1))
    with world.writing(world.manager) as session:
        job_id = service.ask(
            session,
            HOUSEKEEPING,
            slot=world.clock.today().isoformat(),
            title="",
            arguments={},
            asked_by=None,
            now=world.clock.now(),
        ).id
    page = client.get(f"/jobs/{job_id}").text
    assert "使われなかったものの片付け" in page
    assert "2件" in page
