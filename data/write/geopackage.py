"""``plan.gpkg``: every layer of a plan in one file, with its styles, sources and rights inside.

GDAL writes the layers; styles (`layer_styles`, as QGIS keeps them) and metadata are rows of tables.
Every moment in the file is the first day of the campaign, so that the same plan gives the same
bytes from the same versions of GDAL and SQLite.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import closing
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from xml.etree.ElementTree import Element, SubElement, tostring

import shapely

from data.write.layers import Layer
from data.write.qml import layer_style

_QGIS = "http://mrcc.com/qgis.dtd"
_STYLES = """
CREATE TABLE layer_styles (
  id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, f_table_catalog TEXT(256),
  f_table_schema TEXT(256), f_table_name TEXT(256), f_geometry_column TEXT(256),
  styleName TEXT(30), styleQML TEXT, styleSLD TEXT, useAsDefault BOOLEAN, description TEXT,
  owner TEXT(30), ui TEXT(30), update_time DATETIME);
INSERT INTO gpkg_contents (table_name, data_type, identifier, description, last_change)
  VALUES ('layer_styles', 'attributes', 'layer_styles', 'Styles pour QGIS', '');
"""
_METADATA = """
CREATE TABLE IF NOT EXISTS gpkg_metadata (
  id INTEGER CONSTRAINT m_pk PRIMARY KEY ASC NOT NULL, md_scope TEXT NOT NULL DEFAULT 'dataset',
  md_standard_uri TEXT NOT NULL, mime_type TEXT NOT NULL DEFAULT 'text/xml',
  metadata TEXT NOT NULL DEFAULT '');
CREATE TABLE IF NOT EXISTS gpkg_metadata_reference (
  reference_scope TEXT NOT NULL, table_name TEXT, column_name TEXT, row_id_value INTEGER,
  timestamp DATETIME NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ','now')),
  md_file_id INTEGER NOT NULL, md_parent_id INTEGER,
  CONSTRAINT crmr_mfi_fk FOREIGN KEY (md_file_id) REFERENCES gpkg_metadata(id),
  CONSTRAINT crmr_mpi_fk FOREIGN KEY (md_parent_id) REFERENCES gpkg_metadata(id));
INSERT INTO gpkg_extensions (table_name, column_name, extension_name, definition, scope)
  SELECT t, NULL, 'gpkg_metadata', 'http://www.geopackage.org/spec/#extension_metadata',
    'read-write'
  FROM (SELECT 'gpkg_metadata' AS t UNION SELECT 'gpkg_metadata_reference')
  WHERE t NOT IN (SELECT coalesce(table_name, '') FROM gpkg_extensions);
"""


def geopackage(
    layers: Sequence[Layer], *, title: str, attribution: str, day: date, visuals: Sequence[str]
) -> bytes:
    """Return the GeoPackage of these layers.

    Parameters
    ----------
    attribution
        Whose data these are, and what they were made from.
    day
        Of every moment that the file tells.
    visuals
        Ids of the portraits, sorted.
    """
    with TemporaryDirectory(prefix="placarde-") as folder:
        path = Path(folder) / "plan.gpkg"
        for layer in layers:
            _write_layer(path, layer)
        moment = f"{day.isoformat()}T00:00:00.000Z"
        with closing(sqlite3.connect(path, isolation_level=None)) as base:
            _add_styles(base, layers, visuals=visuals, moment=moment)
            _add_metadata(base, layers, title=title, attribution=attribution, moment=moment)
            base.execute("UPDATE gpkg_contents SET last_change = ?", (moment,))
            base.execute("VACUUM")
        return path.read_bytes()


def _write_layer(path: Path, layer: Layer) -> None:
    from pyogrio.raw import write  # noqa: PLC0415 - GDAL, for those who want such a file

    write(
        path,
        geometry=shapely.to_wkb(layer.shapes),
        field_data=list(layer.columns.values()),
        fields=list(layer.columns),
        layer=layer.name,
        driver="GPKG",
        geometry_type=layer.geometry_type,
        crs=f"EPSG:{layer.crs}",
        append=path.exists(),
        nan_as_null=True,
        layer_options=_options(layer),
        dataset_options=None if path.exists() else {"VERSION": "1.3"},
    )


def _options(layer: Layer) -> Mapping[str, Any]:
    return {"GEOMETRY_NAME": "geom", "FID": "fid", "IDENTIFIER": layer.title}


def _add_styles(
    base: sqlite3.Connection, layers: Sequence[Layer], *, visuals: Sequence[str], moment: str
) -> None:
    base.executescript(_STYLES)
    rows = [
        (layer.name, layer.title, layer_style(layer.name, visuals=visuals), moment)
        for layer in layers
    ]
    base.executemany(
        "INSERT INTO layer_styles (f_table_catalog, f_table_schema, f_table_name, "
        "f_geometry_column, styleName, styleQML, styleSLD, useAsDefault, description, owner, ui, "
        "update_time) VALUES ('', '', ?, 'geom', ?, ?, '', 1, '', '', NULL, ?)",
        rows,
    )


def _add_metadata(
    base: sqlite3.Connection,
    layers: Sequence[Layer],
    *,
    title: str,
    attribution: str,
    moment: str,
) -> None:
    base.executescript(_METADATA)
    told = [("geopackage", None, title), *(("table", layer.name, layer.title) for layer in layers)]
    for scope, table, name in told:
        row = base.execute(
            "INSERT INTO gpkg_metadata (md_scope, md_standard_uri, mime_type, metadata) "
            "VALUES ('dataset', ?, 'text/xml', ?)",
            (_QGIS, _qgis_metadata(table or "plan", name, attribution)),
        )
        base.execute(
            "INSERT INTO gpkg_metadata_reference (reference_scope, table_name, timestamp, "
            "md_file_id) VALUES (?, ?, ?, ?)",
            (scope, table, moment, row.lastrowid),
        )


def _qgis_metadata(identifier: str, title: str, attribution: str) -> str:
    """Return metadata as QGIS shows them in the properties of a layer."""
    root = Element("qgis", version="3.28.0")
    for tag, text in (
        ("identifier", identifier),
        ("language", "FRA"),
        ("type", "dataset"),
        ("title", title),
        ("rights", attribution),
    ):
        SubElement(root, tag).text = text
    return tostring(root, encoding="unicode")
