"""From the order of the stops to days and hours."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

import numpy as np

from geo.plan import Leg, Stop
from geo.tour.moves import StopMoves
from geo.tour.problem import TourProblem
from geo.tour.stays import Stay


def schedule(
    problem: TourProblem, moves: Sequence[StopMoves], routes: Iterable[Sequence[int]]
) -> tuple[tuple[Stop, ...], tuple[Leg, ...]]:
    """Return the stops and the legs of the routes, kit by kit, in the order in which they happen.

    Each stay is the earliest that the order allows, so each route ends as early as it can. Kits
    count from 1, by the first day of their tour, then by the id of their first stop. Times are
    local and naive. The first leg arrives when the stop opens; every later one departs at closing
    time, and a kit that is early waits where it is going. Where the depot is a stop itself, no leg
    joins the two, and the kit is there from opening time on.

    Raises
    ------
    ValueError
        If the calendar does not allow a route.
    """
    timed = [(route, _stays(problem, moves, route)) for route in routes]
    timed.sort(key=lambda pair: (pair[1][0].start, problem.stop_ids[pair[0][0]]))
    stops: list[Stop] = []
    legs: list[Leg] = []
    for kit, (route, stays) in enumerate(timed, start=1):
        kit_legs = _legs(problem, kit=kit, route=route, stays=stays)
        stops += _stops(problem, kit=kit, route=route, stays=stays, legs=kit_legs)
        legs += [leg for leg in kit_legs if leg.from_id != leg.to_id]
    return tuple(stops), tuple(legs)


def _stays(problem: TourProblem, moves: Sequence[StopMoves], route: Sequence[int]) -> list[Stay]:
    """Return the earliest stays in this order.

    Leaving a stop earlier never closes a choice at the next one, so each takes the first stay that
    may be left for the next node.
    """
    stays: list[Stay] = []
    free = 0
    for i, stop in enumerate(route):
        node = route[i + 1] + 1 if i + 1 < len(route) else 0
        leave = moves[stop].leave if i else moves[stop].leave_first
        choices = np.flatnonzero(leave[:, node] & (moves[stop].start >= free))
        if not len(choices):
            raise ValueError(f"no stay at {problem.stop_ids[stop]} in the order {route}")
        stays.append(problem.stays[stop][choices[0]])
        free = stays[-1].end + 1
    return stays


def _legs(
    problem: TourProblem, *, kit: int, route: Sequence[int], stays: Sequence[Stay]
) -> list[Leg]:
    nodes = [0, *(stop + 1 for stop in route), 0]
    first = stays[0].opens - timedelta(seconds=int(problem.travel.drive_s[0, nodes[1]]))
    departs = [first, *(stay.closes for stay in stays)]
    return [
        _leg(problem, kit=kit, origin=origin, target=target, depart=depart)
        for origin, target, depart in zip(nodes[:-1], nodes[1:], departs, strict=True)
    ]


def _leg(problem: TourProblem, *, kit: int, origin: int, target: int, depart: datetime) -> Leg:
    drive_s = int(problem.travel.drive_s[origin, target])
    return Leg(
        kit=kit,
        from_id=problem.node_id(origin),
        to_id=problem.node_id(target),
        depart=depart,
        arrive=depart + timedelta(seconds=drive_s),
        drive_s=drive_s,
        distance_m=int(problem.travel.distance_m[origin, target]),
        source=problem.travel.source(origin, target),
    )


def _stops(
    problem: TourProblem,
    *,
    kit: int,
    route: Sequence[int],
    stays: Sequence[Stay],
    legs: Sequence[Leg],
) -> list[Stop]:
    return [
        Stop(
            maison_id=problem.stop_ids[stop],
            kit=kit,
            open_on=stay.open_on,
            arrive=leg.arrive,
            leave=stay.closes,
        )
        for stop, stay, leg in zip(route, stays, legs, strict=False)
    ]
