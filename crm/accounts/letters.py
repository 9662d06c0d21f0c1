"""Letters with one-time links."""

from datetime import datetime, timedelta

from sqlmodel import Session

from crm.accounts import rules
from crm.accounts.models import Account, LinkPurpose
from crm.core.canonical import digest
from crm.i18n import gettext as _
from crm.jobs import outbox


def post_link(
    session: Session,
    account: Account,
    address: str,
    secret: str,
    purpose: LinkPurpose,
    *,
    organisation: str,
    hours: int,
    now: datetime,
) -> None:
    """Put a letter with a one-time link into the outbox, in the transaction that made the link.

    It leaves only as long as the link works, and its text is blanked with the link's end.
    """
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
    outbox.post(
        session,
        rules.letter_key(digest(secret)),
        account.mail,
        subject,
        body,
        now=now,
        good_until=now + timedelta(hours=hours),
    )
