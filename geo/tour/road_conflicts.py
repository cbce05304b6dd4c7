"""The smallest set of stops that the calendar would let be visited together, and the roads do not.

On the way between two stops a third may be of help. So what is told here can be part of no tour at
all, whichever of the other stops it visits too.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import permutations

import numpy as np

from geo.french import counted, month_date, typeset
from geo.model import BoolArray
from geo.plan import Shortfall, Status
from geo.tour.changes import without
from geo.tour.cpsat import feasibility
from geo.tour.earliest import earliest_finish, finish_with
from geo.tour.exact import MAX_STOPS
from geo.tour.moves import moves_of
from geo.tour.problem import DAY_S, TourProblem
from geo.tour.sharing import kits_of
from geo.tour.subsets import members
from geo.tour.wording import duration, quoted, stop_dates

_FEW_STOPS = 6
_FEW_LEGS = 6
_LITTLE_WORK = 0.1


def road_collisions(problem: TourProblem, told: int) -> Iterator[Shortfall]:
    """Yield disjoint sets of stops, smallest first, of which no tour visits all; by the tables.

    None of them has a stop of the subset `told`. Of equally small sets the one whose ids sort first
    is told.
    """
    never = ~_part_of_a_tour(problem)
    subsets = np.flatnonzero(never)
    subsets = subsets[subsets & told == 0]
    if not len(subsets):
        return
    unlimited = _part_of_a_tour(replace(problem, max_drive_s=DAY_S))
    while len(subsets):
        size = np.bitwise_count(subsets)
        smallest = sorted(members(int(m)) for m in subsets[size == size.min()])
        chosen = sum(1 << stop for stop in smallest[0])
        yield _collision(
            problem, smallest[0], limit=bool(unlimited[chosen]), only=len(smallest) == 1
        )
        subsets = subsets[subsets & chosen == 0]


def _part_of_a_tour(problem: TourProblem) -> BoolArray:
    """Return for each subset ``(2**n,)`` whether a tour inside the window visits it, or more."""
    one_kit = earliest_finish(moves_of(problem), problem.forbidden)
    part = np.asarray(finish_with(one_kit, kits_of(problem)) <= problem.n_slots)
    for stop in range(len(problem.stop_ids)):
        pairs = part.reshape(-1, 2, 1 << stop)
        pairs[:, 0] |= pairs[:, 1]
    return part


def searched_collision(problem: TourProblem) -> Iterator[Shortfall]:
    """Yield a set of stops that is proven to have no tour of its own, where no table says so.

    None of them can be spared: without any one the proof is not found within little work.
    """
    if len(problem.stop_ids) > MAX_STOPS or not _is_impossible(problem):
        return
    left, rest = list(range(len(problem.stop_ids))), problem
    for stop in reversed(range(len(problem.stop_ids))):
        fewer = without(rest, left.index(stop))
        if len(left) > 1 and _is_impossible(fewer):
            left.remove(stop)
            rest = fewer
    if len(left) < len(problem.stop_ids):
        limit = not _is_impossible(replace(rest, max_drive_s=DAY_S))
        yield _collision(problem, left, limit=limit, only=False)


def _is_impossible(problem: TourProblem) -> bool:
    return feasibility(problem, limit=_LITTLE_WORK) is Status.INFEASIBLE


def _collision(problem: TourProblem, stops: Sequence[int], *, limit: bool, only: bool) -> Shortfall:
    """Return that these stops collide; `limit` tells that more hours a day would let them fit."""
    if len(stops) <= _FEW_STOPS:
        which = " ; ".join(
            stop_dates(problem.stop_names[stop], problem.stays[stop]) for stop in stops
        )
    else:
        which = quoted(problem.stop_names[stop] for stop in stops)
    hours = f" et {duration(problem.max_drive_s)} de route par jour au plus" if limit else ""
    why = _too_long(problem, stops) if limit else _HOURS
    many = counted(len(stops), "étape ne tient pas", "étapes ne tiennent pas ensemble")
    return Shortfall(
        "roads-collide",
        "",
        typeset(
            f"{many} entre le {month_date(problem.first_day)} et le "
            f"{month_date(problem.last_day)} avec {counted(problem.kits, 'kit', 'kits')}{hours}"
            f"{'' if only else ', par exemple'} : {which}. {why}"
        ),
        wanted=len(stops),
        got=len(stops) - 1,
    )


_HOURS = (
    "Les jours ouverts y suffiraient : ce sont les heures de conduite et d’ouverture, l’ordre "
    "demandé ou ce qui est déjà fait qui ne le permettent pas."
)


def _too_long(problem: TourProblem, stops: Sequence[int]) -> str:
    """Return the legs among stops and depot that the limit forbids, the longest first."""
    drive = problem.cost_s
    nodes = [0, *(stop + 1 for stop in stops)]
    legs = [
        (-int(drive[a, b]), a, b)
        for a, b in permutations(nodes, 2)
        if drive[a, b] > problem.max_drive_s
    ]
    if not legs:
        return "Aucun trajet n’est trop long à lui seul : leur somme d’un même jour l’est."
    told = [
        f"{_from(problem, a)} {_to(problem, b)} ({duration(-seconds)})"
        for seconds, a, b in sorted(legs)[:_FEW_LEGS]
    ]
    more = f" et {len(legs) - _FEW_LEGS} autres" if len(legs) > _FEW_LEGS else ""
    empty = ", trajets à vide compris" if problem.driver_returns else ""
    return f"Trop longs pour un jour{empty} : {', '.join(told)}{more}."


def _from(problem: TourProblem, node: int) -> str:
    return f"de {quoted([problem.stop_names[node - 1]])}" if node else "du dépôt"


def _to(problem: TourProblem, node: int) -> str:
    return f"à {quoted([problem.stop_names[node - 1]])}" if node else "au dépôt"
