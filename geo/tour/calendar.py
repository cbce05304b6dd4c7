"""The days on which a Maison can show the exhibition, and why it cannot on the others.

A Maison is open on a day that is no Saturday or Sunday, no public holiday of the campaign's
calendar, none of its own `closed_on` days, and on which its `opening` hours open it at all.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cache

import holidays
from opening_hours import (  # type: ignore[attr-defined]  # its stubs leave the exceptions out
    OpeningHours,
    ParserError,
    State,
    UnknownCountryError,
)

from geo.errors import PlacardeError
from geo.model import Maison

ASSUMED_OPENS = time(9)
ASSUMED_CLOSES = time(17)
NOON = time(13)
"""Where a day is cut into the session of the morning and that of the afternoon."""

LEAST_SESSION = timedelta(hours=1)
"""What is open for less than that in the morning, or in the afternoon, is no half-day."""

_DAY = timedelta(days=1)
_LAST_MINUTE = time(23, 59)

# Where the law knows holidays of its own, by the beginning of the postcode: Moselle and Alsace
# (Code du travail, art. L3134-13), and overseas (art. L3422-2), for which two islands have
# postcodes among those of Guadeloupe.
_LOCAL_LAW = {
    "57": "57",
    "67": "6AE",
    "68": "6AE",
    "97133": "BL",
    "97150": "MF",
    "971": "971",
    "972": "972",
    "973": "973",
    "974": "974",
    "975": "PM",
    "976": "976",
    "977": "BL",
    "978": "MF",
    "986": "WF",
    "987": "PF",
    "988": "NC",
}

# The local law of Alsace and Moselle (Good Friday, 26 December) goes by its two départements of
# Alsace together in `holidays`; Moselle has its own number there.
_SAME_HOLIDAYS_AS = {("FR", "67"): "6AE", ("FR", "68"): "6AE"}


@dataclass(frozen=True, slots=True, order=True)
class Session:
    """What of a day's opening lies before `NOON` (`half` 0) or from it on (1)."""

    half: int
    opens: datetime
    closes: datetime


@dataclass(frozen=True, slots=True, order=True)
class OpenDay:
    """One day on which a Maison is open: first opening and last closing, local time.

    `sessions` are the half-days that count: one or two, or none on a day that is hardly open.
    """

    opens: datetime
    closes: datetime
    sessions: tuple[Session, ...]

    @property
    def day(self) -> date:
        """Return the calendar day."""
        return self.opens.date()


@dataclass(frozen=True, slots=True)
class VenueCalendar:
    """The days of one Maison from `first` to `last`: open ones, sorted, and why the others are not.

    `closed` holds French fragments such as ``un jour férié (Toussaint)``.
    """

    open_days: tuple[OpenDay, ...]
    closed: Mapping[date, str]

    def without(self, forbidden: Mapping[date, str]) -> VenueCalendar:
        """Return the calendar without these days, whose reasons count where it has none."""
        left = tuple(opened for opened in self.open_days if opened.day not in forbidden)
        return VenueCalendar(left, {**forbidden, **self.closed})


def venue_calendar(maison: Maison, *, first: date, last: date, calendar: str) -> VenueCalendar:
    """Return the open and the closed days of a Maison from `first` to `last`, both included.

    Public holidays are those of `calendar`; where that is a whole country (``FR``), those of the
    département by the postcode. `opening` is read as OpenStreetMap ``opening_hours``. Where it is
    empty the Maison is assumed to open from 09:00 to 17:00 on weekdays; the same hours are assumed
    on a day that is open round the clock (``Mo-Fr``, ``24/7``), since that says on which days and
    not at which hours. Hours that run past midnight belong to the evening before and end at 23:59.
    A time marked ``unknown`` does not count as open.

    Raises
    ------
    PlacardeError
        If `opening` is no ``opening_hours`` expression, or nobody knows the `calendar`.
    """
    hours = {opened.day: opened for opened in _opening(maison, first, last, calendar)}
    feasts = public_holidays(_calendar_of(maison, calendar), first, last)
    closed = {
        day: why for day in _days(first, last) if (why := _why_closed(maison, day, feasts, hours))
    }
    return VenueCalendar(tuple(hours[day] for day in sorted(hours.keys() - closed.keys())), closed)


def _calendar_of(maison: Maison, calendar: str) -> str:
    """Return the calendar of a Maison: that of the campaign, or of its own département in it."""
    if calendar != "FR":
        return calendar
    postcode = maison.postcode.strip()
    own = (_LOCAL_LAW[postcode[:n]] for n in (5, 3, 2) if postcode[:n] in _LOCAL_LAW)
    return f"FR-{part}" if (part := next(own, "")) else calendar


