"""Why a stop has no stay inside the window: what its dates, kits and order contradict."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from geo.french import counted, listed, month_date, typeset
from geo.model import Maison, TourRules
from geo.plan import Shortfall
from geo.tour.calendar import VenueCalendar
from geo.tour.stays import Stay, n_parts
from geo.tour.wording import days_text, dwell_text, quoted


def date_trouble(
    maison: Maison, *, dwell: float, venue: VenueCalendar, rules: TourRules
) -> Shortfall:
    """Return why a Maison has no stay between the start and the end of the tour."""
    fixed = sorted(set(maison.fixed_on))
    window = f"la période du {month_date(rules.start)} au {month_date(rules.end)}"
    outside = [day for day in fixed if not rules.start <= day <= rules.end]
    if outside:
        return _shortfall(
            "fixed-date-outside",
            maison,
            f"la date fixée du {days_text(outside)} est hors de {window} : "
            "déplacer cette date ou la période.",
        )
    counts = _Counts.of(venue, dwell, last=rules.end)
    closed = [(day, why) for day in fixed if (why := counts.why_not.get(day))]
    if closed:
        day, why = closed[0]
        return _shortfall(
            "fixed-date-closed",
            maison,
            f"la date fixée du {month_date(day)} est {why} : choisir un jour d’ouverture"
            f"{counts.near(day)}.",
        )
    if fixed and counts.least_run(fixed) > n_parts(dwell):
        return _fixed_apart(maison, fixed, counts=counts, dwell=dwell)
    if counts.total() >= n_parts(dwell):
        return _windows_too_short(maison, counts=counts, dwell=dwell)
    needed = counts.text(n_parts(dwell)) if dwell % 1 else f"{n_parts(dwell)}"
    return _shortfall(
        "stop-has-no-date",
        maison,
        f"{counts.text(counts.total())} d’ouverture dans {window}, "
        f"il en faut {needed} : changer la période, les jours de fermeture ou les horaires.",
        wanted=dwell,
        got=counts.total() * counts.days_each,
    )


@dataclass(frozen=True, slots=True)
class _Counts:
    """How much of each day of the window counts: 1 for a day, or its half-days.

    `why_not` are the days of which nothing does, as French fragments; `days_each` is what one unit
    is in days.
    """

    parts: Mapping[date, int]
    why_not: Mapping[date, str]
    days_each: float

    @staticmethod
    def of(venue: VenueCalendar, dwell: float, *, last: date) -> _Counts:
        """Count days for a whole number of them, half-days for another."""
        opened = [day for day in venue.open_days if day.day <= last]
        if not dwell % 1:
            return _Counts({each.day: 1 for each in opened}, venue.closed, 1)
        idle = {
            each.day: "un jour sans demi-journée d’ouverture d’une heure au moins"
            for each in opened
            if not each.sessions
        }
        parts = {each.day: len(each.sessions) for each in opened}
        return _Counts(parts, {**venue.closed, **idle}, 0.5)

    def total(self) -> int:
        """Return how many there are in all."""
        return sum(self.parts.values())

    def between(self, first: date, last: date) -> int:
        """Return how many there are from one day to another."""
        return sum(n for day, n in self.parts.items() if first <= day <= last)

    def near(self, day: date) -> str:
        """Return the last day before and the first one after that count, as a French fragment."""
        before = max((each for each, n in self.parts.items() if n and each < day), default=None)
        after = min((each for each, n in self.parts.items() if n and each > day), default=None)
        days = [f"le {month_date(each)}" for each in (before, after) if each is not None]
        return f", comme {listed(days, last='ou')}" if days else ""

    def least_run(self, days: Sequence[date]) -> int:
        """Return how many make up the shortest run that has a part of each of these sorted days."""
        first, last = days[0], days[-1]
        if first == last:
            return 1
        return self.between(first, last) - self.parts[first] - self.parts[last] + 2

    def text(self, count: int) -> str:
        """Return e.g. ``3 jours`` or ``3 demi-journées``."""
        if self.days_each < 1:
            return counted(count, "demi-journée", "demi-journées")
        return counted(count, "jour", "jours")


def _fixed_apart(
    maison: Maison, fixed: Sequence[date], *, counts: _Counts, dwell: float
) -> Shortfall:
    run = counts.least_run(fixed)
    return _shortfall(
        "fixed-dates-apart",
        maison,
        f"les dates fixées ({days_text(fixed)}) couvrent {counts.text(run)} "
        f"d’ouverture, or l’exposition n’y reste que {dwell_text(dwell)} : "
        "allonger le séjour ou rapprocher les dates.",
        wanted=run * counts.days_each,
        got=dwell,
    )


def _windows_too_short(maison: Maison, *, counts: _Counts, dwell: float) -> Shortfall:
    most = max((counts.between(*window) for window in maison.windows), default=0)
    dates = " avec toutes les dates fixées" if maison.fixed_on else ""
    return _shortfall(
        "windows-too-short",
        maison,
        f"aucune de ses fenêtres de dates ne laisse {dwell_text(dwell)} d’ouverture de suite"
        f"{dates} : allonger une fenêtre, ou raccourcir le séjour.",
        wanted=dwell,
        got=min(most * counts.days_each, dwell),
    )


def kit_trouble(maison: Maison) -> Shortfall:
    """Return that every kit keeps to a zone, and none of them to one of this Maison."""
    return _shortfall(
        "stop-has-no-kit",
        maison,
        "aucun kit n’y va, chacun étant réservé à une zone qui ne la contient pas : "
        "ajouter un kit pour sa zone, ou corriger sa zone.",
        wanted=1,
    )


def order_troubles(
    maisons: Sequence[Maison],
    stays: Sequence[Sequence[Stay]],
    before: Sequence[tuple[int, int]],
) -> Iterator[Shortfall]:
    """Yield the stops that the order asks for later than all their dates, each once.

    `before` are pairs of stops of which the first begins before the second. A stop without any stay
    asks nothing of the others.
    """
    earliest = [min((stay.start for stay in choices), default=0) for choices in stays]
    told: set[int] = set()
    for _ in maisons:
        for first, second in before:
            if not stays[first] or not stays[second] or second in told or first in told:
                continue
            later = [stay.start for stay in stays[second] if stay.start > earliest[first]]
            if later:
                earliest[second] = max(earliest[second], min(later))
            else:
                told.add(second)
                soonest = next(s for s in stays[first] if s.start >= earliest[first])
                yield _too_late(maisons[first], maisons[second], soonest, stays[second][-1])


def _too_late(first: Maison, second: Maison, soonest: Stay, latest: Stay) -> Shortfall:
    return _shortfall(
        "order-impossible",
        second,
        f"l’ordre demandé la place après {quoted([first.name])}, qui ne peut commencer avant le "
        f"{month_date(soonest.open_on[0])}, et elle ne peut commencer après le "
        f"{month_date(latest.open_on[0])} : changer l’ordre ou ces dates.",
    )


def _shortfall(
    code: str, maison: Maison, message: str, *, wanted: float = 0, got: float = 0
) -> Shortfall:
    return Shortfall(code, maison.maison_id, typeset(f"« {maison.name} » : {message}"), wanted, got)
