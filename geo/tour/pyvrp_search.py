"""Tours of many stops by PyVRP's iterated local search, held to the true rules afterwards.

Each run of stays that begin on successive days and last equally long is a client with a window;
those of one stop exclude each other. PyVRP knows neither the hours of the day nor an order among
stops, so its routes are given their days by `geo.tour.itinerary`; a route that has none loses the
stops that break it, and they are put in wherever they cost the least. Where that fails too, the
legs that broke are forbidden, and the search begins again.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from typing import Any, TypeAlias, cast
from warnings import catch_warnings, simplefilter

import numpy as np
from pyvrp import Client, ClientGroup, Depot, Location, ProblemData, Solution, VehicleType, solve
from pyvrp.exceptions import PenaltyBoundWarning
from pyvrp.stop import MaxIterations

from geo.model import BoolArray, IntArray
from geo.tour.floor import possible_legs
from geo.tour.itinerary import Itineraries, itinerary, worth
from geo.tour.problem import TourProblem
from geo.tour.schedule import kits_for
from geo.tour.stopping import Iterations, Stop, never

ITERATIONS = 15_000
"""Iterations of one run, for a hundred stops and more; fewer stops have fewer."""

_A_STOP = 150
_STARTS, _STARTS_UNTIL = 3, 200
_ATTEMPTS = 3
_NEVER = 1 << 40
_SLOT = 60
"""What a slot lasts for PyVRP, whose penalties are a unit of time."""

Routes = list[list[int]]

Matrix: TypeAlias = "np.ndarray[int, np.dtype[Any]]"
"""What the stubs of PyVRP call an array: its first parameter is no shape there."""


def search(
    problem: TourProblem, *, iterations: int | None = None, stop: Stop = never
) -> Itineraries:
    """Return the itineraries of the best tour found; nothing where none was found.

    Up to 200 stops it is the best of three runs. `iterations` of a run are chosen by the number of
    stops where they are not given.
    """
    n = len(problem.stop_ids)
    budget = min(ITERATIONS, _A_STOP * n) if iterations is None else max(1, iterations)
    starts = _STARTS if n <= _STARTS_UNTIL and iterations is None else 1
    found = [
        _search(problem, iterations=budget, seed=seed, stop=stop)
        for seed in range(starts)
        if not (seed and stop())
    ]
    return min((each for each in found if each), key=lambda each: worth(problem, each), default=())


def _search(problem: TourProblem, *, iterations: int, seed: int, stop: Stop) -> Itineraries:
    legs = possible_legs(problem)
    for attempt in range(_ATTEMPTS):
        if attempt and stop():
            break
        until = Iterations(MaxIterations(iterations), stop)
        routes = _routes(problem, legs, until=until, seed=seed + _STARTS * attempt)
        broken = [route for route in routes if itinerary(problem, route) is None]
        fixed = repair(problem, routes) if broken else routes
        if fixed is not None and keeps_order(problem, fixed):
            visits = [itinerary(problem, route) for route in fixed]
            return tuple(each for each in visits if each)
        for leg in _culprits(problem, broken):
            legs[leg] = False
    return ()


def keeps_order(problem: TourProblem, routes: Sequence[Sequence[int]]) -> bool:
    """Return whether all stops are visited, by kits that may, in the order that is asked for."""
    if sorted(stop for route in routes for stop in route) != list(range(len(problem.stop_ids))):
        return False
    try:
        kits_for(problem, routes)
    except ValueError:
        return False
    start = {
        stop: problem.stays[stop][choice].start
        for route in routes
        for stop, choice in itinerary(problem, route) or ()
    }
    return all(start.get(i, 0) < start.get(j, 0) for i, j in problem.before)


def repair(problem: TourProblem, routes: Sequence[Sequence[int]]) -> Routes | None:
    """Return routes that the calendar and the roads allow, close to these; None: none was found."""
    kept: Routes = []
    out: list[int] = []
    for route in routes:
        sound = list(route)
        while sound and itinerary(problem, sound) is None:
            worst = _breaks_at(problem, sound)
            out.append(sound.pop(worst))
        kept.append(sound)
    kept += [[] for _ in range(problem.kits - len(kept))]
    for stop in sorted(out):
        best = min(_places(problem, kept, stop), default=None)
        if best is None:
            return None
        _, at, place = best
        kept[at].insert(place, stop)
    return [route for route in kept if route]


def _breaks_at(problem: TourProblem, route: Sequence[int]) -> int:
    """Return the first stop up to which a route cannot be kept."""
    for at in range(len(route)):
        if itinerary(problem, route[: at + 1]) is None:
            return at
    return len(route) - 1


def _places(problem: TourProblem, routes: Routes, stop: int) -> Iterator[tuple[int, int, int]]:
    """Yield what it costs to put a stop in, which route, and before which of its stops."""
    cost = problem.cost_s
    for at, route in enumerate(routes):
        nodes = [0, *(each + 1 for each in route), 0]
        for place in range(len(route) + 1):
            grown = [*route[:place], stop, *route[place:]]
            if itinerary(problem, grown) is not None:
                before, after = nodes[place], nodes[place + 1]
                more = cost[before, stop + 1] + cost[stop + 1, after]
                yield int(more - (cost[before, after] if before or after else 0)), at, place


def _culprits(problem: TourProblem, broken: Routes) -> Iterator[tuple[int, int]]:
    for route in broken:
        at = _breaks_at(problem, route)
        yield (route[at - 1] + 1 if at else 0), route[at] + 1


def _routes(problem: TourProblem, legs: BoolArray, *, until: Iterations, seed: int) -> Routes:
    """Return PyVRP's routes; the calendar is kept as far as PyVRP knows it."""
    data, stop_of = to_pyvrp(problem, legs)
    with catch_warnings():
        # That it struggles to keep the calendar: what it returns is checked anyway.
        simplefilter("ignore", PenaltyBoundWarning)
        result = solve(data, until, seed=seed, collect_stats=False, display=False)
    return routes_of(result.best, stop_of)


