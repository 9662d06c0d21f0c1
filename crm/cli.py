"""The command line: crm demo | init | serve | work | import | plan | report | backup | restore | doctor.

What a command asks and says is Japanese, through gettext as on pages; help and the names of options are English,
as is customary for commands.
"""

import logging
import os
import signal
import sys
from collections.abc import Callable
from datetime import UTC, date, datetime
from functools import partial, wraps
from pathlib import Path
from typing import Any, TypeVar, cast

import click
import waitress
from flask import Flask

from crm import app as application
from crm import config
from crm.accounts import rules
from crm.accounts import service as accounts
from crm.accounts.models import LinkPurpose
from crm.accounts.service import NewAccount
from crm.config import Settings
from crm.core.clock import SystemClock
from crm.core.months import Month
from crm.core.problems import Missing, Problem, Problems
from crm.core.wareki import read_date
from crm.db import migrate
from crm.db.store import Store
from crm.db.tracked import Author
from crm.demo import build
from crm.i18n import gettext as _
from crm.jobs import clock as job_clock
from crm.jobs import installation
from crm.jobs.running import Premises
from crm.operations import backup as backups
from crm.operations import doctor as doctors
from crm.operations import restore as restores
from crm.reports.jobs import write_report
from crm.reports.service import Setting
from crm.territory.imports import run_import
from crm.territory.queries import usual_day
from crm.visits import plan_jobs as plans
from crm.web.access import Role
from crm.web.words import words_for

F = TypeVar("F", bound=Callable[..., Any])


class Line(click.ParamType[str]):
    """A line of text that fits its column; what does not is refused at its option, or asked for once more."""

    name = "text"

    def __init__(self, check: Callable[[str], str]) -> None:
        self.check = check

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        try:
            return self.check(str(value))
        except Problem as problem:
            self.fail(_words(problem), param, ctx)


ORGANISATION = Line(accounts.checked_name)
PERSON = Line(partial(rules.check_line, field="name", most=rules.LONGEST_NAME))
MAIL = Line(rules.mail_as_kept)


