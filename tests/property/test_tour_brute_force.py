"""The tour against code that tries every stay of every stop with every kit (`tests.naive_tour`)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from itertools import combinations
from random import Random

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from geo.model import Campaign
from geo.plan import Status, Tour
from geo.tour import build_problem, solve
from geo.tour.conflicts import explain
from geo.tour.cpsat import solve_cpsat
from geo.tour.moves import moves_of
from geo.tour.repairs import repairs_by_search
from geo.tour.schedule import schedule
from geo.verify.tours import check_tour
from tests.naive_tour import campaigns, score, search

THOROUGH = settings(
    max_examples=50,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
BRIEF = settings(THOROUGH, max_examples=25)


def assert_nothing_is_better(campaign: Campaign) -> None:
    best = search(campaign).best(campaign.maisons)
    tour = solve(build_problem(campaign))
    if best is None:
        assert tour.status is Status.INFEASIBLE
        assert not tour.stops
        assert any(s.code == "tour-does-not-fit" for s in tour.shortfalls)
    else:
        assert tour.status is Status.OPTIMAL
        assert score(campaign, tour) == best
        assert tour.bound_s == tour.drive_s
        assert not list(check_tour(campaign, tour))


@BRIEF
@given(campaigns(max_stops=3))
def test_no_tour_is_better_and_infeasible_means_that_there_is_none(campaign: Campaign) -> None:
    assert_nothing_is_better(campaign)


@pytest.mark.slow
@THOROUGH
@given(campaigns())
def test_no_tour_of_up_to_five_stops_is_better(campaign: Campaign) -> None:
    assert_nothing_is_better(campaign)


@pytest.mark.slow
@settings(THOROUGH, max_examples=8)
@given(campaigns(max_stops=8, least=6))
def test_no_tour_of_six_to_eight_stops_is_better(campaign: Campaign) -> None:
    assert_nothing_is_better(campaign)


@BRIEF
@given(campaigns(max_stops=3, free=False))
def test_cp_sat_proves_the_same_best_tour(campaign: Campaign) -> None:
    problem = build_problem(campaign)
    best = search(campaign).best(campaign.maisons)
    answer = solve_cpsat(problem)
    if best is None:
        assert answer.status is Status.INFEASIBLE
        return
    assert answer.status is Status.OPTIMAL
    stops, legs = schedule(problem, moves_of(problem), answer.routes)
    tour = Tour(
        Status.OPTIMAL,
        sum(leg.drive_s for leg in legs),
        answer.bound_s,
        sum(leg.distance_m for leg in legs),
        stops,
        legs,
    )
    assert score(campaign, tour) == best
    assert tour.bound_s == tour.drive_s


@BRIEF
@given(campaigns(max_stops=4), st.randoms(use_true_random=False))
def test_the_order_of_rows_never_reaches_the_tour(campaign: Campaign, random: Random) -> None:
    maisons, travel = list(campaign.maisons), list(campaign.travel)
    random.shuffle(maisons)
    random.shuffle(travel)
    shuffled = replace(campaign, maisons=tuple(maisons), travel=tuple(travel))
    assert solve(build_problem(shuffled)) == solve(build_problem(campaign))


@pytest.mark.slow
@BRIEF
@given(campaigns(max_stops=4, free=False))
def test_the_fewest_days_kits_and_stops_to_change_are_told(campaign: Campaign) -> None:
    tour = solve(build_problem(campaign))
    assume(tour.status is Status.INFEASIBLE)
    wanted = {s.code: s.wanted for s in tour.shortfalls if s.code.startswith("needs-")}
    got = {s.code: s.got for s in tour.shortfalls}
    assert campaign.tour is not None
    rules = campaign.tour
    days = int(wanted.get("needs-more-days", 0))
    for n_days, fits in ((days, True), (days - 1, False)) if days else ():
        longer = replace(rules, end=rules.start + timedelta(days=n_days - 1))
        assert (solve(build_problem(replace(campaign, tour=longer))).status is Status.OPTIMAL) is (
            fits
        )
    kits = int(wanted.get("needs-more-kits", 0))
    for n_kits in range(rules.kits, len(campaign.maisons) + 1):
        more = replace(campaign, tour=replace(rules, kits=n_kits))
        fits = search(more).best(campaign.maisons) is not None
        assert fits is bool(kits and n_kits >= kits)
    most = int(got["tour-does-not-fit"])
    assert got.get("needs-fewer-stops", 0) == most
    sizes = {
        size
        for size in range(1, len(campaign.maisons) + 1)
        for kept in combinations(campaign.maisons, size)
        if search(campaign).best(kept) is not None
    }
    assert max(sizes, default=0) == most


@pytest.mark.slow
@settings(BRIEF, max_examples=15)
@given(campaigns(max_stops=4, free=False))
def test_stops_said_to_collide_cannot_all_be_visited(campaign: Campaign) -> None:
    tour = solve(build_problem(campaign))
    assume(any(s.code == "dates-collide" for s in tour.shortfalls))
    for shortfall in tour.shortfalls:
        if shortfall.code == "dates-collide":
            told = [m for m in campaign.maisons if f"«\u00a0{m.name}\u00a0»" in shortfall.message]
            assert len(told) == shortfall.wanted
            near = tuple(replace(row, drive_s=0) for row in campaign.travel)
            without_roads = search(replace(campaign, travel=near))
            assert without_roads.best(told) is None
            for dropped in told:
                rest = [m for m in told if m is not dropped]
                assert without_roads.best(rest) is not None


@settings(BRIEF, max_examples=15)
@given(campaigns(max_stops=4, free=False))
def test_the_search_used_for_many_stops_finds_the_same_repairs(campaign: Campaign) -> None:
    problem = build_problem(campaign)
    assume(solve(problem).status is Status.INFEASIBLE)
    exact = {(s.code, s.wanted) for s in explain(problem)}
    searched = {(s.code, s.wanted) for s in repairs_by_search(problem)}
    told = {"needs-more-days", "needs-more-kits"}
    assert {s for s in searched if s[0] in told} == {s for s in exact if s[0] in told}
