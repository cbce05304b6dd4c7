"""What the interval of estimated driving times does to a tour that has been decided."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from itertools import groupby, pairwise

from geo.french import month_date, typeset
from geo.plan import Leg, Shortfall, Spread, Stop, Tour, TravelSource
from geo.tour.problem import TourProblem
from geo.tour.stays import Stay
from geo.tour.trips import trips_between
from geo.tour.wording import duration


def with_spread(problem: TourProblem, tour: Tour) -> Tour:
    """Return the tour with the interval of each estimated leg, and what becomes of it at the worst.

    At the worst every estimated leg takes its longest time at once, while the stays keep their days
    and their order. A tour without any estimate comes back as it is.
    """
    if not any(leg.source is TravelSource.ESTIMATE for leg in tour.legs):
        return tour
    nodes = {problem.node_id(node): node for node in range(len(problem.stop_ids) + 1)}
    legs = tuple(_with_interval(problem, leg, nodes) for leg in tour.legs)
    worst = replace(problem, travel=problem.travel.at_worst())
    breaks = tuple(_breaks(worst, tour.stops))
    spread = Spread(
        low_s=sum(leg.drive_s if leg.low_s is None else leg.low_s for leg in legs),
        high_s=sum(leg.drive_s if leg.high_s is None else leg.high_s for leg in legs),
        holds=not breaks,
        breaks=breaks,
    )
    return replace(tour, legs=legs, spread=spread)


def _with_interval(problem: TourProblem, leg: Leg, nodes: dict[str, int]) -> Leg:
    if leg.source is not TravelSource.ESTIMATE:
        return leg
    low, high = problem.travel.interval_s(nodes[leg.from_id], nodes[leg.to_id])
    return replace(leg, low_s=low, high_s=high)


def _breaks(worst: TourProblem, stops: Sequence[Stop]) -> Iterator[Shortfall]:
    for _, visited in groupby(stops, key=lambda stop: stop.kit):
        yield from _kit_breaks(worst, list(visited))


def _kit_breaks(worst: TourProblem, stops: Sequence[Stop]) -> Iterator[Shortfall]:
    """Yield the trips that are not possible, and the days with too much driving (rule 7)."""
    nodes = [0, *(worst.stop_ids.index(stop.maison_id) + 1 for stop in stops), 0]
    stays = [(), *((_stay_of(worst, stop),) for stop in stops), ()]
    driven: dict[int, int] = {}
    over = -1 << 40
    for (origin, left), (target, reached) in pairwise(zip(nodes, stays, strict=True)):
        trip = trips_between(worst, origin, target, left=left, reached=reached)
        drive_s = int(trip.drive_s.item())
        if not trip.possible.item():
            yield _trip_break(worst, origin, target, drive_s)
            continue
        day = int(trip.day.item())
        if trip.begin.item() < over:
            yield _trip_break(worst, origin, target, drive_s)
        over = int(trip.finish.item())
        driven[day] = driven.get(day, 0) + drive_s
        if driven[day] > worst.max_drive_s >= driven[day] - drive_s:
            yield _day_break(worst, day, driven[day], target)


def _stay_of(problem: TourProblem, stop: Stop) -> Stay:
    """Return the stay that a stop is; two stays of one place differ in their days or hours."""
    stays = problem.stays[problem.stop_ids.index(stop.maison_id)]
    same = [stay for stay in stays if stay.open_on == stop.open_on]
    exact = [stay for stay in same if (stay.opens, stay.closes) == (stop.opens, stop.closes)]
    return (exact or same)[0]


def _name(problem: TourProblem, node: int) -> str:
    return problem.stop_names[node - 1] if node else problem.depot_name


def _trip_break(problem: TourProblem, origin: int, target: int, drive_s: int) -> Shortfall:
    one, other = _name(problem, origin), _name(problem, target)
    empty = ", trajets à vide compris," if problem.driver_returns else ""
    message = (
        f"De « {one} » à « {other} » : jusqu’à {duration(drive_s)} de route{empty} si l’estimation "
        "est trop courte, ce qui ne tient plus dans les heures ou la conduite permises : vérifier "
        "ce trajet, ou le donner dans la table des trajets."
    )
    subject = problem.node_id(target)
    return Shortfall("leg-breaks-at-worst", subject, typeset(message), problem.max_drive_s, drive_s)


def _day_break(problem: TourProblem, day: int, drive_s: int, target: int) -> Shortfall:
    when = month_date(problem.first_day + timedelta(days=day))
    message = (
        f"Le {when}, jusqu’à {duration(drive_s)} de conduite si les estimations sont trop courtes, "
        f"au lieu de {duration(problem.max_drive_s)} au plus : vérifier les trajets de ce jour."
    )
    subject = problem.node_id(target)
    return Shortfall("day-breaks-at-worst", subject, typeset(message), problem.max_drive_s, drive_s)
