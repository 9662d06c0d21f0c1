"""Use cases of accounts: they load, decide, change; they never commit and never see a request."""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from sqlmodel import Session, col, select

from crm.accounts import passwords, rules
from crm.accounts.models import (
    Account,
    LinkPurpose,
    OneTimeLink,
    Organisation,
    Password,
    SignIn,
    SignInAttempt,
)
from crm.core.canonical import digest
from crm.core.problems import Forbidden, Missing, Problem
from crm.web.access import Role


@dataclass(frozen=True)
class NewAccount:
    """What is needed to invite somebody."""

    name: str
    kana: str
    mail: str
    role: Role


@dataclass(frozen=True)
class Credentials:
    """What somebody typed to sign in."""

    mail: str
    password: str


@dataclass(frozen=True)
class OrganisationFacts:
    """What the organisation says of itself; stands on pages and papers."""

    name: str
    city_name: str
    phone: str
    address: str
    note: str


def invite(session: Session, new: NewAccount, *, now: datetime) -> Account:
    """Make an account without a password. Raises "mail_unreadable", "mail_taken"."""
    mail = rules.mail_as_kept(new.mail)
    if session.exec(select(Account.id).where(Account.mail == mail)).first():
        raise Problem("mail_taken", field="mail")
    account = Account(name=new.name, kana=new.kana, mail=mail, role=new.role, made_at=now)
    session.add(account)
    session.flush()
    return account


def make_link(session: Session, account_id: UUID, purpose: LinkPurpose, *, now: datetime, hours: int) -> str:
    """Make a one-time link and return its secret; older unused links of the account stop working."""
    for older in session.exec(
        select(OneTimeLink).where(OneTimeLink.account_id == account_id, col(OneTimeLink.used_at).is_(None))
    ):
        older.used_at = now
    secret = secrets.token_urlsafe(32)
    session.add(
        OneTimeLink(
            account_id=account_id,
            purpose=purpose,
            secret_hash=digest(secret),
            made_at=now,
            expires_at=now + timedelta(hours=hours),
        )
    )
    return secret


def link_holder(session: Session, secret: str, *, now: datetime) -> tuple[OneTimeLink, Account]:
    """Whose link this is; raises Missing "link_unusable" when it is unknown, used or too old."""
    link = session.exec(select(OneTimeLink).where(OneTimeLink.secret_hash == digest(secret))).first()
    if link is None or link.used_at is not None or link.expires_at < now:
        raise Missing("link_unusable")
    account = session.get_one(Account, link.account_id)
    if account.disabled_at is not None:
        raise Missing("link_unusable")
    return link, account


def check_new_password(account: Account, password: str) -> None:
    """Raise what speaks against this password for this account; the slow hashing comes after, outside the lock."""
    rules.check_password(password, mail=account.mail, name=account.name)


def use_link(session: Session, secret: str, hashed: str, *, now: datetime) -> Account:
    """Set the password of the link's holder, hashed already; every device of the account is signed out."""
    link, account = link_holder(session, secret, now=now)
    link.used_at = now
    _store_password(session, account.id, hashed, now=now)
    return account


def _stored_password(session: Session, account_id: UUID) -> Password | None:
    return session.exec(select(Password).where(Password.account_id == account_id)).first()


def _store_password(
    session: Session, account_id: UUID, hashed: str, *, now: datetime, keep: UUID | None = None
) -> None:
    stored = _stored_password(session, account_id)
    if stored is None:
        session.add(Password(account_id=account_id, hashed=hashed, set_at=now))
    else:
        stored.hashed, stored.set_at = hashed, now
    end_sign_ins(session, account_id, now=now, but=keep)


def check_old_password(session: Session, account_id: UUID, old: str, new: str) -> None:
    """Raise "password_wrong" unless `old` opens the account, and what speaks against the new one."""
    stored = _stored_password(session, account_id)
    if not passwords.matches(stored.hashed if stored else None, old):
        raise Problem("password_wrong", field="old")
    check_new_password(session.get_one(Account, account_id), new)


def change_password(
    session: Session, account_id: UUID, hashed: str, *, now: datetime, sign_in_id: UUID
) -> None:
    """Change one's own password, hashed already; every other device is signed out."""
    _store_password(session, account_id, hashed, now=now, keep=sign_in_id)


