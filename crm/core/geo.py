"""Positions on the map and the way between them."""

from dataclasses import dataclass
from math import asin, cos, radians, sin, sqrt

from crm.core.problems import Problem

EARTH_RADIUS_KM = 6371.0
"""Mean radius (IUGG R1, rounded); over the city's 60 km the error stays below 0.5 %."""


@dataclass(frozen=True, slots=True)
class Point:
    """A position in degrees (JGD2011 or WGS 84: they differ by less than a house).

    Raises Problem "position_out_of_range" for what lies on no globe, NaN included.
    """

    lat: float
    lon: float

    def __post_init__(self) -> None:
        if not (-90 <= self.lat <= 90 and -180 <= self.lon <= 180):
            raise Problem("position_out_of_range", lat=self.lat, lon=self.lon)


def distance_km(a: Point, b: Point) -> float:
    """Measure the great circle between two positions, in km (haversine: precise also when near)."""
    lat_a, lat_b = radians(a.lat), radians(b.lat)
    half_lat, half_lon = (lat_b - lat_a) / 2, radians(b.lon - a.lon) / 2
    h = sin(half_lat) ** 2 + cos(lat_a) * cos(lat_b) * sin(half_lon) ** 2
    return 2 * EARTH_RADIUS_KM * asin(min(1.0, sqrt(h)))


def drive_seconds(a: Point, b: Point, *, km_h: float = 35, detour: float = 1.4) -> int:
    """Estimate the drive between two positions, in whole seconds.

    `detour` is how much longer the road is than the straight line, `km_h` the mean speed on it: both are
    rules of thumb for hill country, to be set by those who drive.
    """
    return round(distance_km(a, b) * detour / km_h * 3600)
