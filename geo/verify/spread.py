"""How sure the driving times are: the interval of each estimate, and the tour at its slow end."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import pairwise

from geo.model import Campaign, Driving, TourRules
from geo.plan import Leg, Stop, Tour, TravelSource
from geo.verify.opening import OpeningDays
from geo.verify.stops import Stay
from geo.verify.violation import Rule, Violation, breach
from geo.verify.wording import minutes

Worst = Mapping[tuple[str, str], timedelta]


EARLY, LATE = datetime(1, 1, 1), datetime(9999, 12, 31)  # noqa: DTZ001 - a tour is in local time
"""No stop is free before the one, or has to be ready after the other."""


def check_spread(
    campaign: Campaign, rules: TourRules, tour: Tour, *, is_sound: bool
) -> Iterator[Violation]:
    """Yield every interval that is none, and a word about the slow end that is not true.

    A tour that breaks a rule as it is (not `is_sound`) is not asked what becomes of it.
    """
    for leg in tour.legs:
        yield from _interval(leg)
    estimated = any(leg.source is TravelSource.ESTIMATE for leg in tour.legs)
    spread = tour.spread
    if spread is None or not estimated:
        if estimated != (spread is not None):
            told = "ne dit pas" if estimated else "dit sans raison"
            message = f"La tournée {told} ce que deviennent les temps de route estimés."
            yield breach(Rule.SPREAD_MISSING, "", message)
        return
    low_s = sum(leg.drive_s if leg.low_s is None else leg.low_s for leg in tour.legs)
    high_s = sum(leg.drive_s if leg.high_s is None else leg.high_s for leg in tour.legs)
    if (spread.low_s, spread.high_s) != (low_s, high_s):
        message = f"La tournée annonce de {minutes(spread.low_s)} à {minutes(spread.high_s)} de "
        message += f"conduite, ses trajets en font de {minutes(low_s)} à {minutes(high_s)}."
        yield breach(Rule.SPREAD_TOTAL, "", message)
    if spread.holds == bool(spread.breaks):
        message = "La tournée dit qu’elle tient et ce qui ne tient plus, ou ni l’un ni l’autre."
        yield breach(Rule.SPREAD_HOLDS, "", message)
    elif is_sound and spread.holds != _holds(campaign, rules, tour):
        verdict = "tient" if spread.holds else "ne tient pas"
        message = (
            f"La tournée dit qu’elle {verdict} aux temps de route les plus longs : c’est faux."
        )
        yield breach(Rule.SPREAD_HOLDS, "", message)


def _interval(leg: Leg) -> Iterator[Violation]:
    where = f"Kit {leg.kit}, trajet {leg.from_id} → {leg.to_id}"
    if leg.low_s is None and leg.high_s is None:
        return
    if leg.source is not TravelSource.ESTIMATE:
        message = f"{where} : un intervalle, et la durée n’est pas une estimation."
        yield breach(Rule.LEG_INTERVAL, leg.to_id, message)
    elif leg.low_s is None or leg.high_s is None or not leg.low_s <= leg.drive_s <= leg.high_s:
        message = f"{where} : {minutes(leg.drive_s)} n’est pas dans l’intervalle annoncé."
        yield breach(Rule.LEG_INTERVAL, leg.to_id, message)


@dataclass(frozen=True, slots=True, order=True)
class _Stay:
    """When the kit has to be at a stop, ready to be set up, and when it is free to go."""

    ready: datetime
    free: datetime
    maison_id: str


@dataclass(frozen=True, slots=True)
class _Trip:
    """What is driven from one stop to the next in one go, and when its driver begins and ends."""

    drive: timedelta
    begin: datetime
    finish: datetime


def _holds(campaign: Campaign, rules: TourRules, tour: Tour) -> bool:
    """Return whether the stops keep their days when every estimate takes its longest time."""
    worst = {
        (leg.from_id, leg.to_id): timedelta(
            seconds=leg.drive_s if leg.high_s is None else leg.high_s
        )
        for leg in tour.legs
    }
    clock = _Clock(campaign, rules, worst)
    for kit in sorted({stop.kit for stop in tour.stops}):
        stays = sorted(clock.stay(stop) for stop in tour.stops if stop.kit == kit)
        trips = [clock.trip(*ends) for ends in pairwise([None, *stays, None])]
        if not _drivable(trips, rules):
            return False
    return True


def _drivable(trips: Sequence[_Trip | None], rules: TourRules) -> bool:
    most = timedelta(seconds=rules.max_drive_s)
    driven: dict[date, timedelta] = defaultdict(timedelta)
    over = EARLY
    for trip in trips:
        if trip is None or trip.begin < over:
            return False
        over = trip.finish
        driven[trip.begin.date()] += trip.drive
    return all(drive <= most for drive in driven.values())


class _Clock:
    """Times the trips of a tour by the driving rules of the campaign."""

    def __init__(self, campaign: Campaign, rules: TourRules, worst: Worst) -> None:
        self.rules, self.worst = rules, worst
        self.maisons = {maison.maison_id: maison for maison in campaign.maisons}
        self._days = OpeningDays(campaign, rules)

    def stay(self, stop: Stop) -> _Stay:
        """Return when a kit has to be at a stop, and from when on it may leave."""
        maison, rules = self.maisons[stop.maison_id], self.rules
        dwell = rules.dwell_days if maison.dwell_days is None else maison.dwell_days
        stay = Stay(stop, maison, self._days, counts_halves=dwell != int(dwell))
        opens, closes = stay.opening() or LATE, stay.closing() or EARLY
        setup = rules.setup_s if maison.setup_s is None else maison.setup_s
        takedown = rules.takedown_s if maison.takedown_s is None else maison.takedown_s
        return _Stay(
            opens - timedelta(seconds=setup), closes + timedelta(seconds=takedown), stop.maison_id
        )

    def trip(self, left: _Stay | None, reached: _Stay | None) -> _Trip | None:
        """Return the trip between two stops (None: the depot), or None where no hour is left."""
        evening, morning = self.rules.driving is not Driving.MORNING, True
        if left is None or reached is None or self.rules.driving is not Driving.EITHER:
            evening = reached is None or (left is not None and evening)
            morning = not evening
        found = self._timed(left, reached, in_the_evening=True) if evening else None
        if found is None and morning:
            found = self._timed(left, reached, in_the_evening=False)
        return found

    def _timed(
        self, left: _Stay | None, reached: _Stay | None, *, in_the_evening: bool
    ) -> _Trip | None:
        rules = self.rules
        from_id = rules.depot if left is None else left.maison_id
        to_id = rules.depot if reached is None else reached.maison_id
        free = EARLY if left is None else left.free
        ready = LATE if reached is None else reached.ready
        main = self._drive(from_id, to_id)
        to_kit = self._drive(rules.depot, from_id) if rules.driver_returns else timedelta()
        back = self._drive(to_id, rules.depot) if rules.driver_returns else timedelta()
        drive = to_kit + main + back
        now = free if in_the_evening else ready
        if not drive:
            return _Trip(drive, now, now)
        first = datetime.combine(now.date(), rules.drive_from)
        last = datetime.combine(now.date(), rules.drive_until)
        depart = max(free, first + to_kit) if in_the_evening else min(ready, last - back) - main
        begin, finish = depart - to_kit, depart + main + back
        fits = first <= begin and finish <= last and free <= depart and depart + main <= ready
        return _Trip(drive, begin, finish) if fits else None

    def _drive(self, from_id: str, to_id: str) -> timedelta:
        return self.worst.get((from_id, to_id), timedelta())