class Installation:
    """The installation a command works on."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def settings(self) -> Settings:
        return config.load(self.folder)

    def app(self, settings: Settings) -> Flask:
        return application.create_app(settings)


def _say(text: str) -> None:
    click.echo(text)


def _words(problem: Problem) -> str:
    """What to tell of a problem outside of a page: in Japanese where the app can be made, else its code."""
    bare = Settings(instance=Path(), secret_key="-" * 40, sample_town=True)
    with application.create_app(bare).test_request_context():
        several = problem.all if isinstance(problem, Problems) else (problem,)
        return "\n".join(words_for(one) for one in several)


def _refusing(command: F) -> F:
    """Tell refusals in words and end with status 1; never a traceback for what a person can mend."""

    @wraps(command)
    def tell(*args: Any, **kwargs: Any) -> Any:
        try:
            return command(*args, **kwargs)
        except Problem as problem:
            click.echo(_words(problem), err=True)
            sys.exit(1)

    return cast(F, tell)


@click.group(
    help="めぐり - outreach CRM. Where an installation lives: --instance, else CRM_INSTANCE, else ./instance."
)
@click.option("--instance", "folder", default=None, help="Folder of the installation.")
@click.version_option(package_name="meguri")
@click.pass_context
def main(context: click.Context, folder: str | None) -> None:
    os.umask(0o077)  # what an installation writes is nobody else's business
    context.obj = Installation(config.instance_folder(folder))


pass_installation = click.make_pass_decorator(Installation)


def _open(settings: Settings) -> Store:
    """The store of an installation that `crm init` has made, brought up to this program.

    Raises "not_founded", "database_newer" where a newer program has used it already.
    """
    store = Store(settings.database)
    known = migrate.current(store)
    if known is None:
        raise Problem("not_founded", folder=str(settings.instance))
    if known > migrate.newest():  # revisions are numbers of four digits
        raise Problem("database_newer", known=known, newest=migrate.newest())
    if known != migrate.newest():
        migrate.upgrade(store)
    return store


@main.command(help="Make an organisation and its first manager, and print a one-time link.")
@click.option("--name", type=ORGANISATION, prompt=_("組織の名前"), help="Name of the organisation.")
@click.option("--manager", type=PERSON, prompt=_("管理者の名前"), help="Name of the first manager.")
@click.option(
    "--mail", type=MAIL, prompt=_("管理者のメールアドレス"), help="Mail address of the first manager."
)
@pass_installation
@_refusing
def init(installation_: Installation, name: str, manager: str, mail: str) -> None:
    config.make_secret(installation_.folder)
    settings = installation_.settings()
    store = Store(settings.database)
    migrate.upgrade(store)
    with store.writing() as session:
        if installation.epoch(session) is None:
            installation.begin_epoch(session, now=datetime.now(UTC), hold_outbox=False)
        secret = accounts.found(
            session,
            name,
            NewAccount(manager, "", mail, Role.MANAGER),
            now=datetime.now(UTC),
            hours=settings.link_hours,
        )
    _say(_("%(name)s を登録しました。場所:%(folder)s", name=name, folder=settings.instance))
    _say(
        _(
            "次のリンクを開いて、%(manager)sさんのパスワードを決めてください(%(hours)s時間以内、1回だけ使えます)。",
            manager=manager,
            hours=settings.link_hours,
        )
    )
    _say(f"  {settings.base_url}/links/{secret}")
    _say(_("先に crm serve を始めておくと、そのまま開けます。"))


@main.command(help="Print a new one-time link for the person of this MAIL address.")
@click.argument("mail")
@pass_installation
@_refusing
def link(installation_: Installation, mail: str) -> None:
    settings = installation_.settings()
    with _open(settings).writing() as session:
        account = accounts.account_by_mail(session, mail)
        if account is None:
            raise Missing("account_unknown", mail=mail)
        secret = accounts.make_link(
            session, account.id, LinkPurpose.RESET, now=datetime.now(UTC), hours=settings.link_hours
        )
        name = account.name
    _say(
        _(
            "%(name)sさんのリンク(%(hours)s時間以内、1回だけ使えます):",
            name=name,
            hours=settings.link_hours,
        )
    )
    _say(f"  {settings.base_url}/links/{secret}")


@main.command(help="Serve the pages, with the clock for long work and mail beside them.")
@click.option("--no-work", is_flag=True, help="Leave long work and mail to crm work.")
@pass_installation
@_refusing
def serve(installation_: Installation, no_work: bool) -> None:
    settings = installation_.settings().checked_for_serving()
    store = _open(settings)
    _say(_("めぐり:%(url)s (Ctrl+C で終わります)", url=settings.base_url))
    _serve(settings, store, work=not no_work)


def _end(_signal: int, _frame: object) -> None:
    """End as by Ctrl+C, so that running jobs are put down for another process to take up at once."""
    raise KeyboardInterrupt


def _serve(settings: Settings, store: Store, *, work: bool) -> None:
    signal.signal(signal.SIGTERM, _end)
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)  # a short queue is no news
    app = application.create_app(settings, store=store)
    premises = Premises(settings, store, SystemClock())
    background = job_clock.start_background(premises, application.handlers(app)) if work else None
    try:
        waitress.serve(
            app,
            host=settings.host,
            port=settings.port,
            threads=settings.threads,
            ident="",
            max_request_body_size=settings.upload_bytes + 1024 * 1024,
            clear_untrusted_proxy_headers=settings.proxies == 0,
        )
    finally:
        if background is not None:
            background.stop()
        store.close()


@main.command(help="Do long work and send mail, in the foreground.")
@pass_installation
@_refusing
def work(installation_: Installation) -> None:
    settings = installation_.settings().checked_for_serving()
    store = _open(settings)
    app = application.create_app(settings, store=store)
    job_clock.work_until_told(Premises(settings, store, SystemClock()), application.handlers(app))


@main.command(help="Build a sample town in instance/demo (kept from last time if there) and serve it.")
@click.option("--port", default=8000, show_default=True)
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--fresh", is_flag=True, help="Build the town anew.")
@click.option("--build-only", is_flag=True, help="Build it and stop.")
@pass_installation
@_refusing
def demo(installation_: Installation, port: int, host: str, fresh: bool, build_only: bool) -> None:
    folder = installation_.folder / "demo"
    settings = build.demo_settings(folder, host=host, port=port)
    store = build.ready(settings, fresh=fresh, say=_say, now=datetime.now(UTC))
    _say(build.who_can_sign_in(store, settings))
    if not build_only:
        _serve(settings, store, work=True)


@main.command(
    name="import", help="Import districts, facilities or places from CSV or XLSX: all rows or none."
)
@click.argument("kind", type=click.Choice(["districts", "facilities", "places"]))
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--dry-run", is_flag=True, help="Show what would change, and change nothing.")
@click.option(
    "--on",
    "day",
    default=None,
    help="Day from which the facts hold (default: today; for the first import the 1 April before).",
)
@click.option("--sheet", default=None, help="Sheet of an XLSX file (default: the first that fits).")
@click.option("--create-territories", is_flag=True, help="Create former towns that are not known yet.")
@pass_installation
@_refusing
def import_(
    installation_: Installation,
    kind: str,
    file: Path,
    dry_run: bool,
    day: str | None,
    sheet: str | None,
    create_territories: bool,
) -> None:
    settings = installation_.settings()
    store = _open(settings)
    with application.create_app(settings, store=store).test_request_context():
        status = run_import(
            store,
            settings,
            kind,
            file,
            day=read_date(day) if day else _usual_day(store),
            dry_run=dry_run,
            create_territories=create_territories,
            sheet=sheet,
            out=_say,
        )
    sys.exit(status)


def _usual_day(store: Store) -> date:
    with store.reading() as session:
        return usual_day(session, SystemClock().today())


@main.command(help="Propose the calls of a MONTH (2026-12).")
@click.argument("month")
@pass_installation
@_refusing
def plan(installation_: Installation, month: str) -> None:
    settings = installation_.settings()
    store, now = _open(settings), SystemClock()
    made = plans.propose_month(store, Author.system(), Month.parse(month), today=now.today(), now=now.now())
    _say(
        _(
            "%(month)s:新しい予定%(added)s件、外した予定%(removed)s件、そのまま%(kept)s件",
            month=Month.parse(month).wareki(),
            added=made.added,
            removed=made.removed,
            kept=made.kept,
        )
    )
    if made.no_worker:
        _say(_("担当のいない地域の訪問先:%(count)s件", count=len(made.no_worker)))
    if made.no_time:
        _say(
            _(
                "この月に入りきらなかった訪問先(次の月に、先に入ります):%(count)s件",
                count=len(made.no_time),
            )
        )
    if made.waiting:
        _say(_("はじめて訪ねる先のうち、あとの月に回したもの:%(count)s件", count=made.waiting))


@main.command(help="Write the report of a MONTH (2026-11) as PDF and XLSX.")
@click.argument("month")
@click.option("--pdf", type=click.Path(dir_okay=False, path_type=Path), help="PDF file to write.")
@click.option("--xlsx", type=click.Path(dir_okay=False, path_type=Path), help="XLSX file to write.")
@pass_installation
@_refusing
def report(installation_: Installation, month: str, pdf: Path | None, xlsx: Path | None) -> None:
    settings = installation_.settings()
    store, wanted = _open(settings), Month.parse(month)
    with application.create_app(settings, store=store).test_request_context(), store.reading() as session:
        made, pdf_bytes, xlsx_bytes = write_report(
            session, wanted, Setting(settings.base_url, settings.sample_town), now=SystemClock().now()
        )
        state = _("確定") if made.closed else _("下書き")
    for target, content in ((pdf, pdf_bytes), (xlsx, xlsx_bytes)):
        if target is not None:
            target.write_bytes(content)
            _say(_("%(file)s(%(month)s、%(state)s)", file=target, month=wanted.wareki(), state=state))


@main.command(help="Back up database and files into one archive.")
@click.option(
    "--to", "folder", type=click.Path(file_okay=False, path_type=Path), help="Folder (default: backups)."
)
@pass_installation
@_refusing
def backup(installation_: Installation, folder: Path | None) -> None:
    settings = installation_.settings()
    backups.run(_open(settings), settings, folder, _say)


@main.command(
    help="Restore an ARCHIVE into this installation; its outbox is held until a person releases it."
)
@click.argument("archive", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--force", is_flag=True, help="Also over an installation that holds something: that is moved aside."
)
@pass_installation
@_refusing
def restore(installation_: Installation, archive: Path, force: bool) -> None:
    restores.run(archive, installation_.settings(), _say, force=force)


@main.command(help="Tell in words what is wrong with this installation.")
@pass_installation
@_refusing
def doctor(installation_: Installation) -> None:
    sys.exit(doctors.run(installation_.settings(), _say))
