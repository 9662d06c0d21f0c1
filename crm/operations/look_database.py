"""A look at the database of an installation, and at the clock that its moments come from."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.exc import DatabaseError, SQLAlchemyError
from sqlmodel import Session, col, func, select

from crm.accounts.models import Account, OneTimeLink, Password
from crm.config import Settings
from crm.core.clock import TOKYO
from crm.core.problems import Problem
from crm.db import migrate
from crm.db.store import Store
from crm.db.tracked import AuditEntry
from crm.i18n import FILTERS
from crm.i18n import gettext as _
from crm.jobs.models import Job
from crm.operations.finding import Finding, ok, warning, wrong
from crm.operations.sqlite_copy import check_sqlite
from crm.web.access import Role

DRIFT = timedelta(minutes=2)
BUILT_AFTER = datetime(2026, 1, 1, tzinfo=TOKYO)


def unreadable(why: DatabaseError) -> Finding:
    """A database that answers, but not to the questions that every page asks."""
    return wrong(
        _("データベースの中身"),
        _("読めない表があります(%(why)s)。", why=str(why.orig)[:200]),
        _(
            "めぐりを止め、フォルダーごと写しを取ってから、crm restore で新しいバックアップから戻してください。"
        ),
    )


def look_at_reach(store: Store, settings: Settings) -> Finding:
    """Whether the database answers at all. A missing SQLite file is not made by looking."""
    subject = _("データベース")
    if store.path is not None and not store.path.exists():
        return wrong(
            subject,
            _("%(path)s がまだありません。", path=store.path),
            _("crm init を行うか、crm restore でバックアップから戻してください。"),
        )
    try:
        with store.engine.connect() as connection:
            connection.execute(sa.text("SELECT 1"))
    except SQLAlchemyError as why:
        said = str(getattr(why, "orig", None) or why).strip().splitlines()
        return wrong(
            subject,
            _("データベースにつながりません(%(why)s)。", why=said[0][:200] if said else type(why).__name__),
            _("データベースが動いているか、database_urlの設定が正しいかを確かめてください。"),
        )
    return ok(subject, _("つながります(%(engine)s)。", engine=store.url.get_backend_name()))


def look_at_revision(store: Store) -> Finding:
    """Whether the tables are those that this program knows."""
    subject, known, newest = _("データベースの版"), migrate.current(store), migrate.newest()
    if known == newest:
        return ok(subject, _("最新です(%(revision)s)。", revision=known))
    if known is None:
        return wrong(subject, _("表がまだありません。"), _("crm init を行ってください。"))
    if known > newest:
        return wrong(
            subject,
            _(
                "データベースの版(%(known)s)が、このプログラム(%(newest)s)より新しいです。",
                known=known,
                newest=newest,
            ),
            _("めぐりを新しい版にしてください。"),
        )
    return warning(
        subject,
        _(
            "データベースの版(%(known)s)が、このプログラム(%(newest)s)より古いです。",
            known=known,
            newest=newest,
        ),
        _("crm backup でバックアップを取ってから、crm serve を始めてください。始めるときに新しくなります。"),
    )


def look_at_soundness(store: Store) -> Iterator[Finding]:
    """Whether an SQLite file is whole, and written in the way that survives a power cut."""
    if store.path is None:
        return
    subject = _("データベースの中身")
    try:
        check_sqlite(store.path)
    except Problem as problem:
        yield wrong(
            subject,
            _("壊れています(%(why)s)。", why=problem.facts.get("why", "")),
            _(
                "めぐりを止め、フォルダーごと写しを取ってから、crm restore で新しいバックアップから戻してください。"
            ),
        )
    else:
        yield ok(subject, _("壊れていません。"))
    with store.engine.connect() as connection:
        mode = connection.exec_driver_sql("PRAGMA journal_mode").scalar()
    if mode != "wal":
        yield wrong(
            _("書き込みの方式"),
            _("WALではなく%(mode)sになっています。", mode=mode),
            _("データベースを、共有フォルダーではなくこの機械のディスクに置いてください。"),
        )


def look_at_clock(session: Session, store: Store, now: datetime) -> Finding:
    """Whether the machine's clock can be right: not before this program was made, nor before what is recorded."""
    subject = _("時計")
    shown = FILTERS["moment"](now)
    newest = [
        moment
        for moment in (
            session.exec(select(func.max(col(AuditEntry.at)))).one(),
            session.exec(select(func.max(col(Job.made_at)))).one(),
        )
        if moment is not None
    ]
    if now < BUILT_AFTER or any(moment > now + DRIFT for moment in newest):
        return wrong(
            subject,
            _("この機械の時計(%(now)s)が遅れています。これより後の記録があります。", now=shown),
            _("時計を合わせてください(時刻の自動設定を入れるのが確実です)。"),
        )
    if not store.is_sqlite:
        there: datetime = session.connection().scalar(sa.select(sa.func.now()))  # type: ignore[assignment]
        if abs(there - now) > DRIFT:
            return warning(
                subject,
                _(
                    "この機械とデータベースの機械で、時計が%(seconds)s秒違います。",
                    seconds=int(abs(there - now).total_seconds()),
                ),
                _("両方の時計を合わせてください(時刻の自動設定を入れるのが確実です)。"),
            )
    return ok(subject, _("%(now)s(日本時間)です。", now=shown))


def look_at_people(session: Session, now: datetime) -> Finding:
    """Whether anybody can open the pages that only a manager may open."""
    subject = _("管理者")
    able = session.exec(
        select(func.count())
        .select_from(Account)
        .join(Password, col(Password.account_id) == col(Account.id))
        .where(Account.role == Role.MANAGER, col(Account.disabled_at).is_(None))
    ).one()
    if able:
        return ok(subject, _("パスワードを決めた管理者が%(count)s人います。", count=able))
    invited = session.exec(
        select(func.max(col(OneTimeLink.expires_at)))
        .join(Account, col(Account.id) == col(OneTimeLink.account_id))
        .where(
            Account.role == Role.MANAGER,
            col(Account.disabled_at).is_(None),
            col(OneTimeLink.used_at).is_(None),
            col(OneTimeLink.expires_at) > now,
        )
    ).one()
    if invited is not None:
        return ok(
            subject,
            _(
                "管理者がリンクを開いてパスワードを決めるのを待っています(%(until)sまで)。",
                until=FILTERS["moment"](invited),
            ),
        )
    return wrong(
        subject,
        _("パスワードを決めた管理者がいません。"),
        _("crm link メールアドレス で新しいリンクを出し、パスワードを決めてください。"),
    )
