"""Tours grown node by node, all at once: tables over (set, last node, time). Compiled.

A label is a partial tour. Of two that have visited the same nodes and end at the same one, the one
that is neither earlier nor cheaper is dropped (Dumas et al. 1995), and so is every label that
cannot come home better than the best tour known, by the bound of `geo.tour.tsptw.bounds`. Where a
layer holds more labels than it may, those with the least bound stay: then what is found is a tour
and no proof. With room for all of them it is both.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from geo.compiled import compiled
from geo.model import IntArray
from geo.tour.tsptw.bounds import Bound
from geo.tour.tsptw.problem import Tightened
from geo.tour.tsptw.walks import NO_WAY, Walks

Words = NDArray[np.uint64]

_FREE = -1


class Ground(NamedTuple):
    """The problem as the kernel reads it."""

    step: IntArray
    cost: IntArray
    ready: IntArray
    due: IntArray
    shortest: IntArray
    by_due: IntArray
    needs: Words  # (n, n_words) which nodes must come before


class Layer(NamedTuple):
    """Labels that have visited equally many nodes."""

    seen: Words  # (m, n_words)
    last: IntArray
    time: IntArray
    cost: IntArray
    left: IntArray  # sum of the prices of the nodes not visited
    parent: IntArray


Grown = tuple[Words, IntArray, IntArray, IntArray, IntArray, IntArray, IntArray, int]


class Search(NamedTuple):
    """A tour that is better than the limit, or an empty one, and whether nothing was left out."""

    order: IntArray
    cost: int
    complete: bool
    lowest_dropped: int


def ground_of(tight: Tightened, cost: IntArray) -> Ground:
    """Return the problem as the kernel reads it."""
    n = len(tight.ready)
    needs = np.zeros((n, (n + 63) // 64), dtype=np.uint64)
    for a, b in zip(*np.nonzero(tight.before), strict=True):
        needs[b, a // 64] |= np.uint64(1) << np.uint64(a % 64)
    by_due = np.argsort(tight.due, kind="stable").astype(np.int64)
    return Ground(
        tight.step, cost, tight.ready, tight.due, tight.shortest, by_due[by_due > 0], needs
    )


@compiled
def _holds(seen: Words, row: int, node: int) -> bool:
    return bool((seen[row, node >> 6] >> np.uint64(node & 63)) & np.uint64(1))


@compiled
def _in_time(ground: Ground, layer: Layer, row: int, k: int, time: int) -> bool:
    """Return whether every node not visited can be reached in time from k."""
    for j in ground.by_due:
        if (
            j != k
            and time + ground.shortest[k, j] > ground.due[j]
            and not _holds(layer.seen, row, j)
        ):
            return False
    return True


@compiled
def _grow(ground: Ground, walks: Walks, bound: Bound, layer: Layer, limit: int, room: int) -> Grown:
    """Return the next layer with each label's bound; the count is -1 where room was too small."""
    n_words = layer.seen.shape[1]
    slots = 16
    while slots < 2 * room:
        slots *= 2
    size = bound.near.shape[1]
    head = np.full(slots, _FREE, np.int64)
    seen = np.empty((room, n_words), np.uint64)
    last, time, cost = np.empty(room, np.int64), np.empty(room, np.int64), np.empty(room, np.int64)
    left, parent = np.empty(room, np.int64), np.empty(room, np.int64)
    total, chain = np.empty(room, np.int64), np.empty(room, np.int64)
    count = 0
    key = np.empty(n_words, np.uint64)
    for row in range(len(layer.last)):
        i = layer.last[row]
        for a in range(walks.arc_first[i], walks.arc_first[i + 1]):
            k = walks.arc_to[a]
            if k == 0 or _holds(layer.seen, row, k):
                continue
            ready = True
            for w in range(n_words):
                if ground.needs[k, w] & ~layer.seen[row, w]:
                    ready = False
            arrive = max(layer.time[row] + ground.step[i, k], ground.ready[k])
            if not ready or arrive > ground.due[k]:
                continue
            spent = layer.cost[row] + ground.cost[i, k]
            rest = layer.left[row] - bound.price[k]
            cell = walks.first[k] + arrive // walks.unit - walks.ready[k]
            pattern = 0
            for b in range(size):
                if _holds(layer.seen, row, bound.near[k, b]):
                    pattern |= 1 << b
            home = bound.best[(cell << size) + pattern]
            if home >= NO_WAY or spent + rest + home >= limit:
                continue
            if not _in_time(ground, layer, row, k, arrive):
                continue
            mix = np.uint64(k) * np.uint64(0x9E3779B97F4A7C15)
            for w in range(n_words):
                key[w] = layer.seen[row, w]
                if w == k >> 6:
                    key[w] |= np.uint64(1) << np.uint64(k & 63)
                mix ^= key[w]
                mix *= np.uint64(0xBF58476D1CE4E5B9)
                mix ^= mix >> np.uint64(29)
            slot = np.int64(mix & np.uint64(slots - 1))
            while head[slot] != _FREE:
                at = head[slot]
                same = last[at] == k
                for w in range(n_words):
                    same = same and seen[at, w] == key[w]
                if same:
                    break
                slot = (slot + 1) & (slots - 1)
            dominated = False
            at = head[slot]
            free = _FREE
            while at != _FREE:
                if time[at] <= arrive and cost[at] <= spent:
                    dominated = True
                    break
                if time[at] >= arrive and cost[at] >= spent:
                    total[at] = NO_WAY
                    free = at
                    time[at] = NO_WAY
                    cost[at] = NO_WAY
                at = chain[at]
            if dominated:
                continue
            if free != _FREE:
                at = free
            else:
                if count == room:
                    return seen, last, time, cost, left, parent, total, -1
                at = count
                count += 1
                chain[at] = head[slot]
                head[slot] = at
                seen[at, :] = key
                last[at] = k
            time[at], cost[at], left[at], parent[at] = arrive, spent, rest, row
            total[at] = spent + rest + home
    return seen, last, time, cost, left, parent, total, count


