"""Why no tour fits: the stops and the dates that collide, the roads that are too long."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from geo.french import counted, month_date, typeset
from geo.model import BoolArray, Driving, IntArray
from geo.plan import Shortfall
from geo.tour.earliest import earliest_finish, finish_with
from geo.tour.exact import MAX_STOPS, fits_exact
from geo.tour.floor import possible_legs
from geo.tour.moves import moves_of
from geo.tour.problem import DAY_S, TourProblem
from geo.tour.repairs import repairs, repairs_by_search
from geo.tour.road_conflicts import road_collisions, searched_collision
from geo.tour.sharing import kits_of
from geo.tour.subsets import members
from geo.tour.wording import duration, dwell_text, quoted, stop_dates

_FEW_STOPS = 6


def explain(problem: TourProblem) -> tuple[Shortfall, ...]:
    """Return why it is proven that no tour fits, and the smallest changes that would make one fit.

    In this order: stops without any date, stops and depots that no leg reaches, sets of stops whose
    dates collide, then those that the roads keep apart (each as small as possible, and disjoint),
    then what would help. Above `MAX_STOPS` stops no colliding sets are looked for; there, and where
    the tables do not say all, what would help is searched one problem at a time.
    """
    legs = possible_legs(problem)
    stranded = list(_stranded(problem, legs))
    depot = list(_depot_too_far(problem, legs))
    reasons = [*_without_date(problem), *stranded, *depot]
    if len(problem.stop_ids) > MAX_STOPS:
        return (*reasons, *repairs_by_search(problem))
    calendar_only = earliest_finish(moves_of(problem, roads=False))
    collide = finish_with(calendar_only, kits_of(problem)) > problem.n_slots
    sets = list(_colliding(problem, collide))
    reasons += [_collision(problem, stops, only=only) for stops, only in sets]
    if not fits_exact(problem):
        roads = [] if reasons else list(searched_collision(problem))
        return (*reasons, *roads, *repairs_by_search(problem, roads_forbid=not collide[-1]))
    told = _dateless(problem) | sum(1 << stop for stops, _ in sets for stop in stops)
    for each in stranded:
        told |= 1 << problem.stop_ids.index(each.subject)
    reasons += [] if depot else road_collisions(problem, told)
    return (*reasons, *repairs(problem, roads_forbid=not collide[-1]))


def _without_date(problem: TourProblem) -> Iterator[Shortfall]:
    yield from problem.troubles
    told = {trouble.subject for trouble in problem.troubles}
    for stop, stays in enumerate(problem.stays):
        if not stays and problem.stop_ids[stop] not in told:
            message = f"{quoted([problem.stop_names[stop]])} n’a aucune date dans la période."
            yield Shortfall("stop-has-no-date", problem.stop_ids[stop], typeset(message), wanted=1)


def _stranded(problem: TourProblem, legs: BoolArray) -> Iterator[Shortfall]:
    """Yield the stops that have dates but that no leg may reach, or none may leave."""
    for stop, stays in enumerate(problem.stays):
        node = stop + 1
        if stays and not (legs[:, node].any() and legs[node].any()):
            drive = problem.cost_s
            to, back = np.delete(drive[:, node], node), np.delete(drive[node], node)
            yield _too_far(problem, node, int(max(to.min(), back.min())))


def _depot_too_far(problem: TourProblem, legs: BoolArray) -> Iterator[Shortfall]:
    drive = problem.cost_s
    if any(problem.stays) and not (legs[0].any() and legs[:, 0].any()):
        yield _too_far(problem, 0, int(max(drive[0, 1:].min(), drive[1:, 0].min())))


def _too_far(problem: TourProblem, node: int, nearest_s: int) -> Shortfall:
    """Return that the place at a node is too far from every other one, or has no hour to drive."""
    name = quoted([problem.stop_names[node - 1] if node else problem.depot_name])
    place, others = (
        (name, "toute autre étape et du dépôt")
        if node
        else (
            f"Le dépôt {name}",
            "toute étape",
        )
    )
    limit_s = problem.max_drive_s
    if nearest_s > limit_s:
        return Shortfall(
            "drive-too-long" if node else "depot-too-far",
            problem.node_id(node),
            typeset(
                f"{place} est trop loin de {others} : {duration(nearest_s)} de route au moins, "
                f"pour {duration(limit_s)} au plus par jour. Relever cette limite, ou y renoncer."
            ),
            wanted=nearest_s / 3600,
            got=limit_s / 3600,
        )
    return Shortfall(
        "no-time-to-drive",
        problem.node_id(node),
        typeset(
            f"{place} : aucun trajet n’y tient {_hours(problem)}, hors des horaires d’ouverture, "
            f"du montage et du démontage. {_remedy(problem)}."
        ),
    )


def _hours(problem: TourProblem) -> str:
    """Return the hours of driving; all the day where nothing limits them."""
    if problem.drive_from_s <= 0 and problem.drive_until_s >= DAY_S - 1:
        return "dans sa journée"
    first, last = (problem.moment(s) for s in (problem.drive_from_s, problem.drive_until_s))
    return f"entre {first:%H:%M} et {last:%H:%M}"


def _remedy(problem: TourProblem) -> str:
    wider = "Élargir les heures de conduite, revoir ces horaires"
    if problem.driver_returns:
        return f"{wider}, ou laisser le conducteur dormir sur place"
    if problem.driving is not Driving.EITHER:
        return f"{wider}, ou permettre de rouler soir ou matin"
    return wider.replace(", revoir", " ou revoir")


def _colliding(problem: TourProblem, collide: BoolArray) -> Iterator[tuple[list[int], bool]]:
    """Yield disjoint sets of stops, smallest first, that cannot all be visited, roads aside.

    Any set that holds a colliding one collides too. Of equally small sets the one whose ids sort
    first is told, and whether it is the only one.
    """
    subsets = np.flatnonzero(collide)
    subsets = subsets[_disjoint(subsets, _dateless(problem))]
    while len(subsets):
        size = np.bitwise_count(subsets)
        smallest = sorted(members(int(m)) for m in subsets[size == size.min()])
        yield smallest[0], len(smallest) == 1
        subsets = subsets[_disjoint(subsets, sum(1 << stop for stop in smallest[0]))]


def _dateless(problem: TourProblem) -> int:
    return sum(1 << stop for stop, stays in enumerate(problem.stays) if not stays)


def _disjoint(subsets: IntArray, other: int) -> BoolArray:
    return np.asarray(subsets & other == 0, dtype=np.bool_)


def _collision(problem: TourProblem, stops: Sequence[int], *, only: bool) -> Shortfall:
    """Return that these stops collide; `only` tells that no other set as small does."""
    if len(stops) <= _FEW_STOPS:
        which = " ; ".join(
            stop_dates(problem.stop_names[stop], problem.stays[stop]) for stop in stops
        )
    else:
        which = quoted(problem.stop_names[stop] for stop in stops)
    stays = [problem.stays[stop] for stop in stops]
    needed = sum(choices[0].length for choices in stays)
    days = len({day for choices in stays for stay in choices for day in stay.open_on})
    return Shortfall(
        "dates-collide",
        "",
        typeset(
            f"{len(stops)} étapes ne tiennent pas ensemble entre le "
            f"{month_date(problem.first_day)} et le {month_date(problem.last_day)} avec "
            f"{counted(problem.kits, 'kit', 'kits')} ({dwell_text(needed)} de "
            f"présence, {counted(days, 'jour', 'jours')} d’ouverture en tout)"
            f"{'' if only else ', par exemple'} : {which}."
        ),
        wanted=len(stops),
        got=len(stops) - 1,
    )
