"""GeoJSON (RFC 7946, and the ``crs`` member of its 2008 draft) into a `Table` with shapes.

The standard library parses the JSON and NumPy the coordinates; GDAL, which would follow what a
hostile file asks it to, never sees them.
"""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from data.read.codes import Code
from data.read.log import ProblemLog
from data.read.schema import Schema
from data.read.table import Table, positions
from data.read.text import decode, normal, note_controls
from geo.errors import Where

MOST_VERTICES = 3_000_000
_EXPECTED = {"point": ("Point",), "polygon": ("Polygon", "MultiPolygon")}
_UNDECLARED = object()

Shape = shapely.Point | shapely.Polygon | shapely.MultiPolygon


class _ShapeError(Exception):
    """A geometry that cannot be used: the kind of problem and what fills its texts."""

    def __init__(self, code: Code, found: str = "", **fields: object) -> None:
        self.code = code
        self.found = found
        self.fields = fields
        super().__init__(code)


def read_geojson(content: bytes, *, file: str, schema: Schema, log: ProblemLog) -> Table | None:
    """Return the layer in the bytes of a GeoJSON file, or None where its problems prevent it.

    Features whose geometry cannot be used are noted and keep their row, with the shape None.
    """
    document = _parsed(content, file, log)
    features = None if document is None else _features(document, file, log)
    if document is None or features is None:
        return None
    if not features:
        if not schema.may_be_empty:
            log.add(Code.NO_ROWS, Where(file))
        return None
    headings, columns = _properties(features, file, log)
    position = positions(headings, schema, at=Where(file), log=log)
    crs = _declared_crs(document)
    shapes = _shapes(features, crs=crs, file=file, schema=schema, log=log)
    if position is None or shapes is None:
        return None
    return Table(
        file=file,
        headings=headings,
        columns=columns,
        rows=tuple(range(1, len(features) + 1)),
        position=position,
        shapes=shapes,
        crs=None if crs is _UNDECLARED else str(crs),
    )


def _parsed(content: bytes, file: str, log: ProblemLog) -> dict[str, Any] | None:
    text = decode(content, file, log)
    if text is None:
        return None
    try:
        document = json.loads(text)
    except json.JSONDecodeError as error:
        detail = f" (ligne {error.lineno}, caractère {error.colno})"
        log.add(Code.BROKEN_JSON, Where(file, error.lineno), detail=detail)
        return None
    except (RecursionError, ValueError):
        log.add(Code.BROKEN_JSON, Where(file), detail=" (imbriqué trop profondément, ou démesuré)")
        return None
    if isinstance(document, dict):
        return document
    log.add(Code.BROKEN_GEOJSON, Where(file), detail="ce n’est pas un objet")
    return None


def _features(document: dict[str, Any], file: str, log: ProblemLog) -> list[dict[str, Any]] | None:
    features = document.get("features")
    if document.get("type") != "FeatureCollection" or not isinstance(features, list):
        log.add(Code.BROKEN_GEOJSON, Where(file), detail="ce n’est pas une FeatureCollection")
        return None
    for row, feature in enumerate(features, start=1):
        is_feature = isinstance(feature, dict) and feature.get("type") == "Feature"
        if not is_feature or not isinstance(feature.get("properties") or {}, dict):
            log.add(Code.BROKEN_GEOJSON, Where(file, row), detail="cet élément n’est pas un objet")
            return None
    return features


def _properties(
    features: list[dict[str, Any]], file: str, log: ProblemLog
) -> tuple[tuple[str, ...], tuple[list[str], ...]]:
    """Return the names of all properties, sorted, and their values as text."""
    records = [feature.get("properties") or {} for feature in features]
    names = sorted({name for record in records for name in record})
    columns = tuple([normal(as_text(record.get(name))) for record in records] for name in names)
    note_controls(names, columns, file=file, log=log)
    return tuple(names), columns


def as_text(value: object) -> str:
    """Return a typed value as a cell: lists joined by ``|``, whole numbers without ``.0``."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "oui" if value else "non"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else repr(value)
    if isinstance(value, list):
        return "|".join(as_text(item) for item in value)
    return " ".join(str(value).split("\n")).strip()


def _declared_crs(document: dict[str, Any]) -> object:
    """Return the name in the ``crs`` member, or `_UNDECLARED`; what is no name comes back as is."""
    crs = document.get("crs")
    if crs is None:
        return _UNDECLARED
    properties = crs.get("properties") if isinstance(crs, dict) else None
    return properties.get("name", crs) if isinstance(properties, dict) else crs


def _shapes(
    features: list[dict[str, Any]],
    *,
    crs: object,
    file: str,
    schema: Schema,
    log: ProblemLog,
) -> NDArray[np.object_] | None:
    shapes = np.full(len(features), None, dtype=object)
    vertices = 0
    for i, feature in enumerate(features):
        where = Where(file, i + 1, "geometry")
        own_crs = _declared_crs(feature)
        if own_crs is not _UNDECLARED and own_crs != crs:
            detail = f"il déclare {own_crs}"
            log.add(Code.MIXED_CRS, where, found=str(own_crs), detail=detail)
            continue
        try:
            shapes[i] = _shape(feature.get("geometry"), schema)
        except _ShapeError as error:
            log.add(error.code, where, found=error.found, **error.fields)
            continue
        vertices += shapely.get_num_coordinates(shapes[i])
        if vertices > MOST_VERTICES:
            log.add(Code.FILE_TOO_LARGE, Where(file), limit=f"{MOST_VERTICES} sommets")
            return None
    return shapes


def _shape(geometry: object, schema: Schema) -> Shape:
    if not isinstance(geometry, dict) or not geometry.get("coordinates"):
        raise _ShapeError(Code.MISSING_GEOMETRY)
    kind = geometry.get("type")
    if kind not in _EXPECTED[schema.shape]:
        expected = " ou ".join(_EXPECTED[schema.shape])
        raise _ShapeError(Code.WRONG_GEOMETRY, str(kind), kind=kind, expected=expected)
    coordinates = geometry["coordinates"]
    if kind == "Point":
        return shapely.Point(_positions([coordinates])[0])
    polygons = [coordinates] if kind == "Polygon" else coordinates
    parts = [_polygon(rings) for rings in polygons] if isinstance(polygons, list) else []
    return parts[0] if kind == "Polygon" else shapely.MultiPolygon(parts)


def _polygon(rings: object) -> shapely.Polygon:
    if not isinstance(rings, list) or not rings:
        raise _ShapeError(Code.MISSING_GEOMETRY)
    shell, *holes = (_positions(ring) for ring in rings)
    try:
        return shapely.Polygon(shell, holes)
    except (shapely.errors.GEOSException, ValueError) as error:
        reason = "un contour a trop peu de sommets"
        raise _ShapeError(Code.INVALID_POLYGON, reason=reason) from error


def _positions(values: object) -> NDArray[np.float64]:
    """Return positions ``(n, 2)``; heights are dropped, numbers written as text refused."""
    try:
        array = np.asarray(values)
    except ValueError:
        array = np.empty(0)
    if array.dtype.kind not in "iuf" or array.ndim != 2 or array.shape[1] < 2:
        raise _ShapeError(Code.WRONG_GEOMETRY, kind="illisible", expected="des nombres par deux")
    return np.asarray(array[:, :2], dtype=np.float64)
