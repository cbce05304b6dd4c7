"""A lower bound of what is left of a tour: walks through the windows, priced. Compiled.

Forgetting which nodes were visited leaves walks through space and time (Christofides, Mingozzi and
Toth 1981). With a price λ(i) on each node, whatever its sign, and reduced costs c(i, j) - λ(j)::

    b(i, t) = the least reduced cost of a walk from i, served at t, back to the depot in time

a tour that has visited the nodes S, the last of them i at time t, at the cost g, costs in the end
at least  g + b(i, t) + Σ λ(j) over the nodes j that are not in S. A walk never steps straight back
where it came from. Time runs in buckets, rounded so that the bound stays one. The best prices are
found by subgradient steps (Held and Karp 1971).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.optimize import linear_sum_assignment
from scipy.sparse.csgraph import connected_components

from geo.compiled import compiled
from geo.model import BoolArray, IntArray
from geo.tour.tsptw.problem import Tightened

NO_WAY = 1 << 60


class Walks(NamedTuple):
    """Windows and steps in buckets of `unit`, and the arcs as lists.

    Node ``i`` has the cells ``first[i]`` to ``first[i + 1]``, one a bucket from ``ready[i]`` on.
    """

    unit: int
    ready: IntArray
    due: IntArray
    first: IntArray
    step: IntArray  # (n, n)
    cost: IntArray  # (n, n)
    arc_first: IntArray  # (n + 1,)
    arc_to: IntArray  # (n_arcs,)
    still: IntArray  # nodes from which another one is reached within the same bucket
    passes: int


class Bound(NamedTuple):
    """The prices ``(n,)`` and the walks: the best, its next node, the best over any other."""

    price: IntArray
    best: IntArray
    after: IntArray
    other: IntArray
    value: int


def walks_of(tight: Tightened, cost: IntArray, *, cells: int) -> Walks:
    """Return the walks with as fine a clock as leaves at most `cells` cells times arcs a node."""
    n = len(tight.ready)
    width = (tight.due - tight.ready)[1:]
    unit = 1
    degree = max(1.0, tight.arcs.sum() / n)
    while int((width // unit + 1).sum() * degree) > cells:
        unit = unit + 1 if unit < 16 else unit * 5 // 4
    ready, due = tight.ready // unit, tight.due // unit
    step = tight.step // unit
    first = np.zeros(n + 1, dtype=np.int64)
    first[1] = 1
    first[2:] = 1 + np.cumsum((due - ready + 1)[1:])
    arc_first = np.concatenate([[0], np.cumsum(tight.arcs.sum(axis=1))]).astype(np.int64)
    arc_to = np.nonzero(tight.arcs)[1].astype(np.int64)
    within = tight.arcs & (step == 0)
    within[0] = within[:, 0] = False
    still = np.flatnonzero(within.any(axis=1)).astype(np.int64)
    passes = _largest_group(within)
    return Walks(unit, ready, due, first, step, cost, arc_first, arc_to, still, passes)


def _largest_group(within: BoolArray) -> int:
    """Return how many nodes at most one may visit within one bucket, each once."""
    _, group = connected_components(within, directed=False)
    return int(np.bincount(group).max())


@compiled
def _relax(walks: Walks, price: IntArray, best: IntArray, after: IntArray, other: IntArray) -> None:
    """Fill the tables, from the last bucket back to the first."""
    n = len(walks.ready)
    latest, earliest = 0, walks.ready[0]
    for i in range(1, n):
        latest = max(latest, walks.due[i])
    best[:], other[:], after[:] = NO_WAY, NO_WAY, -1
    for time in range(latest, earliest - 1, -1):
        for i in range(1, n):
            if walks.ready[i] <= time <= walks.due[i]:
                _relax_cell(walks, price, best, after, other, i, time)
        for _ in range(1, walks.passes):
            changed = False
            for i in walks.still:
                if walks.ready[i] <= time <= walks.due[i]:
                    changed |= _relax_cell(walks, price, best, after, other, i, time)
            if not changed:
                break
    _relax_cell(walks, price, best, after, other, 0, walks.ready[0])


@compiled
def _relax_cell(
    walks: Walks,
    price: IntArray,
    best: IntArray,
    after: IntArray,
    other: IntArray,
    i: int,
    time: int,
) -> bool:
    """Fill one cell from those after it; return whether it changed."""
    least, second, to = NO_WAY, NO_WAY, -1
    for a in range(walks.arc_first[i], walks.arc_first[i + 1]):
        k = walks.arc_to[a]
        arrive = time + walks.step[i, k]
        if arrive > walks.due[k]:
            continue
        if k == 0:
            rest = 0
        else:
            cell = walks.first[k] + max(arrive, walks.ready[k]) - walks.ready[k]
            rest = best[cell] if after[cell] != i else other[cell]
        if rest >= NO_WAY:
            continue
        value = walks.cost[i, k] - price[k] + rest
        if value < least:
            least, second, to = value, least, k
        elif value < second:
            second = value
    cell = walks.first[i] + time - walks.ready[i] if i else 0
    changed = bool(best[cell] != least or other[cell] != second)
    best[cell], other[cell], after[cell] = least, second, to
    return changed


@compiled
def _count_visits(
    walks: Walks,
    bound_after: IntArray,
    best: IntArray,
    other: IntArray,
    price: IntArray,
    visits: IntArray,
) -> None:
    """Count how often the best walk from the depot visits each node."""
    visits[:] = 0
    i, time, came = 0, walks.ready[0], -1
    steps = 0
    while steps < 8 * len(visits):
        steps += 1
        cell = walks.first[i] + time - walks.ready[i] if i else 0
        k = bound_after[cell]
        if k == came and i:
            k = _second(walks, best, bound_after, other, price, i, time)
        if k <= 0:
            return
        visits[k] += 1
        time = max(time + walks.step[i, k], walks.ready[k])
        i, came = k, i


@compiled
def _second(
    walks: Walks,
    best: IntArray,
    after: IntArray,
    other: IntArray,
    price: IntArray,
    i: int,
    time: int,
) -> int:
    """Return where the best walk that does not follow ``after`` goes on from a cell."""
    cell = walks.first[i] + time - walks.ready[i]
    for a in range(walks.arc_first[i], walks.arc_first[i + 1]):
        k = walks.arc_to[a]
        arrive = time + walks.step[i, k]
        if k == after[cell] or arrive > walks.due[k]:
            continue
        rest = 0
        if k:
            at = walks.first[k] + max(arrive, walks.ready[k]) - walks.ready[k]
            rest = best[at] if after[at] != i else other[at]
        if rest < NO_WAY and walks.cost[i, k] - price[k] + rest == other[cell]:
            return int(k)
    return -1


@compiled
def _climb(walks: Walks, target: int, rounds: int, price: IntArray) -> int:
    """Improve the prices in place; return the best value, `NO_WAY` where no walk comes home."""
    n, cells = len(walks.ready), walks.first[-1]
    best, other = np.empty(cells, np.int64), np.empty(cells, np.int64)
    after = np.empty(cells, np.int64)
    visits = np.zeros(n, np.int64)
    now, direction = price.copy(), np.zeros(n)
    top, scale, since = -NO_WAY, 1.0, 0
    for _ in range(rounds):
        _relax(walks, now, best, after, other)
        if best[0] >= NO_WAY:
            return NO_WAY
        value = best[0] + now[1:].sum()
        since += 1
        if value > top:
            top, since = value, 0
            price[:] = now
        if top >= target:
            return top
        _count_visits(walks, after, best, other, now, visits)
        norm = 0.0
        for i in range(1, n):
            direction[i] = 0.4 * (1 - visits[i]) + 0.6 * direction[i]
            norm += direction[i] ** 2
        if norm < 1e-9:
            return top
        if since >= 12:
            scale, since = scale / 1.5, 0
            now[:] = price
        length = scale * min(max(target - value, 1), max(target, 1)) / norm
        most = 4 * max(target, top, 1)
        for i in range(1, n):
            # Far off, numbers would overflow.
            now[i] = min(max(now[i] + int(length * direction[i]), -most), most)
    return top


def first_prices(tight: Tightened, cost: IntArray) -> IntArray:
    """Return the prices of the assignment problem, ``(n,)``: who follows whom, cycles allowed.

    With optimal duals u(i) + v(j) ≤ c(i, j), which are shortest ways in the residual graph, the
    prices u(i) + v(i) make the bound at least as good as the least assignment.
    """
    n = len(cost)
    far = int(cost.max()) * n + 1
    allowed = np.where(tight.arcs, cost, far)
    rows, columns = linear_sum_assignment(allowed)
    row, column = np.zeros(n, dtype=np.int64), np.zeros(n, dtype=np.int64)
    for _ in range(n):
        column = (allowed - row[:, None]).min(axis=0)
        new_row = np.empty_like(row)
        new_row[rows] = allowed[rows, columns] - column[columns]
        if (new_row == row).all():
            break
        row = new_row
    price = row + column
    price[0] = 0  # every tour visits the depot once: its price changes nothing
    return price


def best_bound(walks: Walks, *, target: int, rounds: int, price: IntArray | None = None) -> Bound:
    """Return the bound with good prices; `target` is what a tour is known or guessed to cost.

    The value is `NO_WAY` where it is proven that there is no tour.
    """
    n, cells = len(walks.ready), int(walks.first[-1])
    price = np.zeros(n, dtype=np.int64) if price is None else price.copy()
    _climb(walks, target, rounds, price)
    best, after, other = (np.empty(cells, dtype=np.int64) for _ in range(3))
    _relax(walks, price, best, after, other)
    value = NO_WAY if best[0] >= NO_WAY else int(best[0] + price[1:].sum())
    return Bound(price, best, after, other, value)
