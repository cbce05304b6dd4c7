"""The job that reads GeoParquet, through Arrow."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import shapely
from pyarrow import parquet

from data.gdal.answer import Answer, Refused
from data.gdal.layer import Fault, Layer, as_text, to_answer
from data.gdal.projection import code_of_definition
from data.gdal.shapes import MOST_VERTICES, usable_shapes

FILE = "layer.parquet"
_MOST_CELLS = 100_000_000
_DEFAULT_CRS = "OGC:CRS84"  # GeoParquet 1.1, "crs"


def read_parquet(folder: Path, options: dict[str, Any]) -> Answer:
    """Return the layer in ``layer.parquet``; `options` tell its ``shape``.

    Raises
    ------
    Refused
        ``wrong-content``, ``broken-layer``, ``file-too-large``.
    """
    path = folder / FILE
    try:
        layer = _layer(path, options["shape"])
    except (pa.ArrowException, OSError, ValueError, KeyError, TypeError) as error:
        raise Refused("broken-layer", detail="il est abîmé") from error
    return to_answer(layer, options["shape"])


def _layer(path: Path, shape: str) -> Layer:
    with parquet.ParquetFile(path) as source:
        facts = source.metadata
        if facts.num_rows * facts.num_columns > _MOST_CELLS:
            raise Refused("file-too-large", limit=f"{_MOST_CELLS} cellules")
        told = (source.schema_arrow.metadata or {}).get(b"geo")
        if told is None:
            detail = "ses métadonnées ne décrivent aucune géométrie (GeoParquet)"
            raise Refused("broken-layer", detail=detail)
        table = source.read()
    geo = json.loads(told)
    primary = geo["primary_column"]
    column = geo["columns"][primary]
    if column.get("encoding") != "WKB":
        raise Refused("broken-layer", detail="sa géométrie n’est pas en WKB")
    crs = code_of_definition(column["crs"]) if "crs" in column else _DEFAULT_CRS
    with np.errstate(invalid="ignore"):  # NaN coordinates are refused later, by name
        shapes: Any = shapely.from_wkb(
            np.array(table[primary].to_pylist(), dtype=object), on_invalid="ignore"
        )
    if shapely.get_num_coordinates(shapes).sum() > MOST_VERTICES:
        raise Refused("file-too-large", limit=f"{MOST_VERTICES} sommets")
    usable, wrong = usable_shapes(shapes, shape)
    names = [name for name in table.column_names if name not in geo["columns"]]
    columns = [[as_text(value) for value in table[name].to_pylist()] for name in names]
    return Layer(names, columns, usable, crs, [Fault(i, code, "", f) for i, code, f in wrong])
