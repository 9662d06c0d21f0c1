"""What a backup or a restore is at, at a moment."""

from collections.abc import Callable
from enum import StrEnum
from typing import TypeAlias


class Step(StrEnum):
    """One stretch of the work; each counts its own progress."""

    COPYING = "copying"
    LOOKING = "looking"
    PACKING = "packing"
    CHECKING = "checking"
    LAYING = "laying"


Tell: TypeAlias = Callable[[Step, int, int], None]
"""Called with the step, what is done of it and what it is in all (0: not known); may raise to end the work."""


def tell_nobody(_step: Step, _done: int, _total: int) -> None:
    """For work that nobody watches."""
