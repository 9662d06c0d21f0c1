import unicodedata
from collections.abc import Callable
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crm.paper.breaking import NOT_AT_END, NOT_AT_START, break_lines

PIECES = st.sampled_from(
    [
        *"一関花泉大東千厩会長が行きのンラ",
        *"、。，．・：）」』】ーゃゅょっぁァッ々〜％",
        *"（「『【￥",
        *"aZ09.,-/:()\"'@ \u3000\n\u00a0",
        *"…—①髙𠮷",
        "自治会",
        "コミュニティ",
        "令和8年5月11日(月)",
        "第3回",
        "105,238人",
        "0191-26-6400",
        "https://example.jp/a/b?c=d",
        "RMO",
        "ＮＰＯ",
        "か\u3099",
        "葛\U000e0100",
        "\r\n",
    ]
)
TEXTS = st.lists(PIECES, max_size=60).map("".join)


def width_of(text: str) -> float:
    """A typeface of 10 to the em: half-width characters take half of it, marks nothing."""
    return sum(_advance(character) for character in text)


def _advance(character: str) -> float:
    if unicodedata.category(character).startswith("M"):
        return 0.0
    return 10.0 if unicodedata.east_asian_width(character) in "WFA" else 5.2


def lines(text: str, width: float) -> list[str]:
    return [line.rstrip() for line in break_lines(text, width_of, width)]


@settings(deadline=None)
@given(TEXTS, st.floats(0, 300))
def test_the_lines_joined_give_the_text_back(text: str, width: float) -> None:
    assert "".join(break_lines(text, width_of, width)) == text


@settings(deadline=None)
@given(TEXTS, st.floats(0, 300))
def test_no_line_is_wider_than_the_width_but_a_single_character(text: str, width: float) -> None:
    for line in lines(text, width):
        shown = [c for c in line if not unicodedata.category(c).startswith("M")]
        assert width_of(line) <= width or len(shown) == 1 or not "".join(shown[:-1]).strip()


@settings(deadline=None, max_examples=300)
@given(TEXTS, st.floats(10, 300))
def test_a_line_begins_or_ends_against_the_rules_only_where_no_place_keeps_them(
    text: str, width: float
) -> None:
    broken = break_lines(text, width_of, width)
    for before, after in pairwise(broken):
        if before.splitlines()[0] != before or _allowed(before + after, len(before)):
            continue
        assert not any(_allowed(before, place) for place in range(1, len(before))), (before, after)


def _allowed(text: str, place: int) -> bool:
    before, after = text[:place].rstrip(), text[place]
    hangs = after.isspace() and after != "\u00a0"
    if not before or hangs or unicodedata.category(after).startswith("M"):
        return False
    return after not in NOT_AT_START and before[-1] not in NOT_AT_END


@settings(deadline=None)
@given(
    st.lists(st.sampled_from(["訪問", "会長", " ", "visit", "report", "MEGURI", "コミュニティ"])).map(
        "".join
    ),
    st.floats(40, 200),
)
def test_a_word_is_cut_only_if_it_does_not_fit_on_a_line_of_its_own(text: str, width: float) -> None:
    text = text.lstrip()  # an indent is never left alone on a line
    broken = break_lines(text, width_of, width)
    for number in range(1, len(broken)):
        place = sum(map(len, broken[:number]))
        for same in (_is_latin, _is_katakana):
            if same(text[place - 1]) and same(text[place]):
                assert width_of(_run_around(text, place, same)) > width


def _is_latin(character: str) -> bool:
    return character.isascii() and character.isalnum()


def _is_katakana(character: str) -> bool:
    return "ァ" <= character <= "ー"


def _run_around(text: str, place: int, same: Callable[[str], bool]) -> str:
    start, end = place, place
    while start > 0 and same(text[start - 1]):
        start -= 1
    while end < len(text) and same(text[end]):
        end += 1
    return text[start:end]


@pytest.mark.parametrize(
    "character",
    "、。，．・：；？！」』）】〕］｝〉》ーぁぃぅぇぉっゃゅょゎァィゥェォッャュョヮヵヶ々ゝヽ〜％",
)
def test_no_line_begins_with(character: str) -> None:
    assert not any(line.startswith(character) for line in lines(f"一二三四{character}五六七八", 40))


@pytest.mark.parametrize("character", "（「『【〔［｛〈《￥")
def test_no_line_ends_with(character: str) -> None:
    assert not any(line.endswith(character) for line in lines(f"一二三{character}四五六七八", 40))


@pytest.mark.parametrize(
    "whole",
    [
        "105,238人",
        "令和8年",
        "令和元年度",
        "5月11日(月)",
        "第3回",
        "1億2千万円",
        "3か月",
        "12世帯",
        "34か所",
        "午前9時",
        "13:30",
        "0191-26-6400",
        "2026-05-11",
        "78.0％",
        "20m",
        "３０戸",
        "ＮＰＯ",
        "1の",
        "https",
        "……",
        "コミュニティ",
    ],
)
def test_kept_whole(whole: str) -> None:
    text = f"訪問した数は{whole}である"
    start = text.index(whole)
    for width in range(int(width_of(whole)) + 1, int(width_of(text))):
        broken = break_lines(text, width_of, width)
        inside = [sum(map(len, broken[:n])) for n in range(1, len(broken))]
        assert not [place for place in inside if start < place < start + len(whole)], broken


def test_an_address_longer_than_a_line_is_broken_behind_a_sign() -> None:
    assert lines("https://example.jp/minutes/2026/may", 100) == ["https://example.jp/", "minutes/2026/may"]


def test_a_number_longer_than_a_line_is_broken_where_the_line_is_full() -> None:
    assert lines("1234567890", 26.1) == ["12345", "67890"]


def test_spaces_and_newlines_stay_at_the_end_of_their_line_and_take_no_width() -> None:
    assert break_lines("one two", width_of, 16) == ["one ", "two"]
    assert break_lines("一行目\n二行目\r\n\n四", width_of, 100) == ["一行目\n", "二行目\r\n", "\n", "四"]


def test_an_empty_text_has_no_lines() -> None:
    assert break_lines("", width_of, 100) == []


def test_a_character_is_never_parted_from_its_marks() -> None:
    assert lines("葛\U000e0100葛\U000e0100か\u3099", 1) == ["葛\U000e0100", "葛\U000e0100", "か\u3099"]


def test_a_last_line_of_one_character_gets_company() -> None:
    assert lines("大東町大原八幡町自治会", 100) == ["大東町大原八幡町", "自治会"]


def test_a_character_wider_than_the_line_stands_alone() -> None:
    assert lines("一関、", 5) == ["一", "関", "、"]


def test_a_long_text_is_broken_in_time_that_grows_with_its_length() -> None:
    asked = 0

    def counting(text: str) -> float:
        nonlocal asked
        asked += len(text)
        return 10.0 * len(text)

    text = "市民と行政のあいだを行き来する" * 2000
    assert len(break_lines(text, counting, 400)) == 750
    assert asked < 100 * len(text)
