"""When the demo's town of last time is kept, and when it is built anew."""

import json
from pathlib import Path

import pytest

from crm.db import migrate
from crm.demo import build


def test_a_migration_that_was_changed_changes_the_fingerprint(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "versions").mkdir()
    step = tmp_path / "versions" / "0001_first.py"
    step.write_text("a", encoding="utf-8")
    monkeypatch.setattr(migrate, "FOLDER", tmp_path)
    before = migrate.fingerprint()
    assert migrate.fingerprint() == before
    step.write_text("b", encoding="utf-8")
    assert migrate.fingerprint() != before
    changed = migrate.fingerprint()
    (tmp_path / "versions" / "0002_second.py").write_text("c", encoding="utf-8")
    assert migrate.fingerprint() != changed


@pytest.mark.parametrize(("schema", "kept"), [(None, False), ("other", False), ("same", True)])
def test_a_town_whose_tables_were_made_otherwise_is_not_kept(
    tmp_path: Path, schema: str | None, kept: bool
) -> None:
    mark = {} if schema is None else {"schema": migrate.fingerprint() if schema == "same" else schema}
    (tmp_path / build.DONE).write_text(json.dumps({**mark, "revision": migrate.newest()}), encoding="utf-8")
    assert build.is_current(tmp_path) is kept


@pytest.mark.parametrize("text", ["", "{", "[]"])
def test_a_mark_that_cannot_be_read_is_none(tmp_path: Path, text: str) -> None:
    (tmp_path / build.DONE).write_text(text, encoding="utf-8")
    assert not build.is_current(tmp_path)
    settings = build.demo_settings(tmp_path, host="127.0.0.1", port=9000)
    assert not settings.weak_secret()
