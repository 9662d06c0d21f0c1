"""Use cases of records: what happened at a contact is kept, corrected, withdrawn."""

from dataclasses import dataclass, replace
from datetime import date, datetime
from uuid import UUID

from sqlmodel import Session

from crm.core.ids import new_id
from crm.core.problems import Conflict, Forbidden, Missing
from crm.territory import service as territory
from crm.territory.access import Confidential, Reach
from crm.visits import queries, rules
from crm.visits.models import Met, PlacePulse, Record, Support, Way


@dataclass(frozen=True)
class RecordLog:
    """What a worker tells of one contact.

    `call_id` is the planned call that the worker was shown. Which call a record answers is decided on keeping it,
    by its place and month. `apart` says that it was made apart from the plan; `way_chosen` is false where the way
    was left as the form offered it.
    """

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
    apart: bool = False
    way_chosen: bool = True


def keep_record(session: Session, log: RecordLog, *, by: UUID, today: date, now: datetime) -> Record:
    """Keep what happened at a contact. Keeping the same log again changes nothing.

    A visit settles the call planned for its place in the month of its day. Raises "record_in_future",
    "visit_needs_place", "cancelled_gives_nothing", "place_closed"; Conflict "record_known" when the id is known
    with other content, "record_withdrawn" when that record was taken back, "visit_recorded" when the call that was
    shown has got another record meanwhile.
    """
    _check(log, today=today)
    known = session.get(Record, log.record_id)
    if known is not None and known.withdrawn_at is not None:
        raise Conflict("record_withdrawn")
    log = _settled(session, log)
    if known is not None:
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

    A record of a closed month keeps counting as it was frozen. A call that it no longer fits by its day, place or
    way is open again. Raises Conflict "record_changed", "visit_recorded", Forbidden.
    """
    _check(log, today=today)
    record = session.get(Record, log.record_id)
    if record is None or record.withdrawn_at is not None:
        raise Missing("not_found")
    if not may_correct(record, reach):
        raise Forbidden("not_own_record")
    if record.rev != rev:
        raise Conflict("record_changed")
    log = _settled(session, log)
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

    It lets go of the call that it answered: that one is open again, and planning may take it out. In a month that is closed it goes on counting as frozen, until that month is reopened.
    """
    record = session.get(Record, record_id)
    if record is None:
        raise Missing("not_found")
    if not may_correct(record, reach):
        raise Forbidden("not_own_record")
    record.withdrawn_at, record.withdrawn_why = record.withdrawn_at or now, why
    record.call_id = None
    record.rev += 1
    session.flush()
    _beat(session, record.place_id)


def _check(log: RecordLog, *, today: date) -> None:
    rules.check_day(log.on, today=today)
    rules.check_place_given(log.way, has_place=log.place_id is not None)
    rules.check_support(log.met, any_support=bool(log.supports))


def _settled(session: Session, log: RecordLog) -> RecordLog:
    """The log with the call that it answers, if any, and with the way that follows from it.

    Raises Conflict "visit_recorded" where somebody was quicker on the call that was shown: it may be the same visit.
    """
    planned = queries.planned_call(session, log.place_id, log.on)
    answers = planned is not None and rules.answers_plan(log.way, apart=log.apart)
    if planned is not None and answers and not planned.open_for(log.record_id):
        if planned.id == log.call_id:
            raise Conflict("visit_recorded", day=planned.on)
        answers = False
    return replace(
        log,
        call_id=planned.id if planned is not None and answers else None,
        way=rules.way_of_visit(log.way, chosen=log.way_chosen, planned=answers),
        apart=not answers,
        way_chosen=True,
    )


def _write(session: Session, record: Record, log: RecordLog) -> None:
    territory_id = None
    if log.place_id is not None:
        territory.place_open_on(session, log.place_id, log.on)
        territory_id = queries.territory_on(session, log.place_id, log.on)
    record.on, record.way, record.met = log.on, log.way, log.met
    record.place_id, record.territory_id, record.call_id = log.place_id, territory_id, log.call_id
    record.met_whom, record.heard = log.met_whom, log.heard
    record.presence = Support.PRESENCE in log.supports
    record.observation = Support.OBSERVATION in log.supports
    record.direct = Support.DIRECT in log.supports
    record.attendance, record.confidential = log.attendance, log.confidential


def log_of(record: Record) -> RecordLog:
    """What a record tells, as a form begins with it: one without a call stays apart until something else is said."""
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
        apart=record.call_id is None,
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