def search(ground: Ground, walks: Walks, bound: Bound, *, limit: int, width: int) -> Search:
    """Return the best tour that costs less than `limit`, with at most `width` labels a layer."""
    n = len(ground.ready)
    n_words = ground.needs.shape[1]
    start = np.array([0], dtype=np.int64)
    left = np.array([bound.price[1:].sum()], dtype=np.int64)
    layer = Layer(
        np.zeros((1, n_words), dtype=np.uint64), start, ground.ready[:1].copy(), start, left, start
    )
    history: list[tuple[IntArray, IntArray]] = []
    lowest = int(NO_WAY)
    room = 1024
    for _ in range(1, n):
        while True:
            seen, last, time, cost, rest, parent, total, count = _grow(
                ground, walks, bound, layer, limit, room
            )
            if count >= 0:
                break
            room *= 4
        kept = np.flatnonzero(total[:count] < NO_WAY)
        if len(kept) > width:
            order = np.argsort(total[kept], kind="stable")
            lowest = min(lowest, int(total[kept[order[width]]]))
            kept = np.sort(kept[order[:width]])
        if not len(kept):
            return Search(np.zeros(0, dtype=np.int64), limit, lowest >= limit, lowest)
        layer = Layer(seen[kept], last[kept], time[kept], cost[kept], rest[kept], parent[kept])
        history.append((layer.last, layer.parent))
    home = ground.cost[layer.last, 0] + layer.cost
    late = layer.time + ground.step[layer.last, 0] > ground.due[0]
    home = np.where(late, NO_WAY, home)
    best = int(np.argmin(home))
    if home[best] >= limit:
        return Search(np.zeros(0, dtype=np.int64), limit, lowest >= limit, lowest)
    total_cost, row = int(home[best]), best
    nodes: list[int] = []
    for ends, parents in reversed(history):
        nodes.append(int(ends[row]))
        row = int(parents[row])
    return Search(np.array(nodes[::-1]), total_cost, lowest >= total_cost, lowest)
