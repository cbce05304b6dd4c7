"""The zones that a Maison is in, and the days on which posters are up there."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

import numpy as np
import shapely

from geo.crs import WGS84, reproject_points
from geo.model import Campaign, Maison
from geo.verify.places import ZoneTree, zone_by_level


class Homes:
    """Looks up the zones of the Maisons of a campaign, the finest first."""

    def __init__(self, campaign: Campaign) -> None:
        self._campaign = campaign
        self._tree = ZoneTree(campaign.zones)
        self._zones: dict[str, tuple[str, ...]] = {}

    def zones(self, maison: Maison) -> tuple[str, ...]:
        """Return the zone that its row names and what that is declared to lie in, or its places."""
        if maison.maison_id not in self._zones:
            indices = self._declared(maison) or self._around(maison)
            found = tuple(self._tree.zones[zone].zone_id for zone in indices)
            self._zones[maison.maison_id] = found
        return self._zones[maison.maison_id]

    def _declared(self, maison: Maison) -> list[int]:
        zone = self._tree.index.get(maison.zone_id or "")
        return [] if zone is None else [zone, *self._tree.declared_ancestors(zone)]

    def _around(self, maison: Maison) -> list[int]:
        if not self._tree.zones:
            return []
        lng, lat = np.array([maison.lnglat.lng]), np.array([maison.lnglat.lat])
        x, y = reproject_points(lng, lat, source=WGS84, target=self._campaign.crs)
        point = np.asarray(shapely.points(x, y), dtype=object)
        return [int(zone) for zone in zone_by_level(self._tree, point)[:, 0] if zone >= 0]

    def has_posters(self, maison: Maison, day: date) -> bool:
        """Return whether a period is on that day which the nearest sequence lets go up there."""
        periods = self._campaign.periods
        current = [
            number
            for number in periods.numbers()
            if _begins(periods.start, periods.days, number)
            <= day
            < _begins(periods.start, periods.days, number + 1)
        ]
        return any(number in self._sequence(self.zones(maison)) for number in current)

    def _sequence(self, zone_ids: Sequence[str]) -> frozenset[int]:
        for zone_id in zone_ids:
            if zone_id in self._campaign.sequences:
                return self._campaign.sequences[zone_id]
        return frozenset(self._campaign.periods.numbers())


def _begins(start: date, days: int, number: int) -> date:
    return start + timedelta(days=days * (number - 1))
