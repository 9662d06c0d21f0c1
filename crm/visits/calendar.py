"""Working days of the centre, and the weeks of a month."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

import jpholiday

from crm.core.months import Month


def is_closed(day: date) -> bool:
    """Whether the centre is closed: weekends, public holidays, and 29 December to 3 January.

    Source of the closing days: the centre's own public page (open 9:00-18:00, closed on public holidays and
    from 29 December to 3 January). Public holidays by the library jpholiday.
    """
    if day.weekday() >= 5 or (day.month, day.day) >= (12, 29) or (day.month, day.day) <= (1, 3):
        return True
    return bool(jpholiday.is_holiday(day))


def working_days(month: Month) -> list[date]:
    """Days of a month on which calls are planned."""
    return [day for day in month.days() if not is_closed(day)]


@dataclass(frozen=True, slots=True)
class Week:
    """What lies in one month of a week from Monday to Sunday; `days` are those of its days that matter."""

    first: date
    last: date
    days: tuple[date, ...]

    def __contains__(self, day: date) -> bool:
        return self.first <= day <= self.last


def weeks_of(month: Month, days: Iterable[date]) -> list[Week]:
    """The weeks of a month that hold at least one of these days of it, in order."""
    held: dict[date, list[date]] = {}
    for day in sorted(day for day in days if day in month):
        held.setdefault(day - timedelta(days=day.weekday()), []).append(day)
    return [
        Week(max(monday, month.first), min(monday + timedelta(days=6), month.last), tuple(several))
        for monday, several in held.items()
    ]
