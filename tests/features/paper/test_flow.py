"""What stands on which page: nothing alone, nothing torn, nothing lost."""

import re

from hypothesis import given, settings
from hypothesis import strategies as st

from crm.paper import Col, Value
from tests.papers import SENTENCE, pages_of, paper, read, text_of


def test_a_heading_never_stands_alone_at_the_foot_of_a_page() -> None:
    moved = 0
    for count in range(20, 45):
        written = paper()
        written.text("\n".join(["行"] * count))
        written.heading("見出し")
        written.subheading("小見出し")
        written.table([Col("表頭")], [[f"第{number}区"] for number in range(40)])
        pages = pages_of(written)
        page = next(page for page in pages if "小見出し" in page)
        assert "表頭第0区第1区" in page
        assert page.index("見出し") < page.index("小見出し")
        moved += page == pages[1]
    assert 0 < moved < 25


def test_no_line_of_a_paragraph_stands_alone() -> None:
    for count in range(30, 45):
        written = paper()
        written.table([Col("表")], [["行"]] * count)
        written.text("\n".join(["い", "ろ", "は", "に", "ほ"]))
        pages = pages_of(written)
        parts = ["".join(re.findall("[いろはにほ]", page)) for page in pages]
        assert [part for part in parts if part] in (["いろはにほ"], ["いろは", "にほ"], ["いろ", "はにほ"])


def test_the_head_of_a_table_comes_again_on_every_page() -> None:
    written = paper()
    written.table(
        [Col("行政区"), Col("延べ", align="right", group="五月分")], [[f"第{n}区", n] for n in range(100)]
    )
    pages = pages_of(written)
    assert len(pages) == 3
    assert all("五月分行政区延べ" in page for page in pages)


def test_a_total_is_never_alone_on_a_page() -> None:
    for count in range(30, 40):
        written = paper()
        rows: list[list[Value]] = [[f"第{number}区", number] for number in range(count)]
        written.table([Col("表"), Col("数")], [*rows, ["合計", 1]], total_row=True, note="注記")
        last = pages_of(written)[-1]
        assert f"第{count - 1}区" in last
        assert "合計" in last
        assert "注記" in last


def test_a_short_table_is_not_torn_apart() -> None:
    for count in range(20, 40):
        written = paper()
        written.text("\n".join(["行"] * count))
        written.table([Col("表")], [[f"第{number}区"] for number in range(8)])
        assert any(all(f"第{number}区" in page for number in range(8)) for page in pages_of(written))


def test_a_long_name_wraps_within_its_column() -> None:
    name = "藤沢町地域づくり協働推進会議黄海支部連絡協議会準備委員会設立発起人会事務局分室一同"
    assert len(name) > 40
    written = paper()
    written.table([Col("団体", 40), Col("数", 20, "right")], [[name, 1]])
    assert name in text_of(written).replace("1", "")
    found = [line for line in read(written).pages[0].extract_text().split("\n") if line in name]
    assert len(found) >= 4


def test_a_row_taller_than_a_page_goes_on_over_pages() -> None:
    written = paper()
    written.table(
        [Col("日", 20), Col("聞いたこと", 60)], [["1日", "前"], ["2日", SENTENCE * 80], ["3日", "後"]]
    )
    assert len(pages_of(written)) > 3
    assert SENTENCE * 80 in re.sub("日聞いたこと", "", text_of(written))


ROWS = st.lists(st.tuples(st.integers(0, 2000), st.integers(0, 60)), max_size=8)


@settings(deadline=None, max_examples=30)
@given(ROWS, st.booleans(), st.sampled_from([None, "注", "注" * 900]), st.integers(0, 45))
def test_whatever_stands_in_a_table_all_of_it_comes_out(
    rows: list[tuple[int, int]], total: bool, note: str | None, lines_before: int
) -> None:
    written = paper()
    written.text("\n".join(["行"] * lines_before))
    written.heading("題")
    written.table(
        [Col("い", 50), Col("ろ", 20)], [["甲" * a, "乙" * b] for a, b in rows], total_row=total, note=note
    )
    written.facts([("項", "丙" * rows[0][0] if rows else "")])
    found = text_of(written)
    assert found.count("甲") == sum(a for a, _ in rows)
    assert found.count("乙") == sum(b for _, b in rows)
    assert found.count("注") == len(note or "")
    assert found.count("丙") == (rows[0][0] if rows else 0)


def test_a_table_without_rows_shows_what_would_stand_in_it() -> None:
    written = paper()
    written.table([Col("行政区"), Col("延べ")], [])
    written.facts([])
    written.bars([])
    written.text("")
    assert text_of(written) == "行政区延べ"


def test_a_page_break_on_an_empty_page_makes_no_empty_page() -> None:
    written = paper()
    written.page_break()
    written.text("一")
    written.page_break()
    written.page_break()
    written.text("二")
    written.page_break()
    pages = pages_of(written)
    assert ["一" in pages[0], "二" in pages[1], len(pages)] == [True, True, 2]


def test_space_is_left_out_at_the_top_of_a_page() -> None:
    one, other = paper(), paper()
    one.text("一")
    other.space(100)
    other.text("一")
    assert one.bytes() == other.bytes()
    one.text("二")
    other.space(100)
    other.text("二")
    assert one.bytes() != other.bytes()
