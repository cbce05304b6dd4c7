"""Layers written by GDAL and Arrow, which share nothing with our readers, for tests of formats."""

from __future__ import annotations

import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import pandas as pd

Writer = Callable[[gpd.GeoDataFrame, Path, str], str]
"""Writes a layer into a folder under a stem, and returns the name for ``campaign.toml``."""


def geopackage(layer: gpd.GeoDataFrame, folder: Path, stem: str) -> str:
    layer.to_file(folder / f"{stem}.gpkg", layer="couche", driver="GPKG")
    return f"{stem}.gpkg"


def flatgeobuf(layer: gpd.GeoDataFrame, folder: Path, stem: str) -> str:
    layer.to_file(folder / f"{stem}.fgb", driver="FlatGeobuf")
    return f"{stem}.fgb"


def geoparquet(layer: gpd.GeoDataFrame, folder: Path, stem: str) -> str:
    layer.to_parquet(folder / f"{stem}.parquet")
    return f"{stem}.parquet"


def kml(layer: gpd.GeoDataFrame, folder: Path, stem: str) -> str:
    layer.to_crs(4326).to_file(folder / f"{stem}.kml", driver="LIBKML")
    return f"{stem}.kml"


def kmz(layer: gpd.GeoDataFrame, folder: Path, stem: str) -> str:
    name = kml(layer, folder, stem)
    with zipfile.ZipFile(folder / f"{stem}.kmz", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.write(folder / name, "doc.kml")
    return f"{stem}.kmz"


def shapefile(layer: gpd.GeoDataFrame, folder: Path, stem: str, *, encoding: str = "UTF-8") -> str:
    layer.to_file(folder / f"{stem}.shp", encoding=encoding)
    return f"{stem}.shp"


def cp1252_shapefile(layer: gpd.GeoDataFrame, folder: Path, stem: str) -> str:
    return shapefile(layer, folder, stem, encoding="CP1252")


def shapefile_without_cpg(layer: gpd.GeoDataFrame, folder: Path, stem: str) -> str:
    name = shapefile(layer, folder, stem)
    (folder / f"{stem}.cpg").unlink()
    return name


def old_shapefile_without_cpg(layer: gpd.GeoDataFrame, folder: Path, stem: str) -> str:
    name = cp1252_shapefile(layer, folder, stem)
    (folder / f"{stem}.cpg").unlink()
    return name


def shapefile_folder(layer: gpd.GeoDataFrame, folder: Path, stem: str) -> str:
    place = folder / stem / "export"
    place.mkdir(parents=True)
    shapefile(layer, place, "COUCHE")
    (place / "COUCHE.dbf").rename(place / "couche.DBF")
    return stem


def zipped_shapefile(layer: gpd.GeoDataFrame, folder: Path, stem: str) -> str:
    shapefile_folder(layer, folder, stem)
    with zipfile.ZipFile(folder / f"{stem}.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted((folder / stem / "export").iterdir()):
            archive.write(path, f"Livraison été/couche/{path.name}")
        archive.writestr("__MACOSX/._COUCHE.shp", b"junk")
        archive.writestr("lisez-moi.txt", b"junk")
    shutil.rmtree(folder / stem)
    return f"{stem}.zip"


def zipped_geopackage(layer: gpd.GeoDataFrame, folder: Path, stem: str) -> str:
    name = geopackage(layer, folder, stem)
    with zipfile.ZipFile(folder / f"{stem}.zip", "w") as archive:
        archive.write(folder / name)
    return f"{stem}.zip"


def wkt_table(layer: gpd.GeoDataFrame, folder: Path, stem: str) -> str:
    code = layer.crs.to_epsg()
    return _table(layer, folder, stem, [f"SRID={code};{shape.wkt}" for shape in layer.geometry])


def wkb_table(layer: gpd.GeoDataFrame, folder: Path, stem: str) -> str:
    from shapely import set_srid, to_wkb  # noqa: PLC0415 - only here

    shapes = set_srid(layer.geometry.to_numpy(), layer.crs.to_epsg())
    return _table(layer, folder, stem, list(to_wkb(shapes, hex=True, include_srid=True)))


def _table(layer: gpd.GeoDataFrame, folder: Path, stem: str, cells: list[str]) -> str:
    table = pd.DataFrame(layer.drop(columns="geometry")).assign(WKT=cells)
    table.to_csv(folder / f"{stem}.csv", sep=";", index=False)
    return f"{stem}.csv"


WRITERS: tuple[Writer, ...] = (
    geopackage, flatgeobuf, geoparquet, kml, kmz, shapefile, cp1252_shapefile,
    shapefile_without_cpg, old_shapefile_without_cpg, shapefile_folder, zipped_shapefile,
    zipped_geopackage, wkt_table, wkb_table,
)  # fmt: skip
