from __future__ import annotations

import numpy as np
import pytest

from geo.crs import LngLat
from geo.model import TravelRow
from geo.plan import TravelSource
from geo.tour.estimate import great_circle_m
from geo.tour.travel import travel_matrix

GRENOBLE, VOIRON, MENS = LngLat(5.7245, 45.1885), LngLat(5.5910, 45.3640), LngLat(5.7510, 44.8170)
IDS, POINTS = ("grenoble", "voiron", "mens"), (GRENOBLE, VOIRON, MENS)


def test_the_table_of_the_campaign_is_used_as_given_in_each_direction() -> None:
    rows = [
        TravelRow("grenoble", "voiron", 1500, 26_000),
        TravelRow("voiron", "grenoble", 1740, 27_000),
    ]
    travel = travel_matrix(IDS, POINTS, rows)
    assert (travel.drive_s[0, 1], travel.distance_m[0, 1]) == (1500, 26_000)
    assert (travel.drive_s[1, 0], travel.distance_m[1, 0]) == (1740, 27_000)
    assert travel.source(0, 1) is TravelSource.TABLE


def test_a_pair_that_the_table_lacks_is_estimated_and_marked() -> None:
    partial = travel_matrix(IDS, POINTS, [TravelRow("grenoble", "voiron", 1500, 26_000)])
    estimated = travel_matrix(IDS, POINTS, [])
    assert partial.source(1, 0) is TravelSource.ESTIMATE
    assert partial.drive_s[1, 0] == estimated.drive_s[1, 0] > 0
    assert partial.estimated.sum() == 5


def test_the_estimate_is_the_great_circle_with_a_detour_and_a_speed() -> None:
    north = LngLat(5.0, 45.0), LngLat(5.0, 45.0 + 12_500 / 111_195.08)
    travel = travel_matrix(("a", "b"), north, [])
    assert travel.distance_m[0, 1] == pytest.approx(20_000, abs=1)
    assert 20_000 / travel.drive_s[0, 1] * 3.6 == pytest.approx(41, abs=0.5)


def test_farther_takes_longer_and_goes_faster() -> None:
    line = [LngLat(5.0, 45.0 + step / 50) for step in range(30)]
    travel = travel_matrix([str(i) for i in range(30)], line, [])
    seconds, metres = travel.drive_s[0, 1:], travel.distance_m[0, 1:]
    assert (np.diff(seconds) > 0).all()
    assert (np.diff(metres / seconds) > 0).all()


def test_the_estimate_has_no_direction() -> None:
    travel = travel_matrix(IDS, POINTS, [])
    np.testing.assert_array_equal(travel.drive_s, travel.drive_s.T)


def test_the_depot_that_is_a_stop_too_is_no_drive_away_from_itself() -> None:
    rows = [
        TravelRow("grenoble", "voiron", 1500, 26_000),
        TravelRow("grenoble", "grenoble", 60, 1000),
    ]
    travel = travel_matrix(("grenoble", *IDS), (GRENOBLE, *POINTS), rows)
    assert travel.drive_s[0, 1] == travel.drive_s[1, 0] == travel.distance_m[0, 1] == 0
    assert travel.drive_s[0, 2] == travel.drive_s[1, 2] == 1500


def test_of_two_rows_for_one_pair_the_slower_one_counts_in_any_order() -> None:
    rows = [
        TravelRow("grenoble", "mens", 3000, 50_000),
        TravelRow("grenoble", "mens", 3600, 48_000),
    ]
    for order in (rows, rows[::-1]):
        assert travel_matrix(IDS, POINTS, order).drive_s[0, 2] == 3600


def test_rows_about_other_places_are_left_aside() -> None:
    travel = travel_matrix(IDS, POINTS, [TravelRow("paris", "voiron", 1, 1)])
    assert travel.estimated.sum() == 6


def test_the_great_circle_from_paris_to_london_is_known() -> None:
    paris_london = np.array([[2.3522, 48.8566], [-0.1276, 51.5072]])
    assert great_circle_m(paris_london)[0, 1] == pytest.approx(343_500, rel=1e-3)
