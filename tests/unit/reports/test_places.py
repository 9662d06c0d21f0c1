"""Sets of places as bits."""

from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from crm.reports.places import bits_of

IDS = [UUID(int=number) for number in range(40)]


@given(st.lists(st.sampled_from(IDS)), st.lists(st.sampled_from(IDS)))
def test_bits_put_sets_of_places_together_as_sets_do(some: list[UUID], others: list[UUID]) -> None:
    both = bits_of(map(str, some)) | bits_of(one.hex for one in others)
    assert both.bit_count() == len({*some, *others})
    assert bits_of(map(str, [*some, *others])) == both
