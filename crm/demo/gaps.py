"""Sentences with gaps: {few} takes a word of the list or the place called so, {a|b} one of those given; gaps may nest."""

from collections.abc import Mapping
from functools import cache
from random import Random

from crm.demo.chance import pick
from crm.demo.topics import WORDS_BY_MONTH

Part = str | tuple["Part", ...]
"""Compiled: a text stands for itself, a tuple beginning with a mark for a list name, a sequence or alternatives."""

_WORD, _SEQUENCE, _ONE_OF = "word", "sequence", "one of"


class Filler:
    """Fills gaps for one record: with the words of its place, and with the lists of its month."""

    __slots__ = ("_lists", "_source", "_used", "_words")

    def __init__(self, source: Random, month: int, words: Mapping[str, str]) -> None:
        self._source = source
        self._words = words
        self._lists = WORDS_BY_MONTH[month]
        self._used: dict[str, str] = {}

    def fill(self, sentence: str) -> str:
        """Fill the gaps of a sentence. Raises KeyError for a gap that neither place nor lists know."""
        return self._render(_compiled(sentence))

    def _render(self, part: Part) -> str:
        if isinstance(part, str):
            return part
        kind = part[0]
        if kind == _SEQUENCE:
            return "".join([self._render(inner) for inner in part[1:]])
        if kind == _ONE_OF:
            return self._render(part[1 + int(self._source.random() * (len(part) - 1))])
        return self._word(str(part[1]))

    def _word(self, name: str) -> str:
        if name in self._words:
            return self._words[name]
        options = self._lists[name]
        word = pick(self._source, options)
        if self._used.get(name) == word:  # not "ずんだ餅とずんだ餅"
            word = pick(self._source, options)
        self._used[name] = word
        return word


@cache
def _compiled(sentence: str) -> Part:
    parts, end = _sequence(sentence, 0, "")
    if end != len(sentence):
        raise ValueError(f"a gap closes that never opened: {sentence}")
    return parts


def _sequence(text: str, at: int, stops: str) -> tuple[Part, int]:
    parts: list[Part] = []
    plain = ""
    while at < len(text) and text[at] not in stops:
        if text[at] == "{":
            if plain:
                parts.append(plain)
                plain = ""
            gap, at = _gap(text, at + 1)
            parts.append(gap)
        elif text[at] == "}":
            break
        else:
            plain += text[at]
            at += 1
    if plain:
        parts.append(plain)
    return (parts[0] if len(parts) == 1 else (_SEQUENCE, *parts)), at


def _gap(text: str, at: int) -> tuple[Part, int]:
    options: list[Part] = []
    while True:
        option, at = _sequence(text, at, "|}")
        options.append(option)
        if at == len(text):
            raise ValueError(f"a gap does not close: {text}")
        at += 1
        if text[at - 1] == "}":
            break
    if len(options) > 1:
        return (_ONE_OF, *options), at
    only = options[0]
    if not isinstance(only, str):
        raise ValueError(f"a gap holds a gap alone: {text}")
    return (_WORD, only), at
