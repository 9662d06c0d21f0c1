"""Files as they are handed in, and what an import made of them."""

import csv
import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import openpyxl

from crm.db.tracked import Author, Via
from crm.sheets.reading import Table, read_table
from crm.territory.imports import apply as taking
from crm.territory.imports.apply import Options, Outcome
from crm.territory.imports.compare import Prepared
from crm.territory.imports.kinds import COLUMNS, ImportKind
from crm.territory.imports.limits import limits_of
from crm.territory.imports.preview import RowPreview, Verdict
from tests.world import World

DAY = date(2026, 6, 1)
REAL = Path(__file__).parents[4] / "shared" / "data" / "ichinoseki_towns.csv"
"""The real list of the town, where this machine has it."""


def as_csv(rows: Sequence[Sequence[object]], encoding: str = "utf-8") -> bytes:
    """The rows as a CSV file; the first is the header."""
    out = io.StringIO(newline="")
    csv.writer(out).writerows(rows)
    return out.getvalue().encode(encoding)


def as_xlsx(rows: Sequence[Sequence[object]], sheet: str = "Sheet1") -> bytes:
    """The rows as an Excel file."""
    book = openpyxl.Workbook()
    page = book.active
    assert page is not None
    page.title = sheet
    for row in rows:
        page.append(list(row))
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


@dataclass(frozen=True)
class Desk:
    """Where files are handed in."""

    world: World
    folder: Path
    kind: ImportKind = ImportKind.DISTRICTS
    day: date = DAY
    create_territories: bool = False

    @property
    def options(self) -> Options:
        return Options(self.kind, self.day, self.create_territories)

    def read(self, content: bytes | Sequence[Sequence[object]]) -> Table:
        """A file, given as bytes or as rows of a CSV."""
        path = self.folder / "handed-in"
        path.write_bytes(content if isinstance(content, bytes) else as_csv(content))
        return read_table(path, COLUMNS[self.kind], limits=limits_of(self.world.settings))

    def preview(self, content: bytes | Sequence[Sequence[object]]) -> Prepared:
        return taking.preview(self.world.store, self.read(content), self.options)

    def take(
        self,
        content: bytes | Sequence[Sequence[object]],
        *,
        agreed: str | None = None,
        check: Callable[[], None] = lambda: None,
    ) -> Outcome:
        """Take a file in; `check` runs when everything is ready, just before the transaction begins."""
        author = Author(self.world.manager.id, Via.COMMAND)
        return taking.apply(
            self.world.store, self.read(content), self.options, author, agreed=agreed, check=check
        )


def verdicts(prepared: Prepared) -> list[str]:
    """What becomes of each row."""
    return [row.verdict.value for row in prepared.rows]


def changes(row: RowPreview) -> Mapping[str, tuple[str, str]]:
    """From what to what, by column."""
    return {one.column: (one.before, one.after) for one in row.changes}


def reasons(row: RowPreview) -> list[tuple[str | None, str]]:
    """Column and code of what is wrong with a row."""
    assert row.verdict is Verdict.ERROR
    return [(one.field, one.code) for one in row.problems]
