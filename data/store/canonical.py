"""Cells as the store keeps them: one spelling for each value, that reads back as the same value."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from fractions import Fraction

from data.read.cells import (
    SEPARATOR,
    CellFault,
    cents,
    day,
    days,
    media,
    parse_number,
    parts_of,
    period,
    periods,
    price,
    without_currency,
    yes_no,
)
from data.read.found import word_of

_LIKE_THOUSANDS = re.compile(r"-?\d{1,3}\.\d{3}")
_MOST_DIGITS = 40
NO_PERIOD = "aucune"


def canonical(cells: Sequence[str], name: str, factor: Fraction | None = None) -> list[str]:
    """Return the cells of a column in their one spelling; one that is no such value as it is.

    Parameters
    ----------
    name
        The canonical name of the column.
    factor
        By what its numbers are multiplied, see `data.read.table.Table.scale`.
    """
    spell = _SPELLINGS.get(name)
    if spell is None:
        return list(cells)
    known = {"": ""}
    for cell in set(cells) - {""}:
        try:
            known[cell] = spell(cell) if factor is None else _scaled(cell, name, factor)
        except CellFault:
            known[cell] = cell
    return [known[cell] for cell in cells]


def degrees(value: float) -> str:
    """Return a coordinate in degrees as text, see `geo.crs.DECIMALS`."""
    return f"{value:.7f}"


def _scaled(cell: str, name: str, factor: Fraction) -> str:
    """Return a number multiplied just as the reader does, see `data.read.faces`."""
    if name == "price_eur":
        whole = Fraction(price(cell)) * factor
        return _plain(Decimal(round(whole)) / 100)
    value = float(parse_number(cell)) * factor.numerator / factor.denominator
    return _plain(Decimal(repr(value)))


def _number(cell: str) -> str:
    return _plain(parse_number(cell))


def _price(cell: str) -> str:
    return _plain(Decimal(cents(parse_number(without_currency(cell)))) / 100)


def _plain(value: Decimal) -> str:
    """Return a number with a decimal point, and never one that may be thousands (``1.234``)."""
    text = f"{value:f}"
    if len(text) > _MOST_DIGITS:
        return repr(float(value))
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    text = "0" if text in {"-0", ""} else text
    return f"{text}0" if _LIKE_THOUSANDS.fullmatch(text) else text


def _lit(cell: str) -> str:
    return "oui" if yes_no(cell) else "non"


def _day(cell: str) -> str:
    return day(cell).isoformat()


def _days(cell: str) -> str:
    return SEPARATOR.join(each.isoformat() for each in days(cell))


def _available(cell: str) -> str:
    """Return periods; nothing where the cell says all of them, however many there are."""
    if any(character.isdigit() for character in cell):
        return SEPARATOR.join(map(str, sorted(periods(None)(cell))))
    return "" if periods(1)(cell) else NO_PERIOD


def _period(cell: str) -> str:
    return str(period(None)(cell))


def _media(cell: str) -> str:
    return SEPARATOR.join(sorted(media(cell)))


def _ids(cell: str) -> str:
    return SEPARATOR.join(sorted(set(parts_of(cell))))


_NUMBERS = (
    "bearing", "contacts", "dwell_days", "km", "minutes", "population", "position_score",
    "setup_min", "share", "staff", "surface_m2", "takedown_min",
)  # fmt: skip
_SPELLINGS: Mapping[str, Callable[[str], str]] = {
    **dict.fromkeys(_NUMBERS, _number),
    "available": _available,
    "closed_on": _days,
    "consent_media": _media,
    "consent_until": _day,
    "fixed_on": _days,
    "lit": _lit,
    "not_after": _day,
    "not_before": _day,
    "period": _period,
    "precision": word_of,
    "price_eur": _price,
    "zones": _ids,
}
