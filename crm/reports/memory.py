"""What a process keeps in mind of the months it has counted: a few, shared by all its threads."""

import threading
from typing import Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")


class Memory(Generic[K, V]):
    """At most `most` values by their keys; the one that was kept first goes first.

    Pages are answered by several threads at once: looking which one goes and letting it go is one step.
    """

    def __init__(self, most: int) -> None:
        self.most = most
        self._kept: dict[K, V] = {}
        self._lock = threading.Lock()

    def get(self, key: K) -> V | None:
        """What is kept under a key, or None."""
        return self._kept.get(key)

    def keep(self, key: K, value: V) -> None:
        """Keep a value in the place of what its key had."""
        with self._lock:
            while len(self._kept) >= self.most and key not in self._kept:
                del self._kept[next(iter(self._kept))]
            self._kept[key] = value

    def __len__(self) -> int:
        return len(self._kept)
