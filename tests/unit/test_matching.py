from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from geo.matching import build_problem, solve
from geo.matching.problem import MatchingProblem
from geo.matching.reference import Patience, Reference, solve_by_highs
from geo.model import Campaign, Lock, MatchingRules
from geo.plan import Status
from geo.targeting import target
from tests.builders import faces_at, tiny_campaign


def problem_of(campaign: Campaign) -> MatchingProblem:
    return build_problem(campaign, target(campaign))


def with_rules(campaign: Campaign, **rules: Any) -> Campaign:
    return replace(campaign, matching=replace(campaign.matching, **rules))


def by_highs(campaign: Campaign) -> Reference:
    found = solve_by_highs(problem_of(campaign))
    assert found is not None
    return found


def town(*, n: int = 160, seed: int = 1, **rules: Any) -> Campaign:
    """Return faces of all kinds around the middle of the square, 3 periods, 4 agents."""
    rng = np.random.default_rng(seed)
    kind = rng.integers(0, 3, n)
    campaign = tiny_campaign(
        faces=faces_at(
            [(float(x), float(y)) for x, y in rng.normal(20, 1.5, (n, 2)).round(3)],
            periods=3,
            contacts=np.array([9000, 6000, 2500])[kind].tolist(),
            price_cents=(
                np.array([30_000, 20_000, 9_000])[kind] + rng.integers(0, 999, n)
            ).tolist(),
            available=(rng.random((n, 3)) < 0.9).tolist(),
        ),
        periods=replace(tiny_campaign().periods, count=3),
        agents=tuple(
            replace(a, zones=zones)
            for a, zones in zip(
                tiny_campaign().agents,
                (("sud",), ("sud", "t3"), ("t3", "t4"), ("dep",)),
                strict=True,
            )
        ),
    )
    return with_rules(campaign, **{"budget_cents": 1_500_000, "min_faces": 4, **rules})


@pytest.mark.slow
@pytest.mark.parametrize("fairness", [0.0, 1.0, 3.0])
@pytest.mark.parametrize("budget_cents", [None, 1_500_000])
def test_two_solvers_prove_bounds_that_allow_what_the_other_found(
    fairness: float, budget_cents: int | None
) -> None:
    campaign = town(fairness=fairness, budget_cents=budget_cents)
    found, answer = by_highs(campaign), solve(problem_of(campaign))
    assert found.gap <= 0.01
    assert found.missing == 0
    assert found.objective <= answer.bound
    assert answer.objective <= found.bound
    assert (answer.status is Status.OPTIMAL) == (answer.gap <= 0.01)


def test_the_same_problem_and_seed_give_the_same_answer() -> None:
    campaign = town(n=60, spacing_m=300.0)
    assert by_highs(campaign) == by_highs(campaign)
    assert solve(problem_of(campaign)) == solve(problem_of(campaign))


@pytest.mark.parametrize("budget_cents", [0, 100])
def test_a_budget_that_buys_nothing_leaves_every_portrait_named(budget_cents: int) -> None:
    campaign = with_rules(tiny_campaign(), budget_cents=budget_cents)
    found, answer = by_highs(campaign), solve(problem_of(campaign))
    assert found.postings == answer.postings == ()
    assert found.missing == 8
    assert found.gap == 0
    assert {s.subject for s in answer.shortfalls} == {"A1", "A2", "A3", "A4"}
    assert {s.code for s in answer.shortfalls} == {"budget"}


@pytest.mark.parametrize(
    "changes",
    [{"faces": faces_at([])}, {"agents": ()}, {"zones": ()}],
    ids=["no face", "no agent", "no zone"],
)
def test_a_campaign_that_lacks_something_has_no_postings(changes: dict[str, Any]) -> None:
    found = by_highs(tiny_campaign(**changes))
    assert found.postings == ()
    assert found.objective == found.bound == found.gap == 0


@pytest.mark.parametrize(
    "changes",
    [
        {"faces": faces_at([])},
        {"agents": ()},
        {"zones": ()},
    ],
    ids=["no face", "no agent", "no zone"],
)
def test_solve_posts_nothing_where_something_is_lacking(changes: dict[str, Any]) -> None:
    answer = solve(problem_of(tiny_campaign(**changes)))
    assert answer.postings == ()
    assert answer.objective == 0


def test_one_face_goes_to_one_portrait_a_period() -> None:
    campaign = tiny_campaign(faces=faces_at([(5, 5)]))
    assert [(p.face_id, p.agent_id) for p in by_highs(campaign).postings] == [("f0", "A1")]


