"""Every solver on the same small campaigns, with every feature of the calendar."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, assume, given, settings

from bench.exhibitions import Exhibition, make_problem
from geo.model import Campaign
from geo.plan import Status
from geo.tour import build_problem, pyvrp_search, solve
from geo.tour.cpsat import solve_cpsat
from geo.tour.exact import fits_exact, solve_exact
from geo.tour.floor import drive_floor
from geo.tour.itinerary import itinerary
from geo.tour.pyvrp_search import keeps_order, repair, search
from geo.tour.schedule import timetable
from geo.verify.tours import check_tour
from tests.naive_tour import campaigns
from tests.naive_tour import search as every_tour

BRIEF = settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)


@BRIEF
@given(campaigns(max_stops=3))
def test_no_tour_is_better_whatever_the_calendar_asks_for(campaign: Campaign) -> None:
    best = every_tour(campaign).best(campaign.maisons)
    tour = solve(build_problem(campaign), reasons=False)
    assert tour.status is (Status.INFEASIBLE if best is None else Status.OPTIMAL)
    if best is not None:
        assert not list(check_tour(campaign, tour))


@settings(BRIEF, max_examples=25)
@given(campaigns(max_stops=4))
def test_the_floor_is_below_every_tour_and_a_search_breaks_no_rule(campaign: Campaign) -> None:
    problem = build_problem(campaign)
    assume(all(problem.stays))
    answer = solve_cpsat(problem)
    found = search(problem, iterations=100)
    if answer.status is Status.INFEASIBLE:
        assert not found
        return
    best_s = sum(leg.drive_s for leg in timetable(problem, answer.itineraries)[1])
    assert drive_floor(problem) <= best_s
    assert drive_floor(problem, known_s=best_s) <= best_s
    if found:
        legs = timetable(problem, found)[1]
        assert problem.fewest_kits or sum(leg.drive_s for leg in legs) >= best_s


@settings(BRIEF, max_examples=40)
@given(campaigns(max_stops=4, free=False))
def test_tables_and_cp_sat_find_tours_that_are_equally_good(campaign: Campaign) -> None:
    problem = build_problem(campaign)
    assume(all(problem.stays) and fits_exact(problem))
    exact, answer = solve_exact(problem), solve_cpsat(problem)
    assert exact is not None
    assert (exact.routes is None) == (answer.status is Status.INFEASIBLE)
    if exact.routes is not None:
        visits = [itinerary(problem, route) or () for route in exact.routes]
        ours, theirs = (timetable(problem, each)[1] for each in (visits, answer.itineraries))
        for what in ("drive_s", "distance_m"):
            assert sum(getattr(leg, what) for leg in ours) == sum(
                getattr(leg, what) for leg in theirs
            )


@settings(BRIEF, max_examples=30)
@given(campaigns(max_stops=4))
def test_a_repair_puts_every_stop_back_where_the_rules_allow_it(campaign: Campaign) -> None:
    problem = build_problem(campaign)
    assume(all(problem.stays))
    n = len(problem.stop_ids)
    routes = repair(problem, [list(range(n))])
    if routes is not None:
        assert all(itinerary(problem, route) for route in routes)
        assert sorted(stop for route in routes for stop in route) == list(range(n))
        assert len(routes) <= problem.kits


@pytest.mark.slow
def test_many_stops_get_a_tour_with_a_bound_below_it_and_the_same_one_twice(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(pyvrp_search, "ITERATIONS", 300)  # enough for a tour, not for a good one
    exhibition = Exhibition(45, 3)
    problem = make_problem(exhibition)
    tour = solve(problem)
    assert tour.status in {Status.OPTIMAL, Status.FEASIBLE}
    assert 0.5 * tour.drive_s < tour.bound_s <= tour.drive_s
    stop = {stop_id: at for at, stop_id in enumerate(problem.stop_ids)}
    routes = [
        [stop[each.maison_id] for each in tour.stops if each.kit == kit]
        for kit in sorted({each.kit for each in tour.stops})
    ]
    assert len(routes) <= problem.kits
    assert keeps_order(problem, routes)
    assert search(problem, iterations=200) == search(make_problem(exhibition), iterations=200)
