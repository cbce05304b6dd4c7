"""The stays that the calendar of a Maison allows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from geo.tour.calendar import OpenDay


@dataclass(frozen=True, slots=True)
class Stay:
    """One possible stay of a kit at a stop.

    Days are cut in two at `geo.tour.calendar.NOON` and the halves counted from the first morning of
    the window: slot ``2 · day`` is a morning and ``2 · day + 1`` the afternoon of that day. A kit
    begins a stay in a slot after the last slot of the stay before.

    Parameters
    ----------
    start, end
        First and last slot. The kit stays from one to the other, over what is closed between them
        too. A stay of whole days takes them whole, whatever the hours: `start` is even, `end` odd.
    open_on
        The days of the stay on which the exhibition is open, sorted.
    opens, closes
        When it opens first and closes last.
    ready, free
        When the kit must have arrived, and when it may leave: before set-up, after take-down.
    days
        How many days it counts, half-days as halves; 0 where as many as `open_on` has.
    """

    start: int
    end: int
    open_on: tuple[date, ...]
    opens: datetime
    closes: datetime
    ready: datetime
    free: datetime
    days: float = 0

    @property
    def length(self) -> float:
        """Return how many days it counts, half-days as halves."""
        return self.days or len(self.open_on)

    @property
    def start_day(self) -> int:
        """Return the calendar day of the first slot, counted from the first day of the window."""
        return self.start // 2

    @property
    def end_day(self) -> int:
        """Return the calendar day of the last slot."""
        return self.end // 2


def stays_of(
    open_days: Sequence[OpenDay],
    *,
    dwell: float,
    fixed_on: Iterable[date],
    first_day: date,
    windows: Sequence[tuple[date, date]] = (),
    setup: timedelta = timedelta(),
    takedown: timedelta = timedelta(),
) -> tuple[Stay, ...]:
    """Return each run of `dwell` successive open days that holds all of `fixed_on`, by first day.

    Where `dwell` is no whole number these are runs of twice as many successive half-days. Where
    there are `windows`, one of them holds the whole run. `open_days` are sorted. Of two different
    stays the one that starts later also ends later.
    """
    wanted = frozenset(fixed_on)
    whole = float(dwell).is_integer()
    parts = _whole_days(open_days, first_day) if whole else _half_days(open_days, first_day)
    length = n_parts(dwell)
    runs = (parts[i : i + length] for i in range(len(parts) - length + 1))
    return tuple(
        Stay(
            start=run[0].start,
            end=run[-1].end,
            open_on=tuple(sorted({part.opens.date() for part in run})),
            opens=run[0].opens,
            closes=run[-1].closes,
            ready=run[0].opens - setup,
            free=run[-1].closes + takedown,
            days=dwell,
        )
        for run in runs
        if wanted <= {part.opens.date() for part in run} and _in_a_window(run, windows)
    )


def n_parts(dwell: float) -> int:
    """Return how many days, or half-days where it is no whole number, make up a stay."""
    return int(dwell if float(dwell).is_integer() else 2 * dwell)


def _in_a_window(run: Sequence[_Part], windows: Sequence[tuple[date, date]]) -> bool:
    first, last = run[0].opens.date(), run[-1].closes.date()
    return not windows or any(begin <= first and last <= end for begin, end in windows)


@dataclass(frozen=True, slots=True)
class _Part:
    """A day or half a day that counts, by its first and last slot."""

    start: int
    end: int
    opens: datetime
    closes: datetime


def _whole_days(open_days: Sequence[OpenDay], first_day: date) -> list[_Part]:
    slots = [2 * (opened.day - first_day).days for opened in open_days]
    return [
        _Part(slot, slot + 1, opened.opens, opened.closes)
        for slot, opened in zip(slots, open_days, strict=True)
    ]


def _half_days(open_days: Sequence[OpenDay], first_day: date) -> list[_Part]:
    return [
        _Part(slot, slot, session.opens, session.closes)
        for opened in open_days
        for session in opened.sessions
        for slot in [2 * (opened.day - first_day).days + session.half]
    ]
