"""The campaign's own table of driving times between Maisons."""

from __future__ import annotations

import math

from data.read.codes import Code
from data.read.log import ProblemLog
from data.read.rows import Context, Rows
from data.read.rows import TravelRow as Row
from data.read.table import Table
from geo.model import TravelRow


def read_travel(
    table: Table, maison_ids: frozenset[str] | None, log: ProblemLog
) -> tuple[TravelRow, ...]:
    """Return the driving times, sorted; whole seconds and metres, the half going to the even one.

    A row from a Maison to itself is dropped if it takes no time and is a problem if it does.
    """
    read = Rows(table, Row, Context(maison_ids=maison_ids), log)
    origins, targets = read.column("from_id"), read.column("to_id")
    minutes, kilometres = read.array("minutes").tolist(), read.array("km").tolist()
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
                typed = table.text("minutes")[i]
                where = table.where(i, "minutes")
                log.add(Code.TRAVEL_TO_ITSELF, where, found=typed, origin=origin)
        elif math.isfinite(minutes[i]) and math.isfinite(kilometres[i]):
            drive_s, distance_m = round(minutes[i] * 60), round(kilometres[i] * 1000)
            rows.append(TravelRow(origin, target, drive_s, distance_m))
    return tuple(sorted(rows))
