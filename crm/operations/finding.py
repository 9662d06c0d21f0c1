"""What a look at an installation finds."""

from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    """How much a finding matters: all is well, somebody should look, something does not work or is not safe."""

    OK = "ok"
    WARNING = "warning"
    WRONG = "wrong"


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at: what it is, how it is in words, and what to do about it."""

    level: Level
    subject: str
    words: str
    what_to_do: str = ""


def ok(subject: str, words: str, what_to_do: str = "") -> Finding:
    """All is well with it."""
    return Finding(Level.OK, subject, words, what_to_do)


def warning(subject: str, words: str, what_to_do: str) -> Finding:
    """It works, but somebody should look at it."""
    return Finding(Level.WARNING, subject, words, what_to_do)


def wrong(subject: str, words: str, what_to_do: str) -> Finding:
    """It does not work, or is not safe."""
    return Finding(Level.WRONG, subject, words, what_to_do)
