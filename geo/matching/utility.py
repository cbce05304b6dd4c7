"""The α-fair utility of an exposure ratio, and the equivalent exposure of a sum of utilities.

    U_α(r) = ((δ + r)^(1-α) - δ^(1-α)) / (1 - α),    U_1(r) = log((δ + r) / δ)

(Mo & Walrand 2000; α = 1 is Kelly's proportional fairness, 1998), smoothed at zero by δ so that a
portrait seen nowhere costs much but not infinitely much. U_α(0) = 0, U_α is increasing and concave.

In double precision U_α keeps at least four digits of r for r ≤ 3 up to about α = 10; beyond that
the constant δ^(1-α) swamps everything else.
"""

from __future__ import annotations

import numpy as np

from geo.model import FloatArray

DELTA = 0.1


def utility(ratio: FloatArray, fairness: float) -> FloatArray:
    """Return U_α of exposure ratios r ≥ 0, shape as given."""
    if fairness == 1:
        return np.log1p(ratio / DELTA)
    if fairness == 0:
        return ratio.copy()
    power = 1 - fairness
    return np.asarray(((DELTA + ratio) ** power - DELTA**power) / power)


def marginal_utility(ratio: FloatArray, fairness: float) -> FloatArray:
    """Return the derivative U_α'(r) = (δ + r)^-α, shape as given."""
    return np.asarray((DELTA + ratio) ** -fairness)


def ratio_at_marginal(slope: FloatArray, fairness: float) -> FloatArray:
    """Return the r ≥ 0 with U_α'(r) = slope > 0, or 0 where the slope is steeper than U_α'(0).

    Not defined at α = 0, where the slope is the same everywhere.
    """
    return np.maximum(slope ** (-1 / fairness) - DELTA, 0.0)


def ratio_of_utility(value: float, fairness: float) -> float:
    """Return U_α⁻¹(value) for a value ≥ 0; infinity where no ratio is worth so much."""
    if fairness == 0:
        return value
    if fairness == 1:
        with np.errstate(over="ignore"):  # past e^709 the ratio is as good as infinite
            return float(DELTA * np.expm1(value))
    power = 1 - fairness
    base = DELTA**power + power * value
    if base <= 0:  # α > 1: the utility is bounded from above
        return float("inf")
    return max(float(base ** (1 / power)) - DELTA, 0.0)


def equivalent_exposure(value: float, share_total: float, fairness: float) -> float:
    """Return e(v) = U_α⁻¹(v / Σ share) (Atkinson 1970).

    The ratio that, given to every agent alike, is worth `value` in all.
    """
    if share_total <= 0 or value <= 0:
        return 0.0
    return ratio_of_utility(value / share_total, fairness)


def constant_of(fairness: float) -> float:
    """Return the size of the constant in U_α, against which rounding must be measured."""
    if fairness in (0, 1):
        return 1.0
    return float(DELTA ** (1 - fairness) / abs(1 - fairness))
