"""One block of the matching, solved: prices, then an allocation from them, then both again.

A block is a matching problem in one piece. Its budget is its own, or (in a larger plan) a price of
a cent that is given from outside, at which it buys what is worth it.
"""

from __future__ import annotations

from geo.matching.answer import Answer, Effort, Wish, answer_of, better_of, gap_of
from geo.matching.climb import Climb
from geo.matching.dual import Dual, Prices
from geo.matching.network import Int32Array, Network
from geo.matching.prices import Spacing, first_prices, improve_prices
from geo.matching.watch import Watch
from geo.matching.workers import Workers


def solve_block(
    network: Network,
    *,
    effort: Effort,
    workers: Workers,
    wish: Wish,
    watch: Watch,
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
        Picks to begin with, which keep every rule but the budget; from the prices where there are
        none.
    fixed_cent
        The price of a cent is ``start.cent`` and the budget is nobody's concern here: it is kept
        over all blocks together. The bound is then that of the priced problem.
    """
    dual = Dual(network, workers, watch)
    prices = first_prices(dual) if start is None else start
    if start is None:
        prices = improve_prices(
            dual, prices, steps=effort.price_steps // 4, spacing=Spacing.NONE, fixed_cent=False
        ).prices
    best = _round(dual, prices, first, wish, effort, number=0, fixed_cent=fixed_cent)
    for number in range(1, 1 if fixed_cent else effort.rounds):
        gap = gap_of(network, best.objective, best.bound)
        watch.tell(stage=f"tour {number}", objective=best.objective, bound=best.bound, gap=gap)
        if gap <= effort.gap or watch.stopped:
            break
        again = _round(dual, best.prices, best.pick, wish, effort, number=number)
        best = better_of(best, again, wish)
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
    budgeted = not fixed_cent
    climb = Climb(network, prices, wish, effort, number=number)
    if pick is None:
        pick = climb.settle(dual.pick, budgeted=budgeted)
    best = _improved(climb, pick, prices, bound, wish, budgeted=budgeted)
    if number == 0 and len(wish.keep):  # what was there before may be the better start
        climb = Climb(network, prices, wish, effort, number=number)
        kept = climb.settle(wish.keep, budgeted=budgeted)
        again = _improved(climb, kept, prices, bound, wish, budgeted=budgeted)
        best = better_of(best, again, wish)
    return best


def _improved(
    climb: Climb,
    pick: Int32Array,
    prices: Prices,
    bound: float,
    wish: Wish,
    *,
    budgeted: bool,
) -> Answer:
    better = climb.improve(pick, budgeted=budgeted)
    return answer_of(climb.network, better, prices=prices, bound=bound, wish=wish)
