"""How long and how far it is by road between the depot and the stops, and who says so."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from geo.crs import LngLat
from geo.model import BoolArray, IntArray, TravelRow
from geo.plan import TravelSource
from geo.tour.estimate import estimate_travel


@dataclass(frozen=True, slots=True, eq=False)
class TravelMatrix:
    """Travel from row to column: whole seconds, whole metres, and where each cell comes from.

    Arrays of shape ``(n, n)``; the way from a place to itself takes nothing. Not symmetric.

    Parameters
    ----------
    estimated
        Whether a cell is an estimate.
    served
        Whether it comes from a routing server; None where none does.
    low_s, high_s
        The interval of an estimate, and `drive_s` itself in every other cell; None means `drive_s`
        everywhere.
    """

    drive_s: IntArray
    distance_m: IntArray
    estimated: BoolArray
    served: BoolArray | None = None
    low_s: IntArray | None = None
    high_s: IntArray | None = None

    def source(self, origin: int, target: int) -> TravelSource:
        """Return where a cell comes from."""
        if self.estimated[origin, target]:
            return TravelSource.ESTIMATE
        served = self.served is not None and self.served[origin, target]
        return TravelSource.ROADS if served else TravelSource.TABLE

    def interval_s(self, origin: int, target: int) -> tuple[int, int]:
        """Return the shortest and the longest time to be expected."""
        ends = (self.low_s, self.high_s)
        low, high = (int((self.drive_s if e is None else e)[origin, target]) for e in ends)
        return low, high

    def at_worst(self) -> TravelMatrix:
        """Return the same travel with every estimate at the slow end of its interval."""
        return self if self.high_s is None else replace(self, drive_s=self.high_s)


def travel_matrix(
    ids: Sequence[str], points: Sequence[LngLat], rows: Iterable[TravelRow]
) -> TravelMatrix:
    """Return the travel between places: the rows that are known, an estimate for the other pairs.

    A row holds in its own direction only. The campaign's own rows come before those of a routing
    server; of two rows of one source for one pair the slower one counts. An id may stand twice (the
    depot that is a stop too): the way between its two nodes takes nothing and is no estimate. Rows
    about other places are left aside.

    Parameters
    ----------
    ids, points
        The places, each of length ``n``.
    """
    estimate = estimate_travel(points)
    drive, metres = estimate.drive_s.copy(), estimate.distance_m.copy()
    low, high = estimate.low_s.copy(), estimate.high_s.copy()
    estimated, served = np.ones(drive.shape, dtype=np.bool_), np.zeros(drive.shape, dtype=np.bool_)
    nodes: dict[str, list[int]] = {}
    for node, place in enumerate(ids):
        nodes.setdefault(place, []).append(node)
    for row in sorted(rows, key=_weight):
        for origin in nodes.get(row.from_id, ()):
            for target in nodes.get(row.to_id, ()):
                for times in (drive, low, high):
                    times[origin, target] = row.drive_s
                metres[origin, target] = row.distance_m
                estimated[origin, target] = False
                served[origin, target] = row.source is TravelSource.ROADS
    for same in nodes.values():
        here = np.ix_(same, same)
        for values in (drive, low, high, metres, estimated, served):
            values[here] = 0
    return TravelMatrix(drive, metres, estimated, served, low, high)


def _weight(row: TravelRow) -> tuple[bool, TravelRow]:
    """Return what sorts the row that counts last."""
    return row.source is TravelSource.TABLE, row
