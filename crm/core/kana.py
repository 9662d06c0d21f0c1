"""Finding and ordering names, whichever way they are written. Names themselves are never changed by this."""

import re
import unicodedata

import jaconv

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


def bigrams(key: str) -> list[str]:
    """Cut a search key into its pairs of neighbours, in order, repeats kept; a single character stays."""
    if len(key) < 2:
        return [key] if key else []
    return [key[at : at + 2] for at in range(len(key) - 1)]


def kana_key(kana: str, name: str) -> str:
    """Give the text by which a name stands in gojūon order, to be compared by code points (COLLATE "C").

    After JIS X 4061: first the plain sounds, a long mark being the vowel before it; then unvoiced before
    voiced before half-voiced; then long mark, small and plain kana; then the name. Numbers stand by their
    size, a family name before all longer ones. A blank kana stands after all others, by the name.
    """
    written = _numbers_padded(_widths_joined(name).strip())
    reading = _repetitions_written_out(_numbers_padded(_widths_joined(kana).strip()))
    if not reading:
        return f"1{written}"
    sounds, voices, sizes = _levels(reading)
    return f"0{sounds} {voices} {sizes} {written}"


def full_kana(text: str) -> str:
    """Turn half-width katakana into full-width ones; everything else stays as it is."""
    return jaconv.h2z(text, kana=True, ascii=False, digit=False)


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
