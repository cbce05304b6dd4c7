"""The best schedule of one face: which agent in which period, at given worths. Compiled.

The problem of one face: at most one agent in a period, agent j in at most ``room[j]`` periods. Up
to `SUBSET_PERIODS` periods a dynamic programme over subsets of periods solves it, agent by agent;
beyond that, augmenting paths in the bipartite graph of agents and periods. Both are exact.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from geo.compiled import compiled, inlined
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
    gain: FloatArray  # (2^P,) what each set of periods is worth to the agent at hand
    size: Int32Array  # (2^P,) how many periods are in each set
    active: IntArray  # (k,) the agents that take part
    best: FloatArray  # (P,) the most that anybody gives for a period
    cost: FloatArray  # (P,) what a posting costs, for those who fill `worth`
    before: Int32Array  # (P,) what the face carried, for those who choose anew
    chosen: IntArray  # (P,) the answer: which agent, or -1


@compiled
def make_bench(n_agents: int, n_periods: int) -> Bench:
    """Return working memory for faces of up to `n_agents` agents."""
    subsets = 1 << n_periods if n_periods <= SUBSET_PERIODS else 1
    size = np.zeros(subsets, np.int32)
    for periods in range(1, subsets):
        size[periods] = size[periods >> 1] + (periods & 1)
    return Bench(
        np.empty((n_agents, n_periods)),
        np.empty(n_agents, np.int32),
        np.empty((n_agents, subsets), np.int32),
        np.empty(subsets),
        np.empty(subsets),
        size,
        np.empty(n_agents, np.int64),
        np.empty(n_periods),
        np.empty(n_periods),
        np.empty(n_periods, np.int32),
        np.empty(n_periods, np.int64),
    )


@inlined
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


@inlined
def _best_by_period(bench: Bench, n: int) -> tuple[float, bool]:
    """Give each period to its best agent; tell whether somebody got more than their room."""
    room, chosen, best = bench.room, bench.chosen, bench.best
    n_periods = len(chosen)
    for t in range(n_periods):
        best[t], chosen[t] = 0.0, -1
    for j in range(n):
        row = bench.worth[j]
        if room[j] > 0:
            for t in range(n_periods):
                if row[t] > best[t]:
                    best[t], chosen[t] = row[t], j
    total, clash = 0.0, False
    for t in range(n_periods):
        total += best[t]
        who = chosen[t]
        if who >= 0 and room[who] < n_periods:
            taken = 0
            for s in range(n_periods):
                taken += chosen[s] == who
            clash = clash or taken > room[who]
    return total, clash


@compiled
def _best_by_subsets(bench: Bench, n: int) -> float:
    """``value[S]`` is the best of the agents so far within the periods S; ``subset[j, S]`` j's.

    Only agents and periods that are worth anything take part, and S runs over their subsets alone.
    """
    value, gain = bench.value, bench.gain
    every, k = _enter_agents(bench, n)
    value[:] = 0.0
    for i in range(k):
        room, subset = bench.room[bench.active[i]], bench.subset[i]
        allowed = _gains_of_subsets(bench, bench.active[i])
        periods = every
        while periods:
            best, mine = value[periods], 0
            part = periods & allowed
            if room == 1:
                while part:
                    bit = part & -part
                    if value[periods ^ bit] + gain[bit] > best:
                        best, mine = value[periods ^ bit] + gain[bit], bit
                    part ^= bit
            while part:
                if bench.size[part] <= room and value[periods ^ part] + gain[part] > best:
                    best, mine = value[periods ^ part] + gain[part], part
                part = (part - 1) & periods & allowed
            value[periods], subset[periods] = best, mine
            if i == k - 1:  # of the last agent only the whole is asked
                break
            periods = (periods - 1) & every
    _read_subsets(bench, k, every)
    return float(value[every])


@inlined
def _enter_agents(bench: Bench, n: int) -> tuple[int, int]:
    """Write down who is worth anything; return the periods worth anything, and how many agents."""
    every, k = 0, 0
    for j in range(n):
        row, mine = bench.worth[j], 0
        for t in range(len(row)):
            if row[t] > 0.0:
                mine |= 1 << t
        if mine and bench.room[j] > 0:
            bench.active[k] = j
            every |= mine
            k += 1
    return every, k


@inlined
def _gains_of_subsets(bench: Bench, agent: int) -> int:
    """Fill ``gain`` with what an agent's sets of periods are worth; return these periods.

    Only with those of one period where the agent has room for no more.
    """
    row, gain, allowed = bench.worth[agent], bench.gain, 0
    for t in range(len(row)):
        if row[t] > 0.0:
            bit = 1 << t
            gain[bit] = row[t]
            part = allowed if bench.room[agent] > 1 else 0
            while part:
                gain[part | bit] = gain[part] + row[t]
                part = (part - 1) & allowed
            allowed |= bit
    return allowed


@inlined
def _read_subsets(bench: Bench, k: int, every: int) -> None:
    bench.chosen[:] = -1
    left = every
    for i in range(k - 1, -1, -1):
        mine = bench.subset[i, left] if left else 0
        for t in range(len(bench.chosen)):
            if mine >> t & 1:
                bench.chosen[t] = bench.active[i]
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
