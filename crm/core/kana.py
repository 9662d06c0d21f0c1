"""Finding and ordering names, whichever way they are written. Names themselves are never changed by this."""

import re
import unicodedata
from functools import lru_cache

VARIANTS = """
万萬 亘亙 会會 体體 児兒 円圓 富冨 剣劍劔 勲勛 区區 参參 双雙 吉𠮷 団團 囲圍 図圖 国國圀 圧壓 塩鹽 増增
売賣 寿壽 奥奧 学學斈 宝寶寳 実實 寛寬 将將 届屆 島嶋嶌 峡峽 崎﨑嵜 峰峯 岳嶽 巌巖 帯帶 広廣 庁廳
弁辨瓣辯 弥彌 当當 徳德 応應 恵惠 悦悅 戸戶 戻戾 挙擧 斉斎齊齋 断斷 昇曻 晃晄 暁曉 曽曾 条條 柳栁桺 栄榮
桑桒 桜櫻 桧檜 楽樂 槙槇 様樣 横橫 歩步 歳歲 沢澤 浅淺 浜濱濵 淵渕渊 渋澁澀 渓溪 済濟 清淸 満滿 滝瀧
瀬瀨 灯燈 点點 為爲 瑶瑤 県縣 真眞 研硏 砺礪 礼禮 祢禰 稲稻 穂穗 竜龍 籠篭 糸絲 絵繪 総總 緑綠 縄繩 聡聰
脇脅 台臺 与與 館舘 舟舩船 芦蘆 芸藝 荘莊 萌萠 蒋蔣 蔵藏 薫薰 薮藪 藤籐 蛎蠣 衛衞 観觀 誉譽 譲讓 豊豐
頼賴 辺邉邊 遥遙 郎郞 郷鄕鄊 野埜 鉄鐵鉃 銭錢 録錄 鎮鎭 関關 隠隱 霊靈 青靑 静靜 顕顯 顔顏 駅驛 髄髓
高髙 鴎鷗 鶏鷄 麦麥 麹麴 黄黃 黒黑 齢齡 亀龜 凛凜 内內 呉吳 姫姬 巻卷 教敎 産產 彦彥 発發 号號 来來 変變
"""
"""Characters that stand for one another in names, the one kept first. No Unicode normal form joins them.

Old forms of the list of common characters (常用漢字表, its 康熙字典体) and the variants usual in surnames and
place names; not characters that make another name (崎 and 碕, 園 and 薗).
"""

_DASHES = "-‐‑‒–—―−─━ー〜~"
_SMALL = str.maketrans("ぁぃぅぇぉっゃゅょゎゕゖ", "あいうえおつやゆよわかけ")
_SAME_SOUND = str.maketrans("ぢづゐゑを", "じずいえお")
_SEARCHED_AS: dict[int, int | str] = {
    **{ord(variant): group[0] for group in VARIANTS.split() for variant in group[1:]},
    **{ord(dash): "-" for dash in _DASHES},
    **_SMALL,
    **_SAME_SOUND,
}
_HIRAGANA = {katakana: katakana - 0x60 for katakana in (*range(0x30A1, 0x30F7), 0x30FD, 0x30FE)}
_VOICED_MARK, _HALF_VOICED_MARK = "\u3099", "\u309a"
_STANDING_MARKS = str.maketrans("\u309b\u309c", _VOICED_MARK + _HALF_VOICED_MARK)
_INVISIBLE = re.compile("[\u00ad\u180b-\u180f\u200b-\u200f\u2060\ufe00-\ufe0f\ufeff\U000e0100-\U000e01ef]")
_GAP = re.compile(r"[\s・]+")
_REPEATED_KANJI = re.compile(r"([^々])(々+)")
_REPEATED_KANA = re.compile("(.)([ゝゞ])")
_NUMBER = re.compile(r"[0-9]+")
_NUMBER_WIDTH = 8
_MOST_NUMBERS = 3  # more of them are no name, and would take long to find
_KANJI_DIGITS = {kanji: value for value, kanji in enumerate("〇一二三四五六七八九")}
_KANJI_UNITS = {"十": 10, "百": 100}
_NUMERALS = "[〇一二三四五六七八九十百]+"
_COUNTED_BY = "(?:民区|区|丁目|班|組|号|番|町内|自治会|集落|部落|地割)"
_KANJI_NUMBER = re.compile(
    rf"(?<=第){_NUMERALS}|(?<!{_NUMERALS[:-1]}){_NUMERALS}(?=(?:[のノ之-](?:{_NUMERALS}|[0-9]+))?{_COUNTED_BY})"
)
"""Kanji that count, not those of a name (一関, 三日町, 百目木): behind 第, or before what is counted."""
_SPOKEN_ONES = ("", "いち|いつ|ひと", "に|ふた", "さん|み|みつ", "よん|し|よ|よつ", "ご|いつ", "ろく|ろつ|む",
                "なな|しち", "はち|はつ|や", "きゆう|く|ここの")  # fmt: skip
