"""Who is asking: from the cookie's random sign-in row to the signed-in person (Flask-Login)."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from flask import Flask
from flask_login import LoginManager, UserMixin
from sqlmodel import Session, col, select

from crm.accounts.messages import ROLE_NAMES
from crm.accounts.models import Account, SignIn
from crm.db.tracked import Author
from crm.web.access import Me, Role
from crm.web.site import clock, settings, store

SEEN_EVERY = timedelta(minutes=10)


@dataclass(frozen=True)
class SignedIn(UserMixin):  # type: ignore[misc] # flask_login is untyped
    """The signed-in person of one request; plain values, so that no transaction hangs on it."""

    account_id: UUID
    sign_in_id: UUID
    name: str
    role: Role

    def get_id(self) -> str:
        return str(self.sign_in_id)

    @property
    def role_label(self) -> str:
        return str(ROLE_NAMES[self.role])


def init_identity(app: Flask) -> None:
    """Let Flask-Login know people by their sign-in row."""
    logins = LoginManager()
    logins.session_protection = None  # tablets change networks all day; the row can be ended instead
    logins.user_loader(_load)
    logins.init_app(app)


def _load(sign_in_id: str) -> SignedIn | None:
    try:
        wanted = UUID(sign_in_id)
    except ValueError:
        return None
    now = clock().now()
    with store().reading() as session:
        found = load_signed_in(session, wanted, unused_days=settings().sign_in_days)
    if found is None:
        return None
    person, seen_at = found
    if now - seen_at > SEEN_EVERY:
        with store().writing(Author.system()) as session:
            row = session.get(SignIn, wanted)
            if row is not None:
                row.seen_at = now
    return person


def load_signed_in(
    session: Session, sign_in_id: UUID, *, unused_days: int
) -> tuple[SignedIn, datetime] | None:
    """The person behind a sign-in row that is open, used lately, and whose account is not stopped."""
    row = session.exec(
        select(SignIn, Account)
        .join(Account, col(Account.id) == col(SignIn.account_id))
        .where(SignIn.id == sign_in_id, col(SignIn.ended_at).is_(None), col(Account.disabled_at).is_(None))
    ).first()
    if row is None:
        return None
    sign_in, account = row
    if clock().now() - sign_in.seen_at > timedelta(days=unused_days):
        return None
    return SignedIn(account.id, sign_in.id, account.name, account.role), sign_in.seen_at


def still_signed_in(session: Session, known: Me) -> SignedIn | None:
    """The signed-in person as this transaction finds them; None where the device or the account was stopped."""
    found = load_signed_in(session, known.sign_in_id, unused_days=settings().sign_in_days)
    return found[0] if found is not None else None
