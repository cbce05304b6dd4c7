"""A raster of labels over polygons, which tells for many points which polygons hold them.

A cell that no border crosses carries the polygons that hold all of it; a point in it needs no
geometry. In the other cells a point is tested against the polygons whose border crosses the cell,
and only against those of their edges that reach the row of the cell. The answers are those of GEOS:
the rule is its own (even-odd, boundary inside), a sign is believed only where rounding cannot have
turned it, and a point with a sign in doubt is handed back to the caller.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import shapely
from numpy.typing import NDArray

from geo.compiled import compiled
from geo.model import Area, BoolArray, FloatArray, IntArray
from geo.raster import (
    Labels,
    Raster,
    Rings,
    Slabs,
    choose_raster,
    column_of,
    make_labels,
    make_slabs,
    row_of,
)

CELLS_A_POINT = 2.0
"""Cells of the raster for each point that will be asked for, where the polygons allow it."""

SIGN_ERROR = 3.3306690738754716e-16
"""Relative error of an orientation in doubles, ``(3 + 16 e) e`` with ``e = 2**-53``.

Source: Shewchuk, Adaptive precision floating-point arithmetic and fast robust geometric predicates
(1997).
"""

UNDERFLOW = 1e-280
"""Below this an orientation may have lost digits to underflow."""

OUTSIDE, INSIDE, DOUBTFUL = 0, 1, 2


class LabelGrid(NamedTuple):
    """What `build_grid` makes for `locate`; a tuple, since compiled code takes one as it is.

    Parameters
    ----------
    raster
        Where the cells lie.
    vertex
        Vertices of all polygons, shape ``(n_vertices, 2)``.
    slabs
        The edges of the polygons by row.
    labels
        What the cells carry.
    """

    raster: Raster
    vertex: FloatArray
    slabs: Slabs
    labels: Labels


def build_grid(areas: Sequence[Area], *, n_points: int) -> LabelGrid:
    """Return the raster of labels over `areas`.

    Parameters
    ----------
    areas
        Valid polygons in a projected CRS, with holes and several parts; they may overlap. At least
        one that is not empty.
    n_points
        How many points will be asked for, about: more points pay for smaller cells.
    """
    polygons = np.asarray(areas, dtype=object)
    rings = _rings(polygons)
    raster = choose_raster(shapely.bounds(polygons), rings, CELLS_A_POINT * n_points)
    slabs = make_slabs(raster, rings)
    return LabelGrid(raster, rings.vertex, slabs, make_labels(raster, rings.vertex, slabs))


def locate(grid: LabelGrid, x: FloatArray, y: FloatArray) -> tuple[IntArray, IntArray, IntArray]:
    """Return the pairs (polygon, point) where the polygon holds the point, and points in doubt.

    Parameters
    ----------
    grid
        The polygons.
    x, y
        Points in their CRS, shape ``(n,)``; one that is NaN is in no polygon.

    Returns
    -------
    tuple
        Indices of polygons and of points, sorted by point, then polygon, a boundary included; and
        the points, ascending and in none of these pairs, that lie so close to an edge that doubles
        do not tell on which side.
    """
    # Copied, so that read-only or strided coordinates do not compile everything once more.
    x, y = np.array(x, dtype=np.float64), np.array(y, dtype=np.float64)
    # Row by row, what the points of one row need stays in the caches of the processor.
    order = _sort_keys(_rows_of_points(grid.raster, x, y), grid.raster.rows + 1)
    polygon, point, doubtful = _locate(grid, x, y, order)
    back = _sort_keys(point, len(x))
    return polygon[back], point[back], np.flatnonzero(doubtful)


def _rings(polygons: NDArray[np.object_]) -> Rings:
    """Return the edges of the polygons: each vertex begins one but the last of a ring."""
    parts = shapely.get_parts(polygons)
    size = shapely.get_num_coordinates(parts)
    stop = np.cumsum(size)
    begins = np.ones(size.sum(), dtype=np.bool_)
    begins[stop - 1] = False
    # Rings are copied to be measured, so only where there are several.
    holed = shapely.get_num_interior_rings(parts) > 0
    rings, part = shapely.get_rings(parts[holed], return_index=True)
    ring_stop = np.cumsum(shapely.get_num_coordinates(rings))
    begins[ring_stop + (stop - np.cumsum(size * holed))[holed][part] - 1] = False
    edge = np.flatnonzero(begins)
    start = np.cumsum(np.append(0, shapely.get_num_coordinates(polygons)))
    return Rings(
        vertex=shapely.get_coordinates(parts),
        edge=edge.astype(np.int32),
        start=np.searchsorted(edge, start).astype(np.int64),
    )


@compiled
def _rows_of_points(raster: Raster, x: FloatArray, y: FloatArray) -> IntArray:
    """Return the row of each point; past the last one for a point outside the bounds."""
    row = np.full(len(x), raster.rows, np.int64)
    for i in range(len(x)):
        if raster.west <= x[i] <= raster.east and raster.south <= y[i] <= raster.north:
            row[i] = row_of(raster, y[i])
    return row


@compiled
def _sort_keys(key: IntArray, n_keys: int) -> IntArray:
    """Return the order that sorts keys in ``0 .. n_keys - 1``; equal ones keep theirs."""
    start = np.zeros(n_keys + 1, np.int64)
    for k in key:
        start[k + 1] += 1
    for k in range(n_keys):
        start[k + 1] += start[k]
    order = np.empty(len(key), np.int64)
    for i in range(len(key)):
        order[start[key[i]]] = i
        start[key[i]] += 1
    return order


@compiled
def _locate(
    grid: LabelGrid, x: FloatArray, y: FloatArray, order: IntArray
) -> tuple[IntArray, IntArray, BoolArray]:
    """Return polygons and points as `locate` does, and whether each point is in doubt."""
    raster = grid.raster
    polygon, point = np.empty(len(x) + 1, np.int64), np.empty(len(x) + 1, np.int64)
    doubtful = np.zeros(len(x), np.bool_)
    n = 0
    for i in order:
        before = n
        if not (raster.west <= x[i] <= raster.east and raster.south <= y[i] <= raster.north):
            continue
        row = row_of(raster, y[i])
        cell = row * raster.columns + column_of(raster, x[i])
        for k in range(grid.labels.start[cell], grid.labels.start[cell + 1]):
            p, side = grid.labels.label[k] >> 1, grid.labels.label[k] & 1
            if side != INSIDE:
                side = _side(grid, x[i], y[i], grid.slabs.offset[p] + row)
            if side == INSIDE:
                if n == len(polygon):
                    polygon, point = _doubled(polygon), _doubled(point)
                polygon[n], point[n] = p, i
                n += 1
            elif side == DOUBTFUL:
                doubtful[i] = True
                n = before
                break
    return polygon[:n], point[:n], doubtful


@compiled
def _doubled(array: IntArray) -> IntArray:
    larger = np.empty(2 * len(array), np.int64)
    larger[: len(array)] = array
    return larger


@compiled
def _side(grid: LabelGrid, x: float, y: float, slab: int) -> int:
    """Return on which side of a polygon a point lies, by the edges that reach its row.

    Even-odd along a ray to the east; a vertex counts with the edge below it.
    """
    side = OUTSIDE
    for k in range(grid.slabs.start[slab], grid.slabs.start[slab + 1]):
        e = grid.slabs.edge[k]
        ax, ay = grid.vertex[e, 0], grid.vertex[e, 1]
        bx, by = grid.vertex[e + 1, 0], grid.vertex[e + 1, 1]
        if ax < x and bx < x:
            continue
        if (bx == x and by == y) or (ay == y == by and min(ax, bx) <= x):
            return INSIDE  # the vertex itself, or a level edge: its boundary
        if (ay > y) == (by > y):
            continue
        left, right = (ax - x) * (by - y), (ay - y) * (bx - x)
        if abs(left - right) <= SIGN_ERROR * (abs(left) + abs(right)) + UNDERFLOW:
            return INSIDE if ax == x == bx else DOUBTFUL
        if (left > right) == (by > ay):
            side ^= 1
    return side
