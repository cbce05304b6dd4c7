"""Opens a file of the campaign as a `Table`, by the format that its name promises."""

from __future__ import annotations

from pathlib import PurePosixPath

from data.read.codes import Code
from data.read.csv_file import read_csv
from data.read.folder import LAYER_LIMIT, TABLE_LIMIT, Folder
from data.read.geojson import read_geojson
from data.read.geopackage import read_geopackage
from data.read.log import ProblemLog
from data.read.schema import Schema
from data.read.table import Table
from geo.errors import Where

_READERS = {
    ".csv": (read_csv, TABLE_LIMIT),
    ".txt": (read_csv, TABLE_LIMIT),
    ".geojson": (read_geojson, LAYER_LIMIT),
    ".json": (read_geojson, LAYER_LIMIT),
    ".gpkg": (read_geopackage, LAYER_LIMIT),
}


def open_table(
    folder: Folder, name: str, *, schema: Schema, asked_at: Where, log: ProblemLog
) -> Table | None:
    """Return the table of a file, or None where that is noted as a problem.

    `asked_at` is the place in ``campaign.toml`` that names the file.
    """
    name = str(PurePosixPath(name))
    suffix = PurePosixPath(name).suffix.casefold()
    content = folder.read(name, limit=_READERS.get(suffix, ("", TABLE_LIMIT))[1], asked_at=asked_at)
    if content is None:
        return None
    if suffix not in schema.suffixes:
        accepted = ", ".join(schema.suffixes)
        log.add(Code.UNSUPPORTED_FORMAT, asked_at, found=name, accepted=accepted)
        return None
    reader, _ = _READERS[suffix]
    return reader(content, file=name, schema=schema, log=log)
