"""Composes the notes of a contact: what was heard and seen, and the folded boxes, by season, place and way."""

from collections import deque
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

Audience = Literal[
    "district", "centre", "office", "meeting", "interview", "desk", "phone", "message", "online"
]

TOPICS: dict[Audience, tuple[Topic, ...]] = {
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

_IN_SEASON_AT_HUBS = 0.7
_REMEMBERED, _TRIES = 60, 4

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


class Writer:
    """Writes up one contact after the other, and remembers what it has just written, so as not to repeat itself."""

    def __init__(self, source: Random) -> None:
        self._source = source
        self._recent: deque[str] = deque(maxlen=_REMEMBERED)

    def compose(self, audience: Audience, month: int, words: Mapping[str, str]) -> Note:
        """Write up a contact at which somebody was met. `words` fill {body}, {hall}, {head}, {han} and {hh}."""
        topic, sentence = self._topic(audience, month)
        on_the_round = audience in _ON_THE_ROUND
        if on_the_round and self._source.random() < _NO_WORDS_AT_ALL:
            return Note("", "", "", "", "", *_support(self._source, topic.lean))
        filler = Filler(self._source, month, words)
        heard = filler.fill(sentence)
        if on_the_round:
            heard = self._around(audience, month, heard, filler)
        return self._note(topic, heard, filler)

    def compose_in_confidence(self, month: int, words: Mapping[str, str]) -> Note:
        """Write up what was told in confidence: no names, and little of it."""
        filler = Filler(self._source, month, words)
        topic = pick(self._source, topics_ways.CONFIDENTIAL)
        return self._note(topic, filler.fill(self._fresh(topic.heard)), filler)

    def nobody_there(self, month: int, words: Mapping[str, str]) -> str:
        """Note a call at which nobody was met."""
        return Filler(self._source, month, words).fill(self._fresh(topics_ways.ABSENT))

    def called_off(self, month: int, words: Mapping[str, str]) -> str:
        """Note why a call did not take place."""
        return Filler(self._source, month, words).fill(self._fresh(topics_ways.CANCELLED))

    def _topic(self, audience: Audience, month: int) -> tuple[Topic, str]:
        topics = _in_month(audience, month)
        for _ in range(_TRIES):
            topic = topics.draw(self._source)
            sentence = pick(self._source, topic.heard)
            if sentence not in self._recent:
                break
        self._recent.append(sentence)
        return topic, sentence

    def _fresh(self, sentences: Sequence[str]) -> str:
        for _ in range(_TRIES):
            sentence = pick(self._source, sentences)
            if sentence not in self._recent:
                break
        self._recent.append(sentence)
        return sentence

    def _around(self, audience: Audience, month: int, heard: str, filler: Filler) -> str:
        """Put before it how one met, and after it what else was said."""
        chance = self._source.random
        if chance() < _OPENS:
            kind = "hub" if audience != "district" else season(month) if chance() < 0.22 else "district"
            heard = filler.fill(self._fresh(topics_ways.OPENINGS[kind])) + heard
        if chance() < _SECOND_TOPIC:
            heard += filler.fill(self._topic(audience, month)[1])
        if audience == "district" and chance() < _CLOSES:
            heard += filler.fill(self._fresh(topics_ways.CLOSINGS))
        return heard

    def _note(self, topic: Topic, heard: str, filler: Filler) -> Note:
        def sometimes(share: float, sentences: Sequence[str]) -> str:
            wanted = sentences and self._source.random() < share
            return filler.fill(self._fresh(sentences)) if wanted else ""

        return Note(
            heard,
            sometimes(0.3, topic.background),
            sometimes(0.28, topic.reading),
            sometimes(0.38, topic.next_time),
            sometimes(0.3, topic.praise),
            *_support(self._source, topic.lean),
        )


@cache
def _in_month(audience: Audience, month: int) -> Weighted[Topic]:
    in_season = _IN_SEASON if audience == "district" else _IN_SEASON_AT_HUBS
    return Weighted(
        [
            (topic, in_season if topic.months else 1.0)
            for topic in TOPICS[audience]
            if not topic.months or month in topic.months
        ]
    )


def _support(source: Random, lean: str) -> tuple[bool, bool, bool]:
    """Mark kinds of support, as the topic leans: one, several, and now and then none, for that is allowed."""
    if source.random() < _NONE_MARKED:
        return False, False, False
    marked = {letter for letter in "pod" if source.random() < (_LEANING if letter in lean else _OTHERWISE)}
    marked = marked or {pick(source, lean)}
    return "p" in marked, "o" in marked, "d" in marked
