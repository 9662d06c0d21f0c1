"""The texts of an XLSX, which its cells refer to by number."""

import re
from collections.abc import Iterator
from zipfile import ZipFile

from crm.core.problems import Problem
from crm.sheets.limits import Limits
from crm.sheets.xml_parts import Attributes, Parser, fed, local, parser, tags_ahead

_ESCAPED = re.compile("_x([0-9A-Fa-f]{4})_")
LOST = "\ufffd"


def unescaped(text: str) -> str:
    """Give a text with its _x000D_ written out: so XLSX has what XML cannot hold (ECMA-376-1, 22.9.2.19)."""
    return _ESCAPED.sub(_character, text) if "_x" in text else text


def _character(found: re.Match[str]) -> str:
    code = int(found[1], 16)
    return LOST if 0xD800 <= code <= 0xDFFF else chr(code)


def shared_texts(package: ZipFile, part: str, limits: Limits) -> Iterator[str]:
    """Give the texts in order, without readings (ふりがな), cut one character after the longest allowed.

    Raises Problem "too_many_cells" (there are more texts than cells allowed), "too_much_text".
    """
    for (ahead,) in tags_ahead(package, part, b"<si>"):
        if ahead > limits.cells:
            raise Problem("too_many_cells", cells=ahead, limit=limits.cells)
    done: list[str] = []
    reader = _text_parser(done, limits.cell_chars)
    count = chars = 0
    with package.open(part) as stream:
        for _ in fed(reader, stream):
            count += len(done)
            chars += sum(map(len, done))
            if count > limits.cells:
                raise Problem("too_many_cells", cells=count, limit=limits.cells)
            if chars > limits.text_chars:
                raise Problem("too_much_text", limit=limits.text_chars)
            yield from done
            done.clear()


def _text_parser(done: list[str], longest: int) -> Parser:
    """Make a parser that adds to `done` each text of the table as its end is reached."""
    reader = parser()
    names: dict[str, str] = {}
    text = ""
    taking = reading = False

    def start(tag: str, _attributes: Attributes) -> None:
        nonlocal text, taking, reading
        name = names.get(tag) or names.setdefault(tag, local(tag))
        if name == "t":
            taking = not reading
        elif name == "si":
            text = ""
        elif name == "rPh":
            reading = True

    def end(tag: str) -> None:
        nonlocal taking, reading
        name = names[tag]
        if name == "t":
            taking = False
        elif name == "si":
            done.append(unescaped(text))
        elif name == "rPh":
            reading = False

    def data(piece: str) -> None:
        nonlocal text
        if taking and len(text) <= longest:
            text += piece[: longest + 1]

    reader.StartElementHandler = start
    reader.EndElementHandler = end
    reader.CharacterDataHandler = data
    return reader
