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

ASSIGNMENT_NAMES = {AssignmentKind.HOLDER: _l("担当"), AssignmentKind.DEPUTY: _l("副担当")}

LINEAGE_NAMES = {LineageKind.SPLIT: _l("分割"), LineageKind.MERGE: _l("合併")}

CONFIDENTIAL_NAMES = {
    Confidential.OPEN: _l("事務所のみんな"),
    Confidential.ASSIGNED: _l("担当内(担当・副担当・管理者)"),
    Confidential.AUTHOR: _l("本人と管理者"),
}
