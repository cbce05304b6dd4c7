"""Moments and intervals, as ``datetime`` asks for them (RFC 3339, 5.6; open ends as ``..``)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import MAXYEAR, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

LOCAL = ZoneInfo("Europe/Paris")
"""Plans have the legal time of metropolitan France, as their calendars do."""

_OPEN = frozenset({"", ".."})
_DAY = re.compile(r"(\d{4}-\d{2}-\d{2})T?", re.ASCII)
"""GDAL writes a day that a filter of its user names with the ``T`` of a moment behind it."""
_MOMENT = re.compile(
    r"(\d{4}-\d{2}-\d{2})[Tt ](\d{2}:\d{2}:\d{2})(\.\d+)?([Zz]|[+-]\d{2}:\d{2})", re.ASCII
)
_INSTANT = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Interval:
    """A closed interval of time; None where an end is open."""

    begins: datetime | None
    ends: datetime | None

    def meets(self, other: Interval) -> bool:
        """Return whether the two have a moment in common."""
        return _before(self.begins, other.ends) and _before(other.begins, self.ends)


def interval_of(text: str) -> Interval:
    """Return the interval of a text: a moment, a day, or two of them with ``/`` between.

    Raises
    ------
    ValueError
        If it is none.
    """
    first, slash, last = text.partition("/")
    if not slash:
        return _span(first)
    if first in _OPEN and last in _OPEN:
        raise ValueError("an interval is bounded at one end at least")
    found = Interval(
        None if first in _OPEN else _span(first).begins,
        None if last in _OPEN else _span(last).ends,
    )
    if found.begins and found.ends and found.begins > found.ends:
        raise ValueError("the interval ends before it begins")
    return found


def days(first: date, last: date) -> Interval:
    """Return the interval of whole days in local time, both included."""
    following = datetime.combine(last + timedelta(days=1), time(), LOCAL)
    return Interval(datetime.combine(first, time(), LOCAL), following - _INSTANT)


def local(moment: datetime) -> datetime:
    """Return a moment of a plan, which is local, with its offset."""
    return moment.replace(tzinfo=LOCAL)


def _span(text: str) -> Interval:
    if named := _DAY.fullmatch(text):
        day = date.fromisoformat(named[1])
        if day.year == MAXYEAR:
            raise ValueError("a day of the last year that there is")
        return days(day, day)
    match = _MOMENT.fullmatch(text)
    if match is None:
        raise ValueError("neither a moment nor a day (RFC 3339)")
    day_text, clock, fraction, offset = match.groups()
    digits = (fraction or ".0")[:7]
    zone = "+00:00" if offset in {"Z", "z"} else offset
    moment = datetime.fromisoformat(f"{day_text}T{clock}{digits:0<7}{zone}")
    return Interval(moment, moment)


def _before(begins: datetime | None, ends: datetime | None) -> bool:
    return begins is None or ends is None or begins <= ends
