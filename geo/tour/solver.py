"""A tour problem in, a tour out: which method solves what is decided here and nowhere else."""

from __future__ import annotations

from geo.french import typeset
from geo.plan import Shortfall, Status, Tour
from geo.tour.conflicts import explain
from geo.tour.cpsat import solve_cpsat
from geo.tour.exact import Routes, fits_exact, solve_exact
from geo.tour.moves import moves_of
from geo.tour.problem import TourProblem
from geo.tour.schedule import schedule

_TABLES = "dynamic programme over (stops visited, last stop, last day)"
_CP_SAT = "OR-Tools CP-SAT"


def solve(problem: TourProblem) -> Tour:
    """Return the best tour, or why there is none.

    ::

        minimise, in this order:  Σ drive_s over all legs, the last open day, Σ distance_m

    such that every stop is visited by one kit for one of its stays, a kit begins a stay after the
    last day of the one before, and the driving rules of `geo.tour.moves` hold. Kits may stay
    unused. Equally good tours are told apart by the ids of the stops, from the last one back, and
    never by the order of rows.

    Small problems are solved by tables that prove the optimum or that there is none; the others by
    CP-SAT within a fixed amount of work, which may end at `Status.FEASIBLE` with a lower bound of
    the driving time, or at `Status.UNKNOWN`.
    """
    if not problem.stop_ids:
        return _tour(problem, (), status=Status.OPTIMAL, bound_s=None, solver=_TABLES)
    if not all(problem.stays):
        return _none(Status.INFEASIBLE, explain(problem), solver=_TABLES)
    if not fits_exact(problem):
        return _solve_large(problem)
    routes = solve_exact(problem)
    if routes is None:
        return _none(Status.INFEASIBLE, explain(problem), solver=_TABLES)
    return _tour(problem, routes, status=Status.OPTIMAL, bound_s=None, solver=_TABLES)


def _solve_large(problem: TourProblem) -> Tour:
    answer = solve_cpsat(problem)
    if answer.status is Status.INFEASIBLE:
        return _none(answer.status, explain(problem), solver=_CP_SAT)
    if answer.status is Status.UNKNOWN:
        return _none(answer.status, (_not_found(problem),), solver=_CP_SAT, bound_s=answer.bound_s)
    return _tour(
        problem, answer.routes, status=answer.status, bound_s=answer.bound_s, solver=_CP_SAT
    )


def _tour(
    problem: TourProblem, routes: Routes, *, status: Status, bound_s: int | None, solver: str
) -> Tour:
    stops, legs = schedule(problem, moves_of(problem), routes)
    drive_s = sum(leg.drive_s for leg in legs)
    return Tour(
        status=status,
        drive_s=drive_s,
        bound_s=drive_s if bound_s is None else bound_s,
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
        "qu’il n’y en a pas : allonger la période, ajouter un lot ou retirer des étapes."
    )
    return Shortfall("tour-not-found", "", typeset(message), wanted=n)
