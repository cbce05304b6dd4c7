"""The zones that a Maison belongs to: for kits that keep to one, and for the posters around it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from geo.crs import WGS84, reproject_points
from geo.model import Campaign, IntArray, Maison
from geo.zones import ZoneTree, build_tree, zones_of_points


def zones_of_maisons(campaign: Campaign, maisons: Sequence[Maison]) -> list[tuple[str, ...]]:
    """Return for each Maison the ids of its zones, the finest first.

    They are the zone that its row names and all above that; without one, the zones in which it
    lies, each with all above it. Outside the territory there are none.
    """
    tree = build_tree(campaign.zones)
    index = {zone.zone_id: i for i, zone in enumerate(campaign.zones)}
    located = _located(campaign, tree, maisons)
    chains = []
    for maison, lies_in in zip(maisons, located, strict=True):
        named = index.get(maison.zone_id or "")
        begins = lies_in if named is None else [named]
        found = dict.fromkeys(zone for begin in begins for zone in _upwards(tree, begin))
        chains.append(tuple(campaign.zones[zone].zone_id for zone in found))
    return chains


def _located(campaign: Campaign, tree: ZoneTree, maisons: Sequence[Maison]) -> list[list[int]]:
    """Return the zones in which each point lies, the finest level first."""
    if not campaign.zones or not maisons:
        return [[] for _ in maisons]
    lng, lat = np.array([maison.lnglat for maison in maisons], dtype=np.float64).T
    x, y = reproject_points(lng, lat, source=WGS84, target=campaign.crs)
    of_level: IntArray = zones_of_points(tree, [zone.area for zone in campaign.zones], x, y)
    return [[int(zone) for zone in row[::-1] if zone >= 0] for row in of_level]


def _upwards(tree: ZoneTree, zone: int) -> list[int]:
    return [int(step[0]) for step in tree.chain(np.array([zone])) if step[0] >= 0]
