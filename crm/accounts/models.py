"""Tables of accounts."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from crm.db.columns import choice, derived, key, link, moment, personal
from crm.db.tracked import Tracked
from crm.web.access import Role


class Organisation(Tracked, SQLModel, table=True):
    """The one organisation of this database, under the name it uses itself."""

    id: UUID = key()
    name: str = Field(max_length=120)
    city_name: str = Field(default="", max_length=60)
    phone: str = Field(default="", max_length=40)
    address: str = Field(default="", max_length=200)
    note: str = Field(default="", max_length=400)


class Account(Tracked, SQLModel, table=True):
    """A person who signs in. Never deleted: what he or she recorded keeps its author."""

    __table_args__ = (sa.UniqueConstraint("mail"),)

    id: UUID = key()
    name: str = personal(max_length=80)
    kana: str = personal("", max_length=120)
    mail: str = personal(max_length=254)
    role: Role = choice(Role)
    made_at: datetime = moment()
    disabled_at: datetime | None = moment(optional=True)


class Password(Tracked, SQLModel, table=True):
    """The argon2 hash of an account's password. The trail tells when it was set, and never holds the hash."""

    __table_args__ = (sa.UniqueConstraint("account_id"),)

    id: UUID = key()
    account_id: UUID = link("account.id", index=False)
    hashed: str = derived(200)
    set_at: datetime = moment()


class SignIn(SQLModel, table=True):
    """One device that is signed in. Its random id is what the session cookie holds."""

    __tablename__ = "sign_in"

    id: UUID = Field(primary_key=True)
    account_id: UUID = link("account.id")
    device: str = Field(max_length=120)
    address: str = Field(max_length=64)
    made_at: datetime = moment()
    seen_at: datetime = moment()
    ended_at: datetime | None = moment(optional=True)


class SignInAttempt(SQLModel, table=True):
    """A failed sign-in, kept apart from the request that it belongs to, for throttling."""

    __tablename__ = "sign_in_attempt"
    __table_args__ = (
        sa.Index("ix_sign_in_attempt_mail_key_at", "mail_key", "at"),
        sa.Index("ix_sign_in_attempt_address_at", "address", "at"),
    )

    id: UUID = key()
    at: datetime = moment()
    mail_key: str = Field(max_length=64)
    address: str = Field(max_length=64)


class LinkPurpose(StrEnum):
    """What a one-time link is for."""

    INVITATION = "invitation"
    RESET = "reset"


class OneTimeLink(Tracked, SQLModel, table=True):
    """An address that lets its holder set a password once. Only the hash of its secret is stored.

    Tracked: who makes a link for somebody else can open that account, so it must be seen.
    """

    __tablename__ = "one_time_link"
    __table_args__ = (sa.UniqueConstraint("secret_hash"),)

    id: UUID = key()
    account_id: UUID = link("account.id")
    purpose: LinkPurpose = choice(LinkPurpose)
    secret_hash: str = derived(64)
    made_at: datetime = moment()
    expires_at: datetime = moment()
    used_at: datetime | None = moment(optional=True)
