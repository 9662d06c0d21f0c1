"""The archive of a backup: one .tar.gz that says what is in it and can prove it.

Its first member is manifest.json: which program wrote it, at which revision the database stood, how many rows
each table held, and name, size and SHA-256 of every other member. These are the database and the stored files.
Nothing else is taken from an archive: a member whose name, size or hash the manifest does not give ends the
reading, so that no archive writes outside of the folder it is unpacked in.
"""

import gzip
import hashlib
import io
import json
import os
import re
import tarfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Literal, cast

from pydantic import BaseModel, ConfigDict, ValidationError

from crm.core.problems import Problem

MANIFEST = "manifest.json"
SQLITE_PART = "database.sqlite3"
POSTGRES_PART = "database.dump"
FILES = "files/"

PIECE = 1024 * 1024
MOST_MANIFEST_BYTES = 256 * 1024 * 1024
COMPRESSION = 3
"""gzip's level: half the size of a database in a fifth of the time of the highest level; photographs keep theirs."""

IS_HASH = re.compile(r"[0-9a-f]{64}")
_PART_NAME = re.compile(rf"{re.escape(SQLITE_PART)}|{re.escape(POSTGRES_PART)}|{FILES}{IS_HASH.pattern}")


class Part(BaseModel):
    """One member of an archive; size in bytes."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    size: int
    sha256: str


class Manifest(BaseModel):
    """What an archive says of itself.

    `counts` are rows per table, taken from the copy. `damaged` are stored files that no longer had the content
    that their name stands for when the backup was made: they could not be saved.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: Literal[1] = 1
    program: Literal["meguri"] = "meguri"
    version: str
    engine: Literal["sqlite", "postgresql"]
    db_schema: str | None = None
    revision: str
    epoch: str | None
    made_at: datetime
    counts: dict[str, int]
    parts: tuple[Part, ...]
    damaged: tuple[str, ...] = ()

    @property
    def database_part(self) -> str:
        return SQLITE_PART if self.engine == "sqlite" else POSTGRES_PART

    @property
    def files(self) -> int:
        """How many stored files it holds."""
        return sum(part.name.startswith(FILES) for part in self.parts)


Progress = Callable[[int, int], None]
"""Called with bytes done and bytes in all; may raise to end the work."""


def part_of(path: Path, name: str) -> Part:
    """A file as a part of an archive, by its size and hash."""
    digest, size = hashlib.sha256(), 0
    with path.open("rb") as file:
        while piece := file.read(PIECE):
            digest.update(piece)
            size += len(piece)
    return Part(name=name, size=size, sha256=digest.hexdigest())


class _Meter:
    """Counts bytes that went by, of so many in all."""

    def __init__(self, manifest: Manifest, progress: Progress) -> None:
        self._done, self._total = 0, sum(part.size for part in manifest.parts)
        self._progress = progress

    def passed(self, size: int) -> None:
        self._done += size
        self._progress(self._done, self._total)


class _Watched:
    """A file whose reading is counted."""

    def __init__(self, file: IO[bytes], meter: _Meter) -> None:
        self._file, self._meter = file, meter

    def read(self, size: int = -1) -> bytes:
        piece = self._file.read(size)
        self._meter.passed(len(piece))
        return piece


def write(target: Path, manifest: Manifest, sources: Mapping[str, Path], progress: Progress) -> None:
    """Write an archive, readable by its owner only, and see that it is on disk. `target` must not exist."""
    text = json.dumps(manifest.model_dump(mode="json"), ensure_ascii=False, indent=1).encode()
    meter = _Meter(manifest, progress)
    descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as out:
        with (
            gzip.GzipFile(filename="", fileobj=out, mode="wb", compresslevel=COMPRESSION) as packed,
            tarfile.open(fileobj=packed, mode="w|", format=tarfile.PAX_FORMAT) as tar,
        ):
            tar.addfile(_member(MANIFEST, len(text), manifest.made_at), io.BytesIO(text))
            for part in manifest.parts:
                with sources[part.name].open("rb") as source:
                    tar.addfile(
                        _member(part.name, part.size, manifest.made_at),
                        cast(IO[bytes], _Watched(source, meter)),
                    )
        out.flush()
        os.fsync(out.fileno())


