"""What a solver is given says the same as the calendar does, for every feature of one.

The best of all itineraries through the stays and trips of a `TourProblem` is that of
`tests.naive_tour`, which knows neither; and its timetable keeps every rule of `geo.verify`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings

from geo.model import Campaign
from geo.plan import Status, Tour
from geo.tour import TourProblem, build_problem
from geo.tour.schedule import Visit, kits_for, timetable
from geo.tour.trips import Trips, trips_between
from geo.verify.tours import check_tour
from tests.naive_tour import Score, campaigns, score, search

Itineraries = tuple[tuple[Visit, ...], ...]


@dataclass
class Everything:
    """Every itinerary of every kit through a problem, cut off where it cannot be the best."""

    problem: TourProblem
    trips: dict[tuple[int, int], Trips] = field(default_factory=dict)
    best: tuple[Score, Itineraries] | None = None

    def trip(self, origin: Visit | None, target: Visit | None) -> tuple[int, int, int, int] | None:
        """Return the day, beginning, end and seconds of a trip, None where there is none."""
        nodes = (0 if origin is None else origin[0] + 1, 0 if target is None else target[0] + 1)
        if nodes not in self.trips:
            self.trips[nodes] = trips_between(self.problem, *nodes)
        trips = self.trips[nodes]
        cell = (0 if origin is None else origin[1], 0 if target is None else target[1])
        if not trips.possible[cell]:
            return None
        times = (int(each[cell]) for each in (trips.day, trips.begin, trips.finish))
        day, begin, finish = times
        return day, begin, finish, int(trips.drive_s[0, 0])

    def search(self, routes: Itineraries, left: frozenset[int], drive_s: int) -> None:
        """Go on from some complete itineraries and one that is not, the last of `routes`."""
        few = len([route for route in routes if route]) if self.problem.fewest_kits else 0
        if self.best is not None and (few, drive_s) > self.best[0][:2]:
            return
        *done, route = routes
        seconds = self.seconds(route) if route else 0
        if seconds is None:
            return
        if route and not left:
            self.keep(routes)
        if route and left and len(routes) < self.problem.kits:
            self.search((*routes, ()), left, self.cost(routes))
        for stop in sorted(left):
            for choice in range(len(self.problem.stays[stop])):
                last = route[-1] if route else None
                if self.trip(last, (stop, choice)) is not None:
                    grown = (*done, (*route, (stop, choice)))
                    self.search(grown, left - {stop}, self.cost(grown, home=False))

    def cost(self, routes: Itineraries, *, home: bool = True) -> int:
        """Return the seconds of all legs, perhaps without the way home of the last kit."""
        total = 0
        for i, route in enumerate(routes):
            nodes = [0, *(stop + 1 for stop, _ in route)]
            if home or i + 1 < len(routes):
                nodes.append(0)
            total += sum(int(self.problem.cost_s[leg]) for leg in pairwise(nodes))
        return total

    def seconds(self, route: tuple[Visit, ...]) -> int | None:
        """Return 0 while the trips of a kit so far do not break rule 7, else None."""
        driven: dict[int, int] = {}
        busy = -(10**12)
        for trip in self.legs(route, home=False):
            if trip is None or trip[1] < busy:
                return None
            driven[trip[0]] = driven.get(trip[0], 0) + trip[3]
            busy = trip[2]
        return None if max(driven.values()) > self.problem.max_drive_s else 0

    def legs(
        self, route: tuple[Visit, ...], *, home: bool
    ) -> Iterator[tuple[int, int, int, int] | None]:
        """Yield the trips of a kit."""
        yield self.trip(None, route[0])
        for one, other in pairwise(route):
            yield self.trip(one, other)
        if home:
            yield self.trip(route[-1], None)

    def keep(self, routes: Itineraries) -> None:
        """Keep a complete tour if it is one, and the best so far."""
        if not all(self.comes_home(route) for route in routes) or not self.is_allowed(routes):
            return
        stays = {stop: self.problem.stays[stop][s] for route in routes for stop, s in route}
        metres = sum(
            int(self.problem.cost_m[leg])
            for route in routes
            for leg in pairwise([0, *(stop + 1 for stop, _ in route), 0])
        )
        few = len(routes) if self.problem.fewest_kits else 0
        last = max(stay.end for stay in stays.values()) / 2
        found = (few, self.cost(routes), last, metres)
        if self.best is None or found < self.best[0]:
            self.best = found, routes

    def comes_home(self, route: tuple[Visit, ...]) -> bool:
        """Return whether rule 7 holds with the way home too."""
        legs = list(self.legs(route, home=True))
        driven: dict[int, int] = {}
        for leg in legs:
            if leg is None:
                return False
            driven[leg[0]] = driven.get(leg[0], 0) + leg[3]
        in_turn = all(
            one is not None and other is not None and one[2] <= other[1]
            for one, other in pairwise(legs)
        )
        return in_turn and max(driven.values()) <= self.problem.max_drive_s

    def is_allowed(self, routes: Itineraries) -> bool:
        """Return whether the order holds, and there are kits for the itineraries."""
        start = {stop: self.problem.stays[stop][s].start for route in routes for stop, s in route}
        if any(start[one] >= start[other] for one, other in self.problem.before):
            return False
        try:
            kits_for(self.problem, [[stop for stop, _ in route] for route in routes])
        except ValueError:
            return False
        return True


def assert_the_problem_says_what_the_calendar_says(campaign: Campaign) -> None:
    problem = build_problem(campaign)
    everything = Everything(problem)
    everything.search(((),), frozenset(range(len(problem.stop_ids))), 0)
    best = search(campaign).best(campaign.maisons)
    assert (None if everything.best is None else everything.best[0]) == best
    if everything.best is None:
        return
    stops, legs = timetable(problem, everything.best[1])
    drive_s = sum(leg.drive_s for leg in legs)
    metres = sum(leg.distance_m for leg in legs)
    tour = Tour(Status.OPTIMAL, drive_s, drive_s, metres, stops, legs)
    assert score(campaign, tour) == best
    assert not list(check_tour(campaign, tour))


MANY = settings(
    max_examples=30,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)


@MANY
@given(campaigns(max_stops=3))
def test_the_problem_of_a_tour_says_what_the_calendar_says(campaign: Campaign) -> None:
    assert_the_problem_says_what_the_calendar_says(campaign)


@pytest.mark.slow
@MANY
@given(campaigns(max_stops=4))
def test_the_problem_of_a_longer_tour_says_what_the_calendar_says(campaign: Campaign) -> None:
    assert_the_problem_says_what_the_calendar_says(campaign)
