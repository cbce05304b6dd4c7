"""The tables over (set of stops, last stop, free slot) and their sharing among kits. Compiled.

Held and Karp (1962) with the calendar as a third coordinate. For one kit::

    F(m, j) = every pair (t, c) that no other one beats: having visited the stops m but j, a kit can
              be at j, free to open there from slot t on, at the cost c

Being free earlier allows everything that being free later does, so only pairs stay that are earlier
or cheaper than the others: a handful. From (t, c) in F(m, i), the earliest stay at i that begins in
slot t or later and may be left for j gives a pair of F(m + j, j). Sets that cannot be visited hold
nothing and take no memory.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from geo.compiled import compiled
from geo.model import IntArray

NEVER = 1 << 61
_FIRST_ROOM = 1 << 16
_MOST_TIGHT = 1 << 16

Int16Array = NDArray[np.int16]


class Steps(NamedTuple):
    """Roads and calendars as the kernels read them; ``H`` is a slot that stands for never.

    `free` ``(n, n + 1, H + 1)``: from being free at a stop from a slot on, the slot after the
    earliest stay there that may be left for a node. `free_first` ``(n, n + 1)``: the same for the
    first stop of a kit. `leg` ``(n + 1, n + 1)``: costs, `NEVER` where no kit drives.
    """

    free: Int16Array
    free_first: Int16Array
    leg: IntArray


class Fronts(NamedTuple):
    """The pairs of every F(m, j), by rising slot: those from ``first[m n + j]`` on."""

    first: IntArray
    slot: Int16Array
    cost: IntArray


@compiled
def fill(steps: Steps, most: int) -> Fronts:
    """Return all fronts; ``first[-1]`` is -1 where they would hold more than `most` pairs."""
    n = len(steps.free)
    never = steps.free.shape[2] - 1
    first = np.zeros((n << n) + 1, np.int64)
    slot, cost = np.empty(_FIRST_ROOM, np.int16), np.empty(_FIRST_ROOM, np.int64)
    bucket = np.full(never + 1, NEVER, np.int64)
    count = 0
    for m in range(1, 1 << n):
        for j in range(n):
            first[m * n + j] = count
            if not m >> j & 1:
                continue
            if m == 1 << j:
                low, high = 0, 0
                bucket[0] = steps.leg[0, j + 1]
            else:
                low, high = _gather(steps, first, slot, cost, m ^ (1 << j), j, bucket)
            if count + never + 1 > len(slot):
                if count > most:
                    first[-1] = -1
                    return Fronts(first, slot[:0], cost[:0])
                slot, cost = _doubled(slot, cost)
            least = NEVER
            for t in range(low, high + 1):
                if bucket[t] < least:
                    least = bucket[t]
                    slot[count], cost[count] = t, least
                    count += 1
                bucket[t] = NEVER
    first[-1] = count
    return Fronts(first, slot[:count], cost[:count])


@compiled
def _gather(
    steps: Steps,
    first: IntArray,
    slot: Int16Array,
    cost: IntArray,
    before: int,
    j: int,
    bucket: IntArray,
) -> tuple[int, int]:
    """Fill the bucket of each slot with the least cost to be free at j, coming from a set.

    Return the first and the last slot that hold one.
    """
    n = len(steps.free)
    never = steps.free.shape[2] - 1
    low, high = never, -1
    for i in range(n):
        leg = steps.leg[i + 1, j + 1]
        if not before >> i & 1 or leg >= NEVER:
            continue
        alone = before == 1 << i
        for at in range(first[before * n + i], first[before * n + i + 1]):
            t = steps.free_first[i, j + 1] if alone else steps.free[i, j + 1, slot[at]]
            if t < never:
                bucket[t] = min(bucket[t], cost[at] + leg)
                low, high = min(low, t), max(high, t)
    return low, high


@compiled
def _doubled(slot: Int16Array, cost: IntArray) -> tuple[Int16Array, IntArray]:
    more_slot, more_cost = np.empty(2 * len(slot), np.int16), np.empty(2 * len(cost), np.int64)
    more_slot[: len(slot)], more_cost[: len(cost)] = slot, cost
    return more_slot, more_cost


@compiled
def close(steps: Steps, fronts: Fronts, until: int) -> IntArray:
    """Return what one kit costs for each set ``(2**n,)`` when its last stay ends before a slot."""
    n = len(steps.free)
    best = np.full(1 << n, NEVER, np.int64)
    best[0] = 0  # a kit may stay at the depot
    for m in range(1, 1 << n):
        for j in range(n):
            leg = steps.leg[j + 1, 0]
            if not m >> j & 1 or leg >= NEVER:
                continue
            for at in range(fronts.first[m * n + j], fronts.first[m * n + j + 1]):
                alone = m == 1 << j
                t = steps.free_first[j, 0] if alone else steps.free[j, 0, fronts.slot[at]]
                if t <= until:
                    best[m] = min(best[m], fronts.cost[at] + leg)
    return best


@compiled
def finish(steps: Steps, fronts: Fronts) -> IntArray:
    """Return the earliest slot after the last stay of one kit for each set ``(2**n,)``.

    0 for no stops, the slot ``H`` where there is none.
    """
    n = len(steps.free)
    never = steps.free.shape[2] - 1
    soonest = np.full(1 << n, never, np.int64)
    soonest[0] = 0
    for m in range(1, 1 << n):
        for j in range(n):
            if not m >> j & 1 or steps.leg[j + 1, 0] >= NEVER:
                continue
            for at in range(fronts.first[m * n + j], fronts.first[m * n + j + 1]):
                alone = m == 1 << j
                t = steps.free_first[j, 0] if alone else steps.free[j, 0, fronts.slot[at]]
                soonest[m] = min(soonest[m], np.int64(t))
    return soonest


@compiled
def share(one: IntArray, rest: IntArray, allowed: int, alike: int) -> IntArray:
    """Return for each set the least cost when one more kit takes the stops ``s`` of it.

    ::

        shared(m) = min over s in m and in `allowed` of one(s) + rest(m - s)

    With `alike`, `rest` is shared among kits like this one, so this one may as well be the one that
    takes the first stop of the set.
    """
    shared = rest.copy()
    for m in range(1, len(one)):
        mine = m & allowed
        must = m & -m if alike else 0
        if must & ~mine:
            continue
        least, free = shared[m], mine ^ must
        s = free
        while True:
            least = min(least, one[s | must] + rest[m ^ (s | must)])
            if s == 0:
                break
            s = (s - 1) & free
        shared[m] = min(least, NEVER)
    return shared


@compiled
def tight(
    one: IntArray, rest: IntArray, allowed: int, states: IntArray, spent: IntArray, most: int
) -> IntArray:
    """Return the rows ``(set, s)`` with which a kit may take ``s`` of a set at `most` in all.

    `spent` is what the kits after this one cost where these stops are left to it and to those
    before it, for whom `rest` is the least. No rows at all where they would be too many.
    """
    rows = np.empty((_MOST_TIGHT, 2), np.int64)
    count = 0
    for at in range(len(states)):
        m = states[at]
        mine = m & allowed
        s = mine
        while True:
            if spent[at] + one[s] + rest[m ^ s] <= most:
                if count == _MOST_TIGHT:
                    return rows[:0]
                rows[count, 0], rows[count, 1] = m, s
                count += 1
            if s == 0:
                break
            s = (s - 1) & mine
    return rows[:count]


@compiled
def split(one: IntArray, rest: IntArray, allowed: int, m: int, value: int) -> int:
    """Return the stops that one more kit takes in `share`: of several the least number."""
    mine = m & allowed
    found = -1
    s = mine
    while True:
        if one[s] < NEVER and rest[m ^ s] < NEVER and one[s] + rest[m ^ s] == value:
            found = s
        if s == 0:
            return found
        s = (s - 1) & mine


@compiled
def share_finish(one: IntArray, rest: IntArray, allowed: int, alike: int) -> IntArray:
    """Return what `share` does for finishing times: the least ``max(one(s), rest(m - s))``."""
    shared = rest.copy()
    for m in range(1, len(one)):
        mine = m & allowed
        must = m & -m if alike else 0
        if must & ~mine:
            continue
        least, free = shared[m], mine ^ must
        s = free
        while True:
            least = min(least, max(one[s | must], rest[m ^ (s | must)]))
            if s == 0:
                break
            s = (s - 1) & free
        shared[m] = least
    return shared
