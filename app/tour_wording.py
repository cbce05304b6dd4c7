"""What the command line says of a tour, in French, and the same as JSON."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from typing import Any

from app.tour_summary import SOURCE_NAMES, shortfall_json, spread_json, summary_lines
from app.touring import Toured
from app.wording import problems_json
from geo.french import (
    NBSP,
    counted,
    duration,
    long_date,
    month_date,
    nearest_minute,
    nearest_minutes,
    number,
)
from geo.plan import Leg, Stop, Tour
from geo.tour.differences import is_reverse, left_out, pairs_of


def tour_lines(toured: Toured) -> list[str]:
    """Return what ``placarde tour`` says of the tours it made: the best one day by day."""
    best = toured.tours[0]
    lines = [*summary_lines(best), *_day_lines(best, toured.names)]
    for count, variant in enumerate(toured.tours[1:], start=2):
        lines += ["", *_variant_lines(count, variant, best=best, towns=toured.towns)]
    if best.shortfalls:
        lines += ["", f"Ce qui n’a pas pu être fait{NBSP}:"]
        lines += [f"  – {shortfall.message}" for shortfall in best.shortfalls]
    return [*lines, "", f"Tournée écrite dans {toured.folder}"]


def _day_lines(tour: Tour, names: Mapping[str, str]) -> Iterator[str]:
    for kit in sorted({stop.kit for stop in tour.stops}):
        yield ""
        yield f"Kit {kit}"
        moments: list[tuple[datetime, int, str]] = [
            (stop.arrive, 1, _stop_line(stop, names)) for stop in tour.stops if stop.kit == kit
        ]
        moments += [(leg.depart, 0, _leg_line(leg, names)) for leg in tour.legs if leg.kit == kit]
        for _, _, line in sorted(moments):
            yield line


def _stop_line(stop: Stop, names: Mapping[str, str]) -> str:
    days = sorted(stop.open_on)
    when, hours = long_date(days[0]), ""
    if len(days) > 1:
        open_days = counted(len(days), "jour", "jours")
        when = f"du {when} au {long_date(days[-1])}, ouvert {open_days}"
    if stop.opens is not None and stop.closes is not None:
        hours = f", de {stop.opens:%H:%M} à {stop.closes:%H:%M}"
        if len(days) > 1:
            hours = f", du {stop.opens:%d/%m %H:%M} au {stop.closes:%d/%m %H:%M}"
    return f"  {when}{NBSP}: {names[stop.maison_id]}{hours}"


def _leg_line(leg: Leg, names: Mapping[str, str]) -> str:
    between = ""
    if leg.low_s is not None and leg.high_s is not None:
        between = f", {duration(leg.low_s)} à {duration(leg.high_s)}"
    kind = "à vide vers" if leg.empty else "vers"
    return (
        f"    route {nearest_minute(leg.depart):%d/%m %H:%M} – "
        f"{nearest_minute(leg.arrive):%H:%M}{NBSP}: {kind} "
        f"{names[leg.to_id]}, {duration(leg.drive_s)}, {number(leg.distance_m / 1000)}{NBSP}km "
        f"({SOURCE_NAMES[leg.source]}{between})"
    )


def _variant_lines(
    count: int, variant: Tour, *, best: Tour, towns: Mapping[str, str]
) -> Iterator[str]:
    more = variant.drive_s - best.drive_s
    beside = f"{duration(more)} de plus" if nearest_minutes(more) else "autant"
    changed = (
        "la première en sens inverse"
        if is_reverse(best, variant)
        else f"{counted(left_out(best, variant), 'trajet changé', 'trajets changés')} sur "
        f"{len(pairs_of(best))}"
    )
    yield (
        f"Variante {count}{NBSP}: {duration(variant.drive_s)} de route ({beside}), "
        f"{number(variant.distance_m / 1000)}{NBSP}km, "
        f"dernier jour le {month_date(_last_day(variant))}, {changed}"
    )
    for kit in sorted({stop.kit for stop in variant.stops}):
        order = [towns[stop.maison_id] for stop in variant.stops if stop.kit == kit]
        yield f"  Kit {kit}{NBSP}: {' → '.join(order)}"


def _last_day(tour: Tour) -> date:
    return max(day for stop in tour.stops for day in stop.open_on)


def tour_json(toured: Toured) -> dict[str, Any]:
    """Return what ``placarde tour --json`` prints."""
    best = toured.tours[0]
    return {
        "ok": not best.shortfalls,
        "tour": str(toured.folder),
        **_tour_object(best),
        "alternatives": [
            _tour_object(tour)
            | {"reversed": is_reverse(best, tour), "changed_drives": left_out(best, tour)}
            for tour in toured.tours[1:]
        ],
        "shortfalls": [shortfall_json(shortfall) for shortfall in best.shortfalls],
        "problems": problems_json(toured.reading.problems),
    }


def _tour_object(tour: Tour) -> dict[str, Any]:
    return {
        "status": tour.status.value,
        "drive_s": tour.drive_s,
        "bound_s": tour.bound_s,
        "distance_m": tour.distance_m,
        "revision": tour.revision,
        "stops": [
            {
                "maison_id": stop.maison_id,
                "kit": stop.kit,
                "open_on": [day.isoformat() for day in sorted(stop.open_on)],
            }
            for stop in tour.stops
        ],
        **spread_json(tour),
    }
