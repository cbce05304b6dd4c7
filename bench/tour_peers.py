"""The tour of an exhibition by other solvers, on the same calendar of days and the same roads.

All see days, not hours: a stop begins on one of its first days, stands its dwell, and a kit goes on
the day after. What they give back is orders of stops; `cost` prices and checks them all alike.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

import numpy as np
import vroom
from ortools.constraint_solver import pywrapcp, routing_enums_pb2
from pyvrp import solve

from geo.tour.floor import possible_legs
from geo.tour.itinerary import itinerary
from geo.tour.problem import TourProblem
from geo.tour.pyvrp_search import routes_of, to_pyvrp

Routes = list[list[int]]

_LEVEL = 5


def cost(problem: TourProblem, routes: Sequence[Sequence[int]]) -> int | None:
    """Return the seconds driven, None where a rule is broken or a stop left out."""
    visited = sorted(stop for route in routes for stop in route)
    if visited != list(range(len(problem.stop_ids))) or len(routes) > problem.kits:
        return None
    total = 0
    for route in routes:
        if itinerary(problem, route) is None:
            return None
        nodes = np.array([0, *(stop + 1 for stop in route), 0])
        total += int(problem.cost_s[nodes[:-1], nodes[1:]].sum())
    return total


def by_pyvrp(problem: TourProblem, seconds: float) -> Routes:
    """Return the routes of PyVRP after so many seconds of processor time."""
    data, stop_of = to_pyvrp(problem, possible_legs(problem))
    end = time.process_time() + seconds

    def is_over(best_cost: float) -> bool:
        del best_cost
        return time.process_time() >= end

    result = solve(data, is_over, seed=1, collect_stats=False, display=False)
    return routes_of(result.best, stop_of)


def by_vroom(problem: TourProblem, seconds: float) -> Routes:
    """Return the routes of VROOM at its highest exploration level, on one thread.

    It improves its first tours for so many seconds of the clock at the most: it knows no other.
    """
    n = len(problem.stop_ids)
    nothing = np.zeros((n + 1, n + 1), dtype=np.uint32)
    asked = vroom.Input()
    asked.set_durations_matrix("car", nothing)
    asked.set_distances_matrix("car", nothing)
    asked.set_costs_matrix("car", np.ascontiguousarray(problem.cost_s.astype(np.uint32)))
    days = _days(problem)
    whole = vroom.TimeWindow(0, days.count)
    for kit in range(problem.kits):
        asked.add_vehicle(vroom.Vehicle(kit + 1, start=0, end=0, time_window=whole))
    for stop, starts in enumerate(days.starts):
        asked.add_job(
            vroom.Job(
                stop + 1,
                location=stop + 1,
                default_service=days.length[stop],
                time_windows=[vroom.TimeWindow(start, start) for start in starts],
            )
        )
    limit = timedelta(seconds=seconds)
    answer = asked.solve(exploration_level=_LEVEL, nb_threads=1, timeout=limit).routes
    jobs = answer[answer.type == "job"]
    return [[int(job) - 1 for job in group["id"]] for _, group in jobs.groupby("vehicle_id")]


@dataclass(frozen=True, slots=True)
class _Days:
    """The calendar without the days on which every stop is closed, which kits stand through."""

    count: int
    starts: list[list[int]]
    length: list[int]


def _days(problem: TourProblem) -> _Days:
    opened = sorted({day for stays in problem.stays for stay in stays for day in stay.open_on})
    rank = {day: at for at, day in enumerate(opened)}
    starts = [[rank[stay.open_on[0]] for stay in stays] for stays in problem.stays]
    return _Days(len(opened), starts, [len(stays[0].open_on) for stays in problem.stays])


def by_ortools(problem: TourProblem, seconds: float) -> Routes:
    """Return the routes of OR-Tools' routing library by guided local search; none: none found.

    Stopped after so many seconds of processor time; while it looks for its first tour it knows the
    clock alone, and has four times as many there.
    """
    n, days = len(problem.stop_ids), _days(problem)
    manager = pywrapcp.RoutingIndexManager(n + 1, problem.kits, 0)
    routing = pywrapcp.RoutingModel(manager)
    driven = routing.RegisterTransitMatrix(problem.cost_s.tolist())
    routing.SetArcCostEvaluatorOfAllVehicles(driven)
    standing = routing.RegisterUnaryTransitVector([0, *days.length])
    routing.AddDimension(standing, days.count, days.count, False, "day")  # noqa: FBT003 - its own signature
    dimension = routing.GetDimensionOrDie("day")
    for stop, starts in enumerate(days.starts):
        index = manager.NodeToIndex(stop + 1)
        day = dimension.CumulVar(index)
        day.SetRange(starts[0], starts[-1])
        for closed in set(range(starts[0], starts[-1])) - set(starts):
            day.RemoveValue(closed)
        routing.AddDisjunction([index], 100 * int(problem.cost_s.max()))
    parameters = pywrapcp.DefaultRoutingSearchParameters()
    first = routing_enums_pb2.FirstSolutionStrategy
    parameters.first_solution_strategy = first.PARALLEL_CHEAPEST_INSERTION
    local = routing_enums_pb2.LocalSearchMetaheuristic
    parameters.local_search_metaheuristic = local.GUIDED_LOCAL_SEARCH
    parameters.time_limit.FromMilliseconds(round(4000 * seconds))
    end = time.process_time() + seconds
    routing.AddSearchMonitor(routing.solver().CustomLimit(lambda: time.process_time() >= end))
    found = routing.SolveWithParameters(parameters)
    routes: Routes = []
    for kit in range(problem.kits if found else 0):
        index, route = routing.Start(kit), []
        while not routing.IsEnd(index):
            node = manager.IndexToNode(index)
            route += [node - 1] if node else []
            index = found.Value(routing.NextVar(index))
        routes.append(route)
    return [route for route in routes if route]
