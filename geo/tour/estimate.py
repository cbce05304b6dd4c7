"""How long and how far it is by road where nobody knows, with an interval."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from geo.crs import LngLat
from geo.model import FloatArray, IntArray

EARTH_RADIUS_M = 6_371_008.8  # mean radius R1 of the WGS84 ellipsoid (Moritz 2000)
DETOUR = 1.6
CRUISE_KMH = 70.0
FIXED_S = 12 * 60.0
LOW, HIGH = 0.5, 1.6
"""The two ends of the interval, as parts of the estimate itself."""


@dataclass(frozen=True, slots=True, eq=False)
class Estimate:
    """Whole seconds and metres between places, each of shape ``(n, n)`` and symmetric."""

    low_s: IntArray
    drive_s: IntArray
    high_s: IntArray
    distance_m: IntArray


def estimate_travel(points: Sequence[LngLat]) -> Estimate:
    """Return estimated times and distances, rounded here and nowhere else.

    ::

        r = 1.6 · great circle      t = 12 min + r / 70 km/h, between 0.5 t and 1.6 t

    and 0 from a place to itself. The time is monotone in the distance and the speed r/t rises with
    it: 33 km/h over 12 km of road, 41 km/h over 20 km, 57 km/h over 50 km.

    **The line** is that of a mountain valley. Around Grenoble real roads are 1.6 times the great
    circle, at a median of 41 km/h (the figures of ``DESIGN.md``; no pairs of places are known
    there, so nothing is fitted): 12 minutes and 70 km/h are a round pair that passes through them.
    In a plain it is too slow. Against two public sets of real roads, both of OpenStreetMap, real
    times are 0.63 times the estimate (median; 5 % to 95 %: 0.47 to 0.85) on 2,495 pairs in the
    Gironde (OSRM times beside INSEE's Metric, ``phileas-condemine/comparaison_distanciers``) and
    0.61 times (0.50 to 0.80) on 544 pairs of hospitals on both sides of the Vosges (GraphHopper,
    ``jcrb/Distancier``, 2014–2016); detours there are 1.26 and 1.27.

    **The interval** is meant to hold nine drives of ten.

    - High: a line of its own fitted to each of the two sets (least absolute error of logarithms)
      leaves, on the 1,395 pairs of 5 to 50 km, 95 % of the real times below 1.61 times it: one in
      twenty goes round a river's mouth or a massif. This spread is put around the line above.
    - Low: 0.5, since the place may be a plain with a motorway: 6.5 % of all 3,013 pairs of more
      than 5 km take less than that, and 0.2 % more than 1.5 times the estimate.

    No snow, no rush hour, and cars: what is measured is the roads, not the day.
    """
    road_m = DETOUR * great_circle_m(np.array(points, dtype=np.float64).reshape(-1, 2))
    drive_s = np.where(road_m > 0, FIXED_S + road_m * 3.6 / CRUISE_KMH, 0.0)
    return Estimate(*map(_whole, (LOW * drive_s, drive_s, HIGH * drive_s, road_m)))


def _whole(values: FloatArray) -> IntArray:
    return np.rint(values).astype(np.int64)


def great_circle_m(lnglat: FloatArray) -> FloatArray:
    """Return the great-circle distances ``(n, n)`` in metres between points ``(n, 2)`` in degrees.

    Haversine formula (Sinnott 1984) on a sphere of the mean Earth radius.
    """
    lng, lat = np.radians(lnglat).T
    half_lat = np.sin((lat[:, None] - lat) / 2) ** 2
    half_lng = np.sin((lng[:, None] - lng) / 2) ** 2
    chord = half_lat + np.cos(lat)[:, None] * np.cos(lat) * half_lng
    return np.asarray(2 * EARTH_RADIUS_M * np.arcsin(np.sqrt(np.clip(chord, 0, 1))))
