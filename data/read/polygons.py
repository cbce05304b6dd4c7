"""Polygons of a layer: finite, in the CRS that they are said to be in, and valid."""

from __future__ import annotations

import re
from typing import Any, NamedTuple, cast

import numpy as np
import shapely

from data.read.codes import Code
from data.read.log import ProblemLog
from data.read.messages import place
from data.read.reference import SaidCrs, crs_of_layer, fitting
from data.read.table import Shapes, Table
from geo.crs import reproject_shapes
from geo.errors import Where
from geo.model import BoolArray, FloatArray

_GEOMETRY = "geometry"
_REASONS = (  # what GEOS says, by how it begins
    ("Ring Self-intersection", "le contour se touche ou se croise lui-même"),
    ("Self-intersection", "le contour se croise lui-même"),
    ("Hole lies outside shell", "un trou sort du contour"),
    ("Holes are nested", "un trou est dans un autre trou"),
    ("Interior is disconnected", "des trous coupent l’intérieur en morceaux"),
    ("Nested shells", "une partie est dans une autre"),
    ("Duplicate Rings", "un contour est en double"),
    ("Too few points", "un contour a trop peu de sommets"),
)


class Polygons(NamedTuple):
    """Polygons ``(n,)`` in the CRS `epsg`, None where one cannot be used."""

    shapes: Shapes
    epsg: int

    def where(self, usable: BoolArray) -> Polygons:
        """Return the polygons without those that are not `usable`."""
        shapes = self.shapes.copy()
        shapes[~usable] = None
        return Polygons(shapes, self.epsg)

    def at(self, epsg: int, *, table: Table, log: ProblemLog) -> Shapes:
        """Return the polygons ``(n,)`` in another CRS; those that do not fit there are noted."""
        moved: Any = self.shapes.copy()
        rows = np.flatnonzero(~shapely.is_missing(moved)).tolist()
        moved[rows] = reproject_shapes(moved[rows], source=self.epsg, target=epsg)
        for i in rows:
            if not np.isfinite(shapely.get_coordinates(moved[i])).all():
                expected = f"le domaine d’EPSG:{epsg}"
                where = table.where(i, _GEOMETRY)
                log.add(Code.OUT_OF_RANGE, where, name=_GEOMETRY, expected=expected)
                moved[i] = None
            elif not shapely.is_valid(moved[i]):
                _note_invalid(table.where(i, _GEOMETRY), moved[i], log)
                moved[i] = None
        return cast("Shapes", moved)


def read_polygons(table: Table, said: SaidCrs, log: ProblemLog) -> Polygons | None:
    """Return the polygons of a layer, or None where its CRS cannot be told.

    A polygon that is not finite, not in the unit of its CRS or not valid is noted and left out.
    """
    epsg = crs_of_layer(table, said, log)
    if epsg is None:
        return None
    shapes: Any = np.array(table.shapes, dtype=object)
    for i in np.flatnonzero(~shapely.is_missing(shapes)).tolist():
        where = table.where(i, _GEOMETRY)
        coordinates = shapely.get_coordinates(shapes[i])
        if not np.isfinite(coordinates).all():
            found = f"{coordinates[~np.isfinite(coordinates)][0]:g}"
            log.add(Code.NOT_FINITE, where, found=found, value=found)
            shapes[i] = None
    bounds = shapely.bounds(shapes)
    x, y = _farthest(bounds[:, 0], bounds[:, 2]), _farthest(bounds[:, 1], bounds[:, 3])
    fits = fitting(table, x, y, epsg=epsg, said=said, column=_GEOMETRY, log=log)
    shapes[~fits] = None
    for i in np.flatnonzero(~shapely.is_missing(shapes) & ~shapely.is_valid(shapes)).tolist():
        _note_invalid(table.where(i, _GEOMETRY), shapes[i], log)
        shapes[i] = None
    return Polygons(shapes, epsg)


def _farthest(low: FloatArray, high: FloatArray) -> FloatArray:
    return np.where(np.abs(low) > np.abs(high), low, high)


def _note_invalid(where: Where, shape: shapely.Geometry, log: ProblemLog) -> None:
    found = str(shapely.is_valid_reason(shape))
    reason = next((fr for en, fr in _REASONS if found.startswith(en)), "le contour est faux")
    if at := re.search(r"\[(\S+) (\S+)\]", found):
        reason += f", près de {place(float(at[2]), float(at[1]))}"
    log.add(Code.INVALID_POLYGON, where, found=found, reason=reason)
