"""How good an allocation is known to be: an upper bound that anyone can check.

Any prices on the rows and on the exposures give one (the Lagrangian dual, Geoffrion 1974): with
row prices λ ≥ 0 and exposure prices p ≥ 0,

    bound = Σ_a max_r [weight(a) U_α(r) - p(a) r]
          + Σ_j max_x [(p(a_j) gain(j) - (matrixᵀ λ)_j) x_j]  +  λ · upper

each maximum over the interval of its own variable. It holds for every allocation that keeps the
rows, however the prices were found, so no tolerance of a solver enters.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from geo.matching.reference.model import Model
from geo.matching.utility import equivalent_exposure, marginal_utility, ratio_at_marginal, utility
from geo.model import FloatArray

ROUNDING = 1e-12
"""Outward rounding of the bound, relative to the sum of the sizes of its terms.

Each term is a short sum of products in double precision (relative error below 1e-14 for the few
rows that a choice is in) and the terms are added without further loss (`math.fsum`).
"""


@dataclass(frozen=True, slots=True)
class Prices:
    """Prices of the rows ``(n_rows,)`` and of a unit of exposure ratio ``(n_agents,)``, ≥ 0."""

    rows: FloatArray
    exposure: FloatArray


def dual_bound(model: Model, prices: Prices) -> float:
    """Return an upper bound of the objective over everything that keeps the rows of `model`."""
    worth = worth_at(model, prices)
    best = np.maximum(worth * model.lower, worth * model.ceiling)
    rows = prices.rows * model.upper
    # A choice costs what its rows cost: rounding there is relative to these, not to their sum.
    sizes = abs(model.matrix).T @ prices.rows * model.ceiling
    terms = np.concatenate((best, rows, _utility_above_price(model, prices.exposure)))
    slack = ROUNDING * (math.fsum(np.abs(terms).tolist()) + math.fsum(sizes.tolist()))
    return math.fsum(terms.tolist()) + slack


def worth_at(model: Model, prices: Prices) -> FloatArray:
    """Return what one more of each column adds at the prices, shape ``(n_columns,)``."""
    worth = np.asarray(-(model.matrix.T @ prices.rows))
    worth[: len(model.choices)] += prices.exposure[model.choices.agent] * model.gain
    return worth


def _utility_above_price(model: Model, price: FloatArray) -> FloatArray:
    """Return max over 0 ≤ r ≤ r_max of weight U(r) - price r, shape ``(n_agents,)``."""
    most = model.ratios(model.ceiling)
    weighted = (model.weight > 0) & (most > 0)
    slope = np.divide(price, model.weight, out=np.zeros(len(price)), where=weighted)
    if model.fairness == 0:
        at = np.where(slope < 1, most, 0.0)
    else:
        at = most.copy()
        paid = slope > marginal_utility(most, model.fairness)
        at[paid] = ratio_at_marginal(slope[paid], model.fairness)
    return np.where(weighted, model.weight * utility(at, model.fairness) - price * at, 0.0)


def objective_of(model: Model, x: FloatArray) -> float:
    """Return Σ_a weight(a) · U_α(ratio(a)) of the choices `x`."""
    return math.fsum((model.weight * utility(model.ratios(x), model.fairness)).tolist())


def exposure_gap(objective: float, bound: float, *, share_total: float, fairness: float) -> float:
    """Return 1 - e(objective) / e(bound), the most that an allocation can be better, in [0, 1]."""
    best = equivalent_exposure(bound, share_total, fairness)
    if best <= 0:
        return 0.0
    return max(0.0, 1 - equivalent_exposure(objective, share_total, fairness) / best)
