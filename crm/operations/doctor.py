"""`crm doctor`: what is wrong with an installation, in words, and what to do about it."""

from collections.abc import Callable, Iterator
from datetime import datetime

from sqlalchemy.exc import DatabaseError

from crm.config import Settings
from crm.core.clock import SystemClock
from crm.db import migrate
from crm.db.store import Store
from crm.i18n import gettext as _
from crm.operations import look_database, look_folder, look_work
from crm.operations.finding import Finding, Level, wrong

MARKS = {Level.OK: "○", Level.WARNING: "△", Level.WRONG: "×"}


def examine(settings: Settings, *, now: datetime) -> list[Finding]:
    """Look at everything that can be looked at; what depends on something that is missing is left out.

    Nothing is changed and no mail is sent. The newest backup is read from its beginning to its end, which
    takes a few seconds per gigabyte.
    """
    return list(_findings(settings, now))


def _findings(settings: Settings, now: datetime) -> Iterator[Finding]:
    if not settings.instance.is_dir():
        yield wrong(
            _("フォルダー"),
            _("%(folder)s がありません。", folder=settings.instance),
            _("crm init を行うか、--instance か CRM_INSTANCE で正しい場所を示してください。"),
        )
        return
    yield from look_folder.look_at_folder(settings)
    yield look_folder.look_at_secret(settings)
    yield look_folder.look_at_address(settings)
    yield look_folder.look_at_program()
    yield look_work.look_at_mail(settings)
    store = Store(settings.database)
    try:
        yield from _findings_of(store, settings, now)
    finally:
        store.close()


def _findings_of(store: Store, settings: Settings, now: datetime) -> Iterator[Finding]:
    reach = look_database.look_at_reach(store, settings)
    yield reach
    if reach.level is not Level.OK:
        return
    yield look_database.look_at_revision(store)
    yield from look_database.look_at_soundness(store)
    if migrate.current(store) != migrate.newest():
        return
    try:
        with store.reading() as session:
            yield look_database.look_at_clock(session, store, now)
            yield look_database.look_at_people(session, now)
            yield look_work.look_at_outbox(session, settings, now)
            yield from look_work.look_at_jobs(session, now)
            yield from look_work.look_at_backups(session, settings, now)
    except DatabaseError as why:
        yield look_database.unreadable(why)


def run(settings: Settings, say: Callable[[str], None]) -> int:
    """Tell every finding; return the status to end with: 1 where something is wrong, else 0."""
    findings = examine(settings, now=SystemClock().now())
    for finding in findings:
        say(
            _(
                "%(mark)s %(subject)s:%(words)s",
                mark=MARKS[finding.level],
                subject=finding.subject,
                words=finding.words,
            )
        )
        if finding.what_to_do:
            say(_("   → %(advice)s", advice=finding.what_to_do))
    bad = sum(finding.level is Level.WRONG for finding in findings)
    odd = sum(finding.level is Level.WARNING for finding in findings)
    say("")
    if bad:
        say(_("直すところが%(bad)s件、気をつけるところが%(odd)s件あります。", bad=bad, odd=odd))
    elif odd:
        say(_("気をつけるところが%(odd)s件あります。", odd=odd))
    else:
        say(_("問題は見つかりませんでした。"))
    return 1 if bad else 0
