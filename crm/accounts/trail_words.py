"""The audit trail in words: what a column is called, and how a value of it is told.

What a feature calls the members of its enums, and what its rows are called, only that feature knows: it comes
through two sockets that crm/app.py fills.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, TypeAlias
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session

from crm.accounts.messages import ENTITY_NAMES
from crm.accounts.queries import AuditRow
from crm.db.columns import UtcDateTime, metadata
from crm.i18n import FILTERS
from crm.i18n import gettext as _
from crm.i18n import lazy_gettext as _l

CHOICES = "accounts.choices"
"""Socket: "table.column" or "column" → {value: what people call it}."""
NAMES = "accounts.names"
"""Socket: table → callable(session, ids) that gives {id: name} of its rows."""

NEEDS = "accounts.needs"
"""Socket: table → the permission without which the trail says of its rows only that they changed."""

Namers: TypeAlias = Mapping[str, Callable[[Session, set[UUID]], Mapping[UUID, str]]]

COLUMN_NAMES = {
    "account_id": _l("人"),
    "address": _l("住所"),
    "attendance": _l("人数"),
    "branch_id": _l("本庁・支所"),
    "by_hand": _l("手で決めた"),
    "call_id": _l("訪問予定"),
    "centre_id": _l("市民センター"),
    "channel": _l("連絡の方法"),
    "city_name": _l("市町村の名前"),
    "closed_at": _l("確定した日時"),
    "closed_by": _l("確定した人"),
    "closed_on": _l("閉じた日"),
    "code": _l("コード"),
    "confidential": _l("読める人"),
    "counted_in": _l("数える月"),
    "digest": _l("照合の値"),
    "direct": _l("直接支援"),
    "disabled_at": _l("止めた日時"),
    "doors": _l("戸数"),
    "every_months": _l("間隔(か月)"),
    "expires_at": _l("期限"),
    "fax": _l("FAX"),
    "files": _l("消したファイルの数"),
    "from_on": _l("この日から"),
    "heard": _l("聞いたこと・見たこと"),
    "households": _l("世帯"),
    "kana": _l("読み"),
    "kept_at": _l("記録した日時"),
    "kind": _l("種別"),
    "lat": _l("緯度"),
    "lon": _l("経度"),
    "made_at": _l("作った日時"),
    "mail": _l("メールアドレス"),
    "met": _l("会えたか"),
    "met_whom": _l("会った人"),
    "month": _l("月"),
    "name": _l("名前"),
    "note": _l("添える一文"),
    "number": _l("期数"),
    "observation": _l("見るだけ"),
    "on": _l("日"),
    "opened_on": _l("開いた日"),
    "pdf_sha256": _l("PDFの照合の値"),
    "person_id": _l("名簿の人"),
    "phone": _l("電話番号"),
    "place_id": _l("訪問先"),
    "plan_id": _l("月間訪問計画"),
    "population": _l("人口"),
    "position": _l("順番"),
    "post_id": _l("役職"),
    "predecessor_id": _l("もとの区"),
    "presence": _l("いるだけ"),
    "published_at": _l("公開した日時"),
    "purpose": _l("目的"),
    "reason": _l("理由"),
    "reopened_at": _l("開き直した日時"),
    "reopened_by": _l("開き直した人"),
    "reopened_why": _l("開き直した理由"),
    "resident_households": _l("現住世帯"),
    "rev": _l("版"),
    "revision": _l("何回目の確定か"),
    "role": _l("役割"),
    "run_by": _l("運営する団体"),
    "sections": _l("班"),
    "set_at": _l("決めた日時"),
    "source": _l("どこから聞いたか"),
    "source_key": _l("取り込みの鍵"),
    "state": _l("状態"),
    "successor_id": _l("あとの区"),
    "territory_id": _l("地域"),
    "title": _l("役職の名前"),
    "to_on": _l("この日の前まで"),
    "used_at": _l("使えなくなった日時"),
    "way": _l("方法"),
    "withdrawn_at": _l("取り消した日時"),
    "withdrawn_why": _l("取り消した理由"),
    "worker_id": _l("職員"),
    "xlsx_sha256": _l("Excelの照合の値"),
}
"""What each column of the tracked tables is called; "table.column" stands above "column"."""


@dataclass(frozen=True)
class Told:
    """One column of one change, in words; an empty text where nothing stood."""

    label: str
    before: str
    after: str


def column_name(entity: str, column: str) -> str:
    """What a column is called; a column that is gone from the program keeps its bare name."""
    return str(COLUMN_NAMES.get(f"{entity}.{column}") or COLUMN_NAMES.get(column) or column)


def in_words(
    session: Session, rows: Iterable[AuditRow], choices: Mapping[str, Mapping[Any, Any]], namers: Namers
) -> dict[int, list[Told]]:
    """The changes of each entry (by its id), in words."""
    shown = list(rows)
    names = _names(session, shown, namers)
    return {
        row.id: [
            Told(
                column_name(row.entity, column),
                _value(row.entity, column, before, choices, names),
                _value(row.entity, column, after, choices, names),
            )
            for column, before, after in row.changes
        ]
        for row in shown
    }


def _column(entity: str, column: str) -> sa.Column[Any] | None:
    table = metadata.tables.get(entity)
    return table.columns.get(column) if table is not None else None


def _target(entity: str, column: str) -> str | None:
    """The table that a column refers to."""
    known = _column(entity, column)
    return next((key.column.table.name for key in known.foreign_keys), None) if known is not None else None


def _names(session: Session, rows: Collection[AuditRow], namers: Namers) -> dict[UUID, str]:
    """The names of all rows that these changes refer to, asked for once a table."""
    wanted: dict[str, set[UUID]] = defaultdict(set)
    for row in rows:
        for column, *pair in row.changes:
            target = _target(row.entity, column)
            if target is not None:
                wanted[target].update(UUID(value) for value in pair if isinstance(value, str))
    found: dict[UUID, str] = {}
    for target, ids in wanted.items():
        if target in namers:
            found.update(namers[target](session, ids))
    return found


def _value(
    entity: str,
    column: str,
    value: Any,
    choices: Mapping[str, Mapping[Any, Any]],
    names: Mapping[UUID, str],
) -> str:
    if value is None or value == "":
        return ""
    if (target := _target(entity, column)) is not None:
        known = names.get(UUID(value)) if isinstance(value, str) else None
        return known or _(
            "%(what)s %(key)s…", what=str(ENTITY_NAMES.get(target, target)), key=str(value)[-6:]
        )
    if isinstance(value, bool):
        return _("はい") if value else _("いいえ")
    called = choices.get(f"{entity}.{column}") or choices.get(column) or {}
    if value in called:
        return str(called[value])
    return _moment(_column(entity, column), value)


def _moment(known: sa.Column[Any] | None, value: Any) -> str:
    """Days and moments as pages write them, all else as it stands."""
    kind = known.type if known is not None else None
    if isinstance(kind, UtcDateTime):
        return FILTERS["moment"](datetime.fromisoformat(value))
    if isinstance(kind, sa.Date):
        return FILTERS["wareki"](date.fromisoformat(value))
    return str(value)
