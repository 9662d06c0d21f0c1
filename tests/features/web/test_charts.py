from xml.etree.ElementTree import Element

import pytest
from defusedxml.ElementTree import fromstring
from hypothesis import given
from hypothesis import strategies as st

from crm.core.months import FiscalYear, Month
from crm.web.charts import LABEL_EMS, Scale, bar_chart, month_columns, said

YEAR = list(FiscalYear(2025).months())


def drawn(svg: str) -> Element:
    chart: Element = fromstring(svg)
    return chart


def texts(chart: Element) -> list[str]:
    return [text.text or "" for text in chart.iter("text")]


def widths(chart: Element, kind: str) -> list[float]:
    return [
        float(r.get("width", "").rstrip("%"))
        for r in chart.iter("rect")
        if r.get("class") == f"chart__{kind}"
    ]


def test_bars_are_as_long_as_their_numbers() -> None:
    chart = drawn(bar_chart("地域ごとの訪問", [("一関", 200), ("花泉", 50), ("大東", 0)], "件"))
    assert widths(chart, "bar") == [100, 25, 0]


def test_a_chart_of_nothing_but_zeros_draws_no_bar() -> None:
    assert widths(drawn(bar_chart("訪問", [("一関", 0), ("花泉", 0)])), "bar") == [0, 0]


def test_a_chart_without_rows_is_still_a_drawing_with_a_name() -> None:
    chart = drawn(bar_chart("訪問", []))
    assert chart.findtext("title") == "訪問"
    assert not list(chart.iter("rect"))


def test_a_screen_reader_is_told_the_title_and_every_number() -> None:
    chart = drawn(bar_chart("地域ごとの訪問", [("一関", 1234), ("花泉", 66)], "件"))
    assert chart.get("role") == "img"
    assert chart.findtext("title") == "地域ごとの訪問"
    assert chart.findtext("desc") == "一関 1,234件、花泉 66件"


def test_a_label_with_markup_in_it_stays_text() -> None:
    svg = bar_chart("<script>", [('" onload="x', 1), ("</svg><b>", 2)])
    chart = drawn(svg)
    assert chart.findtext("title") == "<script>"
    assert '" onload="x' in texts(chart)
    assert {element.tag for element in chart.iter()} == {"svg", "title", "desc", "rect", "text"}


def test_a_drawing_carries_no_inline_style_and_no_script() -> None:
    svg = month_columns(
        "月", [(month, 3) for month in YEAR], previous=[2] * 12, name="今年度", previous_name="前年度"
    )
    for element in drawn(svg).iter():
        assert element.tag not in {"style", "script"}
        assert not [name for name in element.attrib if name == "style" or name.startswith("on")]


def test_a_long_label_goes_over_two_lines_and_then_ends_in_an_ellipsis() -> None:
    chart = drawn(bar_chart("団体", [("特定非営利活動法人いちのせき市民活動を応援する会連絡協議会", 3)]))
    *lines, number = texts(chart)
    assert lines == ["特定非営利活動法人いちの", "せき市民活動を応援する…"]
    assert number == "3"


def test_letters_and_digits_take_less_room_than_kanji() -> None:
    chart = drawn(bar_chart("団体", [("NPO ABCDEFGHIJKLM", 1)]))
    assert texts(chart)[0] == "NPO ABCDEFGHIJKLM"


@given(
    st.lists(
        st.tuples(
            st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), max_size=60),
            st.integers(0, 99_999),
        ),
        max_size=12,
    )
)
def test_no_two_rows_of_a_bar_chart_overlap(rows: list[tuple[str, int]]) -> None:
    chart = drawn(bar_chart("訪問", rows, "件"))
    height = float(chart.get("height", "").removesuffix("em"))
    below = 0.0
    for element in chart:
        y = float(element.get("y", "0").removesuffix("em") or 0)
        if element.tag == "text" and element.get("text-anchor") is None:
            assert y - 0.9 >= below - 0.05
            below = y
        if element.tag == "rect":
            assert y >= below
        if element.get("class") == "chart__bar":
            below = y + 0.9
    assert below <= height + 0.05


