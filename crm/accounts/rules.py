"""Decisions about sign-in, without a database."""

import ipaddress
import re
from collections.abc import Sequence
from datetime import datetime, timedelta

from crm.core.canonical import digest
from crm.core.problems import Problem, TooMany
from crm.web.access import Role

WINDOW = timedelta(minutes=15)
MOST_PER_ACCOUNT = 10
MOST_PER_ADDRESS = 40
SHORTEST_PASSWORD = 12
"""Length alone is asked for (NIST SP 800-63B): no rules on kinds of characters, no yearly change."""

MAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")


def mail_as_kept(text: str) -> str:
    """A mail address as accounts keep it: lower case, no blanks around it. Raises "mail_unreadable"."""
    mail = text.strip().lower()
    if not MAIL.fullmatch(mail) or len(mail) > 254:
        raise Problem("mail_unreadable", field="mail")
    return mail


def mail_key(mail: str) -> str:
    """What stands for a tried address in the list of attempts: people mistype passwords into that field."""
    return digest(mail.strip().lower())


def network_of(address: str) -> str:
    """The address that attempts are counted for: an IPv6 customer holds a whole /64."""
    try:
        known = ipaddress.ip_address(address)
    except ValueError:
        return address[:64]
    if isinstance(known, ipaddress.IPv6Address):
        return str(ipaddress.ip_network((known, 64), strict=False))
    return str(known)


def check_throttle(of_account: Sequence[datetime], of_address: Sequence[datetime], *, now: datetime) -> None:
    """Refuse a try after too many failures in 15 minutes; raises TooMany "sign_in_throttled" (minutes to wait)."""
    for failures, most in ((of_account, MOST_PER_ACCOUNT), (of_address, MOST_PER_ADDRESS)):
        recent = sorted(at for at in failures if now - at < WINDOW)
        if len(recent) >= most:
            wait = recent[-most] + WINDOW - now
            raise TooMany("sign_in_throttled", minutes=max(1, -(-int(wait.total_seconds()) // 60)))


def check_password(password: str, *, mail: str, name: str) -> None:
    """Raises "password_short" or "password_guessable"."""
    if len(password) < SHORTEST_PASSWORD:
        raise Problem("password_short", field="password", shortest=SHORTEST_PASSWORD)
    folded = password.casefold()
    if (
        len(set(folded)) < 5
        or (len(mail.split("@")[0]) > 3 and mail.split("@")[0] in folded)
        or (len(name) > 3 and name in password)
    ):
        raise Problem("password_guessable", field="password")


READS_NO_RECORDS = frozenset({Role.ADMINISTRATOR, Role.READER})
"""Roles that an administrator may give: those that see no more of the records than he or she does."""


def check_may_grant(by: Role, role: Role) -> None:
    """An administrator keeps the installation, not the notes: only a manager lets people at the records.

    Raises "only_manager_grants".
    """
    if by is Role.ADMINISTRATOR and role not in READS_NO_RECORDS:
        raise Problem("only_manager_grants", field="role")


def device_name(user_agent: str) -> str:
    """What a person recognises of a device: its kind and its browser, from the User-Agent."""
    kinds = (
        ("iPad", "iPad"),
        ("iPhone", "iPhone"),
        ("Android", "Android"),
        ("Windows", "Windows"),
        ("Macintosh", "Mac"),
        ("CrOS", "Chromebook"),
        ("Linux", "Linux"),
    )
    browsers = (("Edg/", "Edge"), ("Firefox/", "Firefox"), ("Chrome/", "Chrome"), ("Safari/", "Safari"))
    kind = next((name for mark, name in kinds if mark in user_agent), "")
    browser = next((name for mark, name in browsers if mark in user_agent), "")
    return " / ".join(part for part in (kind, browser) if part) or user_agent[:60] or "?"
