"""The days on which a Maison receives the exhibition, and from when to when."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from functools import cache

import holidays
from opening_hours import (  # type: ignore[attr-defined]  # its stubs leave out the error
    OpeningHours,
    State,
    UnknownCountryError,
)

from geo.model import Maison, TourRules
from geo.verify.violation import Rule

ASSUMED_HOURS = (time(9), time(17))
"""Of a Maison that does not say when it opens, or says only on which days."""

LAST_MINUTE = time(23, 59)
DAY = timedelta(days=1)

# Local law of Alsace and Moselle (Code du travail, art. L3134-13): `holidays` has no codes for the
# two départements of Alsace, only for Alsace.
ALSACE = {"FR-67": "6AE", "FR-68": "6AE"}

SATURDAY = 5


@dataclass(frozen=True, slots=True)
class Hours:
    """From the first opening of a day to its last closing, local time."""

    opens: datetime
    closes: datetime


@dataclass(slots=True)
class OpeningDays:
    """Tells of any Maison whether it is open on a day, and of a closed one why."""

    rules: TourRules
    _holidays: frozenset[date] = field(init=False)
    _hours: dict[tuple[str, date], Hours | None] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        self._holidays = _public_holidays(self.rules)

    def why_closed(self, maison: Maison, day: date) -> Rule | None:
        """Return the rule by which the Maison is closed that day, or None where it is open."""
        if day.weekday() >= SATURDAY:
            return Rule.DAY_WEEKEND
        if day in self._holidays:
            return Rule.DAY_HOLIDAY
        if day in maison.closed_on:
            return Rule.DAY_CLOSED
        if self.hours(maison, day) is None:
            return Rule.DAY_WITHOUT_HOURS
        return None

    def is_open(self, maison: Maison, day: date) -> bool:
        """Return whether the exhibition can be seen there that day."""
        return self.why_closed(maison, day) is None

    def hours(self, maison: Maison, day: date) -> Hours | None:
        """Return when the opening hours of the Maison begin and end that day, or None."""
        key = (maison.maison_id, day)
        if key not in self._hours:
            country = self.rules.calendar.partition("-")[0]
            self._hours[key] = _hours_of(maison.opening.strip(), country, day)
        return self._hours[key]


def _public_holidays(rules: TourRules) -> frozenset[date]:
    """Return the public holidays of the calendar in the years of the tour.

    A part of a country that has none of its own (``FR-38``) has those of the country.
    """
    country, _, part = rules.calendar.partition("-")
    part = ALSACE.get(rules.calendar, part)
    years = range(rules.start.year, rules.end.year + 1)
    try:
        found = holidays.country_holidays(country, subdiv=part or None, years=years)
    except NotImplementedError:
        found = holidays.country_holidays(country, years=years)
    return frozenset(found)


def _hours_of(opening: str, country: str, day: date) -> Hours | None:
    """Return the hours of a day by an ``opening_hours`` expression.

    What is open past midnight belongs to the evening before, and ends at 23:59. Open round the
    clock says on which days, not at which hours.
    """
    assumed = Hours(*(datetime.combine(day, hour) for hour in ASSUMED_HOURS))
    if not opening:
        return assumed
    midnight = datetime.combine(day, time())
    spans = [
        (start, end)
        for start, end, state, _ in _parsed(opening, country).intervals(
            midnight - DAY, midnight + 2 * DAY
        )
        if state == State.OPEN and start < midnight + DAY and end > midnight
    ]
    if any(start <= midnight and end >= midnight + DAY for start, end in spans):
        return assumed
    begun = [span for span in spans if span[0] >= midnight]
    if not begun:
        return None
    last = max(end for _, end in begun)
    return Hours(min(start for start, _ in begun), min(last, datetime.combine(day, LAST_MINUTE)))


@cache
def _parsed(opening: str, country: str) -> OpeningHours:
    try:
        return OpeningHours(opening, country=country)
    except UnknownCountryError:
        return OpeningHours(opening)
