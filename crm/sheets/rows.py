"""What CSV and XLSX files have in common once they are opened: rows of texts."""

from collections.abc import Collection, Iterator, Mapping
from typing import NamedTuple, Protocol


class RawRow(NamedTuple):
    """A row as it stands in the file: its number there, its texts from column A on, what is odd about cells.

    `odd` gives the code of a problem by position: "formula_cell", "error_cell".
    """

    number: int
    texts: list[str]
    odd: Mapping[int, str]

    @property
    def blank(self) -> bool:
        """Whether nothing stands in the row but spaces."""
        return not "".join(self.texts).strip() and not self.odd


class Sheet(Protocol):
    """One table of a file, open for reading once."""

    name: str
    """As the user knows it; "" for CSV."""
    encoding: str

    def rows(self) -> Iterator[RawRow]:
        """Give the rows in order. Raises Problem for what makes the whole sheet unreadable or too large."""

    def suspects(self, read: Collection[int], width: int) -> Iterator[RawRow]:
        """Give rows, if any can be told at a glance, that will most likely be refused.

        `read` are the positions of the columns that are read, `width` that after the last heading.
        """

    def merged(self) -> tuple[str, ...]:
        """Give the merged ranges ("A3:A9"); known only when all rows were given."""
