"""Values of columns as JSON can hold them, by kind: text, number, JSON, bytes, moment."""

from __future__ import annotations

import base64
from datetime import UTC, datetime
from typing import Any

import shapely
from sqlalchemy import JSON, Boolean, Column, Float, Integer, LargeBinary, String, Table
from sqlalchemy.types import TypeEngine

from data.store.moments import Moment
from data.store.wkb import Wkb

BYTES, MOMENT, DOCUMENT, SHAPE = "bytes", "moment", "json", "wkb"
PLAIN = "plain"
TYPES: dict[str, TypeEngine[Any]] = {
    BYTES: LargeBinary(),
    MOMENT: Moment(),
    DOCUMENT: JSON(none_as_null=True),
    SHAPE: LargeBinary(),
}
"""How a value of each kind is bound, whatever the models say by now; plain ones as they are."""


def kinds_of(table: Table) -> dict[str, str]:
    """Return the kind of each column of a table, in order."""
    return {column.name: _kind(column) for column in table.columns}


def _kind(column: Column[Any]) -> str:
    for of_type, kind in ((Wkb, SHAPE), (Moment, MOMENT), (JSON, DOCUMENT), (LargeBinary, BYTES)):
        if isinstance(column.type, of_type):
            return kind
    if isinstance(column.type, String | Integer | Float | Boolean):
        return PLAIN
    raise TypeError(f"{column}: a kind of column that no backup holds yet")


def written(value: Any, kind: str) -> Any:  # noqa: ANN401 -- what a column holds
    """Return a value as JSON holds it."""
    if value is None or kind in {PLAIN, DOCUMENT}:
        return value
    if kind == MOMENT:
        return value.astimezone(UTC).isoformat()
    content = shapely.to_wkb(value, flavor="iso") if kind == SHAPE else bytes(value)
    return base64.b64encode(content).decode("ascii")


def read(value: Any, kind: str) -> Any:  # noqa: ANN401 -- what a column holds
    """Return what `written` was given; a shape as its bytes.

    Raises
    ------
    ValueError
        If it was written otherwise.
    """
    if value is None or kind in {PLAIN, DOCUMENT}:
        return value
    if kind == MOMENT:
        return datetime.fromisoformat(value)
    return base64.b64decode(value, validate=True)
