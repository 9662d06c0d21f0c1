from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.core.problems import Problem
from crm.core.wareki import era_year, read_date, wareki, wareki_day, wareki_short, weekday

DAY = date(2026, 5, 11)
since_meiji = st.dates(min_value=date(1868, 10, 23))
any_day = st.dates()


@pytest.mark.parametrize(
    ("day", "written"),
    [
        (date(1868, 10, 22), "1868年10月22日"),
        (date(1868, 10, 23), "明治元年10月23日"),
        (date(1873, 1, 1), "明治6年1月1日"),
        (date(1912, 7, 29), "明治45年7月29日"),
        (date(1912, 7, 30), "大正元年7月30日"),
        (date(1926, 12, 24), "大正15年12月24日"),
        (date(1926, 12, 25), "昭和元年12月25日"),
        (date(1989, 1, 7), "昭和64年1月7日"),
        (date(1989, 1, 8), "平成元年1月8日"),
        (date(2019, 4, 30), "平成31年4月30日"),
        (date(2019, 5, 1), "令和元年5月1日"),
        (date(2020, 1, 1), "令和2年1月1日"),
        (DAY, "令和8年5月11日"),
    ],
)
def test_an_era_begins_on_the_day_of_its_edict(day: date, written: str) -> None:
    assert wareki(day) == written


def test_short_dates_count_the_first_year_as_1() -> None:
    assert [wareki_short(day) for day in (DAY, date(2019, 5, 1), date(1926, 12, 25), date(1850, 3, 2))] == [
        "R8.5.11",
        "R1.5.1",
        "S1.12.25",
        "1850.3.2",
    ]


def test_a_week_has_its_seven_names() -> None:
    assert "".join(weekday(date(2026, 5, 11 + n)) for n in range(7)) == "月火水木金土日"


def test_a_day_can_be_written_with_its_weekday() -> None:
    assert wareki_day(DAY) == "令和8年5月11日(月)"


def test_the_year_alone_can_be_written() -> None:
    assert [era_year(day) for day in (DAY, date(2019, 5, 1), date(794, 1, 1))] == [
        "令和8年",
        "令和元年",
        "0794年",
    ]


@given(any_day)
def test_every_date_we_write_can_be_read_again(day: date) -> None:
    assert read_date(wareki(day)) == day
    assert read_date(wareki_short(day)) == day
    assert read_date(wareki_day(day)) == day
    assert read_date(day.isoformat()) == day


@given(since_meiji)
def test_since_meiji_every_full_date_names_its_era(day: date) -> None:
    assert wareki(day)[:2] in {"明治", "大正", "昭和", "平成", "令和"}


@pytest.mark.parametrize(
    "text",
    [
        "2026-05-11",
        "2026-5-11",
        "2026/5/11",
        "2026/05/11",
        "2026.5.11",
        "20260511",
        "2026年5月11日",
        "2026年05月11日",
        "令和8年5月11日",
        "令和08年05月11日",
        "㋿8年5月11日",
        "R8.5.11",
        "r8.5.11",
        "R8/5/11",
        "R08-05-11",
        "令8.5.11",
        "令和8・5・11",
        "2026−5−11",
        "２０２６年５月１１日",
        "Ｒ８．５．１１",
        "２０２６／５／１１",
        " 令和 8年 5月 11日 ",
        "令和8年5月11日\u3000月曜日",
        "2026年5月11日(月)",
        "2026/5/11（月）",
        "2026-05-11 00:00:00",
        "2026-05-11T00:00:00",
        "2026/05/11 0:00",
        "平成38年5月11日",
    ],
)
def test_a_date_is_read_however_it_was_typed(text: str) -> None:
    assert read_date(text) == DAY


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("令和元年5月1日", date(2019, 5, 1)),
        ("令和1年5月1日", date(2019, 5, 1)),
        ("R元.5.1", date(2019, 5, 1)),
        ("令和元年4月1日", date(2019, 4, 1)),
        ("S64.1.7", date(1989, 1, 7)),
        ("昭和30年4月15日", date(1955, 4, 15)),
        ("T15.12.24", date(1926, 12, 24)),
        ("M元.10.23", date(1868, 10, 23)),
        ("2024-02-29", date(2024, 2, 29)),
    ],
)
def test_years_of_every_era_are_read(text: str, day: date) -> None:
    assert read_date(text) == day


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "きのう",
        "5/11",
        "2026-02-30",
        "2025-02-29",
        "2026-13-01",
        "2026-5/11",
        "26-5-11",
        "8年5月11日",
        "令和0年5月11日",
        "令和8年5月",
        "X8.5.11",
        "2026511",
        "202605111",
        "2026年5月11日(火)",
        "2026-05-11 14:05",
        "2026-05-1 1",
        "0000-01-01",
        "２０２６年５月１１日頃",
        "٢٠٢٦-٠٥-١١",
        "令和9999年1月1日",
    ],
)
def test_what_is_no_date_is_refused_with_the_text(text: str) -> None:
    with pytest.raises(Problem) as caught:
        read_date(text)
    assert (caught.value.code, caught.value.facts) == ("date_unreadable", {"text": text})


def test_a_whole_essay_is_refused_without_being_kept() -> None:
    with pytest.raises(Problem) as caught:
        read_date("2026-05-11" * 100_000)
    assert len(str(caught.value.facts["text"])) == 64


@given(st.text(alphabet=st.sampled_from("令和平成昭R8元年月日(水)０５-/. T:\u0660²Ⅷ㍻②"), max_size=16))
def test_no_text_breaks_the_reading(text: str) -> None:
    try:
        assert isinstance(read_date(text), date)
    except Problem as problem:
        assert problem.code == "date_unreadable"
