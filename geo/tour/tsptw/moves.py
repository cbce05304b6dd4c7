"""The best move of one node of a tour: elsewhere, with those after it, or turned around. Compiled.

A tour is kept with what it is late at each place and in all, where every late arrival is turned
back to the end of its window and the tour goes on from there (Nagata, Bräysy and Dullaert 2010).
What comes before a place needs two numbers then, what comes after it two more, so that a move is
judged without driving the whole tour. Being less late comes first, travel second.
"""

from __future__ import annotations

from typing import NamedTuple

from geo.compiled import compiled, inlined
from geo.model import BoolArray, IntArray

LATE, COST, KIND, FIRST, LAST, TO = range(6)
"""A move: what changes by it, and how; it is none where neither is less than nothing."""

AS_IS, TURNED, REVERSAL = range(3)
"""Places FIRST to LAST go behind place TO, as they are or turned; or are turned where they are."""


class Ways(NamedTuple):
    """The problem with the depot twice: node 0 is where a tour starts, the last node its end."""

    cost: IntArray  # (n + 1, n + 1)
    step: IntArray  # (n + 1, n + 1)
    ready: IntArray
    due: IntArray
    before: BoolArray  # (n + 1, n + 1)


class Tour(NamedTuple):
    """An order of all nodes, and for each place of it what comes before and what comes after.

    From a place on the tour will be late by ``ahead``, and by as much more as it is reached after
    ``latest``.
    """

    order: IntArray
    place: IntArray  # of each node
    time: IntArray  # when service starts
    late: IntArray  # in all, up to there
    latest: IntArray
    ahead: IntArray


@compiled
def measure(ways: Ways, tour: Tour) -> int:
    """Fill in all that follows from the order; return the cost."""
    cost, step, ready, due, _ = ways
    order, place, starts, late, latest, ahead = tour
    end = len(order) - 1
    total = 0
    starts[0], late[0], place[order[0]] = ready[0], 0, 0
    for p in range(1, end + 1):
        u, v = order[p - 1], order[p]
        arrive = starts[p - 1] + step[u, v]
        late[p] = late[p - 1] + max(0, arrive - due[v])
        starts[p] = _kept(arrive, ready[v], due[v])
        place[v] = p
        total += cost[u, v]
    latest[end], ahead[end] = due[end], 0
    for p in range(end - 1, -1, -1):
        v = order[p]
        until = latest[p + 1] - step[v, order[p + 1]]
        ahead[p] = ahead[p + 1] + max(0, ready[v] - until)
        latest[p] = max(ready[v], min(due[v], until))
    return total


@inlined
def _kept(moment: int, ready: int, due: int) -> int:
    return min(max(moment, ready), due)


@compiled
def best_shift(ways: Ways, tour: Tour, p: int, longest: int, move: IntArray) -> int:
    """Put the nodes from place p on, up to `longest` of them, where it is best; return the work."""
    end = len(tour.order) - 1
    work, turning = 0, 0
    for q in range(p, min(p + longest, end)):
        u, v = tour.order[q - 1], tour.order[q]
        if q > p:
            turning += ways.cost[v, u] - ways.cost[u, v]
        work += _shift_later(ways, tour, p, q, turning, move)
        work += _shift_earlier(ways, tour, p, q, turning, move)
    return work


@inlined
def _shift_later(ways: Ways, tour: Tour, p: int, q: int, turning: int, move: IntArray) -> int:
    # Arrays by names of their own: out of a tuple each one would be counted at every use.
    cost, step, ready, due, before = ways
    order, _, starts, late, latest, ahead = tour
    end, total = len(order) - 1, late[-1]
    first, last, u = order[p], order[q], order[p - 1]
    gap = cost[u, order[q + 1]] - cost[u, first] - cost[last, order[q + 1]]
    time, lateness = starts[p - 1], late[p - 1]
    for j in range(q + 1, end):
        v, w = order[j], order[j + 1]
        for x in range(p, q + 1):
            if before[order[x], v]:
                return j - q
        time += step[u, v]
        lateness += max(0, time - due[v])
        if lateness > total:
            return j - q
        time, u = _kept(time, ready[v], due[v]), v
        known = lateness + ahead[j + 1] - total
        for kind in range(2 if q > p else 1):
            a, b = (last, first) if kind == TURNED else (first, last)
            change = gap + cost[v, a] + cost[b, w] - cost[v, w] + kind * turning
            if _better(known, change, move):
                reached, more = _through(ways, order, p, q, kind, v, time)
                more += known + max(0, reached + step[b, w] - latest[j + 1])
                _note(more, change, kind, p, q, j, move)
    return end - q


@inlined
def _shift_earlier(ways: Ways, tour: Tour, p: int, q: int, turning: int, move: IntArray) -> int:
    cost, step, ready, due, before = ways
    order, _, starts, late, latest, ahead = tour
    total = late[-1]
    first, last, w = order[p], order[q], order[q + 1]
    gap = cost[order[p - 1], w] - cost[order[p - 1], first] - cost[last, w]
    until, lateness = latest[q + 1], ahead[q + 1]
    for j in range(p - 2, -1, -1):
        u, v = order[j], order[j + 1]
        for x in range(p, q + 1):
            if before[v, order[x]]:
                return p - j
        until -= step[v, w]
        lateness += max(0, ready[v] - until)
        if lateness > total:
            return p - j
        until, w = max(ready[v], min(due[v], until)), v
        known = late[j] + lateness - total
        for kind in range(2 if q > p else 1):
            a, b = (last, first) if kind == TURNED else (first, last)
            change = gap + cost[u, a] + cost[b, v] - cost[u, v] + kind * turning
            if _better(known, change, move):
                reached, more = _through(ways, order, p, q, kind, u, starts[j])
                more += known + max(0, reached + step[b, v] - until)
                _note(more, change, kind, p, q, j, move)
    return p


