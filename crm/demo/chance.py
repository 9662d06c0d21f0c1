"""Chance that can be repeated: every part of the town draws from a stream of its own, so that parts don't disturb others."""

from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate
from random import Random
from typing import Generic, TypeVar

T = TypeVar("T")


def stream(seed: int, *parts: str) -> Random:
    """Give the source of chance of one part. The same seed and parts give the same draws on every machine."""
    # Sample data that must be repeatable: nothing is kept secret by it.
    return Random("/".join((str(seed), *parts)))  # noqa: S311 # nosec B311


def pick(source: Random, options: Sequence[T]) -> T:
    """Draw one of the options. (Faster than Random.choice, which a town of 45,300 districts calls millions of times.)"""
    return options[int(source.random() * len(options))]


class Weighted(Generic[T]):
    """Options of which some come more often than others."""

    def __init__(self, options: Sequence[tuple[T, float]]) -> None:
        self._options = tuple(option for option, _ in options)
        self._bounds = tuple(accumulate(weight for _, weight in options))

    def draw(self, source: Random) -> T:
        """Draw one option."""
        return self._options[bisect_right(self._bounds, source.random() * self._bounds[-1])]


def apportion(total: int, weights: Sequence[float]) -> list[int]:
    """Divide a whole number by weights (largest remainder), so that the parts sum up to it exactly."""
    scale = total / sum(weights)
    shares = [weight * scale for weight in weights]
    parts = [int(share) for share in shares]
    by_remainder = sorted(range(len(parts)), key=lambda n: parts[n] - shares[n])
    for n in by_remainder[: total - sum(parts)]:
        parts[n] += 1
    return parts
