"""In which coordinate reference system a file is: what it declares, what the campaign says of it.

Nothing is applied in silence: a file that needs to declare a system and does not is a problem that
proposes those in which its coordinates fall where they should (`geo.crs_candidates`). A system is
an EPSG code here.
"""

from __future__ import annotations

import re
from typing import NamedTuple

import numpy as np
import shapely
from pyproj import CRS
from pyproj.exceptions import CRSError

from data.read.codes import Code
from data.read.log import ProblemLog
from data.read.messages import percent, place, typeset
from data.read.table import Table
from data.read.territory import Territory
from geo.crs import LAMBERT_93, WGS84
from geo.crs_candidates import Candidate, candidates, in_france, name_of
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
_SWAPPED = re.compile(r"(.+?)\s*[:,; ]\s*yx", re.IGNORECASE)
_MOST_PROPOSED = 3
_SURE = 0.9


class SaidCrs(NamedTuple):
    """What the campaign says of the CRS of a file.

    The key in ``[files]``, the EPSG code, and whether the file has its two axes the other way round
    (``EPSG:2154:yx``).
    """

    key: str
    epsg: int | None = None
    swapped: bool = False

    @property
    def kind(self) -> str:
        """Return the key of the file itself."""
        return self.key.removesuffix("_crs")


def said_crs(key: str, definition: str) -> SaidCrs:
    """Return what a definition in ``[files]`` or after ``--crs`` says; without code if unknown."""
    swapped = _SWAPPED.fullmatch(definition.strip())
    return SaidCrs(key, epsg_of(swapped[1] if swapped else definition), swapped is not None)


def note_unknown_crs(where: Where, key: str, definition: str, log: ProblemLog) -> None:
    """Note that a definition in the campaign, or after ``--crs``, names no system."""
    example = f"EPSG:{LAMBERT_93}"
    fields = {"key": key, "kind": SaidCrs(key).kind, "hint": "", "example": example}
    log.add(Code.UNKNOWN_CRS, where, found=definition, crs=definition, **fields)


class Proposal(NamedTuple):
    """What is proposed where nothing says a CRS: a sentence, and the definition to confirm."""

    hint: str
    example: str


def propose(x: FloatArray, y: FloatArray, territory: Territory | None) -> Proposal:
    """Return the systems in which some coordinates ``(n,)`` fall into the territory, or France."""
    found = _found(x, y, territory)
    if not found:
        hint = " Aucun système usuel ne les place là où est la campagne." if len(x) else ""
        return Proposal(hint, f"EPSG:{LAMBERT_93}")
    there = "en France" if territory is None else "dans le territoire"
    parts = [
        f"{name_of(each.epsg)}{' en échangeant les axes' if each.swapped else ''}, "
        f"{percent(each.share)} des points {there}, autour de {place(*_rounded(each))}"
        for each in found[:_MOST_PROPOSED]
    ]
    hint = typeset(" Systèmes possibles : {}.").format(typeset(" ; ").join(parts))
    return Proposal(hint, _definition(found[0]))


def surely(x: FloatArray, y: FloatArray, territory: Territory, *, not_in: int) -> Proposal | None:
    """Return what `propose` does, if nearly all points fall into the territory in another CRS."""
    found = _found(x, y, territory)
    if not found or found[0].share < _SURE or found[0].epsg == not_in:
        return None
    return propose(x, y, territory)


def _found(x: FloatArray, y: FloatArray, territory: Territory | None) -> tuple[Candidate, ...]:
    if territory is None:
        return candidates(x, y, inside=in_france)
    return candidates(x, y, inside=territory.holds_lnglat, own=territory.crs)


def _rounded(candidate: Candidate) -> tuple[float, float]:
    return round(candidate.lat, 2), round(candidate.lng, 2)


def _definition(candidate: Candidate) -> str:
    return f"EPSG:{candidate.epsg}{':yx' if candidate.swapped else ''}"


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


def crs_of_layer(
    table: Table, said: SaidCrs, log: ProblemLog, *, territory: Territory | None
) -> int | None:
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
        proposal = propose(*_vertices(table), territory)
        log.add(
            Code.UNKNOWN_CRS,
            where,
            found=table.crs,
            crs=table.crs,
            key=said.key,
            kind=said.kind,
            **proposal._asdict(),
        )
    elif table.crs is None and not table.file.casefold().endswith(_IMPLY_WGS84):
        note_missing(table, said, propose(*_vertices(table), territory), log=log)
    else:
        return declared or WGS84
    return None


def _vertices(table: Table) -> tuple[FloatArray, FloatArray]:
    xy = shapely.get_coordinates(np.asarray(table.shapes, dtype=object))
    return xy[:, 0], xy[:, 1]


def note_missing(
    table: Table, said: SaidCrs, proposal: Proposal, *, log: ProblemLog, columns: str = ""
) -> None:
    """Note that nothing says the CRS of a file, and what is proposed."""
    log.add(
        Code.MISSING_CRS,
        Where(table.file),
        key=said.key,
        kind=said.kind,
        columns=columns,
        **proposal._asdict(),
    )


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
    said: SaidCrs | None,
    column: str,
    territory: Territory | None,
    log: ProblemLog,
) -> BoolArray:
    """Return which coordinates ``(n,)`` are in the unit of their CRS: degrees, or metres.

    The others are noted; once for the file if all are wrong and the campaign can say its CRS, which
    it cannot of workplaces (`said` None, degrees). NaN is left out without a word.
    """
    degrees = bool(CRS.from_epsg(epsg).is_geographic)
    size = np.maximum(np.abs(x), np.abs(y))
    in_degrees = (np.abs(x) <= 180) & (np.abs(y) <= 90)
    known = ~np.isnan(size)
    other_unit = known & ((size > _SURELY_METRES) if degrees else in_degrees)
    if said is None:
        other_unit[:] = False
    elif other_unit.any() and (other_unit == known).all():
        if degrees:
            note_missing(table, said, propose(x, y, territory), log=log)
        else:
            one = "les coordonnées sont des degrés"
            note_conflict(Where(table.file), one, said=SaidCrs(said.key, epsg), log=log)
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
