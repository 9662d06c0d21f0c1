"""The elements of a worksheet, taken from its XML as they flow by."""

from typing import NamedTuple

from crm.sheets.xml_parts import Attributes, Parser, local, parser

WIDEST = 16_384
"""Columns a spreadsheet has at most (A–XFD); a row of more cells is no row."""

MOST_MERGED = 10_000


class XmlRow(NamedTuple):
    """A row as the XML has it: its attributes, those of its cells, their texts, which are formulas."""

    attributes: Attributes
    cells: list[Attributes]
    texts: list[str]
    formulas: set[int]


class Taken:
    """What the parser has met so far; whoever feeds it takes the rows away."""

    def __init__(self) -> None:
        self.row = XmlRow({}, [], [], set())
        self.rows: list[XmlRow] = []
        self.merged: list[str] = []
        self.claim = ""

    def check_width(self) -> None:
        """Raise ValueError when the row that is being read has more cells than there are columns."""
        if len(self.row.cells) > WIDEST:
            raise ValueError("more cells than columns")


def sheet_parser(taken: Taken, longest: int) -> Parser:
    """Make a parser that fills `taken`. Texts are cut one character after the longest allowed.

    The handlers run for every cell of a large file: they are closures, for that is the fastest Python has,
    and know tags by the prefix that the root element has.
    """
    reader = parser()
    row_tag = cell_tag = value_tag = text_tag = formula_tag = phonetic_tag = ""
    cells: list[Attributes] = []
    texts: list[str] = []
    taking = phonetic = False

    def root(tag: str, _attributes: Attributes) -> None:
        nonlocal row_tag, cell_tag, value_tag, text_tag, formula_tag, phonetic_tag
        before = tag[: len(tag) - len(local(tag))]
        row_tag, cell_tag, value_tag = f"{before}row", f"{before}c", f"{before}v"
        text_tag, formula_tag, phonetic_tag = f"{before}t", f"{before}f", f"{before}rPh"
        reader.StartElementHandler = start

    def start(tag: str, attributes: Attributes) -> None:
        nonlocal cells, texts, taking, phonetic
        if tag == cell_tag:
            cells.append(attributes)
            texts.append("")
        elif tag == value_tag:
            taking = bool(texts)
        elif tag == row_tag:
            cells, texts = [], []
            taken.row = XmlRow(attributes, cells, texts, set())
        elif tag == text_tag:
            taking = bool(texts) and not phonetic
        elif tag == formula_tag:
            taken.row.formulas.add(len(cells) - 1)
        elif tag == phonetic_tag:
            phonetic = True
        else:
            _note(taken, local(tag), attributes)

    def end(tag: str) -> None:
        nonlocal taking, phonetic
        if tag in (value_tag, text_tag):
            taking = False
        elif tag == row_tag:
            taken.rows.append(taken.row)
        elif tag == phonetic_tag:
            phonetic = False

    def data(piece: str) -> None:
        if taking and len(texts[-1]) <= longest:
            texts[-1] += piece[: longest + 1]

    reader.StartElementHandler = root
    reader.EndElementHandler = end
    reader.CharacterDataHandler = data
    return reader


def _note(taken: Taken, name: str, attributes: Attributes) -> None:
    if name == "mergeCell" and len(taken.merged) < MOST_MERGED:
        taken.merged.append(attributes.get("ref", ""))
    elif name == "dimension":
        taken.claim = attributes.get("ref", "")
