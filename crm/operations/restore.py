"""Restore: an archive becomes the installation again, in a new epoch and with its outbox held.

Everything that can be wrong with an archive is found before anything is touched. What was there is moved aside
into a dated folder (a PostgreSQL database: into a dated schema), never deleted; if something fails on the way it
is moved back.

What a backup brings back with it must not come back to life: people sign in again, and one-time links that were
open then are closed, for a device signed out or a link used since the backup would be open again. The secret key
is not in an archive (crm.operations.backup says why); where the installation has none, one is made.
"""

import errno
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import col, select, update

from crm.accounts.models import OneTimeLink, SignIn
from crm.accounts.rules import LETTER_KEYS
from crm.config import Settings, make_secret
from crm.core.clock import TOKYO, SystemClock
from crm.core.problems import Missing, Problem
from crm.db import migrate
from crm.db.store import Store
from crm.files import Files
from crm.i18n import FILTERS
from crm.i18n import gettext as _
from crm.jobs import outbox
from crm.jobs.installation import begin_epoch
from crm.jobs.rules import RESTORED
from crm.operations import archive, postgres_copy, sqlite_copy
from crm.operations.archive import Manifest
from crm.operations.backup import sweep
from crm.operations.counts import compare, counts
from crm.operations.messages import STEPS
from crm.operations.steps import Step, Tell, tell_nobody

ASIDE = "aside-"
STAGING = "restoring-"
KEPT_BY_EVERYBODY = frozenset({"alembic_version", "installation"})
"""Tables that hold a row as soon as a database is made: they alone do not make an installation worth keeping."""


@dataclass(frozen=True)
class RestoreReport:
    """What came of a restore. `aside`: where what was there before lies now; None where there was nothing.

    `cancelled`: letters that waited in the backup with a one-time link, which opens nothing any more.
    """

    manifest: Manifest
    epoch: UUID
    aside: Path | None
    aside_schema: str | None
    upgraded: bool
    cancelled: int


@dataclass(frozen=True)
class _Restored:
    epoch: UUID
    upgraded: bool
    cancelled: int


@dataclass(frozen=True)
class _Moment:
    """When it happens, where what was there goes, and who hears of it."""

    aside: Path
    now: datetime
    tell: Tell


def restore(
    source: Path, settings: Settings, *, force: bool, now: datetime, tell: Tell = tell_nobody
) -> RestoreReport:
    """Bring an archive into an installation that nobody uses at this moment.

    Raises Missing "backup_missing", Problem "backup_unreadable", "backup_damaged", "backup_newer",
    "backup_other_engine", "backup_other_schema", "installation_not_empty" (without `force`), "database_in_use",
    "database_damaged", "database_refuses", "counts_differ", "disk_full", "pg_program_missing",
    "pg_program_failed". After any of them the installation is as it was.
    """
    if not source.is_file():
        raise Missing("backup_missing")
    settings.instance.mkdir(parents=True, exist_ok=True)
    _check_fits(archive.read_manifest(source), settings, source)
    _check_empty(settings, force=force)
    with _staging(settings.instance) as staging:
        manifest = archive.read(source, lambda done, total: tell(Step.CHECKING, done, total), staging)
        (staging / "files").mkdir(exist_ok=True)
        tell(Step.LAYING, 0, 0)
        aside = settings.instance / f"{ASIDE}{now.astimezone(TOKYO):%Y%m%d-%H%M%S}"
        lay = _lay_sqlite if manifest.engine == "sqlite" else _lay_postgres
        restored, schema = lay(manifest, staging, settings, _Moment(aside, now, tell))
    make_secret(settings.instance)
    return RestoreReport(
        manifest,
        restored.epoch,
        aside if aside.exists() else None,
        schema,
        restored.upgraded,
        restored.cancelled,
    )


