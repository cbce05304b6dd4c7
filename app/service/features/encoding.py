"""Features as GeoJSON (RFC 7946), each a line of text."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import shapely

from app.service.features.collections import Property
from app.service.features.reference import Crs, in_system
from data.read.cells import CellFault, parse_number, yes_no

Properties = Mapping[str, Any]
to_json = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode


def encoded(ids: Sequence[str], properties: Sequence[Properties], shapes: Any, crs: Crs) -> bytes:  # noqa: ANN401 -- an array of shapes
    """Return features joined by commas and line breaks.

    Parameters
    ----------
    shapes
        In WGS84 ``(n,)``; None where a feature has no place.
    """
    geometries = shapely.to_geojson(in_system(shapes, crs))
    return ",\n".join(
        f'{{"type":"Feature","id":{to_json(row_id)},"geometry":{geometry or "null"},'
        f'"properties":{to_json(values)}}}'
        for row_id, geometry, values in zip(ids, geometries, properties, strict=True)
    ).encode()


def reader_of(properties: Sequence[Property]) -> Callable[[Mapping[str, str]], dict[str, Any]]:
    """Return what makes the values of properties of the cells of a row; null where one is empty.

    A number that cannot be read is null: the doors have noted it.
    """
    parsers = [(prop.name, _PARSERS[prop.type]) for prop in properties]

    def read(cells: Mapping[str, str]) -> dict[str, Any]:
        return {name: parse(text) if (text := cells.get(name)) else None for name, parse in parsers}

    return read


def _number(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        try:
            value = float(parse_number(text))
        except CellFault:
            return None
    return value if math.isfinite(value) else None


def _whole(text: str) -> int | None:
    value = _number(text)
    return None if value is None else round(value)


def _yes_no(text: str) -> bool | None:
    try:
        return yes_no(text)
    except CellFault:
        return None


_PARSERS: Mapping[str, Callable[[str], Any]] = {
    "string": str,
    "number": _number,
    "integer": _whole,
    "boolean": _yes_no,
}
