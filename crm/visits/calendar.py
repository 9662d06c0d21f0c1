"""Working days of the centre."""

from datetime import date

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
