from datetime import date

import pytest

from crm.core.months import Month
from crm.core.problems import Problem
from crm.visits import rules
from crm.visits.calendar import is_closed, working_days
from crm.visits.models import Met, Way

JUNE = Month(2026, 6)


@pytest.mark.parametrize(
    ("last", "due"),
    [
        (date(2026, 3, 31), True),
        (date(2026, 4, 1), False),
        (date(2025, 1, 5), True),
        (date(2026, 6, 1), False),
    ],
)
def test_a_place_is_due_when_its_months_have_passed(last: date, due: bool) -> None:
    assert rules.due_in(JUNE, every_months=3, last_contact=last) is due


def test_an_interval_of_nought_means_never() -> None:
    assert not rules.due_in(JUNE, every_months=0, last_contact=date(2020, 1, 6))


def test_a_record_tells_of_what_has_happened() -> None:
    with pytest.raises(Problem) as refusal:
        rules.check_day(date(2026, 6, 16), today=date(2026, 6, 15))
    assert refusal.value.code == "record_in_future"
    assert refusal.value.field == "on"


def test_a_visit_names_its_place_and_a_phone_call_need_not() -> None:
    with pytest.raises(Problem, match="visit_needs_place"):
        rules.check_place_given(Way.REGULAR, has_place=False)
    rules.check_place_given(Way.PHONE, has_place=False)  # and this one raises nothing


def test_a_cancelled_visit_gave_no_support() -> None:
    with pytest.raises(Problem, match="cancelled_gives_nothing"):
        rules.check_support(Met.CANCELLED, any_support=True)
    rules.check_support(Met.ABSENT, any_support=True)  # and this one raises nothing


def test_a_late_record_counts_in_the_first_open_month() -> None:
    assert rules.month_counting(date(2026, 4, 30), {"2026-04", "2026-05"}) == JUNE


def test_a_month_before_a_closed_one_of_its_fiscal_year_counts_nothing_more() -> None:
    assert rules.month_counting(date(2026, 4, 30), {"2026-05"}) == JUNE
    assert rules.month_counting(date(2026, 3, 31), {"2026-05"}) == Month(2026, 3)
    assert rules.month_counting(date(2026, 2, 1), {"2026-03", "2026-04"}) == Month(2026, 5)


def test_a_month_is_closed_only_when_it_is_over() -> None:
    with pytest.raises(Problem, match="month_not_over"):
        rules.check_can_close(JUNE, today=date(2026, 6, 30))
    rules.check_can_close(JUNE, today=date(2026, 7, 1))  # and this one raises nothing


@pytest.mark.parametrize("day", ["2026-05-03", "2026-05-06", "2026-12-29", "2027-01-03", "2026-06-13"])
def test_the_centre_is_closed_on_holidays_weekends_and_over_new_year(day: str) -> None:
    assert is_closed(date.fromisoformat(day))


def test_may_2026_has_eighteen_working_days() -> None:
    # 21 weekdays less Monday 4, Tuesday 5 and Wednesday 6 May (a day in lieu of Sunday 3 May).
    assert len(working_days(Month(2026, 5))) == 18
