"""``tournee.ics``: the tour for a calendar (RFC 5545).

An all-day event for each run of days on which the exhibition is open at a Maison, so that a weekend
inside a stay shows as closed, and a timed event for each drive. A unique identifier tells the place
in the tour, not the date: importing a new plan of the same campaign moves its events.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from uuid import NAMESPACE_URL, uuid5
from zoneinfo import ZoneInfo

from icalendar import Calendar, Component, Event, Timezone

from data.write.text import kilometres_in_words, plain
from data.write.tour_lines import real_legs
from geo.french import NBSP, duration, long_date, moment
from geo.model import Campaign, Maison
from geo.plan import Leg, Stop, Tour, TravelSource

TIME_ZONE = "Europe/Paris"

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
    """Return the calendar of a tour; its stamps come from the campaign, never from the clock.

    Times are those of metropolitan France.
    """
    maisons = {maison.maison_id: maison for maison in campaign.maisons}
    calendar = Calendar()
    calendar.add("version", "2.0")
    calendar.add("prodid", "-//Placarde//Itinerance//FR")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("x-wr-calname", f"{plain(campaign.name)} – itinérance")
    calendar.add_component(Timezone.from_ical(_VTIMEZONE))
    first_day = campaign.tour.start if campaign.tour else campaign.periods.start
    stamp = datetime.combine(first_day, time(), UTC)
    for uid_key, event in (*_stop_events(tour.stops, maisons), *_leg_events(tour, maisons)):
        event.add("uid", str(uuid5(NAMESPACE_URL, f"placarde:{campaign.name}:{uid_key}")))
        event.add("dtstamp", stamp)
        calendar.add_component(event)
    content: bytes = calendar.to_ical()
    return content


def _stop_events(
    stops: Sequence[Stop], maisons: dict[str, Maison]
) -> Iterable[tuple[str, Component]]:
    for stop in stops:
        maison = maisons[stop.maison_id]
        for number, (first, last) in enumerate(open_runs(stop.open_on), start=1):
            event = Event()
            event.add("summary", f"Exposition{NBSP}: {plain(maison.name)}, {plain(maison.city)}")
            event.add("dtstart", first)
            event.add("dtend", last + timedelta(days=1))  # RFC 5545 § 3.6.1: the end is not in it
            event.add("location", _place(maison))
            event.add("geo", (round(maison.lnglat.lat, 6), round(maison.lnglat.lng, 6)))
            event.add("description", _stay(stop, maison))
            yield f"stop:{stop.kit}:{stop.maison_id}:{number}", event


def open_runs(open_on: Iterable[date]) -> list[tuple[date, date]]:
    """Return the first and last days of each run of days without a gap, in order."""
    runs: list[tuple[date, date]] = []
    for day in sorted(open_on):
        if runs and day - runs[-1][1] == timedelta(days=1):
            runs[-1] = (runs[-1][0], day)
        else:
            runs.append((day, day))
    return runs


def _leg_events(tour: Tour, maisons: dict[str, Maison]) -> Iterable[tuple[str, Component]]:
    seen: Counter[tuple[int, str, str]] = Counter()
    paris = ZoneInfo(TIME_ZONE)
    for leg in real_legs(tour):
        way = (leg.kit, leg.from_id, leg.to_id)
        seen[way] += 1
        origin, goal = maisons[leg.from_id], maisons[leg.to_id]
        event = Event()
        event.add("summary", f"Trajet{NBSP}: {plain(origin.city)} → {plain(goal.city)}{_mark(leg)}")
        event.add("dtstart", leg.depart.replace(tzinfo=paris))
        event.add("dtend", leg.arrive.replace(tzinfo=paris))
        event.add("location", _place(origin))
        event.add("description", _drive(leg, origin=origin, goal=goal))
        yield f"leg:{leg.kit}:{leg.from_id}:{leg.to_id}:{seen[way]}", event


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
        TravelSource.ESTIMATE: "Estimation d’après la distance à vol d’oiseau, à vérifier",
    }[leg.source]
    return "\n".join(
        (
            f"Kit {leg.kit}",
            f"De {_place(origin)}",
            f"À {_place(goal)}",
            f"{duration(leg.drive_s)}, {kilometres_in_words(leg.distance_m)}",
            source,
        )
    )
