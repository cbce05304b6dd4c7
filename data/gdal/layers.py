"""The job that reads layers: GeoPackage, Shapefile, KML, FlatGeobuf, alone or in a zip archive."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from pathlib import Path, PurePosixPath
from typing import Any
from zipfile import ZipInfo

import numpy as np
import shapely
from numpy.typing import NDArray

from data.gdal.answer import Answer, Refused
from data.gdal.archive import check_zip, unpack
from data.gdal.drivers import load_gdal
from data.gdal.encoding import AS_CP1252, NEUTRAL, decode_columns
from data.gdal.heads import check_head
from data.gdal.layer import WHOLE_FILE, Fault, Layer, as_text, to_answer
from data.gdal.markup import check_markup
from data.gdal.projection import code_of_definition
from data.gdal.shapes import MOST_VERTICES, Shapes, usable_shapes

STEM = "layer"
DRIVERS = {".gpkg": "GPKG", ".shp": "ESRI Shapefile", ".kml": "LIBKML", ".fgb": "FlatGeobuf"}
BESIDE_SHP = (".dbf", ".shx", ".prj", ".cpg")
_KML_ONLY = frozenset({
    "id", "timestamp", "begin", "end", "altitudeMode", "tessellate", "extrude", "visibility",
    "drawOrder", "icon", "snippet", "description",
})  # fmt: skip


def prepare(options: dict[str, Any]) -> None:
    """Load GDAL with the driver of a suffix; with all that we read for an archive."""
    suffix = ".kml" if options["suffix"] == ".kmz" else options["suffix"]
    load_gdal(*([DRIVERS[suffix]] if suffix in DRIVERS else DRIVERS.values()))


def read_layer(folder: Path, options: dict[str, Any]) -> Answer:
    """Return the one layer of a file.

    Parameters
    ----------
    folder
        Holds ``layer.SUFFIX``; for a Shapefile also the files beside it.
    options
        ``suffix``; ``shape``, ``point`` or ``polygon``; ``wanted``, the name of the layer among
        several.

    Raises
    ------
    Refused
        With a code of `data.read.codes`.
    """
    path = folder / f"{STEM}{options['suffix']}"
    passed_over: list[Fault] = []
    if path.suffix in {".zip", ".kmz"}:
        path = _unpacked(path, wanted=options["wanted"], faults=passed_over)
    layer = _read(path, shape=options["shape"], wanted=options["wanted"])
    layer.faults.extend(passed_over)
    return to_answer(layer, options["shape"])


def _unpacked(path: Path, *, wanted: str, faults: list[Fault]) -> Path:
    """Unpack the one layer of an archive beside it, under our name, and return its path.

    The layers that are passed over are noted in `faults`.
    """
    entries = check_zip(path)
    found = [entry for entry in entries if _suffix(entry) in DRIVERS and not _hidden(entry)]
    named = [entry for entry in found if _stem(entry).casefold() == wanted]
    chosen = found if len(found) == 1 else named
    if not found:
        raise Refused("wrong-content", expected="zip qui contient une couche", looks_like="")
    if len(chosen) != 1:
        layers = ", ".join(PurePosixPath(entry.filename).name for entry in found)
        raise Refused("several-layers", layers=layers, wanted=wanted)
    others = [PurePosixPath(e.filename).name for e in found if e is not chosen[0]]
    faults += _passed_over(PurePosixPath(chosen[0].filename).name, others)
    beside = [entry for entry in entries if _goes_with(entry, chosen[0])]
    for entry in beside:
        unpack(path, entry, path.with_name(f"{STEM}{_suffix(entry)}"))
    return path.with_name(f"{STEM}{_suffix(chosen[0])}")


def _suffix(entry: ZipInfo) -> str:
    return PurePosixPath(entry.filename).suffix.casefold()


def _stem(entry: ZipInfo) -> str:
    return PurePosixPath(entry.filename).stem


def _hidden(entry: ZipInfo) -> bool:
    return any(part.startswith((".", "__MACOSX")) for part in PurePosixPath(entry.filename).parts)


def _goes_with(entry: ZipInfo, layer: ZipInfo) -> bool:
    """Return whether an entry is the layer, or one of the files beside a Shapefile."""
    if entry is layer:
        return True
    same_folder = PurePosixPath(entry.filename).parent == PurePosixPath(layer.filename).parent
    same_stem = _stem(entry).casefold() == _stem(layer).casefold()
    return _suffix(layer) == ".shp" and same_folder and same_stem and _suffix(entry) in BESIDE_SHP


def _read(path: Path, *, shape: str, wanted: str) -> Layer:
    _check_content(path)
    declared = _neutral_encoding(path) if path.suffix == ".shp" else None
    import pyogrio  # noqa: PLC0415 - as `prepare` has loaded it

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # GDAL's remarks, in English
        try:
            names = [str(name) for name, kind in pyogrio.list_layers(path) if kind is not None]
            layer = _chosen(names, wanted=wanted)
            meta, _, geometry, values = pyogrio.raw.read(path, layer=layer, force_2d=True)
        except (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError, ValueError) as error:
            raise Refused("broken-layer", detail="il est abîmé") from error
    fields = [str(name) for name in meta["fields"]]
    columns = [[as_text(value) for value in column] for column in values]
    faults = _passed_over(layer, [name for name in names if name != layer])
    if path.suffix == ".shp":
        fields, columns, assumed = decode_columns(fields, columns, declared)
        faults += [Fault(WHOLE_FILE, AS_CP1252)] if assumed else []
    if path.suffix == ".kml":
        fields, columns = _without_kml_fields(fields, columns)
    if geometry is None:
        raise Refused("broken-layer", detail="il ne contient aucune couche d’objets géographiques")
    shapes, wrong = _parsed(geometry, shape)
    faults += [Fault(row, code, "", details) for row, code, details in wrong]
    return Layer(fields, columns, shapes, code_of_definition(meta["crs"]), faults)


def _check_content(path: Path) -> None:
    content = path.read_bytes()
    check_head(path.suffix, content[:4096])
    if path.suffix == ".kml":
        check_markup(content)


def _neutral_encoding(path: Path) -> bytes | None:
    """Have GDAL read a Shapefile's bytes as they are; return what its ``.cpg`` said."""
    cpg = path.with_suffix(".cpg")
    declared = cpg.read_bytes()[:100] if cpg.exists() else None
    cpg.write_bytes(NEUTRAL)
    return declared


