"""Decisions about sign-in, without a database."""

import ipaddress
import re
from collections.abc import Sequence
from datetime import datetime, timedelta

from crm.core.canonical import digest
from crm.core.problems import Conflict, Problem, TooMany
from crm.web.access import Role

WINDOW = timedelta(minutes=15)
MOST_PER_ACCOUNT = 10
MOST_PER_ADDRESS = 40
RESET_WINDOW = timedelta(hours=1)
MOST_RESETS_PER_ACCOUNT = 3
MOST_RESETS_PER_ADDRESS = 20
"""Links asked for without being signed in: enough for an office behind one address, too few to fill a mailbox."""

LONGEST_NAME = 80
LONGEST_KANA = 120
LONGEST_MAIL = 254
LONGEST_ORGANISATION = 120
"""Characters that the columns of these texts hold."""

SHORTEST_PASSWORD = 12
"""Length alone is asked for (NIST SP 800-63B): no rules on kinds of characters, no yearly change."""

LETTER_KEYS = "link:"
"""How the keys of letters with one-time links begin."""

MAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")


def mail_as_kept(text: str) -> str:
    """A mail address as accounts keep it: lower case, no blanks around it. Raises "mail_unreadable"."""
    mail = text.strip().lower()
    if not MAIL.fullmatch(mail) or len(mail) > LONGEST_MAIL:
        raise Problem("mail_unreadable", field="mail")
    return mail


def check_line(text: str, *, field: str, most: int) -> str:
    """A line of text as it is kept, without blanks around it. Raises "text_missing", "text_too_long" (most)."""
    kept = text.strip()
    if not kept:
        raise Problem("text_missing", field=field)
    if len(kept) > most:
        raise Problem("text_too_long", field=field, most=most)
    return kept


def mail_key(mail: str) -> str:
    """What stands for a tried address in the list of attempts: people mistype passwords into that field."""
    return digest(mail.strip().lower())


def letter_key(secret_hash: str) -> str:
    """Under which key the letter with a one-time link stands in the outbox."""
    return f"{LETTER_KEYS}{secret_hash[:40]}"


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
        if minutes := minutes_to_wait(failures, most, WINDOW, now=now):
            raise TooMany("sign_in_throttled", minutes=minutes)


def minutes_to_wait(tries: Sequence[datetime], most: int, window: timedelta, *, now: datetime) -> int:
    """Minutes until one more try is in order where `most` fit into a window; 0 where it is now."""
    recent = sorted(at for at in tries if now - at < window)
    if len(recent) < most:
        return 0
    wait = recent[-most] + window - now
    return max(1, -(-int(wait.total_seconds()) // 60))


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


def check_managers_left(others: int) -> None:
    """Somebody must be able to let people in. Raises Conflict "last_manager" where no other manager is left."""
    if not others:
        raise Conflict("last_manager", field="role")


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
