"""Compile the kernels of matching, targeting and tours ahead of time: ``python -m app.warm``."""

from __future__ import annotations

from datetime import date, datetime, time
from pathlib import Path
from typing import Any, cast

import numpy as np
import shapely

from geo.matching import MatchingProblem, solve
from geo.matching.ascent import sweep
from geo.tour.changes import fits
from geo.tour.exact import solve_exact
from geo.tour.floor import drive_floor
from geo.tour.problem import TourProblem
from geo.tour.stays import Stay
from geo.tour.travel import TravelMatrix
from geo.zones import pairs_by_grid


def is_warm() -> bool:
    """Return whether the kernels were compiled before and kept on disk."""
    folder = Path(str(cast("Any", sweep).stats.cache_path))
    return any(folder.glob("ascent.sweep-*.nbi"))


def tiny_problem(fairness: float) -> MatchingProblem:
    """Return a problem that leads through every kernel: two agents, four faces, two periods."""
    shape = (4, 2)
    none = np.zeros(0, dtype=np.int64)
    everywhere = np.ones(shape, dtype=np.bool_)
    return MatchingProblem(
        agent_ids=("a", "b"),
        face_ids=("f0", "f1", "f2", "f3"),
        share=np.ones(2),
        consents=np.ones(2, dtype=np.bool_),
        contacts=np.full(shape, 100.0),
        price_cents=np.full(shape, 1000, dtype=np.int64),
        excluded=np.zeros(4, dtype=np.bool_),
        available=everywhere,
        open=everywhere,
        edge_face=np.repeat(np.arange(4), 2),
        edge_agent=np.tile(np.arange(2), 4),
        relevance=np.linspace(0.3, 1.0, 8),
        edge_open=np.ones((8, 2), dtype=np.bool_),
        close_pairs=np.array([[0, 1], [2, 3]]),
        locks=(),
        lock_face=none,
        lock_period=none,
        lock_agent=none,
        budget_cents=5000,
        spacing_m=500.0,
        max_periods_per_face=1,
        min_faces=1,
        fairness=fairness,
        seed=0,
    )


def tiny_tour() -> TourProblem:
    """Return a tour of three stops that three kits share."""
    day = date(2026, 1, 5)
    opens, closes = datetime.combine(day, time(9)), datetime.combine(day, time(17))
    stay = Stay(0, 1, (day,), opens, closes, opens, closes)
    hour = np.full((4, 4), 3600, dtype=np.int64)
    return TourProblem(
        first_day=day,
        n_days=1,
        depot_id="d",
        depot_name="d",
        stop_ids=("a", "b", "c"),
        stop_names=("a", "b", "c"),
        travel=TravelMatrix(hour, hour, np.ones((4, 4), dtype=np.bool_)),
        stays=((stay,),) * 3,
        later_stays=((), (), ()),
        kits=3,
        max_drive_s=4 * 3600,
    )


def main() -> None:
    """Compile everything, by solving something small and finding a few points by the grid."""
    solve(tiny_problem(3.0))
    zones = [shapely.box(0, 0, 1, 1), shapely.Point(3, 3).buffer(1)]
    place = np.linspace(-1.0, 5.0, 40)
    pairs_by_grid(zones, place, place)
    tour = tiny_tour()
    solve_exact(tour)
    fits(tour)
    drive_floor(tour)


if __name__ == "__main__":
    main()
