"""Use cases of the plan: intervals, the month's proposal, its calls."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, select

from crm.core.ids import new_id
from crm.core.months import Month
from crm.core.problems import Conflict, Missing, Problem
from crm.db import trail_mark
from crm.db.tracked import Author, BulkInsert, author_of
from crm.db.trail_mark import Mark
from crm.territory import service as territory
from crm.territory.models import Kind
from crm.visits import due_queries, plan_queries, queries
from crm.visits.models import Call, CallState, MonthPlan, PlanState, Record, VisitInterval
from crm.visits.planning import DuePlace, FieldWorker, Kept, ProposedCall, propose

IDS_AT_ONCE = 500
"""Ids that one statement asks for: a database takes no statement of any length."""


@dataclass(frozen=True)
class PlanOutcome:
    """What planning does to a month. `waiting`: newcomers whose turn comes in a later month.

    `unheld` are the territories of the places that found no worker.
    """

    added: int
    removed: int
    kept: int
    no_worker: tuple[UUID, ...] = ()
    no_time: tuple[UUID, ...] = ()
    waiting: int = 0
    unheld: frozenset[UUID] = frozenset()


@dataclass(frozen=True)
class Draft:
    """What planning would do to a month, reckoned from one state of the database, and how to see that it still holds.

    `seen` is the state of the trail it was reckoned from; `is_new`: the month has no plan yet.
    """

    month: Month
    plan_id: UUID
    is_new: bool
    gone: tuple[UUID, ...]
    calls: tuple[ProposedCall, ...]
    outcome: PlanOutcome
    seen: Mark


def set_interval(
    session: Session,
    every_months: int,
    *,
    kind: Kind | None = None,
    territory_id: UUID | None = None,
    place_id: UUID | None = None,
) -> VisitInterval:
    """Say how often places are called on: of a kind, of a kind in a territory, or one place."""
    if (kind is None) == (place_id is None):
        raise Problem("interval_unclear")
    row = _interval(session, kind, territory_id, place_id)
    if row is None:
        row = VisitInterval(
            kind=kind, territory_id=territory_id, place_id=place_id, every_months=every_months
        )
        try:
            with session.begin_nested():
                session.add(row)
        except IntegrityError:
            # Somebody else set it between our looking and our writing: theirs is the row, and ours is said later.
            known = _interval(session, kind, territory_id, place_id)
            if known is None:
                raise
            row = known
    row.every_months = every_months
    session.add(row)
    session.flush()
    return row


def _interval(
    session: Session, kind: Kind | None, territory_id: UUID | None, place_id: UUID | None
) -> VisitInterval | None:
    return session.exec(
        select(VisitInterval).where(
            VisitInterval.kind == kind,
            VisitInterval.territory_id == territory_id,
            VisitInterval.place_id == place_id,
        )
    ).first()


def check_can_plan(month: Month, *, today: date) -> None:
    """Only a month that is not over is planned: raises "month_past"."""
    if month < Month.of(today):
        raise Problem("month_past", field="month", month=month)


def propose_month(session: Session, month: Month, *, today: date, now: datetime) -> PlanOutcome:
    """Propose the calls of a month, or bring its proposal up to date, within one transaction.

    Running it again changes nothing. `crm.visits.plan_jobs.propose_month` does the same and keeps others from
    writing for a moment only. Raises "month_past" for a month that is over.
    """
    made = draft(session, month, today=today)
    apply(session, made, new_calls(made, author_of(session)), now=now)
    return made.outcome


def draft(session: Session, month: Month, *, today: date) -> Draft:
    """Reckon what planning would do to a month; writes nothing. Raises "month_past" for a month that is over.

    Calls that a person placed or that were followed by a record stay where they are. Others go when their place is
    no longer due or closes before their day, when their worker does not hold the territory on their day, or when
    that day has passed unused; due places without a call get one. That holds for a published plan too: the manager
    who asks for it is told how many calls went.
    """
    check_can_plan(month, today=today)
    seen = trail_mark.mark(session)
    plan = session.exec(select(MonthPlan).where(MonthPlan.month == str(month))).first()
    found = due_queries.round_of(session, month, today=today)
    workers = due_queries.field_workers(session, month, from_day=max(today, month.first))
    stay, gone = _sorted_out(session, plan, found.due, workers, today)
    known = {call.place_id for call in stay}
    kept = [
        Kept(call.place_id, call.worker_id, call.on, call.position, found.points.get(call.place_id))
        for call in stay
        if call.state is CallState.PLANNED
    ]
    proposal = propose([place for place in found.due if place.place_id not in known], workers, kept)
    lost = set(proposal.no_worker)
    outcome = PlanOutcome(
        added=len(proposal.calls),
        removed=len(gone),
        kept=len(stay),
        no_worker=proposal.no_worker,
        no_time=proposal.no_time,
        waiting=found.waiting,
        unheld=frozenset(place.territory_id for place in found.due if place.place_id in lost),
    )
    calls, plan_id = proposal.calls, plan.id if plan else new_id()
    return Draft(month, plan_id, plan is None, tuple(call.id for call in gone), calls, outcome, seen)


def _sorted_out(
    session: Session,
    plan: MonthPlan | None,
    due: Sequence[DuePlace],
    workers: Sequence[FieldWorker],
    today: date,
) -> tuple[list[Call], list[Call]]:
    """The calls of a plan that stay, and those that go."""
    if plan is None:
        return [], []
    places = {place.place_id: place for place in due}
    known = {worker.worker_id: worker for worker in workers}
    followed = plan_queries.followed_calls(session, plan.id)
    stay: list[Call] = []
    gone: list[Call] = []
    for call in session.exec(select(Call).where(Call.plan_id == plan.id).order_by(col(Call.id))).all():
        place, worker = places.get(call.place_id), known.get(call.worker_id)
        fits = (
            place is not None
            and place.is_open(call.on)
            and worker is not None
            and worker.holds(place.territory_id, call.on)
            and (call.on >= today or call.state is CallState.CANCELLED)
        )
        placed = call.by_hand and (call.on >= today or call.state is CallState.CANCELLED)
        (stay if fits or placed or call.id in followed else gone).append(call)
    return stay, gone


def new_calls(made: Draft, author: Author) -> BulkInsert:
    """The rows of a draft's calls with their trail, so that writing them is short."""
    rows = [
        {
            "id": new_id(),
            "plan_id": made.plan_id,
            "place_id": one.place_id,
            "worker_id": one.worker_id,
            "on": one.on,
            "position": one.position,
            "by_hand": False,
            "state": CallState.PLANNED,
            "reason": "",
        }
        for one in made.calls
    ]
    return BulkInsert.prepare(Call, rows, author)


