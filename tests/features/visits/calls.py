"""Planned calls and visits of a world, and the form of a record as a browser would send it."""

from dataclasses import replace
from datetime import date
from uuid import UUID

from crm.core.ids import new_id
from crm.core.months import Month
from crm.visits import plan_service, service
from crm.visits.models import Met, Record, Way
from crm.visits.service import RecordLog
from tests.markup import Element, page_of
from tests.world import District, Person, World

TODAY = date(2026, 6, 15)


def planned(world: World, place: District, on: str, *, by: Person | None = None) -> UUID:
    """Plan a call on a place."""
    day = date.fromisoformat(on)
    with world.writing(world.manager) as session:
        call = plan_service.add_call(
            session,
            Month.of(day),
            place.id,
            on=day,
            worker_id=(by or world.worker).id,
            now=world.clock.now(),
        )
        return call.id


def visited(world: World, place: District, on: str, way: Way = Way.REGULAR, **more: object) -> Record:
    """Keep a record as the worker of 一関 tells it."""
    log = RecordLog(new_id(), date.fromisoformat(on), way, Met.MET, place.id)
    return kept(world, replace(log, **more))  # type: ignore[arg-type]


def kept(world: World, log: RecordLog, by: Person | None = None) -> Record:
    """Keep a record, by the worker of 一関 unless somebody else is named."""
    author = by or world.worker
    with world.writing(author) as session:
        service.keep_record(session, log, by=author.id, today=TODAY, now=world.clock.now())
    return record_of(world, log.record_id)


def record_of(world: World, record_id: UUID) -> Record:
    """A record as it is now."""
    with world.reading() as session:
        return session.get_one(Record, record_id)


def fields_of(page: Element) -> dict[str, str]:
    """What the form of a record sends when it is sent as it stands."""
    form = next(one for one in page.find_all("form") if one.get("data-guard") is not None)
    sent = {}
    for one in form.find_all("input"):
        if one.get("type") in ("radio", "checkbox") and one.get("checked") is None:
            continue
        if name := one.get("name"):
            sent[name] = one.get("value") or ""
    return sent


def opened(world: World, address: str, by: Person | None = None) -> tuple[Element, dict[str, str]]:
    """A page with the form of a record, and what that form would send."""
    page = page_of(world.client(by or world.worker).get(address).text)
    return page, fields_of(page)
