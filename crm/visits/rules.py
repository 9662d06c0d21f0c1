"""Decisions about visits, on values and dates only."""

from collections.abc import Collection
from datetime import date

from crm.core.months import FiscalYear, Month
from crm.core.problems import Problem
from crm.visits.models import Met, Way

AT_A_PLACE = frozenset({Way.REGULAR, Way.EXTRA})
"""Ways that are a visit: made at a place, so one must be named. Other ways may name none."""

DEFAULT_MONTHS = 3
EARLIEST = date(2000, 1, 1)
"""Before this day no record is kept: years before any such centre's are slips of the finger (202, 1026)."""


def due_in(month: Month, *, every_months: int, last_contact: date) -> bool:
    """Whether a place that was met before is due in a month; an interval of 0 means never."""
    return every_months > 0 and Month.of(last_contact).plus(every_months) <= month


def check_day(on: date, *, today: date) -> None:
    """A record tells of what has happened, in this centre's time: raises "record_in_future", "record_too_old"."""
    if on < EARLIEST:
        raise Problem("record_too_old", field="on", earliest=EARLIEST)
    if on > today:
        raise Problem("record_in_future", field="on", today=today)


def check_place_given(way: Way, *, has_place: bool) -> None:
    """A visit names its place: raises "visit_needs_place"."""
    if way in AT_A_PLACE and not has_place:
        raise Problem("visit_needs_place", field="place")


def answers_plan(way: Way, *, apart: bool) -> bool:
    """Whether a record settles the call that is planned for its place in its month.

    A visit does, on whichever day and by whomever it was made, unless its author says that it was made apart from
    the plan. A phone call or a meeting leaves the visit to be made.
    """
    return way in AT_A_PLACE and not apart


def way_of_visit(way: Way, *, chosen: bool, planned: bool) -> Way:
    """The way of a contact: as chosen; a visit whose way was left as offered is regular where it was planned."""
    if chosen or way not in AT_A_PLACE:
        return way
    return Way.REGULAR if planned else Way.EXTRA


def check_support(met: Met, *, any_support: bool) -> None:
    """Where a contact was cancelled nothing was given: raises "cancelled_gives_nothing"."""
    if met is Met.CANCELLED and any_support:
        raise Problem("cancelled_gives_nothing", field="supports")


def counts(met: Met) -> bool:
    """Whether a record is a contact that figures count: a cancelled one is kept but not counted."""
    return met is not Met.CANCELLED


def month_counting(on: date, closed: Collection[str]) -> Month:
    """The month whose report counts a record: its own, or the first one after the last that is closed.

    Within a fiscal year closed months are behind us, also those that were never closed because nothing was in them:
    the sums of the year in a closed report rest on all of them.
    """
    month, known = Month.of(on), [Month.parse(one) for one in closed]
    while same_year := [one for one in known if one >= month and FiscalYear.of(one) == FiscalYear.of(month)]:
        month = max(same_year).plus(1)
    return month


def check_can_close(month: Month, *, today: date) -> None:
    """A month is closed when it is over: raises "month_not_over"."""
    if today <= month.last:
        raise Problem("month_not_over", last=month.last)
