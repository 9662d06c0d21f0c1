"""Who works at the sample centre: a fixed cast, so that one knows with whom to sign in; and who answers for which town."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from uuid import UUID

from crm.core.ids import seeded_ids
from crm.core.months import FiscalYear, Month
from crm.demo.chance import stream
from crm.demo.shapes import AssignmentRow, Role, WorkerRow

_ALL_BUT_HIGASHIYAMA = ("01", "02", "03", "04", "06", "07", "08")


@dataclass(frozen=True, slots=True)
class _Member:
    name: str
    kana: str
    mail: str
    role: Role
    held: tuple[str, ...] = ()
    deputised: tuple[str, ...] = ()
    career: str = "all along"  # or "left last March", "came last April"


_STAFF = (
    _Member("畠山　和子", "ハタケヤマ　カズコ", "hatakeyama@example.jp", "manager"),
    _Member("小野寺　千恵", "オノデラ　チエ", "onodera@example.jp", "worker", ("05",), _ALL_BUT_HIGASHIYAMA),
    _Member("菅原　直樹", "スガワラ　ナオキ", "sugawara@example.jp", "worker", ("01",), ("05",)),
    _Member("及川　美咲", "オイカワ　ミサキ", "oikawa@example.jp", "worker", ("02",), ("01",)),
    _Member("千葉　大地", "チバ　ダイチ", "chiba@example.jp", "worker", ("03", "06")),
    _Member(
        "佐々木　浩二", "ササキ　コウジ", "sasaki@example.jp", "worker", ("04", "08"), (), "left last March"
    ),
    _Member(
        "熊谷　由佳", "クマガイ　ユカ", "kumagai@example.jp", "worker", ("04", "08"), (), "came last April"
    ),
    _Member("岩渕　拓真", "イワブチ　タクマ", "iwabuchi@example.jp", "worker", ("07",), ("01", "02")),
    _Member("金野　誠", "コンノ　マコト", "konno@example.jp", "administrator"),
    _Member("阿部　早苗", "アベ　サナエ", "abe@example.jp", "editor"),
    _Member("高橋　正樹", "タカハシ　マサキ", "takahashi@example.jp", "reader"),
)


@dataclass(frozen=True, slots=True)
class Staff:
    """Everybody who signs in or did, and the assignments, in force and past."""

    workers: tuple[WorkerRow, ...]
    assignments: tuple[AssignmentRow, ...]

    def holder(self, territory: str, day: date) -> UUID:
        """Who answers for a territory on a day."""
        return next(iter(self._assigned(territory, "holder", day)))

    def deputies(self, territory: str, day: date) -> tuple[UUID, ...]:
        """Who stands in for a territory on a day."""
        return tuple(self._assigned(territory, "deputy", day))

    def at_work(self, day: date) -> tuple[UUID, ...]:
        """The outreach workers of a day."""
        return tuple(
            w.id
            for w in self.workers
            if w.role == "worker" and w.from_on <= day and (w.to_on is None or day < w.to_on)
        )

    def _assigned(self, territory: str, kind: str, day: date) -> Iterable[UUID]:
        return (
            a.worker_id
            for a in self.assignments
            if a.territory == territory
            and a.kind == kind
            and a.from_on <= day
            and (a.to_on is None or day < a.to_on)
        )


def build_staff(seed: int, first_month: Month, today: date) -> Staff:
    """Give the staff. Two towns were handed over on the last first of April; everybody else was there all along."""
    new_id = seeded_ids(stream(seed, "staff", "ids"), datetime(2008, 4, 1, tzinfo=UTC))
    handed_over = FiscalYear.of(today).first
    began = min(FiscalYear.of(first_month), FiscalYear.of(today).plus(-1)).plus(-1)
    workers, assignments = [], []
    for years, member in enumerate(_STAFF):
        from_on = began.plus(-(years * 5 % 4)).first
        to_on = None
        if member.career == "left last March":
            to_on = handed_over
        elif member.career == "came last April":
            from_on = handed_over
        gone = to_on is not None
        worker = WorkerRow(
            new_id(),
            member.name,
            member.kana,
            member.mail,
            member.role,
            () if gone else member.held,
            () if gone else member.deputised,
            from_on,
            to_on,
        )
        workers.append(worker)
        assignments += [AssignmentRow(worker.id, code, "holder", from_on, to_on) for code in member.held]
        assignments += [AssignmentRow(worker.id, code, "deputy", from_on, to_on) for code in member.deputised]
    return Staff(tuple(workers), tuple(assignments))
