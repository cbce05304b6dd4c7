"""From the order of the stops to days and hours."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from geo.plan import Leg, Stop
from geo.tour.moves import StopMoves
from geo.tour.problem import TourProblem
from geo.tour.stays import Stay
from geo.tour.trips import Trips, trips_between

Visit = tuple[int, int]
"""A stop, and which of its `TourProblem.stays` is taken there."""


def schedule(
    problem: TourProblem, moves: Sequence[StopMoves], routes: Iterable[Sequence[int]]
) -> tuple[tuple[Stop, ...], tuple[Leg, ...]]:
    """Return the `timetable` of routes through a problem that fits tables, stop by stop.

    Each stay is the earliest that the order allows, so each route ends as early as it can.

    Raises
    ------
    ValueError
        If the calendar does not allow a route.
    """
    return timetable(problem, [_earliest(problem, moves, route) for route in routes])


def timetable(
    problem: TourProblem,
    itineraries: Iterable[Sequence[Visit]],
    *,
    numbers: Sequence[int] | None = None,
) -> tuple[tuple[Stop, ...], tuple[Leg, ...]]:
    """Return the stops and the legs of the kits, kit by kit, in the order in which they happen.

    Times are local and naive, and follow from `geo.tour.trips`; a kit that is early waits where it
    is going. Where the depot is a stop itself, no leg joins the two, and the kit is there when it
    has to be.

    Parameters
    ----------
    itineraries
        What each kit that is used visits, in order.
    numbers
        The kit of each itinerary, counted from 0. Where they are not given, the itineraries get the
        first kits that may drive them, by the first day of the tour, then by the id of the first
        stop.

    Raises
    ------
    ValueError
        If a trip is not possible, or no kits may drive the itineraries.
    """
    driven = [list(visits) for visits in itineraries if visits]
    if numbers is None:
        driven.sort(key=lambda v: (_stay(problem, v[0]).start, problem.stop_ids[v[0][0]]))
        numbers = kits_for(problem, [[stop for stop, _ in visits] for visits in driven])
    stops: list[Stop] = []
    legs: list[Leg] = []
    for kit, visits in sorted(zip(numbers, driven, strict=True)):
        trips = _trips(problem, visits)
        stops += _stops(problem, visits, trips, kit=kit + 1)
        legs += _legs(problem, visits, trips, kit=kit + 1)
    return tuple(stops), tuple(legs)


def kits_for(problem: TourProblem, routes: Sequence[Sequence[int]]) -> list[int]:
    """Return a kit, counted from 0, for each set of stops: the first route gets the first it can.

    Raises
    ------
    ValueError
        If there are not enough kits that may visit these stops together.
    """
    allowed = [
        sorted(frozenset(range(problem.kits)).intersection(*map(problem.may_visit, route)))
        for route in routes
    ]
    chosen: list[int] = []
    for i, choices in enumerate(allowed):
        for kit in choices:
            if kit not in chosen and _has_kits(allowed[i + 1 :], {*chosen, kit}):
                chosen.append(kit)
                break
        else:
            raise ValueError(f"no kit is left for the stops {routes[i]}")
    return chosen


def _has_kits(allowed: Sequence[Sequence[int]], taken: set[int]) -> bool:
    """Return whether each of them gets a kit of its own (Kuhn's augmenting paths)."""
    owner: dict[int, int] = {}

    def place(route: int, seen: set[int]) -> bool:
        for kit in allowed[route]:
            if kit not in taken and kit not in seen:
                seen.add(kit)
                if kit not in owner or place(owner[kit], seen):
                    owner[kit] = route
                    return True
        return False

    return all(place(route, set()) for route in range(len(allowed)))


def _stay(problem: TourProblem, visit: Visit) -> Stay:
    stop, choice = visit
    return problem.stays[stop][choice]


def _earliest(
    problem: TourProblem, moves: Sequence[StopMoves], route: Sequence[int]
) -> list[Visit]:
    """Return the earliest stays in this order.

    Leaving a stop earlier never closes a choice at the next one, so each takes the first stay that
    may be left for the next node.
    """
    visits: list[Visit] = []
    free = 0
    for i, stop in enumerate(route):
        node = route[i + 1] + 1 if i + 1 < len(route) else 0
        leave = moves[stop].leave if i else moves[stop].leave_first
        choices = np.flatnonzero(leave[:, node] & (moves[stop].start >= free))
        if not len(choices):
            raise ValueError(f"no stay at {problem.stop_ids[stop]} in the order {route}")
        visits.append((stop, int(choices[0])))
        free = _stay(problem, visits[-1]).end + 1
    return visits


def _trips(problem: TourProblem, visits: Sequence[Visit]) -> list[Trips]:
    """Return the trips of one kit, ``(1, 1)`` each, from the depot and back."""
    nodes = [0, *(stop + 1 for stop, _ in visits), 0]
    stays = [(), *((_stay(problem, visit),) for visit in visits), ()]
    trips = [
        trips_between(problem, nodes[i], nodes[i + 1], left=stays[i], reached=stays[i + 1])
        for i in range(len(nodes) - 1)
    ]
    for i, trip in enumerate(trips):
        if not trip.possible.all():
            ids = f"{problem.node_id(nodes[i])} to {problem.node_id(nodes[i + 1])}"
            raise ValueError(f"a kit cannot be driven from {ids} between these stays")
    return trips


def _stops(
    problem: TourProblem, visits: Sequence[Visit], trips: Sequence[Trips], *, kit: int
) -> Iterator[Stop]:
    for i, visit in enumerate(visits):
        stay = _stay(problem, visit)
        yield Stop(
            maison_id=problem.stop_ids[visit[0]],
            kit=kit,
            open_on=stay.open_on,
            arrive=problem.moment(trips[i].arrive.item()),
            leave=problem.moment(trips[i + 1].depart.item()),
            opens=stay.opens,
            closes=stay.closes,
        )


def _legs(
    problem: TourProblem, visits: Sequence[Visit], trips: Sequence[Trips], *, kit: int
) -> Iterator[Leg]:
    """Yield the legs of each trip, but none from a place to itself."""
    nodes = [0, *(stop + 1 for stop, _ in visits), 0]
    for i, trip in enumerate(trips):
        origin, target = nodes[i], nodes[i + 1]
        legs = [(origin, target, trip.depart.item(), False)]
        if problem.driver_returns:
            legs.insert(0, (0, origin, trip.begin.item(), True))
            legs.append((target, 0, trip.arrive.item(), True))
        for start, end, depart, empty in legs:
            if problem.node_id(start) != problem.node_id(end):
                yield _leg(problem, start, end, kit=kit, depart=depart, empty=empty)


def _leg(
    problem: TourProblem, origin: int, target: int, *, kit: int, depart: int, empty: bool
) -> Leg:
    drive_s = int(problem.travel.drive_s[origin, target])
    return Leg(
        kit=kit,
        from_id=problem.node_id(origin),
        to_id=problem.node_id(target),
        depart=problem.moment(depart),
        arrive=problem.moment(depart + drive_s),
        drive_s=drive_s,
        distance_m=int(problem.travel.distance_m[origin, target]),
        source=problem.travel.source(origin, target),
        empty=empty,
    )
