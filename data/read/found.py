"""Rows whose points are those of their addresses, because the file gives none."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np

from data.read.addresses import Address, Position
from data.read.codes import Code
from data.read.log import ProblemLog
from data.read.messages import distance
from data.read.points import Points
from data.read.schema import fold
from data.read.table import Table
from data.read.territory import Territory
from geo.crs import WGS84, reproject_points
from geo.errors import Where
from geo.french import number
from geo.precision import FRENCH, PRECISIONS, in_french

_POSITION = ("x", "y", "lat", "lon")
_WORDS = {
    **{word: word for word in PRECISIONS},
    **{fold(french): word for word, french in FRENCH.items()},
    "municipality": "commune",
    "voie": "street",
    "lieu_dit": "locality",
}


def word_of(text: str) -> str:
    """Return the precision that a cell means; a word that we do not know stays as it is."""
    return _WORDS.get(fold(text), text)


def addresses_of(table: Table, rows: Iterable[int] | None = None) -> dict[int, Address]:
    """Return the address of each row (of some) that has one, and no coordinates at all."""
    if table.shapes is not None:
        return {}
    here = [table.text(name) for name in _POSITION if table.has(name)]
    parts = [table.text(name) for name in Address._fields]
    found = {}
    for i in range(len(table)) if rows is None else rows:
        address = Address(*(part[i] for part in parts))
        if not address.is_empty and not any(cells[i] for cells in here):
            found[i] = address
    return found


def find_rows(
    table: Table, territory: Territory | None, rows: Iterable[int]
) -> dict[int, Position]:
    """Return where those of some rows are that have no coordinates, and a known address."""
    if territory is None:
        return {}
    addresses = addresses_of(table, rows)
    places = {i: territory.gazetteer.find(address) for i, address in addresses.items()}
    return {i: position for i, position in places.items() if position is not None}


def not_sought(
    table: Table, territory: Territory | None, rows: Iterable[int]
) -> dict[int, Address]:
    """Return the addresses of some rows without coordinates that nobody has asked a geocoder for.

    None where the territory is not known: then nobody can say whether a commune would do.
    """
    if territory is None:
        return {}
    addresses = addresses_of(table, rows)
    return {i: a for i, a in addresses.items() if not territory.gazetteer.was_sought(a)}


def add_found(
    table: Table,
    points: Points,
    found: Mapping[int, Position],
    *,
    territory: Territory,
    log: ProblemLog,
) -> None:
    """Put rows without coordinates where their addresses are, and note how well that is known.

    One warning a file and precision; a place outside the territory is an error of its row.
    """
    if not found:
        return
    rows = np.array(sorted(found), dtype=np.int64)
    positions = [found[i] for i in rows.tolist()]
    lng = np.array([position.lng for position in positions])
    lat = np.array([position.lat for position in positions])
    x, y = reproject_points(lng, lat, source=WGS84, target=territory.crs)
    points.lng[rows], points.lat[rows], points.x[rows], points.y[rows] = lng, lat, x, y
    points.precision[rows] = [position.precision for position in positions]
    points.source[rows] = [position.source for position in positions]
    points.score[rows] = [position.score for position in positions]
    for precision in PRECISIONS:
        of_kind = [i for i in rows.tolist() if found[i].precision == precision]
        if of_kind:
            log.add(
                Code.PLACED_BY_ADDRESS,
                Where(table.file),
                count=number(len(of_kind)),
                precision=in_french(precision),
                rows=_some(table, of_kind),
            )
    if territory.whole:
        for k in np.flatnonzero(~territory.holds(x, y)).tolist():
            zone, metres = territory.nearest(x[k], y[k])
            where = table.where(int(rows[k]), "address")
            far = distance(metres)
            log.add(
                Code.POINT_OUTSIDE_TERRITORY, where, found=positions[k].label, zone=zone, far=far
            )


_MOST_NAMED = 5


def _some(table: Table, rows: list[int]) -> str:
    named = ", ".join(str(table.rows[i]) for i in rows[:_MOST_NAMED])
    return f"{named}…" if len(rows) > _MOST_NAMED else named
