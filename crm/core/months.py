"""Months and fiscal years: the two spans in which the centre plans, closes and reports."""

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Self

from crm.core.problems import Problem
from crm.core.wareki import YEAR_PATTERN, era_year, tidy_date, year_of

_LAST_YEAR = 9998  # so that the day after any month, and the end of any fiscal year, is still a date
_READABLE_YEARS = range(1868, 2200)  # what a person can mean; 20226-05 is a slip of the finger
_MONTH = re.compile(YEAR_PATTERN + r"(?:年(?P<m1>[0-9]{1,2})月|[-./・](?P<m2>[0-9]{1,2}))")
_SIX_DIGITS = re.compile(r"([0-9]{4})([0-9]{2})")
_LONGEST = 64


@dataclass(frozen=True, order=True, slots=True)
class Month:
    """A calendar month. Months are ordered by time. Raises ValueError when there is no such month."""

    year: int
    month: int

    def __post_init__(self) -> None:
        if not (1 <= self.year <= _LAST_YEAR and 1 <= self.month <= 12):
            raise ValueError(f"no such month: {self.year}-{self.month}")

    @classmethod
    def of(cls, day: date) -> Self:
        """Give the month that a day lies in."""
        return cls(day.year, day.month)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a month: 2026-05, 2026/5, 202605, 2026年5月, 令和8年5月, R8.5, full-width digits.

        Raises Problem "month_unreadable" with the text; years outside 1868–2199 count as unreadable.
        """
        tidy = tidy_date(text[:_LONGEST])
        try:
            if six := _SIX_DIGITS.fullmatch(tidy):
                year, month = int(six[1]), int(six[2])
            elif match := _MONTH.fullmatch(tidy):
                year, month = year_of(match), int(match["m1"] or match["m2"])
            else:
                raise ValueError("no month in it")
            if year not in _READABLE_YEARS:
                raise ValueError("nobody means that year")
            return cls(year, month)
        except ValueError:
            raise Problem("month_unreadable", text=text[:_LONGEST]) from None

    def __str__(self) -> str:
        """Write it as in addresses and files: 2026-05."""
        return f"{self.year:04d}-{self.month:02d}"

    @property
    def first(self) -> date:
        """The first day."""
        return date(self.year, self.month, 1)

    @property
    def last(self) -> date:
        """The last day."""
        return date(self.year, self.month, monthrange(self.year, self.month)[1])

    @property
    def after(self) -> date:
        """The first day of the next month: the open end of this one."""
        return self.last + timedelta(days=1)

    def days(self) -> tuple[date, ...]:
        """Give every day in order."""
        return tuple(self.first + timedelta(days=n) for n in range((self.after - self.first).days))

    def plus(self, months: int) -> Self:
        """Give the month so many months later, or earlier if negative."""
        years, month = divmod(self.year * 12 + self.month - 1 + months, 12)
        return type(self)(years, month + 1)

    def until(self, other: "Month") -> int:
        """Count the months from this one to another; negative if the other is earlier."""
        return (other.year - self.year) * 12 + other.month - self.month

    def wareki(self) -> str:
        """Write it as 令和8年5月. A month in which the era changed bears the era of its first day."""
        return f"{era_year(self.first)}{self.month}月"

    def __contains__(self, day: date) -> bool:
        return self.first <= day <= self.last


@dataclass(frozen=True, order=True, slots=True)
class FiscalYear:
    """A fiscal year, April to March, named after the year in which it begins."""

    year: int

    def __post_init__(self) -> None:
        if not 1 <= self.year < _LAST_YEAR:
            raise ValueError(f"no such fiscal year: {self.year}")

    @classmethod
    def of(cls, when: date | Month) -> Self:
        """Give the fiscal year that a day or a month lies in."""
        return cls(when.year if when.month >= 4 else when.year - 1)

    def __str__(self) -> str:
        """Write it as in addresses and files: 2026."""
        return f"{self.year:04d}"

    @property
    def first(self) -> date:
        """The first of April."""
        return date(self.year, 4, 1)

    @property
    def last(self) -> date:
        """The 31st of March of the next year."""
        return date(self.year + 1, 3, 31)

    def months(self) -> tuple[Month, ...]:
        """Give its twelve months, April first."""
        return tuple(Month(self.year, 4).plus(n) for n in range(12))

    def plus(self, years: int) -> Self:
        """Give the fiscal year so many years later, or earlier if negative."""
        return type(self)(self.year + years)

    def wareki(self) -> str:
        """Write it as 令和8年度.

        It bears the era in force at the end of the calendar year in which it begins: 2019 is 令和元年度
        throughout, as the Cabinet settled on 2019-04-01, and 1988 stays 昭和63年度.
        """
        return f"{era_year(date(self.year, 12, 31))}度"

    def __contains__(self, day: date) -> bool:
        return self.first <= day <= self.last
