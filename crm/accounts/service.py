"""Use cases of accounts: they load, decide, change; they never commit and never see a request."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from sqlalchemy import ColumnElement
from sqlmodel import Session, col, func, select

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
from crm.core.problems import Conflict, Forbidden, Missing, Problem, TooMany
from crm.jobs import outbox
from crm.jobs.rules import VOID
from crm.web.access import Can, Role, may


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
class Opened:
    """An account that credentials open, as it stood when its password was looked at."""

    account_id: UUID
    name: str
    role: Role
    hashed: str


@dataclass(frozen=True)
class OrganisationFacts:
    """What the organisation says of itself; stands on pages and papers."""

    name: str
    city_name: str
    phone: str
    address: str
    note: str


def invite(session: Session, new: NewAccount, *, now: datetime, by: UUID | None = None) -> Account:
    """Make an account without a password; `by` is who invites (None: the installation itself).

    Raises "mail_unreadable", "mail_taken", "text_missing", "text_too_long", "only_manager_grants".
    """
    if by is not None:
        rules.check_may_grant(_keeper(session, by).role, new.role)
    account = _checked(new, now)
    if session.exec(select(Account.id).where(Account.mail == account.mail)).first():
        raise Problem("mail_taken", field="mail")
    session.add(account)
    session.flush()
    return account


def _checked(new: NewAccount, now: datetime) -> Account:
    return Account(
        name=rules.check_line(new.name, field="name", most=rules.LONGEST_NAME),
        kana=rules.check_line(new.kana, field="kana", most=rules.LONGEST_KANA) if new.kana.strip() else "",
        mail=rules.mail_as_kept(new.mail),
        role=new.role,
        made_at=now,
    )


def _keeper(session: Session, by: UUID) -> Account:
    """Who changes accounts, as this transaction finds them: they may have been stopped a moment ago.

    Raises Forbidden "no_longer_allowed".
    """
    account = session.get(Account, by, populate_existing=True)
    if account is None or account.disabled_at is not None or not may(account.role, Can.KEEP_ACCOUNTS):
        raise Forbidden("no_longer_allowed")
    return account


def make_link(
    session: Session,
    account_id: UUID,
    purpose: LinkPurpose,
    *,
    now: datetime,
    hours: int,
    asked_by_nobody: bool = False,
) -> str:
    """Make a one-time link and return its secret; older unused links of the account stop working.

    `asked_by_nobody`: asked for without being signed in. Then older links go on working until one of them is
    used: nobody shall be able to void the invitation of somebody else.
    """
    if not asked_by_nobody:
        _void_links(session, account_id, now=now)
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


def _void_links(session: Session, account_id: UUID, *, now: datetime) -> None:
    """Let the unused links of an account open nothing any more; letters with them that wait do not leave."""
    older = session.exec(
        select(OneTimeLink).where(OneTimeLink.account_id == account_id, col(OneTimeLink.used_at).is_(None))
    ).all()
    for link in older:
        link.used_at = now
    outbox.cancel(session, [rules.letter_key(link.secret_hash) for link in older], VOID, now=now)


def purpose_for(session: Session, account_id: UUID) -> LinkPurpose:
    """What a link that is made for this account is for: its first password, or another one."""
    return LinkPurpose.RESET if _stored_password(session, account_id) else LinkPurpose.INVITATION


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
    _link, account = link_holder(session, secret, now=now)
    _void_links(session, account.id, now=now)
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


def check_old_password(session: Session, account_id: UUID, old: str, new: str) -> str:
    """Give the hash that `old` fits. Raises "password_wrong", and what speaks against the new one."""
    stored = _stored_password(session, account_id)
    if stored is None or not passwords.matches(stored.hashed, old):
        raise Problem("password_wrong", field="old")
    check_new_password(session.get_one(Account, account_id), new)
    return stored.hashed


def change_password(
    session: Session, account_id: UUID, hashed: str, *, seen: str, now: datetime, sign_in_id: UUID
) -> None:
    """Change one's own password, hashed already; every other device is signed out.

    `seen` is the hash that the old password fitted, outside of this transaction.
    Raises Conflict "password_changed_meanwhile", Forbidden "no_longer_allowed" (signed out meanwhile).
    """
    device, stored = session.get(SignIn, sign_in_id), _stored_password(session, account_id)
    if device is None or device.ended_at is not None or device.account_id != account_id:
        raise Forbidden("no_longer_allowed")
    if stored is None or stored.hashed != seen:
        raise Conflict("password_changed_meanwhile")
    _store_password(session, account_id, hashed, now=now, keep=sign_in_id)


def failures(session: Session, mail: str, address: str, *, now: datetime) -> None:
    """Raise TooMany when this account or this address has failed too often just now."""
    since = now - rules.WINDOW
    rules.check_throttle(
        _tries(session, col(SignInAttempt.mail_key) == rules.mail_key(mail), since),
        _tries(session, col(SignInAttempt.address) == rules.network_of(address), since),
        now=now,
    )


def _tries(session: Session, whose: ColumnElement[bool], since: datetime) -> Sequence[datetime]:
    return session.exec(select(SignInAttempt.at).where(whose, col(SignInAttempt.at) > since)).all()


def note_failure(session: Session, mail: str, address: str, *, now: datetime) -> None:
    """Remember a failed try; tries older than a day are dropped."""
    _note(session, rules.mail_key(mail), rules.network_of(address), now)


def _note(session: Session, mail_key: str, address: str, now: datetime) -> None:
    for old in session.exec(
        select(SignInAttempt).where(SignInAttempt.at < now - timedelta(days=1)).limit(500)
    ):
        session.delete(old)
    session.add(SignInAttempt(at=now, mail_key=mail_key, address=address))


def may_send_reset(session: Session, mail: str, address: str, *, now: datetime) -> bool:
    """Whether a link that anybody asks for is sent to this mail address; if so, that is remembered.

    Counted apart from failed sign-ins, known address or not. Past what an account gets in an hour nothing more
    is sent and nothing is said: the letters before still work. What is not sent does not count, so that nobody
    can keep another one's mailbox empty. Raises TooMany "reset_throttled" for a machine that asks for many.
    """
    since = now - rules.RESET_WINDOW
    mail_key, network = rules.mail_key(f"reset:{mail}"), f"reset:{rules.network_of(address)}"[:64]
    of_machine = _tries(session, col(SignInAttempt.address) == network, since)
    of_account = _tries(session, col(SignInAttempt.mail_key) == mail_key, since)
    window = rules.RESET_WINDOW
    if minutes := rules.minutes_to_wait(of_machine, rules.MOST_RESETS_PER_ADDRESS, window, now=now):
        raise TooMany("reset_throttled", minutes=minutes)
    if rules.minutes_to_wait(of_account, rules.MOST_RESETS_PER_ACCOUNT, window, now=now):
        return False
    _note(session, mail_key, network, now)
    return True


def holder_of(session: Session, given: Credentials) -> Opened | None:
    """The account that these credentials open, or None. Says nothing of which part was wrong."""
    mail = given.mail.strip().lower()
    account = session.exec(select(Account).where(Account.mail == mail)).first()
    stored = _stored_password(session, account.id) if account else None
    right = passwords.matches(stored.hashed if stored else None, given.password)
    if account is None or stored is None or not right or account.disabled_at is not None:
        return None
    return Opened(account.id, account.name, account.role, stored.hashed)


def check_still_opens(session: Session, opened: Opened) -> None:
    """Raise "sign_in_wrong" where the account was stopped, or its password changed, since it was looked at."""
    account, stored = session.get(Account, opened.account_id), _stored_password(session, opened.account_id)
    if account is None or account.disabled_at is not None or stored is None or stored.hashed != opened.hashed:
        raise Problem("sign_in_wrong")


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
    """Give an account another role. Nobody changes his or her own, and one manager always stays.

    Raises "own_role", "only_manager_grants", Conflict "last_manager", Forbidden "no_longer_allowed".
    """
    keeper, account = _keeper(session, by), _account(session, account_id)
    if account_id == by and role is not account.role:
        raise Problem("own_role", field="role")
    rules.check_may_grant(keeper.role, role)
    if role is not Role.MANAGER:
        _check_managers_left(session, account)
    account.role = role
    return account


def _account(session: Session, account_id: UUID) -> Account:
    account = session.get(Account, account_id, populate_existing=True)
    if account is None:
        raise Missing("not_found")
    return account


def _check_managers_left(session: Session, leaving: Account) -> None:
    if leaving.role is not Role.MANAGER or leaving.disabled_at is not None:
        return
    others = session.exec(
        select(func.count()).where(
            Account.role == Role.MANAGER, col(Account.disabled_at).is_(None), Account.id != leaving.id
        )
    ).one()
    rules.check_managers_left(others)


def disable(session: Session, account_id: UUID, *, by: UUID, now: datetime) -> None:
    """Stop an account: every session of it ends at once; what it recorded stays.

    Raises Forbidden "own_account", "no_longer_allowed", Conflict "last_manager".
    """
    _keeper(session, by)
    account = _account(session, account_id)
    if account_id == by:
        raise Forbidden("own_account")
    _check_managers_left(session, account)
    account.disabled_at = account.disabled_at or now
    _void_links(session, account_id, now=now)
    end_sign_ins(session, account_id, now=now)


def enable(session: Session, account_id: UUID, *, by: UUID) -> None:
    """Let a stopped account sign in again. Raises Forbidden "no_longer_allowed"."""
    _keeper(session, by)
    _account(session, account_id).disabled_at = None


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
    session.add(Organisation(name=checked_name(name)))
    account = invite(session, manager, now=now)
    return make_link(session, account.id, LinkPurpose.INVITATION, now=now, hours=hours)


def check_founding(name: str, manager: NewAccount, *, now: datetime) -> None:
    """Raise what speaks against founding with these words, before anything is made for it."""
    checked_name(name)
    _checked(manager, now)


def checked_name(name: str) -> str:
    """The name of an organisation as it is kept. Raises "text_missing", "text_too_long"."""
    return rules.check_line(name, field="organisation", most=rules.LONGEST_ORGANISATION)


def account_by_mail(session: Session, mail: str) -> Account | None:
    """The account of this mail address that is not stopped."""
    return session.exec(
        select(Account).where(Account.mail == mail.strip().lower(), col(Account.disabled_at).is_(None))
    ).first()
