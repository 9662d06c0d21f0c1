import json
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from enum import Enum, IntEnum, StrEnum
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.core.canonical import canonical_json, digest
from crm.core.months import FiscalYear, Month

KEY = UUID("0197c6a5-3f00-7000-8000-000000000001")
MOMENT = datetime(2026, 5, 11, 5, 5, tzinfo=UTC)

words = st.text(alphabet=st.sampled_from('aB1 "\\/\n\u2028一関𠮷é'), max_size=5)
numbers = st.integers() | st.floats(allow_nan=False, allow_infinity=False)
values = st.recursive(
    st.none() | st.booleans() | numbers | words,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=3),
    max_leaves=8,
)


class Way(StrEnum):
    VISIT = "visit"


class Colour(Enum):
    RED = "red"


class Size(IntEnum):
    LARGE = 3


def test_keys_are_sorted_and_nothing_stands_between() -> None:
    assert canonical_json({"b": [1, 2.5, None, True], "a": "一関"}) == '{"a":"一関","b":[1,2.5,null,true]}'


def test_the_order_in_which_things_were_put_together_does_not_matter() -> None:
    assert canonical_json({"a": 1, "b": {3, 1, 2}}) == canonical_json({"b": {2, 3, 1}, "a": 1})


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (date(2026, 5, 11), '"2026-05-11"'),
        (MOMENT, '"2026-05-11T05:05:00+00:00"'),
        (KEY, '"0197c6a5-3f00-7000-8000-000000000001"'),
        (Month(2026, 5), '"2026-05"'),
        (FiscalYear(2026), '"2026"'),
        (Decimal("1.50"), '"1.50"'),
        (Way.VISIT, '"visit"'),
        (Colour.RED, '"red"'),
        (Size.LARGE, '"3"'),
        ((1, "二"), '[1,"二"]'),
        ({Month(2026, 5): 1, Month(2026, 4): 2}, '{"2026-04":2,"2026-05":1}'),
        ({3: "c", KEY: "k"}, '{"0197c6a5-3f00-7000-8000-000000000001":"k","3":"c"}'),
    ],
)
def test_our_own_values_have_a_text(value: object, text: str) -> None:
    assert canonical_json(value) == text


def test_a_moment_has_one_text_in_every_time_zone() -> None:
    assert canonical_json(MOMENT.astimezone(timezone(timedelta(hours=9)))) == canonical_json(MOMENT)


@given(values)
def test_plain_values_come_back_from_their_text(value: object) -> None:
    assert json.loads(canonical_json(value)) == value


@given(values)
def test_the_text_of_what_came_back_is_the_same(value: object) -> None:
    assert canonical_json(json.loads(canonical_json(value))) == canonical_json(value)


@pytest.mark.parametrize("value", [object(), b"bytes", {"a": object()}, {(1, 2): 3}, {True: 1}, {None: 1}])
def test_what_has_no_one_text_is_refused(value: object) -> None:
    with pytest.raises(TypeError, match="no canonical text"):
        canonical_json(value)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), datetime(2026, 5, 11), {1: "a", "1": "b"}])
def test_what_could_mean_two_things_is_refused(value: object) -> None:
    with pytest.raises(ValueError, match=r"JSON compliant|time zone|same text"):
        canonical_json(value)


def test_a_digest_is_the_sha256_of_the_text() -> None:
    assert digest("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert digest("一関") != digest("一關")
