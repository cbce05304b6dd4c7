"""A fictitious inventory of poster faces, drawn from a fixed seed.

Panels are shared out among the territoires, and then among the communes of each, in proportion to
population, and placed around the town's centre, the denser the nearer. Formats follow the size of
the town as the French rules on outdoor advertising do (large formats in towns only); contacts and
prices follow format, size of the town and a quality of each panel.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import shapely

from data.isere.sources import Commune
from geo.crs import LAMBERT_93, WGS84, reproject_points, reproject_shapes

SEED = 20171017
PANEL_COUNT = 1200
PERIODS = 4
ADDRESS = "Emplacement fictif"
BORDER_MARGIN_M = 20.0  # a straight border in degrees is not quite one in Lambert-93
PANEL_SPACING_M = 40.0
UNAVAILABLE = 0.08  # of the periods of a face

COLUMNS = (
    "face_id",
    "panel_id",
    "operator",
    "format",
    "surface_m2",
    "support",
    "lit",
    "address",
    "postcode",
    "city",
    "insee",
    "lat",
    "lon",
    "contacts",
    "price_eur",
    "available",
    "bearing",
)


@dataclass(frozen=True, slots=True)
class Format:
    """A format, and what one face of it brings and costs in a week in a town of 10,000 people.

    `two_sided` is the share of panels that have a second face, `weights` how common the format is
    in a village (under 2,000 people), a small town (under 10,000) and a town.
    """

    name: str
    surface_m2: int
    support: str
    operator: str
    contacts: float
    price_eur: float
    two_sided: float
    lit: float
    weights: tuple[float, float, float]


FORMATS: tuple[Format, ...] = (
    Format(
        name="2 m²",
        surface_m2=2,
        support="mobilier urbain",
        operator="Régie fictive A",
        contacts=9_000,
        price_eur=58,
        two_sided=0.75,
        lit=0.8,
        weights=(1.0, 0.75, 0.5),
    ),
    Format(
        name="8 m²",
        surface_m2=8,
        support="panneau sur pied",
        operator="Régie fictive B",
        contacts=16_000,
        price_eur=86,
        two_sided=0.75,
        lit=0.5,
        weights=(0.0, 0.25, 0.3),
    ),
    Format(
        name="4×3",
        surface_m2=12,
        support="panneau mural",
        operator="Régie fictive C",
        contacts=20_000,
        price_eur=104,
        two_sided=0.3,
        lit=0.3,
        weights=(0.0, 0.0, 0.2),
    ),
)


@dataclass(frozen=True, slots=True)
class Place:
    """Where panels may stand in a commune: its polygon and its centre, in Lambert-93 metres."""

    commune: Commune
    area: shapely.Geometry
    x: float
    y: float


def apportion(total: int, weights: Mapping[str, int]) -> dict[str, int]:
    """Return `total` shared out in proportion to whole weights, by largest remainder.

    Exact: only integers. Equal remainders go to the key that sorts first.
    """
    whole = sum(weights.values())
    shares = {key: total * weight // whole for key, weight in weights.items()}
    by_remainder = sorted(weights, key=lambda key: (-(total * weights[key] % whole), key))
    for key in by_remainder[: total - sum(shares.values())]:
        shares[key] += 1
    return shares


def panels_by_commune(
    communes: Mapping[str, Commune], territoire_of: Mapping[str, str]
) -> dict[str, int]:
    """Return how many panels stand in each commune (INSEE code)."""
    members: dict[str, dict[str, int]] = {}
    for insee in sorted(communes):
        members.setdefault(territoire_of[insee], {})[insee] = communes[insee].population
    of_territoire = apportion(PANEL_COUNT, {z: sum(m.values()) for z, m in members.items()})
    return {
        insee: count
        for zone_id, people in members.items()
        for insee, count in apportion(of_territoire[zone_id], people).items()
    }


def inventory_rows(
    communes: Mapping[str, Commune],
    polygons: Mapping[str, shapely.Geometry],
    *,
    territoire_of: Mapping[str, str],
    sound: frozenset[str],
) -> Iterator[tuple[str, ...]]:
    """Yield the faces by id.

    `polygons` are the communes as they are written (WGS84), `sound` the communes whose mairie
    point lies in that polygon: the centre of another is a point well inside it.
    """
    counts = panels_by_commune(communes, territoire_of)
    panel, face = 0, 0
    for insee in sorted(communes):
        place = _place(communes[insee], polygons[insee], centred=insee in sound)
        draw = random.Random(f"{SEED}-{insee}")  # noqa: S311 (a reproducible draw, no secret)
        for x, y in _spots(place, counts[insee], draw):
            panel += 1
            for tail in _panel_faces(place.commune, x, y, draw):
                face += 1
                yield (f"F{face:04d}", f"P{panel:04d}", *tail)


def _place(commune: Commune, polygon: shapely.Geometry, *, centred: bool) -> Place:
    (area,) = reproject_shapes(np.array([polygon], dtype=object), source=WGS84, target=LAMBERT_93)
    if centred:
        lng, lat = np.array([commune.mairie_lng]), np.array([commune.mairie_lat])
        x, y = reproject_points(lng, lat, source=WGS84, target=LAMBERT_93)
        return Place(commune, area, float(x[0]), float(y[0]))
    centre = shapely.point_on_surface(area)
    return Place(commune, area, float(shapely.get_x(centre)), float(shapely.get_y(centre)))


def _spots(place: Place, count: int, draw: random.Random) -> Sequence[tuple[float, float]]:
    # Whole metres around the centre, with a Rayleigh distance that grows with the town.
    spread_m = 250 + 5 * math.sqrt(place.commune.population)
    inside = shapely.buffer(place.area, -BORDER_MARGIN_M)
    shapely.prepare(inside)
    spots: list[tuple[float, float]] = []
    while len(spots) < count:
        angle = 2 * math.pi * draw.random()
        distance = spread_m * math.sqrt(-2 * math.log(1 - draw.random()))
        x = float(round(place.x + distance * math.cos(angle)))
        y = float(round(place.y + distance * math.sin(angle)))
        apart = all(math.dist((x, y), other) >= PANEL_SPACING_M for other in spots)
        if apart and shapely.contains_xy(inside, x, y):
            spots.append((x, y))
    return spots


def _panel_faces(
    commune: Commune, x: float, y: float, draw: random.Random
) -> Iterator[tuple[str, ...]]:
    kind = _pick_format(commune.population, draw)
    quality = 0.6 + 0.8 * (draw.random() + draw.random() + draw.random()) / 3
    lit = draw.random() < kind.lit
    bearing = 5 * int(72 * draw.random())
    faces = 2 if draw.random() < kind.two_sided else 1
    lng, lat = reproject_points(np.array([x]), np.array([y]), source=LAMBERT_93, target=WGS84)
    for side in range(faces):
        yield (
            kind.operator,
            kind.name,
            str(kind.surface_m2),
            kind.support,
            "oui" if lit else "non",
            ADDRESS,
            commune.postcodes[0],
            commune.name,
            commune.insee,
            f"{lat[0]:.5f}",
            f"{lng[0]:.5f}",
            str(_contacts(kind, commune.population, quality * (1 - 0.1 * side))),
            str(_price_eur(kind, commune.population, quality)),
            _available(draw),
            str((bearing + 180 * side) % 360),
        )


def _pick_format(population: int, draw: random.Random) -> Format:
    size = 0 if population < 2_000 else 1 if population < 10_000 else 2
    at = draw.random()
    for kind in FORMATS:
        at -= kind.weights[size]
        if at < 0:
            return kind
    return FORMATS[0]


def _contacts(kind: Format, population: int, quality: float) -> int:
    return 100 * round(kind.contacts * quality * math.pow(population / 10_000, 0.3) / 100)


def _price_eur(kind: Format, population: int, quality: float) -> int:
    # Dearer in a large town, and for a good panel, but less than in proportion to its contacts.
    return round(kind.price_eur * (0.5 + 0.5 * quality) * math.pow(population / 10_000, 0.2))


def _available(draw: random.Random) -> str:
    # Empty means all, so a face that lost every period keeps the last one.
    free = [p for p in range(1, PERIODS + 1) if draw.random() >= UNAVAILABLE]
    if len(free) == PERIODS:
        return ""
    return "|".join(str(p) for p in free or [PERIODS])
