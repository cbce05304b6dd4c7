"""Routing servers: driving times, distances and lines by road, asked once and kept."""

from __future__ import annotations

from data.roads.cache import CachedRoads
from data.roads.engine import RoadEngine, RoadMatrix
from data.roads.setting import engine_of
from data.roads.travel import RoadTravel, draw_legs, road_travel

__all__ = [
    "CachedRoads",
    "RoadEngine",
    "RoadMatrix",
    "RoadTravel",
    "draw_legs",
    "engine_of",
    "road_travel",
]
