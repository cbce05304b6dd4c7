"""The campaign's own table of driving times between Maisons."""

from __future__ import annotations

from data.read.cells import convert, known_among, number
from data.read.codes import Code
from data.read.log import ProblemLog
from data.read.table import Table
from geo.model import TravelRow

_MOST_MINUTES = 24 * 60
_MOST_KM = 5000


def read_travel(
    table: Table, maison_ids: frozenset[str] | None, log: ProblemLog
) -> tuple[TravelRow, ...]:
    """Return the driving times, sorted; whole seconds and metres, the half going to the even one.

    A row from a Maison to itself is dropped if it takes no time and is a problem if it does.
    """
    known = known_among(maison_ids, Code.UNKNOWN_MAISON)
    origins = convert(table, "from_id", known, log=log, empty="", required=True)
    targets = convert(table, "to_id", known, log=log, empty="", required=True)
    in_minutes = number(least=0, most=_MOST_MINUTES)
    minutes = convert(table, "minutes", in_minutes, log=log, empty=0.0, required=True)
    in_km = number(least=0, most=_MOST_KM)
    kilometres = convert(table, "km", in_km, log=log, empty=0.0, required=True)
    first: dict[tuple[str, str], int] = {}
    rows = []
    for i, pair in enumerate(zip(origins, targets, strict=True)):
        origin, target = pair
        if not origin or not target:
            continue
        if first.setdefault(pair, i) != i:
            earlier = table.rows[first[pair]]
            log.add(
                Code.DUPLICATE_TRAVEL, table.where(i), origin=origin, target=target, first=earlier
            )
        elif origin == target:
            if minutes[i] > 0:
                typed = table.cells("minutes")[i]
                where = table.where(i, "minutes")
                log.add(Code.TRAVEL_TO_ITSELF, where, found=typed, origin=origin)
        else:
            drive_s, distance_m = round(minutes[i] * 60), round(kilometres[i] * 1000)
            rows.append(TravelRow(origin, target, drive_s, distance_m))
    return tuple(sorted(rows))
