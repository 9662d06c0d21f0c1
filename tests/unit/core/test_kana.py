import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.core.kana import VARIANTS, kana_key, search_key
from crm.demo.districts import number_kana

# Samples of a string: hypothesis would first build a table of all of Unicode, which takes seconds.
LETTERS = (
    "髙﨑濵邉邊辺々ゝゞヽヾー－〜・ \u3000゛゜\u3099\u309a\ufe00\U000e0100ＡＢaßÅ1２㈱㍻神\ufa19"
    + "".join(map(chr, [*range(0x3041, 0x30FF), *range(0xFF61, 0xFFA0), *range(0x4E00, 0xA000, 97)]))
    + VARIANTS
)
written = st.text(alphabet=st.sampled_from(LETTERS), max_size=12)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("髙橋", "高橋"),
        ("山﨑", "山崎"),
        ("濵田", "浜田"),
        ("濱田", "浜田"),
        ("渡邉", "渡辺"),
        ("渡邊", "渡辺"),
        ("渡邉\U000e0100", "渡辺"),
        ("辻\U000e0101", "辻"),
        ("葛\ufe00", "葛"),
        ("齋藤", "斉藤"),
        ("齊藤", "斎藤"),
        ("𠮷田", "吉田"),
        ("曾慶", "曽慶"),
        ("一關", "一関"),
        ("彌榮", "弥栄"),
        ("佐々木", "佐佐木"),
        ("代々々木", "代代代木"),
        ("いすゞ", "イスズ"),
        ("さゝき", "ささき"),
        ("ｲﾁﾉｾｷ", "いちのせき"),
        ("ｶﾞｯｺｳ", "ガッコウ"),
        ("か゛っこう", "がっこう"),
        ("ｼﾕｳｶﾞｸ", "しゅうがく"),
        ("コーヒー", "コ－ヒ－"),
        ("コーヒー", "ｺｰﾋｰ"),
        ("１－２ー３", "1-2-3"),
        ("1〜3区", "1-3区"),
        ("ＮＰＯ法人", "npo法人"),
        ("㈱花泉", "(株)花泉"),
        ("第１０区", "第10区"),
        ("佐藤\u3000花子", "佐藤花子"),
        ("ジョン・スミス", "ジョンスミス"),
        ("しづこ", "シズコ"),
        ("ハナヂ", "はなじ"),
        ("キヱ", "きえ"),
        ("ミヲ", "みお"),
        ("竹山\u200b町", "竹山町"),
        ("神\ufa19", "神神"),
    ],
)
def test_a_name_is_found_however_it_is_written(one: str, other: str) -> None:
    assert search_key(one) == search_key(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("ハナ", "バナ"),
        ("山崎", "山碕"),
        ("薗田", "園田"),
        ("1の3区", "13区"),
        ("いち", "いちー"),
        ("黄海", "弥栄"),
    ],
)
def test_what_is_another_name_stays_another(one: str, other: str) -> None:
    assert search_key(one) != search_key(other)


def test_blank_text_has_a_blank_key() -> None:
    assert search_key(" \u3000\U000e0100") == ""


@given(written)
def test_a_key_folded_again_stays_the_same(text: str) -> None:
    assert search_key(search_key(text)) == search_key(text)


def test_no_variant_stands_in_two_groups_or_is_folded_by_unicode_already() -> None:
    letters = [letter for group in VARIANTS.split() for letter in group]
    assert len(letters) == len(set(letters))
    assert all(len(search_key(letter)) == 1 for letter in letters)
    assert all(search_key(group[0]) == group[0] for group in VARIANTS.split())


def in_order(*kana: str) -> list[str]:
    backwards = kana[::-1]
    return sorted(backwards, key=lambda one: kana_key(one, "名"))


@pytest.mark.parametrize(
    "kana",
    [
        ("オオハラ", "キノミ", "コウジ", "ソゲイ", "ヤサカエ"),
        ("かき", "かぎ", "がき", "がぎ"),
        ("はは", "はば", "はぱ", "ばは"),
        ("ハート", "はあと"),
        ("きよう", "きようと"),
        ("びよういん", "びょうき"),
        ("びょういん", "びよういん"),
        ("さと\u3000ん", "さとう\u3000あい"),
        ("だい1く", "だい2く", "だい10く"),
        ("１の２く", "1の10く"),
        ("ｱｵｷ", "アオノ", "ｲﾄｳ"),
        ("いすゝ", "いすゞ", "いすた"),
    ],
)
def test_readings_stand_in_gojuon_order(kana: tuple[str, ...]) -> None:
    assert in_order(*kana) == list(kana)


