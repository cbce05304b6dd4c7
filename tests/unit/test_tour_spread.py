from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from geo.crs import LngLat
from geo.model import Campaign, TourRules, TravelRow
from geo.plan import Status, Tour, TravelSource
from geo.tour import TourProblem, build_problem, solve, with_spread
from geo.tour.estimate import HIGH, LOW, estimate_travel
from geo.tour.itinerary import itinerary
from geo.tour.travel import travel_matrix
from tests.builders import tiny_campaign

RULES = TourRules(date(2017, 10, 17), date(2017, 11, 17), "m1")
IDS = ("m1", "m2", "m3", "m4")


def toured(*, travel: tuple[TravelRow, ...] = (), **rules: Any) -> tuple[Campaign, Tour]:
    campaign = replace(tiny_campaign(), tour=replace(RULES, **rules), travel=travel)
    problem = build_problem(campaign)
    return campaign, with_spread(problem, solve(problem))


def known(source: TravelSource, minutes: int = 60) -> tuple[TravelRow, ...]:
    return tuple(TravelRow(a, b, minutes * 60, 40_000, source) for a in IDS for b in IDS if a != b)


def test_an_estimate_lies_inside_its_interval_and_a_place_is_at_itself() -> None:
    estimate = estimate_travel([LngLat(5.7, 45.2), LngLat(5.6, 45.4), LngLat(5.0, 45.0)])

    off = ~(estimate.drive_s == 0)
    assert off.sum() == 6
    assert estimate.low_s[off] == pytest.approx(LOW * estimate.drive_s[off], abs=1)
    assert estimate.high_s[off] == pytest.approx(HIGH * estimate.drive_s[off], abs=1)
    assert (estimate.high_s[~off] == 0).all()


def test_every_estimated_leg_carries_its_interval() -> None:
    _, tour = toured()

    assert tour.spread is not None
    for leg in tour.legs:
        assert leg.low_s is not None
        assert leg.high_s is not None
        assert leg.low_s < leg.drive_s < leg.high_s
    assert tour.spread.low_s == sum(leg.low_s or 0 for leg in tour.legs)
    assert tour.spread.high_s == sum(leg.high_s or 0 for leg in tour.legs)
    assert tour.spread.holds


@pytest.mark.parametrize("source", [TravelSource.TABLE, TravelSource.ROADS])
def test_known_times_have_no_interval(source: TravelSource) -> None:
    _, tour = toured(travel=known(source))

    assert tour.spread is None
    assert {leg.source for leg in tour.legs} == {source}
    assert {leg.high_s for leg in tour.legs} == {None}


def test_a_tour_that_is_too_long_for_a_day_at_the_worst_says_which_leg() -> None:
    _, tour = toured(max_drive_s=3600)

    longest = max(tour.legs, key=lambda leg: leg.drive_s)
    assert longest.drive_s < 3600 < longest.drive_s * HIGH
    assert tour.spread is not None
    assert not tour.spread.holds
    broken = {(b.code, b.subject) for b in tour.spread.breaks}
    assert ("leg-breaks-at-worst", longest.to_id) in broken
    assert "Maison" in tour.spread.breaks[0].message
    assert not tour.shortfalls


def test_a_leg_whose_time_is_known_does_not_break_at_the_worst() -> None:
    campaign, before = toured(max_drive_s=3600)
    rows = tuple(
        TravelRow(leg.from_id, leg.to_id, leg.drive_s, leg.distance_m) for leg in before.legs
    )
    problem = build_problem(replace(campaign, travel=rows))
    after = with_spread(problem, solve(problem))

    assert after.drive_s == before.drive_s
    assert after.spread is None


def test_a_driver_who_returns_breaks_a_day_by_all_of_its_legs() -> None:
    _, tour = toured(driver_returns=True, max_drive_s=3 * 3600)

    assert tour.spread is not None
    assert not tour.spread.holds
    assert all(b.got > b.wanted for b in tour.spread.breaks)


def problem_there_and_back(closes: str, *, travel: tuple[TravelRow, ...] = ()) -> TourProblem:
    """Return the tour of a driver who returns, brings the kit by 11:00 and fetches it at closing.

    Between the two he drives home and comes again.
    """
    tiny = tiny_campaign()
    depot, other = tiny.maisons[:2]
    rules = replace(
        RULES,
        end=date(2017, 10, 18),
        driver_returns=True,
        max_drive_s=12 * 3600,
        order=((other.maison_id, depot.maison_id),),
    )
    maisons = (depot, replace(other, opening=f"Mo-Fr 11:00-{closes}"))
    return build_problem(replace(tiny, maisons=maisons, tour=rules, agents=(), travel=travel))


def there_and_back_in_one_day(closes: str) -> Tour:
    problem = problem_there_and_back(closes)
    return with_spread(problem, solve(problem))


def test_a_driver_who_is_not_home_before_he_has_to_leave_again_breaks_at_the_worst() -> None:
    wide = there_and_back_in_one_day("15:00")
    assert wide.spread is not None
    assert wide.spread.holds
    out, home, again, _ = wide.legs
    assert (out.empty, home.empty, again.empty) == (False, True, True)
    twice_s = home.drive_s + again.drive_s
    gap_s = round((twice_s + HIGH * twice_s) / 2 / 60) * 60  # enough as estimated, not at the worst
    closes = f"{11 + gap_s // 3600:02}:{gap_s % 3600 // 60:02}"

    tight = there_and_back_in_one_day(closes)
    assert tight.spread is not None
    assert not tight.spread.holds
    (broken,) = tight.spread.breaks
    assert (broken.code, broken.subject) == ("leg-breaks-at-worst", "m1")
    assert "trajets à vide compris" in broken.message
    assert tight.legs[1].arrive <= tight.legs[2].depart


@pytest.mark.parametrize(
    ("closes", "status"), [("13:00", Status.OPTIMAL), ("12:59", Status.INFEASIBLE)]
)
def test_a_driver_is_home_before_he_sets_out_again(closes: str, status: Status) -> None:
    """An hour each way: he is home at noon, and has to leave an hour before the closing."""
    problem = problem_there_and_back(closes, travel=known(TravelSource.TABLE))
    second, first = (problem.stop_ids.index(name) for name in ("m1", "m2"))
    route = itinerary(problem, [first, second])
    assert (route is None) == (status is Status.INFEASIBLE)
    assert solve(problem, reasons=False).status is status


def test_two_trips_that_are_short_enough_may_be_too_long_for_their_day_at_the_worst() -> None:
    problem = problem_there_and_back("17:00")
    nominal_s = with_spread(problem, solve(problem)).drive_s
    limited = replace(problem, max_drive_s=5 * nominal_s // 4)
    tour = with_spread(limited, solve(limited))
    assert tour.drive_s == nominal_s
    assert tour.spread is not None
    assert [broken.code for broken in tour.spread.breaks] == ["day-breaks-at-worst"]


def test_the_rows_of_the_campaign_come_before_those_of_a_server() -> None:
    rows = (
        TravelRow("a", "b", 900, 9_000),
        TravelRow("a", "b", 1200, 12_000, TravelSource.ROADS),
        TravelRow("b", "a", 1300, 13_000, TravelSource.ROADS),
    )
    travel = travel_matrix(("a", "b"), (LngLat(5, 45), LngLat(5.1, 45)), rows)

    assert (travel.drive_s[0, 1], travel.source(0, 1)) == (900, TravelSource.TABLE)
    assert (travel.drive_s[1, 0], travel.source(1, 0)) == (1300, TravelSource.ROADS)
    assert travel.interval_s(1, 0) == (1300, 1300)
