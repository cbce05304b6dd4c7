"""A layer as GeoJSON (RFC 7946): WGS84, longitude first, 6 decimals, rings by the right hand."""

from __future__ import annotations

import json
import math
from typing import Any

import numpy as np
import shapely

from data.write.layers import Layer, Values, in_degrees

_DECIMALS = 6  # 0.1 m
_RINGS = {"MultiPolygon"}


def geojson(layer: Layer, *, attribution: str) -> bytes:
    """Return a FeatureCollection, a feature a line; the attribution is a member of its own.

    Vertices are rounded one by one, so that shared borders stay shared.
    """
    degrees = in_degrees(layer)
    shapes = shapely.transform(degrees.shapes, lambda xy: np.round(xy, _DECIMALS))
    if layer.geometry_type in _RINGS:
        shapes = shapely.orient_polygons(shapes, exterior_cw=False)
    names = list(layer.columns)
    rows = zip(*(_plain(column) for column in layer.columns.values()), strict=True)
    features = [
        _text(
            {
                "type": "Feature",
                "properties": dict(zip(names, row, strict=True)),
                "geometry": _geometry(shape),
            }
        )
        for shape, row in zip(shapes, rows, strict=True)
    ]
    head = {"type": "FeatureCollection", "name": layer.name, "attribution": attribution}
    opening = _text(head)[:-1] + ',"features":['
    return (opening + ",".join(f"\n{feature}" for feature in features) + "\n]}\n").encode()


def _geometry(shape: Any) -> dict[str, Any]:  # noqa: ANN401 - a shape; its stubs know no mapping of it
    mapping: dict[str, Any] = shapely.geometry.mapping(shape)
    return mapping


def _plain(column: Values) -> list[Any]:
    """Return a column as JSON can say it: null where a number is not known, days as text."""
    if column.dtype.kind == "M":
        return [str(day) for day in column]
    return [_number(v) if isinstance(v, float) else v for v in column.tolist()]


def _number(value: float) -> float | None:
    """Return a number without the ``.0`` of a whole one; None where it is not known."""
    if not math.isfinite(value):
        return None
    return int(value) if value.is_integer() else value


def _text(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
