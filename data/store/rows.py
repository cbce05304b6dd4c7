"""A row of an input: its id, its cells and its geometry, and what the audit trail tells of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely

PRIVATE: Mapping[str, frozenset[str]] = {
    "agents": frozenset({"name", "consent_media", "consent_until"})
}
"""Columns whose cells are told to nobody but planners, and never to the audit trail."""
_UNTOLD: Mapping[str, frozenset[str]] = {"agents": PRIVATE["agents"] | {"headline"}}
"""Columns that the audit trail never tells: it stays when a person is forgotten, and a headline is
free text about that person."""

_IDS = {
    "zones": ("zone_id",),
    "maisons": ("maison_id",),
    "agents": ("agent_id",),
    "faces": ("face_id",),
    "travel": ("from_id", "to_id"),
    "locks": ("face_id", "period"),
}
_POINTS = frozenset({"maisons", "faces"})
_NOWHERE: tuple[None, None, None, None] = (None, None, None, None)
Box = tuple[float | None, float | None, float | None, float | None]


class RowExistsError(Exception):
    """There is a row with this id already."""


@dataclass(frozen=True, slots=True)
class Row:
    """A row of an input.

    Parameters
    ----------
    row_id
        See `row_id_of`.
    cells
        The canonical columns (docs/formats.md) as text.
    geometry
        In WGS84.
    """

    row_id: str
    cells: Mapping[str, str]
    geometry: shapely.Geometry | None = None


def row_id_of(kind: str, cells: Mapping[str, str], *, position: int, was: str = "") -> str:
    """Return the id of a row: that of its cells (``from~to``), or its position where it has none.

    `was` is the id that the row has already: one that was made of a position stays.
    """
    if kind not in _IDS:
        return was or str(position)
    parts = [cells.get(name, "") for name in _IDS[kind]]
    return parts[0] if len(parts) == 1 else "~".join(map(_escaped, parts))


def _escaped(part: str) -> str:
    """Return a part of an id that is no longer taken for two."""
    return part.replace("%", "%25").replace("~", "%7E")


def geometry_of(
    kind: str, cells: Mapping[str, str], geometry: shapely.Geometry | None
) -> shapely.Geometry | None:
    """Return the geometry of a row: the point of its cells, or the one that is given.

    A row of points without coordinates (it has an address) keeps the point that is given.

    Raises
    ------
    ValueError
        If its coordinates are no numbers.
    """
    if kind not in _POINTS or not (cells.get("lon") and cells.get("lat")):
        return geometry
    return shapely.Point(float(cells["lon"]), float(cells["lat"]))


def bounds_of(rows: Sequence[Row]) -> list[Box]:
    """Return west, south, east and north of each row; None where it has no geometry."""
    shapes: Any = np.array([row.geometry for row in rows], dtype=object)
    bounds = shapely.bounds(shapes)
    known = np.atleast_1d(np.isfinite(bounds).all(axis=1))
    boxes = bounds.tolist()
    return [(b[0], b[1], b[2], b[3]) if k else _NOWHERE for b, k in zip(boxes, known, strict=True)]


def told(kind: str, cells: Mapping[str, str], geometry: shapely.Geometry | None) -> dict[str, Any]:
    """Return what the audit trail tells of a whole row: private cells by their columns alone."""
    private = _UNTOLD.get(kind, frozenset())
    shown: dict[str, Any] = {name: cell for name, cell in cells.items() if name not in private}
    hidden = sorted(name for name in private if cells.get(name))
    return {
        "cells": shown,
        **({"private": hidden} if hidden else {}),
        **_told_shape(kind, geometry),
    }


def told_change(
    kind: str,
    before: tuple[Mapping[str, str], shapely.Geometry | None],
    after: tuple[Mapping[str, str], shapely.Geometry | None],
) -> dict[str, Any]:
    """Return what the audit trail tells of a change: the cells that differ, before and after."""
    names = [n for n in after[0] if before[0].get(n) != after[0][n]]
    sides: list[dict[str, Any]] = []
    for cells, geometry in (before, after):
        side = told(kind, {name: cells.get(name, "") for name in names}, geometry)
        if before[1] == after[1]:
            side.pop("geometry", None)
        side.pop("private", None)
        sides.append(side)
    hidden = sorted(_UNTOLD.get(kind, frozenset()) & set(names))
    change: dict[str, Any] = {"kind": kind, "before": sides[0], "after": sides[1]}
    return {**change, "private": hidden} if hidden else change


def _told_shape(kind: str, geometry: shapely.Geometry | None) -> dict[str, str]:
    if kind in _POINTS or geometry is None:
        return {}
    return {"geometry": shapely.to_wkt(geometry, rounding_precision=7)}
