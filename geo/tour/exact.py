"""The proven best tour from the tables of `geo.tour.tables`, with kits that share out the stops.

Costs are pairs (seconds, metres) packed into one integer, so that the least is lexicographic. Kits
are taken one after the other, each with the stops that it may visit, by subset convolution; where
all may go anywhere, symmetry halves the work.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import product

import numpy as np

from geo.model import IntArray
from geo.tour.moves import moves_of
from geo.tour.problem import TourProblem
from geo.tour.steps import steps_of
from geo.tour.tables import NEVER, Fronts, Steps, close, fill, share, split

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
    shared = _Shared.of(close(steps, fronts, last), kits, fewest=problem.fewest_kits)
    if shared is None:
        return ExactAnswer(None)
    drive_s = shared.value // unit
    ends = sorted({stay.end + 1 for stays in problem.stays for stay in stays})

    def by(until: int) -> _Shared | None:
        found = _Shared.of(close(steps, fronts, until), kits, fewest=problem.fewest_kits)
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


@dataclass(frozen=True, slots=True)
class Kit:
    """The stops that a kit may visit, as a subset, and whether all the kits before may too."""

    allowed: int
    alike: bool


def kits_of(problem: TourProblem) -> list[Kit]:
    """Return the kits; of those that may go anywhere, no more than there are stops."""
    n = len(problem.stop_ids)
    masks = [
        sum(1 << stop for stop in range(n) if kit in problem.may_visit(stop))
        for kit in range(problem.kits)
    ]
    alike = len(set(masks)) == 1
    if alike:
        return [Kit(masks[0], alike=True)] * min(problem.kits, n)
    return [Kit(mask, alike=False) for mask in masks if mask]


@dataclass(frozen=True, slots=True, eq=False)
class _Shared:
    """All stops shared out: `tables[k]` is what each set costs the first ``k`` kits."""

    one: IntArray
    kits: tuple[Kit, ...]
    tables: tuple[IntArray, ...]

    @staticmethod
    def of(one: IntArray, kits: list[Kit], *, fewest: bool) -> _Shared | None:
        """Return the cheapest sharing of all stops, with the fewest kits if asked; None: none."""
        choices = _choices(kits) if fewest else iter([kits])
        best: _Shared | None = None
        for chosen in choices:
            if best is not None and len(chosen) > len(best.kits):
                break
            found = _Shared(one, tuple(chosen), tuple(_tables(one, chosen)))
            if found.value < NEVER and (best is None or found.value < best.value):
                best = found
        return best

    @property
    def value(self) -> int:
        """Return the cost of all stops."""
        return int(self.tables[-1][-1])

    @property
    def n_used(self) -> int:
        """Return how many kits share."""
        return len(self.kits)

    def subsets(self) -> list[int]:
        """Return the stops of each kit."""
        m, taken = len(self.one) - 1, []
        for k in range(len(self.kits), 0, -1):
            rest = self.tables[k - 1]
            value = int(self.tables[k][m])
            s = split(self.one, rest, self.kits[k - 1].allowed, m, value)
            taken.append(s)
            m ^= s
        return taken


def _choices(kits: list[Kit]) -> Iterator[list[Kit]]:
    """Yield sets of kits by size: how many of each kind, where they are not alike."""
    if not kits or kits[0].alike:
        yield from (kits[:size] for size in range(1, len(kits) + 1))
        return
    kinds = sorted({kit.allowed for kit in kits})
    most = [sum(kit.allowed == kind for kit in kits) for kind in kinds]
    counts = product(*(range(count + 1) for count in most))
    for chosen in sorted(counts, key=lambda count: (sum(count), count)):
        if any(chosen):
            yield [
                Kit(kind, alike=False)
                for kind, count in zip(kinds, chosen, strict=True)
                for _ in range(count)
            ]


def _tables(one: IntArray, kits: list[Kit]) -> Iterator[IntArray]:
    nothing = np.full(len(one), NEVER, dtype=np.int64)
    nothing[0] = 0
    table = nothing
    yield table
    for k, kit in enumerate(kits):
        if k == 0 and kit.allowed == len(one) - 1:
            table = one
        elif k == len(kits) - 1:
            table = _last(one, table, kit.allowed)
        else:
            table = share(one, table, kit.allowed, int(kit.alike))
        yield table


def _last(one: IntArray, rest: IntArray, allowed: int) -> IntArray:
    """Return what the last kit makes of all stops; no other set is asked for."""
    everything = len(one) - 1
    mine = np.arange(len(one), dtype=np.int64)
    mine = mine[mine & ~allowed == 0]
    total = np.minimum(one[mine] + rest[everything ^ mine], NEVER)
    table = np.full(len(one), NEVER, dtype=np.int64)
    table[everything] = total.min()
    return table


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
