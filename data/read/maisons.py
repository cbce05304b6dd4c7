"""The Maisons du Département: where the exhibition goes."""

from __future__ import annotations

from datetime import date

import shapely

from data.read.cells import convert, days, identifiers, known_among, opening, whole_number
from data.read.codes import Code
from data.read.log import ProblemLog
from data.read.places import Points, locate
from data.read.reference import SaidCrs
from data.read.table import Table
from data.read.zones import ReadZones
from geo.crs import LngLat
from geo.model import Maison

_NO_DAYS: tuple[date, ...] = ()


def read_maisons(
    table: Table, said: SaidCrs, *, zones: ReadZones, log: ProblemLog
) -> dict[str, Maison]:
    """Return the Maisons that have an id and a place, by id in sorted order."""
    ids = identifiers(table, "maison_id", log)
    points = locate(table, said, territory=zones.territory, log=log)
    names = convert(table, "name", str, log=log, empty="", required=True)
    cities = convert(table, "city", str, log=log, empty="", required=True)
    zone_ids = convert(
        table, "zone_id", known_among(zones.ids, Code.UNKNOWN_ZONE), log=log, empty=""
    )
    staff = convert(table, "staff", _staff, log=log, empty=None)
    openings = convert(table, "opening", opening, log=log, empty="")
    closed_on = convert(table, "closed_on", days, log=log, empty=_NO_DAYS)
    dwell_days = convert(table, "dwell_days", _dwell_days, log=log, empty=None)
    fixed_on = convert(table, "fixed_on", days, log=log, empty=_NO_DAYS)
    _check_zones(table, ids, zone_ids, points, zones=zones, log=log)
    maisons = [
        Maison(
            maison_id=ids[i],
            name=names[i],
            city=cities[i],
            lnglat=LngLat(float(points.lng[i]), float(points.lat[i])),
            zone_id=zone_ids[i] or None,
            address=table.cells("address")[i],
            postcode=table.cells("postcode")[i],
            staff=staff[i],
            opening=openings[i],
            closed_on=frozenset(closed_on[i]),
            dwell_days=dwell_days[i],
            fixed_on=fixed_on[i],
            precision=table.cells("precision")[i],
        )
        for i in range(len(table))
        if ids[i] and points.usable[i]
    ]
    return {maison.maison_id: maison for maison in sorted(maisons, key=lambda m: m.maison_id)}


def _staff(text: str) -> int | None:
    return whole_number(least=0, most=1_000_000)(text)


def _dwell_days(text: str) -> int | None:
    return whole_number(least=1, most=366)(text)


def _check_zones(
    table: Table,
    ids: list[str],
    zone_ids: list[str],
    points: Points,
    *,
    zones: ReadZones,
    log: ProblemLog,
) -> None:
    """Note the Maisons that lie in the territory, but not in the zone that their row names."""
    territory = zones.territory
    if territory is None:
        return
    inside = territory.holds(points.x, points.y)
    for i, zone_id in enumerate(zone_ids):
        zone = territory.zones.get(zone_id)
        if zone and inside[i] and not shapely.intersects_xy(zone.area, points.x[i], points.y[i]):
            where = table.where(i, "zone_id")
            log.add(Code.MAISON_OUTSIDE_ITS_ZONE, where, found=zone_id, maison=ids[i], zone=zone_id)
