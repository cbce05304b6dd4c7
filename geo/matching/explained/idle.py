"""Why each face that carries nothing does so: the same answer as face by face, for all at once."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import numpy as np

from geo.matching.explained.offers import Why
from geo.matching.explained.standing import Bar, Standing
from geo.matching.explained.unused import Unused
from geo.matching.problem import NOBODY
from geo.model import BoolArray, FloatArray

_RANK = (
    Unused.BUDGET,
    Unused.SPACING,
    Unused.PRICE,
    Unused.LOCKED,
    Unused.NO_CONSENT,
    Unused.NOBODY_HERE,
    Unused.CLOSED,
    Unused.UNAVAILABLE,
    Unused.EXCLUDED,
)
"""The reason of a face is that of the period which came nearest to carrying something."""


def idle_reason(whys: Collection[Why]) -> Unused | None:
    """Return the reason of a face from those of its periods; None where it carries something."""
    reasons = {why.value for why in whys}
    if not reasons <= {reason.value for reason in _RANK}:
        return None
    return next(reason for reason in _RANK if reason.value in reasons)


def idle_reasons(standing: Standing) -> Mapping[int, Unused]:
    """Return the reason of each face that carries nothing, by face index."""
    found: dict[int, Unused] = {}
    idle = (standing.agent_at < 0).all(axis=1)
    checks = _checks(standing)
    for reason in _RANK:
        for face in np.flatnonzero(idle & checks[reason].any(axis=1)).tolist():
            found.setdefault(face, reason)
    return {face: found[face] for face in sorted(found)}


def _checks(standing: Standing) -> dict[Unused, BoolArray]:
    """Return where each reason is the first that holds, ``(n_faces, n_periods)`` each."""
    problem = standing.problem
    shape = standing.agent_at.shape
    free, spaced = _best_worth(standing, Bar.NONE), _best_worth(standing, Bar.SPACING)
    price = problem.price_cents * standing.allocation.cent_price
    nobody = np.broadcast_to(np.diff(standing.edge_first)[:, None] == 0, shape)
    covered = np.zeros(shape, dtype=np.bool_)
    for period in range(problem.n_periods):
        covered[problem.edge_face[problem.edge_open[:, period]], period] = True
    left = np.ones(shape, dtype=np.bool_)
    checks: dict[Unused, BoolArray] = {}
    for reason, holds in (
        (Unused.EXCLUDED, np.broadcast_to(problem.excluded[:, None], shape)),
        (Unused.UNAVAILABLE, ~problem.available),
        (Unused.CLOSED, ~problem.open),
        (Unused.NOBODY_HERE, nobody),
        (Unused.NO_CONSENT, ~covered),
        (Unused.LOCKED, standing.lock_at == NOBODY),
        (Unused.BUDGET, free > price),
        (Unused.SPACING, spaced > price),
        (Unused.PRICE, np.ones(shape, dtype=np.bool_)),
    ):
        checks[reason] = left & holds
        left = left & ~holds
    return checks


def _best_worth(standing: Standing, bar: Bar) -> FloatArray:
    """Return the most that a portrait under this bar would add, or -inf, by face and period."""
    problem = standing.problem
    best = np.full(standing.agent_at.shape, -np.inf)
    for period in range(problem.n_periods):
        edge = np.flatnonzero(standing.bar[:, period] == bar)
        most = np.full(problem.n_faces, -np.inf)
        np.maximum.at(most, problem.edge_face[edge], standing.worth(edge, period))
        best[:, period] = most
    return best
