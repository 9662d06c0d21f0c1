"""Places as the rounds see them: where one calls, from when until when, whom one asks for, and how things are called there."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal
from uuid import UUID

from crm.demo.people import Head, People
from crm.demo.shapes import DistrictRow, FacilityRow

_HALLS = ("集会所", "公民館", "自治会館", "集会所", "コミュニティセンター")
_BODIES = {"02": "集落公民館", "05": "自治振興会"}
_ADDRESSED = {
    "区長": "区長さん",
    "自治会長": "会長さん",
    "自治振興会長": "会長さん",
    "集落公民館長": "館長さん",
    "民区長": "民区長さん",
}

ANYWHERE: Mapping[str, str] = {"body": "自治会", "hall": "集会所", "head": "会長さん", "han": "7", "hh": "60"}
"""Words for contacts that name no place."""


@dataclass(frozen=True, slots=True)
class Stop:
    """A place that is called on. `number` sets neighbours beside each other."""

    id: UUID
    number: int
    territory: str
    kind: Literal["district", "centre", "office"]
    opened_on: date
    closed_on: date | None
    heads: tuple[Head, ...]
    name: str = ""
    sections: int = 0
    households: int = 0

    def is_open(self, day: date) -> bool:
        """Whether the place exists on that day."""
        return self.opened_on <= day and (self.closed_on is None or day < self.closed_on)

    def head_on(self, day: date) -> Head | None:
        """Whom one asks for on that day; None where nobody holds the post."""
        for head in self.heads:
            if head.from_on <= day < head.to_on:
                return head
        return None

    def words(self, day: date) -> Mapping[str, str]:
        """The words that fill the gaps of a note about this place."""
        if self.kind != "district":
            return ANYWHERE
        head = self.head_on(day)
        title = head.label.partition(" ")[0].rpartition("・")[2] if head else ""
        return {
            "body": "民区" if self.name.endswith("民区") else _BODIES.get(self.territory, "自治会"),
            "hall": "集落公民館" if self.territory == "02" else _HALLS[self.number % len(_HALLS)],
            "head": _ADDRESSED.get(title, "会長さん"),
            "han": str(self.sections),
            "hh": str(self.households),
        }


def district_stops(districts: tuple[DistrictRow, ...], people: People) -> tuple[Stop, ...]:
    """Give the districts in the order of their codes, in which neighbours stand together."""
    return tuple(
        Stop(
            district.id,
            number,
            district.territory,
            "district",
            district.opened_on,
            district.closed_on,
            people.heads[district.id],
            district.name,
            district.sections,
            district.households,
        )
        for number, district in enumerate(districts)
    )


def hub_stops(facilities: tuple[FacilityRow, ...], people: People) -> tuple[Stop, ...]:
    """Give the hubs of the monthly round: community centres and offices of the city, not the centre's own."""
    return tuple(
        Stop(
            facility.id,
            number,
            facility.territory,
            "centre" if facility.kind == "community_centre" else "office",
            date.min,
            None,
            people.heads.get(facility.id, ()),
        )
        for number, facility in enumerate(facilities)
        if facility.kind != "own_office"
    )
