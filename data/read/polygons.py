"""Polygons of a layer: finite, in the CRS that they are said to be in, and valid or repaired."""

from __future__ import annotations

import re
from typing import Any, NamedTuple, cast

import numpy as np
import shapely

from data.gdal.answer import Refused
from data.read.codes import Code
from data.read.log import ProblemLog
from data.read.messages import percent, place
from data.read.reference import SaidCrs, crs_of_layer, fitting
from data.read.repair import repaired
from data.read.table import Shapes, Table
from data.read.territory import Territory
from geo.crs import WGS84, canonical_shapes, reproject_shapes
from geo.errors import Where
from geo.model import BoolArray, FloatArray, IntArray

_GEOMETRY = "geometry"
MOST_CHANGED = 0.01
"""Share of its area that repairing a polygon may change."""
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
        """Return the polygons ``(n,)`` in another CRS; those that do not fit there are noted.

        They go through WGS84 to the centimetre, see `geo.crs.canonical_shapes`: in whatever CRS,
        direction and order of vertices a file has a polygon, it comes out the same.
        """
        lnglat: Any = self._moved(self.shapes, self.epsg, WGS84, table, log)
        lnglat[_present(lnglat)] = canonical_shapes(lnglat[_present(lnglat)])
        lnglat = make_valid(lnglat, table, log)
        if epsg == WGS84:
            return cast("Shapes", lnglat)
        return make_valid(self._moved(lnglat, WGS84, epsg, table, log), table, log)

    @staticmethod
    def _moved(shapes: Shapes, source: int, epsg: int, table: Table, log: ProblemLog) -> Shapes:
        moved: Any = shapes.copy()
        rows = _present(moved)
        moved[rows] = reproject_shapes(moved[rows], source=source, target=epsg)
        for i in rows.tolist():
            if not np.isfinite(shapely.get_coordinates(moved[i])).all():
                expected = f"le domaine d’EPSG:{epsg}"
                where = table.where(i, _GEOMETRY)
                log.add(Code.OUT_OF_RANGE, where, name=_GEOMETRY, expected=expected)
                moved[i] = None
        return cast("Shapes", moved)


def read_polygons(
    table: Table, said: SaidCrs, log: ProblemLog, *, territory: Territory | None = None
) -> Polygons | None:
    """Return the polygons of a layer, or None where its CRS cannot be told.

    `territory` is where they should be, if that is known by now.

    A polygon that is not finite, not in the unit of its CRS or not valid is noted and left out.
    """
    if table.shapes is None:
        where = Where(table.file, 1, _GEOMETRY)
        log.add(Code.MISSING_COLUMN, where, column=_GEOMETRY, names=f"{_GEOMETRY}, wkt, wkb")
        return None
    epsg = crs_of_layer(table, said, log, territory=territory)
    if epsg is None:
        return None
    shapes: Any = np.array(table.shapes, dtype=object)
    if said.swapped:
        shapes = shapely.transform(shapes, lambda xy: xy[:, ::-1])
    for i in np.flatnonzero(~shapely.is_missing(shapes)).tolist():
        where = table.where(i, _GEOMETRY)
        coordinates = shapely.get_coordinates(shapes[i])
        if not np.isfinite(coordinates).all():
            found = f"{coordinates[~np.isfinite(coordinates)][0]:g}"
            log.add(Code.NOT_FINITE, where, found=found, value=found)
            shapes[i] = None
    bounds = shapely.bounds(shapes)
    x, y = _farthest(bounds[:, 0], bounds[:, 2]), _farthest(bounds[:, 1], bounds[:, 3])
    fits = fitting(
        table, x, y, epsg=epsg, said=said, column=_GEOMETRY, territory=territory, log=log
    )
    shapes[~fits] = None
    return Polygons(make_valid(shapes, table, log), epsg)


def make_valid(shapes: Shapes, table: Table, log: ProblemLog) -> Shapes:
    """Return the polygons ``(n,)``, those that are not valid repaired, or None where they cannot.

    Each repair is noted. One that would change the area by more than `MOST_CHANGED` is none: what
    the outline was meant to be is not ours to guess.
    """
    every: Any = shapes.copy()
    rows = np.flatnonzero(~shapely.is_missing(every) & ~shapely.is_valid(every))
    if not len(rows):
        return cast("Shapes", every)
    try:
        made: Any = repaired(every[rows])
    except Refused:  # too much of it to repair
        made = np.full(len(rows), None, dtype=object)
    for i, shape in zip(rows.tolist(), made, strict=True):
        before, after = float(shapely.area(every[i])), float(shapely.area(shape))
        share = abs(after - before) / before if before > 0 else np.inf
        where, found = table.where(i, _GEOMETRY), str(shapely.is_valid_reason(every[i]))
        reason = _reason(found)
        if share <= MOST_CHANGED:
            log.add(Code.REPAIRED_POLYGON, where, reason=reason, share=percent(share))
            every[i] = shape
            continue
        if np.isfinite(share):
            reason += f" (le réparer changerait sa surface de {percent(share)})"
        log.add(Code.INVALID_POLYGON, where, found=found, reason=reason)
        every[i] = None
    return cast("Shapes", every)


def _present(shapes: Shapes) -> IntArray:
    return np.flatnonzero(~shapely.is_missing(cast("Any", shapes)))


def _farthest(low: FloatArray, high: FloatArray) -> FloatArray:
    return np.where(np.abs(low) > np.abs(high), low, high)


def _reason(found: str) -> str:
    """Return in French what GEOS finds wrong with a polygon, and where."""
    reason = next((fr for en, fr in _REASONS if found.startswith(en)), "le contour est faux")
    at = re.search(r"\[(\S+) (\S+)\]", found)
    return f"{reason}, près de {place(float(at[2]), float(at[1]))}" if at else reason