def public_holidays(calendar: str, first: date, last: date) -> dict[date, str]:
    """Return the public holidays from `first` to `last` with their names.

    `calendar` is a country, or a country and a subdivision (``FR``, ``FR-38``, ``FR-57``). A
    subdivision without holidays of its own (``FR-38``) has those of the country.

    Raises
    ------
    PlacardeError
        If the country is unknown.
    """
    days = _holidays(calendar, first.year, last.year)
    return {day: name for day, name in days if first <= day <= last}


@cache
def _holidays(calendar: str, first_year: int, last_year: int) -> tuple[tuple[date, str], ...]:
    country, _, subdivision = calendar.partition("-")
    subdivision = _SAME_HOLIDAYS_AS.get((country, subdivision), subdivision)
    try:
        known = holidays.country_holidays(country)
    except NotImplementedError as error:
        raise PlacardeError(
            f"no public holidays are known for the calendar {calendar!r}"
        ) from error
    own = subdivision in {*known.subdivisions, *known.subdivisions_aliases}
    found = holidays.country_holidays(
        country,
        subdiv=subdivision if own else None,
        years=range(first_year, last_year + 1),
        expand=False,
        language="fr",
    )
    return tuple(sorted(found.items()))


def _days(first: date, last: date) -> Iterator[date]:
    return (first + timedelta(days=i) for i in range((last - first).days + 1))


def _why_closed(
    maison: Maison, day: date, feasts: Mapping[date, str], hours: Mapping[date, OpenDay]
) -> str:
    """Return why the Maison is closed on this day, empty where it is open."""
    if day in feasts:
        return f"un jour férié ({feasts[day]})"
    if day.weekday() >= 5:
        return ("un samedi", "un dimanche")[day.weekday() - 5]
    if day in maison.closed_on:
        return "un jour de fermeture de la Maison"
    if day not in hours:
        return "un jour sans heures d’ouverture"
    return ""


def _opening(maison: Maison, first: date, last: date, calendar: str) -> Iterator[OpenDay]:
    """Yield the days that the opening hours alone open, sorted."""
    expression = maison.opening.strip()
    if not expression:
        yield from (_assumed(day) for day in _days(first, last))
        return
    opening = _parse(expression, calendar.partition("-")[0])
    spans: dict[date, list[tuple[datetime, datetime]]] = {}
    # From the day before: an opening that runs past midnight must show where it began.
    start, end = datetime.combine(first - _DAY, time()), datetime.combine(last + _DAY, time())
    for opens, closes, state, _ in opening.intervals(start, end):
        if state == State.OPEN:
            for span in _by_day(opens, closes):
                spans.setdefault(span[0].date(), []).append(span)
    for day in _days(first, last):
        if day in spans:
            yield _merged(day, spans[day])


def _parse(expression: str, country: str) -> OpeningHours:
    try:
        return OpeningHours(expression, country=country)
    except UnknownCountryError:
        return OpeningHours(expression)
    except ParserError as error:
        raise PlacardeError(f"these are no opening hours: {expression!r}") from error


def _by_day(opens: datetime, closes: datetime) -> Iterator[tuple[datetime, datetime]]:
    """Cut one opening at midnight; what runs on into a day without filling it is left out."""
    start = opens
    while start < closes:
        midnight = datetime.combine(start.date() + _DAY, time())
        if start == opens or closes >= midnight:
            yield start, min(closes, midnight)
        start = midnight


def _merged(day: date, spans: list[tuple[datetime, datetime]]) -> OpenDay:
    opens, closes = min(span[0] for span in spans), max(span[1] for span in spans)
    if closes - opens == _DAY:
        return _assumed(day)
    last = datetime.combine(day, _LAST_MINUTE)
    return _open_day([(begins, min(ends, last)) for begins, ends in spans])


def _assumed(day: date) -> OpenDay:
    opens, closes = (datetime.combine(day, hour) for hour in (ASSUMED_OPENS, ASSUMED_CLOSES))
    return _open_day([(opens, closes)])


def _open_day(spans: list[tuple[datetime, datetime]]) -> OpenDay:
    """Return a day that is open in these spans, one of which there is."""
    noon = datetime.combine(spans[0][0].date(), NOON)
    halves = (
        [(opens, min(closes, noon)) for opens, closes in spans if opens < noon],
        [(max(opens, noon), closes) for opens, closes in spans if closes > noon],
    )
    return OpenDay(
        opens=min(opens for opens, _ in spans),
        closes=max(closes for _, closes in spans),
        sessions=tuple(
            Session(half, min(opens for opens, _ in part), max(closes for _, closes in part))
            for half, part in enumerate(halves)
            if sum((closes - opens for opens, closes in part), timedelta()) >= LEAST_SESSION
        ),
    )