def failures(session: Session, mail: str, address: str, *, now: datetime) -> None:
    """Raise TooMany when this account or this address has failed too often just now."""
    since = now - rules.WINDOW
    of_account = session.exec(
        select(SignInAttempt.at).where(
            SignInAttempt.mail_key == rules.mail_key(mail), SignInAttempt.at > since
        )
    ).all()
    of_address = session.exec(
        select(SignInAttempt.at).where(
            SignInAttempt.address == rules.network_of(address), SignInAttempt.at > since
        )
    ).all()
    rules.check_throttle(of_account, of_address, now=now)


def note_failure(session: Session, mail: str, address: str, *, now: datetime) -> None:
    """Remember a failed try; tries older than a day are dropped."""
    for old in session.exec(
        select(SignInAttempt).where(SignInAttempt.at < now - timedelta(days=1)).limit(500)
    ):
        session.delete(old)
    session.add(SignInAttempt(at=now, mail_key=rules.mail_key(mail), address=rules.network_of(address)))


def holder_of(session: Session, given: Credentials) -> Account | None:
    """The account that these credentials open, or None. Says nothing of which part was wrong."""
    mail = given.mail.strip().lower()
    account = session.exec(select(Account).where(Account.mail == mail)).first()
    stored = _stored_password(session, account.id) if account else None
    right = passwords.matches(stored.hashed if stored else None, given.password)
    return account if account and right and account.disabled_at is None else None


def sign_in(session: Session, account_id: UUID, *, device: str, address: str, now: datetime) -> SignIn:
    """Open a device; the id is random, not made by the clock, for it is what the cookie holds."""
    row = SignIn(
        id=uuid4(),
        account_id=account_id,
        device=device[:120],
        address=rules.network_of(address),
        made_at=now,
        seen_at=now,
    )
    session.add(row)
    session.flush()
    return row


def end_sign_in(session: Session, sign_in_id: UUID, *, account_id: UUID, now: datetime) -> None:
    """Sign one's own device out from anywhere; raises Missing for somebody else's."""
    row = session.get(SignIn, sign_in_id)
    if row is None or row.account_id != account_id:
        raise Missing("not_found")
    row.ended_at = row.ended_at or now


def end_sign_ins(session: Session, account_id: UUID, *, now: datetime, but: UUID | None = None) -> None:
    """Sign every device of an account out, but for one."""
    for row in session.exec(
        select(SignIn).where(SignIn.account_id == account_id, col(SignIn.ended_at).is_(None))
    ):
        if row.id != but:
            row.ended_at = now


def set_role(session: Session, account_id: UUID, role: Role, *, by: UUID) -> Account:
    """Give an account another role. Nobody changes his or her own: the last manager would lock all out."""
    account = session.get(Account, account_id)
    if account is None:
        raise Missing("not_found")
    if account_id == by and role is not account.role:
        raise Problem("own_role", field="role")
    account.role = role
    return account


def disable(session: Session, account_id: UUID, *, by: UUID, now: datetime) -> None:
    """Stop an account: every session of it ends at once; what it recorded stays."""
    account = session.get(Account, account_id)
    if account is None:
        raise Missing("not_found")
    if account_id == by:
        raise Forbidden("own_account")
    account.disabled_at = account.disabled_at or now
    end_sign_ins(session, account_id, now=now)


def enable(session: Session, account_id: UUID) -> None:
    """Let a stopped account sign in again."""
    account = session.get(Account, account_id)
    if account is None:
        raise Missing("not_found")
    account.disabled_at = None


def organisation(session: Session) -> Organisation | None:
    """The organisation of this database; None before `crm init`."""
    return session.exec(select(Organisation)).first()


def keep_organisation(session: Session, facts: OrganisationFacts) -> Organisation:
    """Make or change the organisation's own facts."""
    row = organisation(session) or Organisation(name=facts.name)
    row.name, row.city_name, row.phone = facts.name, facts.city_name, facts.phone
    row.address, row.note = facts.address, facts.note
    session.add(row)
    return row


def found(session: Session, name: str, manager: NewAccount, *, now: datetime, hours: int) -> str:
    """`crm init`: the organisation, its first manager, and the secret of the manager's one-time link."""
    if organisation(session) is not None:
        raise Problem("already_founded")
    session.add(Organisation(name=name))
    account = invite(session, manager, now=now)
    return make_link(session, account.id, LinkPurpose.INVITATION, now=now, hours=hours)


def account_by_mail(session: Session, mail: str) -> Account | None:
    """The account of this mail address that is not stopped."""
    return session.exec(
        select(Account).where(Account.mail == mail.strip().lower(), col(Account.disabled_at).is_(None))
    ).first()