def _chosen(names: Sequence[str], *, wanted: str) -> str:
    if not names:
        raise Refused("broken-layer", detail="il ne contient aucune couche d’objets géographiques")
    if len(names) == 1 or wanted in names:
        return wanted if wanted in names else names[0]
    raise Refused("several-layers", layers=", ".join(names), wanted=wanted)


def _passed_over(chosen: str, others: Sequence[str]) -> list[Fault]:
    """Return the warning that one layer was read and others were not; none if it was alone."""
    if not others:
        return []
    return [Fault(WHOLE_FILE, "layer-chosen", "", {"layer": chosen, "others": ", ".join(others)})]


def _without_kml_fields(
    names: list[str], columns: list[list[str]]
) -> tuple[list[str], list[list[str]]]:
    """Leave out what is no column of anyone's but GDAL's way to tell what KML can say."""
    kept = [i for i, name in enumerate(names) if name not in _KML_ONLY]
    return [names[i] for i in kept], [columns[i] for i in kept]


def _parsed(
    geometry: NDArray[np.object_], shape: str
) -> tuple[Shapes, list[tuple[int, str, dict[str, str]]]]:
    with np.errstate(invalid="ignore"):  # NaN coordinates are refused later, by name
        shapes: Any = shapely.from_wkb(geometry, on_invalid="ignore")
    if shapely.get_num_coordinates(shapes).sum() > MOST_VERTICES:
        raise Refused("file-too-large", limit=f"{MOST_VERTICES} sommets")
    return usable_shapes(shapes, shape)
