"""How a database stands, and rows per table: what a copy is compared by."""

from collections.abc import Mapping
from dataclasses import dataclass

import sqlalchemy as sa

from crm.core.problems import Problem


def counts(connection: sa.Connection) -> dict[str, int]:
    """How many rows each table holds, on either engine."""
    names = sorted(sa.inspect(connection).get_table_names())
    return {
        name: connection.scalar(sa.select(sa.func.count()).select_from(sa.table(name))) or 0 for name in names
    }


@dataclass(frozen=True)
class Standing:
    """How a database stands: its revision, the epoch it lives in (hex), rows per table."""

    revision: str
    epoch: str | None
    counts: dict[str, int]


def standing(connection: sa.Connection) -> Standing:
    """How a database stands. Raises Problem "database_not_made" where it holds no tables of ours."""
    found = counts(connection)
    if not {"alembic_version", "installation"} <= found.keys():
        raise Problem("database_not_made")
    revision = connection.scalar(sa.text("SELECT version_num FROM alembic_version"))
    epoch = connection.scalar(sa.text("SELECT epoch FROM installation"))
    if revision is None:
        raise Problem("database_not_made")
    return Standing(str(revision), None if epoch is None else str(epoch).replace("-", ""), found)


def compare(found: Mapping[str, int], expected: Mapping[str, int]) -> None:
    """Raise Problem "counts_differ" (table, found, expected) for the first table that is not as it should be."""
    for name in sorted(found.keys() | expected.keys()):
        if found.get(name) != expected.get(name):
            raise Problem(
                "counts_differ", table=name, found=found.get(name, "-"), expected=expected.get(name, "-")
            )
