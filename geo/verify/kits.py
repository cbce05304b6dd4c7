"""The kits of a tour: one place at a time, inside their zones, in the order that was asked for."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from itertools import pairwise

from geo.model import Campaign, TourRules
from geo.plan import Stop, Tour
from geo.verify.homes import Homes
from geo.verify.opening import MIDDLE_OF_DAY
from geo.verify.violation import Rule, Violation, breach
from geo.verify.wording import day

HalfDayNumber = tuple[int, bool]
"""A calendar day (its ordinal), and whether it is the afternoon."""


def check_kits(campaign: Campaign, rules: TourRules, tour: Tour) -> Iterator[Violation]:
    """Yield every stop that comes too soon, too late, or by the wrong kit."""
    halves = _stops_of_half_days(campaign, rules)
    yield from _unknown(rules, tour)
    yield from _zones(campaign, rules, tour)
    yield from _overlaps(tour, halves)
    yield from _order(rules, tour, halves)


def _stops_of_half_days(campaign: Campaign, rules: TourRules) -> frozenset[str]:
    """Return the Maisons where the exhibition stays for no whole number of days."""
    return frozenset(
        maison.maison_id
        for maison in campaign.maisons
        if (rules.dwell_days if maison.dwell_days is None else maison.dwell_days) % 1
    )


def _unknown(rules: TourRules, tour: Tour) -> Iterator[Violation]:
    kits = {stop.kit for stop in tour.stops} | {leg.kit for leg in tour.legs}
    unknown = sorted(kits - set(range(1, rules.kits + 1)))
    if unknown:
        told = ", ".join(str(kit) for kit in unknown)
        message = f"La tournée emploie le(s) kit(s) {told}, la campagne en a {rules.kits}."
        yield breach(Rule.TOO_MANY_KITS, "", message)


def _zones(campaign: Campaign, rules: TourRules, tour: Tour) -> Iterator[Violation]:
    homes = Homes(campaign)
    maisons = {maison.maison_id: maison for maison in campaign.maisons}
    zone_of = dict(enumerate(rules.kit_zones, start=1))
    for stop in tour.stops:
        zone, maison = zone_of.get(stop.kit, ""), maisons.get(stop.maison_id)
        if zone and maison is not None and zone not in homes.zones(maison):
            message = f"Kit {stop.kit} : la Maison {stop.maison_id} n’est pas dans sa zone {zone}."
            yield breach(Rule.KIT_OUT_OF_ZONE, stop.maison_id, message)


def _first(stop: Stop, halves: frozenset[str]) -> HalfDayNumber:
    """Return the half-day in which a stop begins; one of whole days takes the first one whole."""
    return min(stop.open_on).toordinal(), stop.maison_id in halves and _is_late(stop.opens)


def _last(stop: Stop, halves: frozenset[str]) -> HalfDayNumber:
    if stop.maison_id not in halves or stop.closes is None:
        return max(stop.open_on).toordinal(), True
    return max(stop.open_on).toordinal(), stop.closes.time() > MIDDLE_OF_DAY


def _is_late(opens: datetime | None) -> bool:
    return opens is not None and opens.time() >= MIDDLE_OF_DAY


def _overlaps(tour: Tour, halves: frozenset[str]) -> Iterator[Violation]:
    dated = [stop for stop in tour.stops if stop.open_on]
    for before, after in pairwise(sorted(dated, key=lambda s: (s.kit, _first(s, halves)))):
        if before.kit == after.kit and _last(before, halves) >= _first(after, halves):
            message = (
                f"Kit {before.kit} : encore à {before.maison_id} le {day(max(before.open_on))} "
                f"et déjà à {after.maison_id} le {day(min(after.open_on))}."
            )
            yield breach(Rule.STOPS_OVERLAP, after.maison_id, message)


def _order(rules: TourRules, tour: Tour, halves: frozenset[str]) -> Iterator[Violation]:
    begins = {stop.maison_id: _first(stop, halves) for stop in tour.stops if stop.open_on}
    for chain in rules.order:
        for one, other in pairwise(chain):
            if one in begins and other in begins and begins[one] >= begins[other]:
                message = f"Maison {other} : elle devait venir après la Maison {one}."
                yield breach(Rule.ORDER_BROKEN, other, message)
