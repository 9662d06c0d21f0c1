"""Finding in a large sheet, before it is parsed, the rows that will most likely be refused.

Parsing 45,300 rows takes seconds, and somebody waits to hear that there is a formula in the last of them. A search in
the bytes is ten times faster. It decides nothing: rows it picks are then read like all others, and what it misses
(because a program writes its XML in an unusual way) is found when the whole sheet is read.
"""

import re
from collections.abc import Collection, Iterator
from typing import IO

from crm.sheets.limits import MIB
from crm.sheets.text import column_letter

FROM_BYTES = 4 * MIB
"""Unpacked size of a sheet from which looking first saves time: about 10,000 rows."""

MOST_ROWS = 50
MOST_TEXTS = 200

_ODD_BYTES = re.compile(rb"\xee|\xef[\x80-\xa3]|\xef\xbf[\xbd-\xbf]|\xf3[\xb0-\xbf]|\xf4")
"""外字 and U+FFFD in UTF-8, as far as one glance can tell."""


class FirstLook:
    """What to look for: formulas and odd texts in the columns that are read, anything in those beyond the header."""

    def __init__(self, read: Collection[int], beyond: Collection[int], odd_texts: Collection[int]) -> None:
        columns = _any(column_letter(index) for index in read)
        self._formula = re.compile(rb'<c r="' + columns + rb'[0-9]+"[^>]*><f[ />]')
        self._searches = [_ODD_BYTES]
        if beyond:
            outside = _any(column_letter(index) for index in beyond)
            self._searches.append(re.compile(rb'<c r="' + outside + rb'[0-9]+"[^>]*>(?:<v>|<is>)'))
        if odd_texts:
            numbers = _any(str(number) for number in list(odd_texts)[:MOST_TEXTS])
            self._searches.append(re.compile(rb'<c r="[A-Z]+[0-9]+"[^>]* t="s"[^>]*><v>' + numbers + b"</v>"))

    def rows(self, part: IO[bytes]) -> Iterator[bytes]:
        """Give the XML of rows that look as if they would be refused, in order, fifty at most."""
        given = 0
        tail = b""
        while given < MOST_ROWS and (chunk := part.read(MIB)):
            window = tail + chunk
            cut = window.rfind(b"</row>") + len(b"</row>")
            if cut < len(b"</row>"):
                cut = max(0, len(window) - MIB)
            tail = window[cut:]
            for row in self._in(window[:cut]):
                yield row
                given += 1
                if given == MOST_ROWS:
                    return

    def _in(self, window: bytes) -> Iterator[bytes]:
        searches = [*self._searches, self._formula] if b"<f" in window else self._searches
        starts = {
            window.rfind(b'<row r="', 0, found.start())
            for search in searches
            for found in search.finditer(window)
        }
        for start in sorted(starts):
            end = window.find(b"</row>", start)
            if start >= 0 and end >= 0:
                yield window[start : end + len(b"</row>")]


def _any(words: Iterator[str]) -> bytes:
    return b"(?:" + b"|".join(word.encode("ascii") for word in words) + b")"
