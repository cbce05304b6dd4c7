"""Files of shapes into a `Table`; all but small GeoJSON are opened in a process apart."""

from __future__ import annotations

import json
from collections.abc import Mapping

import numpy as np
import shapely

from data.gdal.answer import Answer, Refused
from data.gdal.box import run
from data.gdal.geojson import layer_of
from data.gdal.heads import check_head
from data.gdal.layer import WHOLE_FILE, Layer, from_answer
from data.read.codes import Code
from data.read.log import ProblemLog
from data.read.schema import Schema
from data.read.table import Table, positions
from data.read.text import decode, normal, note_controls
from geo.errors import Where

SMALL_GEOJSON = 4 << 20
"""Bytes of GeoJSON that are read without a process apart: at worst forty times that in memory."""
GEOMETRY = "geometry"

_LAYERS = "data.gdal.layers:read_layer"
_PARQUET = "data.gdal.parquet:read_parquet"
_GEOJSON = "data.gdal.geojson:read_large"
_TEXTS = "data.gdal.texts:read_texts"
_PARQUET_SUFFIXES = frozenset({".parquet", ".geoparquet"})


def read_geojson(content: bytes, *, file: str, schema: Schema, log: ProblemLog) -> Table | None:
    """Return the layer in the bytes of a GeoJSON file, or None where its problems prevent it.

    Features whose geometry cannot be used are noted and keep their row, with the shape None.
    """
    text = decode(content, file, log)
    if text is None:
        return None
    try:
        if len(content) <= SMALL_GEOJSON:
            layer = layer_of(text, schema.shape)
        else:
            layer = _apart(_GEOJSON, {"layer.geojson": text.encode()}, schema)
    except Refused as refused:
        note_refusal(refused, file, log)
        return None
    return _table(layer, file=file, schema=schema, log=log)


def read_layer(
    files: Mapping[str, bytes], *, file: str, schema: Schema, log: ProblemLog
) -> Table | None:
    """Return the one layer of some files, or None where their problems prevent it.

    Parameters
    ----------
    files
        Content by suffix: one of ``.gpkg``, ``.kml``, ``.kmz``, ``.fgb``, ``.parquet``,
        ``.geoparquet``, ``.zip``, or ``.shp`` with what belongs to it (``.dbf``, ``.shx``,
        ``.prj``, ``.cpg``). The first one is the layer.
    file
        Its name inside the campaign folder.
    """
    suffix = next(iter(files))
    job, inputs = _LAYERS, {f"layer{each}": content for each, content in files.items()}
    if suffix in _PARQUET_SUFFIXES:
        job, inputs = _PARQUET, {"layer.parquet": files[suffix]}
    try:
        check_head(suffix, files[suffix])
        layer = _apart(job, inputs, schema, suffix=suffix)
    except Refused as refused:
        note_refusal(refused, file, log)
        return None
    return _table(layer, file=file, schema=schema, log=log)


def with_shapes(table: Table, schema: Schema, log: ProblemLog) -> Table | None:
    """Return a table with the shapes in its column of geometry (WKT or WKB), if it has one.

    None where that column cannot be read at all.
    """
    if schema.shape == "none" or table.shapes is not None or not table.has(GEOMETRY):
        return table
    cells = json.dumps(table.cells(GEOMETRY)).encode()
    try:
        layer = _apart(_TEXTS, {"cells.json": cells}, schema)
    except Refused as refused:
        note_refusal(refused, table.file, log)
        return None
    for fault in layer.faults:
        log.add(
            Code(fault.code), table.where(fault.row, GEOMETRY), found=fault.found, **fault.fields
        )
    return Table(
        file=table.file,
        headings=table.headings,
        columns=table.columns,
        rows=table.rows,
        position=table.position,
        shapes=layer.shapes,
        crs=layer.crs,
        complete=table.complete,
    )


def note_refusal(refused: Refused, file: str, log: ProblemLog) -> None:
    """Note why a file was refused as a whole, or at one of its rows."""
    fields = dict(refused.fields)
    row = int(fields.pop("row", "0"))
    code = Code(refused.code)
    if code is Code.BROKEN_LAYER and file.casefold().endswith(".gpkg"):
        code = Code.BROKEN_GEOPACKAGE
    log.add(code, Where(file, row), **fields)


def _apart(job: str, files: Mapping[str, bytes], schema: Schema, *, suffix: str = "") -> Layer:
    options = {"shape": schema.shape, "wanted": schema.kind, "suffix": suffix}
    answer = run(job, files, options)
    return checked_layer(answer, schema.shape)


def checked_layer(answer: Answer, shape: str) -> Layer:
    """Return the layer in an answer.

    Raises
    ------
    Refused
        If the process apart answered what no honest one would.
    """
    try:
        return from_answer(answer, shape)
    except (ValueError, shapely.errors.GEOSException) as error:
        raise Refused("reading-stopped", detail="le fichier fait échouer sa lecture") from error


def _table(layer: Layer, *, file: str, schema: Schema, log: ProblemLog) -> Table | None:
    """Return a layer as a table; its faults are noted."""
    headings = tuple(normal(name) for name in layer.names)
    if not len(layer.shapes):
        if not schema.may_be_empty:
            log.add(Code.NO_ROWS, Where(file))
        return None
    columns = tuple([normal(cell) for cell in column] for column in layer.columns)
    note_controls(headings, columns, file=file, log=log)
    for fault in layer.faults:
        where = Where(file)
        if fault.row != WHOLE_FILE:
            where = Where(file, fault.row + 1, GEOMETRY)
        log.add(Code(fault.code), where, found=fault.found, **fault.fields)
    position = positions(headings, schema, at=Where(file), log=log)
    if position is None:
        return None
    return Table(
        file=file,
        headings=headings,
        columns=columns,
        rows=tuple(range(1, len(layer.shapes) + 1)),
        position=position,
        shapes=np.asarray(layer.shapes, dtype=object),
        crs=layer.crs,
    )
