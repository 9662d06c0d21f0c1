"""Reading one worksheet of an XLSX as a stream of rows, counting while it flows."""

import re
from collections.abc import Collection, Iterator, Sequence

from crm.core.problems import Problem
from crm.sheets.cell_values import PLAIN, Format, Unshowable, iso_text, number_text
from crm.sheets.first_look import FROM_BYTES, FirstLook
from crm.sheets.rows import RawRow
from crm.sheets.shared_texts import unescaped
from crm.sheets.sheet_stream import Taken, XmlRow, sheet_parser
from crm.sheets.text import ODD, column_index, column_letter
from crm.sheets.workbook import SheetEntry, Workbook
from crm.sheets.xml_parts import Attributes, broken_told, fed, tags_ahead

DIGITS = "0123456789"
LAST_ROW = re.compile(r"\$?[A-Z]+\$?([0-9]+)$")


class XlsxSheet:
    """One worksheet, open for reading once."""

    encoding = "xlsx"

    def __init__(self, book: Workbook, entry: SheetEntry) -> None:
        self.name = entry.name
        self._book = book
        self._entry = entry
        self._part = entry.part
        self._taken = Taken()
        self._last = 0
        self._count = 0
        self._cells = 0
        self._columns = _Columns()
        self._plain = _plain_styles(book.formats)

    def merged(self) -> tuple[str, ...]:
        """Give the merged ranges ("A3:A9"), ten thousand at most; known only when all rows were given."""
        return tuple(self._taken.merged)

    def count_ahead(self) -> None:
        """Count rows and cells in the unpacked stream before it is parsed, which takes twenty times longer.

        Raises Problem "too_many_rows", "too_many_cells". Tags with a prefix are missed here and counted
        later.
        """
        with broken_told():
            for rows, *cells in tags_ahead(self._book.package, self._part, b"<row", b"<c ", b"<c>"):
                self._check_counts(rows, sum(cells))

    def suspects(self, read: Collection[int], width: int) -> Iterator[RawRow]:
        """Give the rows of a large sheet that will most likely be refused; of a small one, none."""
        package, texts = self._book.package, self._book.texts()
        if package.getinfo(self._part).file_size < FROM_BYTES:
            return
        odd = [number for number, text in enumerate(texts) if ODD.search(text)]
        look = FirstLook(read, range(width, self._book.limits.columns), odd)
        other = XlsxSheet(self._book, self._entry)  # for this one may be half read already
        reader = sheet_parser(other._taken, self._book.limits.cell_chars)
        with broken_told(), package.open(self._part) as part:
            reader.Parse(b"<worksheet>", False)
            for row in look.rows(part):
                reader.Parse(row, False)
                yield from (other._row(each, texts) for each in other._taken.rows)
                other._taken.rows.clear()

    def rows(self) -> Iterator[RawRow]:
        """Give the rows in order; rows that the file leaves out are left out.

        Raises Problem "too_many_rows", "too_many_columns", "too_many_cells", "file_broken", and those of the
        texts.
        """
        texts = self._book.texts()
        taken = self._taken
        reader = sheet_parser(taken, self._book.limits.cell_chars)
        with broken_told(), self._book.package.open(self._part) as part:
            for _ in fed(reader, part):
                taken.check_width()
                if taken.claim:
                    self._check_claim(taken.claim)
                    taken.claim = ""
                for row in taken.rows:
                    yield self._row(row, texts)
                taken.rows.clear()
                self._check_counts(self._count, self._cells)

    def _check_counts(self, rows: int, cells: int) -> None:
        limits = self._book.limits
        if rows > limits.rows:
            raise Problem("too_many_rows", rows=rows, limit=limits.rows)
        if cells > limits.cells:
            raise Problem("too_many_cells", cells=cells, limit=limits.cells)

    def _check_claim(self, claim: str) -> None:
        """Believe what the sheet says of its own size, when that is too large."""
        last = LAST_ROW.search(claim)
        if last and int(last[1][:9]) > self._book.limits.rows:
            raise Problem("too_many_rows", rows=int(last[1][:9]), limit=self._book.limits.rows)

    def _row(self, row: XmlRow, shared: list[str]) -> RawRow:
        number = int(row.attributes.get("r") or self._last + 1)
        if number <= self._last:
            raise ValueError("rows out of order")
        self._last = number
        self._count += 1
        self._cells += len(row.cells)
        texts: list[str] = []
        odd: dict[int, str] = {}
        for index, text, attributes in self._filled(row):
            kind = attributes.get("t")
            if kind == "s" and text.isdecimal():
                shown = shared[int(text)]
            elif kind is None and text.isdecimal() and text[0] != "0" and attributes.get("s") in self._plain:
                shown = text
            else:
                shown, problem = self._value(text, kind, attributes.get("s"))
                if problem:
                    odd[index] = problem
            if len(texts) != index:
                texts.extend(_gap(texts, index))
            texts.append(shown)
        for position in row.formulas:
            odd[self._index(row.cells, position)] = "formula_cell"
        self._check_extent(number, texts)
        return RawRow(number, texts, odd)

    def _filled(self, row: XmlRow) -> Iterator[tuple[int, str, Attributes]]:
        """The cells of a row that hold anything: column, text as the XML has it, attributes."""
        columns = self._columns
        cells, formulas = row.cells, row.formulas
        for position, text in enumerate(row.texts):
            if text or position in formulas:
                attributes = cells[position]
                reference = attributes.get("r")
                if reference:
                    yield columns[reference.rstrip(DIGITS)], text, attributes
                else:
                    yield self._index(cells, position), text, attributes

    def _index(self, cells: list[Attributes], position: int) -> int:
        """The column of a cell; one that does not say stands to the right of the one before."""
        for before in range(position, -1, -1):
            if reference := cells[before].get("r"):
                return self._columns[reference.rstrip(DIGITS)] + position - before
        return position

    def _value(self, text: str, kind: str | None, style: str | None) -> tuple[str, str]:
        """The text that the cell shows, and the code of what is wrong with it, or ""."""
        match kind:
            case None | "n":
                return self._number(text.strip(), style)
            case "str" | "inlineStr":
                return unescaped(text), ""
            case "s" if not text.strip():
                return "", ""
            case "s":
                raise ValueError("a text without number")
            case "b":
                return ("TRUE" if text.strip() == "1" else "FALSE"), ""
            case "d":
                return iso_text(text.strip()), ""
            case _:
                return text, "error_cell"

    def _number(self, raw: str, style: str | None) -> tuple[str, str]:
        if not raw:
            return "", ""
        formats = self._book.formats
        chosen = int(style or 0)
        try:
            how = formats[chosen] if chosen < len(formats) else PLAIN
            return number_text(raw, how, from_1904=self._book.from_1904), ""
        except Unshowable:
            return raw, "date_out_of_range"

    def _check_extent(self, number: int, texts: list[str]) -> None:
        limits = self._book.limits
        if number > limits.rows and texts:
            raise Problem("too_many_rows", rows=number, limit=limits.rows)
        if len(texts) > limits.columns and "".join(texts[limits.columns :]).strip():
            raise Problem(
                "too_many_columns", row=number, column=column_letter(len(texts) - 1), limit=limits.columns
            )


def _plain_styles(formats: Sequence[Format]) -> frozenset[str | None]:
    """The styles, as the XML names them, under which a number is shown as it is."""
    plain = {str(number) for number, how in enumerate(formats) if how is PLAIN}
    return frozenset(plain | {None} if formats[0] is PLAIN else plain)


class _Columns(dict[str, int]):
    """Positions of columns by their letters, worked out once each."""

    def __missing__(self, letters: str) -> int:
        self[letters] = column_index(letters)
        return self[letters]


def _gap(texts: list[str], index: int) -> list[str]:
    if len(texts) > index:
        raise ValueError("cells out of order")
    return [""] * (index - len(texts))
