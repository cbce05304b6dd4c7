"""The legs of a tour: from the depot through the stops and back, at hours and speeds that exist."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import pairwise

from geo.crs import LngLat
from geo.model import Campaign, Driving, TourRules
from geo.plan import Leg, Stop, Tour, TravelSource
from geo.verify.violation import Rule, Violation, breach
from geo.verify.wording import day, minutes, moment, number

FASTEST_M_PER_S = 130 / 3.6
"""Nobody drives faster: the limit on French motorways (Code de la route, art. R413-2)."""

EARTH_RADIUS_M = 6_371_008.8
ROUND_EARTH = 0.99
"""The sphere is wrong by at most 0.6 % of a distance on the ellipsoid; 1 % is let pass."""


def check_legs(campaign: Campaign, rules: TourRules, tour: Tour) -> Iterator[Violation]:
    """Yield every leg that does not fit its neighbours, its day, its clock or its distance."""
    days = _Days(campaign, rules)
    for kit in sorted({stop.kit for stop in tour.stops} | {leg.kit for leg in tour.legs}):
        stops = [stop for stop in tour.stops if stop.kit == kit]
        legs = [leg for leg in tour.legs if leg.kit == kit]
        stops.sort(key=lambda stop: (min(stop.open_on, default=date.max), _local(stop.arrive)))
        legs.sort(key=_depart)
        yield from _chain(stops, legs, days)
        yield from _one_at_a_time(legs)
        yield from _driving_days(legs, rules)
    for leg in tour.legs:
        yield from _clock(leg)
        yield from _hours(leg, rules)
    yield from _travel(campaign, tour)


def _local(moment: datetime) -> datetime:
    return moment.replace(tzinfo=None)


def _depart(leg: Leg) -> datetime:
    return leg.depart.replace(tzinfo=None)


def _arrive(leg: Leg) -> datetime:
    return leg.arrive.replace(tzinfo=None)


def _where(leg: Leg) -> str:
    return f"Kit {leg.kit}, trajet {leg.from_id} → {leg.to_id}"


@dataclass(frozen=True, slots=True)
class _Link:
    """What a leg has to join: a stop and the next, or the depot (None) at either end."""

    from_stop: Stop | None
    to_stop: Stop | None
    from_id: str
    to_id: str


class _Days:
    """On which days a leg may be driven, given the stops that it joins."""

    def __init__(self, campaign: Campaign, rules: TourRules) -> None:
        self.rules = rules
        self._maisons = {maison.maison_id: maison for maison in campaign.maisons}

    def right(self, link: _Link) -> set[date]:
        """Return the day on which the one may be left, or that on which the other is reached.

        The first leg of a kit is driven on the morning on which the first stop is set up, the last
        one in the evening on which the last stop is taken down, the others as the rules say.
        """
        evening = None if link.from_stop is None else self._taken_down(link.from_stop)
        morning = None if link.to_stop is None else self._set_up(link.to_stop)
        if link.from_stop is not None and link.to_stop is not None:
            if self.rules.driving is Driving.EVENING:
                morning = None
            if self.rules.driving is Driving.MORNING:
                evening = None
        return {day for day in (evening, morning) if day is not None}

    def _taken_down(self, stop: Stop) -> date | None:
        maison = self._maisons.get(stop.maison_id)
        own = None if maison is None else maison.takedown_s
        last = max(stop.open_on, default=None)
        if last is None or stop.closes is None:
            return last
        work = timedelta(seconds=self.rules.takedown_s if own is None else own)
        return (_local(stop.closes) + work).date()

    def _set_up(self, stop: Stop) -> date | None:
        maison = self._maisons.get(stop.maison_id)
        own = None if maison is None else maison.setup_s
        first = min(stop.open_on, default=None)
        if first is None or stop.opens is None:
            return first
        work = timedelta(seconds=self.rules.setup_s if own is None else own)
        return (_local(stop.opens) - work).date()


def _links(stops: Sequence[Stop], depot: str) -> list[_Link]:
    ends = [None, *stops, None]
    ids = [depot, *(stop.maison_id for stop in stops), depot]
    return [_Link(ends[i], ends[i + 1], ids[i], ids[i + 1]) for i in range(len(stops) + 1)]


def _chain(stops: Sequence[Stop], legs: Sequence[Leg], days: _Days) -> Iterator[Violation]:
    """Walk depot → stops → depot; a leg from a place to itself may be left out.

    A driver who returns comes empty from the depot to each leg, and goes back empty after it.
    """
    depot = days.rules.depot
    waiting = list(legs)
    kit = (stops[0] if stops else legs[0]).kit
    for link in _links(stops, depot):
        trip: list[Leg] = []
        for from_id, to_id, empty in _ways(link, days.rules):
            leg = waiting[0] if waiting else None
            if leg is not None and (leg.from_id, leg.to_id, leg.empty) == (from_id, to_id, empty):
                trip.append(waiting.pop(0))
            elif from_id != to_id:
                found = f"{leg.from_id} → {leg.to_id}{_empty(leg.empty)}" if leg else "rien"
                message = f"Kit {kit} : on attend le trajet {from_id} → {to_id}{_empty(empty)}, "
                yield breach(Rule.LEG_CHAIN, to_id, f"{message}il y a {found}.")
                return
        for leg in trip:
            if not leg.empty:
                yield from _joined(link, leg, days)
        yield from _without_pause(trip)
    for leg in waiting:
        message = f"{_where(leg)} : ce trajet ne mène d’aucune étape à la suivante."
        yield breach(Rule.LEG_CHAIN, leg.to_id, message)


def _ways(link: _Link, rules: TourRules) -> list[tuple[str, str, bool]]:
    """Return the places that the legs of one trip join, and which of them are driven empty."""
    way = (link.from_id, link.to_id, False)
    if not rules.driver_returns:
        return [way]
    return [(rules.depot, link.from_id, True), way, (link.to_id, rules.depot, True)]


def _empty(empty: bool) -> str:  # noqa: FBT001 - what a leg says of itself
    return " à vide" if empty else ""


def _joined(link: _Link, leg: Leg, days: _Days) -> Iterator[Violation]:
    """Check a leg against the stops at its ends: same clock, and a day that is right for it."""
    if link.to_stop is not None and _local(link.to_stop.arrive) != _arrive(leg):
        message = f"{_where(leg)} : arrivée le {moment(leg.arrive)}, "
        message += f"à l’étape le {moment(link.to_stop.arrive)}."
        yield breach(Rule.STOP_CLOCK, leg.to_id, message)
    if link.from_stop is not None and _local(link.from_stop.leave) != _depart(leg):
        message = f"{_where(leg)} : départ le {moment(leg.depart)}, "
        message += f"de l’étape le {moment(link.from_stop.leave)}."
        yield breach(Rule.STOP_CLOCK, leg.from_id, message)
    right = days.right(link)
    if right and _depart(leg).date() not in right:
        told = " ou ".join(day(each) for each in sorted(right))
        message = f"{_where(leg)} : départ le {moment(leg.depart)}, au lieu du {told}."
        yield breach(Rule.LEG_DAY, leg.to_id, message)


def _without_pause(trip: Sequence[Leg]) -> Iterator[Violation]:
    for before, after in pairwise(trip):
        if _arrive(before) != _depart(after):
            message = f"{_where(after)} : départ le {moment(after.depart)}, le conducteur arrive "
            yield breach(Rule.EMPTY_LEG_CLOCK, after.to_id, f"{message}le {moment(before.arrive)}.")


def _one_at_a_time(legs: Sequence[Leg]) -> Iterator[Violation]:
    for before, after in pairwise(legs):
        if _depart(after) < _arrive(before):
            message = f"{_where(after)} : départ le {moment(after.depart)}, avant la fin du trajet "
            message += f"{before.from_id} → {before.to_id}."
            yield breach(Rule.LEGS_OVERLAP, after.to_id, message)


def _hours(leg: Leg, rules: TourRules) -> Iterator[Violation]:
    """Check the hours of a leg that takes any time, and is over on the day on which it begins."""
    depart, arrive = _depart(leg), _arrive(leg)
    if leg.drive_s <= 0 or depart.date() != arrive.date():
        return
    if depart.time() < rules.drive_from or arrive.time() > rules.drive_until:
        message = f"{_where(leg)} : du {moment(depart)} au {moment(arrive)}, on ne roule "
        message += f"qu’entre {rules.drive_from:%H:%M} et {rules.drive_until:%H:%M}."
        yield breach(Rule.LEG_HOURS, leg.to_id, message)


def _clock(leg: Leg) -> Iterator[Violation]:
    if _arrive(leg) - _depart(leg) != timedelta(seconds=leg.drive_s) or leg.drive_s < 0:
        message = (
            f"{_where(leg)} : du {moment(leg.depart)} au {moment(leg.arrive)}, "
            f"pour une conduite de {minutes(leg.drive_s)}."
        )
        yield breach(Rule.LEG_CLOCK, leg.to_id, message)
    if _depart(leg).date() != _arrive(leg).date():
        message = f"{_where(leg)} : parti le {moment(leg.depart)}, arrivé un autre jour, "
        yield breach(Rule.LEG_OVERNIGHT, leg.to_id, f"{message}le {moment(leg.arrive)}.")


def _driving_days(legs: Sequence[Leg], rules: TourRules) -> Iterator[Violation]:
    by_day: dict[date, int] = defaultdict(int)
    for leg in legs:
        by_day[_depart(leg).date()] += leg.drive_s
    for driven_on, drive_s in sorted(by_day.items()):
        if drive_s > rules.max_drive_s:
            message = f"Kit {legs[0].kit}, {day(driven_on)} : {minutes(drive_s)} de conduite, "
            message += f"au lieu de {minutes(rules.max_drive_s)} au plus."
            yield breach(Rule.DAY_DRIVE, f"{driven_on:%Y-%m-%d}", message)


def _travel(campaign: Campaign, tour: Tour) -> Iterator[Violation]:
    """Check each leg against the campaign's travel table, or against what a road can be."""
    # of two rows for one way the slower counts
    table = {(row.from_id, row.to_id): row for row in sorted(campaign.travel)}
    places = {maison.maison_id: maison.lnglat for maison in campaign.maisons}
    for leg in tour.legs:
        row = table.get((leg.from_id, leg.to_id))
        if leg.from_id == leg.to_id:
            if leg.drive_s or leg.distance_m:
                message = f"{_where(leg)} : un lieu est à {leg.distance_m} m de lui-même."
                yield breach(Rule.TRAVEL_IMPLAUSIBLE, leg.to_id, message)
            continue
        wanted = row.source if row else TravelSource.ESTIMATE
        if leg.source is not wanted:
            message = f"{_where(leg)} : la durée est dite {leg.source}, et vient de {wanted}."
            yield breach(Rule.TRAVEL_SOURCE, leg.to_id, message)
        if row and (leg.drive_s, leg.distance_m) != (row.drive_s, row.distance_m):
            message = (
                f"{_where(leg)} : {minutes(leg.drive_s)} et {leg.distance_m} m, la table dit "
                f"{minutes(row.drive_s)} et {row.distance_m} m."
            )
            yield breach(Rule.TRAVEL_TABLE, leg.to_id, message)
        if wanted is not TravelSource.TABLE and leg.from_id in places and leg.to_id in places:
            yield from _plausible(leg, great_circle_m(places[leg.from_id], places[leg.to_id]))


def _plausible(leg: Leg, straight_m: float) -> Iterator[Violation]:
    least_m = ROUND_EARTH * straight_m
    # a metre, a second: estimates are whole numbers
    if leg.distance_m + 1 < least_m or leg.drive_s + 1 < least_m / FASTEST_M_PER_S:
        message = (
            f"{_where(leg)} : {leg.distance_m} m en {minutes(leg.drive_s)}, "
            f"il y a {number(straight_m)} m à vol d’oiseau."
        )
        yield breach(Rule.TRAVEL_IMPLAUSIBLE, leg.to_id, message)


def great_circle_m(one: LngLat, other: LngLat) -> float:
    """Return the distance of two points along a sphere, in metres (haversine; Sinnott 1984)."""
    lat1, lat2 = math.radians(one.lat), math.radians(other.lat)
    rise, run = lat2 - lat1, math.radians(other.lng - one.lng)
    chord = math.sin(rise / 2) ** 2 + math.cos(lat1) * math.cos(lat2) * math.sin(run / 2) ** 2
    return 2 * EARTH_RADIUS_M * math.asin(math.sqrt(min(1.0, chord)))
