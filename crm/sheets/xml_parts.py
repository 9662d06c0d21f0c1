"""Reading the XML inside an XLSX: always as a stream, never with a DOCTYPE, never a tree.

The parser is expat itself. openpyxl reads 45,300 rows of 14 cells in about twice the time, holds a whole row
as a tree before anything can be counted, and takes dates in the Japanese built-in formats (27–36, 50–58) for
numbers.
"""

import posixpath
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import IO
from xml.parsers import expat  # nosec B407
from zipfile import BadZipFile, ZipFile

from crm.core.problems import Problem

CHUNK = 64 * 1024

LONGEST_TAG = 16 * CHUNK
"""Bytes without the end of a tag that no spreadsheet writes; expat would read them again and again."""

Attributes = dict[str, str]
Parser = expat.XMLParserType


class Doctype(Exception):
    """The XML declares a document type. No spreadsheet does; entity bombs must."""


def parser() -> Parser:
    """Make a parser that refuses a document type, and with it every entity, and gives text in one piece."""
    made = expat.ParserCreate()
    made.buffer_text = True
    made.buffer_size = CHUNK

    def refuse(*_declared: object) -> None:
        raise Doctype

    made.StartDoctypeDeclHandler = refuse
    return made


@contextmanager
def broken_told() -> Iterator[None]:
    """Turn what zipfile, zlib and expat say of a damaged file into Problem "file_broken"."""
    try:
        yield
    except expat.ExpatError as wrong:
        if wrong.code == expat.errors.codes[expat.errors.XML_ERROR_NO_MEMORY]:
            raise MemoryError from wrong
        raise Problem("file_broken") from wrong
    except (BadZipFile, zlib.error, EOFError, Doctype, KeyError, ValueError, IndexError) as wrong:
        raise Problem("file_broken") from wrong


def fed(reader: Parser, part: IO[bytes]) -> Iterator[None]:
    """Feed a part to the parser, stopping after each chunk so that what was read can be taken."""
    since_tag = 0
    while chunk := part.read(CHUNK):
        since_tag = 0 if b">" in chunk else since_tag + len(chunk)
        if since_tag > LONGEST_TAG:
            raise ValueError("no end of a tag")
        reader.Parse(chunk, False)
        yield
    reader.Parse(b"", True)
    yield


def tags_ahead(package: ZipFile, name: str, *tags: bytes) -> Iterator[tuple[int, ...]]:
    """Count tags in the unpacked bytes of a part, without parsing them: b"<row" and the like, so far, again and again.

    Tags with a prefix are missed: this is there to refuse early what is counted again later.
    """
    counts = [0] * len(tags)
    tail = b""
    with package.open(name) as part:
        while chunk := part.read(LONGEST_TAG):
            window = tail + chunk
            cut = max(0, window.rfind(b"<"))
            tail = window[cut:]
            if len(tail) > LONGEST_TAG:
                raise ValueError("no end of a tag")
            counts = [count + window.count(tag, 0, cut) for count, tag in zip(counts, tags, strict=True)]
            yield tuple(counts)


def local(name: str) -> str:
    """Give a tag or attribute without its prefix."""
    return name.rpartition(":")[2]


def each_element(package: ZipFile, name: str, told: Callable[[str, str, Attributes], None]) -> None:
    """Tell of every element of a small part: name of its parent, its own name, its attributes; no prefixes.

    Raises KeyError when there is no such part.
    """
    reader = parser()
    open_tags = [""]

    def start(tag: str, attributes: Attributes) -> None:
        told(open_tags[-1], local(tag), {local(key): value for key, value in attributes.items()})
        open_tags.append(local(tag))

    def end(_tag: str) -> None:
        open_tags.pop()

    reader.StartElementHandler = start
    reader.EndElementHandler = end
    with package.open(name) as part:
        for _ in fed(reader, part):
            pass


def related(package: ZipFile, source: str) -> dict[str, tuple[str, str]]:
    """Give what a part refers to: by id the kind (last word of its type) and the name of the other part."""
    folder, _, file = source.rpartition("/")
    found: dict[str, tuple[str, str]] = {}

    def told(_parent: str, name: str, attributes: Attributes) -> None:
        if name == "Relationship" and attributes.get("TargetMode") != "External":
            target = posixpath.normpath(posixpath.join("/", folder, attributes.get("Target", "")))
            kind = attributes.get("Type", "").rpartition("/")[2]
            found[attributes.get("Id", "")] = (kind, target.lstrip("/"))

    name = posixpath.join(folder, "_rels", f"{file}.rels")
    if name in package.NameToInfo:
        each_element(package, name, told)
    return found
