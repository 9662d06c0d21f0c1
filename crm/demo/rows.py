"""From a generated town to rows of tables."""

from collections.abc import Iterator, Mapping
from dataclasses import fields
from datetime import UTC, date, datetime, time
from typing import Any
from uuid import UUID

from crm.core.clock import TOKYO
from crm.core.ids import new_id
from crm.core.months import Month
from crm.demo.people import APPOINTED
from crm.demo.shapes import DistrictRow, FacilityRow, Town
from crm.groups.models import Channel
from crm.groups.rules import PersonFacts
from crm.territory.access import Confidential
from crm.territory.models import AssignmentKind, Kind, LineageKind
from crm.territory.rules import Facts
from crm.visits.models import Met, Way

FACILITY_KINDS = {
    "community_centre": Kind.COMMUNITY_CENTRE,
    "branch_office": Kind.BRANCH_OFFICE,
    "main_office": Kind.BRANCH_OFFICE,
    "own_office": Kind.OWN_OFFICE,
}
FACILITIES_OPENED_ON = date(2011, 9, 26)
"""The day the eighth town joined: all facilities of the sample exist since then."""
DATED = frozenset({"rename", "move"})


def places(town: Town) -> Iterator[dict[str, Any]]:
    """Rows of Place: facilities and districts."""
    for f in town.facilities:
        yield {
            "id": f.id,
            "kind": FACILITY_KINDS[f.kind],
            "source_key": f.code,
            "opened_on": FACILITIES_OPENED_ON,
            "closed_on": None,
        }
    for d in town.districts:
        yield {
            "id": d.id,
            "kind": Kind.DISTRICT,
            "source_key": d.code,
            "opened_on": d.opened_on,
            "closed_on": d.closed_on,
        }


def facts(town: Town, territories: Mapping[str, UUID]) -> Iterator[dict[str, Any]]:
    """Rows of PlaceFacts: one for each stretch of time between the events of a district."""
    for f in town.facilities:
        yield _row(f.id, FACILITY_KINDS[f.kind], FACILITIES_OPENED_ON, None, _facility(f, territories))
    changes: dict[UUID, list[tuple[date, Mapping[str, str | int]]]] = {}
    for event in town.events:
        if event.kind in DATED:
            changes.setdefault(event.from_ids[0], []).append((event.on, event.facts))
    for d in town.districts:
        yield from _stretches(d, sorted(changes.get(d.id, []), key=lambda c: c[0]), territories)


def _stretches(
    d: DistrictRow, changes: list[tuple[date, Mapping[str, str | int]]], territories: Mapping[str, UUID]
) -> Iterator[dict[str, Any]]:
    """Walk back in time from the last day: before each change the figures were as its facts say."""
    values, end = _district(d, territories).__dict__, d.closed_on
    stretches = []
    for on, told in reversed(changes):
        stretches.append(_row(d.id, Kind.DISTRICT, on, end, Facts(**values)))
        end = on
        before = {k.removesuffix("_before"): v for k, v in told.items() if k.endswith("_before")}
        values = {**values, **{k: v for k, v in before.items() if k in values}}
    stretches.append(_row(d.id, Kind.DISTRICT, d.opened_on, end, Facts(**values)))
    yield from reversed(stretches)


def _row(place_id: UUID, kind: Kind, from_on: date, to_on: date | None, told: Facts) -> dict[str, Any]:
    return {
        "kind": kind,
        "id": new_id(),
        "place_id": place_id,
        "from_on": from_on,
        "to_on": to_on,
        **told.columns(),
    }


def _facility(f: FacilityRow, territories: Mapping[str, UUID]) -> Facts:
    return Facts(
        f.name,
        territories[f.territory],
        f.code,
        f.kana,
        f.lat,
        f.lon,
        f.address,
        run_by=f.run_by,
    )


def _district(d: DistrictRow, territories: Mapping[str, UUID]) -> Facts:
    same = {one.name for one in fields(Facts)} & {one.name for one in fields(DistrictRow)}
    return Facts(territory_id=territories[d.territory], **{name: getattr(d, name) for name in same})


