"""The zones: polygons in a tree, checked one by one, against each other and against the tree."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import shapely

from data.read.cells import convert, identifiers, note_ambiguous, whole_number
from data.read.codes import Code
from data.read.gaps import note_gaps
from data.read.log import ProblemLog
from data.read.polygons import Polygons, read_polygons
from data.read.reference import SaidCrs
from data.read.table import Shapes, Table
from data.read.territory import Territory
from data.read.tree import Branch, check_links, check_shapes
from geo.crs import LAMBERT_93, WGS84, Bounds, projected_crs_for
from geo.errors import Where
from geo.model import Zone


@dataclass(frozen=True, slots=True)
class ReadZones:
    """The zones whose rows and polygons can be used, sorted by id.

    `ids` are all ids of the file, also of zones that cannot be used; None where some may be
    missing. `territory` is None without a single zone.
    """

    zones: tuple[Zone, ...]
    ids: frozenset[str] | None
    territory: Territory | None


def read_zones(table: Table, said: SaidCrs, log: ProblemLog) -> ReadZones:
    """Return the zones of a layer; every problem of polygons, tree and levels is noted.

    The campaign's CRS is the one that fits the bounds of all zones, see
    `geo.crs.projected_crs_for`.
    """
    ids = identifiers(table, "zone_id", log)
    names = convert(table, "name", str, log=log, empty="", required=True)
    levels = convert(table, "level", str, log=log, empty="", required=True)
    note_ambiguous(table, "population", log)
    people = convert(table, "population", _population, log=log, empty=None)
    parents = table.cells("parent_id")
    branches = {
        zone_id: Branch(parents[i], levels[i], i) for i, zone_id in enumerate(ids) if zone_id
    }
    in_cycles = check_links(table, branches, log)
    known = table.ids("zone_id")
    placed = _placed(table, said, log)
    if placed is None:
        return ReadZones((), known, None)
    crs, shapes = placed
    zones = tuple(
        Zone(zone_id, names[b.row], b.level, b.parent_id or None, people[b.row], shapes[b.row])
        for zone_id, b in sorted(branches.items())
        if shapes[b.row] is not None
    )
    check_shapes(table, [z for z in zones if z.zone_id not in in_cycles], branches, log)
    note_gaps(table, zones, crs=crs, log=log)
    tops = [b for b in branches.values() if b.parent_id not in branches]
    whole = known is not None and all(shapes[b.row] is not None for b in tops)
    return ReadZones(zones, known, Territory(zones, crs, whole=whole) if zones else None)


def _placed(table: Table, said: SaidCrs, log: ProblemLog) -> tuple[int, Shapes] | None:
    """Return the campaign's CRS and the polygons in it, or None without a usable one."""
    polygons = read_polygons(table, said, log)
    if polygons is None:
        return None
    lnglat = polygons.at(WGS84, table=table, log=log)
    polygons = Polygons(lnglat, WGS84)
    usable = np.array([shape is not None for shape in lnglat], dtype=np.bool_)
    if not usable.any():
        return None
    crs = _campaign_crs(lnglat[usable], table, log)
    return crs, polygons.where(usable).at(crs, table=table, log=log)


def _population(text: str) -> int | None:
    return whole_number(least=0, most=100_000_000)(text)


def _campaign_crs(lnglat: Shapes, table: Table, log: ProblemLog) -> int:
    """Return the EPSG code of the projected CRS to work in."""
    west, south, east, north = shapely.total_bounds(cast("Any", lnglat))
    crs = projected_crs_for(Bounds(west, south, east, north))
    could_be_swapped = west >= -90 and east <= 90
    if crs != LAMBERT_93 and could_be_swapped:
        swapped = projected_crs_for(Bounds(south, west, north, east))
        if swapped == LAMBERT_93:
            log.add(Code.ZONES_LOOK_SWAPPED, Where(table.file))
    return crs
