"""Turning the numbers inside an XLSX into what the user sees: 12, 38.932547, 0301, 2026-05-11, 13:30."""

import re
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import Enum
from typing import NamedTuple


class Unshowable(ValueError):
    """A serial number outside the days that a spreadsheet knows: the cell shows #####."""


class Shown(Enum):
    """What a number format makes of a number."""

    NUMBER = "number"
    MOMENT = "moment"
    TIME = "time"
    ELAPSED = "elapsed"
    POSTCODE = "postcode"
    ZEROS = "zeros"


class Format(NamedTuple):
    """A number format, as far as it changes what a number means; `digits` for leading zeros."""

    shown: Shown
    digits: int = 0


PLAIN = Format(Shown.NUMBER)

BUILT_IN_MOMENTS = frozenset((*range(14, 18), 22, *range(27, 32), 34, 35, 36, *range(50, 59)))
BUILT_IN_TIMES = frozenset((18, 19, 20, 21, 32, 33, 45, 47))
BUILT_IN_ELAPSED = 46
"""Formats known by number alone (ECMA-376 part 1, 18.8.30), with those of Japanese Excel: 27–36, 50–58."""

_SILENT = re.compile(r'"[^"]*"|\\.|_.|\*.')
_BRACKETS = re.compile(r"\[(?!(?:h+|m+|s+)\])[^\]]*\]", re.IGNORECASE)
_DAY = re.compile(r"[ydg]|a{3,}|(?<![0#?.])e(?![+-])", re.IGNORECASE)
_CLOCK = re.compile(r"[hs]", re.IGNORECASE)
_ZEROS = re.compile("0{2,}")
_WHOLE = re.compile(r"-?[0-9]{1,15}")

GENERAL = ("general", "g/標準")
"""The format of cells without one, as files have it and as some Japanese programs write it."""

FIRST_DAY = datetime(1899, 12, 30)
FIRST_DAY_1904 = datetime(1904, 1, 1)
LAST_SERIAL = 2_958_465
"""31 December 9999, in the system that counts from 1900."""
DAYS_TO_1904 = 1462
LEAP_BUG_UNTIL = 60
"""Excel has a 29 February 1900: serials below count from one day later (ECMA-376 part 1, 18.17.4.1)."""


def format_of(number: int, codes: dict[int, str]) -> Format:
    """Give what a number format means, by its number and the codes that the workbook defines itself."""
    if number in codes:
        return _read(codes[number])
    if number in BUILT_IN_MOMENTS:
        return Format(Shown.MOMENT)
    if number == BUILT_IN_ELAPSED:
        return Format(Shown.ELAPSED)
    return Format(Shown.TIME) if number in BUILT_IN_TIMES else PLAIN


def _read(code: str) -> Format:
    sections = _BRACKETS.sub("", _SILENT.sub("", code)).split(";")
    first = sections[0]
    if first.lower().startswith(GENERAL):
        return PLAIN
    if sections[-1] == "000-0000":
        return Format(Shown.POSTCODE, 7)
    if _DAY.search(first):
        return Format(Shown.MOMENT)
    if "[" in first:
        return Format(Shown.ELAPSED)
    if _CLOCK.search(first):
        return Format(Shown.TIME)
    if "m" in first.lower():
        return Format(Shown.MOMENT)
    return Format(Shown.ZEROS, len(first)) if _ZEROS.fullmatch(first) else PLAIN


def number_text(raw: str, how: Format, *, from_1904: bool) -> str:
    """Write a number as its cell shows it, days as ISO dates, 13:30 and 26:30 as such.

    Raises ValueError when it is no number, Unshowable when it is no day.
    """
    if how is PLAIN and raw[0] not in "0-" and _WHOLE.fullmatch(raw):
        return raw
    if how.shown in (Shown.MOMENT, Shown.TIME, Shown.ELAPSED):
        return _time_text(float(raw), how.shown, from_1904=from_1904)
    text = _digits(raw)
    if how.digits and text.isdigit():
        text = text.zfill(how.digits)
        return f"{text[:-4]}-{text[-4:]}" if how.shown is Shown.POSTCODE else text
    return text


def _digits(raw: str) -> str:
    """The shortest digits that mean the same number: Excel stores 38.932547 as 38.932547000000003."""
    number = float(raw)
    if number.is_integer() and abs(number) < 1e15:
        return str(int(number))
    if number != number or number in (float("inf"), float("-inf")):
        raise ValueError(raw)
    shortest = repr(number)
    return format(Decimal(shortest), "f") if "e" in shortest else shortest


def _time_text(serial: float, shown: Shown, *, from_1904: bool) -> str:
    days = LAST_SERIAL + 1 - (DAYS_TO_1904 if from_1904 else 0)
    if not 0 <= serial < days or (seconds := round(serial * 86400)) >= days * 86400:
        raise Unshowable(serial)
    if shown is Shown.ELAPSED or (shown is Shown.TIME and serial < 1):
        return _clock(seconds)
    first = FIRST_DAY_1904 if from_1904 else FIRST_DAY
    if not from_1904 and serial < LEAP_BUG_UNTIL:
        first += timedelta(days=1)
    moment = first + timedelta(seconds=seconds)
    if seconds % 86400 == 0:
        return moment.date().isoformat()
    return f"{moment.date().isoformat()} {_clock(seconds % 86400)}"


def _clock(seconds: int) -> str:
    minutes, rest = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02}:{minutes:02}" + (f":{rest:02}" if rest else "")


def iso_text(raw: str) -> str:
    """Write a day that is stored as ISO 8601 (strict workbooks) as a day, its midnight left out."""
    moment = datetime.fromisoformat(raw)
    day: date = moment.date()
    seconds = moment.hour * 3600 + moment.minute * 60 + moment.second
    return day.isoformat() if not seconds else f"{day.isoformat()} {_clock(seconds)}"
