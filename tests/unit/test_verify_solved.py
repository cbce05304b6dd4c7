"""What the solvers answer is a correct plan in the eyes of `verify`."""

from __future__ import annotations

from dataclasses import replace

import pytest

from geo import tour
from geo.plan import Status
from geo.verify import verify
from tests.honest_plan import honest_case, rich_campaign


@pytest.mark.parametrize("kits", [1, 2])
@pytest.mark.parametrize("depot", ["m1", "m4"])
def test_a_solved_tour_has_no_violation(kits: int, depot: str) -> None:
    rules = rich_campaign().tour
    assert rules is not None
    case = honest_case(rich_campaign(tour=replace(rules, kits=kits, depot=depot)))
    solved = tour.solve(tour.build_problem(case.campaign))
    assert solved.status is Status.OPTIMAL
    assert verify(case.campaign, replace(case.plan, tour=solved), case.order) == ()


def test_a_tour_that_cannot_be_solved_has_no_violation() -> None:
    rules = rich_campaign().tour
    assert rules is not None
    case = honest_case(rich_campaign(tour=replace(rules, end=rules.start)))
    solved = tour.solve(tour.build_problem(case.campaign))
    assert solved.status is Status.INFEASIBLE
    assert verify(case.campaign, replace(case.plan, tour=solved), case.order) == ()
