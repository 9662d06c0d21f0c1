"""What the tests need of a machine: missing is a failure on CI and a skip elsewhere; what they start ends with them."""

import subprocess
import sys
import time
from pathlib import Path

import pytest

from crm.db import migrate
from crm.db.store import Store
from tests import postgres
from tests.needs import lacking


def test_on_ci_nothing_may_be_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CI", "true")
    with pytest.raises(pytest.fail.Exception, match="apt-get install chromium"):
        lacking("a browser", debian="chromium")


def test_elsewhere_a_test_is_skipped_and_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CI", raising=False)
    with pytest.raises(pytest.skip.Exception, match="apt-get install chromium"):
        lacking("a browser", debian="chromium")


@pytest.mark.postgres
def test_the_server_of_a_run_ends_with_it_and_leaves_nothing(
    postgres_server: postgres.Server, tmp_path: Path
) -> None:
    programs = postgres.programs()
    assert programs is not None
    run = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    server = postgres.shared_server(tmp_path, programs, run.pid)
    assert server.folder != postgres_server.folder
    assert postgres.shared_server(tmp_path, programs, run.pid) == server, "there is one per run"
    with server.migrated_database() as url:
        store = Store(url)
        assert migrate.current(store) == migrate.newest()
        store.close()
    run.communicate()
    until = time.monotonic() + 20
    while Path(server.folder).exists():
        assert time.monotonic() < until, "the server is still there"
        time.sleep(0.1)
