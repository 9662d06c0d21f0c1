import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.core.geo import EARTH_RADIUS_KM, Point, distance_km, drive_seconds
from crm.core.problems import Problem

points = st.builds(Point, st.floats(-90, 90), st.floats(-180, 180))
ICHINOSEKI_STATION = Point(38.9263, 141.1372)
SENMAYA_STATION = Point(38.9255, 141.3290)


def test_the_stations_of_ichinoseki_and_senmaya_lie_17_km_apart() -> None:
    assert distance_km(ICHINOSEKI_STATION, SENMAYA_STATION) == pytest.approx(16.6, abs=0.1)


def test_a_degree_of_latitude_is_111_km() -> None:
    assert distance_km(Point(38, 141), Point(39, 141)) == pytest.approx(111.19, abs=0.01)


def test_the_other_side_of_the_earth_is_half_its_girth_away() -> None:
    assert distance_km(Point(0, 0), Point(0, 180)) == pytest.approx(math.pi * EARTH_RADIUS_KM)
    assert distance_km(Point(90, 0), Point(-90, 77)) == pytest.approx(math.pi * EARTH_RADIUS_KM)


@given(points, points)
def test_a_way_is_as_long_there_as_back_and_never_longer_than_half_the_girth(a: Point, b: Point) -> None:
    assert distance_km(a, b) == pytest.approx(distance_km(b, a))
    assert 0 <= distance_km(a, b) <= math.pi * EARTH_RADIUS_KM + 1e-6


@given(points)
def test_a_place_is_no_way_from_itself(point: Point) -> None:
    assert distance_km(point, point) == 0
    assert drive_seconds(point, point) == 0


def test_the_drive_takes_the_bends_and_the_speed_into_account() -> None:
    straight = distance_km(ICHINOSEKI_STATION, SENMAYA_STATION)
    assert drive_seconds(ICHINOSEKI_STATION, SENMAYA_STATION) == round(straight * 1.4 / 35 * 3600)
    assert drive_seconds(ICHINOSEKI_STATION, SENMAYA_STATION, km_h=60, detour=1) == round(straight * 60)


@pytest.mark.parametrize(
    ("lat", "lon"),
    [(90.001, 0), (-91, 0), (0, 180.1), (0, -181), (math.nan, 141), (38, math.nan), (math.inf, 0)],
)
def test_what_lies_on_no_globe_is_refused(lat: float, lon: float) -> None:
    with pytest.raises(Problem) as caught:
        Point(lat, lon)
    assert caught.value.code == "position_out_of_range"


def test_latitude_and_longitude_taken_for_one_another_are_noticed_in_japan() -> None:
    with pytest.raises(Problem):
        Point(141.1372, 38.9263)
