"""A good tour by iterated local search, the same one on every machine. Compiled.

From the best tour so far a few pairs of neighbouring stretches change places, as far as windows
allow it, and the tour goes down from there by the moves of `geo.tour.tsptw.moves`, which only nodes
at the ends of changed ways try (Lourenço, Martin and Stützle 2003; the level of disturbance as in
da Silva and Urrutia 2010, but drawn). It begins with any order and knows how late it is, so that it
finds a first tour too.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from geo.compiled import compiled
from geo.model import BoolArray, IntArray
from geo.tour.tsptw.moves import (
    AS_IS,
    COST,
    FIRST,
    KIND,
    LAST,
    LATE,
    TO,
    Tour,
    Ways,
    best_reversal,
    best_shift,
    carry_out,
    measure,
)
from geo.tour.tsptw.problem import Tightened, Tsptw

_LONGEST = 3
"""So many nodes move together, at most."""

_SELDOM = 4
"""One disturbance in so many does not mind windows, and neither does any while a tour is late."""

_LEVEL, _STRETCH, _NEAR = 16, 12, 10
"""A disturbance: up to so many exchanges of stretches so long, that begin so near to one place.

Of fixed levels of 3 to 30 and lengths of 5 and 12, drawn levels and 12 did best on the public sets.
"""

Draws = NDArray[np.uint64]


class Waiting(NamedTuple):
    """Nodes that may have a better place, first come first served, in a ring."""

    node: IntArray
    bounds: IntArray  # where the first one is, and how many there are
    inside: BoolArray


def improve(
    problem: Tsptw, tight: Tightened, order: Sequence[int], *, trials: int, seed: int
) -> tuple[int, ...]:
    """Return the best tour found from `order` by so many trials of places; empty where none was.

    `order` may be empty: then the search begins with the nodes as they are due.
    """
    n = len(problem)
    if not len(order):
        waits = tight.before.sum(axis=0)
        order = sorted(range(1, n), key=lambda node: (tight.due[node], waits[node], node))
    nodes = np.array([0, *order, n], dtype=np.int64)
    _search(_ways(problem, tight), nodes, trials, seed)
    found = tuple(int(node) for node in nodes[1:-1])
    return found if problem.is_tour(found) else ()


def _ways(problem: Tsptw, tight: Tightened) -> Ways:
    """Return the problem as the kernel reads it; what no tour drives costs more than any tour."""
    n = len(problem)
    far = int(problem.travel.max()) * n + 1
    twice = np.array([*range(n), 0])
    cost = np.where(tight.arcs, problem.travel, far)[np.ix_(twice, twice)]
    step = tight.step[np.ix_(twice, twice)]
    before = tight.before[np.ix_(twice, twice)]
    due = tight.due[twice]
    due[0] = tight.ready[0]
    return Ways(cost, step, tight.ready[twice], due, before)


@compiled
def _search(ways: Ways, best: IntArray, trials: int, seed: int) -> None:
    """Better the order in place."""
    size = len(best)
    tour = Tour(
        best.copy(),
        np.empty(size, np.int64),
        np.empty(size, np.int64),
        np.empty(size, np.int64),
        np.empty(size, np.int64),
        np.empty(size, np.int64),
    )
    waiting = Waiting(np.empty(size, np.int64), np.zeros(2, np.int64), np.zeros(size, np.bool_))
    draws = np.array([seed], np.uint64)
    for p in range(1, size - 1):
        _wait(waiting, best[p])
    cost = measure(ways, tour)
    least_late, least = tour.late[-1], cost
    done = 0
    while done < trials:
        done += _descend(ways, tour, waiting)
        cost = measure(ways, tour)
        if tour.late[-1] < least_late or (tour.late[-1] == least_late and cost <= least):
            least_late, least = tour.late[-1], cost
            best[:] = tour.order
        else:
            tour.order[:] = best
            measure(ways, tour)
        done += _disturb(ways, tour, waiting, draws)


@compiled
def _wait(waiting: Waiting, node: int) -> None:
    size = len(waiting.node)
    if 0 < node < size - 1 and not waiting.inside[node]:
        waiting.node[(waiting.bounds[0] + waiting.bounds[1]) % size] = node
        waiting.bounds[1] += 1
        waiting.inside[node] = True


@compiled
def _change(ways: Ways, tour: Tour, waiting: Waiting, move: IntArray) -> None:
    """Carry out a move; the nodes at the ends of changed ways wait."""
    first, last, seam = carry_out(tour.order, move)
    measure(ways, tour)
    for p in (first - 1, first, seam - 1, seam, last, last + 1):
        _wait(waiting, tour.order[p])


@compiled
def _descend(ways: Ways, tour: Tour, waiting: Waiting) -> int:
    """Carry out the best move of each node that waits, until none is left; return the work."""
    move = np.zeros(6, np.int64)
    work = 0
    while waiting.bounds[1]:
        node = waiting.node[waiting.bounds[0]]
        waiting.bounds[0] = (waiting.bounds[0] + 1) % len(waiting.node)
        waiting.bounds[1] -= 1
        waiting.inside[node] = False
        while True:
            move[:] = 0
            work += best_shift(ways, tour, tour.place[node], _LONGEST, move)
            work += best_reversal(ways, tour, tour.place[node], move)
            if move[LATE] == 0 and move[COST] == 0:
                break
            _change(ways, tour, waiting, move)
    return work


@compiled
def _draw(draws: Draws, below: int) -> int:
    """Return a number from 0 to `below`, this one left out (Steele, Lea and Flood 2014)."""
    draws[0] += np.uint64(0x9E3779B97F4A7C15)
    mixed = draws[0]
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return int(np.int64((mixed ^ (mixed >> np.uint64(31))) >> np.uint64(1)) % below)


@compiled
def _disturb(ways: Ways, tour: Tour, waiting: Waiting, draws: Draws) -> int:
    """Let stretches change places near one place; mostly where it makes nothing later."""
    end = len(tour.order) - 1
    move = np.zeros(6, np.int64)
    move[KIND] = AS_IS
    centre = 1 + _draw(draws, end - 1)
    wanted = 1 + _draw(draws, _LEVEL)
    anyhow = tour.late[-1] > 0 or _draw(draws, _SELDOM) == 0
    if anyhow:
        wanted = 1 + wanted // 4
    trials, made = 0, 0
    while end > 2 and made < wanted and trials < 50 * wanted:
        trials += 1
        first = min(max(1, centre - _NEAR + _draw(draws, 2 * _NEAR + 1)), end - 2)
        last = min(first + _draw(draws, _STRETCH), end - 2)
        move[FIRST], move[LAST] = first, last
        move[TO] = min(last + 1 + _draw(draws, _STRETCH), end - 1)
        if anyhow or _in_time(ways, tour, move):
            _change(ways, tour, waiting, move)
            made += 1
    return 2 * trials + 1


@compiled
def _in_time(ways: Ways, tour: Tour, move: IntArray) -> bool:
    """Return whether stretches that change places leave the tour no later than it is."""
    first, last, to = move[FIRST], move[LAST], move[TO]
    u, time, late = tour.order[first - 1], tour.time[first - 1], tour.late[first - 1]
    for k in range(to - first + 1):
        p = last + 1 + k if k < to - last else first + k - (to - last)
        v = tour.order[p]
        arrive = time + ways.step[u, v]
        late += max(0, arrive - ways.due[v])
        time, u = min(max(arrive, ways.ready[v]), ways.due[v]), v
    late += max(0, time + ways.step[u, tour.order[to + 1]] - tour.latest[to + 1])
    return bool(late + tour.ahead[to + 1] <= tour.late[-1])
