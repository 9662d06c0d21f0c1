"""Long work of this package: the backup."""

from collections.abc import Mapping
from typing import Any

from crm.i18n import gettext as _
from crm.jobs.queries import JobRow
from crm.jobs.rules import BACKUP
from crm.jobs.running import Handler, Work
from crm.operations import messages
from crm.operations.backup import in_words, make_backup
from crm.operations.steps import Step

NAMES = messages.NAMES


def backup(work: Work) -> dict[str, Any]:
    """Make the nightly backup. Run again from its start it makes another archive: one too many does no harm."""

    def tell(step: Step, done: int, total: int) -> None:
        work.progress(done, total, str(messages.STEPS[step]))

    report = make_backup(
        work.store, work.settings, work.settings.backups, tell, now=work.clock.now(), nightly=True
    )
    return {
        "name": report.path.name,
        "size": report.size,
        "rows": report.rows,
        "files": report.files,
        "damaged": list(report.damaged),
        "removed": list(report.removed),
    }


def backup_facts(job: JobRow) -> list[tuple[str, str]]:
    """What the page of a backup tells."""
    told = job.result or {}
    facts = [
        (_("ファイル名"), str(told.get("name", ""))),
        (_("大きさ"), in_words(int(told.get("size", 0)))),
        (
            _("入っているもの"),
            _("%(rows)s行、ファイル%(files)s件", rows=told.get("rows"), files=told.get("files")),
        ),
        (_("確かめ"), _("読み返して、内容と件数が合うことを確かめました。")),
    ]
    if told.get("damaged"):
        facts.append(
            (_("入れられなかったファイル"), _("%(count)s件(壊れています)", count=len(told["damaged"])))
        )
    return facts


HANDLERS: Mapping[str, Handler] = {BACKUP: backup}
FACTS = {BACKUP: backup_facts}
