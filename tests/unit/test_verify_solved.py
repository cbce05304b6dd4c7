"""What the solvers answer is a correct plan in the eyes of `verify`."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from data.write.order import order_lines
from geo import matching, tour
from geo.model import Campaign, Lock
from geo.plan import Plan, Status, Tour
from geo.targeting import target
from geo.verify import verify
from tests.builders import tiny_campaign
from tests.honest_plan import honest_case, rich_campaign


def solved_tour(campaign: Campaign) -> Tour:
    problem = tour.build_problem(campaign)
    return tour.with_spread(problem, tour.solve(problem))


@pytest.mark.parametrize("kits", [1, 2])
@pytest.mark.parametrize("depot", ["m1", "m4"])
def test_a_solved_tour_has_no_violation(kits: int, depot: str) -> None:
    rules = rich_campaign().tour
    assert rules is not None
    case = honest_case(rich_campaign(tour=replace(rules, kits=kits, depot=depot)))
    solved = solved_tour(case.campaign)
    assert solved.status is Status.OPTIMAL
    assert verify(case.campaign, replace(case.plan, tour=solved), case.order) == ()


def test_a_tour_that_cannot_be_solved_has_no_violation() -> None:
    rules = rich_campaign().tour
    assert rules is not None
    case = honest_case(rich_campaign(tour=replace(rules, end=rules.start)))
    solved = solved_tour(case.campaign)
    assert solved.status is Status.INFEASIBLE
    assert verify(case.campaign, replace(case.plan, tour=solved), case.order) == ()


def rich_with(**rules: Any) -> Campaign:
    return rich_campaign(matching=replace(rich_campaign().matching, **rules))


def with_all_of_it_locked() -> Campaign:
    """Return the tiny campaign with the postings of its own plan as locks: more than wanted."""
    campaign = tiny_campaign()
    found = matching.solve(matching.build_problem(campaign, target(campaign)))
    locks = tuple(Lock(p.face_id, p.period, p.agent_id) for p in found.postings)
    assert all(agent.postings > campaign.matching.min_faces for agent in found.agents)
    return replace(campaign, locks=locks)


CAMPAIGNS = {
    "more locks than faces wanted": with_all_of_it_locked(),
    "tiny": tiny_campaign(),
    "rich": rich_campaign(),
    "most contacts": rich_with(fairness=0.0),
    "proportional": rich_with(fairness=1.0),
    "nearly max-min": rich_with(fairness=8.0),
    "without a budget": rich_with(budget_cents=None),
    "two periods on a face": rich_with(max_periods_per_face=2),
    "everywhere equal": rich_with(distance_km=0.0),
    "more faces than there are": rich_with(min_faces=40),
    "a budget of one euro": rich_with(budget_cents=100),
    "no faces wanted and none to be had": replace(rich_with(budget_cents=0, min_faces=0), locks=()),
}


@pytest.mark.parametrize("name", CAMPAIGNS)
def test_a_solved_campaign_has_no_violation(name: str) -> None:
    campaign = CAMPAIGNS[name]
    eligibility = target(campaign)
    allocation = matching.solve(matching.build_problem(campaign, eligibility))
    plan = Plan(campaign.seed, allocation, solved_tour(campaign))
    order = order_lines(campaign, eligibility=eligibility, plan=plan)
    assert verify(campaign, plan, order) == ()
