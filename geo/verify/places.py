"""Where the faces lie: zones that hold them, zones that nearly hold them, periods open there.

Everything is in the campaign's projected CRS (metres).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import numpy as np
import shapely
from numpy.typing import NDArray

from geo.model import Area, BoolArray, Campaign, Faces, IntArray, Zone

Points = NDArray[np.object_]
"""Shapely points, shape ``(n,)``."""

BORDER_M = 1.0
"""A face so near to a zone is taken to be in it: borders are drawn no better than that."""


class ZoneTree:
    """The zones by id, each with the zone that it lies in.

    A zone without `parent_id` lies in the smallest zone of a larger level that holds a point inside
    it. One level is larger than another where its zones are, on average.
    """

    def __init__(self, zones: Sequence[Zone]) -> None:
        self.zones = tuple(sorted(zones, key=lambda zone: zone.zone_id))
        self.index = {zone.zone_id: i for i, zone in enumerate(self.zones)}
        self.levels = _levels_from_fine_to_coarse(self.zones)
        self._rank = {level: rank for rank, level in enumerate(self.levels)}
        self._parent = [self._declared_or_found_parent(zone) for zone in self.zones]

    def _declared_or_found_parent(self, zone: Zone) -> int | None:
        if zone.parent_id is not None:
            return self.index.get(zone.parent_id)
        point = zone.area.representative_point()
        rank = self._rank[zone.level]
        around = [
            i
            for i, other in enumerate(self.zones)
            if self._rank[other.level] > rank and other.area.intersects(point)
        ]
        return min(around, key=lambda i: (self.zones[i].area.area, i), default=None)

    def upwards(self, zone: int) -> Iterator[int]:
        """Yield the zone and those that it lies in, from the finest to the coarsest."""
        seen: set[int] = set()
        current: int | None = zone
        while current is not None and current not in seen:
            seen.add(current)
            yield current
            current = self._parent[current]

    def finest(self, zones: Sequence[int]) -> list[int]:
        """Return those of the zones that none of the others lies in."""
        above = {up for zone in zones for up in self.upwards(zone) if up != zone}
        return [zone for zone in zones if zone not in above]

    def declared_ancestors(self, zone: int) -> Iterator[int]:
        """Yield the zones above this one, as `parent_id` alone tells them."""
        seen = {zone}
        parent_id = self.zones[zone].parent_id
        while parent_id is not None and parent_id in self.index:
            parent = self.index[parent_id]
            if parent in seen:
                return
            seen.add(parent)
            yield parent
            parent_id = self.zones[parent].parent_id


def _levels_from_fine_to_coarse(zones: Sequence[Zone]) -> list[str]:
    sizes: dict[str, list[float]] = {}
    for zone in zones:
        sizes.setdefault(zone.level, []).append(zone.area.area)
    return sorted(sizes, key=lambda level: (sum(sizes[level]) / len(sizes[level]), level))


def points_of(faces: Faces, some: Sequence[int] | None = None) -> Points:
    """Return some faces, or all of them, as points."""
    chosen = slice(None) if some is None else np.asarray(some, dtype=np.int64)
    return np.asarray(shapely.points(faces.x[chosen], faces.y[chosen]), dtype=object)


def holding_pairs(areas: Sequence[Area], points: Points, *, within_m: float) -> IntArray:
    """Return the pairs (area, point) not farther apart than `within_m`, shape ``(2, n_pairs)``.

    0 means: the area holds the point, inside or on its border.
    """
    if not len(areas) or not len(points):
        return np.empty((2, 0), dtype=np.int64)
    tree = shapely.STRtree(points)
    shapes = np.asarray(areas, dtype=object)
    if within_m > 0:
        return np.asarray(tree.query(shapes, predicate="dwithin", distance=within_m), np.int64)
    return np.asarray(tree.query(shapes, predicate="intersects"), np.int64)


def zones_near(tree: ZoneTree, points: Points) -> list[list[int]]:
    """Return for each point the zones that hold it, give or take `BORDER_M`, sorted."""
    near: list[list[int]] = [[] for _ in range(len(points))]
    pairs = holding_pairs([zone.area for zone in tree.zones], points, within_m=BORDER_M)
    for zone, point in zip(*pairs.tolist(), strict=True):
        near[point].append(zone)
    return [sorted(zones) for zones in near]


def with_parents(tree: ZoneTree, zones: Iterable[int]) -> list[int]:
    """Return the zones and those that they are declared to lie in, sorted.

    A child lies in its parent, also where it is drawn a little beyond it.
    """
    return sorted({up for zone in zones for up in (zone, *tree.declared_ancestors(zone))})


def zone_by_level(tree: ZoneTree, points: Points) -> IntArray:
    """Return the one zone of each point at each level, shape ``(n_levels, n_points)``, or -1.

    Levels go from fine to coarse. At the finest level that holds a point, the zone whose id sorts
    first; above it the declared parents; where they tell nothing, the zone that holds the point and
    whose id sorts first.
    """
    chosen = np.full((len(tree.levels), len(points)), -1, dtype=np.int64)
    areas = [zone.area for zone in tree.zones]
    zone, point = holding_pairs(areas, points, within_m=0)
    level_of = np.array([tree.levels.index(z.level) for z in tree.zones], dtype=np.int64)
    ancestors = _ancestor_by_level(tree, level_of)
    for level in range(len(tree.levels)):
        here = level_of[zone] == level
        order = np.lexsort((zone[here], point[here]))
        points_here, first = np.unique(point[here][order], return_index=True)
        held = np.full(len(points), -1, dtype=np.int64)
        held[points_here] = zone[here][order][first]
        chosen[level] = np.where(chosen[level] < 0, held, chosen[level])
        known = chosen[level] >= 0
        for above in range(level + 1, len(tree.levels)):
            told = np.where(known, ancestors[above][chosen[level]], -1)
            chosen[above] = np.where(chosen[above] < 0, told, chosen[above])
    return chosen


def _ancestor_by_level(tree: ZoneTree, level_of: IntArray) -> IntArray:
    """Return the declared ancestor of each zone at each level, ``(n_levels, n_zones)``, or -1."""
    ancestors = np.full((len(tree.levels), len(tree.zones)), -1, dtype=np.int64)
    for zone in range(len(tree.zones)):
        for above in tree.declared_ancestors(zone):
            ancestors[level_of[above], zone] = above
    return ancestors


def open_by_sequence(campaign: Campaign, tree: ZoneTree, chosen: IntArray) -> BoolArray:
    """Return whether posters go up at each point in each period, shape ``(n_points, n_periods)``.

    The nearest zone of `chosen` (see `zone_by_level`) that has a sequence decides; without one,
    every period is open.
    """
    count = campaign.periods.count
    sequenced = np.array([zone.zone_id in campaign.sequences for zone in tree.zones], np.bool_)
    allowed = np.ones((len(tree.zones), count), dtype=np.bool_)
    for zone_id in sorted(set(campaign.sequences) & set(tree.index)):
        periods = campaign.sequences[zone_id]
        allowed[tree.index[zone_id]] = [t in periods for t in campaign.periods.numbers()]
    is_open = np.ones((chosen.shape[1], count), dtype=np.bool_)
    for zone in chosen[::-1]:  # the finest comes last and has the last word
        decides = np.flatnonzero((zone >= 0) & (sequenced[zone] if len(sequenced) else False))
        is_open[decides] = allowed[zone[decides]]
    return is_open


def open_periods_near(campaign: Campaign, tree: ZoneTree, near: Sequence[int]) -> set[int]:
    """Return the periods in which some finest zone of `near` lets posters go up.

    On a border each of its sides may decide: which one does is a matter of centimetres.
    """
    every = set(campaign.periods.numbers())
    if not near:
        return every
    periods: set[int] = set()
    for zone in tree.finest(near):
        ids = (tree.zones[up].zone_id for up in tree.upwards(zone))
        nearest = next((zone_id for zone_id in ids if zone_id in campaign.sequences), None)
        periods |= every if nearest is None else set(campaign.sequences[nearest])
    return periods
