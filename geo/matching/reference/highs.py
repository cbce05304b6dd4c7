"""The door to HiGHS: a `Model` goes in with tangents, a point comes out with what is proven of it.

HiGHS sees the columns of the model, then an exposure ratio r and a utility z for each agent in
play, and minimises -Σ weight z. One thread, a given seed and limits in nodes: the same model gives
the same answer.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Any

import highspy
import numpy as np
from scipy import sparse

from geo.matching.reference.certificate import Prices
from geo.matching.reference.model import Model
from geo.matching.reference.tangents import Curves, Tangents
from geo.model import FloatArray

FEASIBILITY = 1e-9
"""Tolerance of rows, bounds and whole numbers that HiGHS is asked to keep."""

NODE_WORK = 20_000_000
"""Nodes of one integer search times the size of its matrix, at the most."""

LEAST_NODES, MOST_NODES = 20, 20_000

_LARGEST_SEED = 2**31 - 1


_SOLVED = (highspy.HighsModelStatus.kOptimal, highspy.HighsModelStatus.kModelEmpty)


class Outcome(Enum):
    """How a run ended."""

    SOLVED = "solved"  # to the gap that was asked for
    LIMITED = "limited"  # stopped at a limit, perhaps with a point
    INFEASIBLE = "infeasible"


@dataclass(frozen=True, slots=True)
class LinearAnswer:
    """The optimum of a linear relaxation: columns of the model, r and z of the agents in play."""

    x: FloatArray
    ratio: FloatArray
    utility: FloatArray
    prices: Prices


@dataclass(frozen=True, slots=True)
class IntegerAnswer:
    """How an integer search ended: its best point or None, and no point is worth more than `bound`.

    `bound` is in the units of the model's objective, and only for the tangents that were given.
    """

    outcome: Outcome
    x: FloatArray | None
    bound: float


class LinearProgram:
    """The relaxation of a model, solved again and again as tangents are added."""

    def __init__(self, model: Model, curves: Curves, tangents: Tangents, *, seed: int) -> None:
        self._model = model
        self._curves = curves
        self._solver = _new_solver(seed)
        self._solver.passModel(_linear_program(model, curves, tangents))

    def add(self, tangents: Tangents) -> None:
        """Add tangents; the next solution starts from the last."""
        rows = _tangent_rows(tangents, width=len(self._model.ceiling), curves=self._curves)
        none = np.full(rows.shape[0], -highspy.kHighsInf)
        self._solver.addRows(
            rows.shape[0], none, tangents.height, rows.nnz, rows.indptr, rows.indices, rows.data
        )

    def solve(self) -> LinearAnswer | None:
        """Return the optimum, or None where nothing keeps the rows."""
        self._solver.run()
        if self._solver.getModelStatus() not in _SOLVED:
            return None
        solution = self._solver.getSolution()
        values = np.array(solution.col_value)
        duals = np.array(solution.row_dual)
        width, players = len(self._model.ceiling), len(self._curves.agents)
        n_rows = len(self._model.upper)
        exposure = np.zeros(len(self._model.weight))
        exposure[self._curves.agents] = np.abs(duals[n_rows : n_rows + players])
        unit = self._curves.unit
        return LinearAnswer(
            x=values[:width],
            ratio=np.maximum(values[width : width + players], 0.0),
            utility=values[width + players :],
            prices=Prices(np.maximum(-duals[:n_rows], 0.0) * unit, exposure * unit),
        )


def solve_integer(
    model: Model,
    curves: Curves,
    tangents: Tangents,
    *,
    seed: int,
    gap: float,
    start: FloatArray | None = None,
    stop: Callable[[], bool] | None = None,
) -> IntegerAnswer:
    """Return the best whole choices, within `gap` of the best (in units of the objective).

    Where no agent has a utility, the fewest missing postings are sought instead: the objective is
    minus the slacks.

    Parameters
    ----------
    start
        A point of the model to start from, shape of its columns.
    stop
        Asked often: yes ends the search with the best so far.
    """
    solver = _new_solver(seed)
    solver.passModel(_linear_program(model, curves, tangents))
    n = len(model.choices)
    kinds = np.full(n, highspy.HighsVarType.kInteger.value, dtype=np.uint8)
    solver.changeColsIntegrality(n, np.arange(n, dtype=np.int32), kinds)
    nodes = int(np.clip(NODE_WORK // max(model.matrix.nnz, 1), LEAST_NODES, MOST_NODES))
    solver.setOptionValue("mip_max_nodes", nodes)
    solver.setOptionValue("mip_rel_gap", 0.0)
    solver.setOptionValue("mip_abs_gap", max(gap / curves.unit, 1e-9))
    if start is not None:
        solver.setSolution(_whole_point(model, curves, tangents, start))
    if stop is not None:
        _let_stop(solver, stop)
    solver.run()
    return _integer_answer(solver, model, curves)


def _let_stop(solver: highspy.Highs, stop: Callable[[], bool]) -> None:
    def ask(event: Any) -> None:  # noqa: ANN401 -- highspy exports no type for it
        if stop():
            event.interrupt()

    solver.cbMipInterrupt.subscribe(ask)


def _integer_answer(solver: highspy.Highs, model: Model, curves: Curves) -> IntegerAnswer:
    status = solver.getModelStatus()
    if status == highspy.HighsModelStatus.kInfeasible:
        return IntegerAnswer(Outcome.INFEASIBLE, None, -np.inf)
    info = solver.getInfo()
    solved = status == highspy.HighsModelStatus.kOptimal
    values = np.array(solver.getSolution().col_value)
    has_point = info.primal_solution_status == highspy.SolutionStatus.kSolutionStatusFeasible
    # HiGHS lets a reduced cost of the wrong sign pass below its tolerance: each column could still
    # add so much over its whole interval.
    slack = FEASIBILITY * float(model.ceiling.sum() + curves.most.sum())
    return IntegerAnswer(
        outcome=Outcome.SOLVED if solved else Outcome.LIMITED,
        x=np.round(values[: len(model.ceiling)]) if has_point else None,
        bound=(-info.mip_dual_bound + slack) * curves.unit,
    )


def _new_solver(seed: int) -> highspy.Highs:
    solver = highspy.Highs()
    for name, value in (
        ("output_flag", False),
        ("threads", 1),
        ("parallel", "off"),
        ("random_seed", seed % _LARGEST_SEED),
        ("mip_feasibility_tolerance", FEASIBILITY),
    ):
        solver.setOptionValue(name, value)
    return solver


def _linear_program(model: Model, curves: Curves, tangents: Tangents) -> highspy.HighsLp:
    width, players = len(model.ceiling), len(curves.agents)
    matrix = sparse.vstack(
        (
            sparse.hstack((model.matrix, sparse.csr_array((len(model.upper), 2 * players)))),
            _link_rows(model, curves),
            _tangent_rows(tangents, width=width, curves=curves),
        ),
        format="csc",
    )
    infinity = highspy.kHighsInf
    program = highspy.HighsLp()
    program.num_col_ = width + 2 * players
    program.num_row_ = matrix.shape[0]
    slack_cost = np.zeros(width) if players else (np.arange(width) >= len(model.choices)) * 1.0
    program.col_cost_ = np.concatenate((slack_cost, np.zeros(players), -curves.weight))
    program.col_lower_ = np.concatenate((model.lower, np.zeros(2 * players)))
    program.col_upper_ = np.concatenate((model.ceiling, curves.most, curves.utility(curves.most)))
    program.row_lower_ = np.concatenate(
        (
            np.full(len(model.upper), -infinity),
            np.zeros(players),
            np.full(len(tangents.height), -infinity),
        )
    )
    program.row_upper_ = np.concatenate((model.upper, np.zeros(players), tangents.height))
    program.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    program.a_matrix_.start_ = matrix.indptr
    program.a_matrix_.index_ = matrix.indices
    program.a_matrix_.value_ = matrix.data
    return program


def _link_rows(model: Model, curves: Curves) -> sparse.csr_array:
    """Return the rows ``r - Σ gain x = 0``, one an agent in play."""
    width, players = len(model.ceiling), len(curves.agents)
    player_of = np.full(len(model.weight), -1, dtype=np.int64)
    player_of[curves.agents] = np.arange(players)
    row = player_of[model.choices.agent]
    column = np.flatnonzero((row >= 0) & (model.gain > 0))
    every = np.arange(players)
    return sparse.csr_array(
        (
            np.concatenate((-model.gain[column], np.ones(players))),
            (np.concatenate((row[column], every)), np.concatenate((column, width + every))),
        ),
        shape=(players, width + 2 * players),
    )


def _tangent_rows(tangents: Tangents, *, width: int, curves: Curves) -> sparse.csr_array:
    """Return the rows ``z - slope r <= height``."""
    players, n = len(curves.agents), len(tangents.player)
    row = np.arange(n)
    return sparse.csr_array(
        (
            np.concatenate((-tangents.slope, np.ones(n))),
            (
                np.concatenate((row, row)),
                np.concatenate((width + tangents.player, width + players + tangents.player)),
            ),
        ),
        shape=(n, width + 2 * players),
    )


def _whole_point(
    model: Model, curves: Curves, tangents: Tangents, x: FloatArray
) -> highspy.HighsSolution:
    """Return the point of HiGHS for columns `x` of the model."""
    ratio = model.ratios(x)[curves.agents]
    utility = curves.utility(curves.most)
    lines = tangents.slope * ratio[tangents.player] + tangents.height
    np.minimum.at(utility, tangents.player, lines)
    point = highspy.HighsSolution()
    point.col_value = np.concatenate((x, ratio, utility)).tolist()
    return point
