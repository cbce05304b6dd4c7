"""How long and how far it is by road between the depot and the stops, and who says so."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from geo.crs import LngLat
from geo.model import BoolArray, FloatArray, IntArray, TravelRow
from geo.plan import TravelSource

EARTH_RADIUS_M = 6_371_008.8  # mean radius R1 of the WGS84 ellipsoid (Moritz 2000)
DETOUR = 1.6
CRUISE_KMH = 70.0
FIXED_S = 12 * 60.0


@dataclass(frozen=True, slots=True, eq=False)
class TravelMatrix:
    """Travel from row to column: whole seconds, whole metres, and whether the cell is an estimate.

    Three arrays of shape ``(n, n)``; the way from a place to itself takes nothing. Not symmetric.
    """

    drive_s: IntArray
    distance_m: IntArray
    estimated: BoolArray

    def source(self, origin: int, target: int) -> TravelSource:
        """Return where a cell comes from."""
        return TravelSource.ESTIMATE if self.estimated[origin, target] else TravelSource.TABLE


def travel_matrix(
    ids: Sequence[str], points: Sequence[LngLat], rows: Iterable[TravelRow]
) -> TravelMatrix:
    """Return the travel between places: the campaign's own rows, an estimate for the other pairs.

    A row holds in its own direction only. An id may stand twice (the depot that is a stop too): the
    way between its two nodes takes nothing and is no estimate. Of two rows for one pair the slower
    one counts. Rows about other places are left aside.

    Parameters
    ----------
    ids, points
        The places, each of length ``n``.
    """
    drive, metres = _estimate(points)
    estimated = np.ones(drive.shape, dtype=np.bool_)
    nodes: dict[str, list[int]] = {}
    for node, place in enumerate(ids):
        nodes.setdefault(place, []).append(node)
    for row in sorted(rows):
        for origin in nodes.get(row.from_id, ()):
            for target in nodes.get(row.to_id, ()):
                drive[origin, target], metres[origin, target] = row.drive_s, row.distance_m
                estimated[origin, target] = False
    for same in nodes.values():
        drive[np.ix_(same, same)] = metres[np.ix_(same, same)] = 0
        estimated[np.ix_(same, same)] = False
    return TravelMatrix(drive, metres, estimated)


def _estimate(points: Sequence[LngLat]) -> tuple[IntArray, IntArray]:
    """Return estimated seconds and metres ``(n, n)``, rounded here and nowhere else.

    ::

        r = 1.6 · great circle          t = 12 min + r / 70 km/h      (0 where r = 0)

    The time is monotone in the distance and the speed r/t rises with it: 33 km/h over 12 km of
    road, 41 km/h over 20 km, 57 km/h over 50 km. The detour and the 41 km/h are medians of real
    roads around Grenoble; the 12 minutes and the 70 km/h are a round pair that passes through them,
    not fitted. It knows no valley, pass or motorway: it is too fast across a massif, where the road
    goes round, too slow along a motorway, and symmetric, which roads are not.
    """
    road_m = DETOUR * great_circle_m(np.array(points, dtype=np.float64).reshape(-1, 2))
    drive_s = np.where(road_m > 0, FIXED_S + road_m * 3.6 / CRUISE_KMH, 0.0)
    return np.rint(drive_s).astype(np.int64), np.rint(road_m).astype(np.int64)


def great_circle_m(lnglat: FloatArray) -> FloatArray:
    """Return the great-circle distances ``(n, n)`` in metres between points ``(n, 2)`` in degrees.

    Haversine formula (Sinnott 1984) on a sphere of the mean Earth radius.
    """
    lng, lat = np.radians(lnglat).T
    half_lat = np.sin((lat[:, None] - lat) / 2) ** 2
    half_lng = np.sin((lng[:, None] - lng) / 2) ** 2
    chord = half_lat + np.cos(lat)[:, None] * np.cos(lat) * half_lng
    return np.asarray(2 * EARTH_RADIUS_M * np.arcsin(np.sqrt(np.clip(chord, 0, 1))))
