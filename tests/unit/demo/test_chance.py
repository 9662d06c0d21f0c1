"""Repeatable chance, fair division, and numbers read aloud."""

import pytest

from crm.demo.chance import Weighted, apportion, stream
from crm.demo.districts import number_kana


def test_a_stream_repeats_itself_and_differs_from_its_neighbours() -> None:
    assert stream(1, "a").random() == stream(1, "a").random()
    assert stream(1, "a").random() != stream(1, "b").random()
    assert stream(1, "a").random() != stream(2, "a").random()


def test_apportioned_parts_sum_up_to_the_whole() -> None:
    assert apportion(10, [1, 1, 1]) in ([4, 3, 3], [3, 4, 3], [3, 3, 4])
    parts = apportion(105_238, [58_097, 13_468, 14_125, 11_348, 6_867, 5_183, 3_764, 8_217])
    assert sum(parts) == 105_238
    assert parts[0] == 50_500


def test_what_weighs_nothing_is_never_drawn() -> None:
    source = stream(1, "weights")
    options = Weighted((("often", 3), ("never", 0), ("seldom", 1)))
    drawn = [options.draw(source) for _ in range(400)]
    assert set(drawn) == {"often", "seldom"}
    assert drawn.count("often") > drawn.count("seldom")


@pytest.mark.parametrize(
    ("number", "read"),
    [
        (1, "イチ"),
        (10, "ジュウ"),
        (13, "ジュウサン"),
        (27, "ニジュウナナ"),
        (100, "ヒャク"),
        (308, "サンビャクハチ"),
        (1600, "センロッピャク"),
    ],
)
def test_numbers_are_read_aloud(number: int, read: str) -> None:
    assert number_kana(number) == read
