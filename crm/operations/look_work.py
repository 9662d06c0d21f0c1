"""A look at what an installation does by itself: mail, long work, backups."""

import smtplib
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

from sqlmodel import Session, col, func, select

from crm.config import Settings
from crm.core.problems import Problem
from crm.i18n import FILTERS
from crm.i18n import gettext as _
from crm.jobs import mail, queries, rules
from crm.jobs.models import Installation, Job, State
from crm.jobs.rules import BACKUP
from crm.operations import archive, backup
from crm.operations.finding import Finding, ok, warning, wrong
from crm.operations.look_folder import LOCAL

WAITS_TOO_LONG = timedelta(minutes=10)
MAIL_WAITS_TOO_LONG = timedelta(hours=1)
BACKUP_TOO_OLD = timedelta(hours=50)
"""Two nights: one may be missed by a machine that was off."""
LATELY = timedelta(days=7)


def look_at_mail(settings: Settings) -> Finding:
    """Whether the mail server lets us in; nothing is sent."""
    subject = _("メールサーバー")
    if not settings.smtp_host:
        return warning(
            subject,
            _("設定されていません。メールは送られずに待ちます。"),
            _("smtp_hostとmail_fromを設定してください。それまでは、招待のリンクを直接渡せます。"),
        )
    if mail.sender_of(settings) is None:
        return wrong(
            subject,
            _("差出人(mail_from)が、1つのメールアドレスになっていません。"),
            _("mail_fromを「名前 <name@example.jp>」の形にしてください。"),
        )
    try:
        mail.bid_farewell(mail.connect(settings))
    except (OSError, smtplib.SMTPException) as why:
        return wrong(
            subject,
            _(
                "%(host)s:%(port)s につながりません(%(why)s)。",
                host=settings.smtp_host,
                port=settings.smtp_port,
                why=mail.words_of(why),
            ),
            _("smtp_で始まる設定と、この機械からそのサーバーにつながることを確かめてください。"),
        )
    if settings.smtp_security == "none" and settings.smtp_host not in LOCAL:
        return warning(
            subject,
            _("%(host)s につながりますが、暗号化されていません。", host=settings.smtp_host),
            _("smtp_securityを starttls か tls にしてください。"),
        )
    return ok(subject, _("%(host)s につながります。", host=settings.smtp_host))


def look_at_outbox(session: Session, settings: Settings, now: datetime) -> Finding:
    """Whether mail goes out."""
    subject, state = _("送信待ちのメール"), queries.outbox_state(session)
    page = _("「作業」の「送信待ちのメール」で確かめてください。")
    if state.held_since is not None:
        return warning(
            subject,
            _(
                "バックアップから戻したため、送信を止めています(待っているメール%(count)s件)。",
                count=state.waiting,
            ),
            page,
        )
    if state.given_up:
        return warning(subject, _("送れなかったメールが%(count)s件あります。", count=state.given_up), page)
    set_up = mail.is_set_up(settings)
    if set_up and state.oldest is not None and now - state.oldest > MAIL_WAITS_TOO_LONG:
        return warning(
            subject,
            _("%(count)s件が待ったままです。", count=state.waiting),
            _("crm serve か crm work が動いていることを確かめてください。"),
        )
    return ok(subject, _("待っているメールは%(count)s件です。", count=state.waiting))


def look_at_jobs(session: Session, now: datetime) -> Iterator[Finding]:
    """Whether long work gets done."""
    subject = _("作業")
    stuck = session.exec(
        select(func.count()).where(
            (col(Job.state) == State.WAITING) & (col(Job.made_at) < now - WAITS_TOO_LONG)
            | (col(Job.state) == State.RUNNING) & (col(Job.beat_at) < now - WAITS_TOO_LONG)
        )
    ).one()
    if stuck:
        yield wrong(
            subject,
            _("%(count)s件の作業が進んでいません。", count=stuck),
            _("crm serve か crm work が動いていることを確かめてください。"),
        )
    failed = session.exec(
        select(func.count()).where(col(Job.state) == State.FAILED, col(Job.finished_at) > now - LATELY)
    ).one()
    if failed:
        yield warning(
            subject,
            _("この7日間に失敗した作業が%(count)s件あります。", count=failed),
            _("「作業」の画面で理由を確かめてください。"),
        )
    if not stuck and not failed:
        yield ok(subject, _("とどこおりはありません。"))


def look_at_backups(session: Session, settings: Settings, now: datetime) -> Iterator[Finding]:
    """Whether there is a backup that is young enough and can be read from its beginning to its end."""
    subject = _("バックアップ")
    try:
        if settings.backup_at:
            rules.read_time(settings.backup_at)
    except Problem:
        yield wrong(
            subject,
            _("backup_atの「%(text)s」は時刻として読めません。", text=settings.backup_at),
            _("02:30 の形にしてください。"),
        )
    last = session.exec(select(Job.state).where(Job.kind == BACKUP).order_by(col(Job.id).desc())).first()
    if last is State.FAILED:
        yield wrong(
            subject,
            _("最後の夜のバックアップが失敗しました。"),
            _("「作業」の画面で理由を確かめてください。"),
        )
    found = backup.all_backups(settings.backups)
    if found:
        yield from _look_into(found[0], now)
    elif settings.backup_at and _is_young(session, now):
        yield ok(
            subject,
            _("まだありません。%(at)sを過ぎると、はじめのものを取ります。", at=settings.backup_at),
            _elsewhere(),
        )
    else:
        report = warning if settings.sample_town or not settings.backup_at else wrong
        yield report(subject, _("まだ1つもありません。"), _("crm backup を行ってください。"))


def _look_into(newest: Path, now: datetime) -> Iterator[Finding]:
    subject = _("バックアップ")
    try:
        manifest = archive.read(newest, lambda _done, _total: None)
    except (Problem, OSError) as why:
        yield wrong(
            subject,
            _("いちばん新しい %(name)s が読めません(%(why)s)。", name=newest.name, why=why),
            _("crm backup を行い、ディスクに異常がないか確かめてください。"),
        )
        return
    made = FILTERS["moment"](manifest.made_at)
    if manifest.damaged:
        yield wrong(
            _("保存したファイル"),
            _(
                "%(count)s件が壊れています(%(first)s…)。",
                count=len(manifest.damaged),
                first=manifest.damaged[0][:12],
            ),
            _("古いバックアップのfilesから同じ名前のファイルを戻してください。"),
        )
    if now - manifest.made_at > BACKUP_TOO_OLD:
        yield warning(
            subject,
            _("いちばん新しいものが%(made)sで、古くなっています。", made=made),
            _("crm backup を行い、夜か朝に crm serve が動いていることを確かめてください。"),
        )
    else:
        yield ok(
            subject,
            _("%(made)sのものを読み返し、壊れていないことを確かめました。", made=made),
            _elsewhere(),
        )


def _elsewhere() -> str:
    return _("ときどき、外付けディスクなど別の場所にも写してください(crm backup --to)。")


def _is_young(session: Session, now: datetime) -> bool:
    """Whether this installation is too young for its first night to have been missed."""
    began = session.exec(select(Installation.began_at)).first()
    return began is not None and now - began < BACKUP_TOO_OLD
