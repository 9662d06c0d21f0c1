"""What a sample town consists of: plain values, no tables. All of it is invented (見本データ), but for names of places.

Spans are half-open, as in the tables: `closed_on` and `to_on` are the first day on which it no longer holds. A term that
ends with 31 March has `to_on` 1 April.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal
from uuid import UUID

from crm.core.months import Month

FacilityKind = Literal["community_centre", "branch_office", "main_office", "own_office"]
EventKind = Literal["split", "merge", "rename", "move"]
WayCode = Literal["regular", "extra", "meeting", "interview", "desk", "phone", "message", "online"]
Outcome = Literal["met", "absent", "cancelled"]
Secrecy = Literal["open", "assigned", "author"]
Role = Literal["administrator", "manager", "worker", "editor", "reader"]
Channel = Literal["visit", "phone", "fax", "post", "mail", "line"]
PlaceKind = Literal["district", "facility"]


@dataclass(frozen=True, slots=True)
class TerritoryRow:
    """A former town: `code` "01" to "08", the position of its centre in degrees."""

    code: str
    name: str
    kana: str
    lat: float
    lon: float


@dataclass(frozen=True, slots=True)
class DistrictRow:
    """A district with the name and figures of its last day: today, or the day before it was closed.

    `doors` 戸, `households` 世帯, `resident_households` 現住, `sections` 班. What it was called or counted before is told
    by the events. `code` is the territory's code and a number of three digits (more in towns larger than life).
    """

    id: UUID
    code: str
    name: str
    kana: str
    territory: str
    lat: float
    lon: float
    doors: int
    households: int
    resident_households: int
    population: int
    sections: int
    centre_id: UUID
    branch_id: UUID
    opened_on: date
    closed_on: date | None

    def is_open(self, day: date) -> bool:
        """Whether the district exists on that day."""
        return self.opened_on <= day and (self.closed_on is None or day < self.closed_on)


@dataclass(frozen=True, slots=True)
class EventRow:
    """Something that happened to districts on a day, with their lineage.

    split, merge: `from_ids` cease, `to_ids` begin. rename, move: the district stays the same one; `facts` hold each
    changed figure or name as `<field>_before` and `<field>_after`. All have a `reason` in words.
    """

    on: date
    kind: EventKind
    from_ids: tuple[UUID, ...]
    to_ids: tuple[UUID, ...]
    facts: Mapping[str, str | int]


@dataclass(frozen=True, slots=True)
class FacilityRow:
    """A hub: community centre (市民センター), branch or main office of the city, office of the centre itself."""

    id: UUID
    code: str
    name: str
    kana: str
    kind: FacilityKind
    territory: str
    lat: float
    lon: float
    address: str
    run_by: Literal["市", "地域協働体", "当センター"]


@dataclass(frozen=True, slots=True)
class WorkerRow:
    """Somebody who signs in. `held` and `deputised` are today's territories; `to_on` is set for who has left."""

    id: UUID
    name: str
    kana: str
    mail: str
    role: Role
    held: tuple[str, ...]
    deputised: tuple[str, ...]
    from_on: date
    to_on: date | None


@dataclass(frozen=True, slots=True)
class AssignmentRow:
    """Who answers for a territory (holder) or stands in (deputy), from and until when. One holder at a time."""

    worker_id: UUID
    territory: str
    kind: Literal["holder", "deputy"]
    from_on: date
    to_on: date | None


@dataclass(frozen=True, slots=True)
class PersonRow:
    """A human being, invented. Telephone numbers begin as no Japanese number does; mail goes to example.jp."""

    id: UUID
    name: str
    kana: str
    phone: str
    fax: str | None
    mail: str | None
    channel: Channel


@dataclass(frozen=True, slots=True)
class PostRow:
    """A title that exists in a territory."""

    territory: str
    title: str
    kana: str
    of: PlaceKind


@dataclass(frozen=True, slots=True)
class TermRow:
    """A person in a post of a place; `number` is the 期数. A term that runs today has no `to_on`."""

    person_id: UUID
    place_id: UUID
    post_title: str
    from_on: date
    to_on: date | None
    number: int


@dataclass(frozen=True, slots=True)
class VisitRow:
    """One contact, whatever its way. Nobody's home is named; texts may be empty, as in real books.

    `presence`, `observation`, `direct` are equal kinds of support: none, one or several. `met_label` says who was met
    as one would say it, `met_whom` only if it was the holder of a post. `attendance` is counted at meetings.
    """

    id: UUID
    on: date
    starts_at: str | None
    minutes: int | None
    way: WayCode
    place_id: UUID | None
    worker_id: UUID
    met: Outcome
    met_whom: UUID | None
    met_label: str
    presence: bool
    observation: bool
    direct: bool
    heard: str
    background: str
    reading: str
    next_time: str
    praise: str
    attendance: int | None
    confidential: Secrecy


@dataclass(frozen=True, slots=True)
class Town:
    """A sample town. `first_month` is the first month with visits; they come in order of time, made anew at each pass."""

    seed: int
    today: date
    first_month: Month
    territories: tuple[TerritoryRow, ...]
    facilities: tuple[FacilityRow, ...]
    districts: tuple[DistrictRow, ...]
    events: tuple[EventRow, ...]
    workers: tuple[WorkerRow, ...]
    assignments: tuple[AssignmentRow, ...]
    people: tuple[PersonRow, ...]
    posts: tuple[PostRow, ...]
    terms: tuple[TermRow, ...]
    visits: Iterable[VisitRow]