def test_faces_in_one_place_carry_a_portrait_once_a_period() -> None:
    campaign = tiny_campaign(
        faces=faces_at([(5, 5)] * 6), matching=MatchingRules(None, 500.0, 1, 2)
    )
    found = by_highs(campaign)
    assert sorted(p.period for p in found.postings) == [1, 2]
    without = with_rules(campaign, spacing_m=0.0)
    assert len(by_highs(without).postings) == 6


@pytest.mark.parametrize(("apart_m", "postings"), [(499.0, 1), (500.0, 2)])
def test_spacing_forbids_what_is_closer_and_allows_the_very_distance(
    apart_m: float, postings: int
) -> None:
    campaign = tiny_campaign(
        faces=faces_at([(5, 5), (5 + apart_m / 1000, 5)], available=[[True, False]] * 2),
        matching=MatchingRules(None, 500.0, 1, 0),
    )
    assert len(by_highs(campaign).postings) == postings
    assert len(solve(problem_of(campaign)).postings) == postings


def test_faces_worth_nothing_are_still_posted_to_meet_what_is_wanted() -> None:
    campaign = tiny_campaign(
        faces=faces_at([(5, 5), (7, 7)], contacts=[0, 0]), matching=MatchingRules(None, min_faces=2)
    )
    found = by_highs(campaign)
    assert len(found.postings) == 2
    assert found.objective == found.bound == found.gap == 0


def test_a_locked_posting_is_kept_and_a_face_locked_free_stays_free() -> None:
    locks = (Lock("f00", 1, "A1"), Lock("f01", 1, None), Lock("f01", 2, None))
    campaign = tiny_campaign(locks=locks)
    for postings in (by_highs(campaign).postings, solve(problem_of(campaign)).postings):
        assert (1, "f00", "A1") in {(p.period, p.face_id, p.agent_id) for p in postings}
        assert "f01" not in {p.face_id for p in postings}


@pytest.mark.parametrize(
    ("locks", "rules"),
    [
        ((Lock("f63", 1, "A1"),), {}),
        ((Lock("f00", 1, "A1"), Lock("f01", 1, "A1")), {"spacing_m": 6000.0}),
        ((Lock("f00", 1, "A1"), Lock("f00", 2, "A1")), {}),
        ((Lock("f00", 1, "A1"),), {"budget_cents": 9_999}),
        ((Lock("f00", 1, "A1"), Lock("f00", 1, None)), {}),
        ((Lock("f99", 1, "A1"),), {}),
    ],
    ids=["zone", "spacing", "rotation", "budget", "twice", "unknown"],
)
def test_locks_that_cannot_hold_are_infeasible_and_named(
    locks: tuple[Lock, ...], rules: dict[str, Any]
) -> None:
    problem = problem_of(with_rules(tiny_campaign(locks=locks), **rules))
    answer = solve(problem)
    assert answer.status is Status.INFEASIBLE
    assert answer.postings == ()
    assert answer.shortfalls
    assert all(s.code.startswith("lock") for s in answer.shortfalls)
    assert solve_by_highs(problem) is None


def test_quotas_that_cannot_all_be_kept_miss_as_little_as_can_be() -> None:
    campaign = with_rules(tiny_campaign(), budget_cents=70_000, min_faces=3)
    found = by_highs(campaign)
    assert len(found.postings) == 7
    assert found.missing == 5
    assert found.missing_proven
    assert found.gap <= 0.01


def test_a_bigger_budget_is_never_worth_less() -> None:
    # Targets grow with the budget, so what counts is the exposure, at α = 0 a plain sum.
    reached = []
    for budget_cents in (100_000, 200_000, 400_000):
        answer = solve(
            problem_of(with_rules(tiny_campaign(), budget_cents=budget_cents, fairness=0.0))
        )
        reached.append(sum(agent.exposure for agent in answer.agents))
    assert reached == sorted(reached)


def test_highs_that_is_asked_to_end_gives_its_best_and_being_asked_changes_nothing() -> None:
    problem = problem_of(town(n=60, spacing_m=400.0))
    asked: list[int] = []

    def no() -> bool:
        asked.append(1)
        return False

    whole = solve_by_highs(problem, patience=Patience(stop=no))
    assert whole == solve_by_highs(problem)
    assert asked
    ended = solve_by_highs(problem, patience=Patience(stop=lambda: True))
    assert whole is not None
    assert ended is not None
    assert ended.objective <= whole.bound
    assert whole.objective <= ended.bound
