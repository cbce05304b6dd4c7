"""A good tour by PyVRP's iterated local search, the same one on every machine."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias, cast

import numpy as np
from pyvrp import Client, Depot, Location, ProblemData, Solution, VehicleType, solve
from pyvrp.stop import MaxIterations

from geo.model import IntArray
from geo.tour.tsptw.problem import Tightened, Tsptw

_FORBIDDEN = 1 << 32

Matrix: TypeAlias = "np.ndarray[int, np.dtype[Any]]"
"""What the stubs of PyVRP call an array: its first parameter is no shape there."""


def matrix(values: IntArray) -> Matrix:
    """Return an array as PyVRP's stubs want it."""
    return cast("Matrix", values)


def improve(
    problem: Tsptw, tight: Tightened, order: Sequence[int], *, iterations: int, seed: int
) -> tuple[int, ...]:
    """Return a tour from so many iterations that begin with `order`; empty where none was found.

    `order` may be empty.
    """
    n = len(problem)
    nowhere = [Location(0, 0) for _ in range(n)]
    clients = [
        Client(
            node,
            service_duration=int(problem.service[node]),
            tw_early=int(tight.ready[node]),
            tw_late=int(tight.due[node]),
        )
        for node in range(1, n)
    ]
    vehicle = VehicleType(1, tw_early=int(problem.ready[0]), tw_late=int(problem.due[0]))
    data = ProblemData(
        nowhere,
        clients,
        [Depot(0, service_duration=int(problem.service[0]))],
        [vehicle],
        [matrix(problem.travel)],
        [matrix(_allowed(problem.travel, tight))],
    )
    # The nodes of a route are clients, which PyVRP counts without the depot.
    start = Solution(data, [[node - 1 for node in order]]) if len(order) else None
    result = solve(
        data,
        MaxIterations(iterations),
        seed=seed,
        collect_stats=False,
        display=False,
        initial_solution=start,
    )
    routes = result.best.routes() if result.is_feasible() else []
    found = tuple(a.idx + 1 for route in routes for a in route if a.is_client())
    return found if problem.is_tour(found) else ()


def _allowed(travel: IntArray, tight: Tightened) -> IntArray:
    """Return the durations; what no tour drives takes too long."""
    durations = travel.copy()
    durations[~tight.arcs] = _FORBIDDEN
    durations.flat[:: len(travel) + 1] = 0
    return durations
