"""In which CRS coordinates that declare none may be: the usual ones of France, each tried."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import Polygon

from geo.crs import LAMBERT_93, WGS84, Bounds, reproject_points

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]

USUAL: dict[int, str] = {
    LAMBERT_93: "Lambert-93",
    WGS84: "WGS84, degrés",
    **{3900 + parallel: f"CC{parallel}" for parallel in range(42, 51)},
    27572: "NTF Lambert II étendu",
    3857: "Web Mercator",
}
"""Systems that French files are in, by EPSG code; of equals, the first comes first."""

_FRANCE = (
    Bounds(-63.3, 14.2, -60.7, 18.3),
    Bounds(-54.8, 2.0, -51.4, 6.0),
    Bounds(55.0, -21.6, 56.0, -20.7),
    Bounds(44.9, -13.1, 45.4, -12.5),
)
# Metropolitan France and Corsica, some 10 km of sea and neighbours around. A box would reach to
# Frankfurt and Turin, where Lambert-93 taken for Web Mercator puts the east of France.
_MAINLAND = Polygon(
    (
        (-5.3, 48.0), (-5.3, 48.8), (-3.2, 49.1), (-2.1, 49.85), (0.0, 49.95), (1.3, 50.3),
        (1.4, 51.0), (2.5, 51.25), (4.3, 50.45), (5.0, 50.3), (6.0, 49.75), (8.4, 49.15),
        (8.4, 48.7), (7.8, 47.4), (7.2, 46.5), (7.3, 45.2), (7.9, 44.3), (7.7, 43.6), (9.0, 43.2),
        (9.8, 43.1), (9.8, 41.2), (8.4, 41.2), (8.4, 42.4), (6.0, 42.8), (3.4, 42.25), (1.5, 42.2),
        (-1.9, 42.8), (-2.0, 43.5), (-1.6, 45.0), (-2.8, 46.8), (-4.9, 47.5),
    )
)  # fmt: skip
_LEAST_SHARE = 0.5
_MOST_TRIED = 2000


class Candidate(NamedTuple):
    """A CRS that coordinates may be in.

    Parameters
    ----------
    epsg
        Its EPSG code.
    swapped
        Whether the two axes would have to be swapped.
    share
        Share of the points that fall where they should.
    lng, lat
        Where the middle of those falls, WGS84 degrees.
    """

    epsg: int
    swapped: bool
    share: float
    lng: float
    lat: float


def candidates(
    x: FloatArray,
    y: FloatArray,
    *,
    inside: Callable[[FloatArray, FloatArray], BoolArray],
    own: int = LAMBERT_93,
) -> tuple[Candidate, ...]:
    """Return the systems in which at least half of some points fall inside, the best first.

    Parameters
    ----------
    x, y
        Coordinates as they came ``(n,)``; what is not finite is left out. Of more than 2,000, every
        so manieth is tried.
    inside
        Tells of WGS84 longitudes and latitudes ``(n,)`` which are where the points should be.
    own
        The CRS that the campaign works in, tried as well.

    Returns
    -------
    tuple
        Sorted by share; of equals, straight comes before swapped, then the order of `USUAL`.
    """
    known = np.flatnonzero(np.isfinite(x) & np.isfinite(y))
    known = known[:: max(1, -(-len(known) // _MOST_TRIED))]
    if not len(known):
        return ()
    systems = list(dict.fromkeys((*USUAL, own)))
    found = [
        _tried(x[known], y[known], epsg=epsg, swapped=swapped, inside=inside)
        for swapped in (False, True)
        for epsg in systems
    ]
    good = [each for each in found if each is not None and each.share >= _LEAST_SHARE]
    return tuple(sorted(good, key=lambda each: -each.share))


def _tried(
    x: FloatArray,
    y: FloatArray,
    *,
    epsg: int,
    swapped: bool,
    inside: Callable[[FloatArray, FloatArray], BoolArray],
) -> Candidate | None:
    if swapped:
        x, y = y, x
    if epsg == WGS84 and (np.abs(x).max() > 180 or np.abs(y).max() > 90):
        return None
    lng, lat = reproject_points(x, y, source=epsg, target=WGS84)
    finite = np.isfinite(lng) & np.isfinite(lat)
    hits = np.flatnonzero(finite)
    hits = hits[inside(lng[hits], lat[hits])]
    if not len(hits):
        return None
    middle = float(np.median(lng[hits])), float(np.median(lat[hits]))
    return Candidate(epsg, swapped, len(hits) / len(x), *middle)


def in_france(lng: FloatArray, lat: FloatArray) -> BoolArray:
    """Return which points in WGS84 degrees ``(n,)`` lie in or close to a part of France."""
    found: BoolArray = shapely.intersects_xy(_MAINLAND, lng, lat)
    for box in _FRANCE:
        within = (box.west <= lng) & (lng <= box.east)
        found |= within & (box.south <= lat) & (lat <= box.north)
    return found


def name_of(epsg: int) -> str:
    """Return e.g. ``EPSG:2154 (Lambert-93)``."""
    return f"EPSG:{epsg} ({USUAL[epsg]})" if epsg in USUAL else f"EPSG:{epsg}"
