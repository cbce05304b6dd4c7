"""Zones as the page draws them: simplified together, in WGS84, as short strings."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import LinearRing, Polygon

from geo.crs import WGS84, Bounds, reproject_shapes
from geo.model import Area, Zone
from maps.columns import DEGREE, letters

Shapes = NDArray[np.object_]

# The smallest triangle that simplifying keeps is as large as a square of this side. A pixel is
# worth about 54 m at zoom 11 in France, more than that where a département fills a screen; and
# about 13 m at zoom 13, where a small canton does.
TOLERANCE_M = 45.0
ONE_ZONE_TOLERANCE_M = 12.0

# Children that cover their parent but for this share of its area are the parent.
_SAME_AREA = 1e-4


def drawn_shapes(
    zones: Sequence[Zone], levels: Sequence[str], *, crs: int, tolerance_m: float = TOLERANCE_M
) -> Shapes:
    """Return the areas of `zones` ``(n,)`` simplified as coverages, in WGS84.

    The finest level is simplified as one coverage: neighbours keep a common border, no sliver and
    no gap appears. A coarser level that its children cover is made of the simplified children, so
    that its borders lie on theirs; one that they do not cover is simplified as a coverage itself.
    """
    areas = np.array([zone.area for zone in zones], dtype=object)
    shapes = areas.copy()
    finer: list[int] = []
    for level in reversed(levels):
        members = [i for i, zone in enumerate(zones) if zone.level == level]
        families = [[c for c in finer if zones[c].parent_id == zones[i].zone_id] for i in members]
        if finer and _cover(areas, members, families):
            for i, family in zip(members, families, strict=True):
                shapes[i] = shapely.coverage_union_all(shapes[family])
        else:
            shapes[members] = shapely.coverage_simplify(areas[members], tolerance_m)
        finer = members
    return reproject_shapes(shapes, source=crs, target=WGS84)


def _cover(areas: Shapes, members: list[int], families: list[list[int]]) -> bool:
    whole = shapely.area(areas[members])
    parts = np.array([shapely.area(areas[family]).sum() for family in families])
    return bool(np.all(np.abs(whole - parts) <= _SAME_AREA * whole))


def encode_shape(shape: Area) -> list[list[str]]:
    """Return a polygon or multipolygon as polygons of rings, each ring a string.

    A ring holds its points without the closing one, as differences of hundred-thousandths of a
    degree, latitude first, in Google's encoded polyline format.
    """
    parts = cast("list[Polygon]", list(shapely.get_parts(shape)))
    return [[encode_ring(ring) for ring in [part.exterior, *part.interiors]] for part in parts]


def encode_ring(ring: LinearRing) -> str:
    """Return the ring as an encoded polyline; see `encode_shape`."""
    points = np.rint(shapely.get_coordinates(ring)[:-1, ::-1] * DEGREE).astype(np.int64)
    steps = np.diff(points, axis=0, prepend=np.zeros((1, 2), dtype=np.int64))
    return letters(steps[np.any(steps != 0, axis=1)].ravel())


def label_points(shapes: Shapes) -> NDArray[np.float64]:
    """Return where the name of each shape stands, longitude and latitude, shape ``(n, 2)``."""
    return shapely.get_coordinates(shapely.point_on_surface(shapes))


def bounds_of(shapes: Shapes) -> Bounds:
    """Return the box around all shapes, in their own CRS."""
    west, south, east, north = shapely.total_bounds(shapes)
    return Bounds(float(west), float(south), float(east), float(north))
