"""What time it is, handed in as a thing so that rules and tests can choose it."""

from datetime import UTC, date, datetime, timedelta, timezone
from typing import Protocol

TOKYO = timezone(timedelta(hours=9), "JST")
"""Japan Standard Time: without summer time since 1951, so a fixed offset says it all."""


class Clock(Protocol):
    """Tells the moment and the day."""

    def now(self) -> datetime:
        """Give the moment, aware, in UTC."""
        ...

    def today(self) -> date:
        """Give the day it is in Tokyo."""
        ...


class SystemClock:
    """The clock of the machine."""

    def now(self) -> datetime:
        """Give the moment, aware, in UTC."""
        return datetime.now(UTC)

    def today(self) -> date:
        """Give the day it is in Tokyo."""
        return tokyo_day(self.now())


class FixedClock:
    """A clock that stands still until it is moved."""

    def __init__(self, moment: datetime) -> None:
        """Stand at an aware moment. Raises ValueError for a naive one."""
        if moment.tzinfo is None:
            raise ValueError("a moment needs a time zone")
        self._moment = moment.astimezone(UTC)

    def now(self) -> datetime:
        """Give the moment, aware, in UTC."""
        return self._moment

    def today(self) -> date:
        """Give the day it is in Tokyo."""
        return tokyo_day(self._moment)

    def advance(self, by: timedelta) -> None:
        """Move the hands."""
        self._moment += by


def tokyo_day(moment: datetime) -> date:
    """Give the day in Tokyo that an aware moment lies in. Raises ValueError for a naive moment."""
    if moment.tzinfo is None:
        raise ValueError("a moment needs a time zone")
    return moment.astimezone(TOKYO).date()