_SPOKEN_TENS, _SPOKEN_HUNDREDS, _SPOKEN_THOUSANDS = "じ(?:ゆ[うつー]|つ)", "[ひびぴ]や[くつ]", "[せぜ]ん"
_SPOKEN_BEFORE = {"第": "だい", "の": "の", "ノ": "の", "-": "(?:の|-|ー)?"}
"""How what stands before or after a number is read: it tells where in a reading the number is."""
_SPOKEN_AFTER = {"区": "く", "民": "みん", "丁": "ちよう", "班": "[はぱ]ん", "組": "くみ", "号": "ごう",
                 "番": "ばん", "の": "の", "ノ": "の", "-": "(?:の|-|ー)?"}  # fmt: skip
_COLUMNS = (
    "あかさたなはまやらわ",
    "いきしちにひみりゐ",
    "うくすつぬふむゆる",
    "えけせてねへめれゑ",
    "おこそとのほもよろを",
)
_VOWEL_OF = {kana: column[0] for column in _COLUMNS for kana in column}


def search_key(text: str) -> str:
    """Fold a text so that the same name, written in another way, has the same key; never shown to anybody.

    Alike become: full and half width, katakana and hiragana, large and small letters and kana (old lists have
    no small ones), ぢ and じ, づ and ず, ゐ ゑ を and い え お, the many dashes and the long-vowel mark, old
    and new forms of kanji (VARIANTS), a character and its repetition mark. Spaces, middle dots and variation
    selectors vanish.
    """
    folded = _widths_joined(text).casefold()
    folded = _GAP.sub("", unicodedata.normalize("NFKC", folded))
    folded = _repetitions_written_out(folded)
    return unicodedata.normalize("NFC", folded).translate(_SEARCHED_AS)


def kana_key(kana: str, name: str) -> str:
    """Give the text by which a name stands in gojūon order, to be compared by code points (COLLATE "C").

    After JIS X 4061: first the plain sounds, a long mark being the vowel before it; then unvoiced before
    voiced before half-voiced; then long mark, small and plain kana; then the name. Numbers stand by their
    size, also where the kana spells them out (だいじゅっく of 第10区 after だいにく of 第2区), a family name
    before all longer ones. A blank kana stands after all others, by the name.
    """
    written = _numbers_padded(_kanji_numbers_as_digits(_widths_joined(name).strip()))
    reading = _repetitions_written_out(_numbers_padded(_widths_joined(kana).strip()))
    if not reading:
        return f"1{written}"
    reading = _number_readings_as_digits(reading, written)
    sounds, voices, sizes = _levels(reading)
    return f"0{sounds} {voices} {sizes} {written}"


def _widths_joined(text: str) -> str:
    return unicodedata.normalize("NFKC", _INVISIBLE.sub("", text).translate(_STANDING_MARKS))


def _repetitions_written_out(text: str) -> str:
    """Write 佐々木 as 佐佐木, いすゞ as いすず."""
    hiragana = text.translate(_HIRAGANA)
    kanji = _REPEATED_KANJI.sub(lambda found: found[1] * (1 + len(found[2])), hiragana)
    return _REPEATED_KANA.sub(lambda found: found[1] + _repeated(found[1], found[2]), kanji)


def _repeated(kana: str, mark: str) -> str:
    plain = unicodedata.normalize("NFD", kana)[0]
    return plain if mark == "ゝ" else unicodedata.normalize("NFC", plain + _VOICED_MARK)


def _numbers_padded(text: str) -> str:
    return _NUMBER.sub(lambda number: number[0].zfill(_NUMBER_WIDTH), text)


def _kanji_numbers_as_digits(name: str) -> str:
    """Write the kanji numerals that count as digits: 第十二区 as 第12区."""
    return _KANJI_NUMBER.sub(lambda found: str(_kanji_value(found[0])), name)


