"""The certified bound itself, before anything lifts it to what was found."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.matching.locks import lock_conflicts
from geo.matching.reference.certificate import Prices, dual_bound
from geo.matching.reference.model import Model, build_model, open_choices
from geo.matching.reference.search import _relax
from geo.matching.reference.tangents import curves_of
from geo.matching.targets import targets
from geo.model import Campaign, MatchingRules
from tests.builders import faces_at, tiny_campaign
from tests.property.test_matching_brute_force import FEW, Case, campaigns, case_of


def model_of(case: Case) -> Model | None:
    problem = case.problem
    if lock_conflicts(problem):
        return None
    quota = np.zeros(problem.n_agents, dtype=np.int64)
    return build_model(problem, open_choices(problem), targets=targets(problem), quota=quota)


def without_quotas(campaign: Campaign) -> Campaign:
    return replace(campaign, matching=replace(campaign.matching, min_faces=0))


@settings(FEW, max_examples=80)
@given(campaigns(), st.integers(0, 2**32 - 1), st.sampled_from([0.0, 0.1, 1.0, 30.0]))
def test_any_prices_bound_every_allocation(campaign: Campaign, seed: int, scale: float) -> None:
    case = case_of(without_quotas(campaign))
    model, best = model_of(case), case.best()
    if model is None or best is None:
        return
    rng = np.random.default_rng(seed)
    rows = scale * rng.exponential(size=len(model.upper))
    exposure = scale * rng.exponential(size=len(model.weight))
    assert dual_bound(model, Prices(rows, exposure)) >= best[1]


@FEW
@given(campaigns())
def test_the_relaxation_bounds_every_allocation(campaign: Campaign) -> None:
    case = case_of(without_quotas(campaign))
    model, best = model_of(case), case.best()
    if model is None or best is None:
        return
    relaxed = _relax(model, curves_of(model), seed=0)
    assert relaxed is not None
    assert relaxed.bound >= best[1]


@pytest.mark.parametrize("fairness", [0.0, 0.5, 1.0, 3.0])
def test_where_nothing_is_scarce_the_relaxation_tells_the_optimum(fairness: float) -> None:
    # One agent alone, no budget, nothing close: every face is taken, and no bound can be lower.
    campaign = tiny_campaign(
        faces=faces_at([(5, 5), (10, 5), (5, 10)], contacts=[1000, 3000, 500]),
        agents=tiny_campaign().agents[:1],
        matching=MatchingRules(None, min_faces=0, fairness=fairness, max_periods_per_face=2),
    )
    case = case_of(campaign)
    model, best = model_of(case), case.best()
    assert model is not None
    assert best is not None
    relaxed = _relax(model, curves_of(model), seed=0)
    assert relaxed is not None
    assert best[1] <= relaxed.bound <= best[1] * (1 + 1e-6)
