"""Words for the problems of accounts, and names of roles."""

from crm.accounts.models import LinkPurpose
from crm.i18n import lazy_gettext as _l
from crm.web.access import Role

MESSAGES = {
    "mail_unreadable": _l("メールアドレスの形になっていません。例:name@example.jp"),
    "mail_taken": _l("このメールアドレスの人は、すでに登録されています。"),
    "link_unusable": _l(
        "このリンクは使えません。すでに使われたか、期限が過ぎています。新しいリンクをもらってください。"
    ),
    "password_short": _l("パスワードは%(shortest)s文字以上にしてください。覚えやすい文でもかまいません。"),
    "password_guessable": _l(
        "このパスワードは推測されやすいため使えません。名前やメールアドレスを含まない、別のものにしてください。"
    ),
    "password_wrong": _l("いまのパスワードが違います。"),
    "passwords_differ": _l("2回の入力が同じではありません。"),
    "sign_in_wrong": _l("メールアドレスかパスワードが違います。"),
    "sign_in_throttled": _l(
        "続けて間違えたため、しばらく受け付けません。%(minutes)s分ほど待ってから、もう一度お試しください。"
    ),
    "reset_throttled": _l(
        "短い時間に何度も申し込まれました。%(minutes)s分ほど待ってから、もう一度お試しください。"
    ),
    "text_missing": _l("入力してください。"),
    "text_too_long": _l("%(most)s文字までで入力してください。"),
    "no_longer_allowed": _l("あなたの権限が変わったため、できませんでした。"),
    "last_manager": _l("管理者がいなくなるため、できません。先に、ほかの人を管理者にしてください。"),
    "password_changed_meanwhile": _l(
        "パスワードは、いま別のところで変えられました。もう一度はじめから行ってください。"
    ),
    "only_manager_grants": _l("この役割を決められるのは管理者だけです。管理者に頼んでください。"),
    "own_role": _l("自分の役割は自分では変えられません。ほかの管理者に頼んでください。"),
    "own_account": _l("自分のアカウントは自分では止められません。"),
    "account_unknown": _l("%(mail)s という人は登録されていません。"),
    "already_founded": _l("この場所には、すでに組織が登録されています。"),
}

ROLE_NAMES = {
    Role.ADMINISTRATOR: _l("システム管理者"),
    Role.MANAGER: _l("管理者"),
    Role.WORKER: _l("職員(訪問)"),
    Role.EDITOR: _l("編集・事務"),
    Role.READER: _l("閲覧(報告書のみ)"),
}

PURPOSE_NAMES = {LinkPurpose.INVITATION: _l("招待"), LinkPurpose.RESET: _l("パスワードの決め直し")}

ENTITY_NAMES = {
    "organisation": _l("組織"),
    "account": _l("サインインする人"),
    "password": _l("パスワード"),
    "one_time_link": _l("1回だけ使えるリンク"),
    "territory": _l("地域"),
    "place": _l("訪問先"),
    "place_facts": _l("訪問先の内容"),
    "lineage": _l("区の系譜"),
    "assignment": _l("担当"),
    "person": _l("人"),
    "post": _l("役職"),
    "term": _l("任期"),
    "visit_interval": _l("訪問の間隔"),
    "month_plan": _l("月間訪問計画"),
    "call": _l("訪問予定"),
    "record": _l("対応記録"),
    "month_close": _l("月次確定"),
    "job": _l("作業"),
}

ACTION_NAMES = {"create": _l("追加"), "change": _l("変更"), "remove": _l("削除")}
