"""GeoJSON (RFC 7946, and the ``crs`` member of its 2008 draft) by the standard library alone.

A small file is read where it is needed, a large one in the process apart (`read_large`): a few
hundred megabytes of brackets become gigabytes of lists.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from data.gdal.answer import Answer, Refused
from data.gdal.layer import Fault, Layer, as_text, to_answer
from data.gdal.shapes import MOST_VERTICES, NAMES

FILE = "layer.geojson"
_TYPES = {"point": ("Point",), "polygon": ("Polygon", "MultiPolygon")}
_UNDECLARED = object()
_WHY_POSITIONS = "des nombres par deux"

Shape = shapely.Point | shapely.Polygon | shapely.MultiPolygon


class _ShapeError(Exception):
    """A geometry that cannot be used: the code of the problem and what fills its texts."""

    def __init__(self, code: str, found: str = "", **fields: str) -> None:
        self.code = code
        self.found = found
        self.fields = fields
        super().__init__(code)


def read_large(folder: Path, options: dict[str, Any]) -> Answer:
    """Return the layer in ``layer.geojson``, which is UTF-8; `options` tell its ``shape``."""
    text = (folder / FILE).read_text(encoding="utf-8")
    return to_answer(layer_of(text, options["shape"]), options["shape"])


def layer_of(text: str, shape: str) -> Layer:
    """Return the layer in the text of a GeoJSON file; `shape` is ``point`` or ``polygon``.

    Raises
    ------
    Refused
        ``broken-json``, ``broken-geojson`` (with the row), ``file-too-large``.
    """
    document = _parsed(text)
    features = _features(document)
    names, columns = _properties(features)
    crs = _declared_crs(document)
    shapes, faults = _shapes(features, crs=crs, shape=shape)
    return Layer(names, columns, shapes, None if crs is _UNDECLARED else str(crs), faults)


def _parsed(text: str) -> dict[str, Any]:
    try:
        document = json.loads(text)
    except json.JSONDecodeError as error:
        detail = f" (ligne {error.lineno}, caractère {error.colno})"
        raise Refused("broken-json", row=str(error.lineno), detail=detail) from error
    except (RecursionError, ValueError) as error:
        detail = " (imbriqué trop profondément, ou démesuré)"
        raise Refused("broken-json", detail=detail) from error
    if isinstance(document, dict):
        return document
    raise Refused("broken-geojson", detail="ce n’est pas un objet")


def _features(document: dict[str, Any]) -> list[dict[str, Any]]:
    features = document.get("features")
    if document.get("type") != "FeatureCollection" or not isinstance(features, list):
        raise Refused("broken-geojson", detail="ce n’est pas une FeatureCollection")
    for row, feature in enumerate(features, start=1):
        is_feature = isinstance(feature, dict) and feature.get("type") == "Feature"
        if not is_feature or not isinstance(feature.get("properties") or {}, dict):
            detail = "cet élément n’est pas un objet"
            raise Refused("broken-geojson", row=str(row), detail=detail)
    return features


def _properties(features: list[dict[str, Any]]) -> tuple[list[str], list[list[str]]]:
    """Return the names of all properties, sorted, and their values as text."""
    records = [feature.get("properties") or {} for feature in features]
    names = sorted({name for record in records for name in record})
    try:
        return names, [[as_text(record.get(name)) for record in records] for name in names]
    except (RecursionError, ValueError) as error:
        detail = " (imbriqué trop profondément, ou démesuré)"
        raise Refused("broken-json", detail=detail) from error


def _declared_crs(document: dict[str, Any]) -> object:
    """Return the name in the ``crs`` member, or `_UNDECLARED`; what is no name comes back as is."""
    crs = document.get("crs")
    if crs is None:
        return _UNDECLARED
    properties = crs.get("properties") if isinstance(crs, dict) else None
    return properties.get("name", crs) if isinstance(properties, dict) else crs


def _shapes(
    features: list[dict[str, Any]], *, crs: object, shape: str
) -> tuple[NDArray[np.object_], list[Fault]]:
    shapes = np.full(len(features), None, dtype=object)
    faults = []
    vertices = 0
    for i, feature in enumerate(features):
        own_crs = _declared_crs(feature)
        if own_crs is not _UNDECLARED and own_crs != crs:
            fields = {"detail": f"il déclare {own_crs}"}
            faults.append(Fault(i, "mixed-crs", str(own_crs), fields))
            continue
        try:
            shapes[i] = _shape(feature.get("geometry"), shape)
        except _ShapeError as error:
            faults.append(Fault(i, error.code, error.found, error.fields))
            continue
        vertices += shapely.get_num_coordinates(shapes[i])
        if vertices > MOST_VERTICES:
            raise Refused("file-too-large", limit=f"{MOST_VERTICES} sommets")
    return shapes, faults


def _shape(geometry: object, shape: str) -> Shape:
    # A collection has no coordinates of its own: filled, it is of the wrong type, not empty.
    if not isinstance(geometry, dict) or not (
        geometry.get("coordinates") or geometry.get("geometries")
    ):
        raise _ShapeError("missing-geometry")
    kind = geometry.get("type")
    if kind not in _TYPES[shape]:
        raise _ShapeError("wrong-geometry", str(kind), kind=str(kind), expected=NAMES[shape])
    coordinates = geometry.get("coordinates")
    if not coordinates:
        raise _ShapeError("missing-geometry")
    if kind == "Point":
        return shapely.Point(_positions([coordinates])[0])
    polygons = [coordinates] if kind == "Polygon" else coordinates
    parts = [_polygon(rings) for rings in polygons] if isinstance(polygons, list) else []
    if not parts:
        raise _ShapeError("missing-geometry")
    return parts[0] if len(parts) == 1 else shapely.MultiPolygon(parts)


def _polygon(rings: object) -> shapely.Polygon:
    if not isinstance(rings, list) or not rings:
        raise _ShapeError("missing-geometry")
    shell, *holes = (_positions(ring) for ring in rings)
    try:
        with np.errstate(invalid="ignore"):  # NaN coordinates are refused later, by name
            return shapely.Polygon(shell, holes)
    except (shapely.errors.GEOSException, ValueError) as error:
        raise _ShapeError("invalid-polygon", reason="un contour a trop peu de sommets") from error


def _positions(values: object) -> NDArray[np.float64]:
    """Return positions ``(n, 2)``; heights are dropped, numbers written as text refused."""
    try:
        array = np.asarray(values)
    except ValueError:
        array = np.empty(0)
    if array.dtype.kind not in "iuf" or array.ndim != 2 or array.shape[1] < 2:
        raise _ShapeError("wrong-geometry", kind="illisible", expected=_WHY_POSITIONS)
    return np.asarray(array[:, :2], dtype=np.float64)
