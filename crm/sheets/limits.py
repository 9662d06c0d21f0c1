"""How large a file from outside may be, and what reading it may cost."""

from dataclasses import dataclass

MIB = 1024 * 1024

EXIT_MEMORY = 77
"""Exit status of the reading process when memory ran out so far that no answer could be written."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What a file may hold and what reading it may cost; beyond that it is refused with a clear answer.

    The default takes 45,300 rows of 33 columns. Figures: `file_bytes` as uploaded, `unpacked_bytes` all parts
    of an XLSX together, `ratio` unpacked to packed (real workbooks reach about 20), `entries` parts of an
    XLSX, `rows` the last row that may hold anything, `columns` likewise, `cell_chars` and `text_chars`
    characters in one cell and in all, `cells` of one sheet, `seconds` of wall clock and of processor,
    `memory_bytes` address space of the reader.
    """

    file_bytes: int = 20 * MIB
    unpacked_bytes: int = 200 * MIB
    ratio: int = 100
    entries: int = 2_000
    rows: int = 100_000
    columns: int = 60
    cell_chars: int = 2_000
    cells: int = 1_500_000
    text_chars: int = 20_000_000
    seconds: float = 60.0
    memory_bytes: int = 256 * MIB
