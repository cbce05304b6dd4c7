"""The stops of a tour: every Maison once, on days when it is open."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta
from itertools import pairwise

from geo.model import Campaign, Maison, TourRules
from geo.plan import Stop, Tour
from geo.verify.opening import OpeningDays
from geo.verify.violation import Rule, Violation, breach
from geo.verify.wording import day, moment

_WHY_CLOSED = {
    Rule.DAY_WEEKEND: "c’est un samedi ou un dimanche",
    Rule.DAY_HOLIDAY: "c’est un jour férié",
    Rule.DAY_CLOSED: "la Maison est fermée ce jour-là",
    Rule.DAY_WITHOUT_HOURS: "ses horaires n’ont pas ce jour",
}


def check_stops(campaign: Campaign, rules: TourRules, tour: Tour) -> Iterator[Violation]:
    """Yield every Maison missed or visited twice, and every day that is not as it has to be."""
    maisons = {maison.maison_id: maison for maison in campaign.maisons}
    yield from _visits(maisons, tour)
    days = OpeningDays(rules)
    for stop in tour.stops:
        if stop.maison_id in maisons and stop.open_on:
            yield from _days(stop, maisons[stop.maison_id], days)
            yield from _hours(stop, maisons[stop.maison_id], days)
        if stop.maison_id in maisons:
            yield from _stay(stop, maisons[stop.maison_id], rules)
    yield from _overlaps(tour)


def _where(stop: Stop) -> str:
    return f"Maison {stop.maison_id}, lot {stop.kit}"


def _visits(maisons: dict[str, Maison], tour: Tour) -> Iterator[Violation]:
    visits = Counter(stop.maison_id for stop in tour.stops)
    for maison_id in sorted(set(visits) | set(maisons)):
        if maison_id not in maisons:
            message = f"La tournée passe par {maison_id}, qui n’est pas une Maison de la campagne."
            yield breach(Rule.UNKNOWN_MAISON, maison_id, message)
        elif visits[maison_id] > 1:
            message = f"Maison {maison_id} : {visits[maison_id]} passages au lieu d’un."
            yield breach(Rule.MAISON_VISITED_TWICE, maison_id, message)
        elif not visits[maison_id]:
            message = f"Maison {maison_id} : la tournée n’y passe pas."
            yield breach(Rule.MAISON_NOT_VISITED, maison_id, message)


def _stay(stop: Stop, maison: Maison, rules: TourRules) -> Iterator[Violation]:
    wanted = rules.dwell_days if maison.dwell_days is None else maison.dwell_days
    if len(set(stop.open_on)) != wanted:
        message = f"{_where(stop)} : {len(set(stop.open_on))} jour(s) d’ouverture, il en faut "
        yield breach(Rule.DWELL, stop.maison_id, f"{message}{wanted}.")
    for fixed in sorted(set(maison.fixed_on) - set(stop.open_on)):
        message = f"{_where(stop)} : l’exposition devait y être ouverte le {day(fixed)}."
        yield breach(Rule.FIXED_DAY_MISSED, stop.maison_id, message)
    for opened in stop.open_on:
        if not rules.start <= opened <= rules.end:
            message = f"{_where(stop)} : le {day(opened)} est hors de la tournée, qui va du "
            message += f"{day(rules.start)} au {day(rules.end)}."
            yield breach(Rule.DAY_OUT_OF_WINDOW, stop.maison_id, message)


def _days(stop: Stop, maison: Maison, days: OpeningDays) -> Iterator[Violation]:
    if any(before >= after for before, after in pairwise(stop.open_on)):
        told = ", ".join(day(opened) for opened in stop.open_on)
        message = f"{_where(stop)} : les jours ne se suivent pas ({told})."
        yield breach(Rule.DAYS_UNSORTED, stop.maison_id, message)
    for opened in sorted(set(stop.open_on)):
        closed = days.why_closed(maison, opened)
        if closed is not None:
            message = f"{_where(stop)} : pas d’exposition le {day(opened)}, {_WHY_CLOSED[closed]}."
            yield breach(closed, stop.maison_id, message)
    for between in _days_between(min(stop.open_on), max(stop.open_on)):
        if between not in stop.open_on and days.is_open(maison, between):
            message = f"{_where(stop)} : le {day(between)}, jour d’ouverture, est sauté."
            yield breach(Rule.DAY_SKIPPED, stop.maison_id, message)


def _days_between(first: date, last: date) -> Iterator[date]:
    for n in range(1, (last - first).days):
        yield first + timedelta(days=n)


def _hours(stop: Stop, maison: Maison, days: OpeningDays) -> Iterator[Violation]:
    first = days.hours(maison, min(stop.open_on))
    last = days.hours(maison, max(stop.open_on))
    arrive, leave = stop.arrive.replace(tzinfo=None), stop.leave.replace(tzinfo=None)
    if first is not None and arrive > first.opens:
        message = f"{_where(stop)} : le lot arrive le {moment(arrive)}, la Maison ouvre le "
        message += f"{moment(first.opens)}."
        yield breach(Rule.ARRIVES_AFTER_OPENING, stop.maison_id, message)
    if last is not None and leave < last.closes:
        message = f"{_where(stop)} : le lot repart le {moment(leave)}, la Maison ferme le "
        message += f"{moment(last.closes)}."
        yield breach(Rule.LEAVES_BEFORE_CLOSING, stop.maison_id, message)


def _overlaps(tour: Tour) -> Iterator[Violation]:
    stays = sorted((s for s in tour.stops if s.open_on), key=lambda s: (s.kit, min(s.open_on)))
    for before, after in pairwise(stays):
        if before.kit == after.kit and max(before.open_on) >= min(after.open_on):
            message = (
                f"Lot {before.kit} : encore à {before.maison_id} le {day(max(before.open_on))} "
                f"et déjà à {after.maison_id} le {day(min(after.open_on))}."
            )
            yield breach(Rule.STOPS_OVERLAP, after.maison_id, message)
