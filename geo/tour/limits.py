"""The days on which a Maison is open, but the campaign or its own row keeps the exhibition away."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache

from vacances_scolaires_france import SchoolHolidayDates

from geo.french import month_date
from geo.model import Maison, Periods, SchoolHolidays, TourRules


@dataclass(frozen=True, slots=True)
class PosterDays:
    """The days on which posters are up in a zone: those of some periods of the campaign."""

    periods: Periods
    numbers: frozenset[int]

    def __contains__(self, day: date) -> bool:
        """Return whether posters are up on a day."""
        number = (day - self.periods.start).days // self.periods.days + 1
        return number in self.numbers and number in self.periods.numbers()


def poster_days(
    zone_ids: Sequence[str], periods: Periods, sequences: Mapping[str, frozenset[int]]
) -> PosterDays:
    """Return when posters are up around a Maison, given its zones, the finest first.

    The first of them that has a sequence decides; without one, all periods of the campaign.
    """
    for zone_id in zone_ids:
        if zone_id in sequences:
            return PosterDays(periods, sequences[zone_id])
    return PosterDays(periods, frozenset(periods.numbers()))


def forbidden_days(
    maison: Maison, rules: TourRules, *, first: date, last: date, posters: PosterDays | None
) -> dict[date, str]:
    """Return the days from `first` to `last` that are not allowed, and why as a French fragment.

    `posters` are given where the exhibition goes with them.
    """
    days = (first + timedelta(days=i) for i in range((last - first).days + 1))
    return {day: why for day in days for why in _why_not(maison, rules, day, posters)}


def _why_not(
    maison: Maison, rules: TourRules, day: date, posters: PosterDays | None
) -> Iterator[str]:
    """Yield at most one reason."""
    if maison.not_before is not None and day < maison.not_before:
        yield f"avant le {month_date(maison.not_before)}, premier jour permis à cette Maison"
    elif maison.not_after is not None and day > maison.not_after:
        yield f"après le {month_date(maison.not_after)}, dernier jour permis à cette Maison"
    elif maison.windows and not any(begin <= day <= end for begin, end in maison.windows):
        yield "hors des fenêtres de dates de cette Maison"
    elif posters is not None and day not in posters:
        yield "hors des vagues d’affichage de sa zone"
    else:
        yield from _school(maison, rules, day)


def _school(maison: Maison, rules: TourRules, day: date) -> Iterator[str]:
    own = maison.school_holidays
    wish = rules.school_holidays if own is None else own
    if wish is SchoolHolidays.IGNORE:
        return
    known = is_school_holiday(day, rules.school_zone)
    if known is None:
        yield "hors du calendrier scolaire connu"
    elif known and wish is SchoolHolidays.AVOID:
        yield f"pendant les vacances scolaires de la zone {rules.school_zone}"
    elif not known and wish is SchoolHolidays.SEEK:
        yield f"hors des vacances scolaires de la zone {rules.school_zone}"


def is_school_holiday(day: date, zone: str) -> bool | None:
    """Return whether a day is a school holiday in a zone, None where no calendar is known yet."""
    first, last, days = _school_holidays(zone)
    return day in days if first <= day <= last else None


@cache
def _school_holidays(zone: str) -> tuple[date, date, frozenset[date]]:
    """Return the first and last day that the published calendars reach, and the days of a zone."""
    calendar = SchoolHolidayDates()
    days = (day for day in calendar.data if calendar.is_holiday_for_zone(day, zone))
    return min(calendar.data), max(calendar.data), frozenset(days)
