"""A layer as GeoParquet 1.1: WKB in WGS84 (OGC:CRS84), zstd, one row group."""

from __future__ import annotations

import io
import json
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import shapely

from data.write.layers import Layer, Values, in_degrees

_VERSION = "1.1.0"


def geoparquet(layer: Layer, *, attribution: str) -> bytes:
    """Return the layer as one file; rings by the right hand, as the standard recommends."""
    degrees = in_degrees(layer)
    shapes = degrees.shapes
    described: dict[str, Any] = {
        "encoding": "WKB",
        "geometry_types": [layer.geometry_type] if len(layer) else [],
    }
    if layer.geometry_type == "MultiPolygon":
        shapes = shapely.orient_polygons(shapes, exterior_cw=False)
        described["orientation"] = "counterclockwise"
    if len(layer):
        described["bbox"] = [float(edge) for edge in shapely.total_bounds(shapes)]
    geo = {"version": _VERSION, "primary_column": "geometry", "columns": {"geometry": described}}
    columns = {name: _array(values) for name, values in layer.columns.items()}
    columns["geometry"] = pa.array(shapely.to_wkb(shapes).tolist(), type=pa.binary())
    metadata = {"geo": json.dumps(geo), "title": layer.title, "attribution": attribution}
    table = pa.table(columns).replace_schema_metadata(metadata)
    stream = io.BytesIO()
    pq.write_table(table, stream, compression="zstd", row_group_size=max(len(layer), 1))
    return stream.getvalue()


def _array(values: Values) -> pa.Array:
    if values.dtype == object:
        return pa.array(values.tolist(), type=pa.string())
    return pa.array(values, from_pandas=True)  # NaN is null
