from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.core.months import FiscalYear, Month
from crm.core.problems import Problem

MAY = Month(2026, 5)
months = st.builds(Month, st.integers(1868, 2199), st.integers(1, 12))


def test_a_month_knows_its_days() -> None:
    february = Month(2024, 2)
    assert (february.first, february.last, february.after) == (
        date(2024, 2, 1),
        date(2024, 2, 29),
        date(2024, 3, 1),
    )
    assert february.days() == tuple(date(2024, 2, day) for day in range(1, 30))
    assert Month(2025, 2).last == date(2025, 2, 28)


def test_december_is_followed_by_january() -> None:
    assert Month(2026, 12).after == date(2027, 1, 1)
    assert Month(2026, 12).plus(1) == Month(2027, 1)
    assert Month(2026, 1).plus(-1) == Month(2025, 12)
    assert MAY.plus(-29) == Month(2023, 12)


def test_months_are_counted_forwards_and_backwards() -> None:
    assert MAY.until(Month(2027, 4)) == 11
    assert MAY.until(MAY) == 0
    assert MAY.until(Month(2025, 12)) == -5


@given(months, st.integers(-500, 500))
def test_going_and_counting_agree(month: Month, n: int) -> None:
    assert month.until(month.plus(n)) == n
    assert month.plus(n).plus(-n) == month


@given(months)
def test_the_months_follow_one_another_without_a_gap(month: Month) -> None:
    assert month.plus(1).first == month.after == month.last + timedelta(days=1)
    assert all(Month.of(day) == month and day in month for day in month.days())
    assert month.after not in month


@given(months, months)
def test_months_are_ordered_by_time(one: Month, other: Month) -> None:
    assert (one < other) == (one.first < other.first)
    assert (one == other) == (hash(one) == hash(other) and str(one) == str(other))


@given(months)
def test_every_month_we_write_can_be_read_again(month: Month) -> None:
    assert Month.parse(str(month)) == month
    if month.first >= date(1868, 11, 1):
        assert Month.parse(month.wareki()) == month


@pytest.mark.parametrize(
    "text",
    [
        "2026-05",
        "2026-5",
        "2026/5",
        "2026.05",
        "202605",
        "2026年5月",
        "令和8年5月",
        "R8.5",
        "２０２６年５月",
        " 2026-05 ",
    ],
)
def test_a_month_is_read_however_it_was_typed(text: str) -> None:
    assert Month.parse(text) == MAY


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2026",
        "2026-13",
        "2026-00",
        "20226-05",
        "0012-05",
        "9999-12",
        "5",
        "2026-05-11",
        "来月",
        "令和0年5月",
    ],
)
def test_what_is_no_month_is_refused_with_the_text(text: str) -> None:
    with pytest.raises(Problem) as caught:
        Month.parse(text)
    assert (caught.value.code, caught.value.facts) == ("month_unreadable", {"text": text})


@pytest.mark.parametrize(("year", "month"), [(2026, 0), (2026, 13), (0, 1), (9999, 1)])
def test_there_is_no_month_outside_the_calendar(year: int, month: int) -> None:
    with pytest.raises(ValueError, match="no such month"):
        Month(year, month)


@pytest.mark.parametrize(
    ("month", "written"),
    [
        (MAY, "令和8年5月"),
        (Month(2019, 4), "平成31年4月"),
        (Month(2019, 5), "令和元年5月"),
        (Month(1989, 1), "昭和64年1月"),
        (Month(1989, 2), "平成元年2月"),
        (Month(1850, 3), "1850年3月"),
    ],
)
def test_a_month_bears_the_era_of_its_first_day(month: Month, written: str) -> None:
    assert month.wareki() == written


@pytest.mark.parametrize(
    ("day", "year"),
    [
        (date(2026, 3, 31), 2025),
        (date(2026, 4, 1), 2026),
        (date(2026, 12, 31), 2026),
        (date(2027, 1, 1), 2026),
    ],
)
def test_a_fiscal_year_turns_on_the_first_of_april(day: date, year: int) -> None:
    assert FiscalYear.of(day) == FiscalYear.of(Month.of(day)) == FiscalYear(year)
    assert day in FiscalYear(year)
    assert day not in FiscalYear(year + 1)


def test_a_fiscal_year_has_twelve_months_from_april_to_march() -> None:
    year = FiscalYear(2026)
    assert [str(month) for month in year.months()][::11] == ["2026-04", "2027-03"]
    assert (year.first, year.last) == (date(2026, 4, 1), date(2027, 3, 31))
    assert len(year.months()) == 12


@given(st.integers(1868, 2199))
def test_fiscal_years_follow_one_another_without_a_gap(number: int) -> None:
    year = FiscalYear(number)
    assert year.plus(1).first == year.last + timedelta(days=1)
    assert {FiscalYear.of(month) for month in year.months()} == {year}
    assert year < year.plus(1)


@pytest.mark.parametrize(
    ("year", "written"),
    [
        (2026, "令和8年度"),
        (2019, "令和元年度"),
        (2018, "平成30年度"),
        (1989, "平成元年度"),
        (1988, "昭和63年度"),
    ],
)
def test_a_fiscal_year_bears_the_name_the_city_gives_it(year: int, written: str) -> None:
    assert FiscalYear(year).wareki() == written


def test_a_fiscal_year_is_written_by_the_year_it_begins_in() -> None:
    assert str(FiscalYear(2026)) == "2026"


@pytest.mark.parametrize("year", [0, 9998])
def test_there_is_no_fiscal_year_outside_the_calendar(year: int) -> None:
    with pytest.raises(ValueError, match="no such fiscal year"):
        FiscalYear(year)
