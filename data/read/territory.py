"""The zones as one territory: what lies in it, how far outside the rest is, which zones hold it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from copy import copy
from typing import Any

import numpy as np
import shapely

from data.read.gazetteer import Gazetteer
from geo.crs import WGS84, reproject_points
from geo.model import Area, BoolArray, FloatArray, IntArray, Zone


class Territory:
    """The zones whose polygons can be used, in the projected CRS `crs` (EPSG code, metres).

    `whole` says whether every zone at the top of the tree is among them: if not, a point outside
    may well be inside.
    """

    def __init__(self, zones: Sequence[Zone], crs: int, *, whole: bool) -> None:
        self.crs = crs
        self.whole = whole
        self.zones = {zone.zone_id: zone for zone in sorted(zones, key=lambda z: z.zone_id)}
        self._areas: Any = np.array([zone.area for zone in self.zones.values()], dtype=object)
        self._ids = list(self.zones)
        self._tree = shapely.STRtree(self._areas)
        self._fineness = _fineness(self.zones)
        self.gazetteer = Gazetteer(self.zones.values(), crs)

    def with_gazetteer(self, gazetteer: Gazetteer) -> Territory:
        """Return the same territory, in which addresses are where `gazetteer` finds them."""
        other = copy(self)
        other.gazetteer = gazetteer
        return other

    def holds(self, x: FloatArray, y: FloatArray) -> BoolArray:
        """Return whether each point ``(n,)`` is in some zone; a border counts as inside."""
        inside = np.zeros(len(x), dtype=np.bool_)
        roots = [zone for zone in self.zones.values() if zone.parent_id not in self.zones]
        others = [zone for zone in self.zones.values() if zone.parent_id in self.zones]
        for zone in (*roots, *others):
            west, south, east, north = zone.area.bounds
            near = ~inside & (west <= x) & (x <= east) & (south <= y) & (y <= north)
            if near.any():
                shapely.prepare(zone.area)
                inside[near] = shapely.intersects_xy(zone.area, x[near], y[near])
        return inside

    def holds_lnglat(self, lng: FloatArray, lat: FloatArray) -> BoolArray:
        """Return whether each point ``(n,)`` in WGS84 degrees is in some zone."""
        x, y = reproject_points(lng, lat, source=WGS84, target=self.crs)
        return self.holds(x, y)

    def meets(self, areas: Sequence[Area]) -> bool:
        """Return whether any of the areas touches any zone."""
        shapes: Any = np.array(areas, dtype=object)
        return bool(self._tree.query(shapes, predicate="intersects").size)

    def nearest(self, x: float, y: float) -> tuple[str, float]:
        """Return the zone nearest to a point, the finest of them, and its distance in metres."""
        point = shapely.Point(x, y)
        metres = shapely.distance(self._areas, point)
        nearest = np.flatnonzero(metres <= metres.min() + 0.01)
        zone_id = min(self._at(nearest), key=self._from_fine_to_coarse)
        return zone_id, float(metres.min())

    def chain(self, x: float, y: float) -> list[str]:
        """Return the one zone of each level that a point is in, from fine to coarse.

        At the finest level that holds the point, the zone whose id sorts first; coarser levels are
        its parents; a level that the parents do not give is decided in the same way.
        """
        holding = self._at(self._tree.query(shapely.Point(x, y), predicate="intersects"))
        chosen: dict[str, str] = {}
        for zone_id in sorted(holding, key=self._from_fine_to_coarse):
            if self.zones[zone_id].level not in chosen:
                for up in self.upwards(zone_id):
                    chosen.setdefault(self.zones[up].level, up)
        return sorted(chosen.values(), key=self._from_fine_to_coarse)

    def upwards(self, zone_id: str) -> Iterator[str]:
        """Yield a zone and those above it, to the coarsest."""
        seen: set[str] = set()
        current: str | None = zone_id
        while current in self.zones and current not in seen:
            seen.add(current)
            yield current
            current = self.zones[current].parent_id

    def _at(self, places: IntArray) -> list[str]:
        return [self._ids[i] for i in places]

    def _from_fine_to_coarse(self, zone_id: str) -> tuple[float, str]:
        return self._fineness[self.zones[zone_id].level], zone_id


def _fineness(zones: dict[str, Zone]) -> dict[str, float]:
    """Return for each level the mean area of its zones: the smaller, the finer."""
    sizes: dict[str, list[float]] = {}
    for zone in zones.values():
        sizes.setdefault(zone.level, []).append(zone.area.area)
    return {level: sum(areas) / len(areas) for level, areas in sizes.items()}
