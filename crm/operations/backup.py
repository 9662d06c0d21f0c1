"""Backup: database and stored files in one archive, taken while people work, and read back before it counts.

What is not in it: the secret key and config.toml. An archive travels, on a stick, to another office; who holds
the key could sign in as anybody, and config.toml may hold the password of the mail server. After a restore on
a new machine a new key is made, which costs everybody one sign-in.
"""

import shutil
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from importlib.metadata import version
from pathlib import Path

import sqlalchemy as sa

from crm.config import Settings
from crm.core.clock import TOKYO, SystemClock
from crm.core.problems import Problem
from crm.db.store import Store
from crm.files import Files
from crm.i18n import gettext as _
from crm.operations import archive, postgres_copy, sqlite_copy
from crm.operations.archive import FILES, IS_HASH, POSTGRES_PART, SQLITE_PART, Manifest
from crm.operations.counts import Standing, compare, counts, standing
from crm.operations.messages import STEPS
from crm.operations.steps import Step, Tell, tell_nobody

NIGHTLY, BY_HAND = "nightly", "backup"
ENDING = ".tar.gz"
DRAFT = "draft-"
DRAFT_LIVES = timedelta(hours=24)
SPARE_BYTES = 64 * 1024 * 1024


@dataclass(frozen=True)
class BackupReport:
    """What came of a backup; size in bytes. `damaged`: stored files that could not be saved."""

    path: Path
    made_at: datetime
    size: int
    rows: int
    files: int
    damaged: tuple[str, ...]
    removed: tuple[str, ...]


@dataclass(frozen=True)
class _Copy:
    path: Path
    part: str
    schema: str | None
    standing: Standing


def make_backup(
    store: Store,
    settings: Settings,
    target_folder: Path,
    tell: Tell = tell_nobody,
    *,
    now: datetime,
    nightly: bool = False,
) -> BackupReport:
    """Back an installation up into a new archive of that folder, and read it back.

    The archive gets its name only when it has been proved: checksums, SQLite's own integrity check, and rows
    per table. Nightly ones beyond `backup_keep` are removed then, the oldest first; others never.
    Raises Problem "database_not_made", "disk_full", "database_damaged", "counts_differ", "pg_program_missing",
    "pg_program_failed".
    """
    target_folder.mkdir(parents=True, exist_ok=True)
    sweep(target_folder, DRAFT)
    _check_room(store, settings, target_folder)
    with _draft(target_folder) as draft:
        copy = _copy(store, draft, tell)
        manifest, sources = _manifest(store, settings, copy, tell, now)
        packed = draft / f"archive{ENDING}"
        archive.write(packed, manifest, sources, lambda done, all_: tell(Step.PACKING, done, all_))
        copy.path.unlink()
        _prove(store, packed, draft / "read-back", tell)
        path = _named(packed, target_folder, NIGHTLY if nightly else BY_HAND, now)
    return BackupReport(
        path=path,
        made_at=now,
        size=path.stat().st_size,
        rows=sum(manifest.counts.values()),
        files=manifest.files,
        damaged=manifest.damaged,
        removed=_thin_out(target_folder, settings.backup_keep) if nightly else (),
    )


@contextmanager
def _draft(folder: Path) -> Iterator[Path]:
    """A folder for unfinished work beside the archives, which its owner only may enter; removed at the end."""
    made = Path(tempfile.mkdtemp(prefix=DRAFT, dir=folder))
    try:
        yield made
    finally:
        shutil.rmtree(made, ignore_errors=True)


def sweep(folder: Path, prefix: str) -> None:
    """Remove what processes left behind that died in the middle of a backup or a restore, a day ago or more."""
    limit = time.time() - DRAFT_LIVES.total_seconds()
    for left in folder.glob(f"{prefix}*"):
        if left.stat().st_mtime < limit:
            shutil.rmtree(left, ignore_errors=True)


