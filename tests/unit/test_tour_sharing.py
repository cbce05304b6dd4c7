"""Kits that share the stops, where seconds, days and metres tie: held against every sharing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, time, timedelta
from functools import cache
from itertools import permutations

import numpy as np
import pytest

from bench.exhibitions import FIRST_DAY, Exhibition, make_problem
from geo.tour.exact import fits_exact, solve_exact
from geo.tour.itinerary import Itineraries, itinerary, worth
from geo.tour.problem import TourProblem
from geo.tour.schedule import kits_for
from geo.tour.stays import Stay
from geo.tour.travel import TravelMatrix

STOPS = 4


def one_day(day: int) -> Stay:
    date = FIRST_DAY + timedelta(days=day)
    opens, closes = datetime.combine(date, time(9)), datetime.combine(date, time(14))
    return Stay(2 * day, 2 * day + 1, (date,), opens, closes, opens, closes)


def made(rng: np.random.Generator, *, zones: bool, fewest: bool) -> TourProblem:
    """Return a tour of a few days with two driving times alone, so that tours tie in seconds."""
    n = STOPS
    drive = 600 * rng.integers(1, 3, (n + 1, n + 1))
    metres = 100 * rng.integers(1, 9, (n + 1, n + 1))
    for table in (drive, metres):
        np.fill_diagonal(table, 0)
    days = [
        np.flatnonzero(rng.random(5) < 0.6).tolist() or [int(rng.integers(5))] for _ in range(n)
    ]
    kits = int(rng.integers(1, 4))
    known = [frozenset(np.flatnonzero(rng.random(kits) < 0.7).tolist()) for _ in range(n)]
    return replace(
        make_problem(Exhibition(n, kits)),
        n_days=5,
        travel=TravelMatrix(drive, metres, np.zeros_like(drive, dtype=np.bool_)),
        stays=tuple(tuple(map(one_day, each)) for each in days),
        kits_of=tuple(each or frozenset(range(kits)) for each in known) if zones else (),
        fewest_kits=fewest,
    )


def sharings(problem: TourProblem) -> Iterator[Itineraries]:
    """Yield every way in which the kits may visit all the stops."""
    route_of = cache(lambda route: itinerary(problem, route))
    for order in permutations(range(STOPS)):
        for cuts in range(1 << (STOPS - 1)):
            routes = [[order[0]]]
            for at in range(1, STOPS):
                if cuts >> (at - 1) & 1:
                    routes.append([])
                routes[-1].append(order[at])
            if len(routes) <= problem.kits and _may(problem, routes):
                visits = [route_of(tuple(route)) for route in routes]
                if all(visits):
                    yield tuple(each for each in visits if each)


def _may(problem: TourProblem, routes: list[list[int]]) -> bool:
    try:
        kits_for(problem, routes)
    except ValueError:
        return False
    return True


@pytest.mark.parametrize("fewest", [False, True])
@pytest.mark.parametrize("zones", [False, True])
def test_of_tours_that_tie_in_seconds_the_one_that_ends_first_then_the_shorter_is_found(
    *, zones: bool, fewest: bool
) -> None:
    rng, compared = np.random.default_rng([zones, fewest]), 0
    for _ in range(25):
        problem = made(rng, zones=zones, fewest=fewest)
        assert fits_exact(problem)
        answer = solve_exact(problem)
        assert answer is not None
        best = min((worth(problem, each) for each in sharings(problem)), default=None)
        if answer.routes is None:
            assert best is None
            continue
        compared += 1
        visits = [itinerary(problem, route) for route in answer.routes]
        assert worth(problem, tuple(each for each in visits if each)) == best
        assert len(kits_for(problem, answer.routes)) == len(answer.routes)
    assert compared > 8
