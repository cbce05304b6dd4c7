"""What others would do with the same matching problem, and one judge for every answer.

The solvers see the sparse model of `geo.matching.reference`, utilities as tangents that are close
together around what the greedy choice reaches, so that they flatter the exposure by less than
0.01 %. One thread each. Building their model is timed apart.
"""

from __future__ import annotations

import heapq
import importlib
import math
import resource
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import highspy
import numpy as np
from ortools.sat.python import cp_model

from geo.matching import MatchingProblem
from geo.matching.reference.highs import _linear_program
from geo.matching.reference.model import Choices, Model, build_model, open_choices, reachable_quota
from geo.matching.reference.tangents import Curves, Tangents, curves_of
from geo.matching.targets import targets
from geo.matching.utility import DELTA, equivalent_exposure, utility
from geo.model import IntArray
from geo.plan import Posting

GAP = 1e-3
"""Gap in equivalent exposure that integer solvers are asked for."""

UNITS = 1_000_000
"""Whole numbers that CP-SAT counts 1 of a ratio, a slope or a utility in."""


@dataclass(slots=True)
class Found:
    """What one solver found: chosen (face, period, agent) of one length, and what it proved.

    `bound` is in units of the objective; `relaxed` the value of a relaxation alone.
    """

    face: IntArray
    period: IntArray
    agent: IntArray
    bound: float | None = None
    relaxed: float | None = None
    note: str = ""


@dataclass(slots=True)
class Clock:
    """Seconds of the wall and of the processor, of building and of solving."""

    build_s: float = 0.0
    wall_s: float = 0.0
    cpu_s: float = 0.0
    _since: tuple[float, float] = field(
        default_factory=lambda: (time.perf_counter(), _processor_s())
    )

    def start(self) -> None:
        """Begin to solve; all before was building."""
        self.build_s = time.perf_counter() - self._since[0]
        self._since = time.perf_counter(), _processor_s()

    def stop(self) -> None:
        """End solving."""
        self.wall_s = time.perf_counter() - self._since[0]
        self.cpu_s = _processor_s() - self._since[1]


def _processor_s() -> float:
    """Return the processor time of this process and of those that it ended, as CBC is one."""
    ended = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + ended.ru_utime + ended.ru_stime


