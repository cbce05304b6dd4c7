"""What the sentences about a tour share beside `geo.french`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from itertools import groupby

from geo.french import NBSP, counted, day_of_month, listed, month, month_date
from geo.tour.stays import Stay

_FEW_DAYS = 6


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


def stop_dates(name: str, stays: Sequence[Stay]) -> str:
    """Return a stop with its possible days, all of them where they are few."""
    days = sorted({day for stay in stays for day in stay.open_on})
    told = (
        days_text(days)
        if len(days) <= _FEW_DAYS
        else f"{len(days)} jours possibles du {month_date(days[0])} au {month_date(days[-1])}"
    )
    dwell = stays[0].length
    needed = f", {dwell_text(dwell)} sur place" if dwell != 1 else ""
    return f"{quoted([name])} ({told}{needed})"
