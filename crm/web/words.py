"""From a problem's code and facts to words. The words of a feature stand in its messages.py."""

from datetime import date
from typing import Any

from crm.core.months import FiscalYear, Month
from crm.core.problems import Problem
from crm.core.wareki import wareki
from crm.i18n import lazy_gettext as _l
from crm.web.site import site

MESSAGES = {
    "not_signed_in": _l("サインインしてください。"),
    "date_unreadable": _l("「%(text)s」は日付として読めません。例:2026-05-11、令和8年5月11日、R8.5.11"),
    "date_implausible": _l("%(earliest)sから%(latest)sまでの日付を入力してください。"),
    "month_unreadable": _l("「%(text)s」は月として読めません。例:2026-05"),
    "position_out_of_range": _l("緯度・経度の値が範囲の外です。"),
    "not_founded": _l("この場所(%(folder)s)には、まだ組織がありません。先に crm init を行ってください。"),
    "secret_weak": _l(
        "秘密鍵が短すぎるか、単純すぎます(%(shortest)s文字以上)。crm init が作った secret_key を使ってください。"
    ),
    "setting_unknown": _l("知らない設定です:%(setting)s"),
    "setting_unreadable": _l("設定 %(setting)s の値が読めません:%(why)s"),
    "config_unreadable": _l("設定ファイル %(path)s が読めません:%(why)s"),
    "foreign_keys_broken": _l("データのつながりが壊れています(%(rows)s件)。バックアップから戻してください。"),
    "file_missing": _l("保存したファイルが見つかりません。"),
    "upload_too_large": _l("ファイルが大きすぎます。%(most_mb)sMBまでのファイルを選んでください。"),
    "not_found": _l("見つかりませんでした。"),
}


def _said(fact: Any) -> Any:
    if isinstance(fact, date):
        return wareki(fact)
    if isinstance(fact, Month | FiscalYear):
        return fact.wareki()
    if isinstance(fact, list | tuple | set | frozenset):
        return "、".join(str(_said(one)) for one in fact)
    return fact


def words_for(problem: Problem) -> str:
    """What to tell people of a problem. An unknown code is shown as it is: better than silence."""
    message = site().words.get(problem.code)
    if message is None:
        return problem.code
    facts = {name: _said(fact) for name, fact in problem.facts.items()}
    return str(message) % facts if facts else str(message).replace("%%", "%")
