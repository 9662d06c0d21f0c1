"""Decisions about long work and mail, without a database and without a clock."""

import re
from datetime import UTC, datetime, time, timedelta

from crm.core.clock import TOKYO
from crm.core.problems import Problem

BEAT_EVERY = timedelta(seconds=10)
"""How often a running job says that its process lives."""

STALE_AFTER = timedelta(seconds=60)
"""A running job whose beat is older belonged to a process that died: six beats were missed."""

MOST_STARTS = 3
"""A job that took its process with it so often fails for good: the fourth process would die of it too."""

MAIL_STALE_AFTER = timedelta(minutes=10)
"""A mail taken for sending so long ago was taken by a process that died: sending has a time limit."""

MAIL_WAITS = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 60, 180, 360, 720, 1440))
"""Waits between two tries of a mail; two days in all, which is longer than a mail server is usually down."""

BACKUP = "backup"
"""The kind of job that the clock asks for, once a night, where a handler for it is registered."""

TIDY_AT = "03:30"
"""When the day's housekeeping is due, in Tokyo: after the nightly backup has been made."""

NEVER = datetime(9999, 1, 1, tzinfo=UTC)
"""The next try of a mail that was given up: it stays in sight until a person sends it again or drops it."""


DROPPED, EXPIRED, VOID, RESTORED = "dropped", "expired", "void", "restored"
"""The last_error of a mail that counts as done and was never sent: a person dropped it; it was good only until a
moment that passed; what it tells of was taken back; it came out of a backup, with what it tells of taken back."""


def stale_before(now: datetime) -> datetime:
    """A beat older than this moment is that of a dead process."""
    return now - STALE_AFTER


def next_try(tries: int, now: datetime) -> datetime:
    """When to try a mail again that failed for the `tries`-th time (from 1 on); NEVER after the last wait."""
    return now + MAIL_WAITS[tries - 1] if tries <= len(MAIL_WAITS) else NEVER


def nightly_slot(now: datetime, at: str) -> str | None:
    """The day (2026-05-11) whose nightly work is due now; None before its time or where none is wanted.

    A machine that is off at night makes up for it when it is switched on: the slot stays due all day.
    Raises Problem "time_unreadable".
    """
    if not at:
        return None
    here = now.astimezone(TOKYO)
    return here.date().isoformat() if here.time() >= read_time(at) else None


def read_time(text: str) -> time:
    """A time of day as settings write it (02:30). Raises Problem "time_unreadable"."""
    found = re.fullmatch(r"([01]?[0-9]|2[0-3]):([0-5][0-9])", text)
    if found is None:
        raise Problem("time_unreadable", text=text)
    return time(int(found[1]), int(found[2]))
