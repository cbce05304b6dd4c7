"""GDAL with the drivers that are needed: the others are left out before it is loaded, or never."""

from __future__ import annotations

import os
import sys
from types import ModuleType

LOADED_AGAIN = "PLACARDE_DRIVERS_SKIPPED"
NOT_NEEDED = ("pandas", "geopandas", "pyarrow")
KNOWN: tuple[str, ...] = (
    "MEM", "PCIDSK", "PDS4", "VICAR", "PDF", "MBTiles", "EEDA", "OGCAPI", "GDALG", "ESRI Shapefile",
    "MapInfo File", "LVBAG", "S57", "DGN", "OGR_VRT", "CSV", "GML", "GPX", "LIBKML", "KML",
    "GeoJSON", "GeoJSONSeq", "ESRIJSON", "TopoJSON", "OGR_GMT", "GPKG", "SQLite", "WAsP",
    "OpenFileGDB", "DXF", "FlatGeobuf", "GeoRSS", "VFK", "PGDUMP", "OSM", "GPSBabel", "OGR_PDS",
    "WFS", "OAPIF", "EDIGEO", "Idrisi", "ODS", "XLSX", "Elasticsearch", "Carto", "AmigoCloud",
    "SXF", "Selafin", "JML", "PLSCENES", "CSW", "VDV", "MVT", "NGW", "MapML", "GTFS", "PMTiles",
    "JSONFG", "MiraMonVector", "ADBC", "AVCBin", "AVCE00", "AIVector", "HTTP", "VRT", "Derived",
    "GTI", "STACTA", "STACIT", "WMS", "WCS", "WMTS", "DAAS", "EEDAI", "PLMOSAIC", "Zarr", "netCDF",
    "HDF5", "PostgreSQL", "MySQL", "MSSQLSpatial", "ODBC", "PGeo", "OCI", "MongoDBv3", "HANA",
    "Parquet", "Arrow", "GMLAS", "XODR", "LIBERTIFF", "TileDB",
)  # fmt: skip
"""Drivers of GDAL as far as we know them; one that a newer GDAL adds is found when it is loaded."""


def load_gdal(*only: str) -> ModuleType:
    """Return pyogrio, with no driver but `only` in its GDAL.

    GDAL reads ``GDAL_SKIP`` when it is loaded and never again. Where it turns out to know a driver
    that `KNOWN` does not list, this process starts over with that one left out as well: nothing of
    the file has been looked at by then.

    Raises
    ------
    RuntimeError
        If another driver stays all the same.
    """
    skipped = set(KNOWN) - set(only) | set(os.environ.get(LOADED_AGAIN, "").split(",")) - {""}
    os.environ["GDAL_SKIP"] = ",".join(sorted(skipped))
    for name in NOT_NEEDED:
        sys.modules.setdefault(name, None)  # type: ignore[arg-type]  # how an import is forbidden
    import pyogrio  # noqa: PLC0415 - only now

    module: ModuleType = pyogrio
    others = set(pyogrio.list_drivers()) - set(only)
    if not others:
        return module
    if LOADED_AGAIN in os.environ:
        raise RuntimeError(f"drivers that stay: {sorted(others)}")
    os.environ[LOADED_AGAIN] = ",".join(sorted(others))
    again = [sys.executable, "-I", "-X", "utf8", *sys.argv]
    return os.execv(sys.executable, again)  # noqa: S606 - ourselves
