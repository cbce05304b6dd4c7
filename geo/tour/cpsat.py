"""Tours too large for the exact tables: OR-Tools CP-SAT with a circuit, stopped by work not time.

One worker, a fixed seed and a limit in deterministic units give the same tour on every machine.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from itertools import product
from math import ceil

import numpy as np
from ortools.sat.python import cp_model

from geo.model import IntArray
from geo.plan import Status
from geo.tour.exact import Routes
from geo.tour.moves import StopMoves, moves_of
from geo.tour.problem import TourProblem

DETERMINISTIC_LIMIT = 6.0
"""Work for the driving time, in CP-SAT's units of some seconds each; a tie has a sixth of it."""

_SEED = 0
_STATUS = {
    cp_model.OPTIMAL: Status.OPTIMAL,
    cp_model.FEASIBLE: Status.FEASIBLE,
    cp_model.INFEASIBLE: Status.INFEASIBLE,
    cp_model.UNKNOWN: Status.UNKNOWN,
}
_FOUND = frozenset({Status.OPTIMAL, Status.FEASIBLE})


@dataclass(frozen=True, slots=True)
class CpSatAnswer:
    """Routes (none where none were found), and a lower bound of the seconds driven."""

    status: Status
    routes: Routes
    bound_s: int


@dataclass(frozen=True, slots=True, eq=False)
class _Model:
    """`arcs` and `stays` hold a literal for each leg (from node, to node) and (stop, stay)."""

    cp: cp_model.CpModel
    arcs: dict[tuple[int, int], cp_model.IntVar]
    stays: dict[tuple[int, int], cp_model.IntVar]
    last_day: cp_model.IntVar

    def total(self, weights: IntArray) -> cp_model.LinearExprT:
        """Return the sum of the weights ``(n + 1, n + 1)`` over the legs driven."""
        return cp_model.LinearExpr.weighted_sum(
            list(self.arcs.values()), [int(weights[arc]) for arc in self.arcs]
        )


def solve_cpsat(problem: TourProblem, *, limit: float = DETERMINISTIC_LIMIT) -> CpSatAnswer:
    """Return the best routes found, and how good they are known to be.

    The least driving time first; then, once that is proven, the earliest last open day and the
    least distance, as far as the limit reaches. The status speaks of the driving time.
    `Status.UNKNOWN` means that the limit came before any tour and before any proof.
    """
    model = _build(problem)
    if model is None:
        return CpSatAnswer(Status.INFEASIBLE, (), 0)
    drive = model.total(problem.cost_s)
    solver, status = _minimise(model, drive, limit)
    bound = max(0, ceil(solver.best_objective_bound - 1e-6))
    if status not in _FOUND:
        return CpSatAnswer(status, (), bound)
    routes = _routes(model, solver)
    goals, kept = (model.last_day, model.total(problem.cost_m)), drive
    for goal in goals if status is Status.OPTIMAL else ():
        model.cp.add(kept == round(solver.objective_value))
        solver, tie_status = _minimise(model, goal, limit / 6)
        if tie_status in _FOUND:
            routes = _routes(model, solver)
        if tie_status is not Status.OPTIMAL:
            break
        kept = goal
    return CpSatAnswer(status, routes, bound)


def fits_cpsat(problem: TourProblem, *, limit: float) -> bool:
    """Return whether a tour is found within so much work; no says nothing for certain."""
    model = _build(problem)
    return model is not None and _minimise(model, 0, limit)[1] in _FOUND


def _minimise(
    model: _Model, goal: cp_model.LinearExprT, limit: float
) -> tuple[cp_model.CpSolver, Status]:
    model.cp.minimize(goal)
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    solver.parameters.random_seed = _SEED
    # The whole model in the linear relaxation: too few days for the stops are seen at the root.
    solver.parameters.linearization_level = 2
    solver.parameters.max_deterministic_time = limit
    status = _STATUS[solver.solve(model.cp)]
    if status in _FOUND:
        model.cp.clear_hints()  # type: ignore[no-untyped-call]
        for literal in (*model.arcs.values(), *model.stays.values()):
            model.cp.add_hint(literal, solver.value(literal))
    return solver, status


