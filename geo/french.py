"""Numbers, money and durations as French prints them, for every sentence that people read."""

from __future__ import annotations

NO_BREAK = "\N{NO-BREAK SPACE}"
THIN = "\N{NARROW NO-BREAK SPACE}"


def number(value: float, decimals: int = 0) -> str:
    """Return a number with thin spaces and a decimal comma: ``12 345,6``."""
    return f"{value:,.{decimals}f}".replace(",", THIN).replace(".", ",")


def count(n: int, singular: str, plural: str) -> str:
    """Return e.g. ``0 face``, ``1 face``, ``2 faces``."""
    return f"{number(n)}{NO_BREAK}{singular if abs(n) < 2 else plural}"


def euros(cents: int) -> str:
    """Return an amount in cents as euros: ``1 234,50 €``."""
    return f"{number(cents / 100, 2)}{NO_BREAK}€"


def hours(seconds: float) -> str:
    """Return a duration, e.g. ``3 h 05``."""
    minutes = round(seconds / 60)
    return f"{minutes // 60}{NO_BREAK}h{NO_BREAK}{minutes % 60:02}"
