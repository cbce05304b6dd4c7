"""The days of the exhibition and of the posting, month by month, as on a paper calendar."""

from __future__ import annotations

import calendar
from datetime import date, timedelta

from geo import french
from maps.columns import Json
from maps.scene import Scene

MOST_MONTHS = 24


def calendar_section(scene: Scene) -> Json:
    """Return the calendar; a day holds its stops, as Maisons, and the period that it lies in."""
    at = {maison.maison_id: i for i, maison in enumerate(scene.campaign.maisons)}
    stops: dict[date, list[int]] = {}
    for stop in scene.stops():
        for day in stop.open_on:
            stops.setdefault(day, []).append(scene.venues.index(at[stop.maison_id]))
    months = _months(scene, stops)
    return {
        "kind": "calendar",
        "title": "Le calendrier",
        "months": [
            {"name": french.month(first), "weeks": _weeks(scene, first, stops)} for first in months
        ],
    }


def _months(scene: Scene, stops: dict[date, list[int]]) -> list[date]:
    """Return the first day of each month in which something happens, `MOST_MONTHS` at the most."""
    periods = scene.campaign.periods
    days = set(stops)
    for n in scene.periods() if len(scene.period) else ():
        days |= {periods.first_day(n) + timedelta(days=i) for i in range(periods.days)}
    return sorted({day.replace(day=1) for day in days})[:MOST_MONTHS]


def _weeks(scene: Scene, first: date, stops: dict[date, list[int]]) -> list[list[Json | None]]:
    weeks = calendar.Calendar().monthdatescalendar(first.year, first.month)
    return [
        [_day(scene, day, stops) if day.month == first.month else None for day in week]
        for week in weeks
    ]


def _day(scene: Scene, day: date, stops: dict[date, list[int]]) -> Json:
    periods = scene.campaign.periods
    period = (day - periods.start).days // periods.days + 1
    return {
        "d": day.day,
        "v": stops.get(day, []),
        "p": period if len(scene.period) and period in scene.periods() else 0,
    }
