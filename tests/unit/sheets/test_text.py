import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crm.sheets.text import column_index, column_letter, excerpt, guard, unguard
from crm.sheets.writing import display_width

SMALL = settings(max_examples=100, deadline=None, database=None)


@SMALL
@given(st.text(st.sampled_from("'=+-@\t\r\n＝＋－＠a 区")))
def test_taking_the_guard_off_gives_every_text_back(text: str) -> None:
    assert unguard(guard(text)) == text


@SMALL
@given(st.text())
def test_a_guarded_text_never_begins_like_a_formula(text: str) -> None:
    assert guard(text)[:1] not in ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def test_texts_that_are_no_formula_are_left_alone() -> None:
    for text in ("", "末広1区", "a=b", "'", "'末広", "0191-26-6400"):
        assert guard(text) == unguard(text) == text


@SMALL
@given(st.integers(0, 18_277))
def test_columns_are_named_and_found_by_their_letters(index: int) -> None:
    assert column_index(column_letter(index)) == index


def test_columns_are_named_as_excel_does() -> None:
    assert [column_letter(index) for index in (0, 25, 26, 701, 702, 16_383)] == [
        "A", "Z", "AA", "ZZ", "AAA", "XFD",
    ]  # fmt: skip


@pytest.mark.parametrize("letters", ["", "a", "AAAA", "A1", "Ａ"])
def test_what_is_no_column_is_refused(letters: str) -> None:
    with pytest.raises(ValueError, match=f"^{letters}$"):
        column_index(letters)


def test_an_excerpt_is_one_short_line_without_what_cannot_be_shown() -> None:
    assert excerpt("一\n二\x07三\ue000四") == "一 二〓三〓四"
    assert excerpt("区" * 31) == "区" * 29 + "…"


def test_kanji_and_kana_are_twice_as_wide_as_half_width_letters() -> None:
    assert display_width("一関abcｱｲ、") == 4 + 3 + 2 + 2
