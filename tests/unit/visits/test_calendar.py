from datetime import date

from crm.core.months import Month
from crm.visits.calendar import weeks_of, working_days


def test_weeks_run_from_monday_to_sunday_and_end_with_the_month() -> None:
    july = Month(2026, 7)  # begins on a Wednesday, ends on a Friday
    weeks = weeks_of(july, working_days(july))
    assert [(week.first.day, week.last.day) for week in weeks] == [
        (1, 5),
        (6, 12),
        (13, 19),
        (20, 26),
        (27, 31),
    ]
    assert [day.day for day in weeks[3].days] == [21, 22, 23, 24]  # the 20th is a holiday


def test_a_week_in_which_nobody_works_is_none_unless_something_is_on() -> None:
    august = Month(2026, 8)  # its first two days are a weekend
    plain = weeks_of(august, working_days(august))
    assert plain[0].first == date(2026, 8, 3)
    with_sunday = weeks_of(august, [*working_days(august), date(2026, 8, 2)])
    assert (with_sunday[0].first, with_sunday[0].last) == (date(2026, 8, 1), date(2026, 8, 2))
    assert with_sunday[0].days == (date(2026, 8, 2),)


def test_every_day_of_a_week_lies_in_it_and_its_neighbours_do_not() -> None:
    july = Month(2026, 7)
    week = weeks_of(july, july.days())[1]
    assert [day for day in july.days() if day in week] == [date(2026, 7, n) for n in range(6, 13)]