Peer = Callable[[MatchingProblem, Clock, float], Found]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What an allocation is worth by the true objective, and the rules it breaks."""

    objective: float
    exposure: float
    spent: float
    missing: int
    broken: tuple[str, ...]

    def complaint(self) -> str:
        """Return in words what is wrong, or nothing."""
        words = [f"breaks {rule}" for rule in self.broken]
        return "; ".join([*words, f"{self.missing} postings missing"] if self.missing else words)


@dataclass(frozen=True, slots=True)
class _Programme:
    """What the solvers see; `tolerance` is `GAP` in units of their objective."""

    model: Model
    curves: Curves
    tangents: Tangents
    tolerance: float


def judge(problem: MatchingProblem, found: Found) -> Verdict:
    """Return objective, part of the budget spent, and broken rules of any answer."""
    face, period, agent = found.face, found.period, found.agent
    key = problem.edge_face * problem.n_agents + problem.edge_agent
    edge = np.minimum(np.searchsorted(key, face * problem.n_agents + agent), len(key) - 1)
    eligible = key[edge] == face * problem.n_agents + agent
    cost = int(problem.price_cents[face, period].sum())
    carried = np.full((problem.n_faces, problem.n_periods), -1, dtype=np.int64)
    carried[face, period] = agent
    one, other = carried[problem.close_pairs[:, 0]], carried[problem.close_pairs[:, 1]]
    budget = problem.budget_cents or 0
    stays = np.unique(edge, return_counts=True)[1]
    rules = {
        "one portrait a face and period": int((carried >= 0).sum()) < len(face),
        "eligible and open": not (eligible.all() and problem.edge_open[edge, period].all()),
        "spacing": bool(((one == other) & (one >= 0)).any()),
        "rotation": int(stays.max(initial=0)) > problem.max_periods_per_face,
        "budget": cost > budget,
    }
    target = targets(problem)
    exposure = np.bincount(
        agent, problem.relevance[edge] * problem.contacts[face, period], problem.n_agents
    )
    ratio = np.divide(exposure, target, out=np.zeros(problem.n_agents), where=target > 0)
    objective = math.fsum((problem.share * utility(ratio, problem.fairness)).tolist())
    count = np.bincount(agent, minlength=problem.n_agents)
    return Verdict(
        objective=objective,
        exposure=exposure_of(problem, objective),
        spent=cost / budget if budget else 0.0,
        missing=int(np.maximum(problem.min_faces - count, 0).sum()),
        broken=tuple(name for name, is_broken in rules.items() if is_broken),
    )


def found_of(problem: MatchingProblem, postings: Sequence[Posting]) -> Found:
    """Return postings as indices."""
    face_index = {face_id: i for i, face_id in enumerate(problem.face_ids)}
    agent_index = {agent_id: i for i, agent_id in enumerate(problem.agent_ids)}
    return Found(
        np.array([face_index[p.face_id] for p in postings], dtype=np.int64),
        np.array([p.period - 1 for p in postings], dtype=np.int64),
        np.array([agent_index[p.agent_id] for p in postings], dtype=np.int64),
    )


def exposure_of(problem: MatchingProblem, objective: float) -> float:
    """Return the equivalent exposure of an objective or a bound."""
    return equivalent_exposure(objective, math.fsum(problem.share.tolist()), problem.fairness)


def greedy(problem: MatchingProblem, clock: Clock, limit_s: float) -> Found:
    """Take again and again what adds most utility a cent, as long as the budget lasts.

    A heap of what each choice would add. Utility is concave, so that an old entry is never too
    small: the top is counted afresh and put back where it is no longer the best.
    """
    del limit_s
    clock.start()
    choices = open_choices(problem)
    chosen = _greedy_choices(problem, choices)
    clock.stop()
    return _found(choices, chosen)


def highs_lp(problem: MatchingProblem, clock: Clock, limit_s: float) -> Found:
    """Solve the relaxation alone by HiGHS."""
    programme = _programme(problem)
    solver = _highs(programme, limit_s)
    clock.start()
    solver.run()
    clock.stop()
    none = np.zeros(0, dtype=np.int64)
    if solver.getModelStatus() != highspy.HighsModelStatus.kOptimal:
        return Found(none, none, none, note="does not end")
    value = -solver.getInfo().objective_function_value * programme.curves.unit
    return Found(none, none, none, relaxed=value)


def highs_mip(problem: MatchingProblem, clock: Clock, limit_s: float) -> Found:
    """Solve the integer programme by HiGHS to `GAP`."""
    programme = _programme(problem)
    model, curves = programme.model, programme.curves
    solver = _highs(programme, limit_s)
    n = len(model.choices)
    kinds = np.full(n, highspy.HighsVarType.kInteger.value, dtype=np.uint8)
    solver.changeColsIntegrality(n, np.arange(n, dtype=np.int32), kinds)
    solver.setOptionValue("mip_rel_gap", 0.0)
    solver.setOptionValue("mip_abs_gap", programme.tolerance)
    clock.start()
    solver.run()
    clock.stop()
    info = solver.getInfo()
    solved = solver.getModelStatus() == highspy.HighsModelStatus.kOptimal
    note = "" if solved else "no proof at the limit"
    chosen = np.zeros(0, dtype=np.int64)
    if info.primal_solution_status == highspy.SolutionStatus.kSolutionStatusFeasible:
        chosen = np.flatnonzero(np.array(solver.getSolution().col_value)[:n] > 0.5)
    found = _found(model.choices, chosen, note=note)
    bound = -info.mip_dual_bound * curves.unit
    found.bound = bound if math.isfinite(bound) else None
    return found


def cp_sat(problem: MatchingProblem, clock: Clock, limit_s: float) -> Found:
    """Solve by CP-SAT, one worker; all numbers whole, rounded so that its bound stays a bound."""
    programme = _programme(problem)
    model, curves = programme.model, programme.curves
    program, chosen, scale = _cp_model(programme)
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    solver.parameters.max_time_in_seconds = limit_s
    solver.parameters.absolute_gap_limit = programme.tolerance * scale
    clock.start()
    status = solver.solve(program)
    clock.stop()
    known = status in {cp_model.OPTIMAL, cp_model.FEASIBLE}
    picks = [j for j, x in enumerate(chosen) if solver.boolean_value(x)] if known else []
    note = "" if status == cp_model.OPTIMAL else "no proof at the limit"
    found = _found(model.choices, np.array(picks, dtype=np.int64), note=note)
    found.bound = solver.best_objective_bound / scale * curves.unit
    return found


def cbc(problem: MatchingProblem, clock: Clock, limit_s: float) -> Found:
    """Solve by CBC through PuLP, as spopt does, where PuLP is installed."""
    none = np.zeros(0, dtype=np.int64)
    try:
        pulp: Any = importlib.import_module("pulp")
    except ImportError:
        return Found(none, none, none, note="not installed")
    programme = _programme(problem)
    model = programme.model
    solver = _highs(programme, limit_s)
    n = len(model.choices)
    kinds = np.full(n, highspy.HighsVarType.kInteger.value, dtype=np.uint8)
    solver.changeColsIntegrality(n, np.arange(n, dtype=np.int32), kinds)
    names = [f"x{j}" for j in range(solver.getNumCol())]
    for j, name in enumerate(names):
        solver.passColName(j, name)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "model.mps"
        solver.writeModel(str(file))
        variables, program = pulp.LpProblem.fromMPS(str(file))
    command = pulp.PULP_CBC_CMD(msg=False, gapAbs=programme.tolerance, timeLimit=limit_s, threads=1)
    clock.start()
    program.solve(command)
    clock.stop()
    value = [variables[name].value() if name in variables else 0.0 for name in names[:n]]
    chosen = np.flatnonzero(np.array([v or 0.0 for v in value]) > 0.5)
    proven = program.sol_status == pulp.LpSolutionOptimal and clock.wall_s < limit_s
    if not proven and program.sol_status != pulp.LpSolutionIntegerFeasible:
        chosen = chosen[:0]  # the values are then those of a relaxation
    return _found(model.choices, chosen, note="says 0.1 %" if proven else "no proof at the limit")


PEERS: dict[str, Peer] = {
    "greedy": greedy,
    "HiGHS LP": highs_lp,
    "HiGHS MIP": highs_mip,
    "CP-SAT": cp_sat,
    "PuLP + CBC": cbc,
}


def _greedy_choices(problem: MatchingProblem, choices: Choices) -> IntArray:
    target = targets(problem)
    gain = (choices.exposure / target[choices.agent]).tolist()
    face, agent = choices.face.tolist(), choices.agent.tolist()
    period, price = choices.period.tolist(), choices.price_cents.tolist()
    share, ratio = problem.share.tolist(), [0.0] * problem.n_agents
    beside: dict[int, list[int]] = {}
    for one, other in problem.close_pairs.tolist():
        beside.setdefault(one, []).append(other)
        beside.setdefault(other, []).append(one)
    worth = _utility_of(problem.fairness)

    def density(j: int) -> float:
        a = agent[j]
        return float(share[a] * (worth(ratio[a] + gain[j]) - worth(ratio[a])) / max(price[j], 1))

    heap = [(-density(j), j) for j in range(len(choices))]
    heapq.heapify(heap)
    carried: dict[tuple[int, int], int] = {}
    stays: dict[tuple[int, int], int] = {}
    left = problem.budget_cents or 0
    chosen = []
    while heap:
        _, j = heap[0]
        f, t, a = face[j], period[j], agent[j]
        barred = (
            price[j] > left
            or (f, t) in carried
            or stays.get((f, a), 0) >= problem.max_periods_per_face
            or any(carried.get((g, t)) == a for g in beside.get(f, ()))
        )
        if barred:
            heapq.heappop(heap)
            continue
        now = -density(j)
        heapq.heapreplace(heap, (now, j))
        if heap[0][1] != j:
            continue
        heapq.heappop(heap)
        chosen.append(j)
        carried[f, t] = a
        stays[f, a] = stays.get((f, a), 0) + 1
        ratio[a] += gain[j]
        left -= price[j]
    return np.array(sorted(chosen), dtype=np.int64)


def _utility_of(fairness: float) -> Callable[[float], float]:
    """Return U_α but for a constant, of one ratio."""
    if fairness == 1:
        return lambda r: math.log(DELTA + r)
    return lambda r: (DELTA + r) ** (1 - fairness) / (1 - fairness)


def _programme(problem: MatchingProblem) -> _Programme:
    """Return the model, with tangents close together around what the greedy choice reaches."""
    choices = open_choices(problem)
    quota = reachable_quota(problem, choices)
    model = build_model(problem, choices, targets=targets(problem), quota=quota)
    curves = curves_of(model)
    x = np.zeros(len(model.ceiling))
    x[_greedy_choices(problem, choices)] = 1.0
    ratio = model.ratios(x)
    total = float(model.weight.sum())
    objective = float(model.weight @ utility(ratio, problem.fairness))
    exposure = equivalent_exposure(objective, total, problem.fairness)
    low, high = total * utility(np.array([exposure * (1 - GAP), exposure]), problem.fairness)
    near = curves.around(ratio[curves.agents], n=81, width=0.6)
    tolerance = float(high - low) / curves.unit
    return _Programme(model, curves, curves.spread() + near, tolerance)


def _highs(programme: _Programme, limit_s: float) -> highspy.Highs:
    solver = highspy.Highs()
    for name, value in (("output_flag", False), ("threads", 1), ("time_limit", limit_s)):
        solver.setOptionValue(name, value)
    solver.passModel(_linear_program(programme.model, programme.curves, programme.tangents))
    return solver


def _cp_model(programme: _Programme) -> tuple[cp_model.CpModel, list[Any], float]:
    """Return the programme, its choices, and what 1 of the objective counts in it."""
    model, curves, tangents = programme.model, programme.curves, programme.tangents
    program = cp_model.CpModel()
    n = len(model.choices)
    x: list[Any] = [program.new_bool_var("") for _ in range(n)]
    _add_rows(program, model, x)
    weight = np.ceil(curves.weight * UNITS).astype(np.int64).tolist()
    most = np.ceil(curves.most * UNITS).astype(np.int64) + n
    ceiling = np.ceil(curves.utility(curves.most) * UNITS).astype(np.int64) + 1
    ratio = [program.new_int_var(0, int(top), "") for top in most]
    worth = [program.new_int_var(0, int(top), "") for top in ceiling]
    gain = np.ceil(model.gain * UNITS).astype(np.int64)
    by_agent = np.argsort(model.choices.agent, kind="stable")
    limits = np.searchsorted(model.choices.agent[by_agent], np.arange(len(model.weight) + 1))
    for player, agent in enumerate(curves.agents.tolist()):
        mine = by_agent[limits[agent] : limits[agent + 1]].tolist()
        total = cp_model.LinearExpr.weighted_sum([x[j] for j in mine], gain[mine].tolist())
        program.add(ratio[player] <= total)
    slope = np.ceil(tangents.slope * UNITS).astype(np.int64).tolist()
    height = np.ceil(tangents.height * UNITS * UNITS).astype(np.int64).tolist()
    for player, a, b in zip(tangents.player.tolist(), slope, height, strict=True):
        program.add(UNITS * worth[player] <= a * ratio[player] + b)
    program.maximize(cp_model.LinearExpr.weighted_sum(worth, weight))
    return program, x, float(UNITS * UNITS)


def _add_rows(program: cp_model.CpModel, model: Model, x: list[Any]) -> None:
    """Add the packing rows, the budget in cents, and the quotas."""
    matrix = model.matrix.tocsr()
    for row in range(model.n_packing):
        columns = matrix.indices[matrix.indptr[row] : matrix.indptr[row + 1]].tolist()
        if model.upper[row] == 1:
            program.add_at_most_one([x[j] for j in columns])
        else:
            program.add(sum(x[j] for j in columns) <= int(model.upper[row]))
    if model.budget_cents is not None:
        prices = model.choices.price_cents.tolist()
        program.add(cp_model.LinearExpr.weighted_sum(x, prices) <= model.budget_cents)
    for agent in np.flatnonzero(model.quota > 0).tolist():
        mine = np.flatnonzero(model.choices.agent == agent).tolist()
        program.add(cp_model.LinearExpr.sum([x[j] for j in mine]) >= int(model.quota[agent]))


def _found(choices: Choices, chosen: IntArray, *, note: str = "") -> Found:
    note = note if len(chosen) else "no allocation at the limit"
    return Found(choices.face[chosen], choices.period[chosen], choices.agent[chosen], note=note)
