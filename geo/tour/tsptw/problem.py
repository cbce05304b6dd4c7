"""The travelling salesman with time windows, and what follows from its windows alone.

One vehicle leaves node 0, serves every other node once, within its window, and returns. It may wait
for a window to open. All numbers are integers, in any unit.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from geo.model import BoolArray, IntArray


@dataclass(frozen=True, slots=True, eq=False)
class Tsptw:
    """A problem with ``n`` nodes; node 0 is the depot.

    Parameters
    ----------
    travel
        Time and cost of the way from row to column, ``(n, n)``, not negative; the diagonal is not
        read. Not symmetric, and no triangle inequality is asked for.
    service
        Time that each node takes from the start of its service on, ``(n,)``.
    ready, due
        When service may start at the earliest and at the latest, ``(n,)``; for the depot, the
        earliest departure and the latest return.
    """

    travel: IntArray
    service: IntArray
    ready: IntArray
    due: IntArray

    def __len__(self) -> int:
        return len(self.ready)

    def cost_of(self, order: Sequence[int]) -> int:
        """Return the travel of a tour: `order` holds every node but the depot."""
        stops = np.array([0, *order, 0])
        return int(self.travel[stops[:-1], stops[1:]].sum())

    def is_tour(self, order: Sequence[int]) -> bool:
        """Return whether `order` serves every node but the depot once, and in its window."""
        if sorted(order) != list(range(1, len(self))):
            return False
        node, time = 0, int(self.ready[0] + self.service[0])
        for after in (*order, 0):
            time += int(self.travel[node, after])
            time = max(time, int(self.ready[after])) if after else time
            if time > self.due[after]:
                return False
            node, time = after, time + int(self.service[after])
        return True


@dataclass(frozen=True, slots=True, eq=False)
class Tightened:
    """What every tour of a problem keeps; the depot counts as the start, its due as the return.

    Parameters
    ----------
    step
        From the start of service to arrival at the next node, ``(n, n)``.
    shortest
        The least of that over all ways, ``(n, n)``.
    ready, due
        The windows, as narrow as they can be shown to be, ``(n,)``.
    arcs
        Which node may directly follow which, ``(n, n)``.
    before
        Which node must come somewhere before which, ``(n, n)``; the depot apart.
    """

    step: IntArray
    shortest: IntArray
    ready: IntArray
    due: IntArray
    arcs: BoolArray
    before: BoolArray


def tighten(problem: Tsptw) -> Tightened | None:
    """Return what follows from the windows, or None where they alone forbid every tour.

    The rules are those of Desrochers, Desrosiers and Solomon (1992) and Dumas et al. (1995), over
    shortest ways so that they hold without the triangle inequality.
    """
    step = problem.travel + problem.service[:, None]
    np.fill_diagonal(step, 0)
    shortest = _shortest(step)
    ready, due = problem.ready.copy(), problem.due.copy()
    n = len(problem)
    for _ in range(4 * n):
        arcs, before = _order(step, shortest, ready, due)
        new_ready, new_due = _windows(shortest, ready, due, before)
        if (new_ready[1:] > new_due[1:]).any() or (before & before.T).any():
            return None
        if (new_ready == ready).all() and (new_due == due).all():
            break
        ready, due = new_ready, new_due
    return Tightened(step, shortest, ready, due, arcs, before)


def _shortest(step: IntArray) -> IntArray:
    """Return the shortest ways between all nodes (Floyd 1962), never through the depot."""
    ways = step.copy()
    for node in range(1, len(ways)):
        np.minimum(ways, ways[:, node : node + 1] + ways[node], out=ways)
    return ways


def _windows(
    shortest: IntArray, ready: IntArray, due: IntArray, before: BoolArray
) -> tuple[IntArray, IntArray]:
    new_ready = np.maximum(ready, ready[0] + shortest[0])
    new_due = np.minimum(due, due[0] - shortest[:, 0])
    after_all = np.where(before, ready[:, None] + shortest, new_ready[None, :]).max(axis=0)
    ahead_of_all = np.where(before, due[None, :] - shortest, new_due[:, None]).min(axis=1)
    new_ready, new_due = np.maximum(new_ready, after_all), np.minimum(new_due, ahead_of_all)
    new_ready[0], new_due[0] = ready[0], due[0]
    return new_ready, new_due


def _order(
    step: IntArray, shortest: IntArray, ready: IntArray, due: IntArray
) -> tuple[BoolArray, BoolArray]:
    """Return which nodes may follow directly, and which must come before which."""
    n = len(ready)
    too_late = ready[:, None] + shortest > due[None, :]
    before = too_late.T.copy()  # j before i where i -> ... -> j comes too late
    before[0, :] = before[:, 0] = False
    np.fill_diagonal(before, val=False)
    counts = before.astype(np.float32)
    before |= counts @ counts > 0
    between = (before.astype(np.float32) @ before.astype(np.float32)) > 0
    arcs = (ready[:, None] + step <= due[None, :]) & ~before.T & ~between
    # First comes a node that waits for no other, last one for which no other waits.
    arcs[0] &= ~before.any(axis=0)
    arcs[:, 0] &= ~before.any(axis=1)
    arcs[np.arange(n), np.arange(n)] = False
    return arcs, before
