"""Exhibitions made from a seed: stops in a square, roads, dwells, weekly closing days.

Every instance has a tour by construction: one is hidden in it, and the days on which it stands
somewhere are open there.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

import numpy as np

from geo.model import BoolArray, IntArray
from geo.tour.problem import TourProblem
from geo.tour.stays import Stay
from geo.tour.travel import TravelMatrix

FIRST_DAY = date(2026, 1, 5)  # a Monday
_CLOSED = 0.1


@dataclass(frozen=True, slots=True)
class Exhibition:
    """How large an instance is, and its seed."""

    stops: int
    kits: int
    seed: int = 0

    @property
    def days(self) -> int:
        """Return the weekdays: 19, or a fifth more than each kit has stops."""
        return max(19, -(-self.stops * 6 // (self.kits * 5)))

    @property
    def name(self) -> str:
        """Return e.g. ``18 stops, 3 kits``."""
        return f"{self.stops} stops, {self.kits} kit{'s' if self.kits > 1 else ''}"


def make_problem(exhibition: Exhibition) -> TourProblem:
    """Return the tour problem of an exhibition."""
    rng = np.random.default_rng([exhibition.seed, exhibition.stops, exhibition.kits])
    n = exhibition.stops
    drive_s, distance_m = _roads(rng, n)
    dwell, opened = _calendars(rng, exhibition)
    stays = tuple(_stays(opened[stop], int(dwell[stop])) for stop in range(n))
    width = len(str(n))
    ids = tuple(f"m{stop + 1:0{width}}" for stop in range(n))
    return TourProblem(
        first_day=FIRST_DAY,
        n_days=_calendar_day(exhibition.days - 1) + 1,
        depot_id="depot",
        depot_name="Dépôt",
        stop_ids=ids,
        stop_names=ids,
        travel=TravelMatrix(drive_s, distance_m, np.zeros((n + 1, n + 1), dtype=np.bool_)),
        stays=stays,
        later_stays=tuple(() for _ in range(n)),
        kits=exhibition.kits,
        max_drive_s=24 * 3600,
    )


def _roads(rng: np.random.Generator, n: int) -> tuple[IntArray, IntArray]:
    """Return seconds and metres that keep the triangle inequality and are not symmetric."""
    side_km = 90.0 if n <= 20 else 200.0
    places = rng.uniform(0, side_km, (n + 1, 2))
    places[0] = side_km / 2
    km = 1.3 * np.hypot(*(places[:, None] - places[None]).transpose(2, 0, 1))
    minutes = km / 55 * 60 * rng.uniform(0.9, 1.25, km.shape) + 4
    np.fill_diagonal(minutes, 0)
    for node in range(n + 1):
        minutes = np.minimum(minutes, minutes[:, node : node + 1] + minutes[node])
    drive_s = np.rint(minutes * 60).astype(np.int64)
    distance_m = np.rint(km * 1000).astype(np.int64)
    np.fill_diagonal(drive_s, 0)
    return drive_s, distance_m


def _calendars(rng: np.random.Generator, exhibition: Exhibition) -> tuple[IntArray, BoolArray]:
    """Return how many weekdays each stop wants, and on which it is open."""
    n, kits, days = exhibition.stops, exhibition.kits, exhibition.days
    opened = rng.random((n, days)) > _CLOSED
    for stop in np.flatnonzero(rng.random(n) < 0.5):
        opened[stop, rng.integers(0, 5) :: 5] = False
    dwell = np.ones(n, dtype=np.int64)
    for route in np.array_split(rng.permutation(n), kits):
        room = days - len(route)
        dwell[rng.permutation(route)[: int(0.7 * room)]] = 2
        slack, day = days - int(dwell[route].sum()), 0
        for stop in route:
            if slack > 0 and rng.random() < slack / len(route):
                day, slack = day + 1, slack - 1
            opened[stop, day : day + dwell[stop]] = True
            day += int(dwell[stop])
    return dwell, opened


def _stays(opened: BoolArray, dwell: int) -> tuple[Stay, ...]:
    days = len(opened)
    starts = [day for day in range(days - dwell + 1) if opened[day : day + dwell].all()]
    return tuple(_stay(range(start, start + dwell)) for start in starts)


def _stay(weekdays: range) -> Stay:
    days = [_calendar_day(day) for day in weekdays]
    open_on = tuple(FIRST_DAY + timedelta(days=day) for day in days)
    opens, closes = datetime.combine(open_on[0], time(9)), datetime.combine(open_on[-1], time(14))
    return Stay(2 * days[0], 2 * days[-1] + 1, open_on, opens, closes, opens, closes)


def _calendar_day(weekday: int) -> int:
    return weekday // 5 * 7 + weekday % 5
