"""Dates, durations and lists as a French sentence has them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import date
from itertools import groupby

NBSP = "\u00a0"
_MONTHS = (
    "janvier",
    "février",
    "mars",
    "avril",
    "mai",
    "juin",
    "juillet",
    "août",
    "septembre",
    "octobre",
    "novembre",
    "décembre",
)


def french(text: str) -> str:
    """Return the sentence with its plain spaces made non-breaking where French wants them so."""
    return re.sub(r" (?=[:;?!»])|(?<=«) |(?<=\d) (?=h\b|min\b)", NBSP, text)


def quoted(names: Iterable[str], *, last: str = "et") -> str:
    """Return e.g. ``« a », « b » et « c »``."""
    return listed([f"« {name} »" for name in names], last=last)


def listed(words: Sequence[str], *, last: str = "et") -> str:
    """Return e.g. ``a, b et c``."""
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} {last} {words[-1]}"


def counted(n: int, one: str, many: str) -> str:
    """Return e.g. ``1 jour`` or ``3 jours``."""
    return f"{n}{NBSP}{one if n < 2 else many}"


def day_text(day: date) -> str:
    """Return e.g. ``17 octobre 2017``."""
    return f"{_number(day)}{NBSP}{_month(day)}"


def days_text(days: Iterable[date]) -> str:
    """Return sorted days without saying twice the month they share: ``2, 3 et 6 novembre 2017``."""
    months = [
        f"{listed([_number(day) for day in group])}{NBSP}{month}"
        for month, group in groupby(sorted(days), key=_month)
    ]
    return listed(months)


def duration(seconds: float) -> str:
    """Return e.g. ``4 h``, ``4 h 05`` or ``35 min``, rounded up to the minute."""
    hours, minutes = divmod(-int(-seconds // 60), 60)
    if not hours:
        return f"{minutes}{NBSP}min"
    return f"{hours}{NBSP}h" + (f"{NBSP}{minutes:02}" if minutes else "")


def _number(day: date) -> str:
    return "1er" if day.day == 1 else str(day.day)


def _month(day: date) -> str:
    return f"{_MONTHS[day.month - 1]} {day.year}"
