"""Walks that remember some nodes, and do not come back to them as long as they do. Compiled.

Each node i has a few near ones. Of the nodes that it has visited, a walk keeps in mind at i those
that are near i, and what it forgot on the way stays forgotten (the ng-routes of Baldacci, Mingozzi
and Roberti 2011)::

    b(i, t, P) = the least of c(i, k) - λ(k) + b(k, t', (P ∪ {i}) ∩ near(k)) over the k not in P

A tour that has visited S is such a walk with P = S ∩ near(i), so that b bounds what is left of it.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from geo.compiled import compiled
from geo.model import IntArray
from geo.tour.tsptw.problem import Tightened
from geo.tour.tsptw.walks import NO_WAY, Walks


class Memory(NamedTuple):
    """Who is near whom, and what is kept in mind from one node to the next.

    A pattern has a bit for each near node. Of the pattern P at i, ``kept[i, k, P]`` is left at k.
    """

    near: IntArray  # (n, size)
    bit: IntArray  # (n, n): of k at i, -1 where it is not near
    kept: IntArray  # (n, n, 2 ** size)


def memory_of(tight: Tightened, cost: IntArray, *, size: int) -> Memory:
    """Return a memory of the `size` nearest nodes that may come before and after a node."""
    n = len(cost)
    size = min(size, max(0, n - 2))
    free = ~(tight.before | tight.before.T)
    free[0] = free[:, 0] = False
    np.fill_diagonal(free, val=False)
    apart = np.where(free, cost + cost.T, np.int64(NO_WAY))
    apart[:, 0] = NO_WAY + 1
    np.fill_diagonal(apart, NO_WAY + 1)
    near = np.argsort(apart, axis=1, kind="stable")[:, :size].astype(np.int64)
    bit = np.full((n, n), -1, dtype=np.int64)
    for b in range(size):
        bit[np.arange(n), near[:, b]] = b
    patterns = np.arange(1 << size)
    kept = np.zeros((n, n, 1 << size), dtype=np.int64)
    for i in range(n):
        here = np.where(bit[:, i] >= 0, 1 << np.maximum(bit[:, i], 0), 0)
        kept[i] = here[:, None]
        for b in range(size):
            at = bit[:, near[i, b]]
            there = np.where(at >= 0, 1 << np.maximum(at, 0), 0)
            kept[i] |= np.where(patterns >> b & 1, there[:, None], 0)
    return Memory(near, bit, kept)


@compiled
def relax_remembering(walks: Walks, memory: Memory, price: IntArray, best: IntArray) -> None:
    """Fill the table, from the last bucket back to the first; a cell has one entry a pattern."""
    latest, earliest = 0, walks.ready[0]
    for i in range(1, len(walks.ready)):
        latest = max(latest, walks.due[i])
    best[:] = NO_WAY
    for time in range(latest, earliest - 1, -1):
        for i in range(1, len(walks.ready)):
            if walks.ready[i] <= time <= walks.due[i]:
                _relax_cell(walks, memory, price, best, i, time)
        for _ in range(1, walks.passes):
            changed = False
            for i in walks.still:
                if walks.ready[i] <= time <= walks.due[i]:
                    changed |= _relax_cell(walks, memory, price, best, i, time)
            if not changed:
                break
    _relax_cell(walks, memory, price, best, 0, walks.ready[0])


@compiled
def _relax_cell(
    walks: Walks, memory: Memory, price: IntArray, best: IntArray, i: int, time: int
) -> bool:
    """Fill one cell from those after it; return whether it changed.

    A bound only falls while nodes of one bucket are gone through again.
    """
    size = memory.near.shape[1]
    patterns = 1 << size
    cell = (walks.first[i] + time - walks.ready[i] if i else 0) << size
    here = best[cell : cell + patterns]
    changed = False
    for a in range(walks.arc_first[i], walks.arc_first[i + 1]):
        k = walks.arc_to[a]
        arrive = time + walks.step[i, k]
        if arrive > walks.due[k]:
            continue
        way = walks.cost[i, k] - price[k]
        if k == 0:
            for pattern in range(patterns):
                if way < here[pattern]:
                    here[pattern] = way
                    changed = True
            continue
        at = (walks.first[k] + max(arrive, walks.ready[k]) - walks.ready[k]) << size
        there = best[at : at + patterns]
        kept = memory.kept[i, k]
        seen = 1 << memory.bit[i, k] if memory.bit[i, k] >= 0 else 0
        for pattern in range(patterns):
            rest = there[kept[pattern]]
            if rest < NO_WAY and not pattern & seen and way + rest < here[pattern]:
                here[pattern] = way + rest
                changed = True
    return changed


@compiled
def count_remembered(
    walks: Walks, memory: Memory, price: IntArray, best: IntArray, visits: IntArray
) -> None:
    """Count how often the best walk from the depot visits each node."""
    visits[:] = 0
    size = memory.near.shape[1]
    i, time, pattern = 0, walks.ready[0], 0
    for _ in range(8 * len(visits)):
        cell = ((walks.first[i] + time - walks.ready[i] if i else 0) << size) + pattern
        after = 0
        for a in range(walks.arc_first[i], walks.arc_first[i + 1]):
            k = walks.arc_to[a]
            arrive = max(time + walks.step[i, k], walks.ready[k])
            if k == 0 or arrive > walks.due[k]:
                continue
            if memory.bit[i, k] >= 0 and pattern >> memory.bit[i, k] & 1:
                continue
            at = (walks.first[k] + arrive - walks.ready[k]) << size
            rest = best[at + memory.kept[i, k, pattern]]
            if rest < NO_WAY and walks.cost[i, k] - price[k] + rest == best[cell]:
                after = k
                break
        if after == 0:
            return
        visits[after] += 1
        time = max(time + walks.step[i, after], walks.ready[after])
        i, pattern = after, memory.kept[i, after, pattern]
