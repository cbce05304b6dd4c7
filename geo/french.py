"""French as people read it, in every sentence and on every page: numbers, money, dates, durations.

Nothing here depends on a locale of the machine.
"""

from __future__ import annotations

import errno
import math
import re
from collections.abc import Sequence
from datetime import date, datetime, timedelta

NBSP = "\u00a0"
_THIN = "\u202f"  # narrow no-break space, between thousands
_DAYS = ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche")
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

_REFUSALS = {
    errno.EACCES: "accès refusé",
    errno.EEXIST: "existe déjà",
    errno.EISDIR: "c’est un dossier, pas un fichier",
    errno.ELOOP: "des liens symboliques tournent en rond",
    errno.ENAMETOOLONG: "nom trop long",
    errno.ENOENT: "introuvable",
    errno.ENOSPC: "disque plein",
    errno.ENOTDIR: "ce n’est pas un dossier",
    errno.EPERM: "opération interdite",
    errno.EROFS: "en lecture seule",
}


def number(value: float, decimals: int = 0) -> str:
    """Return e.g. ``12 345,6``, or a dash where the value is not a finite number."""
    if not math.isfinite(value):
        return "–"
    return f"{value:,.{decimals}f}".replace(",", _THIN).replace(".", ",")


def euros(cents: int) -> str:
    """Return e.g. ``1 234 €`` or ``1 234,50 €``."""
    return f"{number(cents / 100, 2 if cents % 100 else 0)}{NBSP}€"


def percent(share: float, decimals: int = 1) -> str:
    """Return a share of one as e.g. ``12,3 %``."""
    return f"{number(share * 100, decimals)}{NBSP}%"


def noun(n: int, one: str, many: str) -> str:
    """Return the form that `n` things take; zero takes the singular in French."""
    return one if n < 2 else many


def counted(n: int, one: str, many: str) -> str:
    """Return e.g. ``1 face`` or ``2 000 faces``."""
    return f"{number(n)}{NBSP}{noun(n, one, many)}"


def system_reason(code: int | None, *, otherwise: str) -> str:
    """Return why a system refuses a file, by its error number; `otherwise` for a rare one."""
    return _REFUSALS.get(code or 0, otherwise)


def listed(words: Sequence[str], *, last: str = "et") -> str:
    """Return e.g. ``a, b et c``."""
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} {last} {words[-1]}"


def quoted(text: str) -> str:
    """Return « text », with the spaces inside that do not break."""
    return f"«{NBSP}{text}{NBSP}»"


def typeset(sentence: str) -> str:
    """Return the sentence with plain spaces made non-breaking where French wants them so."""
    return re.sub(r" (?=[:;?!»])|(?<=«) |(?<=\d) (?=h\b|min\b|€|%|km\b|m\b)", NBSP, sentence)


def day_of_month(day: date) -> str:
    """Return e.g. ``1er`` or ``17``."""
    return "1er" if day.day == 1 else str(day.day)


def long_date(day: date) -> str:
    """Return e.g. ``mardi 17 octobre 2017``."""
    return f"{_DAYS[day.weekday()]} {month_date(day)}"


def month_date(day: date) -> str:
    """Return e.g. ``17 octobre 2017``."""
    return f"{day_of_month(day)}{NBSP}{month(day)}"


def month(day: date) -> str:
    """Return e.g. ``octobre 2017``."""
    return f"{_MONTHS[day.month - 1]} {day.year}"


def span(first: date, last: date) -> str:
    """Return e.g. ``du 17 au 23 octobre 2017``, without saying twice what both days share."""
    if first == last:
        return f"le {month_date(first)}"
    if (first.year, first.month) == (last.year, last.month):
        return f"du {day_of_month(first)} au {month_date(last)}"
    start = f"{day_of_month(first)}{NBSP}{_MONTHS[first.month - 1]}"
    if first.year != last.year:
        start += f" {first.year}"
    return f"du {start} au {month_date(last)}"


def opening_days(days: Sequence[date]) -> str:
    """Return the days of a stay: each by its name up to three, else first and last."""
    ordered = sorted(days)
    if not ordered:
        return "–"
    if len(ordered) <= 3:
        return listed([long_date(day) for day in ordered])
    return f"{span(ordered[0], ordered[-1])} ({len(ordered)} jours d’ouverture)"


def nearest_minute(when: datetime) -> datetime:
    """Return an hour as it is shown, in a file as on a page: the nearest minute, half of one up.

    Openings are on whole minutes, so that no kit is shown to arrive after the one that it is driven
    to, nor to leave before the one that it leaves has closed.
    """
    return (when + timedelta(seconds=30)).replace(second=0, microsecond=0)


def nearest_minutes(seconds: float) -> int:
    """Return a time as it is shown: the nearest whole minutes, half of one up."""
    return math.floor(seconds / 60 + 0.5)


def moment(when: datetime) -> str:
    """Return e.g. ``mardi 17 octobre 2017 à 8 h 30``, the `nearest_minute`."""
    shown = nearest_minute(when)
    return f"{long_date(shown.date())} à {hour(shown)}"


def hour(when: datetime) -> str:
    """Return e.g. ``8 h 30``, the `nearest_minute`."""
    shown = nearest_minute(when)
    return f"{shown.hour}{NBSP}h{NBSP}{shown.minute:02}"


def duration(seconds: float) -> str:
    """Return e.g. ``1 h 05`` or ``35 min``, the `nearest_minutes`."""
    hours, minutes = divmod(nearest_minutes(seconds), 60)
    return f"{hours}{NBSP}h{NBSP}{minutes:02}" if hours else f"{minutes}{NBSP}min"
