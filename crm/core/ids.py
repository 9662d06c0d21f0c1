"""Keys of rows: UUIDs of version 7 (RFC 9562), which grow with time, so that indexes grow at their end."""

import random
import secrets
import threading
import time
from collections.abc import Callable
from datetime import datetime
from uuid import UUID

_COUNTER_BITS = 12
_COUNTER_END = 1 << _COUNTER_BITS
_RANDOM_BITS = 62


class _Sequence:
    """Time and counter of the last key: the keys of a process grow even within a millisecond.

    This is the fixed-length dedicated counter of RFC 9562, 6.2, method 1.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._millisecond = 0
        self._counter = 0

    def following(self, millisecond: int) -> tuple[int, int]:
        """Give a time and a counter greater than any before, also when the clock was set back."""
        with self._lock:
            if millisecond > self._millisecond:
                self._millisecond = millisecond
                # half of the range is left free, for the keys that follow within this millisecond
                self._counter = secrets.randbelow(_COUNTER_END // 2)
            else:
                self._counter += 1
                if self._counter == _COUNTER_END:
                    self._millisecond += 1
                    self._counter = 0
            return self._millisecond, self._counter


_sequence = _Sequence()


def new_id() -> UUID:
    """Make a key. Keys of one process are in the order of making; between processes, by the millisecond."""
    millisecond, counter = _sequence.following(time.time_ns() // 1_000_000)
    return _uuid7(millisecond, counter, secrets.randbits(_RANDOM_BITS))


def seeded_ids(source: random.Random, start: datetime) -> Callable[[], UUID]:
    """Give a maker of keys that are the same for the same seed: one per millisecond from an aware `start` on.

    For sample data only: such keys can be foretold. Raises ValueError for a naive start.
    """
    if start.tzinfo is None:
        raise ValueError("start needs a time zone")
    millisecond = int(start.timestamp() * 1000)

    def following() -> UUID:
        nonlocal millisecond
        made = _uuid7(millisecond, source.getrandbits(_COUNTER_BITS), source.getrandbits(_RANDOM_BITS))
        millisecond += 1
        return made

    return following


def _uuid7(millisecond: int, counter: int, rest: int) -> UUID:
    return UUID(int=millisecond << 80 | 0x7 << 76 | counter << 64 | 0b10 << 62 | rest)
