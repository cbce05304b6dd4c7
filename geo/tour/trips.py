"""The driving rules: whether a kit can be driven from one stay to the next, and when it goes.

All of them, in this one place:

1. A kit is driven from one stop to the next in one go and within one calendar day, between the
   hours `drive_from` and `drive_until` of that day. It leaves no earlier than the stay before is
   `Stay.free`, and arrives no later than the next one has to be `Stay.ready`.
2. *In the evening*, it leaves on the day on which it is free, as soon as it is (or at `drive_from`,
   if that is later). After a stay that ends at noon, that is at noon.
3. *In the morning*, it arrives on the day on which it has to be ready, just then (or at
   `drive_until`, if that is earlier).
4. `Driving.EVENING` and `Driving.MORNING` name one of the two; `Driving.EITHER` is the evening
   where rules 1 and 6 let this trip alone be driven then, and the morning elsewhere.
5. From the depot to its first stop a kit is always driven in the morning, and from its last stop to
   the depot in the evening.
6. A driver who returns drives empty from the depot to the kit before each of these legs, and empty
   back to the depot after it, without a pause; what is said of the hours and the day in rule 1 then
   holds from the first of the three legs to the last, and that of `free` and `ready` for the one
   with the kit. A driver who stays over drives the kit alone. All legs of a trip together take at
   most `max_drive_s`.
7. All trips of a kit on one calendar day together take at most `max_drive_s`, and none begins
   before the one before it is over.

Rules 1 to 6 are about two stays and are what `trips_between` tells; rule 7 is about all the trips
of a kit. Times are local, and count in seconds from the first midnight of the window.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from geo.model import BoolArray, Driving, IntArray
from geo.tour.problem import DAY_S, TourProblem
from geo.tour.stays import Stay

_NO_LIMIT = 1 << 40


@dataclass(frozen=True, slots=True, eq=False)
class Trips:
    """The trips from each of ``S`` stays at one place to each of ``T`` stays at another.

    Every array has shape ``(S, T)``; the depot has one stay, which is always there. Where a trip is
    not `possible` the others mean nothing.

    Parameters
    ----------
    possible
        Whether the second stay begins in a slot after the first one ends, and rules 1 to 6 hold.
    day
        On which calendar day it is driven, counted from the first of the window; -1 is the day
        before it.
    begin, depart, arrive, finish
        When the driver sets out, the kit leaves, it arrives, and the driver is done. The outer two
        differ from the inner two only where he returns to the depot.
    drive_s
        What all the legs of a trip take together, shape ``(1, 1)``.
    """

    possible: BoolArray
    day: IntArray
    begin: IntArray
    depart: IntArray
    arrive: IntArray
    finish: IntArray
    drive_s: IntArray


def trips_between(
    problem: TourProblem,
    origin: int,
    target: int,
    *,
    left: Sequence[Stay] | None = None,
    reached: Sequence[Stay] | None = None,
) -> Trips:
    """Return the trips between the stays at two nodes; node 0 is the depot.

    `left` and `reached` stand in for the stays inside the window where they are given.
    """
    before = _times(problem, origin, left)
    after = _times(problem, target, reached)
    road = Road.between(problem, np.array([[origin]]), np.array([[target]]))
    end, free = before[:, 1][:, None], before[:, 3][:, None]
    start, ready = after[:, 0][None], after[:, 2][None]
    if origin == 0:
        trips = in_the_morning(road, free=free, ready=ready)
    elif target == 0 or problem.driving is Driving.EVENING:
        trips = in_the_evening(road, free=free, ready=ready)
    else:
        trips = in_the_morning(road, free=free, ready=ready)
        if problem.driving is Driving.EITHER:
            trips = _first_possible(in_the_evening(road, free=free, ready=ready), trips)
    return _only(trips, end < start)


def _times(problem: TourProblem, node: int, stays: Sequence[Stay] | None) -> IntArray:
    """Return start, end, ready and free of ``N`` stays, ``(N, 4)``; the depot never limits."""
    if node == 0:
        # What leaves from the depot was always free, what goes there is never late.
        return np.array([[_NO_LIMIT, -_NO_LIMIT, _NO_LIMIT, -_NO_LIMIT]], dtype=np.int64)
    chosen = problem.stays[node - 1] if stays is None else stays
    rows = [(s.start, s.end, problem.second(s.ready), problem.second(s.free)) for s in chosen]
    return np.array(rows, dtype=np.int64).reshape(-1, 4)


@dataclass(frozen=True, slots=True, eq=False)
class Road:
    """What is driven on trips between nodes, and when it may be; arrays that fit each other.

    `to_kit` is the empty leg before the one with the kit, which takes `main`, and `back` the one
    after it. Nothing at all to drive is bound by no hours.
    """

    to_kit: IntArray
    main: IntArray
    back: IntArray
    hours_from: IntArray
    hours_until: IntArray
    within_limit: BoolArray

    @staticmethod
    def between(problem: TourProblem, origin: IntArray, target: IntArray) -> Road:
        """Return the roads between nodes, two arrays of indices that fit each other."""
        drive = problem.travel.drive_s
        main = drive[origin, target]
        nothing = np.zeros_like(main)
        to_kit = drive[0, origin] + nothing if problem.driver_returns else nothing
        back = drive[target, 0] + nothing if problem.driver_returns else nothing
        total = to_kit + main + back
        return Road(
            to_kit,
            main,
            back,
            np.where(total > 0, problem.drive_from_s, 0),
            np.where(total > 0, problem.drive_until_s, DAY_S - 1),
            total <= problem.max_drive_s,
        )

    @property
    def total(self) -> IntArray:
        """Return what all the legs take together."""
        return self.to_kit + self.main + self.back


def in_the_evening(road: Road, *, free: IntArray, ready: IntArray) -> Trips:
    """Return the trips by rule 2: as soon as the kit is free."""
    day = free // DAY_S
    depart = np.maximum(free, day * DAY_S + road.hours_from + road.to_kit)
    arrive = depart + road.main
    return _trips(road, day=day, depart=depart, arrive=arrive, free=free, ready=ready)


def in_the_morning(road: Road, *, free: IntArray, ready: IntArray) -> Trips:
    """Return the trips by rule 3: just when the kit has to be ready."""
    day = ready // DAY_S
    arrive = np.minimum(ready, day * DAY_S + road.hours_until - road.back)
    depart = arrive - road.main
    return _trips(road, day=day, depart=depart, arrive=arrive, free=free, ready=ready)


def _trips(
    road: Road,
    *,
    day: IntArray,
    depart: IntArray,
    arrive: IntArray,
    free: IntArray,
    ready: IntArray,
) -> Trips:
    begin, finish = depart - road.to_kit, arrive + road.back
    possible = (
        road.within_limit
        & (begin >= day * DAY_S + road.hours_from)
        & (finish <= day * DAY_S + road.hours_until)
        & (depart >= free)
        & (arrive <= ready)
    )
    return Trips(possible, day, begin, depart, arrive, finish, road.total)


def _first_possible(one: Trips, other: Trips) -> Trips:
    """Return the one trip where it is possible, else the other."""
    pick = one.possible
    return Trips(
        one.possible | other.possible,
        np.where(pick, one.day, other.day),
        np.where(pick, one.begin, other.begin),
        np.where(pick, one.depart, other.depart),
        np.where(pick, one.arrive, other.arrive),
        np.where(pick, one.finish, other.finish),
        one.drive_s,
    )


def _only(trips: Trips, allowed: BoolArray) -> Trips:
    """Return the trips with every array in full shape, and only those possible that are allowed."""
    shape = np.broadcast_shapes(trips.possible.shape, allowed.shape)

    def full(values: IntArray) -> IntArray:
        return np.broadcast_to(values, shape)

    return Trips(
        trips.possible & allowed,
        full(trips.day),
        full(trips.begin),
        full(trips.depart),
        full(trips.arrive),
        full(trips.finish),
        trips.drive_s,
    )