@given(st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), max_size=60))
def test_a_label_leaves_room_for_its_number_on_a_phone(label: str) -> None:
    chart = drawn(bar_chart("訪問", [(label, 1)]))
    *lines, _ = texts(chart)
    assert len(lines) <= 2
    assert all(len(line) * 0.6 <= LABEL_EMS for line in lines)


def columns(svg: str) -> list[tuple[float, float]]:
    return [
        (float(r.get("y", "").rstrip("%")), float(r.get("height", "").rstrip("%")))
        for r in drawn(svg).iter("rect")
        if r.get("class") == "chart__bar"
    ]


def test_columns_stand_on_the_base_line_and_are_as_high_as_their_numbers() -> None:
    svg = month_columns("月", [(YEAR[0], 50), (YEAR[1], 100), (YEAR[2], 25)])
    assert columns(svg) == [(50, 50), (0, 100), (75, 25)]


def test_a_month_without_a_figure_has_no_column_but_a_zero_is_written() -> None:
    svg = month_columns("月", [(YEAR[0], 0), (YEAR[1], None), (YEAR[2], 4)])
    numbers = next(group for group in drawn(svg).iter("g") if group.get("class") == "chart__values")
    assert [text.text for text in numbers] == ["0", "4"]
    assert drawn(svg).findtext("desc") == "令和7年4月 0、令和7年6月 4"


def test_a_fiscal_year_names_the_two_years_it_lies_in() -> None:
    shown = texts(drawn(month_columns("月", [(month, 1) for month in YEAR])))
    assert [text for text in shown if "年" in text] == ["令和7年", "令和8年"]
    assert [text for text in shown if text in {"4月", "12", "1", "3"}].count("4月") == 1


def test_a_year_is_not_written_where_its_words_would_run_into_the_next() -> None:
    from_december = [Month(2025, 12).plus(n) for n in range(12)]
    shown = texts(drawn(month_columns("月", [(month, 1) for month in from_december])))
    assert [text for text in shown if "年" in text] == ["令和8年"]


def test_the_year_before_is_a_line_that_breaks_where_a_month_has_no_figure() -> None:
    chart = drawn(
        month_columns(
            "月", [(month, 10) for month in YEAR], previous=[5, 5, None, 5, None, 5, 5, 5, 5, 5, 5, 5]
        )
    )
    lines = [line.get("points", "").split() for line in chart.iter("polyline")]
    assert [len(points) for points in lines] == [2, 7]
    assert len(list(chart.iter("circle"))) == 10


def test_the_scale_reaches_as_high_as_the_higher_of_the_two_years() -> None:
    chart = drawn(month_columns("月", [(YEAR[0], 10)], previous=[95]))
    assert "100" in texts(chart)


def test_figures_are_not_written_over_columns_that_a_line_runs_through() -> None:
    chart = drawn(month_columns("月", [(YEAR[0], 10)], previous=[9]))
    assert not [group for group in chart.iter("g") if group.get("class", "").startswith("chart__values")]


def test_a_year_before_of_another_length_is_refused() -> None:
    with pytest.raises(ValueError, match="every month"):
        month_columns("月", [(YEAR[0], 1)], previous=[1, 2])


@pytest.mark.parametrize("value", [-1, float("nan"), float("inf")])
def test_a_number_that_is_no_count_is_refused(value: float) -> None:
    with pytest.raises(ValueError, match="counts"):
        bar_chart("訪問", [("一関", 1), ("花泉", value)])
    with pytest.raises(ValueError, match="counts"):
        month_columns("月", [(YEAR[0], value)])


def test_a_series_without_any_figure_still_has_a_scale() -> None:
    assert "1" in texts(drawn(month_columns("月", [(month, None) for month in YEAR])))


@given(st.integers(0, 10_000_000))
def test_a_scale_holds_its_largest_number_in_at_most_five_steps_of_whole_numbers(largest: int) -> None:
    scale = Scale.up_to(largest)
    lines = list(scale.lines())
    assert lines[0] == 0
    assert lines[-1] == scale.top >= largest
    assert len(lines) <= 6
    assert all(float(line).is_integer() for line in lines)


def test_numbers_are_said_with_their_thousands_and_their_unit() -> None:
    assert said(1234567, "件") == "1,234,567件"
    assert said(12.25, "km") == "12.2km"
    assert said(0) == "0"
