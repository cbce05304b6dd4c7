"""Numbers and dates as a French sentence has them."""

from __future__ import annotations

from datetime import date, datetime

NBSP = "\u00a0"


def typeset(sentence: str) -> str:
    """Return the sentence with a non-breaking space before each colon and semicolon."""
    return sentence.replace(" : ", f"{NBSP}: ").replace(" ; ", f"{NBSP}; ")


def quoted(text: str) -> str:
    """Return « text »."""
    return f"«{NBSP}{text}{NBSP}»"


def number(value: float, digits: int = 6) -> str:
    """Return the number with so many significant digits and a decimal comma."""
    return f"{value:.{digits}g}".replace(".", ",")


def euros(cents: int) -> str:
    """Return e.g. ``1 234,50 €``."""
    sign = "-" if cents < 0 else ""
    whole, rest = divmod(abs(cents), 100)
    return f"{sign}{whole:,}".replace(",", NBSP) + f",{rest:02}{NBSP}€"


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
