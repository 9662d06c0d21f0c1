"""Dates as the city writes them: Japanese eras, and reading dates however a person typed them.

Eras begin on the day of their edict. Month and day are always Gregorian, also for Meiji dates before Japan
took over that calendar (1873-01-01): such dates only stand in the founding years of old bodies.
"""

import re
import unicodedata
from datetime import date
from typing import NamedTuple

from crm.core.problems import Problem


class Era(NamedTuple):
    """An era: its name, the letter and the single character that stand for it, and its first day."""

    name: str
    letter: str
    sign: str
    first: date


ERAS = (
    Era("令和", "R", "令", date(2019, 5, 1)),
    Era("平成", "H", "平", date(1989, 1, 8)),
    Era("昭和", "S", "昭", date(1926, 12, 25)),
    Era("大正", "T", "大", date(1912, 7, 30)),
    Era("明治", "M", "明", date(1868, 10, 23)),
)
"""Newest first. First days by the edicts; Meiji's is 明治元年九月八日 in the Gregorian calendar."""

WEEKDAYS = "月火水木金土日"

_ERA_BY_MARK = {mark: era for era in ERAS for mark in (era.name, era.letter, era.sign)}

YEAR_PATTERN = (
    r"(?:(?P<era>明治|大正|昭和|平成|令和|[明大昭平令MTSHR])(?P<count>元|[0-9]{1,4})|(?P<year>[0-9]{4}))"
)
"""A year, by era or by number, in tidied text; read the match with `year_of`."""

_MIDNIGHT = re.compile(r"[T ]0?0:00(?::00(?:\.0+)?)?$")
_SPACE_NOT_BETWEEN_DIGITS = re.compile(r"(?<![0-9])\s+|\s+(?![0-9])")
_DASHES = str.maketrans(dict.fromkeys("‐‑‒–—―−ー", "-"))
_MONTH_AND_DAY = (
    r"(?:年(?P<m1>[0-9]{1,2})月(?P<d1>[0-9]{1,2})日"
    r"|(?P<sep>[-./・])(?P<m2>[0-9]{1,2})(?P=sep)(?P<d2>[0-9]{1,2}))"
)
_WEEKDAY = rf"(?:\((?P<w1>[{WEEKDAYS}])(?:曜日?)?\)|(?P<w2>[{WEEKDAYS}])曜日?)?"
_DATE = re.compile(YEAR_PATTERN + _MONTH_AND_DAY + _WEEKDAY)
_EIGHT_DIGITS = re.compile(r"([0-9]{4})([0-9]{2})([0-9]{2})")
_LONGEST = 64


def wareki(day: date) -> str:
    """Write a date in full: 令和8年5月11日. Days before Meiji are written 1868年1月3日."""
    return f"{era_year(day)}{day.month}月{day.day}日"


def wareki_short(day: date) -> str:
    """Write a date for narrow columns: R8.5.11. The first year of an era is 1 here."""
    era = _era_on(day)
    year = f"{day.year:04d}" if era is None else f"{era.letter}{_count(era, day)}"
    return f"{year}.{day.month}.{day.day}"


def weekday(day: date) -> str:
    """Name the day of the week in one character: 月."""
    return WEEKDAYS[day.weekday()]


def wareki_day(day: date) -> str:
    """Write a date with its day of the week: 令和8年5月11日(月)."""
    return f"{wareki(day)}({weekday(day)})"


def era_year(day: date) -> str:
    """Write the year a day lies in: 令和8年, 令和元年; before Meiji 1867年."""
    era = _era_on(day)
    if era is None:
        return f"{day.year:04d}年"
    count = _count(era, day)
    return f"{era.name}{'元' if count == 1 else count}年"


def read_date(text: str) -> date:
    """Read a date as a person or another program wrote it.

    Takes 2026-05-11, 2026/5/11, 2026.5.11, 20260511, 2026年5月11日, 令和8年5月11日, R8.5.11, 令8.5.11,
    令和元年…, full-width digits, a day of the week behind it (it has to fit), and the midnight that
    spreadsheets append. The years of an era are counted beyond its end and back to its January, since papers
    do so (平成35年度, 令和元年4月1日).

    Raises Problem "date_unreadable" with the text.
    """
    if len(text) > _LONGEST:
        raise Problem("date_unreadable", text=text[:_LONGEST])
    tidy = tidy_date(text)
    try:
        if eight := _EIGHT_DIGITS.fullmatch(tidy):
            return date(*(int(part) for part in eight.groups()))
        if match := _DATE.fullmatch(tidy):
            day = date(year_of(match), int(match["m1"] or match["m2"]), int(match["d1"] or match["d2"]))
            if (match["w1"] or match["w2"] or weekday(day)) == weekday(day):
                return day
    except ValueError:
        pass
    raise Problem("date_unreadable", text=text)


def tidy_date(text: str) -> str:
    """Bring a typed date to half-width digits, one kind of dash and no spaces but those between digits."""
    plain = unicodedata.normalize("NFKC", text).strip().upper().translate(_DASHES)
    return _SPACE_NOT_BETWEEN_DIGITS.sub("", _MIDNIGHT.sub("", plain))


def year_of(match: re.Match[str]) -> int:
    """Give the Gregorian year a match of YEAR_PATTERN stands for; ValueError for the year 0 of an era."""
    if match["year"]:
        return int(match["year"])
    count = 1 if match["count"] == "元" else int(match["count"])
    if count < 1:
        raise ValueError("an era has no year 0")
    return _ERA_BY_MARK[match["era"]].first.year + count - 1


def _era_on(day: date) -> Era | None:
    return next((era for era in ERAS if era.first <= day), None)


def _count(era: Era, day: date) -> int:
    return day.year - era.first.year + 1
