"""From picks that prices lead to, to an allocation that keeps every rule."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from geo.matching.answer import Effort, Wish, state_of
from geo.matching.ascent import (
    Board,
    State,
    Terms,
    clear_close,
    loss_per_cent,
    rebuild,
    sweep,
)
from geo.matching.dual import Prices
from geo.matching.network import Int32Array, Network
from geo.matching.utility import marginal_utility
from geo.model import FloatArray

NEARBY = 8
"""Faces that are emptied and filled together."""

PASS = 2
"""Times that each face close to others is rebuilt before it is asked whether that is enough."""

OVERRUN = 1.01
"""While it is rebuilt first, an allocation may cost so many times the budget: it pays for it."""

SETTLED = 0.005
"""Sweeping goes on while it changes more faces than this part of the postings, or the cost is off
the budget by more than this part of it."""

SPENT = 1e-5
"""The budget counts as spent when no more than this part of it is left."""

TOLERANCE = 0.1
"""Round n begins by keeping what is worse by n times this part of an average posting's worth."""

FEW_REBUILDS = 40_000
"""Rebuildings at the least from round 1 on: small problems can be the hard ones …"""

MANY_REBUILDS = 250
"""… but so many a face are enough for the smallest."""

URGENCY = (1.0, 1.5, 3.0, 10.0, 100.0)
"""Postings that quotas want count so many times what they are worth, until no quota is missed."""

PROTECTION = 3.0
"""Once quotas are met, their postings count so many times that, lest improving drops them."""

STEER = 0.8
"""The price of a cent follows the cost from sweep to sweep by this part of what it is off."""

LEAN = 0.97
"""By how much the price of a cent falls from sweep to sweep while money is left."""


class Climb:
    """From picks that the prices lead to, to an allocation that keeps every rule."""

    def __init__(
        self,
        network: Network,
        prices: Prices,
        wish: Wish,
        effort: Effort,
        *,
        number: int,
        enough: Callable[[State], bool],
    ) -> None:
        self.network, self._wish, self._effort, self._number = network, wish, effort, number
        self._enough = enough
        self._board = Board(network.edges, network.agents, network.near, network.rows)
        self._budget = np.inf if network.budget is None else network.budget
        self._cent = prices.cent
        self._row_price = prices.rows
        self._posting_price = prices.posting
        self._bonus = prices.posting
        self._no_rows = prices.rows[:0]

    def settle(self, pick: Int32Array, *, budgeted: bool) -> Int32Array:
        """Return picks that keep every rule but the budget, from picks that break spacing.

        Faces are chosen anew until that changes nothing, the price of a cent steered so that the
        cost meets the budget if `budgeted`. A posting that a quota wants counts what the dual says
        it is worth; where quotas are still missed, more and more.
        """
        state = state_of(self.network, pick.copy())
        clear_close(self._board, state)
        state = state_of(self.network, state.pick)
        for urgency in URGENCY:
            worth = np.maximum(
                self._posting_price, typical_worth(self.network, state.ratio) * (urgency - 1)
            )
            self._bonus = urgency * worth
            self._sweep(state, steer=budgeted)
            if not (state.postings < self.network.agents.quota).any():
                break
        return state.pick

    def improve(self, pick: Int32Array, *, budgeted: bool) -> Int32Array:
        """Return picks made better, which keep every rule (the budget too if `budgeted`)."""
        state = state_of(self.network, pick.copy())
        worth = np.maximum(self._posting_price, typical_worth(self.network, state.ratio))
        self._bonus = PROTECTION * np.maximum(self._bonus, worth)
        state = self._rebuild(state)
        if budgeted and np.isfinite(self._budget):
            state = self._fit_budget(state)
        return state.pick

    def _terms(self, *, hard: bool, row_price: FloatArray) -> Terms:
        return Terms(
            self.network.fairness,
            self._cent,
            self._budget,
            hard,
            self._bonus,
            self._wish.keep,
            self._wish.bonus,
            row_price,
        )

    def _sweep(self, state: State, *, steer: bool) -> None:
        """Sweep, first with prices on spacing; steer the price of a cent towards the budget."""
        steer = steer and 0 < self._budget < np.inf
        for rows in (self._row_price, self._no_rows):
            for _ in range(self._effort.sweeps // 2):
                changed = sweep(self._board, state, self._terms(hard=False, row_price=rows))
                off = state.cost[0] / self._budget - 1 if steer else 0.0
                if changed <= SETTLED * state.postings.sum() and abs(off) <= SETTLED:
                    break
                self._cent *= max(1 + STEER * off, 0.5)

    def _rebuild(self, state: State) -> State:
        """Rebuild the surroundings of faces close to others, more boldly from round to round."""
        degree, agents = np.diff(self.network.near.first), np.diff(self.network.edges.first)
        candidates = np.flatnonzero((degree > 0) & (agents > 0))
        if not len(candidates) or self._effort.rebuilds == 0:
            return state
        terms = self._terms(hard=False, row_price=self._no_rows)
        rounds, passes = PASS * len(candidates), self._effort.rebuilds // PASS
        if self._number == 0:
            terms = terms._replace(budget=OVERRUN * self._budget)
        else:
            rounds, passes = self._effort.rebuilds * len(candidates), 1
            rounds = max(rounds, min(FEW_REBUILDS, MANY_REBUILDS * len(candidates)))
        tolerance = TOLERANCE * self._number * typical_worth(self.network, state.ratio)
        state = state_of(self.network, state.pick.copy())
        for number in range(passes):
            seed = (self.network.seed * 1000 + self._number) * 100 + number + 1
            rebuild(self._board, state, terms, candidates, rounds, NEARBY, seed, tolerance)
            state = state_of(self.network, state.pick)
            if self._enough(state):
                break
        return state

    def _fit_budget(self, state: State) -> State:
        """Take away what is worth least until the budget is kept, then spend what is left."""
        for _ in range(6):
            state = state_of(self.network, state.pick)
            terms = self._terms(hard=True, row_price=self._no_rows)
            if state.cost[0] > self._budget:
                state = trim(self.network, state, terms, self._budget)
            sweep(self._board, state, terms)
            if self._budget - state.cost[0] <= SPENT * self._budget:
                break
            self._cent *= LEAN
        return state_of(self.network, state.pick)


def typical_worth(network: Network, ratio: FloatArray) -> float:
    """Return what a posting adds to the utility where the exposure ratios are `ratio`, on average.

    The mean over all eligible pairs, at the margin.
    """
    edges, agents = network.edges, network.agents
    face = np.repeat(np.arange(network.n_faces), np.diff(edges.first))
    gain = edges.relevance * edges.contacts.mean(axis=1)[face] * agents.per_exposure[edges.agent]
    slope = agents.share * marginal_utility(np.maximum(ratio, 0.0), network.fairness)
    return float((slope[edges.agent] * gain).mean())


def trim(network: Network, state: State, terms: Terms, budget: float) -> State:
    """Take postings away, least loss for a cent first, until the cost is within `budget`."""
    board = Board(network.edges, network.agents, network.near, network.rows)
    loss = loss_per_cent(board, state, terms).ravel()
    order = np.argsort(loss, kind="stable")
    saved = np.cumsum(np.where(np.isfinite(loss), network.edges.price_cents.ravel(), 0.0)[order])
    enough = int(np.searchsorted(saved, state.cost[0] - budget)) + 1
    pick = state.pick.copy()
    gone = order[:enough]
    pick.ravel()[gone[np.isfinite(loss[gone])]] = -1
    return state_of(network, pick)
