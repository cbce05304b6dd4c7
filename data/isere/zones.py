"""The zone tree: communes simplified as a coverage, the levels above dissolved from them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import shapely
from numpy.typing import NDArray

from data.isere.sources import Commune, polygons_of
from data.isere.territoires import DEPARTEMENT_ID, DEPARTEMENT_NAME, SECTEURS, TERRITOIRES
from geo.crs import LAMBERT_93, WGS84, reproject_shapes

LEVELS = ("departement", "secteur", "territoire", "commune")
COMMUNE_COUNT = 512
POPULATION = 1_258_722
AREA_KM2 = 7_869.6
TOLERANCE_M = 20.0
DECIMALS = 5
MAX_GEOJSON_BYTES = 700_000

Shapes = NDArray[np.object_]


class BuildError(Exception):
    """A check of the build does not hold; the message names it and what was found."""


@dataclass(frozen=True, slots=True)
class Zone:
    """A zone as it is written; polygon in WGS84 degrees, rounded to 1e-5."""

    zone_id: str
    name: str
    level: str
    parent_id: str | None
    population: int
    polygon: shapely.Geometry


def _require(*, holds: bool, message: str) -> None:
    if not holds:
        raise BuildError(message)


def area_km2(shapes: Shapes) -> float:
    """Return the total area of WGS84 polygons ``(n,)``, measured in Lambert-93."""
    flat = reproject_shapes(shapes, source=WGS84, target=LAMBERT_93)
    return float(shapely.area(cast("Any", flat)).sum()) / 1e6


def check_coverage(shapes: Shapes, what: str) -> None:
    """Check that WGS84 polygons ``(n,)`` are valid and overlap nowhere.

    Both in degrees and in Lambert-93, where the rest of Placarde works.

    Raises
    ------
    BuildError
        If they do not.
    """
    for crs in (WGS84, LAMBERT_93):
        placed = cast("Any", reproject_shapes(shapes, source=WGS84, target=crs))
        _require(
            holds=bool(shapely.is_valid(placed).all()),
            message=f"{what}: polygons {np.flatnonzero(~shapely.is_valid(placed))} are not valid",
        )
        _require(
            holds=bool(shapely.coverage_is_valid(placed)),
            message=f"{what}: polygons overlap, or their borders do not match (EPSG:{crs})",
        )


def check_communes(communes: Sequence[Commune]) -> None:
    """Check number, validity, overlaps, area and population of the communes as they came.

    Raises
    ------
    BuildError
        If one of them is not as expected.
    """
    count, people = len(communes), sum(c.population for c in communes)
    _require(holds=count == COMMUNE_COUNT, message=f"{count} communes, not {COMMUNE_COUNT}")
    _require(holds=people == POPULATION, message=f"population {people}, not {POPULATION}")
    shapes = polygons_of(tuple(communes))
    check_coverage(shapes, "communes as published")
    found = area_km2(shapes)
    _require(holds=round(found, 1) == AREA_KM2, message=f"area {found:.2f} km², not {AREA_KM2}")


def simplify(shapes: Shapes) -> Shapes:
    """Return WGS84 polygons ``(n,)`` simplified as one coverage and rounded to 1e-5 degree.

    Visvalingam-Whyatt with a tolerance of `TOLERANCE_M` (the square root of the triangle that may
    go) in Lambert-93. Shared borders stay shared: two copies of a vertex round alike.
    """
    flat = reproject_shapes(shapes, source=WGS84, target=LAMBERT_93)
    thin = shapely.coverage_simplify(cast("Any", flat), TOLERANCE_M)
    degrees = reproject_shapes(np.asarray(thin), source=LAMBERT_93, target=WGS84)
    rounded = shapely.transform(cast("Any", degrees), lambda xy: np.round(xy, DECIMALS))
    return _tidy(np.asarray(rounded))


def _tidy(shapes: Shapes) -> Shapes:
    # Polygon where there is one part only; a starting vertex and an orientation (RFC 7946) that
    # do not depend on the version of GEOS.
    single = [g.geoms[0] if len(getattr(g, "geoms", ())) == 1 else g for g in shapes]
    tidied = shapely.orient_polygons(shapely.normalize(np.array(single, dtype=object)))
    return np.asarray(tidied)


def build_zones(
    communes: Sequence[Commune], polygons: Shapes, territoire_of: dict[str, str]
) -> tuple[Zone, ...]:
    """Return the whole tree, coarse to fine and then by id, dissolved from these polygons.

    Raises
    ------
    BuildError
        If the polygons are no coverage, or a territoire is not one contiguous polygon.
    """
    check_coverage(polygons, "communes after simplification")
    leaves = tuple(
        Zone(c.insee, c.name, "commune", territoire_of[c.insee], c.population, polygon)
        for c, polygon in zip(communes, polygons, strict=True)
    )
    territoires = tuple(
        _dissolve(leaves, t.zone_id, name=t.name, level="territoire", parent_id=t.secteur_id)
        for t in TERRITOIRES
    )
    for zone in territoires:
        _require(
            holds=isinstance(zone.polygon, shapely.Polygon),
            message=f"{zone.zone_id} is in several pieces",
        )
    secteurs = tuple(
        _dissolve(territoires, s.zone_id, name=s.name, level="secteur", parent_id=DEPARTEMENT_ID)
        for s in SECTEURS
    )
    top = _dissolve(
        secteurs, DEPARTEMENT_ID, name=DEPARTEMENT_NAME, level="departement", parent_id=None
    )
    return (top, *secteurs, *territoires, *leaves)


def _dissolve(
    children: Iterable[Zone], zone_id: str, *, name: str, level: str, parent_id: str | None
) -> Zone:
    own = [child for child in children if child.parent_id == zone_id]
    _require(holds=bool(own), message=f"{zone_id} has no children")
    union = shapely.coverage_union_all([child.polygon for child in own])
    polygon = _tidy(np.array([union], dtype=object))[0]
    return Zone(zone_id, name, level, parent_id, sum(c.population for c in own), polygon)


def check_partitions(zones: Sequence[Zone]) -> None:
    """Check that each level is a valid coverage with all the people and all the ground.

    Raises
    ------
    BuildError
        If one is not.
    """
    whole = zones[0].polygon
    for level in LEVELS:
        own = [z for z in zones if z.level == level]
        check_coverage(np.array([z.polygon for z in own], dtype=object), level)
        people = sum(z.population for z in own)
        _require(holds=people == POPULATION, message=f"{level}: population {people}")
        union = shapely.coverage_union_all([z.polygon for z in own])
        _require(holds=bool(union.equals(whole)), message=f"{level}: not the whole département")


def zones_geojson(zones: Iterable[Zone]) -> bytes:
    """Return the zones as a GeoJSON feature collection (RFC 7946), compact, one feature a line.

    Raises
    ------
    BuildError
        If it is larger than `MAX_GEOJSON_BYTES`.
    """
    features = ",\n".join(_compact(_feature(zone)) for zone in zones)
    content = f'{{"type":"FeatureCollection","features":[\n{features}\n]}}\n'.encode()
    _require(
        holds=len(content) <= MAX_GEOJSON_BYTES,
        message=f"zones.geojson has {len(content)} bytes, more than {MAX_GEOJSON_BYTES}",
    )
    return content


def _feature(zone: Zone) -> dict[str, Any]:
    return {
        "type": "Feature",
        "properties": {
            "zone_id": zone.zone_id,
            "name": zone.name,
            "level": zone.level,
            "parent_id": zone.parent_id,
            "population": zone.population,
        },
        "geometry": json.loads(shapely.to_geojson(zone.polygon)),
    }


def _compact(value: dict[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
