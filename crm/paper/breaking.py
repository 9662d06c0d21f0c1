"""Where Japanese text may be broken into lines.

Own code, since ReportLab's `wordWrap='CJK'` only lets a few characters hang over the end of a line: it cuts
numbers, Latin words and units, knows no small kana, and leaves opening brackets at the end of a line. The
rules follow JIS X 4051 and the W3C's Requirements for Japanese Text Layout (行頭禁則, 行末禁則, 分離禁止),
and Unicode's UAX #14 for Latin text. Lines are ragged right: nothing is squeezed or hung into the margin, and
so words in katakana can be kept whole as well.
"""

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Callable
from enum import IntEnum
from functools import lru_cache

NOT_AT_START = frozenset(
    "、。，．､｡,.・･：；:;！？!?‼⁇⁈⁉"
    "）〕］｝〉》」』】〙〗〟’”»)]}｠｣"
    "ーｰ々〻ゝゞヽヾ゛゜ﾞﾟ〜～‐‑–゠"
    "ぁぃぅぇぉっゃゅょゎゕゖァィゥェォッャュョヮヵヶｧｨｩｪｫｬｭｮｯㇰㇱㇲㇳㇴㇵㇶㇷㇸㇹㇺㇻㇼㇽㇾㇿ"
    "％%‰℃°′″"
)
"""行頭禁則: no line begins with one of these."""

NOT_AT_END = frozenset("（〔［｛〈《「『【〘〖〝‘“«([{｟｢￥＄￡＃€№¥£")
"""行末禁則: no line ends with one of these."""

_PAIRED = frozenset("…‥—―─〳〴〵")
_DOUBTFUL_QUOTES = frozenset("\"'＂＇")
_GLUE = frozenset("\u00a0\u202f\u2060\ufeff")
_ZERO_WIDTH_SPACE = "\u200b"
_ZERO_WIDTH_JOINER = "\u200d"
_GOOD_PLACES_IN_A_WORD = frozenset("/-_.@?&=#+:,;~")

_LEAST_ON_LAST_LINE = 3

_ERAS = "令和|平成|昭和|大正|明治"
_DIGITS = "[0-9０-９]+"
_NUMBER = rf"{_DIGITS}(?:(?:[.,．，:：/／-]|[兆億万千百]){_DIGITS})*[兆億万千百]{{0,2}}"
_COUNTERS = (
    "年度|年間|年目|年生|か月間|か月|ヶ月|ケ月|カ月|ヵ月|か年|ヶ年|カ年|月分|月号|月期|日間|日目|時間|時半|分間|秒間|週間"
    "|回目|人目|期目|世帯|行政区|民区|地区|地域|か所|ヶ所|ケ所|カ所|ヵ所|箇所|か国|団体|集落|自治会|施設|会場|種類"
    "|丁目|番地|番目|ページ|ポイント|パーセント|キロ|メートル|センチ|ヘクタール|アール|トン|グラム|リットル"
)
_KEPT_WHOLE = re.compile(
    rf"(?:{_ERAS}|西暦|午前|午後|第)?{_NUMBER}(?:月{_DIGITS}日|{_COUNTERS}|[^\W\d_])?(?:[（(][月火水木金土日][）)])?"
    rf"|(?:{_ERAS})元年度?"
)
"""A number with its unit and what stands before it: 令和8年, 5月11日(月), 第3回, 105,238人, 1億2千万円."""


class _Break(IntEnum):
    """How good a place between two characters is for a new line; lower is better."""

    FREE = 0
    IN_WORD_AFTER_SIGN = 1
    IN_WORD = 2
    AGAINST_RULES = 3
    NEVER = 4


def break_lines(text: str, width_of: Callable[[str], float], max_width: float) -> list[str]:
    """Break a text into lines no wider than `max_width`, in the unit of `width_of`.

    The lines joined give the text back: spaces and newlines stay at the end of their line and take no width
    there. What has no good place to break and is wider than a line (a long address, a number) is broken where
    the line is full; a single character wider than a line stands alone and juts out. An empty text has no
    lines.

    `width_of` must not shrink when a text grows.
    """
    lines: list[str] = []
    for paragraph in text.splitlines(keepends=True):
        if width_of(paragraph.rstrip()) <= max_width:
            lines.append(paragraph)
        else:
            lines.extend(_break_paragraph(paragraph, width_of, max_width))
    return lines


