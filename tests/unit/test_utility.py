from __future__ import annotations

import numpy as np
import pytest

from geo.matching.utility import (
    DELTA,
    equivalent_exposure,
    marginal_utility,
    ratio_at_marginal,
    ratio_of_utility,
    utility,
)

FAIRNESS = [0.0, 0.5, 1.0, 2.0, 3.0, 8.0]
RATIOS = np.array([0.0, 1e-3, 0.1, 0.5, 1.0, 2.5])


@pytest.mark.parametrize("fairness", FAIRNESS)
def test_no_exposure_is_worth_nothing_and_more_is_worth_more(fairness: float) -> None:
    worth = utility(RATIOS, fairness)
    assert worth[0] == 0
    assert (np.diff(worth) > 0).all()


@pytest.mark.parametrize("fairness", FAIRNESS)
def test_the_inverse_gives_the_ratio_back(fairness: float) -> None:
    back = [ratio_of_utility(float(v), fairness) for v in utility(RATIOS, fairness)]
    assert back == pytest.approx(RATIOS.tolist(), rel=1e-5, abs=1e-9)


@pytest.mark.parametrize("fairness", FAIRNESS[:-1])  # a quotient of differences needs digits
def test_the_marginal_utility_is_the_slope_of_the_utility(fairness: float) -> None:
    step = 1e-6
    rise = utility(RATIOS + step, fairness) - utility(np.maximum(RATIOS - step, -0.05), fairness)
    expected = marginal_utility(RATIOS, fairness)
    assert rise / (2 * step) == pytest.approx(expected, rel=1e-3)


@pytest.mark.parametrize("fairness", [f for f in FAIRNESS if f > 0])
def test_the_ratio_at_a_slope_has_that_slope(fairness: float) -> None:
    assert ratio_at_marginal(marginal_utility(RATIOS, fairness), fairness) == pytest.approx(
        RATIOS, abs=1e-12
    )
    steeper = 2 * marginal_utility(np.zeros(1), fairness)
    assert ratio_at_marginal(steeper, fairness)[0] == 0


def test_log_utility_is_the_limit_of_its_neighbours() -> None:
    log = utility(RATIOS, 1.0)
    assert log == pytest.approx(np.log((DELTA + RATIOS) / DELTA))
    assert utility(RATIOS, 1 + 1e-7) == pytest.approx(log, rel=1e-5)


@pytest.mark.parametrize("fairness", FAIRNESS)
def test_the_same_ratio_for_all_is_its_own_equivalent(fairness: float) -> None:
    shares = np.array([1.0, 2.5, 0.5])
    worth = float((shares * utility(np.full(3, 0.7), fairness)).sum())
    assert equivalent_exposure(worth, float(shares.sum()), fairness) == pytest.approx(0.7)


@pytest.mark.parametrize("fairness", [f for f in FAIRNESS if f > 0])
def test_unequal_ratios_are_worth_less_than_their_mean(fairness: float) -> None:
    worth = float(utility(np.array([0.2, 1.2]), fairness).sum())
    assert equivalent_exposure(worth, 2.0, fairness) < 0.7


def test_a_value_that_no_ratio_reaches_has_an_infinite_equivalent() -> None:
    assert ratio_of_utility(51.0, 3.0) == float("inf")
    assert ratio_of_utility(1000.0, 1.0) == float("inf")


def test_without_shares_or_value_the_equivalent_is_nothing() -> None:
    assert equivalent_exposure(1.0, 0.0, 3.0) == 0
    assert equivalent_exposure(0.0, 5.0, 3.0) == 0
