"""Who may do what. Access stands on the route; everything else is denied."""

from enum import StrEnum
from typing import Protocol
from uuid import UUID


class Role(StrEnum):
    """What a person who signs in is here for."""

    ADMINISTRATOR = "administrator"
    MANAGER = "manager"
    WORKER = "worker"
    EDITOR = "editor"
    READER = "reader"


class Can(StrEnum):
    """One permission. A route names exactly one; a role holds many."""

    ENTER = "enter"  # anybody, signed in or not
    SIGNED_IN = "signed_in"  # anybody who is signed in: own devices, own password
    SEE_PLACES = "see_places"
    KEEP_PLACES = "keep_places"  # split, merge, rename, import
    SEE_PEOPLE = "see_people"  # names and telephone numbers of those who hold posts
    EXPORT = "export"
    SEE_PLAN = "see_plan"
    MAKE_PLAN = "make_plan"
    SEE_RECORDS = "see_records"
    RECORD_CONTACTS = "record_contacts"
    SEE_REPORTS = "see_reports"
    CLOSE_MONTH = "close_month"
    SEE_JOBS = "see_jobs"
    KEEP_ACCOUNTS = "keep_accounts"
    KEEP_ORGANISATION = "keep_organisation"
    SEE_AUDIT = "see_audit"


_EVERYBODY = frozenset({Can.ENTER})
_SIGNED_IN = _EVERYBODY | {Can.SIGNED_IN}
_READER = _SIGNED_IN | {Can.SEE_REPORTS}
_OFFICE = _READER | {Can.SEE_PLACES, Can.SEE_PEOPLE, Can.SEE_PLAN, Can.SEE_RECORDS, Can.EXPORT, Can.SEE_JOBS}
_WORKER = _OFFICE | {Can.RECORD_CONTACTS}
_MANAGER = _WORKER | {
    Can.KEEP_PLACES,
    Can.MAKE_PLAN,
    Can.CLOSE_MONTH,
    Can.KEEP_ACCOUNTS,
    Can.KEEP_ORGANISATION,
    Can.SEE_AUDIT,
}

MAY: dict[Role | None, frozenset[Can]] = {
    None: _EVERYBODY,
    Role.READER: _READER,
    Role.EDITOR: _OFFICE,
    Role.WORKER: _WORKER,
    Role.MANAGER: _MANAGER,
    # The administrator keeps the installation, not the people's notes: no records, no plan.
    Role.ADMINISTRATOR: _SIGNED_IN
    | {
        Can.KEEP_ACCOUNTS,
        Can.KEEP_ORGANISATION,
        Can.SEE_AUDIT,
        Can.SEE_JOBS,
        Can.SEE_PLACES,
        Can.KEEP_PLACES,
    },
}


def may(role: Role | None, can: Can) -> bool:
    """Whether somebody of this role (None: not signed in) holds this permission."""
    return can in MAY[role]


class Me(Protocol):
    """The signed-in person, as pages and use cases see them."""

    @property
    def account_id(self) -> UUID: ...
    @property
    def sign_in_id(self) -> UUID: ...
    @property
    def name(self) -> str: ...
    @property
    def role(self) -> Role: ...
