"""The 13 Maisons du Département of Isère, at the mairies of their towns."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from itertools import pairwise

import pytest

from geo.crs import LngLat
from geo.model import Campaign, Maison, TourRules
from geo.plan import Status, TravelSource
from geo.tour import TourProblem, build_problem, solve
from tests.builders import tiny_campaign

TOWNS = {
    "beaurepaire": LngLat(5.0500, 45.3370),
    "bernin": LngLat(5.8650, 45.2660),
    "bourgoin-jallieu": LngLat(5.2735, 45.5860),
    "cremieu": LngLat(5.2490, 45.7250),
    "grenoble": LngLat(5.7245, 45.1885),
    "la-mure": LngLat(5.7880, 44.9030),
    "la-tour-du-pin": LngLat(5.4450, 45.5660),
    "le-bourg-d-oisans": LngLat(6.0300, 45.0540),
    "mens": LngLat(5.7510, 44.8170),
    "saint-marcellin": LngLat(5.3170, 45.1530),
    "vienne": LngLat(4.8747, 45.5255),
    "villard-de-lans": LngLat(5.5520, 45.0700),
    "voiron": LngLat(5.5910, 45.3640),
}
HOURS = "Mo-Fr 08:30-12:00,13:30-17:00"
RULES = TourRules(date(2017, 10, 17), date(2017, 11, 17), "grenoble")


def isere(**rules: int | date) -> Campaign:
    maisons = tuple(
        Maison(town, town.title(), town.title(), point, opening=HOURS)
        for town, point in TOWNS.items()
    )
    return tiny_campaign(maisons=maisons, tour=replace(RULES, **rules))  # type: ignore[arg-type]  # days and counts by name


def length_s(problem: TourProblem, order: list[str]) -> int:
    """Return how long the given round from Grenoble takes, by the drives of the problem."""
    nodes = [problem.stop_ids.index(town) + 1 for town in ["grenoble", *order, "grenoble"]]
    return sum(int(problem.travel.drive_s[a, b]) for a, b in pairwise(nodes))


def test_the_tour_of_the_13_maisons_is_proven_optimal() -> None:
    tour = solve(build_problem(isere()))
    assert tour.status is Status.OPTIMAL
    assert tour.bound_s == tour.drive_s
    assert sorted(stop.maison_id for stop in tour.stops) == sorted(TOWNS)
    assert len(tour.legs) == 13
    assert {leg.source for leg in tour.legs} == {TravelSource.ESTIMATE}


def test_the_tour_ends_on_the_first_day_that_13_working_days_allow() -> None:
    """From Tuesday 17 October on, two weekends and All Saints' Day out: Friday 3 November."""
    tour = solve(build_problem(isere()))
    days = [day for stop in tour.stops for day in stop.open_on]
    assert days == sorted(set(days))
    assert date(2017, 11, 1) not in days
    assert all(day.weekday() < 5 for day in days)
    assert days[-1] == date(2017, 11, 3)


def test_no_swap_and_no_turn_of_a_part_makes_the_tour_shorter() -> None:
    problem = build_problem(isere())
    tour = solve(problem)
    order = [stop.maison_id for stop in tour.stops if stop.maison_id != "grenoble"]
    assert length_s(problem, order) == tour.drive_s
    for i in range(len(order)):
        for j in range(i + 2, len(order) + 1):
            turned = order[:i] + order[i:j][::-1] + order[j:]
            assert length_s(problem, turned) >= tour.drive_s
        rest = order[:i] + order[i + 1 :]
        for j in range(len(order)):
            assert length_s(problem, [*rest[:j], order[i], *rest[j:]]) >= tour.drive_s


def test_the_same_campaign_gives_the_same_tour_twice() -> None:
    assert solve(build_problem(isere(kits=2))) == solve(build_problem(isere(kits=2)))


def test_two_kits_fit_into_half_the_days() -> None:
    tour = solve(build_problem(isere(kits=2, end=date(2017, 10, 25))))
    assert tour.status is Status.OPTIMAL
    assert {stop.kit for stop in tour.stops} == {1, 2}
    for kit in (1, 2):
        days = [day for stop in tour.stops if stop.kit == kit for day in stop.open_on]
        assert days == sorted(set(days))


@pytest.mark.parametrize(
    ("end", "days", "kits"),
    [(date(2017, 11, 2), 18, 2), (date(2017, 10, 24), 18, 3), (date(2017, 10, 18), 18, 7)],
)
def test_a_window_too_short_names_the_days_and_kits_that_would_do(
    end: date, days: int, kits: int
) -> None:
    tour = solve(build_problem(isere(end=end)))
    assert tour.status is Status.INFEASIBLE
    wanted = {shortfall.code: shortfall.wanted for shortfall in tour.shortfalls}
    assert wanted["needs-more-days"] == days
    assert wanted["needs-more-kits"] == kits
    assert solve(build_problem(isere(end=end, kits=kits))).status is Status.OPTIMAL
    assert solve(build_problem(isere(end=end, kits=kits - 1))).status is Status.INFEASIBLE
