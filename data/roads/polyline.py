"""The encoded polylines of routing servers, and lines with fewer points."""

from __future__ import annotations

import math
from collections.abc import Sequence

import shapely

from geo.crs import LngLat

_METRES_PER_DEGREE = 111_195.0  # of latitude, on a sphere of the mean Earth radius


def decode_polyline(encoded: str, *, precision: int) -> tuple[LngLat, ...]:
    """Return the points of an encoded polyline (Google's Encoded Polyline Algorithm Format).

    Each coordinate is the difference to the one before, latitude first, in units of
    ``10 ** -precision`` degrees: 5 in OSRM, 6 in Valhalla.

    Raises
    ------
    ValueError
        If the text ends in the middle of a point, or holds what no polyline does.
    """
    numbers: list[int] = []
    value = shift = 0
    for character in encoded:
        chunk = ord(character) - 63
        if not 0 <= chunk < 64:
            raise ValueError("no encoded polyline")
        value |= (chunk & 0x1F) << shift
        shift += 5
        if chunk < 0x20:
            numbers.append(~(value >> 1) if value & 1 else value >> 1)
            value = shift = 0
    if shift or len(numbers) % 2:
        raise ValueError("an encoded polyline that ends in the middle of a point")
    unit = 10.0**-precision
    points: list[LngLat] = []
    lat = lng = 0
    for north, east in zip(numbers[::2], numbers[1::2], strict=True):
        lat, lng = lat + north, lng + east
        points.append(LngLat(round(lng * unit, precision), round(lat * unit, precision)))
    return tuple(points)


def thin_line(points: Sequence[LngLat], *, tolerance_m: float) -> tuple[LngLat, ...]:
    """Return a line that stays within `tolerance_m` of this one with fewer points.

    Douglas and Peucker (1973) in a plane that is true at the line's middle latitude; coordinates
    to 5 decimals, about a metre. The two ends stay.
    """
    if len(points) < 2:
        return tuple(points)
    shrink = math.cos(math.radians((points[0].lat + points[-1].lat) / 2))
    flat = shapely.LineString([(lng * shrink, lat) for lng, lat in points])
    thin = flat.simplify(tolerance_m / _METRES_PER_DEGREE, preserve_topology=False)
    kept = [LngLat(round(x / shrink, 5), round(y, 5)) for x, y in thin.coords]
    return tuple(
        point for i, point in enumerate(kept) if i in {0, len(kept) - 1} or point != kept[i - 1]
    )
