"""A lower bound of the driving time of any tour, for problems that are not solved to the proof.

Without the rule that a stop is visited once, a kit walks through the calendar as it likes. With a
price λ(j) on each stop, whatever its sign, reduced legs d(i, j) - λ(j), and b(λ) the cheapest walk
of one kit, never straight back where it came from (Christofides, Mingozzi and Toth 1981)::

    any tour costs at least  Σ λ(j) + kits · min(0, b(λ))

The prices begin with those of the assignment problem (who follows whom, depots counted as often as
there are kits), which alone give its value, and are improved by subgradient steps.
"""

from __future__ import annotations

import numpy as np
from scipy.optimize import linear_sum_assignment

from geo.compiled import compiled
from geo.model import BoolArray, IntArray
from geo.tour.problem import TourProblem
from geo.tour.trips import Road, trips_between

_FAR = 1 << 50
_FINE = 16
_WORK = 25_000_000_000
"""How many steps of walks are priced in all: about a minute."""

_MOST_ROUNDS = 2_000
_FEW_STOPS = 40
_PATIENCE = 20


def possible_legs(problem: TourProblem) -> BoolArray:
    """Return ``(n + 1, n + 1)`` which legs may be driven at all; of many stops, not only those."""
    n = len(problem.stop_ids)
    nodes = np.arange(n + 1)
    possible = Road.between(problem, nodes[:, None], nodes[None]).within_limit.copy()
    first = np.array([-1, *(stays[0].end if stays else _FAR for stays in problem.stays)])
    last = np.array([_FAR, *(stays[-1].start if stays else -1 for stays in problem.stays)])
    possible &= first[:, None] < last
    possible[nodes, nodes] = False
    for leg in problem.forbidden:
        possible[leg] = False
    if n <= _FEW_STOPS:
        for origin, target in zip(*np.nonzero(possible), strict=True):
            trips = trips_between(problem, int(origin), int(target))
            possible[origin, target] = trips.possible.any()
    return possible


