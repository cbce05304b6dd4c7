"""The tour as a whole: made where it was asked for, its totals, and then its stops and legs."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from geo.model import Campaign, TourRules
from geo.plan import Status, Tour
from geo.verify.certificate import NO_ANSWER
from geo.verify.kits import check_kits
from geo.verify.legs import check_legs
from geo.verify.spread import check_spread
from geo.verify.stops import check_stops
from geo.verify.violation import Rule, Violation, breach
from geo.verify.wording import minutes


def check_tour(campaign: Campaign, tour: Tour) -> Iterator[Violation]:
    """Yield every breach of a rule of the tour."""
    if campaign.tour is None:
        if tour.status is not Status.NOT_ASKED or tour.stops or tour.legs:
            message = "La campagne ne demande pas de tournée, le plan en a une."
            yield breach(Rule.TOUR_NOT_ASKED, "", message)
        return
    if tour.status is Status.NOT_ASKED:
        message = "La campagne demande une tournée, le plan n’en a pas."
        yield breach(Rule.TOUR_NOT_MADE, "", message)
        return
    if tour.status in NO_ANSWER:
        yield from _no_answer(tour)
        return
    found = [*_as_it_is(campaign, campaign.tour, tour)]
    yield from found
    yield from check_spread(campaign, campaign.tour, tour, is_sound=not found)


def _as_it_is(campaign: Campaign, rules: TourRules, tour: Tour) -> Iterator[Violation]:
    yield from check_kits(campaign, rules, tour)
    yield from _sorted(tour)
    yield from _totals(tour)
    yield from check_stops(campaign, rules, tour)
    yield from check_legs(campaign, rules, tour)


def _no_answer(tour: Tour) -> Iterator[Violation]:
    if tour.stops or tour.legs:
        message = "Le plan dit n’avoir pas trouvé de tournée, et en porte une."
        yield breach(Rule.TOUR_WITH_STOPS, "", message)
    if not tour.shortfalls:
        message = "Le plan n’a pas de tournée, et ne dit pas pourquoi."
        yield breach(Rule.TOUR_WITHOUT_REASON, "", message)


def _sorted(tour: Tour) -> Iterator[Violation]:
    stops = [(stop.kit, _wall_clock(stop.arrive)) for stop in tour.stops]
    legs = [(leg.kit, _wall_clock(leg.depart)) for leg in tour.legs]
    for name, moments in (("étapes", stops), ("trajets", legs)):
        if moments != sorted(moments):
            message = f"Les {name} ne sont pas dans l’ordre où ils ont lieu, kit par kit."
            yield breach(Rule.TOUR_UNSORTED, "", message)


def _wall_clock(moment: datetime) -> datetime:
    return moment.replace(tzinfo=None)


def _totals(tour: Tour) -> Iterator[Violation]:
    drive_s = sum(leg.drive_s for leg in tour.legs)
    distance_m = sum(leg.distance_m for leg in tour.legs)
    if tour.drive_s != drive_s:
        message = f"La tournée annonce {minutes(tour.drive_s)} de conduite, ses trajets en font "
        yield breach(Rule.DRIVE_TOTAL, "", f"{message}{minutes(drive_s)}.")
    if tour.distance_m != distance_m:
        message = f"La tournée annonce {tour.distance_m} m, ses trajets en font {distance_m}."
        yield breach(Rule.DISTANCE_TOTAL, "", message)
    if tour.bound_s > drive_s:
        message = f"La tournée prend {minutes(drive_s)} et dit qu’aucune ne prend moins de "
        yield breach(Rule.DRIVE_BOUND, "", f"{message}{minutes(tour.bound_s)}.")
