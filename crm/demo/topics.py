"""What notes are made of: a topic with sentences for each box of the record, and the words that fill their gaps.

A gap is written {few} (a word list below, or a word of the place such as {hall}) or {at once|word by word} (drawn on the
spot). All sentences are our own. They tell what was heard; they never rank a kind of support, nor speak of solving.
"""

from dataclasses import dataclass

Months = tuple[int, ...]
ALL_YEAR: Months = ()


@dataclass(frozen=True, slots=True)
class Topic:
    """Something people talk about in some months (none named: all year).

    `lean` holds p, o, d for the kinds of support that go with it: presence, observation, direct.
    """

    months: Months
    lean: str
    heard: tuple[str, ...]
    background: tuple[str, ...] = ()
    reading: tuple[str, ...] = ()
    next_time: tuple[str, ...] = ()
    praise: tuple[str, ...] = ()


WORDS: dict[str, tuple[str, ...]] = {
    "few": ("2", "3", "4", "5"),
    "some": ("6", "7", "8", "9", "10", "11", "12", "13"),
    "many": ("15", "16", "18", "20", "22", "24", "25", "28", "30", "32", "35", "38", "40"),
    "years": ("3年", "4年", "5年", "6年", "8年", "10年", "12年", "15年"),
    "long": ("20年", "25年", "30年", "40年", "半世紀", "50年あまり"),
    "share": ("2割", "3割", "3割ほど", "4割", "半分近く", "半分", "6割", "7割"),
    "fee": ("300円", "500円", "600円", "800円", "1,000円", "1,200円"),
    "cost": ("8万円", "12万円", "18万円", "25万円", "40万円", "60万円ほど", "100万円近く"),
    "age": ("60代", "60代後半", "70代", "70代前半", "70代なかば", "80代"),
    "young": (
        "30代の会計さん",
        "40代の班長さん",
        "消防団の若手",
        "子育て中のご夫婦",
        "高校生ふたり",
        "帰省していた息子さん",
        "去年戻ってきた娘さん",
        "地元に就職した若い方",
        "中学生の姉弟",
        "保育園の保護者仲間",
        "移ってきたばかりの家族",
        "農業をはじめた30代の方",
    ),
    "who": (
        "副会長さん",
        "会計さん",
        "班長さん",
        "事務局さん",
        "前の会長さん",
        "女性部の部長さん",
        "老人クラブの会長さん",
        "民生委員さん",
        "隣の班の方",
        "近所の方",
        "保健推進委員さん",
        "消防団の部長さん",
        "神社の総代さん",
        "農家組合長さん",
        "書記さん",
        "体育部長さん",
        "同じ班のお母さん方",
    ),
    "kin": (
        "お孫さん",
        "娘さん一家",
        "息子さん",
        "ひ孫さん",
        "東京のお子さん",
        "仙台の娘さん",
        "盛岡の息子さん",
        "妹さん",
    ),
    "mochi": (
        "ずんだ",
        "くるみ",
        "じゅうね",
        "しょうが",
        "あんこ",
        "ごま",
        "納豆",
        "えび",
        "おろし",
        "ふすべ",
    ),
    "wild": ("たらの芽", "こごみ", "わらび", "ぜんまい", "ふき", "うるい", "しどけ", "たけのこ"),
    "minutes": ("5分", "10分", "15分", "20分", "30分"),
    "beast": ("イノシシ", "シカ", "ハクビシン", "サル", "タヌキ", "カモシカ"),
    "field": ("田んぼ", "畑", "転作の大豆", "飼料用の田", "りんご園", "ハウス", "しいたけのほだ場", "そば畑"),
    "job": (
        "会計",
        "事務局",
        "書記",
        "体育部長",
        "保健推進委員",
        "交通指導員",
        "防犯隊",
        "ごみの当番表づくり",
        "監事",
    ),
    "play": (
        "グラウンドゴルフ",
        "輪投げ",
        "カラオケ",
        "百歳体操",
        "健康マージャン",
        "囲碁",
        "手芸",
        "ゲートボール",
        "玄関先のお茶っこ",
    ),
    "paper": (
        "規約",
        "総会資料",
        "会費の一覧",
        "役員の分担表",
        "緊急連絡網",
        "回覧の順番表",
        "備品台帳",
        "手引き",
    ),
    "when": (
        "先週",
        "先月",
        "この間の日曜",
        "おととい",
        "昨日の晩",
        "今朝",
        "月はじめ",
        "お彼岸のころ",
        "連休中",
        "きのう",
    ),
    "clock": ("朝6時", "朝7時", "夕方5時", "夜7時", "午前中", "昼前", "朝のうち", "夕方"),
    "repair": (
        "屋根",
        "雨どい",
        "畳",
        "玄関の段差",
        "調理場の流し",
        "トイレの洋式化",
        "外の水道",
        "サッシ",
        "床",
        "看板",
    ),
    "visitor": (
        "集落支援員さん",
        "社協の方",
        "支所の職員さん",
        "地域包括の方",
        "市の統計の方",
        "保健師さん",
        "大学の先生",
        "新聞の方",
    ),
}

_SEASONAL: dict[str, dict[str, tuple[str, ...]]] = {
    "winter": {
        "fair": ("新年会", "どんど焼き", "もちつき会", "観桜会", "春の例祭", "総会のあとの茶話会"),
        "flower": ("ろう梅", "福寿草", "シクラメン", "寒つばき", "さざんか", "鉢植えの花"),
        "dish": (
            "漬物",
            "煮しめ",
            "干し柿",
            "凍み大根",
            "おふかし",
            "がんづき",
            "甘酒",
            "豆餅",
            "りんご",
            "きりせんしょ",
        ),
    },
    "spring": {
        "fair": ("花見", "春の例祭", "さなぶり", "夏まつり", "盆踊り", "春の運動会"),
        "flower": ("水仙", "チューリップ", "芝桜", "梅", "桃", "れんぎょう", "パンジー", "しゃくなげ"),
        "dish": (
            "ひっつみ",
            "がんづき",
            "山菜の煮もの",
            "わらびのおひたし",
            "草餅",
            "おふかし",
            "漬物",
            "ふきみそ",
            "いちご",
        ),
    },
    "summer": {
        "fair": ("夏まつり", "盆踊り", "夜店", "敬老会", "流しそうめん", "地区の運動会"),
        "flower": ("あじさい", "ひまわり", "マリーゴールド", "サルビア", "ゆり", "百日草", "朝顔", "桔梗"),
        "dish": (
            "きゅうりの一本漬け",
            "トマト",
            "枝豆",
            "とうもろこし",
            "梅干し",
            "しそ巻き",
            "みずのおひたし",
            "麦茶と漬物",
        ),
    },
    "autumn": {
        "fair": ("敬老会", "収穫祭", "芋の子会", "文化祭", "地区の運動会", "新年会"),
        "flower": ("コスモス", "菊", "りんどう", "サルビア", "けいとう", "紫苑", "だりあ"),
        "dish": (
            "栗ごはん",
            "新米のおにぎり",
            "芋の子汁",
            "ずんだ餅",
            "りんご",
            "漬物",
            "はっと",
            "おふかし",
            "柿",
        ),
    },
}


def season(month: int) -> str:
    """Give the season of a month: winter from December, spring from March, summer from June, autumn from September."""
    return ("winter", "spring", "summer", "autumn")[month % 12 // 3]


WORDS_BY_MONTH: tuple[dict[str, tuple[str, ...]], ...] = tuple(
    WORDS | _SEASONAL[season(n)] for n in range(13)
)
"""The word lists of a month, 1 to 12: what blooms and what is served depends on it."""