def drive_floor(problem: TourProblem, *, known_s: int | None = None) -> int:
    """Return seconds that no tour can drive less than; `known_s` is what one is known to take."""
    n = len(problem.stop_ids)
    if n == 0 or not all(problem.stays):
        return 0
    leg = np.where(possible_legs(problem), problem.cost_s * _FINE, _FAR)
    price, least = _assignment(leg, problem.kits)
    free = _free(problem)
    target = known_s * _FINE if known_s is not None else least + least // 4
    steps = n * sum(map(len, problem.stays))
    rounds = max(5, min(_MOST_ROUNDS, _WORK // steps))
    best = _climb(leg, free, price, problem.kits, np.array([max(target, 1), rounds, least]))
    return max(0, -(-int(best) // _FINE))


def _free(problem: TourProblem) -> IntArray:
    """Return the slot after the earliest stay from each slot on, ``(n, H + 1)``; H is never."""
    never = problem.n_slots + 1
    free = np.full((len(problem.stop_ids), never + 1), never, dtype=np.int64)
    for stop, stays in enumerate(problem.stays):
        for stay in reversed(stays):
            free[stop, : stay.start + 1] = stay.end + 1
    return free


def _assignment(leg: IntArray, kits: int) -> tuple[IntArray, int]:
    """Return the prices ``(n + 1,)`` of the stops in the assignment problem, and its value."""
    kits = min(kits, len(leg) - 1)
    nodes = np.concatenate([np.arange(1, len(leg)), np.zeros(kits, dtype=np.int64)])
    table = leg[np.ix_(nodes, nodes)]
    table[-kits:, -kits:] = 0  # a kit may stay at the depot
    rows, columns = linear_sum_assignment(table)
    value = int(table[rows, columns].sum())
    row, column = np.zeros(len(nodes), dtype=np.int64), np.zeros(len(nodes), dtype=np.int64)
    for _ in range(len(nodes)):
        column = (table - row[:, None]).min(axis=0)
        tighter = np.empty_like(row)
        tighter[rows] = table[rows, columns] - column[columns]
        if (tighter == row).all():
            break
        row = tighter
    price = np.zeros(len(leg), dtype=np.int64)
    price[1:] = (row + column)[:-kits]
    return price, value if value < _FAR else 0


@compiled
def _walk(
    leg: IntArray, free: IntArray, price: IntArray, best: IntArray, other: IntArray, after: IntArray
) -> int:
    """Fill the cheapest walks home from each stop and slot; return the cheapest from the depot."""
    n, never = len(free), free.shape[1] - 1
    for t in range(never, -1, -1):
        for j in range(n):
            done = free[j, t]
            if done >= never:
                best[j, t], other[j, t], after[j, t] = _FAR, _FAR, -1
                continue
            if t < never and free[j, t + 1] == done:
                best[j, t], other[j, t] = best[j, t + 1], other[j, t + 1]
                after[j, t] = after[j, t + 1]
                continue
            least, second, to = leg[j + 1, 0], _FAR, -2
            for k in range(n):
                rest = best[k, done] if after[k, done] != j else other[k, done]
                value = leg[j + 1, k + 1] - price[k + 1] + rest
                if value < least:
                    least, second, to = value, least, k
                elif value < second:
                    second = value
            best[j, t], other[j, t], after[j, t] = least, second, to
    least = _FAR
    for j in range(n):
        least = min(least, leg[0, j + 1] - price[j + 1] + best[j, 0])
    return int(least)


@compiled
def _count(
    leg: IntArray,
    free: IntArray,
    price: IntArray,
    best: IntArray,
    other: IntArray,
    after: IntArray,
    least: int,
    visits: IntArray,
) -> None:
    """Count how often the cheapest walk visits each stop."""
    n = len(free)
    visits[:] = 0
    came, j, t = -1, -1, 0
    for k in range(n):
        if leg[0, k + 1] - price[k + 1] + best[k, 0] == least:
            j = k
    while j >= 0:
        visits[j] += 1
        done, to = free[j, t], after[j, t]
        if to == came:
            to = -1
            for k in range(n):
                if k == came:
                    continue
                rest = best[k, done] if after[k, done] != j else other[k, done]
                if leg[j + 1, k + 1] - price[k + 1] + rest == other[j, t]:
                    to = k
        came, j, t = j, to, done


@compiled
def _climb(leg: IntArray, free: IntArray, price: IntArray, kits: int, limits: IntArray) -> int:
    """Return the best bound found by subgradient steps; `limits`: target, rounds, first bound."""
    n = len(free)
    target, rounds, top = limits[0], limits[1], limits[2]
    best, other = np.empty(free.shape, np.int64), np.empty(free.shape, np.int64)
    after = np.empty(free.shape, np.int64)
    visits, direction = np.zeros(n, np.int64), np.zeros(n)
    now, good = price.copy(), price.copy()
    scale, since = 1.0, 0
    for _ in range(rounds):
        least = _walk(leg, free, now, best, other, after)
        value = now.sum() + kits * min(0, least)
        since += 1
        if value > top:
            top, since = value, 0
            good[:] = now
        if top >= target:
            break
        if least < 0:
            _count(leg, free, now, best, other, after, least, visits)
        else:
            visits[:] = 0
        norm = 0.0
        for j in range(n):
            direction[j] = 0.4 * (1 - kits * visits[j]) + 0.6 * direction[j]
            norm += direction[j] ** 2
        if norm < 1e-9:
            break
        if since >= _PATIENCE:
            scale, since = scale / 1.2, 0
            now[:] = good
        # A tour that is far above the bound would make the steps too long.
        aim = min(target, top + top // 8)
        length = scale * min(max(aim - value, 1), aim) / norm
        for j in range(n):
            step = int(length * direction[j])
            # Far off, numbers would overflow.
            now[j + 1] = min(max(now[j + 1] + step, -2 * target), 2 * target)
    return int(top)
