"""Numbers and dates as a French sentence has them."""

from __future__ import annotations

from datetime import date, datetime

from geo.french import NBSP


def number(value: float, digits: int = 6) -> str:
    """Return the number with so many significant digits and a decimal comma."""
    return f"{value:.{digits}g}".replace(".", ",")


def day(value: date) -> str:
    """Return e.g. ``17/10/2017``."""
    return f"{value:%d/%m/%Y}"


def moment(value: datetime) -> str:
    """Return e.g. ``17/10/2017 à 17:00``."""
    return f"{value:%d/%m/%Y à %H:%M}"


def minutes(seconds: float) -> str:
    """Return e.g. ``83 min``, to the second where there are some."""
    whole, rest = divmod(round(seconds), 60)
    return f"{whole}{NBSP}min" + (f"{NBSP}{rest}{NBSP}s" if rest else "")
