from pathlib import Path

import pytest

from crm.core.problems import Missing, Problem
from crm.paper import fonts


@pytest.mark.parametrize(
    "name", ["髙橋", "﨑山", "邉見", "渡邊", "神\ufa19", "①㈱℡〜～", "ｱｲｳ", "ABC 12,345", "一\n二"]
)
def test_names_are_printed_as_they_were_typed(name: str) -> None:
    assert fonts.printable(name) == name


@pytest.mark.parametrize(
    ("typed", "on_paper"),
    [
        ("葛\U000e0100城", "葛城"),  # ideographic variation
        ("辻\ufe00", "辻"),  # standardised variation
        ("か\u3099き\u309a", "がき\u309a"),  # a mark without a joined form stays
        ("cafe\u0301", "café"),
        ("\ufeff一\u200b関\u00ad", "一関"),
        ("一\t関\u2003市", "一 関 市"),
        ("一\r\n二\r三\u2028四\x0b五", "一\n二\n三\n四\n五"),
        ("一\x00\x07関", "一関"),
    ],
)
def test_what_has_no_shape_of_its_own_is_left_out(typed: str, on_paper: str) -> None:
    assert fonts.printable(typed) == on_paper


@pytest.mark.parametrize(("text", "codepoint"), [("𠮷田", "U+20BB7"), ("😀", "U+1F600"), ("ก", "U+0E01")])
def test_a_character_without_a_glyph_is_named(text: str, codepoint: str) -> None:
    with pytest.raises(Problem) as refused:
        fonts.printable(text)
    assert refused.value.code == "glyph_missing"
    assert refused.value.facts == {"character": text[0], "codepoint": codepoint}


def test_fonts_that_the_build_has_not_laid_are_missed_by_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fonts, "FOLDER", tmp_path)
    monkeypatch.setattr(fonts, "_faces", {})
    with pytest.raises(Missing) as missed:
        fonts.faces()
    assert missed.value.code == "font_missing"
    assert missed.value.facts == {"file": "BIZUDPGothic_400Regular.ttf"}
