"""The days on which a Maison receives the exhibition, and from when to when."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cache

import holidays
from opening_hours import (  # type: ignore[attr-defined]  # its stubs leave out the error
    OpeningHours,
    State,
    UnknownCountryError,
)
from vacances_scolaires_france import SchoolHolidayDates

from geo.model import Campaign, Maison, SchoolHolidays, TourRules
from geo.verify.homes import Homes
from geo.verify.violation import Rule

ASSUMED_HOURS = (time(9), time(17))
"""Of a Maison that does not say when it opens, or says only on which days."""

LAST_MINUTE = time(23, 59)
DAY = timedelta(days=1)

# Local law of Alsace and Moselle (Code du travail, art. L3134-13): `holidays` has no codes for the
# two départements of Alsace, only for Alsace.
ALSACE = {"FR-67": "6AE", "FR-68": "6AE"}

# Overseas départements and collectivities (Code du travail, art. L3422-2), by postcode.
OVERSEAS = {"97133": "BL", "97150": "MF", "975": "PM", "977": "BL", "978": "MF"}
OVERSEAS |= {code: code for code in ("971", "972", "973", "974", "976")}
OVERSEAS |= {"986": "WF", "987": "PF", "988": "NC"}

SATURDAY = 5

MIDDLE_OF_DAY = time(13)
"""The half-day of the morning ends here, and that of the afternoon begins."""

SHORTEST_HALF_DAY = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Hours:
    """From the first opening of a day to its last closing, local time, and the half-days in it."""

    opens: datetime
    closes: datetime
    halves: tuple[HalfDay, ...] = ()


@dataclass(frozen=True, slots=True)
class HalfDay:
    """A morning or an afternoon that counts: what of the opening lies in it is an hour at least."""

    is_afternoon: bool
    opens: datetime
    closes: datetime


class OpeningDays:
    """Tells of any Maison whether the exhibition may be open on a day, and where not, why."""

    def __init__(self, campaign: Campaign, rules: TourRules) -> None:
        self._rules = rules
        self._homes = Homes(campaign)
        self._hours: dict[tuple[str, date], Hours | None] = {}

    def why_closed(self, maison: Maison, day: date) -> Rule | None:
        """Return the rule by which the Maison is closed that day, or None where it is open."""
        if day.weekday() >= SATURDAY:
            return Rule.DAY_WEEKEND
        if day in public_holidays(part_of(maison, self._rules.calendar), day.year):
            return Rule.DAY_HOLIDAY
        if day in maison.closed_on:
            return Rule.DAY_CLOSED
        if self.hours(maison, day) is None:
            return Rule.DAY_WITHOUT_HOURS
        return self._why_not_allowed(maison, day)

    def _why_not_allowed(self, maison: Maison, day: date) -> Rule | None:
        if maison.not_before and day < maison.not_before:
            return Rule.DAY_NOT_ALLOWED
        if maison.not_after and maison.not_after < day:
            return Rule.DAY_NOT_ALLOWED
        if maison.windows and all(day < first or last < day for first, last in maison.windows):
            return Rule.DAY_NOT_ALLOWED
        if self._rules.with_posters and not self._homes.has_posters(maison, day):
            return Rule.DAY_WITHOUT_POSTERS
        wish = maison.school_holidays or self._rules.school_holidays
        if wish == SchoolHolidays.IGNORE:
            return None
        at_school = _no_school_holiday(self._rules.school_zone, day)
        return None if at_school is (wish == SchoolHolidays.AVOID) else Rule.DAY_SCHOOL_HOLIDAYS

    def is_open(self, maison: Maison, day: date) -> bool:
        """Return whether the exhibition can be seen there that day."""
        return self.why_closed(maison, day) is None

    def hours(self, maison: Maison, day: date) -> Hours | None:
        """Return when the opening hours of the Maison begin and end that day, or None."""
        key = (maison.maison_id, day)
        if key not in self._hours:
            country = self._rules.calendar.partition("-")[0]
            self._hours[key] = _hours_of(maison.opening.strip(), country, day)
        return self._hours[key]


def part_of(maison: Maison, calendar: str) -> str:
    """Return the calendar that holds for a Maison: only a whole ``FR`` has parts by postcode."""
    postcode = maison.postcode.strip()
    if calendar == "FR" and postcode[:2] in {"57", "67", "68"}:
        return f"FR-{postcode[:2]}"
    if calendar == "FR" and postcode[:2] in {"97", "98"}:
        code = OVERSEAS.get(postcode[:5]) or OVERSEAS.get(postcode[:3])
        return calendar if code is None else f"FR-{code}"
    return calendar


@cache
def public_holidays(calendar: str, year: int) -> frozenset[date]:
    """Return the public holidays of a year.

    A part of a country that has none of its own (``FR-38``) has those of the country.
    """
    country, _, part = calendar.partition("-")
    part = ALSACE.get(calendar, part)
    try:
        found = holidays.country_holidays(country, subdiv=part or None, years=year)
    except NotImplementedError:
        found = holidays.country_holidays(country, years=year)
    return frozenset(found)


@cache
def _school_calendar() -> SchoolHolidayDates:
    return SchoolHolidayDates()


def _no_school_holiday(zone: str, day: date) -> bool | None:
    """Return whether there is school, as far as holidays go; None where nobody knows yet."""
    known = _school_calendar()
    if not min(known.data) <= day <= max(known.data):
        return None
    return not known.is_holiday_for_zone(day, zone)


def _hours_of(opening: str, country: str, day: date) -> Hours | None:
    """Return the hours of a day by an ``opening_hours`` expression.

    What is open past midnight belongs to the evening before, and ends at 23:59. Open round the
    clock says on which days, not at which hours.
    """
    assumed = [(datetime.combine(day, ASSUMED_HOURS[0]), datetime.combine(day, ASSUMED_HOURS[1]))]
    if not opening:
        return _with_halves(assumed)
    midnight = datetime.combine(day, time())
    spans = [
        (start, end)
        for start, end, state, _ in _parsed(opening, country).intervals(
            midnight - DAY, midnight + 2 * DAY
        )
        if state == State.OPEN and start < midnight + DAY and end > midnight
    ]
    if any(start <= midnight and end >= midnight + DAY for start, end in spans):
        return _with_halves(assumed)
    last = datetime.combine(day, LAST_MINUTE)
    begun = [(start, min(end, last)) for start, end in spans if start >= midnight]
    return _with_halves(begun) if begun else None


def _with_halves(spans: Sequence[tuple[datetime, datetime]]) -> Hours:
    middle = datetime.combine(spans[0][0].date(), MIDDLE_OF_DAY)
    halves = []
    for is_afternoon in (False, True):
        cut = [
            (max(start, middle), end) if is_afternoon else (start, min(end, middle))
            for start, end in spans
        ]
        cut = [(start, end) for start, end in cut if start < end]
        if sum((end - start for start, end in cut), timedelta()) >= SHORTEST_HALF_DAY:
            halves.append(HalfDay(is_afternoon, min(cut)[0], max(end for _, end in cut)))
    return Hours(min(spans)[0], max(end for _, end in spans), tuple(halves))


@cache
def _parsed(opening: str, country: str) -> OpeningHours:
    try:
        return OpeningHours(opening, country=country)
    except UnknownCountryError:
        return OpeningHours(opening)
