"""The best tours that differ in their order, for a planner to choose from.

Lawler's partition (1972): of the tours that are left, the best is taken, and what remains is split
by the first of its legs that another tour does not have. So each tour is found once, and the answer
is exact where the solver is.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from heapq import heappop, heappush
from itertools import pairwise

from geo.plan import Status, Tour
from geo.tour.problem import TourProblem
from geo.tour.solver import solve

Arc = tuple[int, int]

_FOUND = frozenset({Status.OPTIMAL, Status.FEASIBLE})


@dataclass(frozen=True, slots=True)
class _Part:
    """All tours that have the first legs and none of those forbidden, and the best of them."""

    problem: TourProblem
    fixed: tuple[Arc, ...]
    tour: Tour


def alternatives(problem: TourProblem, k: int) -> tuple[Tour, ...]:
    """Return the `k` best tours that differ in who follows whom, best first; fewer if there are.

    The first is that of `solve`. Two tours with the same stops in the same order a kit are one,
    whatever the days. Proven where each of them is `Status.OPTIMAL`, given the legs left to it.
    """
    first = solve(problem)
    if first.status not in _FOUND or not first.stops:
        return (first,) if first.status in _FOUND else ()
    heap: list[tuple[tuple[int, int, date, int], int, _Part]] = []
    count = 0
    heappush(heap, (_worth(problem, first), count, _Part(problem, (), first)))
    found: list[Tour] = []
    while heap:
        _, _, part = heappop(heap)
        found.append(part.tour)
        if len(found) == k:
            break
        for rest in _split(part):
            count += 1
            heappush(heap, (_worth(problem, rest.tour), count, rest))
    return tuple(found[:k])


def _worth(problem: TourProblem, tour: Tour) -> tuple[int, int, date, int]:
    """Return what is minimised, in order."""
    kits = len({stop.kit for stop in tour.stops}) if problem.fewest_kits else 0
    last = max(stop.open_on[-1] for stop in tour.stops)
    return kits, tour.drive_s, last, tour.distance_m


def _split(part: _Part) -> Iterator[_Part]:
    """Yield the parts into which the tours but the best one fall."""
    legs = [leg for leg in arcs_of(part.problem, part.tour) if leg not in part.fixed]
    fixed = list(part.fixed)
    for leg in legs:
        forbidden = part.problem.forbidden | {leg} | _others(part.problem, fixed)
        problem = replace(part.problem, forbidden=frozenset(forbidden))
        tour = solve(problem, reasons=False)
        if tour.status in _FOUND:
            yield _Part(problem, tuple(fixed), tour)
        fixed.append(leg)


def arcs_of(problem: TourProblem, tour: Tour) -> list[Arc]:
    """Return the legs of a tour, node to node, kit by kit."""
    node = {stop_id: i + 1 for i, stop_id in enumerate(problem.stop_ids)}
    arcs: list[Arc] = []
    for kit in sorted({stop.kit for stop in tour.stops}):
        nodes = [0, *(node[stop.maison_id] for stop in tour.stops if stop.kit == kit), 0]
        arcs += pairwise(nodes)
    return arcs


def _others(problem: TourProblem, fixed: list[Arc]) -> set[Arc]:
    """Return the legs that cannot be driven where the fixed ones are."""
    nodes = range(len(problem.stop_ids) + 1)
    return {
        other
        for origin, target in fixed
        for node in nodes
        for other in ((origin, node), (node, target))
        if other != (origin, target)
        and not (other[0] == 0 and origin == 0)
        and not (other[1] == 0 and target == 0)
    }
