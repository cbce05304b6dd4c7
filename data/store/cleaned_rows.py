"""Rows for the store out of a campaign that was read and cleaned."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import shapely

from data.read import Cleaned
from data.read.log import ProblemLog
from data.read.places import locate, locate_workplaces
from data.read.points import Points
from data.read.polygons import read_polygons
from data.read.reference import SaidCrs
from data.read.schema import SCHEMAS
from data.read.table import Table
from data.store.canonical import canonical, degrees
from data.store.rows import Row, row_id_of
from geo.crs import WGS84
from geo.model import FloatArray

_POLYGONS = frozenset({"zones", "exclusions"})
_POINTS = frozenset({"maisons", "faces"})
_WORKPLACE = ("workplace_lat", "workplace_lon")
_NOT_CELLS = frozenset({"geometry", "x", "y"})
_FOUND = {
    "maisons": ("precision",),
    "faces": ("precision", "position_source", "position_score"),
}
Columns = dict[str, Sequence[str]]


def headings_of(rows: Sequence[Row], kind: str, cleaned: Cleaned) -> tuple[str, ...]:
    """Return the columns of some rows of `rows_of`, in the order of docs/formats.md."""
    if rows:
        return tuple(rows[0].cells)
    return tuple(_columns(cleaned.tables[kind], kind, cleaned)[0])


def rows_of(cleaned: Cleaned, kind: str) -> list[Row]:
    """Return the rows of one file of a campaign, its key in ``[files]`` being `kind`.

    Their cells are the canonical columns that the file has, in one spelling; where a point is, is
    always told by `lat` and `lon`. Columns that nothing reads are not among them: the store keeps
    what a plan is made from, and no more of anybody than that.

    Parameters
    ----------
    cleaned
        Without errors in that file: two rows with one id would be two of one place.
    """
    table = cleaned.tables[kind]
    columns, shapes = _columns(table, kind, cleaned)
    names = list(columns)
    rows = []
    for position, (*cells, shape) in enumerate(
        zip(*columns.values(), shapes, strict=True), start=1
    ):
        of_row = dict(zip(names, cells, strict=True))
        rows.append(Row(row_id_of(kind, of_row, position=position), of_row, shape))
    return rows


def _columns(table: Table, kind: str, cleaned: Cleaned) -> tuple[Columns, Sequence[Any]]:
    """Return the columns of a file in order, and the geometry of each row in WGS84."""
    said = SaidCrs("") if cleaned.rules is None else cleaned.rules.crs(kind)
    shapes: Sequence[Any] = [None] * len(table)
    replaced: Mapping[str, Sequence[str]] = {}
    if kind in _POLYGONS:
        shapes = _polygons(table, said, cleaned)
    elif kind in _POINTS:
        points = locate(table, said, territory=cleaned.territory, log=ProblemLog())
        replaced, shapes = _told_points(table, kind, points), _shapes(points)
    elif kind == "agents":
        replaced = _workplaces(table, cleaned)
    schema = next(schema for schema in SCHEMAS if schema.kind == kind)
    columns = {}
    for column in schema.columns:
        name = column.name
        if name in replaced:
            columns[name] = replaced[name]
        elif table.has(name) and name not in _NOT_CELLS:
            columns[name] = canonical(table.cells(name), name, table.scale.get(name))
    return columns, shapes


def _polygons(table: Table, said: SaidCrs, cleaned: Cleaned) -> Sequence[Any]:
    log = ProblemLog()
    polygons = read_polygons(table, said, log, territory=cleaned.territory)
    if polygons is None:
        return [None] * len(table)
    return list(polygons.at(WGS84, table=table, log=log))


def _shapes(points: Points) -> Sequence[Any]:
    shapes: Any = np.full(len(points.lng), None, dtype=object)
    known = points.usable
    shapes[known] = shapely.points(points.lng[known], points.lat[known])
    return list(shapes)


def _told_points(table: Table, kind: str, points: Points) -> Columns:
    """Return where points are, and how that is known if it is not by the file alone."""
    columns: Columns = {"lat": _told(points.lat), "lon": _told(points.lng)}
    values = {
        "precision": points.precision.tolist(),
        "position_source": points.source.tolist(),
        "position_score": [_score(value) for value in points.score.tolist()],
    }
    for name in _FOUND[kind]:
        if table.has(name) or any(values[name]):
            columns[name] = values[name]
    return columns


def _workplaces(table: Table, cleaned: Cleaned) -> Columns:
    if not any(map(table.has, _WORKPLACE)):
        return {}
    points = locate_workplaces(table, cleaned.territory, ProblemLog())
    return dict(zip(_WORKPLACE, (_told(points.lat), _told(points.lng)), strict=True))


def _told(values: FloatArray) -> list[str]:
    return [degrees(value) if value == value else "" for value in values.tolist()]  # noqa: PLR0124 -- NaN differs from itself


def _score(value: float) -> str:
    return repr(value) if value == value else ""  # noqa: PLR0124 -- NaN differs from itself
