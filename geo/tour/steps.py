"""From the stays of a problem that fits tables to what the compiled tables read."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from geo.model import BoolArray, IntArray
from geo.tour.moves import StopMoves
from geo.tour.tables import NEVER, Int16Array, Steps


def steps_of(moves: Sequence[StopMoves], leg: IntArray) -> Steps:
    """Return the steps; `leg` ``(n + 1, n + 1)`` is copied without its diagonal."""
    n = len(moves)
    never = max((int(m.end[-1]) + 2 for m in moves if len(m.end)), default=1)
    free = np.empty((n, n + 1, never + 1), dtype=np.int16)
    free_first = np.empty((n, n + 1), dtype=np.int16)
    for stop, m in enumerate(moves):
        for node in range(n + 1):
            free[stop, node] = _free_after(m, m.leave[:, node], never)
            first = np.flatnonzero(m.leave_first[:, node])
            free_first[stop, node] = m.end[first[0]] + 1 if len(first) else never
    driven = leg.astype(np.int64)
    driven.flat[:: n + 2] = NEVER
    for stop, m in enumerate(moves):
        if not m.first.any():
            driven[0, stop + 1] = NEVER
    return Steps(free, free_first, driven)


def _free_after(moves: StopMoves, leave: BoolArray, never: int) -> Int16Array:
    """Return for each slot ``(never + 1,)`` the slot after the earliest stay that may be left."""
    table = np.full(never + 1, never, dtype=np.int16)
    for s in np.flatnonzero(leave)[::-1]:
        table[: moves.start[s] + 1] = moves.end[s] + 1
    return table
