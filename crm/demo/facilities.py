"""Hubs of the sample town: 34 community centres, seven branch offices and the main office, the centre's two offices."""

from datetime import UTC, datetime
from math import cos, radians, sqrt, tau
from random import Random
from typing import Literal
from uuid import UUID

from crm.core.ids import seeded_ids
from crm.demo.chance import stream
from crm.demo.facts import (
    BRANCH_OFFICES,
    CENTRES,
    CENTRES_NAMED_AFTER_THEIR_TOWN,
    LOCALITIES,
    MAIN_OFFICE,
    OWN_OFFICES,
    TERRITORIES,
    Locality,
)
from crm.demo.shapes import FacilityKind, FacilityRow, TerritoryRow

_KM_PER_DEGREE = 111.32
_TOWNS = {territory.code: territory for territory in TERRITORIES}


def scatter(source: Random, place: Locality, km: float) -> tuple[float, float]:
    """Draw a position, in degrees to five digits (a metre), within some km of the locality's point."""
    distance, angle = km * sqrt(source.random()) / _KM_PER_DEGREE, tau * source.random()
    lat = place.lat + distance * cos(angle)
    lon = place.lon + distance * cos(angle - tau / 4) / cos(radians(place.lat))
    return round(lat, 5), round(lon, 5)


def build_facilities(seed: int) -> tuple[FacilityRow, ...]:
    """Lay out the hubs: the centres of every town, then the offices."""
    builder = _Builder(seed)
    rows = []
    for territory in TERRITORIES:
        for number, name in enumerate(CENTRES[territory.code], start=1):
            rows.append(builder.centre(territory, name, f"C{territory.code}{number:02d}"))
    code, name = MAIN_OFFICE
    rows.append(builder.office("main_office", code, name, "市役所本庁", "シヤクショホンチョウ"))
    for code, name in BRANCH_OFFICES.items():
        town = _TOWNS[code]
        rows.append(builder.office("branch_office", code, name, f"{town.name}支所", f"{town.kana}シショ"))
    for code, name in OWN_OFFICES:
        town = _TOWNS[code]
        rows.append(builder.office("own_office", code, name, f"{town.name}事務所", f"{town.kana}ジムショ"))
    return tuple(rows)


class _Builder:
    def __init__(self, seed: int) -> None:
        self._source = stream(seed, "facilities")
        self._new_id = seeded_ids(stream(seed, "facilities", "ids"), datetime(2005, 9, 20, tzinfo=UTC))

    def centre(self, territory: TerritoryRow, locality: str, code: str) -> FacilityRow:
        place = find_locality(territory.code, locality)
        name, kana = place.name, place.kana
        if locality in CENTRES_NAMED_AFTER_THEIR_TOWN:
            name, kana = territory.name, territory.kana
        return self._row(
            code,
            f"{name}市民センター",
            f"{kana}シミンセンター",
            "community_centre",
            territory,
            place,
            "地域協働体" if self._source.random() < 0.55 else "市",
        )

    def office(self, kind: FacilityKind, code: str, locality: str, name: str, kana: str) -> FacilityRow:
        letter = {"main_office": "M", "branch_office": "B", "own_office": "O"}[kind]
        place = find_locality(code, locality)
        run_by: Literal["市", "当センター"] = "当センター" if kind == "own_office" else "市"
        return self._row(f"{letter}{code}01", name, kana, kind, _TOWNS[code], place, run_by)

    def _row(
        self,
        code: str,
        name: str,
        kana: str,
        kind: FacilityKind,
        territory: TerritoryRow,
        place: Locality,
        run_by: Literal["市", "地域協働体", "当センター"],
    ) -> FacilityRow:
        key: UUID = self._new_id()
        lat, lon = scatter(self._source, place, min(0.3, place.km))
        town = "" if territory.code == "01" else f"{territory.name}町"
        address = f"岩手県一関市{town}{place.name}"
        return FacilityRow(key, code, name, kana, kind, territory.code, lat, lon, address, run_by)


def find_locality(territory: str, name: str) -> Locality:
    """Give a locality of a town by its name. Raises KeyError for an unknown one."""
    for place in LOCALITIES[territory]:
        if place.name == name:
            return place
    raise KeyError(name)
