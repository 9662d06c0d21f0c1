"""Use cases of the plan: intervals, the month's proposal, its calls."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import UUID

from sqlmodel import Session, select

from crm.core.months import Month
from crm.core.problems import Conflict, Missing, Problem
from crm.territory import service as territory
from crm.territory.models import Kind
from crm.visits import plan_queries, queries
from crm.visits.models import Call, CallState, MonthPlan, PlanState, VisitInterval
from crm.visits.planning import Kept, Proposal, propose


@dataclass(frozen=True)
class PlanOutcome:
    """What a planning run did to a month."""

    added: int
    removed: int
    kept: int
    no_worker: tuple[UUID, ...] = ()
    no_time: tuple[UUID, ...] = ()
    workers: int = field(default=0)


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
    row = session.exec(
        select(VisitInterval).where(
            VisitInterval.kind == kind,
            VisitInterval.territory_id == territory_id,
            VisitInterval.place_id == place_id,
        )
    ).first() or VisitInterval(
        kind=kind, territory_id=territory_id, place_id=place_id, every_months=every_months
    )
    row.every_months = every_months
    session.add(row)
    session.flush()
    return row


def propose_month(session: Session, month: Month, *, today: date, now: datetime) -> PlanOutcome:
    """Propose the calls of a month, or bring its proposal up to date. Running it again changes nothing.

    Calls that a person placed or that were followed by a record stay where they are. Others go when their place is
    no longer due or closes before their day, when their worker no longer holds the territory, or when their day
    has passed unused; due places without a call get one. That holds for a published plan too: the manager
    who asks for it is told how many calls went. Raises "month_past" for a month that is over.
    """
    if month < Month.of(today):
        raise Problem("month_past", field="month", month=month)
    plan = session.exec(select(MonthPlan).where(MonthPlan.month == str(month))).first()
    if plan is None:
        plan = MonthPlan(month=str(month), made_at=now)
        session.add(plan)
        session.flush()
    due = {place.place_id: place for place in plan_queries.due_places(session, month, today=today)}
    workers = plan_queries.field_workers(session, month, from_day=max(today, month.first))
    held = {worker.worker_id: worker.territories for worker in workers}
    followed = plan_queries.followed_calls(session, plan.id)
    stay: list[Call] = []
    gone: list[Call] = []
    for call in session.exec(select(Call).where(Call.plan_id == plan.id)).all():
        place = due.get(call.place_id)
        fits = (
            place is not None
            and place.is_open(call.on)
            and place.territory_id in held.get(call.worker_id, frozenset())
            and (call.on >= today or call.state is CallState.CANCELLED)
        )
        placed = call.by_hand and (call.on >= today or call.state is CallState.CANCELLED)
        (stay if fits or placed or call.id in followed else gone).append(call)
    for call in gone:
        session.delete(call)
    session.flush()
    known = {call.place_id for call in stay}
    kept = [Kept(c.place_id, c.worker_id, c.on) for c in stay if c.state is CallState.PLANNED]
    proposal = propose([place for place in due.values() if place.place_id not in known], workers, kept)
    _add_calls(session, plan, proposal)
    return PlanOutcome(
        len(proposal.calls), len(gone), len(stay), proposal.no_worker, proposal.no_time, len(workers)
    )


def _add_calls(session: Session, plan: MonthPlan, proposal: Proposal) -> None:
    for one in proposal.calls:
        session.add(
            Call(
                plan_id=plan.id,
                place_id=one.place_id,
                worker_id=one.worker_id,
                on=one.on,
                position=one.position,
            )
        )
    session.flush()


def publish(session: Session, month: Month, *, now: datetime) -> MonthPlan:
    """Publish a month's plan; raises Missing without one."""
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


def move_call(session: Session, call_id: UUID, *, on: date, worker_id: UUID) -> Call:
    """Put a call on another day or with another worker; it goes to the end of that day.

    Any day will do: some meet on Sundays. Raises "outside_month" and Conflict "call_answered".
    """
    call = call_of(session, call_id)
    plan = session.get_one(MonthPlan, call.plan_id)
    if str(Month.of(on)) != plan.month:
        raise Problem("outside_month", field="on", month=Month.parse(plan.month))
    _check_open_call(session, call)
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


def shift_call(session: Session, call_id: UUID, *, up: bool) -> Call:
    """Move a call one place earlier or later within its day."""
    call = call_of(session, call_id)
    order = [one.id for one in plan_queries.calls_of_day(session, call.worker_id, call.on)]
    here = order.index(call.id)
    there = here - 1 if up else here + 1
    if 0 <= there < len(order):
        order[here], order[there] = order[there], order[here]
    reorder_day(session, call.worker_id, call.on, order)
    return call


def cancel_call(session: Session, call_id: UUID, reason: str) -> Call:
    """Cancel a planned call, saying why; raises Conflict "call_answered"."""
    call = call_of(session, call_id)
    _check_open_call(session, call)
    call.state, call.reason, call.by_hand = CallState.CANCELLED, reason, True
    return call


def add_call(
    session: Session, month: Month, place_id: UUID, *, on: date, worker_id: UUID, now: datetime
) -> Call:
    """Add a call by hand; raises "outside_month", "call_known"."""
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


def _check_open_call(session: Session, call: Call) -> None:
    if queries.record_of_call(session, call.id) is not None:
        raise Conflict("call_answered")
