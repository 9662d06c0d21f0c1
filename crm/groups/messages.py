"""Words for the problems of people, and names of the ways to reach them."""

from crm.groups.models import Channel
from crm.i18n import lazy_gettext as _l

MESSAGES = {
    "name_of_person_missing": _l("名前を入力してください。"),
    "kana_unreadable": _l("ひらがなかカタカナで入力してください。"),
    "number_unreadable": _l("「%(text)s」に電話番号がありません。例:0191-23-4567、0191-23-4567(夜)"),
    "person_known": _l(
        "同じ名前の人が名簿にいます:%(people)s。同じ人なら、その人を選びます。別の人なら「同じ名前の別の人」に印を付けます。"
    ),
    "person_and_name": _l("名簿の人を選ぶか、新しい人の名前を入れるか、どちらかにしてください。"),
    "post_missing": _l("役職を選ぶか、「ほかの役職」に入力してください。"),
    "post_and_title": _l("役職を選ぶか、「ほかの役職」に入力するか、どちらかにしてください。"),
    "post_of_other_territory": _l("この地域にはない役職です。"),
    "term_ends_before_beginning": _l("任期が始まる日(%(since)s)より前には終われません。"),
    "term_after_closing": _l("この訪問先は%(closed_on)sに閉じています。それより前の日を入力してください。"),
    "term_overlaps": _l("この人は、%(since)sからこの役職に就いています。"),
    "term_of_other_place": _l("ほかの訪問先の役職は、ここでは終えられません。"),
    "successor_before": _l("前の人の任期が始まった日(%(since)s)より後の日を入力してください。"),
}

CHANNEL_NAMES = {
    Channel.VISIT: _l("訪問"),
    Channel.PHONE: _l("電話"),
    Channel.FAX: _l("FAX"),
    Channel.POST: _l("郵送"),
    Channel.MAIL: _l("メール"),
    Channel.LINE: _l("LINE"),
}
