"""Where addresses without coordinates are: as a geocoder found them, else in their commune."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping

import numpy as np
import shapely

from data.gdal.shapes import Shapes
from data.read.addresses import Address, Position
from data.read.schema import fold
from geo.crs import WGS84, canonical_shapes, reproject_shapes
from geo.model import Zone

COMMUNE = "commune"
_LEVELS = frozenset({"commune", "communes"})


class Gazetteer:
    """What is known of places in one territory.

    Parameters
    ----------
    zones
        Of which those of level ``commune`` are places, by identifier (INSEE code) and by name.
    crs
        The CRS of the zones.
    found
        What a geocoder found, by address; None where it found nothing.
    least_score
        What it found with a lower score is not used.
    """

    def __init__(
        self,
        zones: Iterable[Zone],
        crs: int,
        *,
        found: Mapping[Address, Position | None] | None = None,
        least_score: float = 0.0,
    ) -> None:
        self._crs = crs
        self._zones = [zone for zone in zones if fold(zone.level) in _LEVELS]
        self._by_code = {zone.zone_id: zone for zone in self._zones}
        self._by_name: dict[str, Zone | None] = {}
        for zone in self._zones:
            name = fold(zone.name)
            self._by_name[name] = None if name in self._by_name else zone
        self._found = {address.key: position for address, position in (found or {}).items()}
        self._least_score = least_score

    def with_found(
        self, found: Mapping[Address, Position | None], *, least_score: float
    ) -> Gazetteer:
        """Return the same places with what a geocoder found."""
        return Gazetteer(self._zones, self._crs, found=found, least_score=least_score)

    def find(self, address: Address) -> Position | None:
        """Return where an address is, as well as it is known, or None."""
        position = self._found.get(address.key)
        if position is not None and position.score >= self._least_score:
            return position
        zone = self._by_code.get(address.insee) if address.insee else None
        if zone is None and address.city:
            zone = self._by_name.get(fold(address.city))
        return None if zone is None else self._middle(zone)

    def was_sought(self, address: Address) -> bool:
        """Return whether a geocoder was asked for an address, whatever it found."""
        return address.key in self._found

    def _middle(self, zone: Zone) -> Position:
        """Return a point inside the commune, near its middle."""
        point = shapely.point_on_surface(zone.area)
        moved = reproject_shapes(_alone(point), source=self._crs, target=WGS84)
        (point,) = canonical_shapes(moved)
        return Position(point.x, point.y, COMMUNE, COMMUNE, math.nan, zone.name)


def _alone(shape: shapely.Geometry) -> Shapes:
    shapes = np.empty(1, dtype=object)
    shapes[0] = shape
    return shapes
