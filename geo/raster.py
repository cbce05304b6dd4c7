"""Square cells over polygons: which of them a border crosses, and which lie wholly inside.

Why no border cell is missed: the cell of a coordinate never decreases as the coordinate grows,
rounding included. An edge is cut at the limits of each row that it reaches, widened by a margin far
above what rounding can move; all columns from the least to the greatest abscissa of that piece,
widened too, are border cells.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from geo.compiled import compiled
from geo.model import FloatArray, IntArray

SmallIntArray = NDArray[np.int32]

MOST_LABELS = 1 << 25
"""Labels that a raster may hold, about: 128 MB."""


class Raster(NamedTuple):
    """Square cells over the bounds of the polygons.

    Parameters
    ----------
    west, south, east, north
        The bounds; a point outside them is in no polygon.
    cell_m, cells_per_m
        Side of a cell, and one over it.
    margin_m
        By how much an edge is widened: far below a cell, far above the rounding of a coordinate.
    columns, rows
        Their numbers; the last ones may reach past the bounds.
    """

    west: float
    south: float
    east: float
    north: float
    cell_m: float
    cells_per_m: float
    margin_m: float
    columns: int
    rows: int


class Rings(NamedTuple):
    """The edges of polygons, holes and parts alike.

    Parameters
    ----------
    vertex
        Vertices of all rings, shape ``(n_vertices, 2)``; an edge has the index of its first vertex,
        and ends in the next.
    edge
        The edges, polygon by polygon, shape ``(n_edges,)``.
    start
        Where those of each polygon start in `edge`, shape ``(n_polygons + 1,)``.
    """

    vertex: FloatArray
    edge: SmallIntArray
    start: IntArray


class Slabs(NamedTuple):
    """The edges of one polygon that reach one row, for all polygons and their rows.

    Parameters
    ----------
    offset
        The slab of polygon ``p`` in row ``r`` is ``offset[p] + r``.
    start, edge
        The edges of slab ``s`` are ``edge[start[s]:start[s + 1]]``.
    row, polygon
        Of each slab, shape ``(n_slabs,)``.
    """

    offset: IntArray
    start: IntArray
    edge: SmallIntArray
    row: IntArray
    polygon: IntArray


class Labels(NamedTuple):
    """What the cells carry, row by row.

    Parameters
    ----------
    start, label
        The labels of cell ``c`` are ``label[start[c]:start[c + 1]]``, ascending: twice the index of
        a polygon, plus one where that polygon holds the whole cell.
    """

    start: SmallIntArray
    label: SmallIntArray


def choose_raster(bounds: FloatArray, rings: Rings, n_cells: float) -> Raster:
    """Return a raster of `n_cells`, about, or of fewer where its content would not fit in memory.

    Parameters
    ----------
    bounds
        West, south, east, north of the polygons, NaN where empty, shape ``(n_polygons, 4)``.
    rings
        The polygons.
    n_cells
        Wanted; elongated bounds and rounding may add a few.
    """
    bounds = bounds[~np.isnan(bounds[:, 0])]
    width, height = bounds[:, 2] - bounds[:, 0], bounds[:, 3] - bounds[:, 1]
    climb_m = np.abs(np.diff(rings.vertex[:, 1])).sum()
    n_cells = min(max(n_cells, 1.0), float(MOST_LABELS))
    while True:
        raster = _make_raster(bounds, n_cells)
        scale = raster.cells_per_m
        labels = ((width * scale + 2) * (height * scale + 2)).sum() + climb_m * scale
        if labels <= MOST_LABELS or n_cells <= 1:
            return raster
        n_cells /= 2


def _make_raster(bounds: FloatArray, n_cells: float) -> Raster:
    west, south = bounds[:, :2].min(axis=0).tolist()
    east, north = bounds[:, 2:].max(axis=0).tolist()
    width, height = east - west, north - south
    magnitude = max(abs(west), abs(south), abs(east), abs(north))
    cell_m = max(
        (width * height / n_cells) ** 0.5,
        max(width, height) / n_cells,
        magnitude * 2.0**-36,  # 2**16 times the rounding of a coordinate
        1e-100,
    )
    return Raster(
        west=west,
        south=south,
        east=east,
        north=north,
        cell_m=cell_m,
        cells_per_m=1 / cell_m,
        margin_m=max(cell_m * 2.0**-20, magnitude * 2.0**-44),
        columns=int(width / cell_m) + 1,
        rows=int(height / cell_m) + 1,
    )


@compiled
def column_of(raster: Raster, x: float) -> int:
    """Return the column of an abscissa; outside the bounds the nearest."""
    return min(max(int((x - raster.west) * raster.cells_per_m), 0), raster.columns - 1)


@compiled
def row_of(raster: Raster, y: float) -> int:
    """Return the row of an ordinate; outside the bounds the nearest."""
    return min(max(int((y - raster.south) * raster.cells_per_m), 0), raster.rows - 1)


def make_slabs(raster: Raster, rings: Rings) -> Slabs:
    """Return the edges of each polygon by row."""
    low, high = _row_limits(raster, rings)
    n_rows = high - low + 1
    offset = np.cumsum(n_rows) - n_rows - low
    polygon = np.repeat(np.arange(len(n_rows)), n_rows)
    start, edge = _fill_slabs(raster, rings, offset, len(polygon))
    return Slabs(offset, start, edge, np.arange(len(polygon)) - offset[polygon], polygon)


def make_labels(raster: Raster, vertex: FloatArray, slabs: Slabs) -> Labels:
    """Return what each cell carries."""
    span, span_stop = _find_spans(raster, vertex, slabs)
    return Labels(*_fill_labels(raster, slabs, span, span_stop))


@compiled
def _rows_of_edge(raster: Raster, vertex: FloatArray, e: int) -> tuple[int, int]:
    low, high = min(vertex[e, 1], vertex[e + 1, 1]), max(vertex[e, 1], vertex[e + 1, 1])
    return row_of(raster, low - raster.margin_m), row_of(raster, high + raster.margin_m)


@compiled
def _row_limits(raster: Raster, rings: Rings) -> tuple[IntArray, IntArray]:
    """Return the first and last row of each polygon; of an empty one 0 and -1."""
    n = len(rings.start) - 1
    first, last = np.zeros(n, np.int64), np.full(n, -1, np.int64)
    for p in range(n):
        for k in range(rings.start[p], rings.start[p + 1]):
            low, high = _rows_of_edge(raster, rings.vertex, rings.edge[k])
            first[p] = low if k == rings.start[p] else min(first[p], low)
            last[p] = max(last[p], high)
    return first, last


@compiled
def _fill_slabs(
    raster: Raster, rings: Rings, offset: IntArray, n_slabs: int
) -> tuple[IntArray, SmallIntArray]:
    """Return `Slabs.start` and `Slabs.edge`."""
    start = np.zeros(n_slabs + 2, np.int64)
    for p in range(len(offset)):
        for e in rings.edge[rings.start[p] : rings.start[p + 1]]:
            low, high = _rows_of_edge(raster, rings.vertex, e)
            for s in range(offset[p] + low, offset[p] + high + 1):
                start[s + 2] += 1
    for s in range(1, n_slabs + 2):
        start[s] += start[s - 1]
    edge = np.empty(start[-1], np.int32)
    for p in range(len(offset)):
        for e in rings.edge[rings.start[p] : rings.start[p + 1]]:
            low, high = _rows_of_edge(raster, rings.vertex, e)
            for s in range(offset[p] + low, offset[p] + high + 1):
                edge[start[s + 1]] = e
                start[s + 1] += 1
    return start[:-1], edge


@compiled
def _columns_of_piece(raster: Raster, vertex: FloatArray, e: int, r: int) -> tuple[int, int]:
    """Return the first and last column that the part of an edge in row `r` may touch."""
    ax, ay, bx, by = vertex[e, 0], vertex[e, 1], vertex[e + 1, 0], vertex[e + 1, 1]
    from_x, to_x = ax, bx
    if ay != by:
        south = raster.south + r * raster.cell_m - raster.margin_m
        north = raster.south + (r + 1) * raster.cell_m + raster.margin_m
        # The outer rows reach on: what lies past their limit was put into them by `row_of`.
        at_south = 0.0 if ay < by else 1.0
        at_north = 1.0 - at_south
        if r > 0:
            at_south = min(max((south - ay) / (by - ay), 0.0), 1.0)
        if r < raster.rows - 1:
            at_north = min(max((north - ay) / (by - ay), 0.0), 1.0)
        from_x, to_x = ax + at_south * (bx - ax), ax + at_north * (bx - ax)
    west, east = min(from_x, to_x) - raster.margin_m, max(from_x, to_x) + raster.margin_m
    return column_of(raster, west), column_of(raster, east)


@compiled
def _find_spans(raster: Raster, vertex: FloatArray, slabs: Slabs) -> tuple[IntArray, IntArray]:
    """Return the runs of border cells of each slab, west to east, and where they stop.

    Each is packed with whether the cells between it and the next run are inside. Runs of a slab
    begin at the place of its first edge: they are no more than its edges.
    """
    span = np.empty(len(slabs.edge), np.int64)
    span_stop = np.empty(len(slabs.row), np.int64)
    for s in range(len(slabs.row)):
        start, stop, row = slabs.start[s], slabs.start[s + 1], slabs.row[s]
        middle = raster.south + (row + 0.5) * raster.cell_m
        for k in range(start, stop):
            e = slabs.edge[k]
            west, east = _columns_of_piece(raster, vertex, e, row)
            crosses = (vertex[e, 1] > middle) != (vertex[e + 1, 1] > middle)
            span[k] = _pack(west, east, int(crosses))
        span[start:stop].sort()
        span_stop[s] = _merge(span, start, stop)
    return span, span_stop


@compiled
def _merge(span: IntArray, start: int, stop: int) -> int:
    """Join sorted runs that leave no cell between them, in place; return where they stop.

    A cell between two runs is inside where an odd number of edges to the west of it cross the
    middle of the row; all edges of the runs so far are to the west, so nothing is measured.
    """
    if start == stop:
        return stop
    last = start
    west, east, odd = _unpack(span[start])
    for k in range(start + 1, stop):
        next_west, next_east, crosses = _unpack(span[k])
        if next_west > east + 1:
            span[last] = _pack(west, east, odd)
            last += 1
            west = next_west
        east = max(east, next_east)
        odd ^= crosses
    span[last] = _pack(west, east, odd)
    return last + 1


@compiled
def _pack(west: int, east: int, odd: int) -> int:
    """Return a run of border cells as one number; numbers sort as their first columns do."""
    return (west << 31 | east) << 1 | odd


@compiled
def _unpack(span: int) -> tuple[int, int, int]:
    return span >> 32, span >> 1 & 0x7FFFFFFF, span & 1


@compiled
def _fill_labels(
    raster: Raster, slabs: Slabs, span: IntArray, span_stop: IntArray
) -> tuple[SmallIntArray, SmallIntArray]:
    """Return `Labels.start` and `Labels.label`."""
    start = np.zeros(raster.rows * raster.columns + 2, np.int32)
    for s in range(len(slabs.row)):
        first = slabs.row[s] * raster.columns
        for k in range(slabs.start[s], span_stop[s]):
            west, _, until = _cells_of_span(span, k)
            for c in range(first + west, first + until):
                start[c + 2] += 1
    for c in range(1, len(start)):
        start[c] += start[c - 1]
    label = np.empty(start[-1], np.int32)
    for s in range(len(slabs.row)):
        first = slabs.row[s] * raster.columns
        for k in range(slabs.start[s], span_stop[s]):
            west, east, until = _cells_of_span(span, k)
            for c in range(first + west, first + until):
                label[start[c + 1]] = 2 * slabs.polygon[s] + int(c > first + east)
                start[c + 1] += 1
    return start[:-1], label


@compiled
def _cells_of_span(span: IntArray, k: int) -> tuple[int, int, int]:
    """Return the first and last border column of a run, and where the cells inside stop."""
    west, east, inside = _unpack(span[k])
    return west, east, _unpack(span[k + 1])[0] if inside else east + 1
