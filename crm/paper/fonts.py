"""The typeface of every paper: BIZ UDPGothic, embedded, only the glyphs used.

The files are laid under crm/static/vendor/ttf by the build, from npm `@expo-google-fonts/biz-udpgothic` (SIL
Open Font License 1.1).
"""

import re
import unicodedata
from functools import cache
from pathlib import Path
from threading import Lock

from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont

from crm.core.problems import Missing, Problem

REGULAR = "BIZUDPGothic"
BOLD = "BIZUDPGothic-Bold"
ASCENT = 0.88
"""The part of the em box above the baseline (both faces)."""

FOLDER = Path(__file__).resolve().parent.parent / "static" / "vendor" / "ttf"
FILES = {REGULAR: "BIZUDPGothic_400Regular.ttf", BOLD: "BIZUDPGothic_700Bold.ttf"}

_NEWLINES = re.compile(r"\r\n|[\r\v\f\x1c-\x1e\x85\u2028\u2029]")
_SPACES = re.compile(r"[\t\u2000-\u200a\u202f\u205f]")
_LETTER_WITH_MARKS = re.compile(r"[^\s][\u0300-\u036f\u3099\u309a]+")
_VARIATION_SELECTORS = re.compile("[\u180b-\u180d\ufe00-\ufe0f\U000e0100-\U000e01ef]")


_faces: dict[str, TTFont] = {}
_ONE_LOADS = Lock()


def faces() -> dict[str, TTFont]:
    """Give both faces by name; the first call reads them (0.2 s) and makes them known to ReportLab.

    Raises Missing "font_missing" with the `file` if the build has not laid it.
    """
    if not _faces:
        with (
            _ONE_LOADS
        ):  # a face that is registered again while a paper is drawn with it would lose its glyphs
            if not _faces:
                _faces.update(_read_faces(FOLDER))
    return _faces


def _read_faces(folder: Path) -> dict[str, TTFont]:
    for file in FILES.values():
        if not (folder / file).is_file():
            raise Missing("font_missing", file=file)
    read = {name: TTFont(name, str(folder / file)) for name, file in FILES.items()}
    for font in read.values():
        pdfmetrics.registerFont(font)
    return read


@cache
def _drawable() -> frozenset[str]:
    """Give the characters that both faces can draw."""
    maps = [font.face.charToGlyph for font in faces().values()]
    return frozenset(chr(code) for code in maps[0] if all(glyphs.get(code) for glyphs in maps)) | {"\n"}


@cache
def _plain() -> frozenset[str]:
    """Give the characters that are printed as they come: no marks, control or format characters."""
    return frozenset(c for c in _drawable() if c == "\n" or unicodedata.category(c)[0] not in "MC")


def width_of(text: str, face: str, size: float) -> float:
    """Give the width of a text on one line, in points."""
    return faces()[face].stringWidth(text, size)


def printable(text: str) -> str:
    """Give the text as it will be printed, with every newline as a line feed.

    Names stay as typed, so there is no normal form here: NFC would turn the U+FA19 of a surname into U+795E.
    What has no shape of its own goes: control and format characters, and variation selectors, since the plain
    form of a character is right on paper where a box is not. Marks typed apart from their letters, as Macs
    and tablets send them (U+304B U+3099 for が), are joined to them.

    Raises Problem "glyph_missing" with the `character` and its `codepoint` ("U+20BB7") if the typeface lacks
    one: a name with a box in it is worse than no paper.
    """
    if _plain().issuperset(text):
        return text
    text = _SPACES.sub(" ", _NEWLINES.sub("\n", _VARIATION_SELECTORS.sub("", text)))
    text = _LETTER_WITH_MARKS.sub(lambda match: unicodedata.normalize("NFC", match[0]), text)
    text = "".join(c for c in text if c == "\n" or unicodedata.category(c) not in {"Cc", "Cf"})
    for character in text:
        if character not in _drawable():
            raise Problem("glyph_missing", character=character, codepoint=f"U+{ord(character):04X}")
    return text
