"""The tour of an exhibition by other solvers, on the same calendar of days and the same roads.

All see days, not hours: a stop begins on one of its first days, stands its dwell, and a kit goes on
the day after. What they give back is orders of stops; `cost` prices and checks them all alike.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import vroom
from ortools.constraint_solver import pywrapcp, routing_enums_pb2
from pyvrp import solve
from pyvrp.stop import MaxRuntime

from geo.tour.floor import possible_legs
from geo.tour.itinerary import itinerary
from geo.tour.problem import TourProblem
from geo.tour.pyvrp_search import routes_of, to_pyvrp

Routes = list[list[int]]


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
    """Return the routes of PyVRP, stopped by the clock."""
    data, stop_of = to_pyvrp(problem, possible_legs(problem))
    result = solve(data, MaxRuntime(seconds), seed=1, collect_stats=False, display=False)
    return routes_of(result.best, stop_of)


def by_vroom(problem: TourProblem, level: int) -> Routes:
    """Return the routes of VROOM at an exploration level, on one thread."""
    n = len(problem.stop_ids)
    nothing = np.zeros((n + 1, n + 1), dtype=np.uint32)
    asked = vroom.Input()
    asked.set_durations_matrix("car", nothing)
    asked.set_distances_matrix("car", nothing)
    asked.set_costs_matrix("car", np.ascontiguousarray(problem.cost_s.astype(np.uint32)))
    whole = vroom.TimeWindow(0, problem.n_slots)
    for kit in range(problem.kits):
        asked.add_vehicle(vroom.Vehicle(kit + 1, start=0, end=0, time_window=whole))
    for stop, stays in enumerate(problem.stays):
        asked.add_job(
            vroom.Job(
                stop + 1,
                location=stop + 1,
                default_service=min(stay.end - stay.start + 1 for stay in stays),
                time_windows=[vroom.TimeWindow(a, b) for a, b in _windows(problem, stop)],
            )
        )
    answer = asked.solve(exploration_level=level, nb_threads=1).routes
    jobs = answer[answer.type == "job"]
    return [[int(job) - 1 for job in group["id"]] for _, group in jobs.groupby("vehicle_id")]


def _windows(problem: TourProblem, stop: int) -> list[tuple[int, int]]:
    """Return the first slots of the stays; VROOM wants windows, and takes single moments."""
    return [(stay.start, stay.start) for stay in problem.stays[stop]]


def by_ortools(problem: TourProblem, seconds: float) -> Routes:
    """Return the routes of OR-Tools' routing library by guided local search; none: none found."""
    n, slots = len(problem.stop_ids), problem.n_slots
    manager = pywrapcp.RoutingIndexManager(n + 1, problem.kits, 0)
    routing = pywrapcp.RoutingModel(manager)
    legs = problem.cost_s.tolist()
    length = [0, *(min(s.end - s.start + 1 for s in stays) for stays in problem.stays)]

    def leg(origin: int, target: int) -> int:
        return int(legs[manager.IndexToNode(origin)][manager.IndexToNode(target)])

    def stand(origin: int, _: int) -> int:
        return length[manager.IndexToNode(origin)]

    routing.SetArcCostEvaluatorOfAllVehicles(routing.RegisterTransitCallback(leg))
    standing = routing.RegisterTransitCallback(stand)
    routing.AddDimension(standing, slots, slots, False, "slot")  # noqa: FBT003 - its own signature
    dimension = routing.GetDimensionOrDie("slot")
    for stop, stays in enumerate(problem.stays):
        index = manager.NodeToIndex(stop + 1)
        starts = {stay.start for stay in stays}
        slot = dimension.CumulVar(index)
        slot.SetRange(min(starts), max(starts))
        for closed in set(range(min(starts), max(starts))) - starts:
            slot.RemoveValue(closed)
        routing.AddDisjunction([index], 100 * int(problem.cost_s.max()))
    parameters = pywrapcp.DefaultRoutingSearchParameters()
    first = routing_enums_pb2.FirstSolutionStrategy
    parameters.first_solution_strategy = first.PARALLEL_CHEAPEST_INSERTION
    local = routing_enums_pb2.LocalSearchMetaheuristic
    parameters.local_search_metaheuristic = local.GUIDED_LOCAL_SEARCH
    parameters.time_limit.FromMilliseconds(int(seconds * 1000))
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
