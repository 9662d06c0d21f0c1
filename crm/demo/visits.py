"""The sample town's contacts, written up: drafts of the rounds, with who was met and what was noted."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from random import Random
from uuid import UUID

from crm.core.ids import seeded_ids
from crm.core.months import Month
from crm.demo.chance import Weighted, pick, stream
from crm.demo.diary import Draft, days_open
from crm.demo.notes import Audience, Note, Writer
from crm.demo.rounds import Rounds
from crm.demo.shapes import Secrecy, VisitRow, WayCode
from crm.demo.staff import Staff
from crm.demo.stops import ANYWHERE, Stop

_AUDIENCES: dict[WayCode, Audience] = {
    "meeting": "meeting",
    "interview": "interview",
    "desk": "desk",
    "phone": "phone",
    "message": "message",
    "online": "online",
}
_NAMED_HEAD = {"district": 0.78, "centre": 0.45, "office": 0.0}
_OTHERS = {
    "district": (
        "ご家族",
        "副会長さん",
        "会計さん",
        "事務局の方",
        "班長さん",
        "役員の方お二人",
        "居合わせた方々",
    ),
    "centre": ("職員の方", "職員の方", "事務局の方", "集落支援員さん"),
    "office": ("地域振興担当の方", "担当の方", "係長さん", "窓口の方"),
}
_TOGETHER = ("役員の皆さん", "班長の皆さん", "会員の皆さん", "部会の皆さん", "実行委員の皆さん")
_IN_CONFIDENCE = 0.017
_SECRECY: Weighted[Secrecy] = Weighted((("assigned", 3), ("author", 1)))
_TODAY_UNTIL = 11 * 60  # of today, only the early morning has been written down
_WRITTEN_LATE = (0.45, 0.75)  # share already written of the last working day and the one before


class VisitLog:
    """All contacts from the first month up to today, in order of time. Each pass makes the same rows anew."""

    def __init__(
        self,
        seed: int,
        first_month: Month,
        today: date,
        staff: Staff,
        districts: tuple[Stop, ...],
        hubs: tuple[Stop, ...],
        scale: int,
    ) -> None:
        self._seed = seed
        self._first_month = first_month
        self._today = today
        self._staff = staff
        self._districts = districts
        self._hubs = hubs
        self._scale = scale

    def __iter__(self) -> Iterator[VisitRow]:
        start = datetime.combine(self._first_month.first, datetime.min.time(), UTC)
        new_id = seeded_ids(stream(self._seed, "visits", "ids"), start)
        source = stream(self._seed, "visits", "rounds")
        rounds = Rounds(source, self._staff, self._first_month, self._districts, self._hubs, self._scale)
        pen = stream(self._seed, "visits", "notes")
        writer = Writer(pen)
        late = self._days_written_late()
        month = self._first_month
        while month.first <= self._today:
            for draft in rounds.month(month):
                if self._is_written(draft, pen, late):
                    yield _written(draft, pen, writer, new_id())
            month = month.plus(1)

    def _days_written_late(self) -> dict[date, float]:
        month = Month.of(self._today)
        days = [*days_open(month.plus(-1)), *days_open(month)]
        last = [day for day in days if day <= self._today][: -len(_WRITTEN_LATE) - 1 : -1]
        return dict(zip(last, _WRITTEN_LATE, strict=True))

    def _is_written(self, draft: Draft, pen: Random, late: dict[date, float]) -> bool:
        if draft.on > self._today:
            return False
        if draft.on == self._today and (draft.starts is None or draft.starts >= _TODAY_UNTIL):
            return False
        return draft.on not in late or pen.random() < late[draft.on]


def _written(draft: Draft, pen: Random, writer: Writer, key: UUID) -> VisitRow:
    whom, label = _met(draft, pen)
    note, secrecy = _noted(draft, pen, writer)
    return VisitRow(
        key,
        draft.on,
        None if draft.starts is None else f"{draft.starts // 60:02d}:{draft.starts % 60:02d}",
        draft.minutes,
        draft.way,
        draft.stop.id if draft.stop else None,
        draft.worker,
        draft.met,
        whom,
        label,
        note.presence,
        note.observation,
        note.direct,
        note.heard,
        note.background,
        note.reading,
        note.next_time,
        note.praise,
        draft.attendance,
        secrecy,
    )


def _noted(draft: Draft, pen: Random, writer: Writer) -> tuple[Note, Secrecy]:
    words = draft.stop.words(draft.on) if draft.stop else ANYWHERE
    month = draft.on.month
    if draft.met == "cancelled":
        return Note(writer.called_off(month, words)), "open"
    if draft.met == "absent":
        return Note(writer.nobody_there(month, words)), "open"
    if _may_be_told_in_confidence(draft) and pen.random() < _IN_CONFIDENCE:
        return writer.compose_in_confidence(month, words), _SECRECY.draw(pen)
    audience = _AUDIENCES.get(draft.way) or (draft.stop.kind if draft.stop else "phone")
    return writer.compose(audience, month, words), "open"


def _may_be_told_in_confidence(draft: Draft) -> bool:
    return (
        draft.way in ("regular", "extra", "phone")
        and draft.stop is not None
        and draft.stop.kind == "district"
    )


def _met(draft: Draft, pen: Random) -> tuple[UUID | None, str]:
    if draft.met != "met":
        return None, ""
    if draft.way == "meeting":
        return None, pick(pen, _TOGETHER)
    if draft.stop is None:
        return None, {"desk": "来所された方", "phone": "電話の方"}.get(draft.way, "団体の方")
    head = draft.stop.head_on(draft.on)
    if head and pen.random() < _NAMED_HEAD[draft.stop.kind]:
        return head.person_id, head.label
    return None, pick(pen, _OTHERS[draft.stop.kind])
