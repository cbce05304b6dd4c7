"""One block of the matching, solved: prices, then an allocation from them, then both again.

A block is a matching problem in one piece. Its budget is its own, or (in a larger plan) a price of
a cent that is given from outside, at which it buys what is worth it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from geo.matching.answer import (
    Answer,
    Effort,
    Wish,
    answer_of,
    better_of,
    gap_of,
    objective_of,
    tolerance_of,
)
from geo.matching.ascent import State
from geo.matching.climb import Climb
from geo.matching.dual import Dual, Prices
from geo.matching.network import Int32Array, Network
from geo.matching.prices import Spacing, first_prices, improve_prices
from geo.matching.watch import Watch
from geo.matching.workers import Workers

WORTHWHILE = 0.1
"""A search for prices ends where its last steps gained less than this part of the gap asked for."""

NEARLY = 0.9
"""An allocation is good enough at this part of the gap: meeting the budget may cost a little."""

ALIKE = 0.5
"""Periods count as alike where they are so on this part of the faces."""


def solve_block(
    network: Network,
    *,
    effort: Effort,
    workers: Workers,
    wish: Wish,
    watch: Watch,
    start: Prices | None = None,
    first: Int32Array | None = None,
    tolerance: float | None = None,
) -> Answer:
    """Return a good allocation of one block and a bound on how much better another may be.

    Parameters
    ----------
    start
        Prices to begin with; found here where there are none.
    first
        Picks to begin with, which keep every rule but the budget; from the prices where there are
        none.
    tolerance
        Only for a block of a larger plan: how far from its bound it may stay, in units of the
        objective. The price of a cent is then ``start.cent`` and the budget is nobody's concern
        here: it is kept over all blocks together. The bound is that of the priced problem.
    """
    dual = Dual(network, workers, watch)
    fixed_cent = tolerance is not None
    prices = first_prices(dual) if start is None else start
    if tolerance is None:
        value = dual(prices, with_rows=False).value
        tolerance = tolerance_of(network, value, effort.gap)
    if start is None:
        prices = improve_prices(
            dual,
            prices,
            steps=effort.price_steps // 4,
            spacing=Spacing.NONE,
            fixed_cent=False,
            worthwhile=WORTHWHILE * tolerance,
        ).prices
    search = _Rounds(dual, wish, effort, tolerance=tolerance, fixed_cent=fixed_cent)
    best = search.round(prices, first, number=0)
    for number in range(1, 1 if fixed_cent else effort.rounds):
        gap = gap_of(network, best.objective, best.bound)
        watch.tell(stage=f"tour {number}", objective=best.objective, bound=best.bound, gap=gap)
        if gap <= effort.gap or watch.stopped:
            break
        best = better_of(best, search.round(best.prices, best.pick, number=number), wish)
    return best


@dataclass(frozen=True, slots=True)
class _Rounds:
    """How to improve prices and an allocation in turn."""

    dual: Dual
    wish: Wish
    effort: Effort
    tolerance: float
    fixed_cent: bool

    def round(self, prices: Prices, pick: Int32Array | None, *, number: int) -> Answer:
        """Improve the prices, then an allocation: `pick`, or the one that the prices lead to."""
        prices = self._improved_prices(prices)
        bound = self.dual.bound(prices)  # leaves its picks in the dual
        if pick is None:
            climb = self._climb(prices, bound, number)
            pick = climb.settle(self.dual.pick, budgeted=not self.fixed_cent)
            best = self._answer(climb, pick, prices, bound)
        else:
            best = self._answer(self._climb(prices, bound, number), pick, prices, bound)
        if number == 0 and len(self.wish.keep):  # what was there before may be the better start
            climb = self._climb(prices, bound, number)
            kept = climb.settle(self.wish.keep, budgeted=not self.fixed_cent)
            best = better_of(best, self._answer(climb, kept, prices, bound), self.wish)
        return best

    def _improved_prices(self, prices: Prices) -> Prices:
        """Return better prices; first alike in all periods, where the periods are alike."""
        stages = [Spacing.FREE]
        if _periods_are_alike(self.dual.network):
            stages.insert(0, Spacing.FOLDED)
        for spacing in stages:
            prices = improve_prices(
                self.dual,
                prices,
                steps=self.effort.price_steps // len(stages),
                spacing=spacing,
                fixed_cent=self.fixed_cent,
                worthwhile=WORTHWHILE * self.tolerance,
            ).prices
        return prices

    def _climb(self, prices: Prices, bound: float, number: int) -> Climb:
        network = self.dual.network

        def enough(state: State) -> bool:
            left = 0.0 if network.budget is None else network.budget - state.cost[0]
            slack = bound - objective_of(network, state) - prices.cent * left
            return bool(slack <= NEARLY * self.tolerance)

        return Climb(network, prices, self.wish, self.effort, number=number, enough=enough)

    def _answer(self, climb: Climb, pick: Int32Array, prices: Prices, bound: float) -> Answer:
        better = climb.improve(pick, budgeted=not self.fixed_cent)
        return answer_of(climb.network, better, prices=prices, bound=bound, wish=self.wish)


def _periods_are_alike(network: Network) -> bool:
    """Return whether most faces offer the same in every period, at one price."""
    contacts, price = network.edges.contacts, network.edges.price_cents
    same = (np.ptp(contacts, axis=1) == 0) & (np.ptp(price, axis=1) == 0)
    return bool(same.mean() > ALIKE)
