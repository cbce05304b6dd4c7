"""A lower bound of what is left of a tour: walks through the windows, priced. Compiled.

Forgetting which nodes were visited leaves walks through space and time (Christofides, Mingozzi and
Toth 1981). With a price λ(i) on each node, whatever its sign, and reduced costs c(i, j) - λ(j)::

    b(i, t) = the least reduced cost of a walk from i, served at t, back to the depot in time

a tour that has visited the nodes S, the last of them i at time t, at the cost g, costs in the end
at least  g + b(i, t) + Σ λ(j) over the nodes j that are not in S. A walk never steps straight back
where it came from, or remembers more (`geo.tour.tsptw.memory`). Time runs in buckets, rounded so
that the bound stays one. The best prices are found by subgradient steps (Held and Karp 1971).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.optimize import linear_sum_assignment

from geo.compiled import compiled
from geo.model import FloatArray, IntArray
from geo.tour.tsptw.memory import Memory, count_remembered, relax_remembering
from geo.tour.tsptw.problem import Tightened
from geo.tour.tsptw.walks import NO_WAY, Walks


class Bound(NamedTuple):
    """The prices ``(n,)``, the least of each cell for each pattern of `near`, and the value.

    Bit ``b`` of a pattern tells that ``near[i, b]`` has been visited.
    """

    price: IntArray
    best: IntArray
    near: IntArray  # (n, so many)
    value: int


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
def _lean(visits: IntArray, direction: FloatArray) -> float:
    """Turn the direction towards nodes visited once; return its length, squared."""
    norm = 0.0
    for i in range(1, len(visits)):
        direction[i] = 0.4 * (1 - visits[i]) + 0.6 * direction[i]
        norm += direction[i] ** 2
    return norm


@compiled
def _climb(walks: Walks, memory: Memory, target: int, rounds: int, price: IntArray) -> int:
    """Improve the prices in place; return the best value, `NO_WAY` where no walk comes home."""
    n, cells = len(walks.ready), walks.first[-1]
    size = memory.near.shape[1]
    best, other = np.empty(cells << size, np.int64), np.empty(cells, np.int64)
    after = np.empty(cells, np.int64)
    visits = np.zeros(n, np.int64)
    now, direction = price.copy(), np.zeros(n)
    top, scale, since = -NO_WAY, 1.0, 0
    for _ in range(rounds):
        if size:
            relax_remembering(walks, memory, now, best)
        else:
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
        if size:
            count_remembered(walks, memory, now, best, visits)
        else:
            _count_visits(walks, after, best, other, now, visits)
        norm = _lean(visits, direction)
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


def best_bound(walks: Walks, memory: Memory, *, target: int, rounds: int, price: IntArray) -> Bound:
    """Return the bound with prices as good as so many rounds make them.

    `target` is what a tour is known or guessed to cost. The value is `NO_WAY` where it is proven
    that there is no tour.
    """
    cells, size = int(walks.first[-1]), memory.near.shape[1]
    price = price.copy()
    _climb(walks, memory, target, rounds, price)
    best = np.empty(cells << size, dtype=np.int64)
    if size:
        relax_remembering(walks, memory, price, best)
    else:
        after, other = np.empty_like(best), np.empty_like(best)
        _relax(walks, price, best, after, other)
    value = NO_WAY if best[0] >= NO_WAY else int(best[0] + price[1:].sum())
    return Bound(price, best, memory.near, value)