def lineage(town: Town) -> Iterator[dict[str, Any]]:
    """Rows of Lineage, from splits and mergers."""
    for event in town.events:
        if event.kind in DATED:
            continue
        for old in event.from_ids:
            for new in event.to_ids:
                yield {
                    "id": new_id(),
                    "predecessor_id": old,
                    "successor_id": new,
                    "on": event.on,
                    "kind": LineageKind(event.kind),
                }


def assignments(town: Town, territories: Mapping[str, UUID]) -> Iterator[dict[str, Any]]:
    """Rows of Assignment."""
    for a in town.assignments:
        yield {
            "id": new_id(),
            "territory_id": territories[a.territory],
            "account_id": a.worker_id,
            "kind": AssignmentKind(a.kind),
            "from_on": a.from_on,
            "to_on": a.to_on,
        }


def people(town: Town) -> Iterator[dict[str, Any]]:
    """Rows of Person."""
    for p in town.people:
        told = PersonFacts(p.name, p.kana, p.phone, p.fax or "", p.mail or "", Channel(p.channel))
        yield {"id": p.id, **told.columns()}


def posts(town: Town, territories: Mapping[str, UUID]) -> Iterator[dict[str, Any]]:
    """Rows of Post."""
    for position, p in enumerate(town.posts):
        yield {
            "id": new_id(),
            "territory_id": territories[p.territory],
            "title": p.title,
            "kana": p.kana,
            "position": position,
        }


def terms(
    town: Town, territories: Mapping[str, UUID], posts: Mapping[tuple[UUID, str], UUID]
) -> Iterator[dict[str, Any]]:
    """Rows of Term; `posts` gives the id of a post by territory and title."""
    lies_in = _territory_of(town, territories)
    for t in town.terms:
        yield {
            "id": new_id(),
            "person_id": t.person_id,
            "place_id": t.place_id,
            "post_id": posts[lies_in[t.place_id], t.post_title],
            "from_on": t.from_on,
            "to_on": t.to_on,
            "number": t.number,
            "source": "市の名簿" if t.post_title == APPOINTED[0] else "総会資料",
        }


def _territory_of(town: Town, territories: Mapping[str, UUID]) -> dict[UUID, UUID]:
    return {
        place.id: territories[place.territory]
        for places in (town.districts, town.facilities)
        for place in places
    }


def records(town: Town, territories: Mapping[str, UUID], last: dict[UUID, date]) -> Iterator[dict[str, Any]]:
    """Rows of Record; `last` is filled with each place's last contact."""
    town_of = _territory_of(town, territories)
    for v in town.visits:
        if v.place_id is not None and v.met == "met":
            last[v.place_id] = max(v.on, last.get(v.place_id, v.on))
        yield {
            "id": v.id,
            "on": v.on,
            "way": Way(v.way),
            "place_id": v.place_id,
            "territory_id": town_of[v.place_id] if v.place_id else None,
            "call_id": None,
            "worker_id": v.worker_id,
            "met": Met(v.met),
            "met_whom": v.met_label,
            "presence": v.presence,
            "observation": v.observation,
            "direct": v.direct,
            "attendance": v.attendance,
            "heard": _text(v.heard, v.background, v.reading, v.next_time, v.praise),
            "confidential": Confidential(v.confidential),
            "counted_in": str(Month.of(v.on)),
            "kept_at": _kept(v.on, v.starts_at, v.minutes),
            "rev": 1,
            "withdrawn_at": None,
            "withdrawn_why": "",
        }


def _text(heard: str, background: str, reading: str, next_time: str, praise: str) -> str:
    """All of a note in the one box that a record has: its other parts stand below, under their names."""
    parts = [heard] + [
        f"【{name}】{text}"
        for name, text in (
            ("背景", background),
            ("見立て", reading),
            ("次回に向けて", next_time),
            ("ほめどころ", praise),
        )
        if text
    ]
    return "\n".join(part for part in parts if part)


def _kept(on: date, starts_at: str | None, minutes: int | None) -> datetime:
    began = time.fromisoformat(starts_at) if starts_at else time(16, 30)
    ended = datetime.combine(on, began, TOKYO).timestamp() + 60 * (minutes or 0)
    return datetime.fromtimestamp(ended, UTC)
