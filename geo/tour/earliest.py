"""How early any set of stops can be finished: what is possible at all, whatever it costs.

For a kit that has visited the stops m, the last of them j, only one number matters: the first day
on which it was free to begin at j. An earlier one allows everything that a later one does, so the
table over (m, j) is exact and small, and one table over a long horizon answers every question about
days, kits and stops to drop.
"""

from __future__ import annotations

import numpy as np

from geo.model import IntArray
from geo.tour.moves import StopMoves
from geo.tour.subsets import best_split, by_size

NEVER = np.int64(1 << 30)


def earliest_finish(moves: tuple[StopMoves, ...]) -> IntArray:
    """Return for each subset, ``(2**n,)``, the half-days that one kit needs from the first one on.

    That is the last slot of a stay counted from 1 on, the way back to the depot being possible; 0
    for the empty set, `NEVER` where one kit cannot do it.
    """
    n = len(moves)
    horizon = max((int(m.end[-1]) + 2 for m in moves if len(m.end)), default=1)
    leaves = [[_free_after(m, node, horizon) for node in range(n + 1)] for m in moves]
    begins = [[_free_after_first(m, node, horizon) for node in range(n + 1)] for m in moves]
    # Day `horizon` stands for never: no stay starts on it or after it.
    free = np.full((n, 1 << n), horizon, dtype=np.int64)
    finish = np.full(1 << n, horizon, dtype=np.int64)
    finish[0] = 0
    for stop in range(n):
        finish[1 << stop] = begins[stop][0]
        for after in range(n):
            if after != stop:
                free[after, 1 << stop | 1 << after] = begins[stop][after + 1]
    for size, subsets in enumerate(by_size(n)):
        if size >= 2:
            _grow(free, finish, subsets, leaves)
    return np.where(finish >= horizon, NEVER, finish)


def _grow(
    free: IntArray, finish: IntArray, subsets: IntArray, leaves: list[list[IntArray]]
) -> None:
    """Close the subsets of one size, and extend each of them by one stop."""
    for last, leave in enumerate(leaves):
        inside = subsets[subsets >> last & 1 == 1]
        finish[inside] = np.minimum(finish[inside], leave[0][free[last, inside]])
        for after in range(len(leaves)):
            if after != last:
                grown = inside[inside >> after & 1 == 0]
                target = grown | 1 << after
                free_then = leave[after + 1][free[last, grown]]
                free[after, target] = np.minimum(free[after, target], free_then)


def _free_after(moves: StopMoves, node: int, horizon: int) -> IntArray:
    """Return for each day, ``(horizon + 1,)``, when a kit free on it can be done and gone to node.

    That is the day after the earliest stay that begins on that day or later and may be left for
    `node`; `horizon` where there is none.
    """
    table = np.full(horizon + 1, horizon, dtype=np.int64)
    for s in np.flatnonzero(moves.leave[:, node])[::-1]:
        table[: moves.start[s] + 1] = moves.end[s] + 1
    return table


def _free_after_first(moves: StopMoves, node: int, horizon: int) -> int:
    allowed = np.flatnonzero(moves.leave_first[:, node])
    return int(moves.end[allowed[0]]) + 1 if len(allowed) else horizon


def finish_with(one_kit: IntArray, kits: int) -> IntArray:
    """Return the half-days that each subset needs when up to so many kits share it."""
    shared = one_kit
    for _ in range(min(kits, len(one_kit).bit_length() - 1) - 1):
        shared = best_split(shared, one_kit, np.maximum)
    return shared
