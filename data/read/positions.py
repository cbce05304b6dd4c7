"""The file of a campaign that keeps what a geocoder found, so that nobody is asked twice."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Mapping

from data.read.addresses import Address, Position
from geo.precision import PRECISIONS

COLUMNS = (
    "address", "postcode", "city", "insee", "lat", "lon", "precision", "score", "source", "label",
)  # fmt: skip
NOT_FOUND = "introuvable"
_LONGEST_CELL = 1000


def positions_csv(positions: Mapping[Address, Position | None]) -> bytes:
    """Return the file, sorted by address; None is an address that the geocoder did not find."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=";", lineterminator="\n")
    writer.writerow(COLUMNS)
    for address, position in sorted(positions.items(), key=lambda item: (item[0].key, item[0])):
        if position is None:
            writer.writerow((*address, "", "", NOT_FOUND, "", "", ""))
        else:
            place = (f"{position.lat:.7f}", f"{position.lng:.7f}")
            how = (position.precision, f"{position.score:.4f}", position.source, position.label)
            writer.writerow((*address, *place, *how))
    return text.getvalue().encode()


def positions_from(content: bytes) -> dict[Address, Position | None]:
    """Return what `positions_csv` wrote.

    Raises
    ------
    ValueError
        With the number of the row that cannot be read (its only argument).
    """
    try:
        rows = list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""), delimiter=";"))
    except (UnicodeDecodeError, csv.Error) as error:
        raise ValueError(1) from error
    if not rows or tuple(rows[0]) != COLUMNS:
        raise ValueError(1)
    found: dict[Address, Position | None] = {}
    for number, row in enumerate(rows[1:], start=2):
        try:
            found[Address(*row[:4])] = _position(row[4:])
        except (TypeError, ValueError) as error:
            raise ValueError(number) from error
    return found


def _position(cells: list[str]) -> Position | None:
    lat, lon, precision, score, source, label = cells
    if precision == NOT_FOUND:
        return None
    position = Position(float(lon), float(lat), precision, source, float(score), label)
    in_range = abs(position.lng) <= 180 and abs(position.lat) <= 90
    short = len(source) <= _LONGEST_CELL and len(label) <= _LONGEST_CELL
    printable = (source + label).isprintable()
    if precision not in PRECISIONS or not (in_range and short and printable):
        raise ValueError(precision)
    if not (math.isnan(position.score) or 0 <= position.score <= 1):
        raise ValueError(score)
    return position