@pytest.mark.parametrize(("one", "other"), [("ｷﾉﾐ", "きのみ"), ("キノミ", "きのみ"), ("オーノ", "おーの")])
def test_width_and_script_of_a_reading_change_nothing(one: str, other: str) -> None:
    assert kana_key(one, "黄海") == kana_key(other, "黄海")


def test_places_with_one_reading_stand_by_their_names() -> None:
    assert kana_key("コウジ", "小路") != kana_key("コウジ", "街")
    assert sorted(["第10区", "第2区"], key=lambda name: kana_key("ク", name)) == ["第2区", "第10区"]


def test_what_has_no_reading_stands_after_all_others_by_its_name() -> None:
    places = [("", "第10区"), ("", "第2区"), ("ワタリ", "渡"), ("\u3000", "第1区"), ("ン", "ん")]
    assert [name for _, name in sorted(places, key=lambda place: kana_key(*place))] == [
        "渡",
        "ん",
        "第1区",
        "第2区",
        "第10区",
    ]


@given(written, written)
def test_any_name_has_its_place_in_the_order(kana: str, name: str) -> None:
    assert kana_key(kana, name) == kana_key(kana, name)
    assert kana_key(kana, name)[0] in "01"


NUMBERED = (
    [
        ("だいいっく", "第1区"),
        ("ダイニク", "第２区"),
        ("だいじゅっく", "第10区"),
        ("ﾀﾞｲｼﾞﾕｳｲﾁｸ", "第十一区"),
        ("だい12く", "第12区"),
    ],
    [
        ("いっく", "一区"),
        ("いちのにく", "1の2区"),
        ("いちのじゅっく", "一の十区"),
        ("にく", "2区"),
        ("じゅっく", "10区"),
    ],
    [
        ("やまのめにみんく", "山目2民区"),
        ("やまのめ きゅうみんく", "山目九民区"),
        ("やまのめじっみんく", "山目十民区"),
    ],
    [
        ("ひゃくのべさんく", "百目木三区"),
        ("ひゃくのべにじゅっく", "百目木二十区"),
        ("ひゃくのべびゃく", "百目木100区"),
    ],
    [("にたににく", "荷谷2区"), ("にたにじゅうにく", "荷谷12区"), ("にたにさんびゃくさんく", "荷谷303区")],
    [("", "第二区"), ("", "第10区"), ("", "第十一区")],
)


def in_kana_order(places: list[tuple[str, str]]) -> list[tuple[str, str]]:
    backwards = places[::-1]
    return sorted(backwards, key=lambda place: kana_key(*place))


@pytest.mark.parametrize("places", NUMBERED, ids=lambda places: places[0][1])
def test_numbered_places_stand_by_their_number_however_it_is_written_or_read(
    places: list[tuple[str, str]],
) -> None:
    assert in_kana_order(places) == places


def test_a_name_that_only_looks_like_a_number_stands_by_its_reading() -> None:
    names = [("いちじょう", "一条"), ("イチノセキ", "一関"), ("きのみ", "黄海"), ("ミッカマチ", "三日町")]
    assert in_kana_order(names) == names


def test_a_reading_that_does_not_say_the_number_orders_as_it_is_written() -> None:
    places = [("あずまく", "第9区"), ("いずみく", "第1区")]
    assert in_kana_order(places) == places


@given(st.integers(1, 9999), st.sampled_from(["区", "民区", "班", ""]))
def test_every_number_that_is_read_aloud_is_known_by_its_size(number: int, counted: str) -> None:
    read = {"区": "ク", "民区": "ミンク", "班": "ハン", "": ""}[counted]
    spelt = kana_key(f"ダイ{number_kana(number)}{read}", f"第{number}{counted}")
    assert spelt == kana_key(f"ダイ{number}{read}", f"第{number}{counted}")
