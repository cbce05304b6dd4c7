"""Slivers between zones of one level that should touch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import shapely

from data.read.codes import Code
from data.read.log import ProblemLog
from data.read.messages import place
from data.read.table import Table
from data.read.tree import UNSEEN
from geo.crs import WGS84, reproject_points
from geo.errors import Where
from geo.french import NBSP, counted, number
from geo.model import Zone

SMALL = 0.01
"""Share of the smallest zone of a level below which a hole between zones is no place of its own."""
_LEAST_M2 = 1.0
_MOST_VERTICES = 500_000


def note_gaps(table: Table, zones: Sequence[Zone], *, crs: int, log: ProblemLog) -> None:
    """Note what the zones of a level leave open of the whole that nobody can have meant.

    The whole is what the zones at the top of the tree go round. A part as large as a hundredth of
    the smallest zone may be a place outside the level; one of less than a square metre, and all of
    them together below `data.read.tree.UNSEEN` of that zone, are rounding. Of more than half a
    million vertices nothing is looked for: it would take longer than all the rest.
    """
    areas: Any = np.array([zone.area for zone in zones], dtype=object)
    if not len(areas) or shapely.get_num_coordinates(areas).sum() > _MOST_VERTICES:
        return
    ids = {zone.zone_id for zone in zones}
    tops = np.array([zone.parent_id not in ids for zone in zones], dtype=np.bool_)
    rings = shapely.get_exterior_ring(shapely.get_parts(areas[tops]))
    outline = shapely.union_all(shapely.polygons(rings))
    levels = np.array([zone.level for zone in zones], dtype=object)
    for level in sorted(set(levels.tolist())):
        here = areas[levels == level]
        gaps = shapely.get_parts(shapely.difference(outline, shapely.union_all(here)))
        sizes, smallest = shapely.area(gaps), shapely.area(here).min()
        small = (sizes >= _LEAST_M2) & (sizes < SMALL * smallest)
        if sizes[small].sum() > UNSEEN * smallest:
            _note(table, level, gaps[small], sizes[small], crs=crs, log=log)


def _note(table: Table, level: str, holes: Any, sizes: Any, *, crs: int, log: ProblemLog) -> None:  # noqa: ANN401 - arrays
    point = shapely.point_on_surface(holes[int(np.argmax(sizes))])
    x, y = np.array([point.x]), np.array([point.y])
    lng, lat = reproject_points(x, y, source=crs, target=WGS84)
    total = float(sizes.sum())
    log.add(
        Code.ZONE_GAPS,
        Where(table.file, 0, table.heading("level")),
        found=level,
        level=level,
        count=counted(len(holes), "vide", "vides"),
        area=f"{number(total, 1 if total < 10 else 0)}{NBSP}m²",
        middle=place(round(float(lat[0]), 6), round(float(lng[0]), 6)),
    )
