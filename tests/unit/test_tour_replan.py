"""Alternatives and re-planning on a tour that is small enough to count every one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from itertools import pairwise, permutations

import pytest

from geo.errors import PlacardeError
from geo.model import Driving
from geo.plan import Status, Tour
from geo.tour import build_problem, solve
from geo.tour.alternatives import alternatives, arcs_of
from geo.tour.itinerary import itinerary
from geo.tour.prefix import Done, with_prefix
from geo.tour.problem import TourProblem
from tests.unit.test_tour_solve import ALL_PAIRS, campaign, many_stops

ROADS = {pair: 20 + 7 * i % 50 for i, pair in enumerate(sorted(ALL_PAIRS))}


def splits(stops: tuple[int, ...], kits: int) -> Iterator[list[tuple[int, ...]]]:
    """Yield every way to cut an order into routes, each set of routes once."""
    if not stops:
        yield []
        return
    for length in range(1, len(stops) + 1) if kits else ():
        for rest in splits(stops[length:], kits - 1):
            if not rest or stops[0] < rest[0][0]:
                yield [stops[:length], *rest]


def all_costs(problem: TourProblem) -> list[int]:
    """Return the seconds of every tour there is, sorted."""
    found = []
    for order in permutations(range(len(problem.stop_ids))):
        for routes in splits(order, problem.kits):
            if all(itinerary(problem, route) for route in routes):
                paths = [[0, *(stop + 1 for stop in route), 0] for route in routes]
                legs = [leg for path in paths for leg in pairwise(path)]
                found.append(sum(int(problem.cost_s[leg]) for leg in legs))
    return sorted(found)


@pytest.mark.parametrize("kits", [1, 2])
@pytest.mark.parametrize("driving", [Driving.EVENING, Driving.EITHER])
def test_alternatives_are_the_best_tours_in_order_and_no_two_are_alike(
    kits: int, driving: Driving
) -> None:
    rules = {"kits": kits, "driving": driving, "end": date(2017, 10, 24)}
    problem = build_problem(campaign(rules=rules, minutes=ROADS))
    tours = alternatives(problem, 7)
    assert [tour.drive_s for tour in tours] == all_costs(problem)[:7]
    assert len({frozenset(arcs_of(problem, tour)) for tour in tours}) == 7
    assert {tour.status for tour in tours} == {Status.OPTIMAL}
    assert tours[0] == solve(problem)


def test_alternatives_end_where_there_are_no_more() -> None:
    problem = build_problem(campaign(rules={"end": date(2017, 10, 20)}, minutes=ROADS))
    assert len(alternatives(problem, 100)) == len(all_costs(problem)) == 24


def test_without_a_tour_there_is_no_alternative() -> None:
    assert alternatives(build_problem(campaign(rules={"end": date(2017, 10, 18)})), 3) == ()


def done_until(tour: Tour, day: date) -> list[Done]:
    return [
        Done(stop.kit, stop.open_on[0], stop.open_on[-1], stop.maison_id, stop.opens, stop.closes)
        for stop in tour.stops
        if stop.open_on[0] < day
    ]


def test_what_is_done_stays_and_a_stop_that_is_snowed_in_comes_later() -> None:
    problem = build_problem(many_stops(8))
    tour = solve(problem)
    today = tour.stops[3].open_on[0]
    snowed_in, until = tour.stops[3].maison_id, tour.stops[6].open_on[0]
    done = done_until(tour, today)
    again = solve(with_prefix(problem, done, today=today, blocked=[(snowed_in, until)]))
    assert again.status is Status.OPTIMAL
    assert again.stops[:3] == tour.stops[:3]
    assert all(stop.open_on[0] >= today for stop in again.stops[3:])
    late = next(stop for stop in again.stops if stop.maison_id == snowed_in)
    assert late.open_on[0] >= until
    assert sorted(s.maison_id for s in again.stops) == sorted(s.maison_id for s in tour.stops)


@pytest.mark.parametrize("dwell", [0.5, 1.5])
def test_half_days_that_are_done_keep_their_hours_and_their_order(dwell: float) -> None:
    rules = {"dwell_days": dwell, "end": date(2017, 10, 31)}
    hours = {f"m{i}": {"opening": "Mo-Fr 09:00-12:00,14:00-17:00"} for i in range(1, 5)}
    problem = build_problem(campaign(rules=rules, minutes=ROADS, **hours))
    tour = solve(problem)
    today = tour.stops[-1].open_on[0]
    halves = [stop.opens.hour >= 13 for stop in tour.stops if stop.opens is not None]
    assert any(halves)
    assert not all(halves)
    again = solve(with_prefix(problem, done_until(tour, today), today=today))
    assert again.stops == tour.stops


def test_each_kit_goes_on_from_where_it_is() -> None:
    asked = many_stops(7)
    assert asked.tour is not None
    problem = build_problem(
        replace(asked, tour=replace(asked.tour, kits=2, end=date(2017, 10, 20)))
    )
    tour = solve(problem)
    today = date(2017, 10, 19)
    done = done_until(tour, today)
    again = solve(with_prefix(problem, done, today=today))
    assert again.stops == tour.stops
    kept = {(stop.maison_id, stop.kit, stop.open_on) for stop in again.stops}
    assert {(each.stop_id, each.kit) for each in done} <= {(s, k) for s, k, _ in kept}


def test_a_stop_that_stays_out_of_reach_is_told_with_the_day_from_which_it_is_not() -> None:
    problem = build_problem(many_stops(8))
    tour = solve(problem)
    today, last = tour.stops[3].open_on[0], tour.stops[-1].maison_id
    again = with_prefix(
        problem, done_until(tour, today), today=today, blocked=[(last, date(2031, 3, 1))]
    )
    refused = solve(again)
    assert refused.status is Status.INFEASIBLE
    told = [each for each in refused.shortfalls if each.subject == last]
    assert len(told) == 1
    assert "1er mars 2031" in told[0].message.replace("\N{NO-BREAK SPACE}", " ")


def test_a_stop_that_is_done_cannot_be_out_of_reach() -> None:
    problem = build_problem(many_stops(8))
    done = done_until(solve(problem), date(2017, 10, 19))
    with pytest.raises(PlacardeError, match="déjà reçu"):
        with_prefix(
            problem,
            done,
            today=date(2017, 10, 19),
            blocked=[(done[0].stop_id, date(2017, 10, 25))],
        )


@pytest.mark.parametrize(
    "wrong",
    [
        Done(1, date(2017, 10, 17), date(2017, 10, 17), "nowhere"),
        Done(2, date(2017, 10, 17), date(2017, 10, 17), "m1"),
        Done(1, date(2017, 10, 21), date(2017, 10, 21), "m1"),
    ],
)
def test_what_cannot_have_been_done_is_refused(wrong: Done) -> None:
    with pytest.raises(PlacardeError):
        with_prefix(build_problem(campaign()), [wrong], today=date(2017, 10, 18))
