"""An installation as tests of its keeping see it."""

from dataclasses import dataclass
from pathlib import Path

from sqlmodel import select

from crm.accounts.models import Organisation
from crm.config import Settings
from crm.core.clock import FixedClock
from crm.db.store import Store
from crm.files import Files
from crm.operations.backup import BackupReport, make_backup
from crm.operations.counts import counts
from crm.operations.restore import RestoreReport, restore


@dataclass
class House:
    """An installation, its database and its clock."""

    settings: Settings
    store: Store
    clock: FixedClock

    def backup(self, *, nightly: bool = False, folder: Path | None = None) -> BackupReport:
        return make_backup(
            self.store,
            self.settings,
            folder or self.settings.backups,
            now=self.clock.now(),
            nightly=nightly,
        )

    def restore(self, archive: Path, into: Settings, *, force: bool = False) -> RestoreReport:
        """Restore with nobody using the database, as after the program was ended."""
        self.store.close()
        return restore(archive, into, force=force, now=self.clock.now())

    def rename(self, name: str) -> None:
        """Change something, to tell what was before a backup from what came after it."""
        with self.store.writing() as session:
            session.exec(select(Organisation)).one().name = name


def rows_of(settings: Settings) -> dict[str, int]:
    """Rows per table of an installation."""
    store = Store(settings.database)
    try:
        with store.engine.connect() as connection:
            return counts(connection)
    finally:
        store.close()


def name_of(settings: Settings) -> str:
    """What the organisation of an installation is called."""
    store = Store(settings.database)
    try:
        with store.reading() as session:
            return session.exec(select(Organisation)).one().name
    finally:
        store.close()


def stored(settings: Settings) -> dict[str, bytes]:
    """The stored files of an installation by their hash."""
    files = Files(settings.files)
    return {file.sha256: files.path(file.sha256).read_bytes() for file in files.all()}
