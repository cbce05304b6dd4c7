"""Whether zones make a tree whose children lie in their parents and whose levels do not overlap."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from typing import Any

import numpy as np
import shapely

from data.read.codes import Code
from data.read.log import ProblemLog, closest
from data.read.messages import did_you_mean, percent, quoted
from data.read.table import Table
from geo.errors import Where
from geo.model import Zone

TOLERATED = 0.01
"""Share of a zone that may lie outside its parent, or on a zone of its level, with a warning."""
UNSEEN = 0.0001
"""Share of a zone below which that is not even worth a warning: rounded coordinates."""


@dataclass(frozen=True, slots=True)
class Branch:
    """A zone as its row tells it, whatever its polygon: its parent, its level, its place."""

    parent_id: str
    level: str
    row: int


def check_links(table: Table, branches: Mapping[str, Branch], log: ProblemLog) -> set[str]:
    """Note unknown parents, cycles, and levels that do not go from coarse to fine everywhere.

    Return the zones that are in a cycle.
    """
    for i, parent_id in enumerate(table.cells("parent_id")):
        if parent_id and parent_id not in branches and table.complete:
            hint = did_you_mean(closest(parent_id, branches))
            where = table.where(i, "parent_id")
            log.add(Code.UNKNOWN_PARENT, where, found=parent_id, value=parent_id, hint=hint)
    cycles = _cycles(branches)
    for cycle in cycles:
        where = table.where(branches[cycle[0]].row, "parent_id")
        log.add(Code.ZONE_CYCLE, where, cycle=" → ".join((*cycle, cycle[0])))
    if not cycles:
        _check_levels(table, branches, log)
    return {zone_id for cycle in cycles for zone_id in cycle}


def _cycles(branches: Mapping[str, Branch]) -> list[tuple[str, ...]]:
    """Return each cycle once, from the zone whose id sorts first."""
    cycles: list[tuple[str, ...]] = []
    done: set[str] = set()
    for start in sorted(branches):
        path: list[str] = []
        current = start
        while current in branches and current not in done and current not in path:
            path.append(current)
            current = branches[current].parent_id
        if current in path:
            cycle = path[path.index(current) :]
            turn = cycle.index(min(cycle))
            cycles.append((*cycle[turn:], *cycle[:turn]))
        done.update(path)
    return cycles


def _check_levels(table: Table, branches: Mapping[str, Branch], log: ProblemLog) -> None:
    above: dict[str, set[str]] = {}
    for zone_id in sorted(branches):
        branch = branches[zone_id]
        parent = branches.get(branch.parent_id)
        if parent is None or not branch.level or not parent.level:
            continue
        if parent.level == branch.level:
            pair = f"{quoted(zone_id)} et sa parente {quoted(branch.parent_id)}"
            where = table.where(branch.row, "level")
            detail = f"{pair} sont de même niveau"
            log.add(Code.LEVEL_ORDER, where, found=branch.level, detail=detail)
        else:
            above.setdefault(branch.level, set()).add(parent.level)
    try:
        TopologicalSorter({level: sorted(above[level]) for level in sorted(above)}).prepare()
    except CycleError as error:
        detail = " dans ".join(quoted(level) for level in reversed(error.args[1]))
        log.add(Code.LEVEL_ORDER, Where(table.file, 0, table.heading("level")), detail=detail)


def check_shapes(
    table: Table, zones: Sequence[Zone], branches: Mapping[str, Branch], log: ProblemLog
) -> None:
    """Note children that are not inside their parent, and zones of one level that overlap.

    More than `TOLERATED` of the (smaller) zone's area is an error, more than `UNSEEN` a warning.
    """
    by_id = {zone.zone_id: zone for zone in zones}
    children = [zone for zone in zones if zone.parent_id in by_id]
    if children:
        areas: Any = np.array([zone.area for zone in children], dtype=object)
        parents: Any = np.array(
            [by_id[str(zone.parent_id)].area for zone in children], dtype=object
        )
        shares = shapely.area(shapely.difference(areas, parents)) / shapely.area(areas)
        codes = Code.ZONE_SLIGHTLY_OUTSIDE_PARENT, Code.ZONE_OUTSIDE_PARENT
        for zone, share in zip(children, shares, strict=True):
            if share > UNSEEN:
                where = table.where(branches[zone.zone_id].row, "geometry")
                code = codes[bool(share > TOLERATED)]
                shown = percent(share)
                log.add(code, where, zone=zone.zone_id, parent=zone.parent_id, share=shown)
    for level in sorted({zone.level for zone in zones}):
        _check_overlaps(table, [z for z in zones if z.level == level], branches, log)


def _check_overlaps(
    table: Table, zones: Sequence[Zone], branches: Mapping[str, Branch], log: ProblemLog
) -> None:
    areas: Any = np.array([zone.area for zone in zones], dtype=object)
    i, j = shapely.STRtree(areas).query(areas, predicate="intersects")
    i, j = i[i < j], j[i < j]
    smaller = np.minimum(shapely.area(areas[i]), shapely.area(areas[j]))
    shares = shapely.area(shapely.intersection(areas[i], areas[j])) / smaller
    codes = Code.ZONES_OVERLAP_SLIGHTLY, Code.ZONES_OVERLAP
    for a, b, share in zip(i, j, shares, strict=True):
        if share > UNSEEN:
            first, second = sorted((zones[a].zone_id, zones[b].zone_id))
            where = table.where(branches[second].row, "geometry")
            code = codes[bool(share > TOLERATED)]
            log.add(code, where, first=first, second=second, share=percent(share))
