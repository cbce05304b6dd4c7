"""A search for a tour that somebody ends keeps its best tour, and is not changed by being asked."""

from __future__ import annotations

from dataclasses import replace

import pytest

from geo.plan import Status
from geo.tour import build_problem, solve, stopping
from geo.tour.cpsat import solve_cpsat
from geo.tour.pyvrp_search import search
from tests.unit.test_tour_solve import many_stops


class Asked:
    """Says yes from the call of this number on."""

    def __init__(self, at: float) -> None:
        self.at, self.calls = at, 0

    def __call__(self) -> bool:
        self.calls += 1
        return self.calls >= self.at


@pytest.mark.slow  # the bound, which is not stopped, takes seconds
def test_a_tour_that_is_stopped_early_is_a_whole_tour_all_the_same() -> None:
    problem = build_problem(many_stops(41))
    asked = Asked(400)
    tour = solve(problem, stop=asked)
    assert tour.status is Status.FEASIBLE
    assert sorted(stop.maison_id for stop in tour.stops) == sorted(problem.stop_ids)
    assert 0 < tour.bound_s <= tour.drive_s
    assert asked.calls < 420, "PyVRP was to end at once, and not to begin again"


def test_being_asked_makes_no_difference_to_what_is_found() -> None:
    problem = build_problem(many_stops(24))
    asked = Asked(float("inf"))
    found = search(problem, iterations=100, stop=asked)
    assert asked.calls > 90
    assert found == search(problem, iterations=100)
    quick = solve_cpsat(problem, hint=found, limit=0.05, stop=Asked(float("inf")))
    assert quick == solve_cpsat(problem, hint=found, limit=0.05)


def test_cp_sat_is_stopped_from_outside_long_before_its_limit(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(stopping, "LOOK_S", 0.001)  # a quick machine is done in half a second
    problem = replace(build_problem(many_stops(30)), fewest_kits=False)
    hint = search(problem, iterations=50)
    answer = solve_cpsat(problem, hint=hint, limit=1e6, stop=Asked(1))
    assert answer.status in {Status.FEASIBLE, Status.UNKNOWN}
