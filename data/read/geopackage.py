"""GeoPackage into a `Table` with shapes: the only place of reading that goes through GDAL."""

from __future__ import annotations

import tempfile
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from data.read.codes import Code
from data.read.geojson import MOST_VERTICES, as_text
from data.read.log import ProblemLog
from data.read.schema import Schema
from data.read.table import Table, positions
from data.read.text import normal, note_controls
from geo.errors import Where

_SQLITE = b"SQLite format 3\0"
_GEOPACKAGE_IDS = (b"GPKG", b"GP10", b"GP11")
_EXPECTED = {
    "point": (shapely.GeometryType.POINT,),
    "polygon": (shapely.GeometryType.POLYGON, shapely.GeometryType.MULTIPOLYGON),
}
_NAMES = {
    shapely.GeometryType.POINT: "Point",
    shapely.GeometryType.POLYGON: "Polygon",
    shapely.GeometryType.MULTIPOLYGON: "MultiPolygon",
}


class _LayerError(Exception):
    """A GeoPackage that cannot be used, and why (French)."""


def read_geopackage(content: bytes, *, file: str, schema: Schema, log: ProblemLog) -> Table | None:
    """Return the layer in the bytes of a GeoPackage, or None where its problems prevent it.

    Of several layers, the one named as the file's key in ``[files]``. What is no SQLite file with
    the application id of a GeoPackage is refused before GDAL sees it: GDAL would take it for
    whatever it looks like (a VRT that reads other files, say).
    """
    if not (content.startswith(_SQLITE) and content[68:72] in _GEOPACKAGE_IDS):
        log.add(Code.WRONG_CONTENT, Where(file), expected="GeoPackage", looks_like="")
        return None
    with tempfile.TemporaryDirectory(prefix="placarde-") as scratch:
        copy = Path(scratch) / "layer.gpkg"
        copy.write_bytes(content)
        try:
            layer = _layer(copy, file=file, schema=schema, log=log)
        except _LayerError as error:
            log.add(Code.BROKEN_GEOPACKAGE, Where(file), detail=error)
            return None
    return None if layer is None else _table(*layer, file=file, schema=schema, log=log)


def _layer(
    path: Path, *, file: str, schema: Schema, log: ProblemLog
) -> tuple[dict[str, Any], NDArray[np.object_] | None, Sequence[NDArray[Any]]] | None:
    import pyogrio  # noqa: PLC0415 - loads GDAL, which most campaigns do without

    with warnings.catch_warnings(record=True):  # GDAL's remarks, in English, on stderr
        try:
            names = [str(name) for name, kind in pyogrio.list_layers(path) if kind is not None]
            chosen = _chosen(names, file=file, schema=schema, log=log)
            if chosen is None:
                return None
            meta, _, shapes, values = pyogrio.raw.read(path, layer=chosen, force_2d=True)
        except (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError, ValueError) as error:
            raise _LayerError("il est abîmé") from error
    return meta, shapes, values


def _chosen(names: Sequence[str], *, file: str, schema: Schema, log: ProblemLog) -> str | None:
    if not names:
        raise _LayerError("il ne contient aucune couche d’objets géographiques")
    if len(names) == 1 or schema.kind in names:
        return schema.kind if schema.kind in names else names[0]
    log.add(Code.SEVERAL_LAYERS, Where(file), layers=", ".join(names), wanted=schema.kind)
    return None


def _table(
    meta: dict[str, Any],
    geometry: NDArray[np.object_] | None,
    values: Sequence[NDArray[Any]],
    *,
    file: str,
    schema: Schema,
    log: ProblemLog,
) -> Table | None:
    headings = tuple(normal(str(name)) for name in meta["fields"])
    position = positions(headings, schema, at=Where(file), log=log)
    count = 0 if geometry is None else len(geometry)
    if geometry is None or not count:
        if not schema.may_be_empty:
            log.add(Code.NO_ROWS, Where(file))
        return None
    columns = tuple([normal(_cell(value)) for value in column] for column in values)
    note_controls(headings, columns, file=file, log=log)
    shapes = _shapes(geometry, file=file, schema=schema, log=log)
    if position is None or shapes is None:
        return None
    return Table(
        file=file,
        headings=headings,
        columns=columns,
        rows=tuple(range(1, count + 1)),
        position=position,
        shapes=shapes,
        crs=meta["crs"],
    )


def _cell(value: object) -> str:
    if isinstance(value, np.datetime64):
        day = str(value)
        return "" if day == "NaT" else day.removesuffix("T00:00:00.000")
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float) and np.isnan(value):
        return ""
    return as_text(value)


def _shapes(
    geometry: NDArray[np.object_], *, file: str, schema: Schema, log: ProblemLog
) -> NDArray[np.object_] | None:
    """Return the shapes ``(n,)``; those that are missing or of another type are noted, and None."""
    with np.errstate(invalid="ignore"):  # NaN coordinates are refused later, by name
        shapes: Any = shapely.from_wkb(geometry, on_invalid="ignore")
    if shapely.get_num_coordinates(shapes).sum() > MOST_VERTICES:
        log.add(Code.FILE_TOO_LARGE, Where(file), limit=f"{MOST_VERTICES} sommets")
        return None
    expected = _EXPECTED[schema.shape]
    empty = shapely.is_missing(shapes) | shapely.is_empty(shapes)
    wrong = ~empty & ~np.isin(shapely.get_type_id(shapes), expected)
    for i in np.flatnonzero(empty).tolist():
        log.add(Code.MISSING_GEOMETRY, Where(file, i + 1, "geometry"))
    for i in np.flatnonzero(wrong).tolist():
        kind, wanted = shapes[i].geom_type, " ou ".join(_NAMES[kind] for kind in expected)
        log.add(Code.WRONG_GEOMETRY, Where(file, i + 1, "geometry"), kind=kind, expected=wanted)
    shapes[empty | wrong] = None
    return np.asarray(shapes, dtype=object)
