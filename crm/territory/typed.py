"""Reading numbers and positions as people type them into cells and fields."""

import re
import unicodedata

from crm.core.problems import Problem

MOST = 1_000_000
"""More households or people than the largest district of any city has."""

JAPAN = {"lat": (20.0, 46.0), "lon": (122.0, 154.0)}
"""Degrees between which all of Japan lies, from 沖ノ鳥島 to 択捉島 and from 与那国島 to 南鳥島."""

_DASHES = re.compile(r"[-‐‑‒–—―−─ー]+")
_UNIT = re.compile(r"(?:世帯|戸|人|名|班)$")
_GROUPED = re.compile(r"[0-9]{1,3}(?:,[0-9]{3})+")
_WHOLE = re.compile(r"[0-9]{1,12}(?:\.0+)?")
_DEGREES = re.compile(r"[+-]?[0-9]{1,3}(?:\.[0-9]{1,15})?")


def tidy(text: str) -> str:
    """Half width, without spaces: what a number is read from. A dash alone stands for nothing, as in lists."""
    plain = re.sub(r"\s+", "", unicodedata.normalize("NFKC", text))
    return "" if _DASHES.fullmatch(plain) else plain


def read_count(text: str) -> int | None:
    """Read a number of households, people or 班: 102, 1,234, １０２, 102世帯; nothing is unknown.

    Raises Problem "count_unreadable" (text), "count_too_large" (text, most).
    """
    if text.isascii() and text.isdigit() and len(text) < 7:
        return int(text)  # as nearly all are: tidying 200,000 cells would take seconds
    plain = _UNIT.sub("", tidy(text))
    if not plain:
        return None
    if _GROUPED.fullmatch(plain):
        plain = plain.replace(",", "")
    if not _WHOLE.fullmatch(plain):
        raise Problem("count_unreadable", text=text.strip())
    number = int(plain.split(".")[0])
    if number > MOST:
        raise Problem("count_too_large", text=text.strip(), most=MOST)
    return number


def read_degrees(text: str, which: str) -> float | None:
    """Read a latitude ("lat") or longitude ("lon") in degrees; nothing is unknown.

    Raises Problem "degrees_unreadable" (text), "degrees_swapped", "outside_japan" (text).
    """
    plain = text if _DEGREES.fullmatch(text) else tidy(text)
    if not plain:
        return None
    if not _DEGREES.fullmatch(plain):
        raise Problem("degrees_unreadable", text=text.strip())
    degrees = float(plain)
    if _inside(degrees, which):
        return degrees
    if _inside(degrees, "lon" if which == "lat" else "lat"):
        raise Problem("degrees_swapped", text=text.strip())
    raise Problem("outside_japan", text=text.strip())


def _inside(degrees: float, which: str) -> bool:
    least, most = JAPAN[which]
    return least <= degrees <= most
