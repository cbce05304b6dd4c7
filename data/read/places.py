"""Where rows are: coordinates from columns or from a layer, checked against the territory."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import shapely

from data.read.addresses import Position
from data.read.angles import coordinate
from data.read.codes import Code
from data.read.columns import float_column
from data.read.found import add_found, find_rows, not_sought, word_of
from data.read.log import ProblemLog
from data.read.messages import distance, place
from data.read.points import Points, nowhere
from data.read.reference import SaidCrs, crs_of_layer, fitting, note_missing, propose, surely
from data.read.table import Table
from data.read.territory import Territory
from geo.crs import WGS84, canonical_degrees, reproject_points
from geo.crs_candidates import name_of
from geo.errors import Where
from geo.model import BoolArray, FloatArray

FAR_AWAY_M = 50_000.0
"""Farther from every zone than that no zone is worth naming."""

_POSITION = ("x", "y", "lat", "lon")


@dataclass(frozen=True, slots=True)
class _Raw:
    """Coordinates as they came, in their own CRS, and the names of the two columns.

    `found` are the rows without coordinates whose addresses are known.
    """

    x: FloatArray
    y: FloatArray
    epsg: int
    x_name: str
    y_name: str
    column: str
    found: Mapping[int, Position] = field(default_factory=dict)


def locate(table: Table, said: SaidCrs, *, territory: Territory | None, log: ProblemLog) -> Points:
    """Return the points of a table or layer; what is wrong with them is noted.

    A layer has its own points. A table has ``x`` and ``y`` if the campaign says their CRS, else
    ``lat`` and ``lon``, in WGS84 unless the campaign says otherwise.
    """
    from_table = _from_columns if table.shapes is None else _from_layer
    raw = from_table(table, said, territory, log)
    if raw is None:
        return nowhere(len(table))
    points = _placed(table, raw, said=said, territory=territory, log=log)
    if raw.found and territory is not None:
        add_found(table, points, raw.found, territory=territory, log=log)
    _add_said(table, points)
    return points


def locate_workplaces(table: Table, territory: Territory | None, log: ProblemLog) -> Points:
    """Return the workplaces of agents; rows without one are NaN, one outside is only a warning."""
    if not (table.has("workplace_lat") or table.has("workplace_lon")):
        return nowhere(len(table))
    lat, lon = table.cells("workplace_lat"), table.cells("workplace_lon")
    for i in range(len(table)):
        if bool(lat[i]) != bool(lon[i]):
            absent = "workplace_lon" if lat[i] else "workplace_lat"
            log.add(Code.MISSING_VALUE, table.where(i, absent))
    raw = _raw_columns(table, "workplace_lon", "workplace_lat", epsg=WGS84, required=False, log=log)
    return _placed(
        table,
        raw,
        said=None,
        territory=territory,
        log=log,
        outside=Code.WORKPLACE_OUTSIDE_TERRITORY,
    )


def _from_layer(
    table: Table, said: SaidCrs, territory: Territory | None, log: ProblemLog
) -> _Raw | None:
    epsg = crs_of_layer(table, said, log, territory=territory)
    if epsg is None:
        return None
    shapes: Any = table.shapes
    x, y = shapely.get_x(shapes), shapely.get_y(shapes)
    for i, shape in enumerate(shapes):
        if shape is not None and not np.isfinite((x[i], y[i])).all():
            found = place(y[i], x[i])
            log.add(Code.NOT_FINITE, table.where(i, "geometry"), found=found, value=found)
            x[i] = y[i] = np.nan
    if said.swapped:
        x, y = y, x
    return _Raw(x, y, epsg, "longitude", "latitude", "geometry")


def _from_columns(
    table: Table, said: SaidCrs, territory: Territory | None, log: ProblemLog
) -> _Raw | None:
    has_xy = table.has("x") and table.has("y")
    has_degrees = table.has("lat") and table.has("lon")
    epsg = said.epsg
    if (has_xy and epsg is not None) or has_degrees:
        names = ["x", "y"] if has_xy and epsg is not None else ["lon", "lat"]
        if said.swapped:
            names.reverse()
        raw = _raw_columns(table, *names, epsg=epsg or WGS84, required=False, log=log)
        return _with_found(table, raw, names, territory=territory, log=log)
    if has_xy:
        raw = _raw_columns(table, "x", "y", epsg=WGS84, required=False, log=ProblemLog())
        columns = ", ou donnez les colonnes lat et lon"
        note_missing(table, said, propose(raw.x, raw.y, territory), log=log, columns=columns)
    elif not any(map(table.has, _POSITION)) and find_rows(table, territory, range(len(table))):
        nothing = np.full(len(table), np.nan)
        raw = _Raw(nothing, nothing.copy(), WGS84, "lon", "lat", column="lat")
        return _with_found(table, raw, ["lon", "lat"], territory=territory, log=log)
    else:
        wanted = ("x", "y") if table.has("x") or table.has("y") else ("lat", "lon")
        for name in wanted:
            if not table.has(name):
                where = Where(table.file, 1, name)
                log.add(Code.MISSING_COLUMN, where, column=name, names=name)
        if not_sought(table, territory, range(len(table))):
            log.add(Code.ADDRESS_NOT_PLACED, Where(table.file), subject="Les adresses n’ont")
    return None


def _with_found(
    table: Table,
    raw: _Raw,
    names: Sequence[str],
    *,
    territory: Territory | None,
    log: ProblemLog,
) -> _Raw:
    """Return coordinates with the places of the addresses that stand for those that are missing.

    Every other empty cell is noted; an address that a geocoder may find is noted once.
    """
    unknown = np.isnan(raw.x), np.isnan(raw.y)
    nowhere_said = np.flatnonzero(unknown[0] & unknown[1]).tolist()
    found = find_rows(table, territory, nowhere_said)
    left = not_sought(table, territory, (i for i in nowhere_said if i not in found))
    for i, address in left.items():
        where, typed = table.where(i, names[1]), " ".join(filter(None, address[:3]))
        log.add(Code.ADDRESS_NOT_PLACED, where, found=typed, subject="L’adresse n’a")
    for name, missing in zip(names, unknown, strict=True):
        cells = table.text(name)
        for i in np.flatnonzero(missing).tolist():
            if i not in found and i not in left and not cells[i]:
                log.add(Code.MISSING_VALUE, table.where(i, name))
    return replace(raw, found=found)


def _add_said(table: Table, points: Points) -> None:
    """Note what the file itself says of how well its points are known, and who says so."""
    if table.has("precision"):
        words = np.array([word_of(word) for word in table.cells("precision")], dtype=object)
        points.precision[:] = np.where(points.precision == "", words, points.precision)
    if table.has("position_source"):
        said = table.text("position_source").objects()
        points.source[:] = np.where(points.source == "", said, points.source)
    if table.has("position_score"):
        scores = float_column(table, "position_score", coordinate, log=ProblemLog())
        points.score[:] = np.where(np.isnan(points.score), scores, points.score)


def _raw_columns(
    table: Table, x_name: str, y_name: str, *, epsg: int, required: bool, log: ProblemLog
) -> _Raw:
    def values(name: str) -> FloatArray:
        return float_column(table, name, coordinate, log=log, required=required)

    headings = table.heading(x_name), table.heading(y_name)
    return _Raw(values(x_name), values(y_name), epsg, *headings, column=headings[1])


def _placed(
    table: Table,
    raw: _Raw,
    *,
    said: SaidCrs | None,
    territory: Territory | None,
    log: ProblemLog,
    outside: Code = Code.POINT_OUTSIDE_TERRITORY,
) -> Points:
    fits = fitting(
        table,
        raw.x,
        raw.y,
        epsg=raw.epsg,
        said=said,
        column=raw.column,
        territory=territory,
        log=log,
    )
    points = _projected(raw.x, raw.y, epsg=raw.epsg, where=fits, territory=territory)
    lost = fits & ~points.usable
    for i in np.flatnonzero(lost).tolist():
        found = _typed(raw, i)
        where = Where(table.file, table.rows[i], raw.column)
        expected = f"le domaine d’EPSG:{raw.epsg}"
        log.add(Code.OUT_OF_RANGE, where, found=found, name=found, expected=expected)
    if territory is not None:
        _note_outside(table, raw, points, said=said, territory=territory, log=log, outside=outside)
    return points


def _projected(
    x: FloatArray, y: FloatArray, *, epsg: int, where: BoolArray, territory: Territory | None
) -> Points:
    """Return the points at the rows `where`; what cannot be projected becomes NaN too.

    They go through WGS84 to the centimetre: the same point in any CRS gives the same bytes.
    """
    points = nowhere(len(x))
    lng, lat = reproject_points(x[where], y[where], source=epsg, target=WGS84)
    lng, lat = canonical_degrees(lng), canonical_degrees(lat)
    east, north = np.full(len(lng), np.nan), np.full(len(lng), np.nan)
    good = np.isfinite(lng) & np.isfinite(lat)
    if territory is not None:
        east, north = reproject_points(lng, lat, source=WGS84, target=territory.crs)
        good &= np.isfinite(east) & np.isfinite(north)
    for column, values in zip(
        (points.lng, points.lat, points.x, points.y), (lng, lat, east, north), strict=True
    ):
        column[where] = np.where(good, values, np.nan)
    return points


def _note_outside(
    table: Table,
    raw: _Raw,
    points: Points,
    *,
    said: SaidCrs | None,
    territory: Territory,
    log: ProblemLog,
    outside: Code,
) -> None:
    if not territory.whole:
        return
    usable = points.usable
    stray = usable & ~territory.holds(points.x, points.y)
    if not stray.any():
        return
    turned = _projected(raw.y, raw.x, epsg=raw.epsg, where=stray, territory=territory)
    swapped = stray & territory.holds(turned.x, turned.y)
    names = {"first": raw.y_name, "second": raw.x_name}
    if swapped.sum() > 1 and (swapped == usable).all():
        where = Where(table.file, 0, raw.column)
        log.add(Code.SWAPPED_COORDINATES, where, subject="Tous les points sont", **names)
        return
    if said is not None and usable.sum() > 1 and (stray == usable).all():
        other = surely(raw.x, raw.y, territory, not_in=raw.epsg)
        if other is not None:
            log.add(
                Code.CRS_DOUBTFUL,
                Where(table.file, 0, raw.column),
                crs=name_of(raw.epsg),
                key=said.key,
                kind=said.kind,
                **other._asdict(),
            )
            return
    for i in np.flatnonzero(stray).tolist():
        where = Where(table.file, table.rows[i], raw.column)
        if swapped[i]:
            found = _typed(raw, i)
            log.add(Code.SWAPPED_COORDINATES, where, found=found, subject="Le point est", **names)
        else:
            zone, metres = territory.nearest(points.x[i], points.y[i])
            if metres > FAR_AWAY_M and outside is Code.POINT_OUTSIDE_TERRITORY:
                log.add(Code.POINT_FAR_AWAY, where, found=_typed(raw, i), far=distance(metres))
                continue
            log.add(outside, where, found=_typed(raw, i), zone=zone, far=distance(metres))


def _typed(raw: _Raw, i: int) -> str:
    return place(raw.y[i], raw.x[i])
