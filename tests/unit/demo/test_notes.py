"""The texts of the sample town: varied, in season, kind, and never ranking a kind of support."""

import re
from collections import Counter
from itertools import chain
from typing import get_args

import pytest

from crm.demo import topics_ways
from crm.demo.chance import stream
from crm.demo.gaps import Filler
from crm.demo.notes import TOPICS, Audience, Note, Writer
from crm.demo.stops import ANYWHERE
from crm.demo.topics import Topic

NOT_OURS = re.compile(
    r"課題|解決|優先|重要度|緊急度|チケット|ランク|レベル|評価|効果が(?:高|低)|弱い支援|強い支援|指導し|対応済|怠|だめ|問題"
)
"""Words of ticket systems and of judging, which the centre does not use of places and people."""


@pytest.fixture(scope="module")
def notes() -> list[tuple[int, Note]]:
    writer = Writer(stream(1, "test"))
    return [(n % 12 + 1, writer.compose("district", n % 12 + 1, ANYWHERE)) for n in range(5000)]


def every_sentence() -> list[str]:
    def of(topic: Topic) -> tuple[str, ...]:
        return (*topic.heard, *topic.background, *topic.reading, *topic.next_time, *topic.praise)

    topics = chain(*TOPICS.values(), topics_ways.CONFIDENTIAL)
    frames = chain(*topics_ways.OPENINGS.values(), topics_ways.CLOSINGS)
    return [*chain.from_iterable(map(of, topics)), *frames, *topics_ways.ABSENT, *topics_ways.CANCELLED]


def test_every_gap_of_every_sentence_is_filled_in_every_season() -> None:
    source = stream(1, "gaps")
    for month in (1, 4, 7, 10):
        filler = Filler(source, month, ANYWHERE)
        for sentence in every_sentence():
            assert not set(filler.fill(sentence)) & set("{|}"), sentence


def test_no_sentence_ranks_judges_or_speaks_of_solving() -> None:
    assert [sentence for sentence in every_sentence() if NOT_OURS.search(sentence)] == []


def test_no_sentence_stands_twice() -> None:
    counts = Counter(sentence for sentence in every_sentence() if len(sentence) > 24)
    assert [sentence for sentence, count in counts.items() if count > 1] == []


def test_five_thousand_notes_do_not_read_as_copies(notes: list[tuple[int, Note]]) -> None:
    heard = [note.heard for _, note in notes if note.heard]
    assert len(heard) > 4000
    assert len(set(heard)) > 0.96 * len(heard)
    sentences = Counter(part for text in heard for part in text.split("。") if part)
    assert sentences.most_common(1)[0][1] < 0.025 * len(heard)


def test_a_note_does_not_repeat_the_one_before(notes: list[tuple[int, Note]]) -> None:
    texts = [note.heard for _, note in notes if note.heard]
    assert all(text not in texts[n + 1 : n + 12] for n, text in enumerate(texts))


def test_some_visits_leave_no_words_and_some_fill_every_box(notes: list[tuple[int, Note]]) -> None:
    assert 0.1 < sum(not note.heard for _, note in notes) / len(notes) < 0.25
    assert any(all(note[:5]) for _, note in notes)
    for box in range(1, 5):
        assert 0.1 < sum(bool(note[box]) for _, note in notes) / len(notes) < 0.5


@pytest.mark.parametrize(
    ("word", "months"),
    [
        ("雪かきは", {12, 1, 2, 3}),
        ("元朝参り", {12, 1}),
        ("どんど焼きは", {1, 2}),
        ("田植えの最中", {5}),
        ("草刈りは", {6, 7, 8, 9}),
        ("踊りの輪に", {7, 8}),
        ("稲刈りが", {9, 10}),
        ("柿をもぐ", {9, 10, 11}),
        ("あじさい", {6, 7, 8}),
    ],
)
def test_people_speak_of_the_season(notes: list[tuple[int, Note]], word: str, months: set[int]) -> None:
    told = {month for month, note in notes if word in note.heard}
    assert told
    assert told <= months


def test_every_audience_can_be_written_for_in_every_month() -> None:
    writer = Writer(stream(2, "test"))
    for audience in get_args(Audience):
        for month in range(1, 13):
            note = writer.compose(audience, month, ANYWHERE)
            assert note.heard or audience in ("district", "centre", "office")


def test_what_is_told_in_confidence_names_nobody() -> None:
    writer = Writer(stream(3, "test"))
    for _ in range(60):
        note = writer.compose_in_confidence(5, ANYWHERE)
        assert note.heard
        assert not re.search(r"(佐藤|千葉|菅原|小野寺|佐々木|会長)さん", "".join(note[:5]))


def test_a_place_gives_its_own_words() -> None:
    filler = Filler(stream(4, "test"), 5, {**ANYWHERE, "hall": "集落公民館"})
    assert filler.fill("{hall}の{鍵|鍵}") == "集落公民館の鍵"


@pytest.mark.parametrize("broken", ["{開いたまま", "閉じすぎ}", "{{few}}"])
def test_a_broken_gap_is_refused(broken: str) -> None:
    with pytest.raises(ValueError, match="gap"):
        Filler(stream(5, "test"), 5, ANYWHERE).fill(broken)


def test_an_unknown_gap_is_refused() -> None:
    with pytest.raises(KeyError):
        Filler(stream(5, "test"), 5, ANYWHERE).fill("{nothing}")