def apply(session: Session, made: Draft, calls: BulkInsert, *, now: datetime) -> None:
    """Bring a draft into the plan; it must have been reckoned from what stands in the database now."""
    if made.is_new:
        session.add(MonthPlan(id=made.plan_id, month=str(made.month), made_at=now))
    session.flush()
    _take_out(session, made.gone)
    calls.run(session)


def _take_out(session: Session, call_ids: Sequence[UUID]) -> None:
    """Delete calls. A record that was withdrawn may still name one of them: it lets go of it."""
    for ids in _pieces(call_ids):
        for record in session.exec(
            select(Record).where(col(Record.call_id).in_(ids), col(Record.withdrawn_at).is_not(None))
        ):
            record.call_id = None
        calls = session.exec(select(Call).where(col(Call.id).in_(ids))).all()
        session.flush()
        for call in calls:
            session.delete(call)
        session.flush()


def _pieces(ids: Sequence[UUID]) -> Iterator[Sequence[UUID]]:
    for start in range(0, len(ids), IDS_AT_ONCE):
        yield ids[start : start + IDS_AT_ONCE]


def publish(session: Session, month: Month, *, now: datetime) -> MonthPlan:
    """Say that a month's plan stands, as of the day on which that was said first; raises Missing without one."""
    plan = session.exec(select(MonthPlan).where(MonthPlan.month == str(month))).first()
    if plan is None:
        raise Missing("plan_missing", month=month)
    plan.state, plan.published_at = PlanState.PUBLISHED, plan.published_at or now
    return plan


