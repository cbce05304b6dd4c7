"""An allocation changed by hand: its numbers are those of a solver, its bound still holds."""

from __future__ import annotations

from dataclasses import replace

import pytest

from geo import matching
from geo.errors import PlanFolderError
from geo.matching import MatchingProblem
from geo.matching.revalued import revalued
from geo.model import Campaign
from geo.plan import Allocation, Posting
from geo.targeting import target
from geo.verify.certificate import check_certificate
from geo.verify.ledger import Ledger
from tests.builders import tiny_campaign


@pytest.fixture(scope="module")
def campaign() -> Campaign:
    return tiny_campaign()


def problem_of(campaign: Campaign) -> MatchingProblem:
    return matching.build_problem(campaign, target(campaign))


@pytest.fixture(scope="module")
def solved(campaign: Campaign) -> Allocation:
    return matching.solve(problem_of(campaign))


def breaches(campaign: Campaign, allocation: Allocation) -> list[str]:
    ledger = Ledger(campaign, allocation.postings)
    return [violation.message for violation in check_certificate(ledger, allocation)]


def test_nothing_changed_is_the_same_allocation(campaign: Campaign, solved: Allocation) -> None:
    assert revalued(problem_of(campaign), solved, solved.postings) == solved


def test_a_posting_less_keeps_the_bound_and_every_number_follows(
    campaign: Campaign, solved: Allocation
) -> None:
    found = revalued(problem_of(campaign), solved, solved.postings[1:])
    assert found.bound == solved.bound
    assert found.objective < solved.objective
    assert found.gap > solved.gap
    assert solved.postings[0].face_id in found.idle
    assert breaches(campaign, found) == []


def test_where_a_promise_is_broken_the_bound_is_one_that_holds_without_it(
    campaign: Campaign, solved: Allocation
) -> None:
    kept = [p for p in solved.postings if p.agent_id != "A1"]
    found = revalued(problem_of(campaign), solved, kept)
    assert found.quota == {"A1": 0, "A2": 2, "A3": 2, "A4": 2}
    assert [(s.code, s.subject, s.got) for s in found.shortfalls] == [("by-hand", "A1", 0)]
    assert breaches(campaign, found) == []
    unpromised = matching.solve(replace(problem_of(campaign), min_faces=0))
    assert found.bound >= unpromised.objective


def test_an_agent_less_is_an_allocation_of_the_campaign_without_them(
    campaign: Campaign, solved: Allocation
) -> None:
    less = replace(campaign, agents=campaign.agents[1:])
    kept = [p for p in solved.postings if p.agent_id != "A1"]
    found = revalued(problem_of(less), solved, kept)
    assert [agent.agent_id for agent in found.agents] == ["A2", "A3", "A4"]
    assert "A1" not in found.quota
    assert breaches(less, found) == []


def test_a_pair_that_is_not_eligible_is_refused(campaign: Campaign, solved: Allocation) -> None:
    stranger = Posting(1, solved.postings[0].face_id, "A4")
    with pytest.raises(PlanFolderError):
        revalued(problem_of(campaign), solved, [*solved.postings[1:], stranger])