def _kanji_value(numerals: str) -> int:
    """The number that kanji say: 十一 and 一一 are 11, 二百五 is 205."""
    if not set(numerals) & set(_KANJI_UNITS):
        return int("".join(str(_KANJI_DIGITS[one]) for one in numerals))
    whole, ones = 0, 0
    for one in numerals:
        if one in _KANJI_UNITS:
            whole, ones = whole + (ones or 1) * _KANJI_UNITS[one], 0
        else:
            ones = _KANJI_DIGITS[one]
    return whole + ones


def _number_readings_as_digits(reading: str, name: str) -> str:
    """Put the numbers of a name into its reading where they are spelt out: だいじゅっく as だい00000010く.

    A reading in which they are not found, in the order of the name, stays as it is.
    """
    parts = _NUMBER.split(name)
    if not 1 < len(parts) <= _MOST_NUMBERS + 1:
        return reading
    numbers = [int(number[-_NUMBER_WIDTH:]) for number in _NUMBER.findall(name)]
    spoken = [
        _spoken_text(text[:1] if at else "", text[-1:] if at < len(numbers) else "", len(text))
        for at, text in enumerate(parts)
    ]
    found = _spoken_pattern(tuple(spoken), tuple(numbers)).fullmatch(reading.translate(_SMALL))
    if found is None:
        return reading
    pieces, at = [], 0
    for group, number in enumerate(numbers, start=1):
        pieces += [reading[at : found.start(group)].strip(), str(number).zfill(_NUMBER_WIDTH)]
        at = found.end(group)
    return "".join((*pieces, reading[at:].strip()))


def _spoken_text(first: str, last: str, length: int) -> str:
    """How text beside a number may be read, as a pattern; `first` and `last` are its letters next to a number."""
    if length == 0:
        return r"\s*"
    begins, ends = _SPOKEN_AFTER.get(first, ""), _SPOKEN_BEFORE.get(last, "")
    if length == 1 and (begins or ends):
        return rf"\s*{begins or '.*'}{ends if not begins else ''}\s*"
    return rf"\s*{begins}.*{ends}\s*"


@lru_cache(maxsize=4096)
def _spoken_pattern(texts: tuple[str, ...], numbers: tuple[int, ...]) -> re.Pattern[str]:
    spoken = (f"({_spoken_number(number)})" for number in numbers)
    return re.compile(texts[0] + "".join(a + b for a, b in zip(spoken, texts[1:], strict=True)))


def _spoken_number(number: int) -> str:
    """How a number up to 9,999 may be read, in large hiragana, as a pattern; or its digits."""
    written = f"{number:0{_NUMBER_WIDTH}}"
    if not 0 < number < 10_000:
        return f"ぜろ|れい|{written}" if number == 0 else written
    thousands, hundreds, tens, ones = (int(digit) for digit in f"{number:04}")
    spoken = "".join(
        f"(?:{_SPOKEN_ONES[many]}){'?' if many == 1 else ''}{unit}"
        for many, unit in (
            (thousands, _SPOKEN_THOUSANDS),
            (hundreds, _SPOKEN_HUNDREDS),
            (tens, _SPOKEN_TENS),
        )
        if many
    )
    more = {10: "|とお", 20: "|はたち"}.get(number, "")
    return f"{spoken}(?:{_SPOKEN_ONES[ones]}){more}|{written}"


def _levels(reading: str) -> tuple[str, str, str]:
    """Split a reading into plain sounds, voices (0–2) and sizes (0 long mark, 1 small, 2 plain)."""
    sounds: list[str] = []
    voices: list[str] = []
    sizes: list[str] = []
    for letter in _GAP.sub(
        "!", reading
    ):  # "!" stands before every letter, and after the space between levels
        parts = unicodedata.normalize("NFD", letter)
        plain, marks = parts[0], parts[1:]
        large = plain.translate(_SMALL)
        long = letter in _DASHES and bool(sounds) and sounds[-1] in _VOWEL_OF
        sounds.append(_VOWEL_OF[sounds[-1]] if long else large)
        voices.append("1" if _VOICED_MARK in marks else "2" if _HALF_VOICED_MARK in marks else "0")
        sizes.append("0" if long else "1" if large != plain else "2")
    return "".join(sounds), "".join(voices), "".join(sizes)