def _check_fits(manifest: Manifest, settings: Settings, source: Path) -> None:
    """Refuse what this installation can never take, before its gigabytes are read."""
    here = sa.make_url(settings.database).get_backend_name()
    if manifest.engine != here:
        raise Problem("backup_other_engine", engine=manifest.engine, here=here)
    if manifest.revision > migrate.newest():  # revisions are numbers of four digits
        raise Problem("backup_newer", version=manifest.version, revision=manifest.revision)
    needed = sum(part.size for part in manifest.parts)
    free = shutil.disk_usage(settings.instance).free
    if free < needed:
        raise Problem("disk_full", needed=needed // 1024**2, free=free // 1024**2)


def _check_empty(settings: Settings, *, force: bool) -> None:
    if force:
        return
    if any(Files(settings.files).all()):
        raise Problem("installation_not_empty", what=str(settings.files))
    store = Store(settings.database)
    try:
        if store.path is not None and not store.path.exists():
            return
        with store.engine.connect() as connection:
            found = counts(connection)
    except sa.exc.DatabaseError as why:
        raise Problem("installation_not_empty", what=type(why).__name__) from why
    finally:
        store.close()
    if any(rows for name, rows in found.items() if name not in KEPT_BY_EVERYBODY):
        raise Problem("installation_not_empty", what=store.url.database or "")


@contextmanager
def _staging(instance: Path) -> Iterator[Path]:
    sweep(instance, STAGING)
    made = Path(tempfile.mkdtemp(prefix=STAGING, dir=instance))
    try:
        yield made
    finally:
        shutil.rmtree(made, ignore_errors=True)


def _lay_sqlite(
    manifest: Manifest, staging: Path, settings: Settings, moment: _Moment
) -> tuple[_Restored, None]:
    """The copy is made ready where it was unpacked; moving it to its place is the last step, and a short one."""
    copy = staging / manifest.database_part
    sqlite_copy.check_sqlite(copy)
    with sqlite_copy.opened(copy) as connection:
        compare(counts(connection), manifest.counts)
    ready = Store(f"sqlite:///{copy.as_posix()}")
    try:
        restored = _begin_anew(ready, manifest, moment.now)
    finally:
        ready.close()
    sqlite_copy.take_alone(copy)
    target = sa.make_url(settings.database).database
    if not target:  # a database in memory keeps nothing
        raise Problem("database_not_made")
    with _moved_aside(settings, moment.aside, Path(target)):
        _place(copy, Path(target))
        moment.tell(Step.LAYING, 1, 2)
        _place(staging / "files", settings.files)
    return restored, None


def _lay_postgres(
    manifest: Manifest, staging: Path, settings: Settings, moment: _Moment
) -> tuple[_Restored, str | None]:
    copy = staging / manifest.database_part
    compare(postgres_copy.counts_in(copy), manifest.counts)
    store = Store(settings.database)
    try:
        with (
            _moved_aside(settings, moment.aside, None),
            postgres_copy.laid_aside(store.engine, moment.now) as schema,
        ):
            store.close()
            postgres_copy.lay(store.engine, copy, manifest.db_schema or "public")
            with store.engine.connect() as connection:
                compare(counts(connection), manifest.counts)
            restored = _begin_anew(store, manifest, moment.now)
            moment.tell(Step.LAYING, 1, 2)
            _place(staging / "files", settings.files)
            return restored, schema
    finally:
        store.close()


def _begin_anew(store: Store, manifest: Manifest, now: datetime) -> _Restored:
    """Bring the restored database up to this program, and begin its new life."""
    upgraded = manifest.revision != migrate.newest()
    if upgraded:
        migrate.upgrade(store)
    with store.writing() as session:
        session.exec(update(SignIn).where(col(SignIn.ended_at).is_(None)).values(ended_at=now))
        for link in session.exec(select(OneTimeLink).where(col(OneTimeLink.used_at).is_(None))):
            link.used_at = now
        cancelled = outbox.cancel_all(session, LETTER_KEYS, RESTORED, now=now)
        epoch = begin_epoch(session, now=now, hold_outbox=True)
    return _Restored(epoch, upgraded, cancelled)


@contextmanager
def _moved_aside(settings: Settings, aside: Path, database: Path | None) -> Iterator[None]:
    """Move what is there into a dated folder; what is raised inside moves it back."""
    if database is not None and database.exists():
        sqlite_copy.take_alone(database)
    there = [database, *_logs_of(database), settings.files] if database else [settings.files]
    new = [path for path in there if not path.exists()]
    moved: list[tuple[Path, Path]] = []
    try:
        for path in there:
            if path.exists():
                aside.mkdir(exist_ok=True, mode=0o700)
                _place(path, aside / path.name)
                moved.append((path, aside / path.name))
        yield
    except BaseException:
        for path in new:
            _remove(path)
        for path, kept in reversed(moved):
            _remove(path)
            _place(kept, path)
        if moved:
            aside.rmdir()
        raise


def _logs_of(database: Path) -> list[Path]:
    """SQLite's own files beside a database that could not be brought into one file."""
    return [database.with_name(database.name + ending) for ending in ("-wal", "-shm", "-journal")]


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def _place(source: Path, target: Path) -> None:
    """Move a file or folder to its place in one step, also to another disk."""
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        source.rename(target)
    except OSError as why:
        if why.errno != errno.EXDEV:
            raise
        draft = target.with_name(f"{target.name}.{os.getpid()}.draft")
        shutil.move(source, draft)
        draft.rename(target)
    archive.keep_name(target.parent)


def run(source: Path, settings: Settings, say: Callable[[str], None], *, force: bool) -> RestoreReport:
    """`crm restore`: bring an archive back and tell of it in words."""
    told: list[Step] = []

    def tell(step: Step, _done: int, _total: int) -> None:
        if step not in told:
            told.append(step)
            say(_("%(step)s…", step=str(STEPS[step])))

    report = restore(source, settings, force=force, now=SystemClock().now(), tell=tell)
    manifest = report.manifest
    say(
        _(
            "%(made)sのバックアップから戻し、すべての表の件数が合うことを確かめました(%(rows)s行、ファイル%(files)s件)。",
            made=FILTERS["moment"](manifest.made_at),
            rows=f"{sum(manifest.counts.values()):,}",
            files=f"{manifest.files:,}",
        )
    )
    if report.upgraded:
        say(_("古い版のバックアップだったので、データベースをいまの版に合わせました。"))
    if report.aside is not None:
        say(_("それまでのデータは %(path)s に移しました。", path=report.aside))
    if report.aside_schema is not None:
        say(_("それまでの表は、スキーマ %(schema)s に移しました。", schema=report.aside_schema))
    say(_("全員がサインインし直します。開いたままだった招待と再設定のリンクは、送り直してください。"))
    if report.cancelled:
        say(
            _(
                "そのリンクを入れて送信を待っていたメール%(count)s件は、取り消しました。",
                count=report.cancelled,
            )
        )
    say(_("メールの送信は止めてあります。「作業」の画面で、送信待ちのメールを確かめてから再開してください。"))
    return report
