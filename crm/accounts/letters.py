"""Letters with one-time links."""

from datetime import datetime

from sqlmodel import Session

from crm.accounts.models import Account, LinkPurpose
from crm.core.canonical import digest
from crm.i18n import gettext as _
from crm.jobs import outbox


def post_link(
    session: Session,
    account: Account,
    address: str,
    purpose: LinkPurpose,
    *,
    organisation: str,
    hours: int,
    now: datetime,
) -> None:
    """Put a letter with a one-time link into the outbox, in the transaction that made the link."""
    if purpose is LinkPurpose.INVITATION:
        subject = _("【%(organisation)s】めぐりへの登録のご案内", organisation=organisation)
        lead = _("%(organisation)sの訪問記録「めぐり」に登録されました。", organisation=organisation)
    else:
        subject = _("【%(organisation)s】パスワードの決め直し", organisation=organisation)
        lead = _("めぐりのパスワードを決め直すためのリンクです。")
    body = "\n".join(
        (
            _("%(name)s さん", name=account.name),
            "",
            lead,
            _(
                "次のリンクを開いて、パスワードを決めてください(%(hours)s時間以内、1回だけ使えます)。",
                hours=hours,
            ),
            "",
            address,
            "",
            _("心当たりがないときは、このメールを捨ててください。"),
            organisation,
        )
    )
    outbox.post(session, f"link:{digest(address)[:40]}", account.mail, subject, body, now=now)
