from datetime import date

import pytest

from crm.core.problems import Problem, Problems
from crm.groups.rules import PersonFacts, check_person, check_span, dialled, earlier, overlap, wanted_key


@pytest.mark.parametrize(
    ("typed", "number"),
    [
        ("0191-23-4567", "0191234567"),
        ("０１９１（２３）４５６７", "0191234567"),
        ("0191‐23−4567(夜)", "0191234567"),
        ("090ー1234ー5678", "09012345678"),
        ("夜だけ 090 1234 5678 / 0191-23-4567", "09012345678"),
        ("+81 191-23-4567", "+81191234567"),
        ("23-4567", "234567"),
        ("なし", None),
        ("班長 3", None),
        ("", None),
    ],
)
def test_the_first_number_in_what_was_typed_is_dialled(typed: str, number: str | None) -> None:
    assert dialled(typed) == number


def test_a_person_is_found_by_name_reading_and_the_digits_of_each_number() -> None:
    key = PersonFacts(
        "髙橋　一男", "タカハシ カズオ", phone="0191-23-4567(夜)", fax="２３－８９９９"
    ).columns()["search_key"]
    for word in ("高橋", "髙橋一男", "たかはし", "ｶｽﾞｵ", "0191-23-4567", "２３‐８９９９"):
        assert wanted_key(word) in key, word
    assert wanted_key("夜") not in key


def test_a_word_with_letters_is_no_number() -> None:
    assert wanted_key("3区") == "3区"
    assert wanted_key("ー") == "-"


@pytest.mark.parametrize(
    ("facts", "codes"),
    [
        (PersonFacts("佐藤 正"), []),
        (PersonFacts("佐藤 正", "さとう タダシ", "0191-23-4567", "0191-23-4568", "sato@example.jp"), []),
        (PersonFacts("スミス ジョン", "ｽﾐｽ･ｼﾞｮｰﾝ"), []),
        (PersonFacts("　"), ["name_of_person_missing"]),
        (PersonFacts("佐藤 正", "佐藤 ただし"), ["kana_unreadable"]),
        (PersonFacts("佐藤 正", phone="夜だけ", fax="12"), ["number_unreadable", "number_unreadable"]),
        (PersonFacts("", "x", mail="@"), ["name_of_person_missing", "kana_unreadable", "mail_unreadable"]),
    ],
)
def test_whatever_is_wrong_with_a_person_is_told_at_once_and_at_its_field(
    facts: PersonFacts, codes: list[str]
) -> None:
    found: list[Problem] = []
    try:
        check_person(facts)
    except Problems as problems:
        found = list(problems.all)
    assert [one.code for one in found] == codes
    assert all(one.field in PersonFacts.__dataclass_fields__ for one in found)


Span = tuple[date, date | None]
D1, D2, D3, D4 = (date(2026, 4, n) for n in (1, 2, 3, 4))


@pytest.mark.parametrize(
    ("one", "other", "common"),
    [
        ((D1, D2), (D2, D3), False),
        ((D1, D3), (D2, D4), True),
        ((D1, None), (D3, D4), True),
        ((D3, None), (D1, D3), False),
        ((D1, None), (D4, None), True),
        ((D1, D4), (D2, D3), True),
    ],
)
def test_terms_overlap_when_they_have_a_day_in_common(one: Span, other: Span, common: bool) -> None:
    assert overlap(*one, *other) is common
    assert overlap(*other, *one) is common


def test_a_term_of_one_day_is_one() -> None:
    check_span(D1, D2, closed_on=None)


@pytest.mark.parametrize(
    ("to_on", "closed_on", "code"),
    [
        (D2, None, "term_ends_before_beginning"),
        (D1, None, "term_ends_before_beginning"),
        (None, D2, "term_after_closing"),
    ],
)
def test_a_term_that_could_never_hold_is_refused(
    to_on: date | None, closed_on: date | None, code: str
) -> None:
    with pytest.raises(Problem, match=code):
        check_span(D2, to_on, closed_on=closed_on)


def test_a_term_ends_with_its_place_at_the_latest() -> None:
    assert earlier(None, None) is None
    assert earlier(None, D2) == earlier(D2, None) == earlier(D2, D3) == earlier(D3, D2) == D2
