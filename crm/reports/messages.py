"""Words of the report."""

from crm.i18n import lazy_gettext as _l
from crm.reports.figures import NONE, Line
from crm.territory.messages import KIND_NAMES
from crm.visits.messages import MET_NAMES, SUPPORT_NAMES, WAY_NAMES

MESSAGES = {
    "month_tampered": _l(
        "%(month)sの確定した数字が、確定したときと違っています。システム管理者に知らせてください。"
    ),
    "month_before_open": _l("先に%(month)sを確定してください。年度の累計のため、月は順に確定します。"),
    "month_passed": _l("%(month)sを確定したので、それより前のこの月は、確定しなくてよくなりました。"),
    "month_after_closed": _l(
        "先に%(month)sを開き直してください。年度の累計が、この月の数字をもとにしています。"
    ),
    "why_missing": _l("理由を書いてください。記録に残ります。"),
    "glyph_missing": _l("「%(character)s」(%(codepoint)s)は、いまの書体では紙に印刷できません。"),
    "font_missing": _l("書体のファイル %(file)s がありません。設置をやり直してください。"),
    "paper_not_made": _l("このファイルはまだ作られていません。"),
}

SECTION_NAMES = {
    "all": _l("全体"),
    "met": _l("会えたか"),
    "territory": _l("地域別"),
    "way": _l("方法別"),
    "support": _l("支援別"),
    "kind": _l("訪問先の種別"),
    "worker": _l("職員別"),
}

SECTION_NOTES = {
    "support": _l("1回の対応で複数の支援があれば、それぞれに数えます。3つの支援に上下はありません。"),
    "territory": _l("訪問先のない対応(電話・来所など)は「なし」に数えます。"),
}

_LINES = {
    "met": {key.value: name for key, name in MET_NAMES.items()},
    "way": {key.value: name for key, name in WAY_NAMES.items()},
    "support": {**{key.value: name for key, name in SUPPORT_NAMES.items()}, NONE: _l("選ばれていない")},
    "kind": {**{key.value: name for key, name in KIND_NAMES.items()}, NONE: _l("訪問先なし")},
    "all": {"all": _l("対応の数")},
    "territory": {NONE: _l("なし")},
}


def line_name(section: str, line: Line) -> str:
    """What a line of a table is called; towns go by their own names, workers by what tells them apart."""
    return line.name or str(_LINES.get(section, {}).get(line.key, line.key))
