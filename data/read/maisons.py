"""The Maisons du Département: where the exhibition goes."""

from __future__ import annotations

import re
from datetime import date

import shapely

from data.read.cells import (
    CellFault,
    convert,
    day,
    days,
    identifiers,
    known_among,
    number,
    opening,
    parts_of,
    whole_number,
)
from data.read.codes import Code
from data.read.log import ProblemLog
from data.read.places import locate
from data.read.points import Points
from data.read.reference import SaidCrs
from data.read.table import Table
from data.read.tour_values import SCHOOL_HOLIDAYS, choice
from data.read.zones import ReadZones
from geo.crs import LngLat
from geo.model import Maison, SchoolHolidays

_NO_DAYS: tuple[date, ...] = ()
_NO_WINDOWS: tuple[tuple[date, date], ...] = ()
_BETWEEN = re.compile(r"\s*\.\.\s*|\s+au\s+")


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
    setup_s = convert(table, "setup_min", _minutes, log=log, empty=None)
    takedown_s = convert(table, "takedown_min", _minutes, log=log, empty=None)
    not_before = convert(table, "not_before", _day, log=log, empty=None)
    not_after = convert(table, "not_after", _day, log=log, empty=None)
    windows = convert(table, "windows", _windows, log=log, empty=_NO_WINDOWS)
    school = convert(table, "school_holidays", _school_holidays, log=log, empty=None)
    _check_limits(table, not_before, not_after, log)
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
            precision=str(points.precision[i]),
            setup_s=setup_s[i],
            takedown_s=takedown_s[i],
            not_before=not_before[i],
            not_after=not_after[i],
            windows=windows[i],
            school_holidays=school[i],
        )
        for i in range(len(table))
        if ids[i] and points.usable[i]
    ]
    return {maison.maison_id: maison for maison in sorted(maisons, key=lambda m: m.maison_id)}


def _staff(text: str) -> int | None:
    return whole_number(least=0, most=1_000_000)(text)


def _dwell_days(text: str) -> float | None:
    value = number(least=0.5, most=366)(text)
    if value * 2 % 1:
        raise CellFault(Code.NOT_HALF_DAYS, value=text)
    return value


def _minutes(text: str) -> int | None:
    """Return minutes as seconds."""
    return 60 * whole_number(least=0, most=720)(text)


def _day(text: str) -> date | None:
    return day(text)


def _windows(text: str) -> tuple[tuple[date, date], ...]:
    """Return windows joined by ``|``, sorted: ``2017-10-17..2017-10-20`` or a single day."""
    return tuple(sorted({_window(part) for part in parts_of(text)}))


def _window(text: str) -> tuple[date, date]:
    ends = _BETWEEN.split(text)
    if len(ends) > 2:
        raise CellFault(Code.BAD_WINDOW, value=text)
    try:
        begin, end = day(ends[0]), day(ends[-1])
    except CellFault as fault:
        raise CellFault(Code.BAD_WINDOW, value=text) from fault
    if end < begin:
        raise CellFault(Code.DATES_REVERSED, start=begin, end=end)
    return begin, end


def _school_holidays(text: str) -> SchoolHolidays | None:
    return choice(text, SCHOOL_HOLIDAYS)


def _check_limits(
    table: Table, not_before: list[date | None], not_after: list[date | None], log: ProblemLog
) -> None:
    for i, (begin, end) in enumerate(zip(not_before, not_after, strict=True)):
        if begin is not None and end is not None and end < begin:
            where = table.where(i, "not_after")
            log.add(Code.DATES_REVERSED, where, found=str(end), start=begin, end=end)


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
