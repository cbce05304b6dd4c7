"""Features as GeoJSON (RFC 7946), each a line of text."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any

import shapely

from app.service.features.collections import Property
from app.service.features.reference import Crs, in_system
from data.read.cells import CellFault, parse_number, yes_no

MOST_TEXTS = 4096
"""Values of a column that are kept as they are written: most columns have few, ids have many."""
to_json = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode


def encoded(ids: Sequence[str], properties: Sequence[str], shapes: Any, crs: Crs) -> bytes:  # noqa: ANN401 -- an array of shapes
    """Return features joined by commas and line breaks.

    Parameters
    ----------
    properties
        Of each feature, as JSON.
    shapes
        In WGS84 ``(n,)``; None where a feature has no place.
    """
    geometries = shapely.to_geojson(in_system(shapes, crs))
    return ",\n".join(
        f'{{"type":"Feature","id":{to_json(row_id)},"geometry":{geometry or "null"},'
        f'"properties":{values}}}'
        for row_id, geometry, values in zip(ids, geometries, properties, strict=True)
    ).encode()


@lru_cache(maxsize=32)
def writer_of(properties: tuple[Property, ...]) -> Callable[[Mapping[str, str]], str]:
    """Return what writes properties of the cells of a row as JSON; null where one is empty.

    A number that cannot be read is null: the doors have noted it.
    """
    columns = [
        (f"{to_json(prop.name)}:", prop.name, _Texts(_PARSERS[prop.type])) for prop in properties
    ]

    def write(cells: Mapping[str, str]) -> str:
        values = [head + texts[cells.get(name) or ""] for head, name, texts in columns]
        return f"{{{','.join(values)}}}"

    return write


class _Texts(dict[str, str]):
    """The JSON of the values of a column by its cells: what repeats is parsed and written once."""

    def __init__(self, parse: Callable[[str], Any]) -> None:
        super().__init__()
        self._parse = parse

    def __missing__(self, cell: str) -> str:
        text = to_json(self._parse(cell)) if cell else "null"
        if len(self) < MOST_TEXTS:
            self[cell] = text
        return text


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
