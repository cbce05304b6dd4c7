"""Tours that no table holds: OR-Tools CP-SAT with a circuit, stopped by work and not by time.

One worker, a fixed seed and a limit in deterministic units give the same tour on every machine.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil

from ortools.sat.python import cp_model

from geo.plan import Status
from geo.tour.circuit import Circuit, build_circuit
from geo.tour.itinerary import Itineraries
from geo.tour.problem import TourProblem
from geo.tour.stopping import Stop, never, stopping

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
    """Itineraries (none where none were found), and a lower bound of the seconds driven."""

    status: Status
    itineraries: Itineraries
    bound_s: int

    @property
    def routes(self) -> tuple[tuple[int, ...], ...]:
        """Return the stops alone."""
        return tuple(tuple(stop for stop, _ in visits) for visits in self.itineraries)


def solve_cpsat(
    problem: TourProblem,
    *,
    limit: float = DETERMINISTIC_LIMIT,
    hint: Itineraries = (),
    stop: Stop = never,
) -> CpSatAnswer:
    """Return the best itineraries found, and how good they are known to be.

    The fewest kits first where they are asked for, then the least driving time; then, once that is
    proven, the earliest last slot and the least distance, as far as the limit reaches. The status
    speaks of kits and driving time. `Status.UNKNOWN` means that the limit came before any tour and
    before any proof.
    """
    model = build_circuit(problem)
    if model is None:
        return CpSatAnswer(Status.INFEASIBLE, (), 0)
    model.hint(hint)
    search = _Search(model, stop)
    goals: list[tuple[cp_model.LinearExprT, float]] = [(model.total(problem.cost_s), limit)]
    if problem.fewest_kits:
        goals.insert(0, (model.n_kits, limit))
    goals += [(model.last_slot, limit / 6), (model.total(problem.cost_m), limit / 6)]
    return search.run(goals, main=1 if problem.fewest_kits else 0)


def feasibility(problem: TourProblem, *, limit: float) -> Status:
    """Return whether there is a tour, as far as that is seen within so much work."""
    model = build_circuit(problem)
    return Status.INFEASIBLE if model is None else _minimise(model, 0, limit)[1]


@dataclass(slots=True)
class _Search:
    """One goal after the other, each kept at its best for those after it."""

    model: Circuit
    stop: Stop
    itineraries: Itineraries = ()

    def run(self, goals: list[tuple[cp_model.LinearExprT, float]], *, main: int) -> CpSatAnswer:
        """Return the answer; the goal `main` is the seconds driven, those before it come first."""
        proven, bound = True, 0
        for i, (goal, limit) in enumerate(goals):
            solver, status = _minimise(self.model, goal, limit, self.stop)
            if i == main and proven:
                bound = max(0, ceil(solver.best_objective_bound - 1e-6))
            if status in _FOUND:
                self.itineraries = self.model.itineraries(solver)
            elif i == 0:
                return CpSatAnswer(status, (), bound)
            proven = proven and (status is Status.OPTIMAL or i > main)
            if status is not Status.OPTIMAL and (i >= main or status not in _FOUND):
                break
            self.model.cp.add(goal <= round(solver.objective_value))
        return CpSatAnswer(Status.OPTIMAL if proven else Status.FEASIBLE, self.itineraries, bound)


def _minimise(
    model: Circuit, goal: cp_model.LinearExprT, limit: float, stop: Stop = never
) -> tuple[cp_model.CpSolver, Status]:
    model.cp.minimize(goal)
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    solver.parameters.random_seed = _SEED
    # The whole model in the linear relaxation: too few days for the stops are seen at the root.
    solver.parameters.linearization_level = 2
    solver.parameters.max_deterministic_time = limit
    with stopping(solver, stop):
        status = _STATUS[solver.solve(model.cp)]
    if status in _FOUND:
        model.hint(model.itineraries(solver))
    return solver, status
