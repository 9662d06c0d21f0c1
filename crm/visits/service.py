"""Use cases of visits: intervals, the month's plan, records."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import UUID

from sqlmodel import Session, select

from crm.core.ids import new_id
from crm.core.months import Month
from crm.core.problems import Conflict, Forbidden, Missing, Problem
from crm.territory import service as territory
from crm.territory.access import Confidential, Reach
from crm.territory.models import Kind
from crm.territory.queries import names_on
from crm.visits import plan_queries, queries, rules
from crm.visits.models import (
    Call,
    CallState,
    Met,
    MonthPlan,
    PlacePulse,
    PlanState,
    Record,
    Support,
    VisitInterval,
    Way,
)
from crm.visits.planning import Kept, Proposal, propose


@dataclass(frozen=True)
class RecordLog:
    """What a worker tells of one contact."""

    record_id: UUID
    on: date
    way: Way
    met: Met
    place_id: UUID | None = None
    call_id: UUID | None = None
    met_whom: str = ""
    supports: frozenset[Support] = frozenset()
    attendance: int | None = None
    heard: str = ""
    confidential: Confidential = Confidential.OPEN


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


def keep_record(session: Session, log: RecordLog, *, by: UUID, today: date, now: datetime) -> Record:
    """Keep what happened at a contact. Keeping the same log again changes nothing.

    Raises "record_in_future", "visit_needs_place", "cancelled_gives_nothing", "place_closed"; Conflict
    "record_known" when the id is known with other content.
    """
    _check(log, today=today)
    if known := session.get(Record, log.record_id):
        if log_of(known) != log or known.worker_id != by:
            raise Conflict("record_known")
        return known
    record = Record(
        id=log.record_id, worker_id=by, on=log.on, way=log.way, met=log.met, counted_in="", kept_at=now
    )
    _write(session, record, log)
    record.counted_in = str(rules.month_counting(log.on, queries.closed_months(session)))
    session.add(record)
    session.flush()
    _beat(session, record.place_id)
    return record


def correct_record(session: Session, log: RecordLog, *, rev: int, reach: Reach, today: date) -> Record:
    """Correct a record; the old version stays in the trail. `rev` is the one the correction was made on.

    A record of a closed month keeps counting as it was frozen. Raises Conflict "record_changed", Forbidden.
    """
    _check(log, today=today)
    record = session.get(Record, log.record_id)
    if record is None or record.withdrawn_at is not None:
        raise Missing("not_found")
    if not may_correct(record, reach):
        raise Forbidden("not_own_record")
    if record.rev != rev:
        raise Conflict("record_changed")
    before, closed, moved = record.place_id, queries.closed_months(session), record.on != log.on
    _write(session, record, log)
    if moved and record.counted_in not in closed:
        record.counted_in = str(rules.month_counting(log.on, closed))
    record.rev += 1
    session.flush()
    for place_id in {before, record.place_id}:
        _beat(session, place_id)
    return record


def may_correct(record: Record, reach: Reach) -> bool:
    """The author and the manager correct a record."""
    return record.worker_id == reach.account_id or reach.role.value == "manager"


def withdraw_record(session: Session, record_id: UUID, why: str, *, reach: Reach, now: datetime) -> None:
    """Take a record back (kept twice, the wrong place). It stays, with the reason, and counts nowhere any more.

    In a month that is closed it goes on counting as frozen, until that month is reopened.
    """
    record = session.get(Record, record_id)
    if record is None:
        raise Missing("not_found")
    if not may_correct(record, reach):
        raise Forbidden("not_own_record")
    record.withdrawn_at, record.withdrawn_why = record.withdrawn_at or now, why
    record.rev += 1
    session.flush()
    _beat(session, record.place_id)


def _check(log: RecordLog, *, today: date) -> None:
    rules.check_day(log.on, today=today)
    rules.check_place_given(log.way, has_place=log.place_id is not None)
    rules.check_support(log.met, any_support=bool(log.supports))


def _write(session: Session, record: Record, log: RecordLog) -> None:
    territory_id = None
    if log.place_id is not None:
        territory.place_open_on(session, log.place_id, log.on)
        territory_id = queries.territory_on(session, log.place_id, log.on)
    if log.call_id is not None:
        call = call_of(session, log.call_id)
        if call.place_id != log.place_id:
            raise Problem("call_of_other_place", field="place")
        other = queries.record_of_call(session, log.call_id)
        if other is not None and other != record.id:
            raise Conflict("call_answered")
    record.on, record.way, record.met = log.on, log.way, log.met
    record.place_id, record.territory_id, record.call_id = log.place_id, territory_id, log.call_id
    record.met_whom, record.heard = log.met_whom, log.heard
    record.presence = Support.PRESENCE in log.supports
    record.observation = Support.OBSERVATION in log.supports
    record.direct = Support.DIRECT in log.supports
    record.attendance, record.confidential = log.attendance, log.confidential


def log_of(record: Record) -> RecordLog:
    """What a record tells, as a form begins with it."""
    return RecordLog(
        record.id,
        record.on,
        record.way,
        record.met,
        record.place_id,
        record.call_id,
        record.met_whom,
        frozenset(record.supports()),
        record.attendance,
        record.heard,
        record.confidential,
    )


def _beat(session: Session, place_id: UUID | None) -> None:
    """Bring the last contact of a place up to date."""
    if place_id is None:
        return
    last = queries.last_contact(session, place_id)
    pulse = session.get(PlacePulse, place_id)
    if last is None:
        if pulse is not None:
            session.delete(pulse)
    elif pulse is None:
        session.add(PlacePulse(place_id=place_id, last_on=last))
    else:
        pulse.last_on = last
    session.flush()


def fresh_id() -> UUID:
    """The id that a record form carries, so that sending it twice keeps one record."""
    return new_id()


def place_name(session: Session, place_id: UUID, day: date) -> str:
    """What a place is called on a day."""
    return names_on(session, {place_id}, day).get(place_id, "")
