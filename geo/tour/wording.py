"""What the sentences about a tour share beside `geo.french`."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from itertools import groupby

from geo.french import NBSP, counted, day_of_month, listed, month


def quoted(names: Iterable[str], *, last: str = "et") -> str:
    """Return e.g. ``« a », « b » et « c »``."""
    return listed([f"« {name} »" for name in names], last=last)


def days_text(days: Iterable[date]) -> str:
    """Return sorted days without saying twice the month they share: ``2, 3 et 6 novembre 2017``."""
    months = [
        f"{listed([day_of_month(day) for day in group])}{NBSP}{name}"
        for name, group in groupby(sorted(days), key=month)
    ]
    return listed(months)


def duration(seconds: float) -> str:
    """Return e.g. ``4 h``, ``4 h 05`` or ``35 min``, rounded up to the minute."""
    hours, minutes = divmod(-int(-seconds // 60), 60)
    if not hours:
        return f"{minutes}{NBSP}min"
    return f"{hours}{NBSP}h" + (f"{NBSP}{minutes:02}" if minutes else "")


def dwell_text(days: float) -> str:
    """Return e.g. ``2 jours``, ``une demi-journée`` or ``1 jour et demi``."""
    whole, half = divmod(days, 1)
    if not half:
        return counted(int(whole), "jour", "jours")
    return f"{counted(int(whole), 'jour', 'jours')} et demi" if whole else "une demi-journée"
