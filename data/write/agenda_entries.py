"""What a tour puts into calendars: the key of each entry, and the entries that it takes back.

A key tells the place in the tour and not the date, so that an entry which moves stays the same one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import date, datetime, time, timedelta

from data.write.tour_lines import real_legs
from geo.plan import CalendarEntry, Leg, Stop, Tour


def stop_entries(stop: Stop) -> list[tuple[CalendarEntry, date, date]]:
    """Return an entry for each run of days on which a stop is open, with its first and last day."""
    return [
        (
            CalendarEntry(
                f"stop:{stop.kit}:{stop.maison_id}:{number}",
                (stop.maison_id,),
                datetime.combine(first, time()),
                datetime.combine(last + timedelta(days=1), time()),
            ),
            first,
            last,
        )
        for number, (first, last) in enumerate(open_runs(stop.open_on), start=1)
    ]


def leg_entries(tour: Tour) -> Iterator[tuple[CalendarEntry, Leg]]:
    """Yield an entry for each drive that goes somewhere."""
    seen: Counter[str] = Counter()
    for leg in real_legs(tour):
        way = f"{'empty' if leg.empty else 'leg'}:{leg.kit}:{leg.from_id}:{leg.to_id}"
        seen[way] += 1
        places = (leg.from_id, leg.to_id)
        yield CalendarEntry(f"{way}:{seen[way]}", places, leg.depart, leg.arrive), leg


def open_runs(open_on: Iterable[date]) -> list[tuple[date, date]]:
    """Return the first and last days of each run of days without a gap, in order."""
    runs: list[tuple[date, date]] = []
    for day in sorted(open_on):
        if runs and day - runs[-1][1] == timedelta(days=1):
            runs[-1] = (runs[-1][0], day)
        else:
            runs.append((day, day))
    return runs


def withdrawn_entries(tour: Tour, past: Tour) -> tuple[CalendarEntry, ...]:
    """Return, sorted, what `past` or a version before it gave out and `tour` no longer has.

    What an earlier version took back stays taken back: not every calendar has seen every version.
    """
    kept = {entry.key for entry in _entries(tour)}
    known = {entry.key: entry for entry in (*past.withdrawn, *_entries(past))}
    return tuple(sorted(entry for key, entry in known.items() if key not in kept))


def _entries(tour: Tour) -> Iterator[CalendarEntry]:
    for stop in tour.stops:
        yield from (entry for entry, _, _ in stop_entries(stop))
    yield from (entry for entry, _ in leg_entries(tour))
