import random
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from crm.core.ids import _Sequence, new_id, seeded_ids

START = datetime(2026, 5, 11, 9, 0, tzinfo=UTC)


def seeded(seed: int) -> random.Random:
    return random.Random(seed)


def milliseconds(key: UUID) -> int:
    return key.int >> 80


def test_a_key_has_the_layout_of_version_7() -> None:
    key = new_id()
    assert key.version == 7
    assert key.variant == "specified in RFC 4122"
    assert abs(milliseconds(key) - time.time() * 1000) < 2000


def test_keys_grow_in_the_order_they_are_made() -> None:
    keys = [new_id() for _ in range(3000)]
    assert keys == sorted(keys)
    assert len(set(keys)) == len(keys)


def test_keys_made_by_several_threads_are_all_different() -> None:
    with ThreadPoolExecutor(4) as pool:
        keys = [key for many in pool.map(lambda _: [new_id() for _ in range(300)], range(4)) for key in many]
    assert len(set(keys)) == 1200


def test_keys_grow_when_the_clock_is_set_back_or_the_millisecond_is_full() -> None:
    sequence = _Sequence()
    made = [sequence.following(1000) for _ in range(5000)] + [
        sequence.following(10),
        sequence.following(2000),
    ]
    assert made == sorted(set(made))
    assert made[-1][0] == 2000


def test_seeded_keys_are_the_same_for_the_same_seed() -> None:
    one, same, other = (seeded_ids(seeded(seed), START) for seed in (8, 8, 9))
    keys = [one() for _ in range(50)]
    assert keys == [same() for _ in range(50)]
    assert not set(keys) & {other() for _ in range(50)}


def test_seeded_keys_are_keys_like_all_others() -> None:
    following = seeded_ids(seeded(8), START)
    keys = [following() for _ in range(50)]
    assert {key.version for key in keys} == {7}
    assert keys == sorted(keys)
    assert milliseconds(keys[0]) == START.timestamp() * 1000


def test_the_start_of_seeded_keys_is_a_moment_wherever_it_is_told() -> None:
    tokyo = START.astimezone(datetime.fromisoformat("2026-01-01T00:00:00+09:00").tzinfo)
    assert seeded_ids(seeded(1), START)() == seeded_ids(seeded(1), tokyo)()
    assert seeded_ids(seeded(1), START)() < seeded_ids(seeded(1), START + timedelta(seconds=1))()


def test_seeded_keys_need_a_start_with_a_time_zone() -> None:
    with pytest.raises(ValueError, match="time zone"):
        seeded_ids(seeded(1), START.replace(tzinfo=None))
