"""The coordinate reference systems that features are asked for in, and the order of their axes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import shapely

from geo.crs import LAMBERT_93, WGS84, Bounds, FloatArray, reproject_points, reproject_shapes

WEB_MERCATOR = 3857
_EPSG = "http://www.opengis.net/def/crs/EPSG/0/"
_EDGE_POINTS = 33
_MERCATOR_END = 20037508.35
_WORLD = Bounds(-180, -90, 180, 90)
_LAMBERT_DOMAIN = Bounds(-1e6, 5e6, 2.5e6, 8.5e6)


@dataclass(frozen=True, slots=True)
class Crs:
    """A coordinate reference system.

    Parameters
    ----------
    lat_first
        Whether its first axis is latitude; everything else here is easting first.
    decimals
        How many are written: about a centimetre.
    """

    uri: str
    epsg: int
    lat_first: bool = False
    decimals: int = 2


CRS84 = Crs("http://www.opengis.net/def/crs/OGC/1.3/CRS84", WGS84, decimals=7)
SYSTEMS = (
    CRS84,
    Crs(f"{_EPSG}{WGS84}", WGS84, lat_first=True, decimals=7),
    Crs(f"{_EPSG}{LAMBERT_93}", LAMBERT_93),
    Crs(f"{_EPSG}{WEB_MERCATOR}", WEB_MERCATOR),
)
"""Every system, the one of the store first."""


@dataclass(frozen=True, slots=True)
class Box:
    """A box that features are to meet.

    Parameters
    ----------
    sides
        West, south, east and north, or x and y, in the units of `crs`; in degrees, a west side
        greater than the east one goes over the antimeridian.
    lnglat
        A box in degrees that holds it.
    """

    sides: Bounds
    crs: Crs
    lnglat: Bounds

    @property
    def is_rectangle(self) -> bool:
        """Return whether it is the same as `lnglat`: its sides are meridians and parallels."""
        return self.crs.epsg in {WGS84, WEB_MERCATOR}


def box_of(numbers: tuple[float, float, float, float], crs: Crs) -> Box:
    """Return the box of two corners, their axes in the order of the system.

    Raises
    ------
    ValueError
        If it is no box of that system; the message says why.
    """
    first, second, third, fourth = numbers
    sides = Bounds(second, first, fourth, third) if crs.lat_first else Bounds(*numbers)
    if sides.south > sides.north:
        raise ValueError("the lower corner lies above the upper one")
    if crs.epsg == WGS84:
        _check_degrees(sides)
        return Box(sides, crs, sides)
    if sides.west > sides.east:
        raise ValueError("the lower corner lies right of the upper one")
    return Box(sides, crs, _around(sides, crs))


def _check_degrees(sides: Bounds) -> None:
    if max(abs(sides.west), abs(sides.east)) > 180 or max(-sides.south, sides.north) > 90:
        raise ValueError("the corners are no degrees of longitude and latitude")


def _around(sides: Bounds, crs: Crs) -> Bounds:
    """Return a box in degrees around a box in metres; for Mercator it is the same box."""
    if crs.epsg == WEB_MERCATOR:
        if max(map(abs, sides)) > _MERCATOR_END:
            raise ValueError("the corners are outside the square that this system covers")
    elif not _contains(_LAMBERT_DOMAIN, sides):
        return _WORLD  # far out the sides are no guide to what is between them
    x = np.linspace(sides.west, sides.east, _EDGE_POINTS)
    y = np.linspace(sides.south, sides.north, _EDGE_POINTS)
    edges_x = np.concatenate((x, x, np.full_like(y, sides.west), np.full_like(y, sides.east)))
    edges_y = np.concatenate((np.full_like(x, sides.south), np.full_like(x, sides.north), y, y))
    lng, lat = reproject_points(edges_x, edges_y, source=crs.epsg, target=WGS84)
    corners = float(lng.min()), float(lat.min()), float(lng.max()), float(lat.max())
    if crs.epsg == WEB_MERCATOR:
        return Bounds(*corners)
    west, south, east, north = corners
    bulge = (north - south + east - west) / _EDGE_POINTS  # sides are curves between the points
    return Bounds(west - bulge, south - bulge, east + bulge, north + bulge)


def _contains(outer: Bounds, inner: Bounds) -> bool:
    across = outer.west <= inner.west and inner.east <= outer.east
    return across and outer.south <= inner.south and inner.north <= outer.north


def meets(shapes: Any, box: Box) -> Any:  # noqa: ANN401 -- arrays of shapes and of booleans
    """Return which shapes ``(n,)`` in WGS84 meet a box ``(n,)``; those that are None do."""
    sides = box.sides
    if box.is_rectangle:
        sides = box.lnglat
        moved = shapes
    else:
        moved = reproject_shapes(shapes, source=WGS84, target=box.crs.epsg)
    if sides.west > sides.east:
        west = shapely.box(sides.west, sides.south, 180, sides.north)
        east = shapely.box(-180, sides.south, sides.east, sides.north)
        met = shapely.intersects(moved, west) | shapely.intersects(moved, east)
    else:
        met = shapely.intersects(moved, shapely.box(*sides))
    return met | shapely.is_missing(shapes)


def in_system(shapes: Any, crs: Crs) -> Any:  # noqa: ANN401 -- arrays of shapes
    """Return shapes ``(n,)`` in WGS84 as they are written in a system, outer rings anticlockwise.

    Vertices are rounded one by one, so that shared borders stay shared.
    """
    turned = shapely.orient_polygons(shapes, exterior_cw=False)
    moved = reproject_shapes(turned, source=WGS84, target=crs.epsg)

    def write(xy: FloatArray) -> FloatArray:
        rounded = np.round(xy, crs.decimals) + 0.0
        return rounded[:, ::-1] if crs.lat_first else rounded

    return shapely.transform(cast("Any", moved), write)
