"""Decisions about people and their terms, on values and dates only."""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from crm.accounts.rules import mail_as_kept
from crm.core.kana import kana_key, search_key
from crm.core.problems import Problem, Problems
from crm.groups.models import Channel

FEWEST_DIGITS = 6
"""A telephone number without its area code has so many digits."""

_KANA = re.compile(r"[\sぁ-ゟ゠-ヿ-]*")
_NUMBER = re.compile(r"\+?[0-9][0-9()\s-]*")
_DASHES = str.maketrans(dict.fromkeys("‐‑‒–—―−ー", "-"))
_NO_DIGIT = re.compile(r"[^0-9]")


@dataclass(frozen=True)
class PersonFacts:
    """What is said of a person: name and numbers exactly as they were typed."""

    name: str
    kana: str = ""
    phone: str = ""
    fax: str = ""
    mail: str = ""
    channel: Channel | None = None

    def columns(self) -> dict[str, Any]:
        """All columns of Person that these facts fill, the derived ones included."""
        numbers = (_NO_DIGIT.sub("", _plain(one)) for one in (self.phone, self.fax))
        found_by = " ".join((search_key(f"{self.name} {self.kana}"), *filter(None, numbers)))
        return {
            **self.__dict__,
            "kana_order": kana_key(self.kana, self.name)[:300],
            "search_key": found_by[:400],
        }


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text).translate(_DASHES)


def wanted_key(word: str) -> str:
    """What a word that was searched for looks like in a search key: of a telephone number only the digits."""
    key = search_key(word)
    return _NO_DIGIT.sub("", key) if _NUMBER.fullmatch(key) else key


def dialled(number: str) -> str | None:
    """The first telephone number in what was typed ("0191-23-4567(夜)"), as a telephone dials it; None for none."""
    for found in _NUMBER.finditer(_plain(number)):
        digits = _NO_DIGIT.sub("", found[0])
        if len(digits) >= FEWEST_DIGITS:
            return f"+{digits}" if found[0].startswith("+") else digits
    return None


def check_person(facts: PersonFacts) -> None:
    """Raises Problems: "name_of_person_missing", "kana_unreadable", "number_unreadable", "mail_unreadable"."""
    found = list(_faults(facts))
    if found:
        raise Problems(found)


def _faults(facts: PersonFacts) -> Iterable[Problem]:
    if not facts.name.strip():
        yield Problem("name_of_person_missing", field="name")
    if not _KANA.fullmatch(unicodedata.normalize("NFKC", facts.kana)):
        yield Problem("kana_unreadable", field="kana", text=facts.kana)
    for field in ("phone", "fax"):
        typed = getattr(facts, field)
        if typed and dialled(typed) is None:
            yield Problem("number_unreadable", field=field, text=typed)
    if facts.mail:
        try:
            mail_as_kept(facts.mail)
        except Problem as problem:
            yield problem


def check_span(from_on: date, to_on: date | None, *, closed_on: date | None) -> None:
    """A term ends after it began, and begins while there is a place for it.

    Raises "term_ends_before_beginning", "term_after_closing".
    """
    if to_on is not None and to_on <= from_on:
        raise Problem("term_ends_before_beginning", field="to_on", since=from_on)
    if closed_on is not None and from_on >= closed_on:
        raise Problem("term_after_closing", field="from_on", closed_on=closed_on)


def overlap(from_on: date, to_on: date | None, other_from: date, other_to: date | None) -> bool:
    """Whether two stretches of time, each until before its end, have a day in common."""
    return (other_to is None or from_on < other_to) and (to_on is None or other_from < to_on)


def earlier(to_on: date | None, closed_on: date | None) -> date | None:
    """When a term really ends: by its own end, or with the place."""
    known = [day for day in (to_on, closed_on) if day is not None]
    return min(known, default=None)
