"""The exposure that a fair share of the campaign would give to each agent."""

from __future__ import annotations

import math

import numpy as np

from geo.matching.problem import MatchingProblem
from geo.model import FloatArray, IntArray


def targets(problem: MatchingProblem) -> FloatArray:
    """Return T(a) = Y · share(a) / Σ share, shape ``(n_agents,)``, in contacts."""
    total = math.fsum(problem.share.tolist())
    if total <= 0:
        return np.zeros(problem.n_agents)
    return most_exposure(problem) * problem.share / total


def most_exposure(problem: MatchingProblem) -> float:
    """Return Y, the most exposure that the budget could buy from faces, spacing and fairness aside.

    Every open face goes, in each period, to its most relevant agent whose consent covers it; under
    a budget the best value for money is bought first and the last face perhaps in part (the
    fractional knapsack, Dantzig 1957). Without a budget everything is bought. Locks do not count.
    """
    value, price = _best_offers(problem)
    if problem.budget_cents is None:
        return math.fsum(value.tolist())
    free = price == 0
    density = value[~free] / price[~free]
    order = np.argsort(-density, kind="stable")
    value_bought, price_bought = value[~free][order], price[~free][order]
    spent = np.cumsum(price_bought)
    whole = int(np.searchsorted(spent, problem.budget_cents, side="right"))
    bought = [*value[free].tolist(), *value_bought[:whole].tolist()]
    if whole < len(spent):
        left = problem.budget_cents - (int(spent[whole - 1]) if whole else 0)
        bought.append(float(value_bought[whole]) * left / int(price_bought[whole]))
    return math.fsum(bought)


def _best_offers(problem: MatchingProblem) -> tuple[FloatArray, IntArray]:
    """Return exposure and price in cents of each face-period that is worth anything, flat."""
    best = np.zeros((problem.n_faces, problem.n_periods))
    edge, period = np.nonzero(problem.edge_open)
    face = problem.edge_face[edge]
    worth = problem.relevance[edge] * problem.contacts[face, period]
    np.maximum.at(best.ravel(), face * problem.n_periods + period, worth)  # flat is much faster
    some = best > 0
    return best[some], problem.price_cents[some].astype(np.int64)
