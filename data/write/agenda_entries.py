"""What a tour puts into calendars: what each entry is known by, and the entries that it takes back.

A calendar knows an entry by its UID, made of two things. What identifies the campaign is
`calendar_of` the first tour that was given out, which every later version keeps: the depot and the
first day of posting, and no name, since people correct names. The key of the entry tells which
place it is about, or from which to which it is driven: neither the date nor the kit, so that an
entry which moves, or that another kit takes over, stays the same one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import date, datetime, time, timedelta
from uuid import NAMESPACE_URL, uuid5

from data.write.tour_lines import real_legs
from geo.model import Campaign
from geo.plan import CalendarEntry, Leg, Stop, Tour


def calendar_of(campaign: Campaign) -> str:
    """Return what identifies a campaign in calendars where no tour of it was given out before."""
    depot = campaign.tour.depot if campaign.tour else ""
    return f"{campaign.periods.start.isoformat()}:{depot}"


def uid(calendar: str, key: str) -> str:
    """Return the UID of an entry (RFC 5545 § 3.8.4.7, a name-based UUID of RFC 9562)."""
    return str(uuid5(NAMESPACE_URL, f"placarde:{calendar}:{key}"))


def stop_entries(stop: Stop) -> list[tuple[CalendarEntry, date, date]]:
    """Return an entry for each run of days on which a stop is open, with its first and last day."""
    return [
        (
            CalendarEntry(
                f"stop:{stop.maison_id}:{number}",
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
        way = f"{'empty' if leg.empty else 'leg'}:{leg.from_id}:{leg.to_id}"
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
