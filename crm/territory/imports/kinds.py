"""What can be imported, and by which headings the columns of a file are known."""

from collections.abc import Mapping
from enum import StrEnum

from crm.sheets.columns import Column
from crm.territory.models import Kind
from crm.territory.rules import FACILITIES


class ImportKind(StrEnum):
    """The three shapes of file."""

    DISTRICTS = "districts"
    FACILITIES = "facilities"
    PLACES = "places"


KINDS: Mapping[ImportKind, tuple[Kind, ...]] = {
    ImportKind.DISTRICTS: (Kind.DISTRICT,),
    ImportKind.FACILITIES: tuple(kind for kind in Kind if kind in FACILITIES),
    ImportKind.PLACES: (Kind.NEIGHBOURHOOD,),
}
"""The kinds of place that a file of each shape holds."""

_TERRITORY = Column(
    "territory",
    "地域",
    (
        "旧市町村",
        "旧市町村名",
        "旧町村",
        "旧町村名",
        "地域名",
        "市町村",
        "former_town",
        "former town",
        "territory",
    ),
)
_KANA = Column(
    "kana",
    "読み",
    ("よみ", "読み方", "読み仮名", "よみがな", "ふりがな", "振り仮名", "かな", "名称かな", "区名かな", "行政区名かな",
     "行政区名ふりがな", "施設名かな", "名称ふりがな", "kana"),
)  # fmt: skip
_ADDRESS = Column("address", "住所", ("所在地", "住所地", "所在", "address"))
_LAT = Column("lat", "緯度", ("北緯", "lat", "latitude"))
_LON = Column("lon", "経度", ("東経", "lon", "lng", "long", "longitude"))

COLUMNS: Mapping[ImportKind, tuple[Column, ...]] = {
    ImportKind.DISTRICTS: (
        Column(
            "code",
            "コード",
            ("行政区コード", "区コード", "番号", "行政区番号", "区番号", "no", "no.", "code"),
        ),
        _TERRITORY,
        Column(
            "name",
            "行政区名",
            ("区名", "行政区", "名称", "名前", "区の名前", "自治区名", "民区名", "name", "district"),
            required=True,
        ),
        _KANA,
        Column("households", "世帯", ("世帯数", "登録世帯", "households")),
        Column("doors", "戸数", ("戸", "住戸数", "doors")),
        Column("resident_households", "現住世帯", ("現住", "現住世帯数", "現住戸数", "resident_households")),
        Column("population", "人口", ("総人口", "人口総数", "人数", "住民数", "population")),
        Column("sections", "班", ("班数", "班の数", "sections")),
        Column("centre", "市民センター", ("市民センター名", "センター", "公民館", "centre", "center")),
        Column("branch", "支所", ("支所名", "本庁・支所", "本庁支所", "管轄", "branch")),
        _ADDRESS,
        _LAT,
        _LON,
    ),
    ImportKind.FACILITIES: (
        Column("kind", "種別", ("種類", "区分", "施設種別", "施設の種類", "kind", "type"), required=True),
        Column("code", "コード", ("施設コード", "番号", "施設番号", "no", "no.", "code")),
        _TERRITORY,
        Column(
            "name",
            "施設名",
            ("名称", "名前", "施設", "施設の名前", "市民センター名", "支所名", "name"),
            required=True,
        ),
        _KANA,
        Column("run_by", "運営", ("運営者", "運営団体", "運営主体", "指定管理者", "管理者", "run_by")),
        _ADDRESS,
        _LAT,
        _LON,
    ),
    ImportKind.PLACES: (
        Column(
            "town",
            "大字",
            ("大字町丁目", "大字・町丁目", "大字名", "大字町名", "町丁目", "町名", "town"),
            required=True,
        ),
        Column("koaza", "小字", ("小字名", "字", "koaza")),
        _KANA,
        _TERRITORY,
        _LAT,
        _LON,
    ),
}
"""Labels are the headings of our own exports, which these columns read again."""

FACILITY_WORDS: Mapping[str, Kind] = {
    "市民センター": Kind.COMMUNITY_CENTRE,
    "公民館": Kind.COMMUNITY_CENTRE,
    "本庁・支所": Kind.BRANCH_OFFICE,
    "本庁": Kind.BRANCH_OFFICE,
    "支所": Kind.BRANCH_OFFICE,
    "市役所": Kind.BRANCH_OFFICE,
    "当センターの事務所": Kind.OWN_OFFICE,
    "事務所": Kind.OWN_OFFICE,
    "その他の施設": Kind.OTHER_FACILITY,
    "その他": Kind.OTHER_FACILITY,
    "施設": Kind.OTHER_FACILITY,
    **{kind.value: kind for kind in Kind if kind in FACILITIES},
}
"""What a file may write in 種別; the first word of each kind is the one that our exports write."""

LONGEST: Mapping[str, int] = {
    "code": 40,
    "name": 120,
    "town": 90,
    "koaza": 90,
    "kana": 160,
    "address": 200,
    "run_by": 80,
}
"""Characters that a text may have; as wide as the columns of the tables."""
