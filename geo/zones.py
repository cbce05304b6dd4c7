"""The tree of zones, and the one zone of each level that a point lies in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely

from geo.labelgrid import build_grid, locate
from geo.model import Area, FloatArray, IntArray, Zone

GRID_FROM_POINTS = 40_000
"""From here on the grid of labels is worth loading; before, a tree of points has answered.

Measured: 20,000 points among 512 polygons of 120 vertices take the tree 0.05 s; the grid takes
0.02 s, and 0.1 s for loading its compiled code the first time.
"""

VERTICES_A_POINT = 12
"""The grid handles every vertex, the tree only polygons near points: no grid above this ratio."""


@dataclass(frozen=True, slots=True)
class ZoneTree:
    """Zones as arrays; an index is a place in the sequence that the tree was made from.

    Parameters
    ----------
    levels
        Names of the levels, coarse to fine (see `order_levels`).
    level
        Index into `levels`, shape ``(n_zones,)``.
    parent
        Index of the parent or -1, shape ``(n_zones,)``.
    depth
        Number of ancestors, shape ``(n_zones,)``.
    precedence
        Rank of each zone among those that hold one point, shape ``(n_zones,)``: the finer level
        first; in one level the deeper zone, then the id that sorts first.
    """

    levels: tuple[str, ...]
    level: IntArray
    parent: IntArray
    depth: IntArray
    precedence: IntArray

    def chain(self, zone: IntArray) -> list[IntArray]:
        """Return the zones ``(n,)``, then their parents, and so on up; -1 past the root."""
        steps = [zone]
        for _ in range(int(self.depth.max(initial=0))):
            zone = np.where(zone >= 0, self.parent[zone], -1)
            steps.append(zone)
        return steps


def build_tree(zones: Sequence[Zone]) -> ZoneTree:
    """Return the tree of `zones`; a parent that is not among them counts as none."""
    index = {zone.zone_id: i for i, zone in enumerate(zones)}
    parent = np.array([index.get(zone.parent_id or "", -1) for zone in zones], dtype=np.int64)
    depth = _depths(parent)
    levels = order_levels(zones, depth)
    level = np.array([levels.index(zone.level) for zone in zones], dtype=np.int64)
    best_first = sorted(range(len(zones)), key=lambda i: (-level[i], -depth[i], zones[i].zone_id))
    precedence = np.empty(len(zones), dtype=np.int64)
    precedence[best_first] = np.arange(len(zones))
    return ZoneTree(levels, level, parent, depth, precedence)


def _depths(parent: IntArray) -> IntArray:
    depth = np.zeros(len(parent), dtype=np.int64)
    above = parent.copy()
    for _ in range(len(parent)):
        if (above < 0).all():
            return depth
        depth += above >= 0
        above = np.where(above >= 0, parent[above], -1)
    return depth


def order_levels(zones: Sequence[Zone], depth: IntArray) -> tuple[str, ...]:
    """Return the names of the levels, coarse to fine.

    A level lies below every level that one of its zones has a parent in, however ragged the tree:
    its rank is the longest such path. Where two levels each hold parents of the other, that has no
    meaning, and the rank is the greatest depth of a zone of the level. Ties go to the level with
    the least deep zone, then to the name that sorts first.
    """
    level_of = {zone.zone_id: zone.level for zone in zones}
    deepest: dict[str, int] = {}
    shallowest: dict[str, int] = {}
    for zone, d in zip(zones, depth.tolist(), strict=True):
        deepest[zone.level] = max(d, deepest.get(zone.level, d))
        shallowest[zone.level] = min(d, shallowest.get(zone.level, d))
    below = {(level_of[z.parent_id], z.level) for z in zones if z.parent_id in level_of}
    rank = _longest_paths(sorted(deepest), sorted(pair for pair in below if pair[0] != pair[1]))
    rank = rank or deepest
    return tuple(sorted(deepest, key=lambda name: (rank[name], shallowest[name], name)))


def _longest_paths(names: list[str], below: list[tuple[str, str]]) -> dict[str, int]:
    """Return the longest path down to each name, or nothing where the pairs form a circle."""
    rank = dict.fromkeys(names, 0)
    for _ in names:
        before = dict(rank)
        for upper, lower in below:
            rank[lower] = max(rank[lower], rank[upper] + 1)
        if rank == before:
            return rank
    return {}


def pairs_inside(areas: Sequence[Area], x: FloatArray, y: FloatArray) -> tuple[IntArray, IntArray]:
    """Return the pairs (area, point) where the area holds the point, its boundary included.

    Parameters
    ----------
    areas
        Polygons in a projected CRS.
    x, y
        Points in the same CRS, shape ``(n,)``.

    Returns
    -------
    tuple
        Two index arrays of one length, sorted by point, then area.
    """
    n_vertices = int(shapely.get_num_coordinates(np.asarray(areas, dtype=object)).sum())
    if not n_vertices or not len(x):
        return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64)
    if len(x) < GRID_FROM_POINTS or n_vertices > VERTICES_A_POINT * len(x):
        return pairs_by_tree(areas, x, y)
    return pairs_by_grid(areas, x, y)


def pairs_by_tree(areas: Sequence[Area], x: FloatArray, y: FloatArray) -> tuple[IntArray, IntArray]:
    """Return what `pairs_inside` does, by a tree over the points."""
    # Asked this way round the few polygons are prepared once and the many points sit in the tree.
    points = shapely.STRtree(np.asarray(shapely.points(x, y), dtype=object))
    area, point = points.query(np.asarray(areas, dtype=object), predicate="intersects")
    order = np.lexsort((area, point))
    return area[order].astype(np.int64), point[order].astype(np.int64)


def pairs_by_grid(areas: Sequence[Area], x: FloatArray, y: FloatArray) -> tuple[IntArray, IntArray]:
    """Return what `pairs_inside` does, by a grid of labels; the tree settles what is in doubt.

    The polygons must not all be empty.
    """
    area, point, doubtful = locate(build_grid(areas, n_points=len(x)), x, y)
    if not len(doubtful):
        return area, point
    late_area, late = pairs_by_tree(areas, x[doubtful], y[doubtful])
    area, point = np.append(area, late_area), np.append(point, doubtful[late])
    order = np.argsort(point, kind="stable")  # the areas of one point are in order already
    return area[order], point[order]


def zones_of_points(
    tree: ZoneTree, areas: Sequence[Area], x: FloatArray, y: FloatArray
) -> IntArray:
    """Return the zone of each point at each level, shape ``(n, n_levels)``, or -1.

    At the finest level that holds the point, the zone that `ZoneTree.precedence` puts first; above
    it, its ancestors; a level that they leave open is decided by geometry with the same precedence,
    and its own ancestors follow. A boundary counts as inside.
    """
    found = np.full((len(x), len(tree.levels)), -1, dtype=np.int64)
    best_first = np.argsort(tree.precedence)
    rank, point = pairs_inside([areas[zone] for zone in best_first.tolist()], x, y)
    zone = best_first[rank]
    for level in reversed(range(len(tree.levels))):
        here = tree.level[zone] == level
        points_here, first = np.unique(point[here], return_index=True)
        by_geometry = np.full(len(x), -1, dtype=np.int64)
        by_geometry[points_here] = zone[here][first]
        start = np.where(found[:, level] < 0, by_geometry, -1)
        for step in tree.chain(start):
            rows = np.flatnonzero(step >= 0)
            rows = rows[found[rows, tree.level[step[rows]]] < 0]
            found[rows, tree.level[step[rows]]] = step[rows]
    return found
