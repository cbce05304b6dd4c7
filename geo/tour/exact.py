"""The proven best tour by dynamic programming over (set of stops visited, last stop, last day).

Held and Karp (1962) with the calendar day as a third coordinate. For one kit::

    f(m, j, e) = least drive to visit the stops m, the last of them j, with the stay there ending
                 on day e
    f(m, j, e) = min over i in m - {j}, e' < start of the stay at j that ends on e, such that the
                 leg i → j may be driven on e':  f(m - {j}, i, e') + drive(i, j)

Every start day is tried, not only the earliest: where opening hours differ by day, a later stay can
allow a leg that an earlier one does not. Several kits share out the stops by subset convolution.
Costs are pairs (seconds, metres) packed into one integer, so that the least is lexicographic.
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass

import numpy as np

from geo.model import IntArray
from geo.tour.moves import StopMoves, moves_of
from geo.tour.problem import TourProblem
from geo.tour.subsets import best_split, by_size, split_of

Routes = tuple[tuple[int, ...], ...]
"""The stops of each kit that is used, in the order in which it visits them."""

MAX_CELLS = 1 << 25
"""The largest table: 256 MiB. 16 stops over five weeks of weekdays, 13 stops over a year."""

_NEVER = np.int64(1 << 61)


def fits_exact(problem: TourProblem) -> bool:
    """Return whether the tables say all of the problem, and are small enough."""
    n = len(problem.stop_ids)
    ends = {stay.end for stays in problem.stays for stay in stays}
    return problem.fits_tables and n < 25 and (n << n) * max(len(ends), 1) <= MAX_CELLS


def solve_exact(problem: TourProblem) -> Routes | None:
    """Return the best routes, or None where it is proven that there are none.

    The least driving time, then the earliest last open day, then the least distance; of equals
    the one whose last stop has the first id, then the last stop but one, and so on.
    """
    table = _fill(problem)
    closed = _close(table)
    last_kit = min(problem.kits, len(problem.stop_ids)) - 1
    everything = len(closed) - 1

    def drive_by(column: int) -> int:
        shared = _share(closed[:, column], last_kit)[-1][everything]
        return int(shared // table.unit)

    n_columns = closed.shape[1]
    if not n_columns or drive_by(n_columns - 1) >= _NEVER // table.unit:
        return None
    least = drive_by(n_columns - 1)
    column = bisect_left(range(n_columns), 1, key=lambda c: int(drive_by(c) <= least))
    subsets = _subsets_of_kits(closed[:, column], last_kit)
    return tuple(_route(table, m, value=int(closed[m, column]), last=column) for m in subsets if m)


@dataclass(frozen=True, slots=True, eq=False)
class _Table:
    """`cost` has shape ``(n, 2**n, n_days)``: last stop, subset, index into `days`, the end days.

    `unit` is what one second weighs in metres: more than any tour has.
    """

    moves: tuple[StopMoves, ...]
    days: IntArray
    unit: int
    legs: IntArray
    cost: IntArray

    def leg(self, stop: int, node: int, *, is_first: bool) -> IntArray:
        """Return what the leg costs on each day ``(n_days,)``, `_NEVER` where it is not driven."""
        moves = self.moves[stop]
        allowed = (moves.leave_first if is_first else moves.leave)[:, node]
        price = np.full(len(self.days), _NEVER)
        price[self.column(moves.end[allowed])] = self.legs[stop + 1, node]
        return price

    def column(self, days: IntArray) -> IntArray:
        """Return the indices of end days."""
        return np.searchsorted(self.days, days).astype(np.int64)


def _fill(problem: TourProblem) -> _Table:
    n = len(problem.stop_ids)
    moves = moves_of(problem)
    days = np.unique(np.concatenate([m.end for m in moves])).astype(np.int64)
    unit = 1 + 2 * (n + 1) * int(problem.cost_m.max())
    legs = problem.cost_s * unit + problem.cost_m
    table = _Table(moves, days, unit, legs, np.full((n, 1 << n, len(days)), _NEVER))
    for stop in range(n):
        begin = table.column(moves[stop].end[moves[stop].first])
        table.cost[stop, 1 << stop, begin] = legs[0, stop + 1]
    for size, subsets in enumerate(by_size(n)):
        if 0 < size < n:
            for stop in range(n):
                _reach(table, stop, subsets[subsets >> stop & 1 == 0], is_first=size == 1)
    return table


def _reach(table: _Table, stop: int, subsets: IntArray, *, is_first: bool) -> None:
    """Visit `stop` after each of the subsets, none of which holds it."""
    arrived = np.full((len(subsets), len(table.days)), _NEVER)
    for last in range(len(table.cost)):
        if last != stop:
            leg = table.leg(last, stop + 1, is_first=is_first)
            np.minimum(arrived, table.cost[last, subsets] + leg, out=arrived)
    # The cheapest way to have arrived by the evening of each day; nobody has before the first one.
    by_evening = np.full((len(subsets), len(table.days) + 1), _NEVER)
    np.minimum.accumulate(arrived, axis=1, out=by_evening[:, 1:])
    moves = table.moves[stop]
    table.cost[stop, (subsets | 1 << stop)[:, None], table.column(moves.end)] = by_evening[
        :, table.column(moves.start)
    ]


def _close(table: _Table) -> IntArray:
    """Return what one kit costs for each subset when it ends by each day, ``(2**n, n_days)``."""
    n, n_subsets, n_days = table.cost.shape
    closed = np.full((n_subsets, n_days), _NEVER)
    for stop in range(n):
        total = table.cost[stop] + table.leg(stop, 0, is_first=False)
        alone = 1 << stop
        total[alone] = table.cost[stop, alone] + table.leg(stop, 0, is_first=True)
        np.minimum(closed, total, out=closed)
    closed[0] = 0  # a kit may stay at the depot
    return np.asarray(np.minimum.accumulate(closed, axis=1))


def _share(one_kit: IntArray, more_kits: int) -> list[IntArray]:
    """Return the cost of each subset with one kit, with two, and so on."""
    shared = [one_kit]
    for _ in range(more_kits):
        shared.append(np.minimum(best_split(shared[-1], one_kit, np.add), _NEVER))
    return shared


def _subsets_of_kits(one_kit: IntArray, more_kits: int) -> list[int]:
    """Return the subset of stops that each kit takes in the cheapest sharing."""
    shared = _share(one_kit, more_kits)
    m, subsets = len(one_kit) - 1, []
    for kit in range(more_kits, 0, -1):
        value = int(shared[kit][m])
        rest = split_of(m, a=shared[kit - 1], b=one_kit, value=value, combine=np.add)
        subsets.append(m ^ rest)
        m = rest
    return [*subsets, m]


def _route(table: _Table, subset: int, *, value: int, last: int) -> tuple[int, ...]:
    """Return the order in which one kit visits a subset at this cost, found from the end.

    `last` is the index of the day on which it has to be done.
    """
    stop, day = _find(table, subset, value=value, node=0, before=last + 1)
    route = [stop]
    while subset != 1 << stop:
        value = int(table.cost[stop, subset, day])
        moves = table.moves[stop]
        start = moves.start[np.searchsorted(moves.end, table.days[day])]
        subset ^= 1 << stop
        before = int(np.searchsorted(table.days, start))
        stop, day = _find(table, subset, value=value, node=stop + 1, before=before)
        route.append(stop)
    return tuple(reversed(route))


def _find(table: _Table, subset: int, *, value: int, node: int, before: int) -> tuple[int, int]:
    """Return the last stop of a subset and the earliest day on it from which `value` is reached."""
    is_first = subset.bit_count() == 1
    for stop in range(len(table.cost)):
        total = table.cost[stop, subset] + table.leg(stop, node, is_first=is_first)
        hits = np.flatnonzero(total[:before] == value)
        if len(hits):
            return stop, int(hits[0])
    raise AssertionError("the table does not hold the value that was read from it")
