"""A layer as it came out of a file: names, cells of text, shapes, and what was wrong with it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from data.gdal.answer import Answer
from data.gdal.shapes import Shapes, pack, unpack

WHOLE_FILE = -1


class Fault(NamedTuple):
    """A problem of a layer: index of the row (or `WHOLE_FILE`), code, value found, fields."""

    row: int
    code: str
    found: str = ""
    fields: dict[str, str] = {}  # noqa: RUF012 - never changed


@dataclass(frozen=True, slots=True)
class Layer:
    """What a file of shapes holds.

    Parameters
    ----------
    names
        Heading of each column.
    columns
        One list of cells a name, ``(n,)`` each.
    shapes
        Geometries ``(n,)``, points or polygons, None where one cannot be used.
    crs
        What the file declares: a code, or a text that is none; None where it declares nothing.
    faults
        What is wrong with single rows, and warnings.
    """

    names: list[str]
    columns: list[list[str]]
    shapes: Shapes
    crs: str | None
    faults: list[Fault]


def as_text(value: object) -> str:
    """Return a typed value as a cell: lists joined by ``|``, whole numbers without ``.0``."""
    if isinstance(value, np.datetime64):
        day = str(value)
        return "" if day == "NaT" else day.removesuffix("T00:00:00.000")
    if isinstance(value, np.generic):
        value = value.item()
    if value is None or (isinstance(value, float) and np.isnan(value)):
        return ""
    if isinstance(value, bool):
        return "oui" if value else "non"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else repr(value)
    if isinstance(value, (list, np.ndarray)):
        return "|".join(as_text(item) for item in value)
    return " ".join(str(value).split("\n")).strip()


def to_answer(layer: Layer, shape: str) -> Answer:
    """Return a layer in the form in which it crosses between processes."""
    values: dict[str, Any] = {
        "names": layer.names,
        "columns": layer.columns,
        "crs": layer.crs,
        "faults": [list(fault) for fault in layer.faults],
    }
    return Answer(values, pack(layer.shapes, shape))


def from_answer(answer: Answer, shape: str) -> Layer:
    """Return the layer that `to_answer` sent.

    Raises
    ------
    ValueError
        If the answer holds none.
    """
    try:
        values = answer.values
        layer = Layer(
            names=values["names"],
            columns=values["columns"],
            shapes=unpack(answer.arrays, shape),
            crs=values["crs"],
            faults=[Fault(*fault) for fault in values["faults"]],
        )
    except (KeyError, TypeError, IndexError) as error:
        raise ValueError("no layer") from error
    if {len(column) for column in layer.columns} - {len(layer.shapes)}:
        raise ValueError("columns of other lengths")
    return layer
