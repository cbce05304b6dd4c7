"""Shapes as plain arrays and back: what crosses between the two processes is numbers alone.

Neither WKB nor WKT is parsed by the process that plans: a deeply nested one ends GEOS, and whoever
called it, with a segmentation fault.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

Shapes = NDArray[np.object_]

MOST_VERTICES = 3_000_000
EXPECTED = {
    "point": (shapely.GeometryType.POINT,),
    "polygon": (shapely.GeometryType.POLYGON, shapely.GeometryType.MULTIPOLYGON),
}
NAMES = {"point": "Point", "polygon": "Polygon ou MultiPolygon"}
_OFFSETS = ("rings", "polygons", "rows")


def usable_shapes(
    parsed: NDArray[np.object_], shape: str
) -> tuple[Shapes, list[tuple[int, str, dict[str, str]]]]:
    """Return the shapes of a layer, plane and of the type that is wanted, and what is wrong.

    Parameters
    ----------
    parsed
        Geometries ``(n,)``, None where there is none.
    shape
        ``point`` or ``polygon``.

    Returns
    -------
    tuple
        The shapes, None where one cannot be used; and row, code and fields of each fault. A part
        that is the only one of its collection stands for it.
    """
    shapes: Any = shapely.force_2d(np.asarray(parsed, dtype=object))
    if len(shapes):
        alone = np.isin(shapely.get_type_id(shapes), (4, 6)) & (
            shapely.get_num_geometries(shapes) == 1
        )
        shapes[alone] = shapely.get_geometry(shapes[alone], 0)
    empty = shapely.is_missing(shapes) | shapely.is_empty(shapes)
    wrong = ~empty & ~np.isin(shapely.get_type_id(shapes), EXPECTED[shape])
    faults: list[tuple[int, str, dict[str, str]]] = [
        (i, "missing-geometry", {}) for i in np.flatnonzero(empty).tolist()
    ]
    for i in np.flatnonzero(wrong).tolist():
        fields = {"kind": str(shapes[i].geom_type), "expected": NAMES[shape]}
        faults.append((i, "wrong-geometry", fields))
    shapes[empty | wrong] = None
    return shapes, faults


def pack(shapes: Shapes, shape: str) -> dict[str, NDArray[Any]]:
    """Return shapes ``(n,)`` as arrays of numbers; `shape` is ``point`` or ``polygon``."""
    if shape == "point":
        return {"xy": np.column_stack((shapely.get_x(shapes), shapely.get_y(shapes)))}
    present = np.flatnonzero(~shapely.is_missing(shapes))
    parts, of_shape = shapely.get_parts(shapes[present], return_index=True)
    rings, of_part = shapely.get_rings(parts, return_index=True)
    filled = ~shapely.is_empty(rings)
    rings, of_part = rings[filled], of_part[filled]
    xy, of_ring = shapely.get_coordinates(rings, return_index=True)
    return {
        "xy": xy,
        "rings": _offsets(of_ring, len(rings)),
        "polygons": _offsets(of_part, len(parts)),
        "rows": _offsets(present[of_shape], len(shapes)),
    }


def _offsets(group: NDArray[np.int64], n: int) -> NDArray[np.int64]:
    """Return where each of `n` groups starts and ends, ``(n + 1,)``; `group` is sorted."""
    return np.searchsorted(group, np.arange(n + 1)).astype(np.int64)


def unpack(arrays: Mapping[str, NDArray[Any]], shape: str) -> Shapes:
    """Return the shapes ``(n,)`` that `pack` took apart, None where there was none.

    Raises
    ------
    ValueError
        If the arrays are not such.
    """
    xy = arrays["xy"]
    if xy.ndim != 2 or xy.shape[1] != 2 or xy.dtype != np.float64:
        raise ValueError("coordinates are pairs of numbers")
    if shape == "point":
        shapes = np.full(len(xy), None, dtype=object)
        known = ~np.isnan(xy).all(axis=1)
        shapes[known] = shapely.points(xy[known])
        return shapes
    counts = [len(xy)]
    for name in _OFFSETS:
        offsets = arrays[name]
        if offsets.dtype != np.int64 or not _covers(offsets, counts[-1]):
            raise ValueError("offsets do not fit")
        counts.append(len(offsets) - 1)
    rings = _group(_lines(xy, arrays["rings"]), arrays["polygons"], _polygon)
    return _group(rings, arrays["rows"], _area)


def _covers(offsets: NDArray[np.int64], count: int) -> bool:
    grows = len(offsets) > 0 and bool((np.diff(offsets) >= 0).all())
    return grows and int(offsets[0]) == 0 and int(offsets[-1]) == count


def _lines(xy: NDArray[np.float64], offsets: NDArray[np.int64]) -> Shapes:
    index = np.repeat(np.arange(len(offsets) - 1), np.diff(offsets))
    if not len(index):
        return np.empty(0, dtype=object)
    with np.errstate(invalid="ignore"):  # NaN coordinates are refused later, by name
        return np.asarray(shapely.linearrings(xy, indices=index), dtype=object)


def _group(parts: Shapes, offsets: NDArray[np.int64], make: Callable[[Shapes], Any]) -> Shapes:
    groups = [
        make(parts[start:end])
        for start, end in zip(offsets[:-1].tolist(), offsets[1:].tolist(), strict=True)
    ]
    made = np.full(len(groups), None, dtype=object)
    made[:] = groups
    return made


def _polygon(rings: Shapes) -> shapely.Polygon:
    return shapely.Polygon(rings[0], list(rings[1:]))


def _area(polygons: Shapes) -> shapely.Polygon | shapely.MultiPolygon | None:
    if len(polygons) < 2:
        return polygons[0] if len(polygons) else None
    return shapely.MultiPolygon(list(polygons))
