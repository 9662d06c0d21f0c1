"""Composes the notes of a contact: what was heard and seen, and the folded boxes, by season, place and way."""

from collections.abc import Mapping, Sequence
from functools import cache
from itertools import chain
from random import Random
from typing import Literal, NamedTuple

from crm.demo import (
    topics_common,
    topics_home,
    topics_hubs,
    topics_summer_autumn,
    topics_ways,
    topics_winter_spring,
)
from crm.demo.chance import Weighted, pick
from crm.demo.gaps import Filler
from crm.demo.topics import Topic, season

Audience = Literal["district", "centre", "office", "meeting", "interview", "desk", "phone", "message", "online"]

_TOPICS: dict[Audience, tuple[Topic, ...]] = {
    "district": tuple(
        chain(
            topics_winter_spring.TOPICS,
            topics_summer_autumn.TOPICS,
            topics_home.TOPICS,
            topics_common.TOPICS,
        )
    ),
    "centre": tuple(topics_hubs.CENTRE),
    "office": tuple(topics_hubs.OFFICE),
    "meeting": tuple(topics_hubs.MEETING),
    "interview": tuple(topics_ways.INTERVIEW),
    "desk": tuple(topics_ways.DESK),
    "phone": tuple(topics_ways.PHONE),
    "message": tuple(topics_ways.MESSAGE),
    "online": tuple(topics_ways.ONLINE),
}
_IN_SEASON = 3.2  # how much more often a topic of the month is spoken of than one of any month

_NO_WORDS_AT_ALL = 0.16  # the plain visit: met, noted, nothing to add
_OPENS = 0.62
_SECOND_TOPIC = 0.42
_CLOSES = 0.3
_ON_THE_ROUND: frozenset[Audience] = frozenset({"district", "centre", "office"})

# How often each kind of support is marked when the topic leans to it, and when it does not. None at all is allowed.
_LEANING, _OTHERWISE = 0.72, 0.16
_NONE_MARKED = 0.06


class Note(NamedTuple):
    """The texts of one record, some of them empty, and the kinds of support that were given."""

    heard: str = ""
    background: str = ""
    reading: str = ""
    next_time: str = ""
    praise: str = ""
    presence: bool = False
    observation: bool = False
    direct: bool = False


def compose(source: Random, audience: Audience, month: int, words: Mapping[str, str]) -> Note:
    """Write up a contact at which somebody was met. `words` fill the gaps {body}, {hall}, {head}, {han} and {hh}."""
    topic = _in_month(audience, month).draw(source)
    on_the_round = audience in _ON_THE_ROUND
    if on_the_round and source.random() < _NO_WORDS_AT_ALL:
        return Note("", "", "", "", "", *_support(source, topic.lean))
    filler = Filler(source, month, words)
    heard = filler.one_of(topic.heard)
    if on_the_round:
        heard = _around(source, audience, month, topic, heard, filler)
    return _note(source, topic, heard, filler)


def compose_in_confidence(source: Random, month: int, words: Mapping[str, str]) -> Note:
    """Write up what was told in confidence: no names, and little of it."""
    filler = Filler(source, month, words)
    topic = pick(source, topics_ways.CONFIDENTIAL)
    return _note(source, topic, filler.one_of(topic.heard), filler)


def nobody_there(source: Random, month: int, words: Mapping[str, str]) -> str:
    """Note a call at which nobody was met."""
    return Filler(source, month, words).one_of(topics_ways.ABSENT)


def called_off(source: Random, month: int, words: Mapping[str, str]) -> str:
    """Note why a call did not take place."""
    return Filler(source, month, words).one_of(topics_ways.CANCELLED)


@cache
def _in_month(audience: Audience, month: int) -> Weighted[Topic]:
    return Weighted(
        [
            (topic, _IN_SEASON if topic.months else 1.0)
            for topic in _TOPICS[audience]
            if not topic.months or month in topic.months
        ]
    )


def _around(
    source: Random, audience: Audience, month: int, topic: Topic, heard: str, filler: Filler
) -> str:
    """Put before it how one met, and after it what else was said."""
    if source.random() < _OPENS:
        kind = "hub" if audience != "district" else season(month) if source.random() < 0.22 else "district"
        heard = filler.one_of(topics_ways.OPENINGS[kind]) + heard
    if source.random() < _SECOND_TOPIC:
        other = _in_month(audience, month).draw(source)
        if other is not topic:
            heard += filler.one_of(other.heard)
    if audience == "district" and source.random() < _CLOSES:
        heard += filler.one_of(topics_ways.CLOSINGS)
    return heard


def _note(source: Random, topic: Topic, heard: str, filler: Filler) -> Note:
    def sometimes(share: float, sentences: Sequence[str]) -> str:
        return filler.one_of(sentences) if sentences and source.random() < share else ""

    return Note(
        heard,
        sometimes(0.3, topic.background),
        sometimes(0.28, topic.reading),
        sometimes(0.38, topic.next_time),
        sometimes(0.3, topic.praise),
        *_support(source, topic.lean),
    )


def _support(source: Random, lean: str) -> tuple[bool, bool, bool]:
    """Mark kinds of support, as the topic leans: one, several, and now and then none, for that is allowed."""
    if source.random() < _NONE_MARKED:
        return False, False, False
    marked = {letter for letter in "pod" if source.random() < (_LEANING if letter in lean else _OTHERWISE)}
    marked = marked or {pick(source, lean)}
    return "p" in marked, "o" in marked, "d" in marked
