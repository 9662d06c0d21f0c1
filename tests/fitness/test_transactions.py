"""Where transactions may end, and that nothing goes around the trail of tracked tables.

A use case never commits: its request or its job does. What writes to tracked tables without the flush, or in
words, would leave no trail, and only crm.db may; crm.operations copies and looks at whole databases.
"""

import ast
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

ENDS = ("crm/db/*", "crm/web/pages.py", "crm/jobs/*", "crm/operations/*")
WHOLE = ("crm/db/*", "crm/operations/*")
MAY: dict[str, tuple[str, ...]] = {
    "commit": ENDS,
    "rollback": ENDS,
    "connection": WHOLE,
    "exec_driver_sql": WHOLE,
    "text": (*WHOLE, "crm/*/models.py"),  # the condition of an index is words too
    "bulk_save_objects": (),
    "bulk_insert_mappings": (),
    "bulk_update_mappings": (),
}
"""Which calls are watched, and the files in which they may stand."""

SQL_MODULES = frozenset({"sa", "sqlalchemy", "sqlmodel"})


def _watched(call: ast.Call) -> str | None:
    """The name of a watched call; `text` only where it is SQLAlchemy's."""
    if isinstance(call.func, ast.Attribute):
        name, owner = call.func.attr, call.func.value
        if name == "text" and not (isinstance(owner, ast.Name) and owner.id in SQL_MODULES):
            return None
        return name if name in MAY else None
    return None


def _may(path: str, name: str) -> bool:
    return any(fnmatch(path, where) for where in MAY[name])


def _imported_text(tree: ast.Module) -> Iterator[int]:
    """Lines that import `text` by name, past which its calls could not be told from others."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] in SQL_MODULES:
            yield from (node.lineno for alias in node.names if alias.name == "text")


def mistakes(path: str, source: str) -> list[str]:
    """Calls that may not stand in the file of this path (from the project's root)."""
    tree = ast.parse(source)
    found = [
        (node.lineno, name)
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and (name := _watched(node)) and not _may(path, name)
    ]
    found += [(line, "text") for line in _imported_text(tree) if not _may(path, "text")]
    return [f"{path}:{line}: {name}" for line, name in sorted(found)]


def test_only_requests_and_jobs_end_transactions_and_only_the_database_package_writes_past_the_orm() -> None:
    found = []
    for file in sorted((ROOT / "crm").rglob("*.py")):
        found += mistakes(file.relative_to(ROOT).as_posix(), file.read_text(encoding="utf-8"))
    assert found == []


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ("crm/visits/service.py", "session.commit()"),
        ("crm/visits/views.py", "session().commit()"),
        ("crm/visits/service.py", "self.session.rollback()"),
        ("crm/visits/service.py", "session.connection().execute(statement)"),
        ("crm/jobs/service.py", "session.connection()"),
        ("crm/visits/service.py", "session.execute(sa.text('UPDATE account SET name = 1'))"),
        ("crm/visits/service.py", "from sqlalchemy import select, text"),
        ("crm/visits/service.py", "session.bulk_save_objects(rows)"),
        ("crm/db/tracked.py", "session.bulk_insert_mappings(Account, rows)"),
    ],
)
def test_a_planted_call_is_found(path: str, line: str) -> None:
    assert len(mistakes(path, line)) == 1


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ("crm/jobs/service.py", "session.commit()"),
        ("crm/web/pages.py", "session.commit()"),
        ("crm/db/tracked.py", "session.connection().execute(sa.insert(table), rows)"),
        ("crm/paper/paper.py", "self.paper.text('令和8年')"),
        ("crm/groups/models.py", "sa.Index('ix', 'name', sqlite_where=sa.text('territory_id IS NULL'))"),
        ("crm/operations/counts.py", "connection.scalar(sa.text('SELECT epoch FROM installation'))"),
    ],
)
def test_what_is_in_its_place_passes(path: str, line: str) -> None:
    assert mistakes(path, line) == []
