"""Opens a file of the campaign as a `Table`, by the format that its name promises."""

from __future__ import annotations

from pathlib import PurePosixPath

from data.read.adapt import Given, adapt
from data.read.codes import Code
from data.read.csv_file import read_csv
from data.read.folder import LAYER_LIMIT, TABLE_LIMIT, Folder
from data.read.layers import read_geojson, read_layer, with_shapes
from data.read.log import ProblemLog
from data.read.schema import Schema
from data.read.shapefile import SUFFIX, find_shapefile, read_shapefile
from data.read.table import Table
from data.read.workbook import SUFFIXES as WORKBOOKS
from data.read.workbook import read_workbook, split_sheet
from geo.errors import Where

_READERS = {
    ".csv": (read_csv, TABLE_LIMIT),
    ".txt": (read_csv, TABLE_LIMIT),
    ".tsv": (read_csv, TABLE_LIMIT),
    ".geojson": (read_geojson, LAYER_LIMIT),
    ".json": (read_geojson, LAYER_LIMIT),
}
_LAYERS = frozenset({".gpkg", ".kml", ".kmz", ".fgb", ".parquet", ".geoparquet", ".zip"})


def open_table(
    folder: Folder,
    name: str,
    *,
    schema: Schema,
    asked_at: Where,
    log: ProblemLog,
    given: Given | None = None,
) -> Table | None:
    """Return the table of a file, or None where that is noted as a problem.

    Parameters
    ----------
    name
        Path inside the folder; for a workbook perhaps with its sheet (``inventaire.xlsx#Feuil1``).
    asked_at
        The place in ``campaign.toml`` that names the file.
    given
        What the campaign says of the values of the file.
    """
    given = given or Given()
    schema = schema.optional(given.defaults)
    table = _opened(folder, name, schema=schema, asked_at=asked_at, log=log)
    return None if table is None else adapt(table, schema, given, log)


def _opened(
    folder: Folder, name: str, *, schema: Schema, asked_at: Where, log: ProblemLog
) -> Table | None:
    name, sheet = split_sheet(name)
    name = str(PurePosixPath(name))
    if schema.shape != "none" and folder.is_folder(name):
        inside = find_shapefile(folder, name, wanted=schema.kind, asked_at=asked_at, log=log)
        if inside is None:
            return None
        name = inside
    suffix = PurePosixPath(name).suffix.casefold()
    if suffix == SUFFIX and schema.shape != "none":
        files = read_shapefile(folder, name, asked_at=asked_at)
        return None if files is None else read_layer(files, file=name, schema=schema, log=log)
    of_layers = LAYER_LIMIT if suffix in _LAYERS | WORKBOOKS else TABLE_LIMIT
    limit = _READERS[suffix][1] if suffix in _READERS else of_layers
    content = folder.read(name, limit=limit, asked_at=asked_at)
    if content is None:
        return None
    if suffix not in schema.suffixes:
        accepted = ", ".join(schema.suffixes)
        log.add(Code.UNSUPPORTED_FORMAT, asked_at, found=name, accepted=accepted)
        return None
    if suffix in _LAYERS:
        return read_layer({suffix: content}, file=name, schema=schema, log=log)
    if suffix in WORKBOOKS:
        table = read_workbook(content, name, sheet=sheet, schema=schema, log=log)
    else:
        reader, _ = _READERS[suffix]
        table = reader(content, file=name, schema=schema, log=log)
    return None if table is None else with_shapes(table, schema, log)
