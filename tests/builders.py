"""Tiny campaigns, made by hand: a square département of four square territoires.

The square lies around Grenoble and is 40 km wide. Territoires ``t1`` (south-west), ``t2``
(south-east) make up secteur ``sud``, ``t3`` (north-west), ``t4`` (north-east) secteur ``nord``.
Distances are easy to know: faces and Maisons are placed in kilometres from the south-west corner.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np
from shapely import box

from geo.crs import LAMBERT_93, WGS84, LngLat, reproject_points
from geo.model import (
    Agent,
    Campaign,
    Faces,
    Maison,
    MatchingRules,
    Periods,
    TourRules,
    Zone,
)

CORNER_X, CORNER_Y = 890_000.0, 6_440_000.0
SIDE_KM = 40.0


def lnglat_at(east_km: float, north_km: float) -> LngLat:
    """Return the point that lies so many kilometres from the corner of the square."""
    x, y = np.array([CORNER_X + east_km * 1000]), np.array([CORNER_Y + north_km * 1000])
    lng, lat = reproject_points(x, y, source=LAMBERT_93, target=WGS84)
    return LngLat(float(lng[0]), float(lat[0]))


def square_zones() -> tuple[Zone, ...]:
    """Return the zone tree: one département, two secteurs, four territoires."""

    def zone(zone_id: str, level: str, parent: str | None, *km: float) -> Zone:
        west, south, east, north = km
        area = box(
            CORNER_X + west * 1000,
            CORNER_Y + south * 1000,
            CORNER_X + east * 1000,
            CORNER_Y + north * 1000,
        )
        return Zone(zone_id, zone_id.upper(), level, parent, 1000, area)

    return (
        zone("dep", "departement", None, 0, 0, 40, 40),
        zone("nord", "secteur", "dep", 0, 20, 40, 40),
        zone("sud", "secteur", "dep", 0, 0, 40, 20),
        zone("t1", "territoire", "sud", 0, 0, 20, 20),
        zone("t2", "territoire", "sud", 20, 0, 40, 20),
        zone("t3", "territoire", "nord", 0, 20, 20, 40),
        zone("t4", "territoire", "nord", 20, 20, 40, 40),
    )


def faces_at(
    places_km: Sequence[tuple[float, float]],
    *,
    periods: int = 2,
    contacts: Sequence[float] | None = None,
    price_cents: Sequence[int] | None = None,
    available: Sequence[Sequence[bool]] | None = None,
) -> Faces:
    """Return faces ``f0``, ``f1`` … at these kilometres from the corner of the square."""
    n = len(places_km)
    east = np.array([p[0] for p in places_km], dtype=np.float64)
    north = np.array([p[1] for p in places_km], dtype=np.float64)
    x, y = CORNER_X + east * 1000, CORNER_Y + north * 1000
    lng, lat = reproject_points(x, y, source=LAMBERT_93, target=WGS84)
    width = len(str(max(n - 1, 0)))

    def text(value: str) -> Any:
        return np.array([value] * n, dtype=object)

    return Faces(
        face_id=np.array([f"f{i:0{width}}" for i in range(n)], dtype=object),
        panel_id=text(""),
        operator=text("Régie fictive"),
        format=text("4x3"),
        support=text("mur"),
        address=text(""),
        postcode=text("38000"),
        city=text("Ville"),
        insee=text("38185"),
        surface_m2=np.full(n, 12.0),
        bearing=np.full(n, np.nan),
        lit=np.full(n, -1, dtype=np.int8),
        lng=lng,
        lat=lat,
        x=x,
        y=y,
        contacts=np.asarray(contacts if contacts is not None else [1000.0] * n, dtype=np.float64),
        price_cents=np.asarray(
            price_cents if price_cents is not None else [10_000] * n, dtype=np.int64
        ),
        available=np.asarray(
            available if available is not None else np.ones((n, periods)), dtype=np.bool_
        ).reshape(n, periods),
    )


def tiny_campaign(**changes: Any) -> Campaign:
    """Return 4 agents, 4 Maisons, a grid of 64 faces, 2 periods; `changes` replace fields."""
    territoires = ("t1", "t2", "t3", "t4")
    middles = ((10.0, 10.0), (30.0, 10.0), (10.0, 30.0), (30.0, 30.0))
    agents = tuple(
        Agent(
            agent_id=f"A{i + 1}",
            portrait_id=f"P{i + 1}",
            job="agent des routes",
            zones=(zone_id,),
            workplace=lnglat_at(*middle),
        )
        for i, (zone_id, middle) in enumerate(zip(territoires, middles, strict=True))
    )
    maisons = tuple(
        Maison(
            maison_id=f"m{i + 1}",
            name=f"Maison {i + 1}",
            city=f"Ville {i + 1}",
            lnglat=lnglat_at(*middle),
            zone_id=zone_id,
        )
        for i, (zone_id, middle) in enumerate(zip(territoires, middles, strict=True))
    )
    grid = [(2.5 + 5 * (i % 8), 2.5 + 5 * (i // 8)) for i in range(64)]
    campaign = Campaign(
        name="Carré",
        periods=Periods(date(2017, 10, 17), 2, 7),
        seed=0,
        crs=LAMBERT_93,
        zones=square_zones(),
        maisons=maisons,
        agents=agents,
        faces=faces_at(grid),
        matching=MatchingRules(budget_cents=200_000, min_faces=2),
        tour=TourRules(date(2017, 10, 17), date(2017, 11, 17), "m1"),
    )
    return replace(campaign, **changes)
