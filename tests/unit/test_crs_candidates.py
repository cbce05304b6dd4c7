"""Which CRS is proposed for coordinates that declare none."""

from __future__ import annotations

import numpy as np
import pytest

from data.read.angles import coordinate
from data.read.cells import CellFault
from geo.crs import WGS84, reproject_points
from geo.crs_candidates import USUAL, candidates, in_france, name_of
from geo.model import BoolArray, FloatArray

LNG, LAT = np.linspace(4.9, 6.0, 50), np.linspace(45.9, 46.4, 50)


def in_ain(lng: FloatArray, lat: FloatArray) -> BoolArray:
    return (lng > 4.7) & (lng < 6.2) & (lat > 45.6) & (lat < 46.6)


@pytest.mark.parametrize("swapped", [False, True])
@pytest.mark.parametrize("epsg", sorted(USUAL))
def test_points_of_a_known_place_have_one_candidate_and_it_is_the_right_one(
    *, epsg: int, swapped: bool
) -> None:
    x, y = reproject_points(LNG, LAT, source=WGS84, target=epsg)
    found = candidates(*((y, x) if swapped else (x, y)), inside=in_ain)
    assert [(each.epsg, each.swapped, each.share) for each in found] == [(epsg, swapped, 1.0)]
    assert found[0].lng == pytest.approx(np.median(LNG), abs=1e-6)
    assert found[0].lat == pytest.approx(np.median(LAT), abs=1e-6)


def test_the_share_counts_the_points_that_fall_inside() -> None:
    x, y = reproject_points(LNG, LAT, source=WGS84, target=2154)
    x[:10] += 1e6
    (found,) = candidates(x, y, inside=in_ain)
    assert found.share == 0.8


def test_what_falls_nowhere_has_no_candidate() -> None:
    assert candidates(np.array([1e308, 7.0]), np.array([1.0, 1e9]), inside=in_ain) == ()
    assert candidates(np.array([np.nan, np.inf]), np.array([1.0, 1.0]), inside=in_ain) == ()
    assert candidates(np.empty(0), np.empty(0), inside=in_ain) == ()


def test_lambert_93_comes_before_others_that_also_fall_into_france() -> None:
    x, y = reproject_points(LNG, LAT, source=WGS84, target=2154)
    found = candidates(x, y, inside=in_france)
    assert found[0].epsg == 2154
    assert 3857 not in {each.epsg for each in found}, "that would be near Frankfurt"


@pytest.mark.parametrize(
    ("lng", "lat", "french"),
    [
        (2.37, 51.03, True), (8.23, 48.97, True), (7.75, 48.57, True), (6.87, 45.83, True),
        (7.5, 43.78, True), (9.45, 42.7, True), (9.25, 41.39, True), (2.9, 42.5, True),
        (-1.78, 43.37, True), (-5.06, 48.46, True), (-3.2, 47.33, True), (-1.62, 49.64, True),
        (4.83, 50.15, True), (-61.5, 16.2, True), (55.5, -21.1, True),
        (8.68, 50.11, False), (7.69, 45.07, False), (-0.13, 51.5, False), (2.17, 41.4, False),
    ],
)  # fmt: skip
def test_the_ends_of_france_are_in_it_and_its_neighbours_are_not(
    lng: float, lat: float, french: object
) -> None:
    assert in_france(np.array([lng]), np.array([lat])).tolist() == [french]


def test_the_campaign_s_own_system_is_tried_too() -> None:
    x, y = reproject_points(np.array([55.5]), np.array([-21.1]), source=WGS84, target=2975)
    assert candidates(x, y, inside=in_france) == ()
    assert [c.epsg for c in candidates(x, y, inside=in_france, own=2975)] == [2975]
    assert name_of(2975) == "EPSG:2975"


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("45.188", 45.188),
        ("45,188", 45.188),
        ("-5,5", -5.5),
        ("45°11'18\"N", 45.188333333),
        ("45°02'60,00\"N", 45.05),
        ("45 11 18 N", 45.188333333),
        ("45 11 18", 45.188333333),
        ("N 45 11 18", 45.188333333),
        ("45° 11′ 18,0″ n", 45.188333333),
        ("45°11’18’’", 45.188333333),
        ("45º11'18''N", 45.188333333),
        ("45d11m18sN", 45.188333333),
        ("45\u00a0°\u00a011,3'\u00a0N", 45.188333333),
        ("5°43'30\"O", -5.725),
        ("5°43'30\"W", -5.725),
        ("-5°30'", -5.5),
        ("33°S", -33),
        ("45.5 N", 45.5),
        ("E5,5", 5.5),
    ],
)
def test_a_coordinate_may_be_an_angle(text: str, value: float) -> None:
    assert coordinate(text) == pytest.approx(value, abs=1e-9)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        "45 11",
        "45°61'",
        "45°60'",
        "45°11'61\"",
        "N45N",
        "-45S",
        "45°11'18\"X",
        "1.2.3",
        "1e309",
        "9" * 99,
    ],
)
def test_what_is_no_coordinate_is_refused(text: str) -> None:
    with pytest.raises(CellFault):
        coordinate(text)