def _break_paragraph(text: str, width_of: Callable[[str], float], max_width: float) -> list[str]:
    quality = _qualities(text)
    places = [place for place, found in quality.items() if found is not _Break.NEVER] + [len(text)]
    lines: list[str] = []
    start = first = 0
    while start < len(text):
        last = _furthest(text, start, places, first, width_of, max_width)
        if last < len(places) - 1:
            # min() keeps the first of equals, hence backwards: the fullest line among the best.
            last = min(range(last, first - 1, -1), key=lambda index: quality[places[index]])
        end = places[last]
        lines.append(text[start:end])
        start, first = end, last + 1
    return _without_a_straggler(lines, quality, width_of, max_width)


def _without_a_straggler(
    lines: list[str], quality: dict[int, _Break], width_of: Callable[[str], float], max_width: float
) -> list[str]:
    """Give one or two characters that would be alone on the last line company, where that can be done."""
    if len(lines) == 1 or len(lines[-1].rstrip()) >= _LEAST_ON_LAST_LINE:
        return lines
    *earlier, before, last = lines
    rest = before + last
    begin = sum(map(len, earlier))
    for place in range(len(rest.rstrip()) - _LEAST_ON_LAST_LINE, len(before) // 2, -1):
        if quality[begin + place] is _Break.FREE and width_of(rest[place:].rstrip()) <= max_width:
            return [*earlier, rest[:place], rest[place:]]
    return lines


def _furthest(
    text: str, start: int, places: list[int], first: int, width_of: Callable[[str], float], max_width: float
) -> int:
    """Find the last of the places that a line from `start` can reach; the first one if none fits."""

    def width_up_to(place: int) -> float:
        return width_of(text[start:place].rstrip())

    low, step = first, 32
    while low + step < len(places) and width_up_to(places[low + step]) <= max_width:
        low, step = low + step, step * 2
    above = bisect_right(places, max_width, low, min(low + step, len(places)), key=width_up_to)
    return max(above - 1, first)


def _qualities(text: str) -> dict[int, _Break]:
    """Judge every place between two characters; place n lies before the character text[n]."""
    kept = {place for match in _KEPT_WHOLE.finditer(text) for place in range(match.start() + 1, match.end())}
    found: dict[int, _Break] = {}
    seen = ""  # the last character that shows
    for place in range(1, len(text)):
        before, after = text[place - 1], text[place]
        if not before.isspace() and before != _ZERO_WIDTH_SPACE:
            seen = before
        if _belongs_to_the_one_before(before, after):
            found[place] = _Break.NEVER
        elif not seen or after in NOT_AT_START or seen in NOT_AT_END:
            found[place] = _Break.AGAINST_RULES
        elif place in kept or _hangs_together(before, after):
            after_sign = before in _GOOD_PLACES_IN_A_WORD and place not in kept
            found[place] = _Break.IN_WORD_AFTER_SIGN if after_sign else _Break.IN_WORD
        else:
            found[place] = _Break.FREE
    return found


def _belongs_to_the_one_before(before: str, after: str) -> bool:
    """Whether nothing may part the two: marks, variation selectors, joined signs, and spaces, which hang."""
    joined = before == _ZERO_WIDTH_JOINER or after == _ZERO_WIDTH_JOINER
    return joined or _is_space(after) or unicodedata.category(after).startswith("M")


def _hangs_together(before: str, after: str) -> bool:
    if before in _GLUE or after in _GLUE:
        return True
    if _is_space(before):
        return False
    if before in _DOUBTFUL_QUOTES or after in _DOUBTFUL_QUOTES:
        return True  # a straight quote does not say whether it opens or closes
    if before == after and before in _PAIRED:
        return True
    return (_is_of_words(before) and _is_of_words(after)) or (_is_katakana(before) and _is_katakana(after))


def _is_katakana(character: str) -> bool:
    return "ァ" <= character <= "ヺ" or "ｦ" <= character <= "ﾟ" or character == "ー"


def _is_space(character: str) -> bool:
    return (character.isspace() or character == _ZERO_WIDTH_SPACE) and character not in _GLUE


@lru_cache(maxsize=4096)
def _is_of_words(character: str) -> bool:
    """Whether a character makes up words of letters and digits: any but Japanese ones, and all ASCII signs.

    Full-width letters and digits count too: ＮＰＯ and ２０２６ read as one word each.
    """
    if character.isascii():
        return not character.isspace()
    width = unicodedata.east_asian_width(character)
    category = unicodedata.category(character)
    return category == "Nd" or category.startswith("M") or (category.startswith("L") and width not in "WH")
