"""Whether a changed problem has a tour, and the changes of a single stop."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from geo.french import counted, month_date, typeset
from geo.plan import Shortfall, Status
from geo.tour.cpsat import feasibility
from geo.tour.earliest import earliest_finish, finish_with
from geo.tour.exact import fits_exact
from geo.tour.moves import moves_of
from geo.tour.problem import TourProblem
from geo.tour.pyvrp_search import search
from geo.tour.sharing import kits_of
from geo.tour.stays import Stay
from geo.tour.travel import TravelMatrix
from geo.tour.wording import quoted

MAX_SEARCHED = 40
"""Up to here one stop after the other is left out or moved, and CP-SAT is asked."""

_WORK = 0.5
_ITERATIONS = 1_000


def fits(problem: TourProblem, *, work: float = _WORK) -> bool:
    """Return whether a tour is found; with tables no is a proof, elsewhere it says nothing.

    There CP-SAT finds what is tight, or proves that it is too tight, within so much `work` in its
    own units; where it tells neither, PyVRP may find a tour among many days.
    """
    if not all(problem.stays):
        return False
    if fits_exact(problem):
        one_kit = earliest_finish(moves_of(problem), problem.forbidden)
        return bool(finish_with(one_kit, kits_of(problem))[-1] <= problem.n_slots)
    if len(problem.stop_ids) <= MAX_SEARCHED:
        seen = feasibility(problem, limit=work)
        if seen is not Status.UNKNOWN:
            return seen is not Status.INFEASIBLE
    return bool(search(problem, iterations=_ITERATIONS))


def is_impossible(problem: TourProblem) -> bool:
    """Return whether little work proves that there is no tour; no says nothing."""
    if len(problem.stop_ids) > MAX_SEARCHED:
        return not all(problem.stays)
    return feasibility(problem, limit=_WORK) is Status.INFEASIBLE


def moved_window(problem: TourProblem) -> Iterator[Shortfall]:
    """Yield the stop whose dates have to move the least for all to fit, if one is enough.

    Its new stay is on days on which the Maison is open; of equal moves the first id, then the
    earlier day. Where a stop has no date left it is that one; where several have none, no single
    move is enough.
    """
    moves = [
        (_days_moved(problem, stop, stay), stop, stay.start, stay)
        for stop in _movable(problem)
        for stay in problem.open_stays[stop]
        if stay not in problem.stays[stop]
    ]
    hopeful = {stop for stop in {move[1] for move in moves} if fits(_with(problem, stop))}
    for days, stop, _, stay in sorted(moves, key=lambda move: move[:3]):
        if stop in hopeful and fits(_with(problem, stop, stay)):
            yield _moved(problem, stop, stay, days)
            return


def _movable(problem: TourProblem) -> Sequence[int]:
    """Return the stops of which one may move: all of them where they are few."""
    n = len(problem.stays)
    if len(problem.open_stays) != n:
        return ()
    dateless = [stop for stop, stays in enumerate(problem.stays) if not stays]
    if dateless:
        return dateless if len(dateless) == 1 and len(problem.asked) == n else ()
    return range(n) if n <= MAX_SEARCHED else ()


def _days_moved(problem: TourProblem, stop: int, stay: Stay) -> int:
    """Return how far a stay is from those that a stop has; without any, from the dates asked."""
    if not problem.stays[stop]:
        return problem.asked[stop].days_off(stay.open_on)
    return min(abs(stay.start_day - other.start_day) for other in problem.stays[stop])


def _with(problem: TourProblem, stop: int, stay: Stay | None = None) -> TourProblem:
    """Return the problem with one stay for a stop, or with all that its Maison is open for."""
    stays = list(problem.stays)
    stays[stop] = problem.open_stays[stop] if stay is None else (stay,)
    return replace(problem, stays=tuple(stays))


def _moved(problem: TourProblem, stop: int, stay: Stay, days: int) -> Shortfall:
    name = quoted([problem.stop_names[stop]])
    what = name if problem.stays[stop] else f"les dates demandées pour {name}"
    return Shortfall(
        "needs-window-moved",
        problem.stop_ids[stop],
        typeset(
            f"En déplaçant {what} de {counted(days, 'jour', 'jours')}, au "
            f"{month_date(stay.open_on[0])}, la tournée tiendrait."
        ),
        wanted=days,
    )


def without(problem: TourProblem, stop: int) -> TourProblem:
    """Return the problem without one of its stops."""
    n = len(problem.stop_ids)
    kept = [i for i in range(n) if i != stop]
    nodes = np.array([0, *(i + 1 for i in kept)])
    place = {node: at for at, node in enumerate(nodes.tolist())}

    def of(values: tuple[tuple[Stay, ...], ...]) -> tuple[tuple[Stay, ...], ...]:
        return tuple(values[i] for i in kept) if values else ()

    return replace(
        problem,
        stop_ids=tuple(problem.stop_ids[i] for i in kept),
        stop_names=tuple(problem.stop_names[i] for i in kept),
        travel=_travel_of(problem.travel, nodes),
        stays=of(problem.stays),
        later_stays=of(problem.later_stays),
        open_stays=of(problem.open_stays),
        asked=tuple(problem.asked[i] for i in kept) if problem.asked else (),
        before=tuple(
            (place[i + 1] - 1, place[j + 1] - 1) for i, j in problem.before if stop not in {i, j}
        ),
        kits_of=tuple(problem.kits_of[i] for i in kept) if problem.kits_of else (),
        forbidden=frozenset(
            (place[a], place[b]) for a, b in problem.forbidden if a in place and b in place
        ),
    )


def _travel_of(travel: TravelMatrix, nodes: np.ndarray) -> TravelMatrix:
    cells = np.ix_(nodes, nodes)
    return TravelMatrix(travel.drive_s[cells], travel.distance_m[cells], travel.estimated[cells])
