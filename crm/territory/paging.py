"""Pages of long lists in kana order: where a page begins and ends, and what comes before and after it."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

Hit = tuple[str, UUID]
"""What a list is ordered by: kana order and id. Text compares here as by_code_point columns do."""


@dataclass(frozen=True)
class Cut:
    """The ids on one page, in order, and whether there are more before and after it."""

    ids: tuple[UUID, ...]
    before: bool
    after: bool


def cut(hits: Iterable[Hit], *, cursor: Hit | None, back: bool, rows: int) -> Cut:
    """A page of all hits of a search: the first, the one after a hit, or the one before it (`back`)."""
    ordered: Sequence[Hit] = sorted(hits)
    if cursor is None:
        start, end = 0, rows
    elif back:
        end = bisect_left(ordered, cursor)
        start = max(0, end - rows)
    else:
        start = bisect_right(ordered, cursor)
        end = start + rows
    ids = tuple(one_id for _order, one_id in ordered[start:end])
    return Cut(ids, start > 0, end < len(ordered))
