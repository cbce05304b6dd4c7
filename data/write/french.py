"""Days, times and durations in the words of a French reader, without any locale of the machine."""

from __future__ import annotations

import unicodedata
from datetime import date, datetime

NBSP = "\u00a0"

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


def day_in_words(day: date) -> str:
    """Return e.g. ``mardi 17 octobre 2017``."""
    number = "1er" if day.day == 1 else str(day.day)
    return f"{_DAYS[day.weekday()]} {number} {_MONTHS[day.month - 1]} {day.year}"


def moment_in_words(moment: datetime) -> str:
    """Return e.g. ``mardi 17 octobre 2017 à 8 h 05``."""
    return f"{day_in_words(moment)} à {moment.hour}{NBSP}h{NBSP}{moment.minute:02d}"


def duration_in_words(seconds: int) -> str:
    """Return a duration to the nearest minute, e.g. ``1 h 05`` or ``40 min``."""
    hours, minutes = divmod(nearest_minutes(seconds), 60)
    return f"{hours}{NBSP}h{NBSP}{minutes:02d}" if hours else f"{minutes}{NBSP}min"


def kilometres_in_words(distance_m: int) -> str:
    """Return a distance to the nearest 100 m, e.g. ``12,3 km``."""
    return f"{distance_m / 1000:.1f}{NBSP}km".replace(".", ",")


def nearest_minutes(seconds: int) -> int:
    """Return whole minutes, half a minute rounded up."""
    return (seconds + 30) // 60


def plain(text: str) -> str:
    """Return one line of text that calendars and XML allow.

    Control characters, line breaks, lone surrogates and U+FFFE, U+FFFF become spaces (RFC 5545
    § 3.1, XML 1.0 § 2.2).
    """
    allowed = (" " if _is_forbidden(character) else character for character in text)
    return "".join(allowed).strip()


def _is_forbidden(character: str) -> bool:
    return unicodedata.category(character) in {"Cc", "Cs"} or character in "\ufffe\uffff"
