"""``tournee.ics``: the tour for a calendar (RFC 5545).

An all-day event for each run of days on which the exhibition is open at a Maison, so that a weekend
inside a stay shows as closed; from its opening to its closing hour where the run begins or ends at
midday; and a timed event for each drive. A unique identifier (`data.write.agenda_entries`) tells
the place in the tour, not the date: importing a new plan of the same campaign moves its events, and
`Tour.revision` tells calendars which of two is the newer one (SEQUENCE, LAST-MODIFIED and DTSTAMP:
RFC 5545 § 3.8.7). What an earlier version gave out and this one no longer has is cancelled
(§ 3.8.1.11), since no calendar forgets an event that is merely missing; but where no tour was found
nothing is, since the one that was given out still stands.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from icalendar import Calendar, Component, Event, Timezone

from data.write.agenda_entries import calendar_of, leg_entries, stop_entries, uid
from data.write.text import kilometres_in_words, plain
from geo.french import NBSP, duration, long_date, moment, nearest_minute
from geo.model import Campaign, Maison
from geo.plan import Leg, Status, Stop, Tour, TravelSource

TIME_ZONE = "Europe/Paris"

NOON = time(13)
"""What opens from here on, or closes by then, is half a day."""

_FIRST_STAMP = datetime(2000, 1, 1, tzinfo=UTC)
"""The stamps of a first version; each later one is a minute on, whatever became of its dates."""

_NOT_FOUND = frozenset({Status.INFEASIBLE, Status.UNKNOWN})
_NAMES = {False: "Trajet", True: "Trajet à vide"}

# Summer time as directive 2000/84/CE has it, since 1996: 01:00 UTC, last Sundays of March, October.
# Written here rather than taken from the machine, whose tz database changes.
_VTIMEZONE = "\r\n".join(
    (
        "BEGIN:VTIMEZONE",
        f"TZID:{TIME_ZONE}",
        "BEGIN:DAYLIGHT",
        "DTSTART:19960331T020000",
        "RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU",
        "TZNAME:CEST",
        "TZOFFSETFROM:+0100",
        "TZOFFSETTO:+0200",
        "END:DAYLIGHT",
        "BEGIN:STANDARD",
        "DTSTART:19961027T030000",
        "RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU",
        "TZNAME:CET",
        "TZOFFSETFROM:+0200",
        "TZOFFSETTO:+0100",
        "END:STANDARD",
        "END:VTIMEZONE",
        "",
    )
)


def tour_ics(campaign: Campaign, tour: Tour) -> bytes:
    """Return the calendar of a tour; its stamps come from the revision, never from the clock.

    Times are those of metropolitan France.
    """
    calendar = Calendar()
    calendar.add("version", "2.0")
    calendar.add("prodid", "-//Placarde//Itinerance//FR")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("method", "PUBLISH")
    calendar.add("x-wr-calname", f"{plain(campaign.name)} – itinérance")
    calendar.add("x-wr-timezone", TIME_ZONE)
    calendar.add_component(Timezone.from_ical(_VTIMEZONE))
    stamp = _FIRST_STAMP + timedelta(minutes=tour.revision)
    known_as = tour.calendar or calendar_of(campaign)
    for key, event in (*_shown_events(campaign, tour), *_cancelled_events(campaign, tour)):
        event.add("uid", uid(known_as, key))
        event.add("dtstamp", stamp)
        event.add("last-modified", stamp)
        event.add("sequence", tour.revision)
        calendar.add_component(event)
    content: bytes = calendar.to_ical()
    return content


def shown_digest(campaign: Campaign, tour: Tour) -> str:
    """Return a digest of all that the events of a tour show: dates, names, addresses, hours.

    Two tours that differ in it are two versions for a calendar, though they may have the same stops
    at the same times. What is taken back is not in it, nor are the revision and the identifiers.
    """
    digest = hashlib.sha256()
    for key, event in _shown_events(campaign, tour):
        digest.update(f"{key}\n".encode() + event.to_ical())
    return digest.hexdigest()


def _shown_events(campaign: Campaign, tour: Tour) -> Iterator[tuple[str, Component]]:
    maisons = {maison.maison_id: maison for maison in campaign.maisons}
    yield from _stop_events(campaign, tour.stops, maisons)
    yield from _leg_events(tour, maisons)


def _stop_events(
    campaign: Campaign, stops: Sequence[Stop], maisons: dict[str, Maison]
) -> Iterable[tuple[str, Component]]:
    for stop in stops:
        maison = maisons[stop.maison_id]
        for entry, first, last in stop_entries(stop):
            event = _confirmed()
            event.add("summary", f"Exposition{NBSP}: {plain(maison.name)}, {plain(maison.city)}")
            begins, ends = _shown_span(campaign, stop, first, last)
            event.add("dtstart", begins)
            event.add("dtend", ends)
            event.add("transp", "TRANSPARENT")  # it takes nobody's time
            event.add("location", _place(maison))
            event.add("geo", (round(maison.lnglat.lat, 6), round(maison.lnglat.lng, 6)))
            event.add("description", _stay(stop, maison))
            yield entry.key, event


def _confirmed() -> Event:
    """Return an event that takes place, also where an earlier version had cancelled it."""
    event = Event()
    event.add("status", "CONFIRMED")
    return event


def _shown_span(campaign: Campaign, stop: Stop, first: date, last: date) -> tuple[date, date]:
    """Return the start and the end of a run: days, but hours where it is of half-days.

    The end of an event of whole days is not in it (RFC 5545 § 3.6.1).
    """
    opens = stop.opens if stop.opens is not None and stop.opens.date() == first else None
    closes = stop.closes if stop.closes is not None and stop.closes.date() == last else None
    late = opens is not None and opens.time() >= NOON
    early = closes is not None and closes.time() <= NOON
    if not late and not early:
        return first, last + timedelta(days=1)
    return (
        _in_paris(opens or _hours(campaign, stop.maison_id, first)[0]),
        _in_paris(closes or _hours(campaign, stop.maison_id, last)[1]),
    )


def _hours(campaign: Campaign, maison_id: str, day: date) -> tuple[datetime, datetime]:
    """Return when a Maison opens and closes on a day; the whole day where it is closed now."""
    from geo.tour.calendar import venue_calendar  # noqa: PLC0415 - slow to load, and seldom needed

    maison = next(maison for maison in campaign.maisons if maison.maison_id == maison_id)
    calendar = campaign.tour.calendar if campaign.tour else "FR"
    for opened in venue_calendar(maison, first=day, last=day, calendar=calendar).open_days:
        return opened.opens, opened.closes
    return datetime.combine(day, time()), datetime.combine(day, time(23, 59))


def _in_paris(moment: datetime) -> datetime:
    return moment.replace(tzinfo=ZoneInfo(TIME_ZONE))


def _leg_events(tour: Tour, maisons: dict[str, Maison]) -> Iterable[tuple[str, Component]]:
    for entry, leg in leg_entries(tour):
        origin, goal = maisons[leg.from_id], maisons[leg.to_id]
        event = _confirmed()
        towns = f"{plain(origin.city)} → {plain(goal.city)}"
        event.add("summary", f"{_NAMES[leg.empty]}{NBSP}: {towns}{_mark(leg)}")
        event.add("dtstart", _in_paris(nearest_minute(leg.depart)))
        event.add("dtend", _in_paris(nearest_minute(leg.arrive)))
        event.add("location", _place(origin))
        event.add("description", _drive(leg, origin=origin, goal=goal))
        yield entry.key, event


def _cancelled_events(campaign: Campaign, tour: Tour) -> Iterable[tuple[str, Component]]:
    """Yield what is taken back; a Maison that has left the campaign is shown by its id."""
    maisons = {maison.maison_id: maison for maison in campaign.maisons}
    for entry in () if tour.status in _NOT_FOUND else tour.withdrawn:
        towns = [
            plain(maisons[place].city) if place in maisons else plain(place)
            for place in entry.place_ids
        ]
        is_stop = len(towns) == 1
        event = Event()
        event.add("status", "CANCELLED")
        event.add(
            "summary",
            f"Annulé{NBSP}: {'exposition, ' if is_stop else 'trajet '}{' → '.join(towns)}",
        )
        begins, ends = (nearest_minute(when) for when in (entry.begins, entry.ends))
        event.add("dtstart", begins.date() if is_stop else _in_paris(begins))
        event.add("dtend", ends.date() if is_stop else _in_paris(ends))
        event.add("transp", "TRANSPARENT")
        event.add("description", "Cette date ne fait plus partie de la tournée.")
        yield entry.key, event


def _mark(leg: Leg) -> str:
    return " (durée estimée)" if leg.source is TravelSource.ESTIMATE else ""


def _place(maison: Maison) -> str:
    town = " ".join(filter(None, (plain(maison.postcode), plain(maison.city))))
    return ", ".join(filter(None, (plain(maison.name), plain(maison.address), town)))


def _stay(stop: Stop, maison: Maison) -> str:
    lines = [
        f"Kit {stop.kit}",
        f"Ouvert au public{NBSP}: {', '.join(map(long_date, sorted(stop.open_on)))}",
        f"Arrivée du kit{NBSP}: {moment(stop.arrive)}",
        *([f"Ouverture{NBSP}: {moment(stop.opens)}"] if stop.opens else []),
        *([f"Fermeture{NBSP}: {moment(stop.closes)}"] if stop.closes else []),
        f"Départ du kit{NBSP}: {moment(stop.leave)}",
    ]
    if maison.opening:
        lines.append(f"Horaires (OpenStreetMap){NBSP}: {plain(maison.opening)}")
    if maison.precision:
        lines.append(f"Précision de l’emplacement{NBSP}: {plain(maison.precision)}")
    return "\n".join(lines)


def _drive(leg: Leg, *, origin: Maison, goal: Maison) -> str:
    source = {
        TravelSource.TABLE: "Durée et distance de la table de trajets de la campagne",
        TravelSource.ROADS: "Durée et distance d’un calcul d’itinéraire par la route",
        TravelSource.ESTIMATE: "Estimation d’après la distance à vol d’oiseau, à vérifier",
    }[leg.source]
    if leg.low_s is not None and leg.high_s is not None:
        source += f"{NBSP}: de {duration(leg.low_s)} à {duration(leg.high_s)}"
    return "\n".join(
        (
            f"Kit {leg.kit}" + (", conducteur sans le kit" if leg.empty else ""),
            f"De {_place(origin)}",
            f"À {_place(goal)}",
            f"{duration(leg.drive_s)}, {kilometres_in_words(leg.distance_m)}",
            source,
        )
    )