def _check_room(store: Store, settings: Settings, folder: Path) -> None:
    """Refuse before anything is written where the disk would fill up: twice the database, once the files."""
    needed = 2 * _database_bytes(store) + sum(file.size for file in Files(settings.files).all()) + SPARE_BYTES
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise Problem("disk_full", needed=needed // 1024**2, free=free // 1024**2)


def _database_bytes(store: Store) -> int:
    if store.path is not None:
        return store.path.stat().st_size if store.path.exists() else 0
    with store.engine.connect() as connection:
        return int(connection.scalar(sa.text("SELECT pg_database_size(current_database())")) or 0)


def _copy(store: Store, draft: Path, tell: Tell) -> _Copy:
    tell(Step.COPYING, 0, 0)
    if store.path is None:
        path = draft / POSTGRES_PART
        dump = postgres_copy.dump(store.engine, path, lambda: tell(Step.COPYING, 0, 0))
        return _Copy(path, POSTGRES_PART, dump.schema, dump.standing)
    if not store.path.exists():
        raise Problem("database_not_made")
    path = draft / SQLITE_PART
    sqlite_copy.copy_sqlite(store.path, path, lambda done, total: tell(Step.COPYING, done, total))
    with sqlite_copy.opened(path) as connection:
        return _Copy(path, SQLITE_PART, None, standing(connection))


def _manifest(
    store: Store, settings: Settings, copy: _Copy, tell: Tell, now: datetime
) -> tuple[Manifest, dict[str, Path]]:
    """What the archive will say of itself, and where each part of it lies.

    Files are looked at after the copy of the database was taken: a file is stored before a row names it, so
    that every file the copy names is among them.
    """
    parts = [archive.part_of(copy.path, copy.part)]
    sources, damaged, kept = {copy.part: copy.path}, [], Files(settings.files)
    stored = [file for file in kept.all() if IS_HASH.fullmatch(file.sha256)]
    for number, file in enumerate(stored, 1):
        found = archive.part_of(kept.path(file.sha256), f"{FILES}{file.sha256}")
        if found.sha256 == file.sha256:
            parts.append(found)
            sources[found.name] = kept.path(file.sha256)
        else:
            damaged.append(file.sha256)
        tell(Step.LOOKING, number, len(stored))
    manifest = Manifest(
        version=version("meguri"),
        engine="sqlite" if store.is_sqlite else "postgresql",
        db_schema=copy.schema,
        revision=copy.standing.revision,
        epoch=copy.standing.epoch,
        made_at=now,
        counts=copy.standing.counts,
        parts=tuple(parts),
        damaged=tuple(damaged),
    )
    return manifest, sources


def _prove(store: Store, packed: Path, workspace: Path, tell: Tell) -> None:
    """Read an archive back from its beginning to its end, and its database too."""
    workspace.mkdir()
    manifest = archive.read(
        packed, lambda done, total: tell(Step.CHECKING, done, total), workspace, only_database=True
    )
    database = workspace / manifest.database_part
    if manifest.engine == "sqlite":
        sqlite_copy.check_sqlite(database)
        with sqlite_copy.opened(database) as connection:
            compare(counts(connection), manifest.counts)
    else:
        compare(postgres_copy.counts_in(database), manifest.counts)
    shutil.rmtree(workspace)


def _named(packed: Path, folder: Path, kind: str, now: datetime) -> Path:
    """Give a proved archive its name; one made in the same second gets the next number, never the same name."""
    stamp = f"{kind}-{now.astimezone(TOKYO):%Y%m%d-%H%M%S}"
    number = 1
    while True:
        path = folder / (f"{stamp}{ENDING}" if number == 1 else f"{stamp}-{number}{ENDING}")
        if not path.exists():
            packed.rename(path)
            archive.keep_name(folder)
            return path
        number += 1


def _thin_out(folder: Path, keep: int) -> tuple[str, ...]:
    surplus = nightly_backups(folder)[keep:]
    for path in surplus:
        path.unlink(missing_ok=True)
    return tuple(path.name for path in surplus)


def nightly_backups(folder: Path) -> list[Path]:
    """The nightly archives of a folder, the newest first."""
    return _newest_first(folder.glob(f"{NIGHTLY}-*{ENDING}"))


def all_backups(folder: Path) -> list[Path]:
    """Every archive of a folder, the newest first by the time in its name."""
    return _newest_first([*folder.glob(f"{NIGHTLY}-*{ENDING}"), *folder.glob(f"{BY_HAND}-*{ENDING}")])


def _newest_first(paths: Iterable[Path]) -> list[Path]:
    """By the time in the name: a copied file may have lost its own."""
    return sorted(paths, key=lambda path: path.name.removesuffix(ENDING).partition("-")[2], reverse=True)


def in_words(size: int) -> str:
    """A size in bytes as people read it: 12 kB below a megabyte, 3.4 MB above (of 1024 and 1024² bytes)."""
    return f"{size / 1024**2:,.1f} MB" if size >= 1024**2 else f"{-(-size // 1024)} kB"


def run(store: Store, settings: Settings, folder: Path | None, say: Callable[[str], None]) -> BackupReport:
    """`crm backup`: make one by hand and tell of it in words."""
    told: list[Step] = []

    def tell(step: Step, _done: int, _total: int) -> None:
        if step not in told:
            told.append(step)
            say(_("%(step)s…", step=str(STEPS[step])))

    report = make_backup(store, settings, folder or settings.backups, tell, now=SystemClock().now())
    say(
        _(
            "バックアップを作り、読み返して確かめました:%(path)s(%(size)s、%(rows)s行、ファイル%(files)s件)",
            path=report.path,
            size=in_words(report.size),
            rows=f"{report.rows:,}",
            files=f"{report.files:,}",
        )
    )
    if report.damaged:
        say(
            _(
                "壊れていて入れられなかったファイルが%(count)s件あります(%(first)s…)。crm doctor で確かめてください。",
                count=len(report.damaged),
                first=report.damaged[0][:12],
            )
        )
    return report
