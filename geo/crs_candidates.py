"""In which CRS coordinates that declare none may be: the usual ones of France, each tried."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

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
    Bounds(-5.5, 41.2, 10.0, 51.3),
    Bounds(-63.3, 14.2, -60.7, 18.3),
    Bounds(-54.8, 2.0, -51.4, 6.0),
    Bounds(55.0, -21.6, 56.0, -20.7),
    Bounds(44.9, -13.1, 45.4, -12.5),
)
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
    """Return which points in WGS84 degrees ``(n,)`` lie in a box around a part of France."""
    found = np.zeros(len(lng), dtype=np.bool_)
    for box in _FRANCE:
        within = (box.west <= lng) & (lng <= box.east)
        found |= within & (box.south <= lat) & (lat <= box.north)
    return found


def name_of(epsg: int) -> str:
    """Return e.g. ``EPSG:2154 (Lambert-93)``."""
    return f"EPSG:{epsg} ({USUAL[epsg]})" if epsg in USUAL else f"EPSG:{epsg}"
