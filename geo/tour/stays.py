"""The stays that the calendar of a Maison allows, and why there may be none."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from geo.french import counted, month_date, typeset
from geo.model import Maison, TourRules
from geo.plan import Shortfall
from geo.tour.calendar import OpenDay, VenueCalendar
from geo.tour.wording import days_text


@dataclass(frozen=True, slots=True)
class Stay:
    """One possible stay of a kit at a stop.

    Parameters
    ----------
    start, end
        First and last open day, counted from the first day of the window. The kit stays from one to
        the other, over the closed days between them too.
    open_on
        The open days of the stay, which are all the open days from `start` to `end`.
    opens, closes
        Opening time on the first day, closing time on the last: before the one the kit is there,
        after the other it may leave.
    """

    start: int
    end: int
    open_on: tuple[date, ...]
    opens: datetime
    closes: datetime


def stays_of(
    open_days: Sequence[OpenDay], *, dwell: int, fixed_on: Iterable[date], first_day: date
) -> tuple[Stay, ...]:
    """Return each run of `dwell` successive open days that holds all of `fixed_on`, by first day.

    `open_days` are sorted. Of two different stays the one that starts later also ends later.
    """
    wanted = frozenset(fixed_on)
    runs = (open_days[i : i + dwell] for i in range(len(open_days) - dwell + 1))
    return tuple(
        Stay(
            start=(run[0].day - first_day).days,
            end=(run[-1].day - first_day).days,
            open_on=tuple(opened.day for opened in run),
            opens=run[0].opens,
            closes=run[-1].closes,
        )
        for run in runs
        if wanted <= {opened.day for opened in run}
    )


def date_trouble(
    maison: Maison, *, dwell: int, venue: VenueCalendar, rules: TourRules
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
    closed = [(day, venue.closed[day]) for day in fixed if day in venue.closed]
    if closed:
        day, why = closed[0]
        return _shortfall(
            "fixed-date-closed",
            maison,
            f"la date fixée du {month_date(day)} est {why} : choisir un jour d’ouverture.",
        )
    opened = [o.day for o in venue.open_days if o.day <= rules.end]
    if len(opened) >= dwell and fixed:
        spread = sum(fixed[0] <= day <= fixed[-1] for day in opened)
        return _shortfall(
            "fixed-dates-apart",
            maison,
            f"les dates fixées ({days_text(fixed)}) couvrent {counted(spread, 'jour', 'jours')} "
            f"d’ouverture, or l’exposition n’y reste que {counted(dwell, 'jour', 'jours')} : "
            "allonger le séjour ou rapprocher les dates.",
            wanted=spread,
            got=dwell,
        )
    return _shortfall(
        "stop-has-no-date",
        maison,
        f"{counted(len(opened), 'jour', 'jours')} d’ouverture dans {window}, "
        f"il en faut {dwell} : changer la période, les jours de fermeture ou les horaires.",
        wanted=dwell,
        got=len(opened),
    )


def _shortfall(
    code: str, maison: Maison, message: str, *, wanted: float = 0, got: float = 0
) -> Shortfall:
    return Shortfall(code, maison.maison_id, typeset(f"« {maison.name} » : {message}"), wanted, got)