@inlined
def _better(lateness: int, change: int, move: IntArray) -> bool:
    return bool(lateness < move[LATE] or (lateness == move[LATE] and change < move[COST]))


@compiled
def _note(
    lateness: int, change: int, kind: int, first: int, last: int, to: int, move: IntArray
) -> None:
    """Keep a move that is better than the one kept."""
    if lateness < move[LATE] or (lateness == move[LATE] and change < move[COST]):
        move[LATE], move[COST], move[KIND] = lateness, change, kind
        move[FIRST], move[LAST], move[TO] = first, last, to


@compiled
def _through(
    ways: Ways, order: IntArray, p: int, q: int, kind: int, u: int, time: int
) -> tuple[int, int]:
    """Return when the last of the places p to q starts after u, and how late they are."""
    lateness = 0
    for k in range(q - p + 1):
        v = order[q - k] if kind == TURNED else order[p + k]
        time += ways.step[u, v]
        lateness += max(0, time - ways.due[v])
        time, u = _kept(time, ways.ready[v], ways.due[v]), v
    return time, lateness


@compiled
def best_reversal(ways: Ways, tour: Tour, p: int, move: IntArray) -> int:
    """Turn around places that begin or end at p, or right beside it; return the work."""
    end = len(tour.order) - 1
    work = 0
    for i in range(p, min(p + 2, end)):
        work += _reverse_from(ways, tour, i, move)
    for j in range(max(2, p - 1), p + 1):
        work += _reverse_until(ways, tour, j, move)
    return work


@inlined
def _reverse_from(ways: Ways, tour: Tour, i: int, move: IntArray) -> int:
    cost, step, ready, due, before = ways
    order, _, starts, late, latest, ahead = tour
    end, total = len(order) - 1, late[-1]
    u, last = order[i - 1], order[i]
    # Of the nodes turned: how long they take, when they may begin, how late they are at the least.
    span, early, until, lateness = 0, ready[last], due[last], 0
    inner, first = 0, last
    for j in range(i + 1, end):
        v, w = order[j], order[j + 1]
        way = step[v, first]
        wait = max(0, early - way - due[v])
        more = max(0, ready[v] + way - until)
        span += way + wait - more
        early = max(early - way, ready[v]) - wait
        until = min(until - way, due[v]) + more
        lateness += more
        inner += cost[v, first] - cost[first, v]
        if before[last, v] or lateness > total:
            return j - i
        first = v
        change = inner + cost[u, first] + cost[last, w] - cost[u, last] - cost[first, w]
        known = late[i - 1] + lateness + ahead[j + 1] - total
        if _better(known, change, move):
            reached = starts[i - 1] + step[u, first]
            done = _kept(reached, early, until) + span
            known += max(0, reached - until) + max(0, done + step[last, w] - latest[j + 1])
            _note(known, change, REVERSAL, i, j, i, move)
    return end - i


@inlined
def _reverse_until(ways: Ways, tour: Tour, j: int, move: IntArray) -> int:
    cost, step, ready, due, before = ways
    order, _, starts, late, latest, ahead = tour
    total = late[-1]
    first, w = order[j], order[j + 1]
    span, early, until, lateness = 0, ready[first], due[first], 0
    inner, last = 0, first
    for i in range(j - 1, 0, -1):
        u, v = order[i - 1], order[i]
        way = span + step[last, v]
        wait = max(0, ready[v] - way - until)
        more = max(0, early + way - due[v])
        span = way + wait - more
        early = max(ready[v] - way, early) - wait
        until = min(due[v] - way, until) + more
        lateness += more
        inner += cost[last, v] - cost[v, last]
        if before[v, first] or lateness > total:
            return j - i
        last = v
        change = inner + cost[u, first] + cost[last, w] - cost[u, last] - cost[first, w]
        known = late[i - 1] + lateness + ahead[j + 1] - total
        if _better(known, change, move):
            reached = starts[i - 1] + step[u, first]
            done = _kept(reached, early, until) + span
            known += max(0, reached - until) + max(0, done + step[last, w] - latest[j + 1])
            _note(known, change, REVERSAL, i, j, i, move)
    return j


@compiled
def carry_out(order: IntArray, move: IntArray) -> tuple[int, int, int]:
    """Change the order; return the first and last place changed, and a seam between them."""
    kind, p, q, to = move[KIND], move[FIRST], move[LAST], move[TO]
    moved = order[p : q + 1].copy()
    if kind != AS_IS:
        moved = moved[::-1].copy()
    if kind == REVERSAL:
        order[p : q + 1] = moved
        return p, q, p
    size = q - p + 1
    if to > q:
        order[p : to - size + 1] = order[q + 1 : to + 1].copy()
        order[to - size + 1 : to + 1] = moved
        return p, to, to - size + 1
    order[to + 1 + size : q + 1] = order[to + 1 : p].copy()
    order[to + 1 : to + 1 + size] = moved
    return to + 1, q, to + 1 + size
