"""The one place where coordinates change their reference system.

WGS84 (longitude, latitude) at the edges, one projected CRS in metres inside.
"""

from __future__ import annotations

from functools import cache
from typing import Any, NamedTuple, cast

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import CRS, Transformer
from pyproj.exceptions import CRSError as PyprojCRSError

from geo.errors import CrsError

WGS84 = 4326
LAMBERT_93 = 2154

DECIMALS = 7
"""Decimals of a degree that are kept of what a file says: about a centimetre."""

FloatArray = NDArray[np.float64]


class LngLat(NamedTuple):
    """A point in WGS84 degrees, longitude first."""

    lng: float
    lat: float


class Bounds(NamedTuple):
    """A box in WGS84 degrees."""

    west: float
    south: float
    east: float
    north: float


# Legal projected systems of France (décret n° 2000-1276 as amended by n° 2019-165), by box.
_FRENCH_SYSTEMS: tuple[tuple[Bounds, int], ...] = (
    (Bounds(-5.5, 41.2, 10.0, 51.3), LAMBERT_93),  # metropolitan France, Corsica included
    (Bounds(-63.3, 14.2, -60.7, 18.3), 5490),  # Guadeloupe, Martinique
    (Bounds(-54.8, 2.0, -51.4, 6.0), 2972),  # Guyane
    (Bounds(55.0, -21.6, 56.0, -20.7), 2975),  # La Réunion
    (Bounds(44.9, -13.1, 45.4, -12.5), 4471),  # Mayotte
)


def projected_crs_for(bounds: Bounds) -> int:
    """Return the EPSG code of the projected CRS, in metres, to work in inside `bounds`.

    The legal system where the box lies in France, else the WGS84/UTM zone of its centre.

    Raises
    ------
    CrsError
        If the box is not finite or lies outside -180…180, -90…90 degrees.
    """
    _require_degrees(bounds)
    for box, epsg in _FRENCH_SYSTEMS:
        inside = box.west <= bounds.west and bounds.east <= box.east
        if inside and box.south <= bounds.south and bounds.north <= box.north:
            return epsg
    zone = int((bounds.west + bounds.east) / 2 + 180) // 6 % 60 + 1
    return (32600 if bounds.south + bounds.north >= 0 else 32700) + zone


def _require_degrees(bounds: Bounds) -> None:
    in_range = -180 <= bounds.west <= bounds.east <= 180 and -90 <= bounds.south <= bounds.north
    if not (np.isfinite(bounds).all() and in_range and bounds.north <= 90):
        raise CrsError(f"these bounds are not degrees of longitude and latitude: {tuple(bounds)}")


@cache
def _transformer(source: int | str, target: int | str) -> Transformer:
    try:
        return Transformer.from_crs(source, target, always_xy=True)
    except PyprojCRSError as error:
        raise CrsError(f"unknown coordinate reference system: {source} or {target}") from error


def is_wgs84(definition: str) -> bool:
    """Return whether a CRS definition (EPSG code, URN, WKT) means WGS84 or its CRS84 twin.

    Raises
    ------
    CrsError
        If the definition is not that of any CRS.
    """
    try:
        crs = CRS.from_user_input(definition)
    except PyprojCRSError as error:
        raise CrsError(f"unknown coordinate reference system: {definition}") from error
    wgs84 = CRS.from_epsg(WGS84)
    return bool(crs.equals(wgs84, ignore_axis_order=True))


def reproject_points(
    x: FloatArray, y: FloatArray, *, source: int | str, target: int | str
) -> tuple[FloatArray, FloatArray]:
    """Return the points ``(n,)``, ``(n,)`` of CRS `source` in CRS `target`.

    Axis order is always x then y: easting, northing or longitude, latitude. What cannot be
    projected comes back as infinity.

    Raises
    ------
    CrsError
        If one of the two systems is unknown.
    """
    if source == target or len(x) == 0:
        return np.asarray(x, dtype=np.float64).copy(), np.asarray(y, dtype=np.float64).copy()
    new_x, new_y = _transformer(source, target).transform(x, y)
    return np.asarray(new_x, dtype=np.float64), np.asarray(new_y, dtype=np.float64)


def reproject_shapes(
    shapes: NDArray[np.object_], *, source: int | str, target: int | str
) -> NDArray[np.object_]:
    """Return the geometries ``(n,)`` of CRS `source` in CRS `target`, vertex by vertex.

    Edges stay straight between the same vertices: a polygon of shared borders stays one.

    Raises
    ------
    CrsError
        If one of the two systems is unknown.
    """
    if source == target or len(shapes) == 0:
        return shapes.copy()

    def move(xy: FloatArray) -> FloatArray:
        return np.column_stack(reproject_points(xy[:, 0], xy[:, 1], source=source, target=target))

    return cast("NDArray[np.object_]", shapely.transform(cast("Any", shapes), move))


def canonical_degrees(degrees: FloatArray) -> FloatArray:
    """Return degrees to the centimetre, so that one point has one value in whatever CRS it came."""
    return np.asarray(np.round(degrees, DECIMALS) + 0.0, dtype=np.float64)  # -0.0 becomes 0.0


def canonical_shapes(shapes: NDArray[np.object_]) -> NDArray[np.object_]:
    """Return geometries ``(n,)`` in WGS84 to the centimetre, in normal form.

    Rings start at their least vertex and have one direction, parts and holes come sorted: whatever
    format and CRS they came in, the same polygons are the same bytes.
    """
    rounded = shapely.transform(cast("Any", shapes), canonical_degrees)
    return np.asarray(shapely.normalize(rounded), dtype=object)
