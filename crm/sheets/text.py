"""What may stand in a cell, and how a text is kept from being taken for a formula."""

import re

ODD = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ue000-\uf8ff\ufffd-\uffff\U000f0000-\U0010ffff]",
)
"""Control characters, but for tab and line ends, which a cell may hold; 外字; characters lost on the way.

CP932 puts 外字 at F040–F9FC, which Python reads as U+E000–E757: the private use area covers both.
"""

CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")

FORMULA_LIKE = re.compile(r"'*[=+\-@\t\r\n＝＋－＠]")
"""Beginnings that spreadsheets take for a formula (OWASP, "CSV Injection"), full-width forms included.

Apostrophes before them count too, so that taking one off again always gives what was there.
"""

GUARDED = re.compile(r"''*[=+\-@\t\r\n＝＋－＠]")

EXCERPT = 30
"""Characters of a cell that a refusal quotes."""

GETA = "〓"
"""What Japanese printers put where a type is missing."""


def guard(text: str) -> str:
    """Make a text harmless where CSV is opened: an apostrophe before what looks like a formula."""
    return f"'{text}" if FORMULA_LIKE.match(text) else text


def unguard(text: str) -> str:
    """Take off the apostrophe that `guard` has put there; every other text stays as it is."""
    return text[1:] if GUARDED.match(text) else text


def excerpt(text: str) -> str:
    """Give the beginning of a cell for a refusal: on one line, 外字 and control characters as 〓."""
    shown = " ".join(ODD.sub(GETA, text[: EXCERPT * 4]).split())
    return shown if len(shown) <= EXCERPT else shown[: EXCERPT - 1] + "…"


def code_points(characters: str) -> str:
    """Name characters that cannot be shown: "U+E000、U+FFFD", each once."""
    return "、".join(f"U+{ord(character):04X}" for character in dict.fromkeys(characters))


def column_letter(index: int) -> str:
    """Name a column as spreadsheets do: 0 is "A", 26 is "AA"."""
    letters = ""
    number = index + 1
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters


def column_index(letters: str) -> int:
    """Give the position of a column by its letters: "A" is 0. Raises ValueError but for one to three A–Z."""
    if not re.fullmatch("[A-Z]{1,3}", letters):
        raise ValueError(letters)
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - ord("A") + 1
    return number - 1
