"""``trajets.csv``: what a routing server said of the roads, so that a plan needs it no more.

Its columns are those of a campaign's own table of drives: named as ``[files] travel``, it holds a
campaign to these roads.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from data.write.sheet import TEXT, Column, decimal
from geo.model import TravelRow
from geo.plan import TravelSource


@dataclass(frozen=True, slots=True)
class RoadLine:
    """One drive; minutes to the ten-thousandth, so that whole seconds come back from them."""

    from_id: str
    to_id: str
    minutes: float
    km: float


ROAD_COLUMNS = (
    Column("from_id", "from_id", TEXT),
    Column("to_id", "to_id", TEXT),
    Column("minutes", "minutes", decimal(4)),
    Column("km", "km", decimal(3)),
)


def road_lines(rows: Iterable[TravelRow]) -> tuple[RoadLine, ...]:
    """Return the rows that came from a routing server, sorted."""
    return tuple(
        RoadLine(row.from_id, row.to_id, row.drive_s / 60, row.distance_m / 1000)
        for row in sorted(rows)
        if row.source is TravelSource.ROADS
    )


def road_rows(lines: Iterable[RoadLine]) -> tuple[TravelRow, ...]:
    """Return the rows that `road_lines` was given."""
    return tuple(
        TravelRow(
            line.from_id,
            line.to_id,
            round(line.minutes * 60),
            round(line.km * 1000),
            TravelSource.ROADS,
        )
        for line in lines
    )
