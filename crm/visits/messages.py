"""Words for the problems of visits, and names of ways and kinds of support."""

from crm.i18n import lazy_gettext as _l
from crm.visits.models import CallState, Met, PlanState, Support, Way

MESSAGES = {
    "record_in_future": _l(
        "きょう(%(today)s)までの日を入力してください。これからの予定は「計画」に入れます。"
    ),
    "record_too_old": _l("%(earliest)sからの日を入力してください。"),
    "visit_needs_place": _l("訪問の記録には訪問先が要ります。訪問先を選ぶか、ほかの方法を選んでください。"),
    "cancelled_gives_nothing": _l(
        "中止した訪問に支援はつきません。選択を外すか、「会えた」「留守」を選んでください。"
    ),
    "record_known": _l("この記録は、違う内容ですでに保存されています。画面を開き直してください。"),
    "record_withdrawn": _l(
        "この記録は、取り消されています。あらためて記録するときは、もう一度「保存する」を押してください。いま書いてある内容で、新しい記録になります。"
    ),
    "record_changed": _l(
        "この記録は、開いたあとに直されました。このまま、もう一度「保存する」を押すと、いま書いた内容になります(先の内容は変更の記録に残ります)。"
    ),
    "not_own_record": _l("記録を直せるのは、書いた人と管理者です。"),
    "visit_recorded": _l(
        "%(day)sに予定の訪問には、すでに記録があります。それとは別の訪問なら、「この予定とは別の訪問」を選んで、もう一度保存してください。"
    ),
    "call_answered": _l("この予定には、すでに記録があります。"),
    "call_changed": _l(
        "この予定は、開いたあとに変わりました。いまの内容を確かめて、よければもう一度押してください。"
    ),
    "call_known": _l("この訪問先の予定は、この月にすでにあります。"),
    "day_changed": _l("この日の予定は、開いたあとに変わりました。いまの順番を見て、もう一度押してください。"),
    "outside_month": _l(
        "%(month)sの日を選んでください。別の月に移すときは、この予定を取りやめ、訪問先の画面から「予定を入れる」でその月に入れてください。"
    ),
    "month_past": _l("%(month)sは終わっています。これからの月を選んでください。"),
    "plan_missing": _l("%(month)sの計画はまだありません。"),
    "interval_unclear": _l("訪問の間隔は、種別か訪問先のどちらかに決めてください。"),
    "month_not_over": _l("%(last)sを過ぎてから確定できます。"),
    "month_closed": _l("%(month)sは、すでに確定しています。"),
    "month_not_closed": _l("%(month)sは、まだ確定していません。"),
}

WAY_NAMES = {
    Way.REGULAR: _l("定期訪問"),
    Way.EXTRA: _l("臨時訪問"),
    Way.MEETING: _l("会議・行事への同席"),
    Way.INTERVIEW: _l("取材"),
    Way.DESK: _l("来所相談"),
    Way.PHONE: _l("電話"),
    Way.MESSAGE: _l("メール・LINE"),
    Way.ONLINE: _l("オンライン"),
}

SUPPORT_NAMES = {
    Support.PRESENCE: _l("いるだけ"),
    Support.OBSERVATION: _l("見るだけ"),
    Support.DIRECT: _l("直接支援"),
}

MET_NAMES = {Met.MET: _l("会えた"), Met.ABSENT: _l("留守だった"), Met.CANCELLED: _l("中止した")}

PLAN_NAMES = {PlanState.DRAFT: _l("案(未公開)"), PlanState.PUBLISHED: _l("公開済み")}

CALL_NAMES = {CallState.PLANNED: _l("予定"), CallState.CANCELLED: _l("取りやめ")}