def _member(name: str, size: int, at: datetime) -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    member.size, member.mtime, member.mode = size, int(at.astimezone(UTC).timestamp()), 0o600
    return member


def read_manifest(archive: Path) -> Manifest:
    """What an archive says of itself, unproved. Raises Problem "backup_unreadable", "backup_damaged"."""
    with _opened(archive) as (tar, _packed):
        return _manifest(tar)


def keep_name(folder: Path) -> None:
    """See that the names in a folder are on disk, not only the files they stand for."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def read(
    archive: Path, progress: Progress, into: Path | None = None, *, only_database: bool = False
) -> Manifest:
    """Read an archive to its end and prove every part of it.

    With `into` it is unpacked into that folder, all of it or only the database.
    Raises Problem "backup_unreadable" (no archive of ours), "backup_damaged" (why: what does not fit).
    """
    with _opened(archive) as (tar, packed):
        manifest = _manifest(tar)
        wanted = {part.name: part for part in manifest.parts}
        meter = _Meter(manifest, progress)
        while (member := tar.next()) is not None:
            part = wanted.pop(member.name, None)
            content = tar.extractfile(member) if part is not None and member.isreg() else None
            if part is None or content is None or member.size != part.size:
                raise Problem("backup_damaged", why=f"unexpected member {member.name[:80]!r}")
            unpacked = into is not None and (not only_database or part.name == manifest.database_part)
            _prove(part, content, into if unpacked else None, meter)
        while packed.read(PIECE):
            pass  # to the very end, where gzip keeps its own checksum
    if wanted:
        raise Problem("backup_damaged", why=f"{len(wanted)} parts are missing")
    return manifest


def _prove(part: Part, content: IO[bytes], into: Path | None, meter: _Meter) -> None:
    digest = hashlib.sha256()
    target = place_of(part.name, into) if into is not None else Path(os.devnull)
    with os.fdopen(os.open(target, os.O_WRONLY | os.O_CREAT, 0o600), "wb") as out:
        while piece := content.read(PIECE):
            digest.update(piece)
            out.write(piece)
            meter.passed(len(piece))
        if into is not None:
            out.flush()
            os.fsync(out.fileno())
    if digest.hexdigest() != part.sha256:
        raise Problem("backup_damaged", why=f"checksum of {part.name}")


def place_of(name: str, folder: Path) -> Path:
    """Where a part lies once it is unpacked; its folder is made."""
    if name.startswith(FILES):
        sha256 = name.removeprefix(FILES)
        target = folder / "files" / sha256[:2] / sha256
        target.parent.mkdir(parents=True, exist_ok=True)
        return target
    return folder / name


@contextmanager
def _opened(archive: Path) -> Iterator[tuple[tarfile.TarFile, gzip.GzipFile]]:
    """An archive from its beginning; what the libraries below say of a broken one becomes one Problem."""
    try:
        with gzip.open(archive, "rb") as packed, tarfile.open(fileobj=packed, mode="r|") as tar:
            yield tar, packed
    except gzip.BadGzipFile as why:
        raise Problem("backup_unreadable", why=str(why)) from why
    except (tarfile.TarError, zlib.error, EOFError) as why:
        raise Problem("backup_damaged", why=str(why)) from why


def _manifest(tar: tarfile.TarFile) -> Manifest:
    first = tar.next()
    content = tar.extractfile(first) if first is not None and first.name == MANIFEST else None
    if first is None or content is None or first.size > MOST_MANIFEST_BYTES:
        raise Problem("backup_unreadable", why="no manifest")
    try:
        manifest = Manifest.model_validate_json(content.read())
    except ValidationError as why:
        raise Problem("backup_unreadable", why=f"manifest: {why.errors()[0]['msg']}") from why
    names = [part.name for part in manifest.parts]
    if len(set(names)) != len(names) or not all(_PART_NAME.fullmatch(name) for name in names):
        raise Problem("backup_unreadable", why="manifest: names of parts")
    if manifest.database_part not in names:
        raise Problem("backup_unreadable", why="manifest: no database")
    return manifest
