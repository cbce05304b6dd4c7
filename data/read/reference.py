"""In which coordinate reference system a file is: what it declares, what the campaign says of it.

Nothing is guessed: a file that needs to declare a system and does not is a problem, with a hint.
A system is an EPSG code here.
"""

from __future__ import annotations

import re
from typing import NamedTuple

import numpy as np
from pyproj import CRS
from pyproj.exceptions import CRSError

from data.read.codes import Code
from data.read.log import ProblemLog
from data.read.messages import place, typeset
from data.read.table import Table
from geo.crs import WGS84
from geo.errors import Where
from geo.model import BoolArray, FloatArray

_EPSG = re.compile(
    r"(?:EPSG:{1,2}|urn:ogc:def:crs:EPSG:[\d.]*:|https?://www\.opengis\.net/def/crs/EPSG/[\d.]+/)?"
    r"(\d{4,6})",
    re.IGNORECASE | re.ASCII,
)
_CRS84 = re.compile(
    r"(?:OGC:|urn:ogc:def:crs:OGC:[\d.]*:|https?://www\.opengis\.net/def/crs/OGC/[\d.]+/)CRS84",
    re.IGNORECASE | re.ASCII,
)
_IMPLY_WGS84 = (".geojson", ".json")
_SURELY_METRES = 1000.0
_DEGREES_FR = "latitude de −90 à 90, longitude de −180 à 180"
_LAMBERT_93_HINT = typeset(" On dirait du Lambert-93 (EPSG:2154) : des mètres, et non des degrés.")


class SaidCrs(NamedTuple):
    """What the campaign says of the CRS of a file: the key in ``[files]``, and its EPSG code."""

    key: str
    epsg: int | None = None


def epsg_of(definition: str) -> int | None:
    """Return the EPSG code that a definition names, or None where it names none that we know.

    Codes, URNs and URIs of EPSG and OGC are read. WKT and PROJ strings are not: they can name files
    for PROJ to open.
    """
    if _CRS84.fullmatch(definition.strip()):
        return WGS84
    match = _EPSG.fullmatch(definition.strip())
    try:
        return CRS.from_epsg(int(match.group(1))).to_epsg() if match else None
    except CRSError:
        return None


def crs_of_layer(table: Table, said: SaidCrs, log: ProblemLog) -> int | None:
    """Return the CRS of a layer, or None where that is noted as a problem.

    What the campaign says comes first. Without it GeoJSON that declares nothing is in WGS84
    (RFC 7946, section 4), and any other layer that declares nothing is a problem.
    """
    declared = None if table.crs is None else epsg_of(table.crs)
    where = Where(table.file)
    if said.epsg is not None:
        if declared is None or declared == said.epsg:
            return said.epsg
        note_conflict(where, f"le fichier déclare EPSG:{declared}", said=said, log=log)
    elif table.crs is not None and declared is None:
        log.add(Code.UNKNOWN_CRS, where, found=table.crs, crs=table.crs, key=said.key)
    elif table.crs is None and not table.file.casefold().endswith(_IMPLY_WGS84):
        log.add(Code.MISSING_CRS, where, hint="", key=said.key, columns="")
    else:
        return declared or WGS84
    return None


def note_conflict(where: Where, one: str, *, said: SaidCrs, log: ProblemLog) -> None:
    """Note that a file and the campaign do not agree on the CRS."""
    other = f"la campagne dit EPSG:{said.epsg}"
    log.add(Code.CRS_CONFLICT, where, one=one, other=other, key=said.key)


def fitting(
    table: Table,
    x: FloatArray,
    y: FloatArray,
    *,
    epsg: int,
    said: SaidCrs,
    column: str,
    log: ProblemLog,
) -> BoolArray:
    """Return which coordinates ``(n,)`` are in the unit of their CRS: degrees, or metres.

    The others are noted; once for the file if all are wrong. NaN is left out without a word.
    """
    degrees = bool(CRS.from_epsg(epsg).is_geographic)
    size = np.maximum(np.abs(x), np.abs(y))
    in_degrees = (np.abs(x) <= 180) & (np.abs(y) <= 90)
    known = ~np.isnan(size)
    other_unit = known & ((size > _SURELY_METRES) if degrees else in_degrees)
    if other_unit.any() and (other_unit == known).all():
        _note_unit_of_file(table, degrees=degrees, epsg=epsg, said=said, log=log)
        return np.zeros(len(x), dtype=np.bool_)
    found = "en mètres ou sans virgule décimale" if degrees else "en degrés"
    for i in np.flatnonzero(other_unit).tolist():
        where = Where(table.file, table.rows[i], column)
        log.add(Code.MIXED_CRS, where, found=place(y[i], x[i]), detail=found)
    beyond = known & ~other_unit & ~in_degrees if degrees else np.zeros(len(x), dtype=np.bool_)
    for i in np.flatnonzero(beyond).tolist():
        typed = place(y[i], x[i])
        where = Where(table.file, table.rows[i], column)
        log.add(Code.OUT_OF_RANGE, where, found=typed, name=typed, expected=_DEGREES_FR)
    return known & ~other_unit & ~beyond


def _note_unit_of_file(
    table: Table, *, degrees: bool, epsg: int, said: SaidCrs, log: ProblemLog
) -> None:
    where = Where(table.file)
    if degrees:
        columns = "" if table.shapes is not None else ", et nommez les colonnes x et y"
        log.add(Code.MISSING_CRS, where, hint=_LAMBERT_93_HINT, key=said.key, columns=columns)
    else:
        one = "les coordonnées sont des degrés"
        note_conflict(where, one, said=SaidCrs(said.key, epsg), log=log)
