"""The best tours that really differ, for a planner to choose from.

The many best tours of a territory are nearly always one tour: driven the other way, begun elsewhere
or with two neighbours exchanged. So a tour counts as another one where it leaves out at least
`least_difference` of the pairs of places between which each of those before it drives, whichever
way. The first tour the other way round, where the calendar allows it, is a choice of its own kind:
the same roads, on other dates.

Each is the best of all tours that are left, found by branching: the best tour without some pairs of
neighbours is too much like one that is known, so that one more of the pairs that both drive between
has to go. A branch costs no less than what it comes from, which tells what need not be looked at.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from heapq import heappop, heappush

from geo.plan import Status, Tour
from geo.tour.differences import Pair, left_out, pairs_of
from geo.tour.exact import fits_exact
from geo.tour.itinerary import itinerary
from geo.tour.problem import TourProblem
from geo.tour.pyvrp_search import keeps_order
from geo.tour.schedule import timetable
from geo.tour.solver import CPSAT_ALONE_STOPS, solve

_FOUND = frozenset({Status.OPTIMAL, Status.FEASIBLE})

_MOST_SOLVED = 400
"""Tours that are looked at for one alternative, where tables find one in an instant."""

_FEW_SOLVED = 40
"""The same where one takes a second or more: tables of many stops, CP-SAT."""

_QUICK_STOPS = 14

Worth = tuple[int, int, date, int]


def least_difference(problem: TourProblem) -> int:
    """Return in how many pairs of neighbours two tours differ at least: a quarter of the stops."""
    return max(2, -(-len(problem.stop_ids) // 4))


def alternatives(problem: TourProblem, k: int) -> tuple[Tour, ...]:
    """Return `k` tours that differ, best first; fewer if there are fewer.

    The first is that of `solve`. Each of the others is the best of those that differ enough from
    all before it where it is `Status.OPTIMAL`; else `Tour.bound_s` is below all of these. The
    first tour the other way round is among them at its place.
    """
    first = solve(problem)
    if first.status not in _FOUND or not first.stops:
        return (first,) if first.status in _FOUND else ()
    other_way = reverse(problem, first)
    found = [first]
    while len(found) < k:
        if (
            other_way is not None
            and len(found) == k - 1
            and _worth(problem, other_way) <= _worth(problem, found[-1])
        ):
            break
        another = _another(problem, found)
        if another is None:
            break
        found.append(another)
    if other_way is not None:
        found.append(other_way)
    return tuple(sorted(found, key=lambda tour: _worth(problem, tour))[:k])


def reverse(problem: TourProblem, tour: Tour) -> Tour | None:
    """Return a tour the other way round, None where the calendar, the roads or an order forbid it.

    `Status.OPTIMAL` where it costs no more than the best of all.
    """
    stop = {stop_id: i for i, stop_id in enumerate(problem.stop_ids)}
    kits = sorted({each.kit for each in tour.stops})
    routes = [[stop[s.maison_id] for s in reversed(tour.stops) if s.kit == kit] for kit in kits]
    visits = [itinerary(problem, route) for route in routes]
    if max(map(len, routes)) < 2 or not all(visits) or not keeps_order(problem, routes):
        return None
    stops, legs = timetable(problem, [each for each in visits if each])
    drive_s = sum(leg.drive_s for leg in legs)
    as_good = tour.status is Status.OPTIMAL and drive_s <= tour.drive_s
    return replace(
        tour,
        status=Status.OPTIMAL if as_good else Status.FEASIBLE,
        drive_s=drive_s,
        distance_m=sum(leg.distance_m for leg in legs),
        stops=stops,
        legs=legs,
    )


def _worth(problem: TourProblem, tour: Tour) -> Worth:
    """Return what is minimised, in order."""
    kits = len({stop.kit for stop in tour.stops}) if problem.fewest_kits else 0
    last = max(stop.open_on[-1] for stop in tour.stops)
    return kits, tour.drive_s, last, tour.distance_m


@dataclass(frozen=True, slots=True)
class _Node:
    """The tours without some pairs of neighbours, and the best of them once it is known."""

    without: frozenset[Pair]
    tour: Tour | None = None


def _another(problem: TourProblem, known: Sequence[Tour]) -> Tour | None:
    """Return the best tour that differs enough from all known ones; None: there is none."""
    if not fits_exact(problem) and len(problem.stop_ids) > CPSAT_ALONE_STOPS:
        return _dive(problem, known, frozenset(), bound_s=known[0].bound_s)
    quick = fits_exact(problem) and len(problem.stop_ids) <= _QUICK_STOPS
    most = _MOST_SOLVED if quick else _FEW_SOLVED
    root = (_worth(problem, known[0]), 0, _Node(frozenset()))
    heap: list[tuple[Worth, int, _Node]] = [root]
    seen = {frozenset[Pair]()}
    solved, proven = 0, True
    while heap:
        worth, _, node = heappop(heap)
        if node.tour is None:
            if solved == most:
                bound_s = worth[1] if proven and not problem.fewest_kits else known[0].bound_s
                return _dive(problem, known, node.without, bound_s=bound_s)
            solved += 1
            tour = _without(problem, node.without)
            proven = proven and tour.status in {Status.OPTIMAL, Status.INFEASIBLE}
            if tour.status in _FOUND:
                value = _worth(problem, tour)
                heappush(heap, (value, -solved, _Node(node.without, tour)))
            continue
        shared = _too_much_alike(problem, known, node.tour)
        if not shared:
            return node.tour if proven else _unproven(node.tour, known[0].bound_s)
        for pair in shared:
            without = node.without | {pair}
            if without not in seen:
                seen.add(without)
                heappush(heap, (worth, len(seen), _Node(without)))
    return None


def _dive(
    problem: TourProblem, known: Sequence[Tour], without: frozenset[Pair], *, bound_s: int
) -> Tour | None:
    """Return a tour that differs enough: pairs go, the dearest first, until what is left does."""
    cost = {frozenset({leg.from_id, leg.to_id}): leg.drive_s for tour in known for leg in tour.legs}
    for _ in range(len(known) + 1):
        tour = _without(problem, without)
        if tour.status not in _FOUND:
            return None
        shared = _too_much_alike(problem, known, tour)
        if not shared:
            return _unproven(tour, bound_s)
        dearest = sorted(shared, key=lambda pair: (-cost[pair], sorted(pair)))
        without |= frozenset(dearest[: least_difference(problem)])
    return None


def _unproven(tour: Tour, bound_s: int) -> Tour:
    return replace(tour, status=Status.FEASIBLE, bound_s=min(bound_s, tour.drive_s))


def _without(problem: TourProblem, pairs: Iterable[Pair]) -> Tour:
    """Return the best tour that drives between none of these pairs of places."""
    nodes: dict[str, list[int]] = {}
    for node in range(len(problem.stop_ids) + 1):
        nodes.setdefault(problem.node_id(node), []).append(node)
    gone = {
        leg
        for one, other in map(sorted, pairs)
        for a in nodes[one]
        for b in nodes[other]
        for leg in ((a, b), (b, a))
    }
    return solve(replace(problem, forbidden=problem.forbidden | gone), reasons=False)


def _too_much_alike(problem: TourProblem, known: Sequence[Tour], tour: Tour) -> list[Pair]:
    """Return the pairs shared with the first known tour that is too much alike; none: no one is."""
    for other in known:
        if left_out(other, tour) < least_difference(problem):
            return sorted(pairs_of(tour) & pairs_of(other), key=sorted)
    return []
