"""The proven best tour from the tables of `geo.tour.tables`, with kits that share out the stops.

Costs are pairs (seconds, metres) packed into one integer, so that the least is lexicographic.
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass, replace

from geo.tour.moves import moves_of
from geo.tour.problem import TourProblem
from geo.tour.sharing import Shared, Tight, kits_of
from geo.tour.steps import steps_of
from geo.tour.tables import NEVER, Fronts, Steps, close, fill

Routes = tuple[tuple[int, ...], ...]
"""The stops of each kit that is used, in the order in which it visits them."""

MAX_STOPS = 18
MAX_PAIRS = 40_000_000
"""The largest tables: 400 MB. 18 stops over five weeks take a tenth of it."""


@dataclass(frozen=True, slots=True)
class ExactAnswer:
    """The best routes; none where it is proven that there are none."""

    routes: Routes | None


def fits_exact(problem: TourProblem) -> bool:
    """Return whether the tables say all of the problem; they may still turn out too large."""
    alike = replace(problem, kits_of=())
    return alike.fits_tables and len(problem.stop_ids) <= MAX_STOPS


def solve_exact(problem: TourProblem) -> ExactAnswer | None:
    """Return the best routes, or None where the tables would take too much memory.

    The fewest kits where they are asked for, the least driving time, then the earliest last slot,
    then the least distance; of equals the one whose last stop has the first id, then the last stop
    but one, and so on.
    """
    unit = 1 + 2 * (len(problem.stop_ids) + 1) * int(problem.cost_m.max())
    leg = problem.cost_s * unit + problem.cost_m
    for origin, target in problem.forbidden:
        leg[origin, target] = NEVER
    steps = steps_of(moves_of(problem), leg)
    fronts = fill(steps, MAX_PAIRS)
    if fronts.first[-1] < 0:
        return None
    last = steps.free.shape[2] - 2
    kits = kits_of(problem)
    shared = Shared.of(close(steps, fronts, last), kits, fewest=problem.fewest_kits)
    if shared is None:
        return ExactAnswer(None)
    drive_s = shared.value // unit
    ends = sorted({stay.end + 1 for stays in problem.stays for stay in stays})

    sharing = Tight.of(shared, most=(drive_s + 1) * unit - 1)

    def by(until: int) -> Shared | None:
        one = close(steps, fronts, until)
        known = sharing if kits[0].alike or not problem.fewest_kits else None
        found = (
            known.with_costs(one)
            if known is not None
            else Shared.of(one, kits, fewest=problem.fewest_kits)
        )
        if found is None or found.n_used > shared.n_used or found.value // unit > drive_s:
            return None
        return found

    until = ends[bisect_left(ends, 1, hi=len(ends) - 1, key=lambda end: int(by(end) is not None))]
    best = by(until)
    if best is None:
        raise AssertionError("what the whole window allows is no longer found")
    routes = [
        _route(steps, fronts, m, value=int(best.one[m]), until=until) for m in best.subsets() if m
    ]
    return ExactAnswer(tuple(routes))


def _route(steps: Steps, fronts: Fronts, m: int, *, value: int, until: int) -> tuple[int, ...]:
    """Return the order in which one kit visits a set at this cost, found from the end."""
    node, route = 0, []
    while m:
        stop, at = _find(steps, fronts, m, value=value, node=node, until=until)
        route.append(stop)
        value, until = int(fronts.cost[at]), int(fronts.slot[at])
        node, m = stop + 1, m ^ (1 << stop)
    return tuple(reversed(route))


def _find(
    steps: Steps, fronts: Fronts, m: int, *, value: int, node: int, until: int
) -> tuple[int, int]:
    """Return the last stop of a set, and the pair from which `value` is reached in time."""
    n = len(steps.free)
    alone = m.bit_count() == 1
    for stop in range(n):
        if not m >> stop & 1 or steps.leg[stop + 1, node] >= NEVER:
            continue
        for at in range(int(fronts.first[m * n + stop]), int(fronts.first[m * n + stop + 1])):
            t = steps.free_first[stop, node] if alone else steps.free[stop, node, fronts.slot[at]]
            if t <= until and fronts.cost[at] + steps.leg[stop + 1, node] == value:
                return stop, at
    raise AssertionError("the tables do not hold the value that was read from them")