def _build(problem: TourProblem) -> _Model | None:
    """Return the model, or None where a stop has no stay or a node no leg at all.

    A circuit asks nothing of a node without legs, so that must be seen before.
    """
    if not all(problem.stays):
        return None
    moves = moves_of(problem)
    cp = cp_model.CpModel()
    stays = {
        (stop, s): cp.new_bool_var(f"stay {stop} {s}")
        for stop, m in enumerate(moves)
        for s in range(len(m.start))
    }
    arcs = {
        (origin, target): cp.new_bool_var(f"leg {origin} {target}")
        for origin, target in product(range(len(moves) + 1), repeat=2)
        if _may_drive(moves, origin, target)
    }
    if any({arc[side] for arc in arcs} != set(range(len(moves) + 1)) for side in (0, 1)):
        return None
    last_day = cp.new_int_var(2 * _least_last_day(problem), problem.n_slots, "last slot")
    model = _Model(cp, arcs, stays, last_day)
    cp.add_multiple_circuit([(*arc, literal) for arc, literal in arcs.items()])
    cp.add(sum(literal for arc, literal in arcs.items() if arc[0] == 0) <= problem.kits)
    _add_days(model, moves, problem.kits)
    _add_driving(model, moves)
    return model


def _least_last_day(problem: TourProblem) -> int:
    """Return a day before which the kits cannot have stood all the open days that are asked for."""
    wanted = sum(len(stays[0].open_on) for stays in problem.stays)
    stops_open = Counter(
        day for stays in problem.stays for day in {day for stay in stays for day in stay.open_on}
    )
    last = problem.first_day
    for day in sorted(stops_open):
        if wanted > 0:
            wanted -= min(problem.kits, stops_open[day])
            last = day
    return (last - problem.first_day).days


def _may_drive(moves: tuple[StopMoves, ...], origin: int, target: int) -> bool:
    """Return whether any two stays allow this leg."""
    if origin == target:
        return False
    if origin == 0:
        return bool(moves[target - 1].first.any())
    ends = moves[origin - 1].end[moves[origin - 1].leave[:, target]]
    return len(ends) > 0 and (target == 0 or bool(ends[0] < moves[target - 1].start[-1]))


def _add_days(model: _Model, moves: tuple[StopMoves, ...], kits: int) -> None:
    """One stay a stop, one stop after the other, and no more stops open than there are kits."""
    starts, ends = [], []
    for stop, m in enumerate(moves):
        literals = [model.stays[stop, s] for s in range(len(m.start))]
        model.cp.add_exactly_one(literals)
        starts.append(cp_model.LinearExpr.weighted_sum(literals, m.start.tolist()))
        ends.append(cp_model.LinearExpr.weighted_sum(literals, m.end.tolist()))
        model.cp.add(model.last_day >= ends[stop])
    for (origin, target), driven in model.arcs.items():
        if origin and target:
            later = starts[target - 1] >= ends[origin - 1] + 1
            model.cp.add(later).only_enforce_if(driven)
    for day in np.unique(np.concatenate([m.start for m in moves])):
        there = [
            model.stays[stop, int(s)]
            for stop, m in enumerate(moves)
            for s in np.flatnonzero((m.start <= day) & (day <= m.end))
        ]
        model.cp.add(sum(there) <= kits)


def _add_driving(model: _Model, moves: tuple[StopMoves, ...]) -> None:
    """Refuse the legs that hours of opening or the daily limit forbid on some days."""
    for (origin, target), driven in model.arcs.items():
        if origin == 0:
            _refuse(model, target - 1, ~moves[target - 1].first, [driven])
            continue
        m = moves[origin - 1]
        _refuse(model, origin - 1, ~m.leave[:, target], [driven])
        if (begun := model.arcs.get((0, origin))) is not None:
            only_later = m.first & m.leave[:, target] & ~m.leave_first[:, target]
            _refuse(model, origin - 1, only_later, [driven, begun])


def _refuse(model: _Model, stop: int, forbidden: np.ndarray, driven: list[cp_model.IntVar]) -> None:
    for s in np.flatnonzero(forbidden):
        model.cp.add_bool_or([~model.stays[stop, int(s)], *(~literal for literal in driven)])


def _routes(model: _Model, solver: cp_model.CpSolver) -> Routes:
    legs = [arc for arc, literal in model.arcs.items() if solver.boolean_value(literal)]
    following = {origin: target for origin, target in legs if origin}
    routes = []
    for origin, node in legs:
        if origin == 0:
            route = []
            while node:
                route.append(node - 1)
                node = following[node]  # noqa: PLW2901 - walking along the route
            routes.append(tuple(route))
    return tuple(routes)
