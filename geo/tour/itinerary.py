"""The stays of one kit in a given order of stops, by all the driving rules.

Which stay is taken decides on which day the kit is driven, and with rule 7 of `geo.tour.trips` what
else may be driven on that day. So a label is a stay together with what was driven on the day of the
trip to it; of those on one day, the one that drove less and was done earlier stands for the others.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from geo.tour.problem import TourProblem
from geo.tour.schedule import Visit
from geo.tour.trips import Trips, trips_between

Itineraries = tuple[tuple[Visit, ...], ...]
"""What each kit that is used visits, in order."""


@dataclass(frozen=True, slots=True)
class _Label:
    """A stay at a stop, and the trip to it: its day, all driven on that day, when it was over."""

    choice: int
    day: int
    driven_s: int
    finish: int
    parent: _Label | None

    def beats(self, other: _Label) -> bool:
        """Return whether nothing is lost without `other`, which is on the same stay."""
        same = self.day == other.day
        return same and self.driven_s <= other.driven_s and self.finish <= other.finish


def itinerary(problem: TourProblem, route: Sequence[int]) -> tuple[Visit, ...] | None:
    """Return the visits of a kit that ends as early as it can in this order; None: it cannot.

    Of equals, the ones that were chosen first from the last stop back. Orders among stops and kits
    that keep to a zone are not looked at.
    """
    labels: list[_Label] = []
    nodes = [0, *(stop + 1 for stop in route), 0]
    for at, target in enumerate(nodes[1:]):
        if (nodes[at], target) in problem.forbidden:
            return None
        trips = trips_between(problem, nodes[at], target)
        labels = _extend(problem, trips, labels) if at else _begin(trips)
        if not labels:
            return None
    best = min((label.parent for label in labels if label.parent), key=lambda each: each.choice)
    choices = _choices(best)
    return tuple(zip(route, choices, strict=True))


def _begin(trips: Trips) -> list[_Label]:
    drive_s = int(trips.drive_s[0, 0])
    return [
        _Label(int(t), int(trips.day[0, t]), drive_s, int(trips.finish[0, t]), None)
        for t in np.flatnonzero(trips.possible[0])
    ]


def _extend(problem: TourProblem, trips: Trips, labels: Sequence[_Label]) -> list[_Label]:
    kept: dict[int, list[_Label]] = {}
    drive_s = int(trips.drive_s[0, 0])
    for label in labels:
        for t in np.flatnonzero(trips.possible[label.choice]).tolist():
            day = int(trips.day[label.choice, t])
            begin, finish = (int(times[label.choice, t]) for times in (trips.begin, trips.finish))
            driven_s = drive_s + (label.driven_s if day == label.day else 0)
            if driven_s > problem.max_drive_s or begin < label.finish:
                continue
            grown = _Label(t, day, driven_s, finish, label)
            others = kept.setdefault(t, [])
            if not any(other.beats(grown) for other in others):
                others[:] = [other for other in others if not grown.beats(other)]
                others.append(grown)
    return [label for t in sorted(kept) for label in kept[t]]


def _choices(label: _Label | None) -> list[int]:
    choices = []
    while label is not None:
        choices.append(label.choice)
        label = label.parent
    return choices[::-1]


def worth(problem: TourProblem, found: Itineraries) -> tuple[int, int, int, int]:
    """Return what is minimised, in order."""
    paths = [[0, *(stop + 1 for stop, _ in visits), 0] for visits in found]
    legs = [leg for path in paths for leg in pairwise(path)]
    last = max(problem.stays[stop][choice].end for visits in found for stop, choice in visits)
    return (
        len(found) if problem.fewest_kits else 0,
        sum(int(problem.cost_s[leg]) for leg in legs),
        last,
        sum(int(problem.cost_m[leg]) for leg in legs),
    )
