"""Stored files, by the hash of their content: the same content is kept once, a name never decides a path."""

import hashlib
import os
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

from crm.core.problems import Missing, TooLarge

PIECE = 1024 * 1024
DRAFT = "draft-"


@dataclass(frozen=True)
class StoredFile:
    """A stored file: `sha256` in hex, size in bytes."""

    sha256: str
    size: int


class Files:
    """The folder of an installation that holds files."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def path(self, sha256: str) -> Path:
        """Where the content of this hash lies; raises Missing when it is not there."""
        path = self._path(sha256)
        if not path.exists():
            raise Missing("file_missing", sha256=sha256[:12])
        return path

    def _path(self, sha256: str) -> Path:
        if len(sha256) != 64 or not set(sha256) <= set("0123456789abcdef"):
            raise Missing("file_missing", sha256="?")
        return self.folder / sha256[:2] / sha256

    def keep(self, content: BinaryIO, *, most: int) -> StoredFile:
        """Store content; raises TooLarge "upload_too_large" (most_mb) as soon as it is over the limit.

        Written beside its place and moved there when whole and on disk: a file under its hash is never half.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        draft = self.folder / f"{DRAFT}{secrets.token_hex(8)}"
        hashed, size = hashlib.sha256(), 0
        try:
            with draft.open("wb") as out:
                while piece := content.read(PIECE):
                    size += len(piece)
                    if size > most:
                        raise TooLarge("upload_too_large", field="file", most_mb=most // (1024 * 1024))
                    hashed.update(piece)
                    out.write(piece)
                out.flush()
                os.fsync(out.fileno())
            target = self._path(hashed.hexdigest())
            target.parent.mkdir(exist_ok=True)
            draft.replace(target)
        finally:
            draft.unlink(missing_ok=True)
        return StoredFile(hashed.hexdigest(), size)

    def all(self) -> list[StoredFile]:
        """Every stored file, by hash."""
        if not self.folder.exists():
            return []
        return sorted(
            (StoredFile(p.name, p.stat().st_size) for p in self.folder.glob("??/*") if p.is_file()),
            key=lambda f: f.sha256,
        )

    def is_newer(self, sha256: str, than: datetime) -> bool:
        """Whether this content was stored, or stored once more, after a moment; False where it is not there."""
        path = self._path(sha256)
        return path.exists() and _stored_at(path) > than

    def remove(self, sha256: str) -> bool:
        """Remove this content; False where it was not there (any more)."""
        path = self._path(sha256)
        known = path.exists()
        path.unlink(missing_ok=True)
        return known

    def sweep_drafts(self, before: datetime) -> int:
        """Remove what processes left half written that died before a moment; how many files."""
        left = [path for path in self.folder.glob(f"{DRAFT}*") if _stored_at(path) < before]
        for path in left:
            path.unlink(missing_ok=True)
        return len(left)


def _stored_at(path: Path) -> datetime:
    return datetime.fromtimestamp(path.stat().st_mtime, UTC)