def to_pyvrp(problem: TourProblem, legs: BoolArray) -> tuple[ProblemData, list[int]]:
    """Return the problem as PyVRP sees it, and the stop of each of its clients."""
    clients, groups, stop_of = _clients(problem)
    vehicles, profiles = _vehicles(problem, legs)
    nowhere = [Location(0, 0) for _ in range(len(legs))]
    cost = problem.cost_s.copy()
    np.fill_diagonal(cost, 0)
    costs = [_matrix(cost) for _ in profiles]
    data = ProblemData(nowhere, clients, [Depot(0)], vehicles, costs, profiles, groups)
    return data, stop_of


def routes_of(solution: Solution, stop_of: Sequence[int]) -> Routes:
    """Return the stops of each route of a solution."""
    return [
        [stop_of[activity.idx] for activity in route if activity.is_client()]
        for route in solution.routes()
    ]


def _clients(problem: TourProblem) -> tuple[list[Client], list[ClientGroup], list[int]]:
    """Return a client for each window of each stop, the groups, and the stop of each client."""
    clients: list[Client] = []
    groups: list[ClientGroup] = []
    stop_of: list[int] = []
    starts = _starts(problem)
    for stop in range(len(problem.stop_ids)):
        windows = list(_windows(problem, stop, starts))
        alone = len(windows) == 1
        first = len(clients)
        for early, late, length in windows:
            clients.append(
                Client(
                    stop + 1,
                    service_duration=length * _SLOT,
                    tw_early=early * _SLOT,
                    tw_late=late * _SLOT,
                    required=alone,
                    group=None if alone else len(groups),
                )
            )
            stop_of.append(stop)
        if not alone:
            groups.append(ClientGroup(list(range(first, len(clients)))))
    return clients, groups, stop_of


def _starts(problem: TourProblem) -> list[int]:
    """Return the slots in which any stay begins, which are all the time that PyVRP is told of.

    What lies between two of them (nights, weekends) makes no difference to what may follow what.
    """
    return sorted({stay.start for stays in problem.stays for stay in stays})


def _windows(
    problem: TourProblem, stop: int, starts: Sequence[int]
) -> Iterator[tuple[int, int, int]]:
    """Yield the earliest and the latest start and the length of each run of equal stays."""
    run: list[int] = []
    length = 0
    for stay in problem.stays[stop]:
        start = bisect_left(starts, stay.start)
        now = bisect_right(starts, stay.end) - start
        if run and (start, now) != (run[-1] + 1, length):
            yield run[0], run[-1], length
            run = []
        run.append(start)
        length = now
    yield run[0], run[-1], length


def _vehicles(problem: TourProblem, legs: BoolArray) -> tuple[list[VehicleType], list[Matrix]]:
    """Return the kits, those that may visit the same stops together, and their durations."""
    n = len(problem.stop_ids)
    alike: dict[frozenset[int], int] = {}
    for kit in range(problem.kits):
        mine = frozenset(stop for stop in range(n) if kit in problem.may_visit(stop))
        alike[mine] = alike.get(mine, 0) + 1
    fixed = int(problem.cost_s.max()) * (n + 1) if problem.fewest_kits else 0
    vehicles: list[VehicleType] = []
    durations: list[Matrix] = []
    for mine, count in sorted(alike.items(), key=lambda item: sorted(item[0])):
        vehicles.append(
            VehicleType(
                count,
                tw_early=0,
                tw_late=len(_starts(problem)) * _SLOT,
                fixed_cost=fixed,
                profile=len(durations),
            )
        )
        nodes = np.array([True, *(stop in mine for stop in range(n))])
        allowed = legs & nodes & nodes[:, None]
        duration = np.where(allowed, 0, _NEVER).astype(np.int64)
        np.fill_diagonal(duration, 0)
        durations.append(_matrix(duration))
    return vehicles, durations


def _matrix(values: IntArray) -> Matrix:
    """Return an array as PyVRP's stubs want it."""
    return cast("Matrix", values)
