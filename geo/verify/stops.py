"""The stops of a tour: every Maison once, on days when it is open."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import pairwise

from geo.model import Campaign, Maison, TourRules
from geo.plan import Stop, Tour
from geo.verify.opening import HalfDay, OpeningDays
from geo.verify.violation import Rule, Violation, breach
from geo.verify.wording import day, minutes, moment, number

_WHY_CLOSED = {
    Rule.DAY_WEEKEND: "c’est un samedi ou un dimanche",
    Rule.DAY_HOLIDAY: "c’est un jour férié",
    Rule.DAY_CLOSED: "la Maison est fermée ce jour-là",
    Rule.DAY_WITHOUT_HOURS: "ses horaires n’ont pas ce jour",
    Rule.DAY_NOT_ALLOWED: "sa ligne ne permet pas ce jour",
    Rule.DAY_WITHOUT_POSTERS: "aucune affiche n’est alors posée dans sa zone",
    Rule.DAY_SCHOOL_HOLIDAYS: "les vacances scolaires en décident autrement",
}


def check_stops(campaign: Campaign, rules: TourRules, tour: Tour) -> Iterator[Violation]:
    """Yield every Maison missed or visited twice, and every day that is not as it has to be."""
    maisons = {maison.maison_id: maison for maison in campaign.maisons}
    yield from _visits(maisons, tour)
    days = OpeningDays(campaign, rules)
    for stop in tour.stops:
        if stop.maison_id in maisons:
            maison = maisons[stop.maison_id]
            dwell = rules.dwell_days if maison.dwell_days is None else maison.dwell_days
            stay = Stay(stop, maison, days, counts_halves=dwell != int(dwell))
            yield from _stay(stay, rules, dwell)
            if stop.open_on:
                yield from _days(stay)
                yield from _hours(stay, rules)


@dataclass(frozen=True, slots=True)
class Stay:
    """A stop with what it needs to be judged; `counts_halves` where half-days were asked for."""

    stop: Stop
    maison: Maison
    days: OpeningDays
    counts_halves: bool

    @property
    def where(self) -> str:
        """Return the Maison and the kit, for the beginning of a sentence."""
        return f"Maison {self.stop.maison_id}, kit {self.stop.kit}"

    def length(self) -> float:
        """Return how many days the exhibition is open, or half of how many half-days."""
        return len(self.halves()) / 2 if self.counts_halves else len(set(self.stop.open_on))

    def halves(self) -> list[HalfDay]:
        """Return the half-days from when the stop says that it opens to when it says it closes."""
        begin, end = self.stop.opens, self.stop.closes
        return [
            half
            for day in sorted(set(self.stop.open_on))
            for half in self.halves_of(day)
            if begin is not None and end is not None and begin <= half.opens and half.closes <= end
        ]

    def halves_of(self, day: date) -> tuple[HalfDay, ...]:
        """Return the half-days that count on a day."""
        hours = self.days.hours(self.maison, day)
        return () if hours is None else hours.halves

    def is_open(self, day: date) -> bool:
        """Return whether a stay of this kind could count this day."""
        if not self.days.is_open(self.maison, day):
            return False
        return not self.counts_halves or bool(self.halves_of(day))

    def opening(self) -> datetime | None:
        """Return when the exhibition has to open first."""
        if self.counts_halves:
            return self.stop.opens
        hours = self.days.hours(self.maison, min(self.stop.open_on))
        return None if hours is None else hours.opens

    def closing(self) -> datetime | None:
        """Return when it has to close last."""
        if self.counts_halves:
            return self.stop.closes
        hours = self.days.hours(self.maison, max(self.stop.open_on))
        return None if hours is None else hours.closes


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


def _stay(stay: Stay, rules: TourRules, dwell: float) -> Iterator[Violation]:
    stop, maison = stay.stop, stay.maison
    if stay.length() != dwell:
        message = f"{stay.where} : {number(stay.length())} jour(s) d’ouverture, il en faut "
        yield breach(Rule.DWELL, stop.maison_id, f"{message}{number(dwell)}.")
    for fixed in sorted(set(maison.fixed_on) - set(stop.open_on)):
        message = f"{stay.where} : l’exposition devait y être ouverte le {day(fixed)}."
        yield breach(Rule.FIXED_DAY_MISSED, stop.maison_id, message)
    for opened in stop.open_on:
        if not rules.start <= opened <= rules.end:
            message = f"{stay.where} : le {day(opened)} est hors de la tournée, qui va du "
            message += f"{day(rules.start)} au {day(rules.end)}."
            yield breach(Rule.DAY_OUT_OF_WINDOW, stop.maison_id, message)
    if stop.open_on and maison.windows:
        first, last = min(stop.open_on), max(stop.open_on)
        if not any(begin <= first <= last <= end for begin, end in maison.windows):
            message = f"{stay.where} : du {day(first)} au {day(last)}, ce n’est dans aucune de ses "
            yield breach(Rule.OUTSIDE_WINDOWS, stop.maison_id, f"{message}fenêtres de dates.")


def _days(stay: Stay) -> Iterator[Violation]:
    stop = stay.stop
    if any(before >= after for before, after in pairwise(stop.open_on)):
        told = ", ".join(day(opened) for opened in stop.open_on)
        message = f"{stay.where} : les jours ne se suivent pas ({told})."
        yield breach(Rule.DAYS_UNSORTED, stop.maison_id, message)
    for opened in sorted(set(stop.open_on)):
        closed = stay.days.why_closed(stay.maison, opened)
        if closed is not None:
            message = f"{stay.where} : pas d’exposition le {day(opened)}, {_WHY_CLOSED[closed]}."
            yield breach(closed, stop.maison_id, message)
    for between in _days_between(min(stop.open_on), max(stop.open_on)):
        if between not in stop.open_on and stay.is_open(between):
            message = f"{stay.where} : le {day(between)}, jour d’ouverture, est sauté."
            yield breach(Rule.DAY_SKIPPED, stop.maison_id, message)


def _days_between(first: date, last: date) -> Iterator[date]:
    for n in range(1, (last - first).days):
        yield first + timedelta(days=n)


def _hours(stay: Stay, rules: TourRules) -> Iterator[Violation]:
    yield from _told_hours(stay)
    stop, maison = stay.stop, stay.maison
    setup = rules.setup_s if maison.setup_s is None else maison.setup_s
    takedown = rules.takedown_s if maison.takedown_s is None else maison.takedown_s
    arrive, leave = stop.arrive.replace(tzinfo=None), stop.leave.replace(tzinfo=None)
    opens, closes = stay.opening(), stay.closing()
    if opens is not None and arrive > opens - timedelta(seconds=setup):
        message = f"{stay.where} : le kit arrive le {moment(arrive)}, la Maison ouvre le "
        message += f"{moment(opens)}{_with(setup, 'montage')}."
        yield breach(Rule.ARRIVES_AFTER_OPENING, stop.maison_id, message)
    if closes is not None and leave < closes + timedelta(seconds=takedown):
        message = f"{stay.where} : le kit repart le {moment(leave)}, la Maison ferme le "
        message += f"{moment(closes)}{_with(takedown, 'démontage')}."
        yield breach(Rule.LEAVES_BEFORE_CLOSING, stop.maison_id, message)


def _with(seconds: int, work: str) -> str:
    return f", {minutes(seconds)} de {work} en plus" if seconds else ""


def _told_hours(stay: Stay) -> Iterator[Violation]:
    """Check when the plan says that the exhibition opens and closes."""
    stop, days = stay.stop, sorted(set(stay.stop.open_on))
    if stay.counts_halves:
        right_opens: set[datetime | None] = {half.opens for half in stay.halves_of(days[0])}
        right_closes: set[datetime | None] = {half.closes for half in stay.halves_of(days[-1])}
        told = {half.opens.date() for half in stay.halves()}
        complete = told == set(days) if stay.length() else True
    else:
        right_opens, right_closes = {stay.opening(), None}, {stay.closing(), None}
        complete = True
    if not (stop.opens in right_opens and stop.closes in right_closes and complete):
        hours = (
            f"du {moment(stop.opens)} au {moment(stop.closes)}"
            if stop.opens is not None and stop.closes is not None
            else "à des heures que le plan ne dit pas"
        )
        message = f"{stay.where} : l’exposition est ouverte {hours}, ce ne sont pas les heures "
        yield breach(Rule.STOP_HOURS, stop.maison_id, f"{message}de la Maison.")
