"""An installation as tests of its keeping see it."""

from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from sqlmodel import select

from crm.accounts.models import Organisation
from crm.config import Settings
from crm.core.clock import FixedClock
from crm.db.store import Store
from crm.files import Files
from crm.jobs import service
from crm.jobs.models import Job, State
from crm.operations.backup import BackupReport, make_backup
from crm.operations.counts import counts
from crm.operations.doctor import examine
from crm.operations.finding import Finding
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


def found(house: House, subject: str) -> list[Finding]:
    """What the doctor says of one subject."""
    return [f for f in examine(house.settings, now=house.clock.now()) if f.subject == subject]


def one(house: House, subject: str) -> Finding:
    """The one thing that the doctor says of a subject."""
    (finding,) = found(house, subject)
    return finding


def ask(house: House, kind: str = "x") -> UUID:
    """Ask for a job that nobody will run."""
    with house.store.writing() as session:
        return service.ask(
            session, kind, slot="1", title="", arguments={}, asked_by=None, now=house.clock.now()
        ).id


def fail(house: House, kind: str) -> None:
    """A job that failed just now."""
    job_id = ask(house, kind)
    with house.store.writing() as session:
        job = session.get_one(Job, job_id)
        job.state, job.finished_at = State.FAILED, house.clock.now()
