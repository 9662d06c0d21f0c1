"""Words for the problems of the territory, and names of kinds."""

from crm.i18n import lazy_gettext as _l
from crm.territory.access import Confidential
from crm.territory.models import AssignmentKind, Kind, LineageKind

MESSAGES = {
    "territory_known": _l("「%(name)s」の名前かコードは、すでに使われています。"),
    "key_known": _l("コード「%(key)s」は、すでに使われています。"),
    "place_closed": _l("その日には開いていない訪問先です(%(opened_on)sから%(closed_on)s)。"),
    "before_opening": _l("この訪問先が始まった日(%(opened_on)s)より後の日を入力してください。"),
    "already_closed": _l("この訪問先は%(closed_on)sに閉じています。"),
    "later_facts_known": _l(
        "%(since)sからの内容がすでに登録されています。それより後の日を入力してください。"
    ),
    "split_needs_two": _l("分けたあとの区を、2つ以上入力してください。"),
    "name_twice": _l("同じ名前が2回あります。"),
    "name_known": _l("この地域には、同じ名前の区がすでにあります:%(names)s"),
    "merge_needs_two": _l("合わせる区を、2つ以上選んでください。"),
    "merge_across_territories": _l("違う地域の区を合わせることはできません。"),
    "assignment_overlaps": _l("この人は、その期間すでにこの地域の担当になっています。"),
    "later_holder_known": _l("%(since)sからの担当がすでに決まっています。"),
    "assignment_overlaps_in": _l("%(town)s:この人は、その期間すでにこの地域の担当になっています。"),
    "later_holder_known_in": _l("%(town)s:%(since)sからの担当がすでに決まっています。"),
    "ends_before_beginning": _l("始まる日(%(since)s)より後の日を入力してください。"),
    "already_begun": _l("すでに始まった担当は取り消せません。「終える」で終わりの日を決めてください。"),
    "not_closed": _l("この訪問先は閉じていません。"),
    "went_on_as_another": _l("分かれたり合わさったりした区は、もとに戻せません。"),
    "only_districts": _l("分けたり合わせたりできるのは行政区だけです。"),
    "count_unreadable": _l("「%(text)s」は数として読めません。例:102、1,234"),
    "count_too_large": _l("「%(text)s」は大きすぎます(%(most)sまで)。"),
    "degrees_unreadable": _l("「%(text)s」は緯度・経度として読めません。例:38.934567"),
    "degrees_swapped": _l("「%(text)s」は逆です。緯度は20〜46、経度は122〜154です。"),
    "outside_japan": _l("「%(text)s」は日本の外です。緯度は20〜46、経度は122〜154です。"),
    "position_half": _l("緯度と経度は、両方入れるか、両方空けてください。"),
    "line_break_in_cell": _l("改行が入っています。1行にしてください。"),
    "cell_text_too_long": _l("長すぎます(%(most)s文字まで)。"),
    "facility_kind_unknown": _l("「%(text)s」という種別はありません。次のどれかにしてください:%(words)s"),
    "slash_in_name": _l("「/」は使えません。"),
    "name_missing": _l("名前がありません。"),
    "territory_unknown": _l(
        "「%(text)s」という地域はまだありません。「ない地域を作る」を選ぶか、先に地域を登録してください。"
    ),
    "territory_needed": _l("新しい訪問先には地域が要ります。"),
    "code_or_territory_needed": _l("コードか地域のどちらかが要ります。"),
    "hub_unknown": _l("「%(text)s」が見つかりません。先に施設を取り込むか、名前を確かめてください。"),
    "hub_ambiguous": _l("「%(text)s」はいくつもあります。コードで書いてください。"),
    "row_before_opening": _l("この訪問先は%(opened_on)sに始まりました。適用日をそれより後にしてください。"),
    "row_later_facts_known": _l("%(since)sからの内容がすでにあります。適用日をそれより後にしてください。"),
    "row_of_closed_place": _l("「%(name)s」は%(closed_on)sに閉じています。別のコードにしてください。"),
    "row_of_other_kind": _l("「%(key)s」は、違う種別の施設として登録されています。"),
    "row_twice": _l("%(other)s行目と同じ訪問先です。どちらかを消してください。"),
    "import_outdated": _l(
        "確かめたあとに、訪問先が変わりました。もう一度ファイルを選んで、変わる内容を確かめてください。"
    ),
    "import_has_errors": _l("エラーの行が%(n)s件あるので、何も取り込みませんでした。"),
    "import_kept_out": _l("ほかの人が訪問先を変え続けているため、取り込めませんでした。少し待ってください。"),
    "no_rows": _l("取り込む行がありません。"),
    "before_beginning": _l("担当が始まった日(%(since)s)より後の日を入力してください。"),
}

KIND_NAMES = {
    Kind.DISTRICT: _l("行政区"),
    Kind.COMMUNITY_CENTRE: _l("市民センター"),
    Kind.BRANCH_OFFICE: _l("本庁・支所"),
    Kind.OWN_OFFICE: _l("当センターの事務所"),
    Kind.OTHER_FACILITY: _l("その他の施設"),
    Kind.NEIGHBOURHOOD: _l("大字・小字"),
}

FACT_NAMES = {
    "code": _l("コード"),
    "name": _l("名前"),
    "kana": _l("読み"),
    "territory": _l("地域"),
    "households": _l("世帯"),
    "doors": _l("戸数"),
    "resident_households": _l("現住世帯"),
    "population": _l("人口"),
    "sections": _l("班"),
    "centre": _l("市民センター"),
    "branch": _l("支所"),
    "run_by": _l("運営"),
    "address": _l("住所"),
    "lat": _l("緯度"),
    "lon": _l("経度"),
}
"""What is said of a place, in the order in which it is always told; by the names of FactsRow."""

ASSIGNMENT_NAMES = {AssignmentKind.HOLDER: _l("担当"), AssignmentKind.DEPUTY: _l("副担当")}

LINEAGE_NAMES = {LineageKind.SPLIT: _l("分割"), LineageKind.MERGE: _l("合併")}

CONFIDENTIAL_NAMES = {
    Confidential.OPEN: _l("事務所のみんな"),
    Confidential.ASSIGNED: _l("担当内(担当・副担当・管理者)"),
    Confidential.AUTHOR: _l("本人と管理者"),
}
