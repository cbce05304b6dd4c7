"""A tour problem in, a tour out: which method solves what is decided here and nowhere else.

================  ==========================================  ====================================
stops             kind                                        method
================  ==========================================  ====================================
up to 18          whole days, driving in the evening          tables: proven, or that there is none
up to 20          half-days, mornings, orders, … or tables    CP-SAT: mostly proven
                  that would take too much memory
up to 40          any                                         PyVRP, then CP-SAT from its tour on
more              any                                         PyVRP, and a lower bound
================  ==========================================  ====================================
"""

from __future__ import annotations

from dataclasses import replace

from geo.french import typeset
from geo.plan import Shortfall, Status, Tour
from geo.tour.conflicts import explain
from geo.tour.cpsat import CpSatAnswer, solve_cpsat
from geo.tour.exact import Routes, fits_exact, solve_exact
from geo.tour.floor import drive_floor
from geo.tour.itinerary import Itineraries, itinerary, worth
from geo.tour.moves import moves_of
from geo.tour.problem import TourProblem
from geo.tour.pyvrp_search import keeps_order, search
from geo.tour.schedule import schedule, timetable
from geo.tour.stopping import Stop, never

CPSAT_ALONE_STOPS = 20
CPSAT_STOPS = 40

_TABLES = "dynamic programme over (stops visited, last stop, last day)"
_CP_SAT = "OR-Tools CP-SAT"
_PYVRP = "PyVRP"
_BOTH = "PyVRP, then OR-Tools CP-SAT"


def solve(problem: TourProblem, *, reasons: bool = True, stop: Stop = never) -> Tour:
    """Return the best tour, or why there is none.

    ::

        minimise, in this order:  [kits,]  Σ drive_s over all legs, the last slot, Σ distance_m

    such that every stop is visited by one kit that may, for one of its stays, a kit begins a stay
    after the last slot of the one before, and the driving rules of `geo.tour.trips` hold. Kits may
    stay unused; how many are used counts only with `TourProblem.fewest_kits`. Equally good tours
    are told apart by the ids of the stops, from the last one back, and never by the order of rows.

    Where the proof does not end within a fixed amount of work the status is `Status.FEASIBLE`, and
    `Tour.bound_s` a lower bound of the driving time; or `Status.UNKNOWN`, where no tour was found.
    Without `reasons` nobody looks for why there is no tour. Once `stop` says so the search ends
    within moments, with the best tour so far; the tables, which take seconds, are not stopped.
    """
    tour = _solve(problem, stop)
    if tour.status is Status.INFEASIBLE and reasons and not stop():
        return replace(tour, shortfalls=explain(problem))
    return tour


def _solve(problem: TourProblem, stop: Stop) -> Tour:
    n = len(problem.stop_ids)
    if not n:
        return _tour(problem, (), status=Status.OPTIMAL, solver=_TABLES)
    if not all(problem.stays):
        return _none(Status.INFEASIBLE, (), solver=_TABLES)
    answer = solve_exact(problem) if fits_exact(problem) else None
    if answer is not None:
        return _scheduled(problem, answer.routes)
    if n <= CPSAT_ALONE_STOPS:
        return _from_cpsat(problem, solve_cpsat(problem, stop=stop), solver=_CP_SAT)
    found = search(problem, stop=stop)
    if n <= CPSAT_STOPS:
        better = solve_cpsat(problem, hint=found, stop=stop)
        return _from_cpsat(problem, better, solver=_BOTH, found=found)
    return _from_search(problem, found)


def _scheduled(problem: TourProblem, routes: Routes | None) -> Tour:
    if routes is None:
        return _none(Status.INFEASIBLE, (), solver=_TABLES)
    visits = schedule(problem, moves_of(problem), routes)
    drive_s = sum(leg.drive_s for leg in visits[1])
    return Tour(
        status=Status.OPTIMAL,
        drive_s=drive_s,
        bound_s=drive_s,
        distance_m=sum(leg.distance_m for leg in visits[1]),
        stops=visits[0],
        legs=visits[1],
        solver=_TABLES,
    )


def _from_cpsat(
    problem: TourProblem, answer: CpSatAnswer, *, solver: str, found: Itineraries = ()
) -> Tour:
    """Return the tour of CP-SAT, or the one that was known before where it is no worse."""
    if answer.status is Status.INFEASIBLE:
        return _none(answer.status, (), solver=solver)
    if answer.status is Status.OPTIMAL:
        return _tour(problem, answer.itineraries, status=Status.OPTIMAL, solver=solver)
    known = [each for each in (answer.itineraries, found) if each]
    if not known:
        bound_s = max(answer.bound_s, drive_floor(problem))
        return _none(Status.UNKNOWN, (_not_found(problem),), solver=solver, bound_s=bound_s)
    best = min(known, key=lambda each: worth(problem, each))
    return _bounded(problem, best, bound_s=answer.bound_s, solver=solver)


def _from_search(problem: TourProblem, found: Itineraries) -> Tour:
    if found:
        return _bounded(problem, found, bound_s=0, solver=_PYVRP)
    return _none(
        Status.UNKNOWN,
        (_not_found(problem),),
        solver=_PYVRP,
        bound_s=drive_floor(problem),
    )


def _bounded(problem: TourProblem, found: Itineraries, *, bound_s: int, solver: str) -> Tour:
    """Return a tour with the best lower bound, which may show that it is the best."""
    tour = _tour(problem, found, status=Status.FEASIBLE, solver=solver)
    bound_s = max(bound_s, drive_floor(problem, known_s=tour.drive_s))
    return replace(tour, bound_s=min(bound_s, tour.drive_s))


def _tour(problem: TourProblem, found: Itineraries, *, status: Status, solver: str) -> Tour:
    """Return the tour of these visits, each kit as early as its order allows."""
    routes = [[stop for stop, _ in visits] for visits in found]
    early = tuple(itinerary(problem, route) or () for route in routes)
    sound = all(early) and keeps_order(problem, routes)
    stops, legs = timetable(problem, early if sound else found)
    drive_s = sum(leg.drive_s for leg in legs)
    return Tour(
        status=status,
        drive_s=drive_s,
        bound_s=drive_s,
        distance_m=sum(leg.distance_m for leg in legs),
        stops=stops,
        legs=legs,
        solver=solver,
    )


def _none(
    status: Status, shortfalls: tuple[Shortfall, ...], *, solver: str, bound_s: int = 0
) -> Tour:
    return Tour(
        status=status,
        drive_s=0,
        bound_s=bound_s,
        distance_m=0,
        shortfalls=shortfalls,
        solver=solver,
    )


def _not_found(problem: TourProblem) -> Shortfall:
    n = len(problem.stop_ids)
    message = (
        f"La recherche s’est arrêtée avant de trouver une tournée des {n} étapes, sans prouver "
        "qu’il n’y en a pas : allonger la période, ajouter un kit ou retirer des étapes."
    )
    return Shortfall("tour-not-found", "", typeset(message), wanted=n)
