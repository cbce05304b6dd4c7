"""The best schedule of one face: which agent in which period, at given worths. Compiled.

The problem of one face: at most one agent in a period, agent j in at most ``room[j]`` periods. Up
to `SUBSET_PERIODS` periods a dynamic programme over subsets of periods solves it, agent by agent;
beyond that, augmenting paths in the bipartite graph of agents and periods. Both are exact.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from geo.compiled import compiled
from geo.model import FloatArray, IntArray

SUBSET_PERIODS = 6
CLOSED = -1.0
"""Worth of a choice that is not allowed; nothing worth 0 or less is ever chosen."""

Int32Array = NDArray[np.int32]


class Bench(NamedTuple):
    """Working memory for the schedule of one face with up to k agents and P periods."""

    worth: FloatArray  # (k, P)
    room: Int32Array  # (k,)
    subset: Int32Array  # (k, 2^P)
    value: FloatArray  # (2^P,)
    chosen: IntArray  # (P,) the answer: which agent, or -1


@compiled
def make_bench(n_agents: int, n_periods: int) -> Bench:
    """Return working memory for faces of up to `n_agents` agents."""
    subsets = 1 << n_periods if n_periods <= SUBSET_PERIODS else 1
    return Bench(
        np.empty((n_agents, n_periods)),
        np.empty(n_agents, np.int32),
        np.empty((n_agents, subsets), np.int32),
        np.empty(subsets),
        np.empty(n_periods, np.int64),
    )


@compiled
def best_schedule(bench: Bench, n: int) -> float:
    """Choose for the first `n` agents of the bench; return the worth of ``bench.chosen``.

    Ties go to the agent that comes first.
    """
    total, clash = _best_by_period(bench, n)
    if not clash:
        return total
    if bench.worth.shape[1] <= SUBSET_PERIODS:
        return _best_by_subsets(bench, n)
    return _best_by_paths(bench, n)


@compiled
def _best_by_period(bench: Bench, n: int) -> tuple[float, bool]:
    """Give each period to its best agent; tell whether somebody got more than their room."""
    worth, room, chosen = bench.worth, bench.room, bench.chosen
    n_periods = worth.shape[1]
    total = 0.0
    for t in range(n_periods):
        best, who = 0.0, -1
        for j in range(n):
            if worth[j, t] > best and room[j] > 0:
                best, who = worth[j, t], j
        chosen[t] = who
        total += best
    clash = False
    for t in range(n_periods):
        if chosen[t] >= 0 and room[chosen[t]] < n_periods:
            taken = 0
            for s in range(n_periods):
                if chosen[s] == chosen[t]:
                    taken += 1
            if taken > room[chosen[t]]:
                clash = True
    return total, clash


@compiled
def _best_by_subsets(bench: Bench, n: int) -> float:
    """``value[S]`` is the best of the agents so far within the periods S; ``subset[j, S]`` j's."""
    worth, subset, value = bench.worth, bench.subset, bench.value
    n_periods = worth.shape[1]
    full = (1 << n_periods) - 1
    value[:] = 0.0
    for j in range(n):
        allowed = 0
        for t in range(n_periods):
            if worth[j, t] > 0.0:
                allowed |= 1 << t
        room = bench.room[j] if allowed else 0
        for periods in range(full, -1, -1):
            best, mine = value[periods], 0
            if room == 1:
                for t in range(n_periods):
                    bit = 1 << t
                    if periods & allowed & bit and value[periods ^ bit] + worth[j, t] > best:
                        best, mine = value[periods ^ bit] + worth[j, t], bit
            elif room > 1:
                part = periods & allowed
                while part:
                    size, gain = 0, 0.0
                    for t in range(n_periods):
                        if part >> t & 1:
                            size += 1
                            gain += worth[j, t]
                    if size <= room and value[periods ^ part] + gain > best:
                        best, mine = value[periods ^ part] + gain, part
                    part = (part - 1) & periods & allowed
            value[periods] = best
            subset[j, periods] = mine
    _read_subsets(bench, n, full)
    return float(value[full])


@compiled
def _read_subsets(bench: Bench, n: int, full: int) -> None:
    bench.chosen[:] = -1
    left = full
    for j in range(n - 1, -1, -1):
        mine = bench.subset[j, left]
        for t in range(len(bench.chosen)):
            if mine >> t & 1:
                bench.chosen[t] = j
        left ^= mine


@compiled
def _best_by_paths(bench: Bench, n: int) -> float:
    """Add one period at a time along the path of most gain (Bellman-Ford, as in min-cost flow)."""
    worth, room, chosen = bench.worth, bench.room, bench.chosen
    n_periods = worth.shape[1]
    chosen[:] = -1
    taken = np.zeros(n, np.int64)
    while True:
        # best[j]: most gain of a chain of moves that ends with one more period wanted by agent j.
        best = np.full(n, -np.inf)
        via = np.full(n, -1)
        for j in range(n):
            for t in range(n_periods):
                if chosen[t] < 0 and worth[j, t] > 0.0 and worth[j, t] > best[j]:
                    best[j], via[j] = worth[j, t], t
        for _ in range(n):
            moved = False
            for t in range(n_periods):
                i = chosen[t]
                if i < 0:
                    continue
                for j in range(n):
                    gain = best[i] + worth[j, t] - worth[i, t]
                    noise = 1e-12 * (worth[j, t] + worth[i, t])  # ties must not run in circles
                    if j != i and worth[j, t] > 0.0 and gain > best[j] + noise:
                        best[j], via[j], moved = gain, t, True
            if not moved:
                break
        who = -1
        for j in range(n):
            if taken[j] < room[j] and best[j] > 0.0 and (who < 0 or best[j] > best[who]):
                who = j
        if who < 0:
            break
        _follow(chosen, via, taken, who)
    total = 0.0
    for t in range(n_periods):
        if chosen[t] >= 0:
            total += worth[chosen[t], t]
    return total


@compiled
def _follow(chosen: IntArray, via: IntArray, taken: IntArray, who: int) -> None:
    taken[who] += 1
    j = who
    while True:
        t = via[j]
        i = chosen[t]
        chosen[t] = j
        if i < 0:
            break
        j = i
