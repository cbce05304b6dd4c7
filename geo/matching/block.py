"""One block of the matching, solved: prices, then an allocation from them, then both again.

A block is a matching problem in one piece. Its budget is its own, or (in a larger plan) a price of
a cent that is given from outside, at which it buys what is worth it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from geo.matching.ascent import (
    Board,
    State,
    Terms,
    clear_close,
    loss_per_cent,
    rebuild,
    sweep,
)
from geo.matching.dual import Dual, Prices
from geo.matching.network import Int32Array, Network
from geo.matching.prices import Spacing, first_prices, improve_prices
from geo.matching.utility import equivalent_exposure, utility
from geo.matching.workers import Workers
from geo.model import FloatArray

NEARBY = 8
"""Faces that are emptied and filled together."""

LEAN = 0.97
"""By how much the price of a cent falls from sweep to sweep while money is left."""


@dataclass(frozen=True, slots=True)
class Effort:
    """How long to try; everything is counted in steps, so that the answer never depends on time.

    Parameters
    ----------
    gap
        Stop at this gap in equivalent exposure.
    rounds
        Prices and allocation are improved in turn at most so many times.
    price_steps
        Evaluations of the dual in one round; a quarter as many come first without spacing.
    sweeps
        Passes over all faces in the first round.
    rebuilds
        Times that each face close to others is emptied with its surroundings, in one round.
    """

    gap: float = 1e-4
    rounds: int = 4
    price_steps: int = 80
    sweeps: int = 12
    rebuilds: int = 20


@dataclass(frozen=True, slots=True)
class Wish:
    """What was posted before, and how much it is worth to keep it: edges (F, P), and a bonus."""

    keep: Int32Array
    bonus: float


@dataclass(frozen=True, slots=True)
class Answer:
    """An allocation of a block, prices, and the certified bound at these prices."""

    pick: Int32Array
    prices: Prices
    bound: float
    objective: float


def no_wish(network: Network) -> Wish:
    """Return the wish of somebody who had nothing before."""
    return Wish(np.zeros((0, network.n_periods), dtype=np.int32), 0.0)


def objective_of(network: Network, state: State) -> float:
    """Return Σ_a share(a) U_α(ratio(a))."""
    share = network.agents.share
    return float(share @ utility(np.maximum(state.ratio, 0.0), network.fairness))


def state_of(network: Network, pick: Int32Array) -> State:
    """Return the state that follows from picks ``(F, P)``, summed afresh."""
    edges = network.edges
    face, period = np.nonzero(pick >= 0)
    edge = pick[face, period]
    agent = edges.agent[edge]
    gain = edges.relevance[edge] * edges.contacts[face, period] * network.agents.per_exposure[agent]
    n = network.n_agents
    return State(
        pick,
        network.agents.base_ratio + np.bincount(agent, weights=gain, minlength=n),
        np.bincount(agent, minlength=n).astype(np.int64),
        np.array([edges.price_cents[face, period].sum()]),
    )


def gap_of(network: Network, objective: float, bound: float) -> float:
    """Return 1 - e(objective) / e(bound)."""
    total = float(network.agents.share.sum())
    best = equivalent_exposure(bound, total, network.fairness)
    if best <= 0:
        return 0.0
    return max(0.0, 1 - equivalent_exposure(objective, total, network.fairness) / best)


def solve_block(
    network: Network,
    *,
    effort: Effort,
    workers: Workers,
    wish: Wish,
    start: Prices | None = None,
    first: Int32Array | None = None,
    fixed_cent: bool = False,
) -> Answer:
    """Return a good allocation of one block and a bound on how much better another may be.

    Parameters
    ----------
    start
        Prices to begin with; found here where there are none.
    first
        Picks to begin with, which keep every rule; from the prices where there are none.
    fixed_cent
        The price of a cent is ``start.cent`` and the budget is nobody's concern here: it is kept
        over all blocks together. The bound is then that of the priced problem.
    """
    dual = Dual(network, workers)
    prices = first_prices(dual) if start is None else start
    if start is None:
        prices = improve_prices(
            dual, prices, steps=effort.price_steps // 4, spacing=Spacing.NONE, fixed_cent=False
        ).prices
    best = _round(dual, prices, first, wish, effort, number=0, fixed_cent=fixed_cent)
    for number in range(1, 1 if fixed_cent else effort.rounds):
        if gap_of(network, best.objective, best.bound) <= effort.gap:
            break
        again = _round(dual, best.prices, best.pick, wish, effort, number=number)
        best = _better(best, again)
    return best


def _round(
    dual: Dual,
    prices: Prices,
    pick: Int32Array | None,
    wish: Wish,
    effort: Effort,
    *,
    number: int,
    fixed_cent: bool = False,
) -> Answer:
    """Improve the prices, then an allocation: `pick`, or the one that the prices lead to."""
    network = dual.network
    for spacing in (Spacing.FOLDED, Spacing.FREE):
        prices = improve_prices(
            dual, prices, steps=effort.price_steps // 2, spacing=spacing, fixed_cent=fixed_cent
        ).prices
    bound = dual.bound(prices)  # leaves its picks in the dual
    climb = _Climb(network, prices, wish, effort, seed=network.seed * 1000 + number)
    if pick is None:
        pick = climb.from_prices(dual.pick, budgeted=not fixed_cent)
    pick = climb.improve(pick, budgeted=not fixed_cent)
    return Answer(pick, prices, bound, objective_of(network, state_of(network, pick)))


def _better(old: Answer, new: Answer) -> Answer:
    """Return the better allocation with the better bound, whichever round they come from."""
    answer = new if new.objective >= old.objective else old
    certificate = new if new.bound <= old.bound else old
    return replace(answer, prices=certificate.prices, bound=certificate.bound)


class _Climb:
    """From picks that the prices lead to, to an allocation that keeps every rule."""

    def __init__(
        self, network: Network, prices: Prices, wish: Wish, effort: Effort, *, seed: int
    ) -> None:
        self._network, self._wish, self._effort, self._seed = network, wish, effort, seed
        self._board = Board(network.edges, network.agents, network.near, network.rows)
        self._budget = np.inf if network.budget is None else network.budget
        self._cent = prices.cent
        self._row_price = prices.rows
        self._no_rows = prices.rows[:0]
        share, most = network.agents.share, network.most_ratio
        top = utility(np.maximum(most, 1.0), network.fairness)
        self._quota_bonus = float((share * top).max()) if len(share) else 0.0

    def from_prices(self, pick: Int32Array, *, budgeted: bool) -> Int32Array:
        """Return picks that keep every rule but the budget, from picks that the prices lead to."""
        state = state_of(self._network, pick.copy())
        clear_close(self._board, state)
        state = state_of(self._network, state.pick)
        self._sweep(state, steer=budgeted)
        return state.pick

    def improve(self, pick: Int32Array, *, budgeted: bool) -> Int32Array:
        """Return picks made better, which keep every rule (the budget too if `budgeted`)."""
        state = self._rebuild(state_of(self._network, pick.copy()))
        if budgeted and np.isfinite(self._budget):
            state = self._fit_budget(state)
        return state.pick

    def _terms(self, *, hard: bool, row_price: FloatArray) -> Terms:
        return Terms(
            self._network.fairness,
            self._cent,
            self._budget,
            hard,
            self._quota_bonus,
            self._wish.keep,
            self._wish.bonus,
            row_price,
        )

    def _sweep(self, state: State, *, steer: bool) -> None:
        """Sweep, first with prices on spacing; steer the price of a cent towards the budget."""
        half = self._effort.sweeps // 2
        for number in range(self._effort.sweeps):
            rows = self._row_price if number < half else self._no_rows
            changed = sweep(self._board, state, self._terms(hard=False, row_price=rows))
            if steer and 0 < self._budget < np.inf and number < self._effort.sweeps - 3:
                self._cent *= max(1 + 0.8 * (state.cost[0] / self._budget - 1), 0.5)
            if changed == 0 and number > half:
                break

    def _rebuild(self, state: State) -> State:
        degree, agents = np.diff(self._network.near.first), np.diff(self._network.edges.first)
        candidates = np.flatnonzero((degree > 0) & (agents > 0))
        rounds = self._effort.rebuilds * len(candidates) // 3
        terms = self._terms(hard=False, row_price=self._no_rows)
        for number in range(3 if rounds else 0):
            seed = self._seed * 3 + number + 1
            rebuild(self._board, state, terms, candidates, rounds, NEARBY, seed)
            state = state_of(self._network, state.pick)
        return state

    def _fit_budget(self, state: State) -> State:
        """Take away what is worth least until the budget is kept, then spend what is left."""
        for _ in range(6):
            state = state_of(self._network, state.pick)
            terms = self._terms(hard=True, row_price=self._no_rows)
            if state.cost[0] > self._budget:
                state = trim(self._network, state, terms, self._budget)
            sweep(self._board, state, terms)
            self._cent *= LEAN
        return state_of(self._network, state.pick)


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
