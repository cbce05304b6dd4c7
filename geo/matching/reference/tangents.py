"""The concave utility as tangents: what a linear solver can be told of it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from geo.matching.reference.model import Model
from geo.matching.utility import DELTA, marginal_utility, utility
from geo.model import FloatArray, IntArray

STEEPEST = 1e7
"""Tangents steeper than this times the slope at r = 1 are left out, for the solver's sake.

Leaving one out can only raise the bound.
"""


@dataclass(frozen=True, slots=True)
class Tangents:
    """Lines ``z <= slope * r + height`` over the utility of some agents; arrays of one length.

    `player` is a place in `Curves.agents`.
    """

    player: IntArray
    slope: FloatArray
    height: FloatArray

    def __add__(self, more: Tangents) -> Tangents:
        return Tangents(
            np.append(self.player, more.player),
            np.append(self.slope, more.slope),
            np.append(self.height, more.height),
        )


@dataclass(frozen=True, slots=True)
class Curves:
    """The utilities of the agents that can have any exposure.

    Parameters
    ----------
    agents
        Their indices, shape ``(n_players,)``.
    weight
        Share of all the weight, shape ``(n_players,)``.
    most
        Exposure ratio if every choice were taken, shape ``(n_players,)``.
    unit
        What 1 means to the solver, in the model's own objective: utilities count in units of the
        slope at r = 1 and weights sum to 1, so that numbers near the answer are near 1.
    """

    agents: IntArray
    weight: FloatArray
    most: FloatArray
    fairness: float
    unit: float

    def utility(self, ratio: FloatArray) -> FloatArray:
        """Return the utility of ratios, in units of the slope at r = 1, shape as given."""
        return utility(ratio, self.fairness) / _slope_at_1(self.fairness)

    def tangents(self, ratio: FloatArray) -> Tangents:
        """Return one tangent a ratio; `ratio` has shape ``(n_players, n)``."""
        if self.fairness == 0:
            ratio = ratio[:, :1]  # one line says it all
        slope = marginal_utility(ratio, self.fairness) / _slope_at_1(self.fairness)
        height = self.utility(ratio) - slope * ratio
        player = np.broadcast_to(np.arange(len(self.agents))[:, None], ratio.shape)
        keep = slope <= STEEPEST
        return Tangents(player[keep], slope[keep], height[keep])

    def spread(self, n: int = 12) -> Tangents:
        """Return `n` tangents an agent, from no exposure to all that there is, evenly in log."""
        steps = np.linspace(0, 1, n)
        return self.tangents(DELTA * (((self.most[:, None] + DELTA) / DELTA) ** steps - 1))

    def around(self, ratio: FloatArray, n: int = 13, width: float = 0.15) -> Tangents:
        """Return `n` tangents an agent, close together around ``ratio`` of ``(n_players,)``."""
        scale = np.linspace(1 - width, 1 + width, n)
        return self.tangents(np.maximum((ratio[:, None] + DELTA) * scale - DELTA, 0.0))


def curves_of(model: Model) -> Curves:
    """Return the utilities in `model`."""
    most = model.ratios(model.ceiling)
    agents = np.flatnonzero((model.weight > 0) & (most > 0))
    total = float(model.weight[agents].sum())
    return Curves(
        agents=agents,
        weight=model.weight[agents] / total if total else model.weight[agents],
        most=most[agents],
        fairness=model.fairness,
        unit=total * _slope_at_1(model.fairness) if total else 1.0,
    )


def _slope_at_1(fairness: float) -> float:
    return float((DELTA + 1) ** -fairness)
