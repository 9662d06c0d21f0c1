"""Names of invented people: the surnames that repeat in the south of Iwate, given names by the age of those who bear them."""

from random import Random

from crm.demo.chance import Weighted, pick

_SURNAMES = Weighted(
    (
        (("佐藤", "サトウ"), 80),
        (("千葉", "チバ"), 74),
        (("菅原", "スガワラ"), 58),
        (("小野寺", "オノデラ"), 56),
        (("佐々木", "ササキ"), 50),
        (("及川", "オイカワ"), 34),
        (("阿部", "アベ"), 32),
        (("熊谷", "クマガイ"), 30),
        (("高橋", "タカハシ"), 28),
        (("伊藤", "イトウ"), 27),
        (("鈴木", "スズキ"), 24),
        (("岩渕", "イワブチ"), 22),
        (("畠山", "ハタケヤマ"), 18),
        (("小山", "オヤマ"), 17),
        (("三浦", "ミウラ"), 16),
        (("金野", "コンノ"), 14),
        (("千田", "チダ"), 14),
        (("吉田", "ヨシダ"), 12),
        (("遠藤", "エンドウ"), 12),
        (("菊池", "キクチ"), 11),
        (("村上", "ムラカミ"), 9),
        (("藤野", "フジノ"), 8),
        (("皆川", "ミナカワ"), 8),
        (("那須", "ナス"), 8),
        (("須藤", "スドウ"), 7),
        (("橋本", "ハシモト"), 7),
        (("岩山", "イワヤマ"), 5),
        (("小岩", "コイワ"), 5),
        (("槻山", "ツキヤマ"), 4),
        (("亀卦川", "キケガワ"), 4),
        (("芦", "アシ"), 3),
        (("昆野", "コンノ"), 3),
        (("首藤", "シュトウ"), 3),
        (("勝部", "カツベ"), 3),
        (("氏家", "ウジイエ"), 3),
        (("髙橋", "タカハシ"), 5),
        (("髙𣘺", "タカハシ"), 0.5),
        (("齋藤", "サイトウ"), 4),
        (("斎藤", "サイトウ"), 4),
        (("渡邉", "ワタナベ"), 3),
        (("渡辺", "ワタナベ"), 5),
        (("山﨑", "ヤマザキ"), 2),
        (("𠮷田", "ヨシダ"), 1),
        (("濵田", "ハマダ"), 1),
    )
)
"""Forms that are read alike and written in several ways stand here on purpose: names are kept as typed."""

_MEN = {
    "elder": (
        "一男/カズオ 正/タダシ 勝/マサル 清/キヨシ 茂/シゲル 実/ミノル 博/ヒロシ 昭/アキラ 幸男/ユキオ 和夫/カズオ "
        "義雄/ヨシオ 隆/タカシ 豊/ユタカ 孝/タカシ 稔/ミノル 進/ススム 光男/ミツオ 正志/マサシ 敏夫/トシオ 利明/トシアキ "
        "良一/リョウイチ 忠/タダシ 功/イサオ 武/タケシ 勇/イサム 喜一/キイチ 正男/マサオ 栄一/エイイチ 久/ヒサシ "
        "弘/ヒロシ 邦夫/クニオ 文雄/フミオ 哲夫/テツオ 昭一/ショウイチ 富雄/トミオ 善一/ゼンイチ 長一郎/チョウイチロウ"
    ),
    "middle": (
        "誠/マコト 健一/ケンイチ 浩/ヒロシ 修/オサム 信一/シンイチ 浩二/コウジ 和彦/カズヒコ 剛/ツヨシ 学/マナブ "
        "秀樹/ヒデキ 雅彦/マサヒコ 伸一/シンイチ 俊哉/トシヤ 真一/シンイチ 徹/トオル 聡/サトシ 直樹/ナオキ 智/サトシ "
        "克典/カツノリ 英明/ヒデアキ 裕之/ヒロユキ 淳/ジュン 公一/コウイチ 泰/ヤスシ 幸喜/コウキ 啓/ケイ"
    ),
    "younger": (
        "大輔/ダイスケ 健太/ケンタ 翔太/ショウタ 拓也/タクヤ 亮/リョウ 大樹/ダイキ 祐介/ユウスケ 達也/タツヤ 駿/シュン "
        "拓真/タクマ 直人/ナオト 悠/ユウ 和也/カズヤ 航/ワタル 優斗/ユウト"
    ),
}
_WOMEN = {
    "elder": (
        "和子/カズコ 幸子/サチコ 洋子/ヨウコ 京子/キョウコ 節子/セツコ 光子/ミツコ トシ子/トシコ キヨ子/キヨコ 良子/リョウコ "
        "悦子/エツコ 信子/ノブコ 勝子/カツコ 文子/フミコ 久子/ヒサコ 栄子/エイコ ヨシ/ヨシ 律子/リツコ 美代子/ミヨコ"
    ),
    "middle": (
        "由美子/ユミコ 久美子/クミコ 恵子/ケイコ 真由美/マユミ 裕子/ユウコ 明美/アケミ 直美/ナオミ 智子/トモコ 順子/ジュンコ "
        "早苗/サナエ 千恵/チエ 弘美/ヒロミ 典子/ノリコ 香織/カオリ 美由紀/ミユキ"
    ),
    "younger": (
        "美穂/ミホ 彩/アヤ 麻衣/マイ 由佳/ユカ 美咲/ミサキ 愛/アイ 綾香/アヤカ 沙織/サオリ 舞/マイ 千尋/チヒロ 菜摘/ナツミ"
    ),
}


def _split(text: str) -> tuple[tuple[str, str], ...]:
    pairs = (entry.partition("/") for entry in text.split())
    return tuple((name, kana) for name, _, kana in pairs)


_GIVEN = Weighted(
    (
        (_split(_MEN["elder"]), 50),
        (_split(_MEN["middle"]), 24),
        (_split(_MEN["younger"]), 5),
        (_split(_WOMEN["elder"]), 9),
        (_split(_WOMEN["middle"]), 10),
        (_split(_WOMEN["younger"]), 2),
    )
)
"""Heads of districts: men of 60 and more in most places, women and younger people in some."""


def surname(source: Random) -> tuple[str, str]:
    """Draw a surname and its reading as the region bears them: a handful of names makes half of it."""
    return _SURNAMES.draw(source)


def full_name(source: Random, family: tuple[str, str]) -> tuple[str, str]:
    """Draw a given name, by the ages of people who hold posts, and put it after the surname: name and reading."""
    given = pick(source, _GIVEN.draw(source))
    return f"{family[0]}\u3000{given[0]}", f"{family[1]}\u3000{given[1]}"


def surname_of(name: str) -> str:
    """Give the surname of a full name, which stands before its (full-width) space."""
    return name.partition("\u3000")[0]