def call_of(session: Session, call_id: UUID) -> Call:
    """The planned call, or Missing."""
    call = session.get(Call, call_id)
    if call is None:
        raise Missing("not_found")
    return call


def move_call(session: Session, call_id: UUID, *, on: date, worker_id: UUID, seen: str | None = None) -> Call:
    """Put a call on another day or with another worker; it goes to the end of that day.

    Any day will do on which the place is open: some meet on Sundays. `seen` is the mark of the call as it was shown
    to whoever moves it. Raises "outside_month", "place_closed" and Conflict "call_answered", "call_changed".
    """
    call = call_of(session, call_id)
    plan = session.get_one(MonthPlan, call.plan_id)
    _check_open_call(session, call, seen)
    if str(Month.of(on)) != plan.month:
        raise Problem("outside_month", field="on", month=Month.parse(plan.month))
    territory.place_open_on(session, call.place_id, on)
    if (on, worker_id) != (call.on, call.worker_id):
        call.position = plan_queries.next_position(session, worker_id, on)
    call.on, call.worker_id, call.by_hand = on, worker_id, True
    call.state, call.reason = CallState.PLANNED, ""
    return call


def reorder_day(session: Session, worker_id: UUID, on: date, order: Sequence[UUID]) -> None:
    """Put the calls of one's day in another order; no reason is asked."""
    calls = {call.id: call for call in plan_queries.calls_of_day(session, worker_id, on)}
    if set(order) != set(calls):
        raise Conflict("day_changed")
    for position, call_id in enumerate(order):
        calls[call_id].position = position


def shift_call(session: Session, call_id: UUID, *, up: bool, seen_at: tuple[date, int] | None = None) -> Call:
    """Move a call one place earlier or later within its day.

    `seen_at` is the day and the number (from 1) at which it was shown. Raises Conflict "day_changed".
    """
    call = call_of(session, call_id)
    order = [one.id for one in plan_queries.calls_of_day(session, call.worker_id, call.on)]
    here = order.index(call.id)
    if seen_at is not None and seen_at != (call.on, here + 1):
        raise Conflict("day_changed")
    there = here - 1 if up else here + 1
    if 0 <= there < len(order):
        order[here], order[there] = order[there], order[here]
    reorder_day(session, call.worker_id, call.on, order)
    return call


def cancel_call(session: Session, call_id: UUID, reason: str, *, seen: str | None = None) -> Call:
    """Cancel a planned call, saying why; raises Conflict "call_answered", "call_changed"."""
    call = call_of(session, call_id)
    _check_open_call(session, call, seen)
    call.state, call.reason, call.by_hand = CallState.CANCELLED, reason, True
    return call


def add_call(
    session: Session, month: Month, place_id: UUID, *, on: date, worker_id: UUID, now: datetime
) -> Call:
    """Add a call by hand; raises "outside_month", "place_closed", "call_known"."""
    if Month.of(on) != month:
        raise Problem("outside_month", field="on", month=month)
    territory.place_open_on(session, place_id, on)
    plan = session.exec(select(MonthPlan).where(MonthPlan.month == str(month))).first()
    if plan is None:
        plan = MonthPlan(month=str(month), made_at=now)
        session.add(plan)
        session.flush()
    if session.exec(select(Call.id).where(Call.plan_id == plan.id, Call.place_id == place_id)).first():
        raise Problem("call_known", field="place")
    position = plan_queries.next_position(session, worker_id, on)
    call = Call(
        plan_id=plan.id, place_id=place_id, worker_id=worker_id, on=on, position=position, by_hand=True
    )
    session.add(call)
    session.flush()
    return call


def _check_open_call(session: Session, call: Call, seen: str | None) -> None:
    if queries.record_of_call(session, call.id) is not None:
        raise Conflict("call_answered")
    if seen is not None and seen != plan_queries.mark_of(call.on, call.worker_id, call.state):
        raise Conflict("call_changed")
