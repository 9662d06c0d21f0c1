"""What kind of file this is, and whether it may be unpacked: by its first bytes and its table of contents."""

import mmap
import zlib
from enum import StrEnum
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile, ZipInfo

from crm.core.problems import Problem
from crm.sheets.limits import MIB, Limits

OLE2 = bytes.fromhex("d0cf11e0a1b11ae1")
ENCRYPTED_STREAM = "EncryptedPackage".encode("utf-16-le")
ZIP_ENTRY = b"PK\x01\x02"
HEAD = 4096

FOREIGN = (
    (b"%PDF", "PDF"),
    (b"\x89PNG", "PNG"),
    (b"\xff\xd8\xff", "JPEG"),
    (b"GIF8", "GIF"),
    (b"{\\rtf", "RTF"),
    (b"\x1f\x8b", "GZIP"),
    (b"7z\xbc\xaf\x27\x1c", "7z"),
    (b"Rar!", "RAR"),
)
"""First bytes of files that are handed in by mistake, and what to call them."""

FOREIGN_PACKAGES = (
    ("xl/workbook.bin", "Excel .xlsb"),
    ("word/document.xml", "Word .docx"),
    ("ppt/presentation.xml", "PowerPoint .pptx"),
    ("content.xml", "OpenDocument .ods"),
)

RATIO_FROM = MIB
"""Unpacked size from which the ratio counts: a small file is harmless, however well it packs."""


class Kind(StrEnum):
    """The kinds of file that are read."""

    CSV = "csv"
    XLSX = "xlsx"


def kind_of(path: Path) -> Kind:
    """Tell by the content, not by the name, whether a file is CSV or XLSX.

    Raises Problem "file_kind_unknown" (kind), "file_encrypted", "encoding_unknown" (UTF-16).
    """
    with path.open("rb") as file:
        head = file.read(HEAD)
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return Kind.XLSX
    if head.startswith(OLE2):
        if ENCRYPTED_STREAM in path.read_bytes():
            raise Problem("file_encrypted")
        raise Problem("file_kind_unknown", kind="Excel 97-2003 .xls")
    for beginning, name in FOREIGN:
        if head.startswith(beginning):
            raise Problem("file_kind_unknown", kind=name)
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise Problem("encoding_unknown", row=1, offset=0, encoding="UTF-16")
    if head.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"<"):
        raise Problem("file_kind_unknown", kind="HTML/XML")
    if b"\x00" in head:
        raise Problem("file_kind_unknown", kind="?")
    return Kind.CSV


def open_package(path: Path, limits: Limits) -> ZipFile:
    """Open an XLSX after its table of contents has been judged; nothing is unpacked.

    The sizes stated there can be relied on: zipfile never gives more of a part than its stated size.
    Raises Problem "file_unpacks_too_large" (unpacked_mb, limit_mb), "file_encrypted", "file_kind_unknown"
    (kind), "file_broken".
    """
    if _entries(path) > limits.entries:
        raise _too_large(path, limits, unpacked=0)
    try:
        package = ZipFile(path)
    except (BadZipFile, ValueError, OSError, zlib.error) as broken:
        raise Problem("file_broken") from broken
    parts = package.infolist()
    _check_size(path, parts, limits)
    if any(part.flag_bits & 0x1 for part in parts):
        raise Problem("file_encrypted")
    if any(part.compress_type not in (ZIP_STORED, ZIP_DEFLATED) for part in parts):
        raise Problem("file_broken")
    _check_contents({part.filename for part in parts})
    return package


def _entries(path: Path) -> int:
    """How many parts the table of contents can hold, counted before it is read: each takes memory."""
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        count = position = 0
        while (position := content.find(ZIP_ENTRY, position)) >= 0:
            count += 1
            position += len(ZIP_ENTRY)
    return count


def _check_size(path: Path, parts: list[ZipInfo], limits: Limits) -> None:
    unpacked = sum(part.file_size for part in parts)
    if unpacked > limits.unpacked_bytes:
        raise _too_large(path, limits, unpacked)
    if unpacked > RATIO_FROM and unpacked > path.stat().st_size * limits.ratio:
        raise _too_large(path, limits, unpacked)


def _too_large(path: Path, limits: Limits, unpacked: int) -> Problem:
    return Problem(
        "file_unpacks_too_large",
        packed_kb=-(-path.stat().st_size // 1024),
        unpacked_mb=-(-unpacked // MIB),
        limit_mb=limits.unpacked_bytes // MIB,
    )


def _check_contents(names: set[str]) -> None:
    for name, kind in FOREIGN_PACKAGES:
        if name in names:
            raise Problem("file_kind_unknown", kind=kind)
    if "[Content_Types].xml" not in names:
        raise Problem("file_kind_unknown", kind="ZIP")
