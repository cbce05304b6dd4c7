"""The matching as a sparse model: choices, linear rows ``matrix @ x <= upper``, and gains.

    maximise  Σ_a weight(a) · U_α( Σ_j gain(j) x(j) )    over the choices j of agent a

    subject to  matrix @ x <= upper,  lower <= x <= ceiling,  x of the choices whole

Nothing here knows a solver. Columns are the choices, then one slack an agent where the quotas
cannot all be kept.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import sparse

from geo.matching.problem import MatchingProblem
from geo.matching.spacing import clique_cover
from geo.model import BoolArray, FloatArray, IntArray


@dataclass(frozen=True, slots=True)
class Choices:
    """Postings that may be made: arrays of shape ``(n_choices,)``, sorted by face, agent, period.

    `period` counts from 0, `exposure` is ρ·u in contacts, `edge` the place among the eligible
    pairs, `locked` whether the planner has decided for it.
    """

    edge: IntArray
    face: IntArray
    agent: IntArray
    period: IntArray
    exposure: FloatArray
    price_cents: IntArray
    locked: BoolArray

    def __len__(self) -> int:
        return len(self.edge)


@dataclass(frozen=True, slots=True)
class Model:
    """See the module for the whole.

    Parameters
    ----------
    gain
        Exposure ratio that a choice gives its agent, shape ``(n_choices,)``.
    weight
        Share of each agent, 0 where it has no utility, shape ``(n_agents,)``.
    matrix, upper
        The rows, sparse ``(n_rows, n_columns)`` and ``(n_rows,)``: first the packing rows (0 or 1,
        whole right-hand sides), then the budget, then the quotas.
    lower, ceiling
        Interval of each column, shape ``(n_columns,)``.
    family
        Which rows say the same of different periods, shape ``(n_rows,)``: one number for them all.
    n_packing
        How many packing rows there are.
    budget_cents, quota, allowance
        The budget or None; postings that each agent should have, ``(n_agents,)``, and how many the
        agents may miss of them, all together.
    """

    choices: Choices
    gain: FloatArray
    weight: FloatArray
    fairness: float
    matrix: Any
    upper: FloatArray
    lower: FloatArray
    ceiling: FloatArray
    family: IntArray
    n_packing: int
    budget_cents: int | None
    quota: IntArray
    allowance: int

    def ratios(self, x: FloatArray) -> FloatArray:
        """Return the exposure ratio y/T of each agent, shape ``(n_agents,)``."""
        n = len(self.choices)
        total = np.bincount(self.choices.agent, self.gain * x[:n], minlength=len(self.weight))
        return total.astype(np.float64)  # nothing to count comes as integers


def open_choices(problem: MatchingProblem) -> Choices:
    """Return every posting that availability, zones, consents, locks and budget leave possible.

    The locks must hold together (see `geo.matching.locks`). What costs more than the locks leave
    of the budget is left out.
    """
    kept = problem.lock_agent >= 0
    locked_to = np.full((problem.n_faces, problem.n_periods), -2, dtype=np.int64)
    known = (problem.lock_face >= 0) & (problem.lock_period >= 0)
    place = problem.lock_face[known], problem.lock_period[known]
    locked_to[place] = problem.lock_agent[known]
    lock_here = locked_to[problem.edge_face]
    allowed = problem.edge_open & ((lock_here == -2) | (lock_here == problem.edge_agent[:, None]))
    if problem.budget_cents is not None:
        spent = problem.price_cents[problem.lock_face[kept], problem.lock_period[kept]].sum()
        price = problem.price_cents[problem.edge_face]
        allowed &= (price <= problem.budget_cents - spent) | (lock_here >= 0)
    edge, period = (index.astype(np.int64) for index in np.nonzero(allowed))
    face, agent = problem.edge_face[edge], problem.edge_agent[edge]
    return Choices(
        edge=edge,
        face=face,
        agent=agent,
        period=period,
        exposure=problem.relevance[edge] * problem.contacts[face, period],
        price_cents=problem.price_cents[face, period],
        locked=lock_here[edge, period] >= 0,
    )


def reachable_quota(problem: MatchingProblem, choices: Choices) -> IntArray:
    """Return how many of the wanted postings each agent could have alone, ``(n_agents,)``.

    Counts open choices and the rotation only; budget, spacing and the other agents may leave less.
    """
    per_edge = np.bincount(choices.edge, minlength=len(problem.edge_face))
    per_edge = np.minimum(per_edge, problem.max_periods_per_face)
    most = np.bincount(problem.edge_agent, per_edge, minlength=problem.n_agents)
    return np.minimum(most.astype(np.int64), problem.min_faces)


def build_model(
    problem: MatchingProblem,
    choices: Choices,
    *,
    targets: FloatArray,
    quota: IntArray,
    allowance: int = 0,
) -> Model:
    """Return the model of `problem` over its open choices.

    Parameters
    ----------
    targets
        T(a), shape ``(n_agents,)``; an agent whose target is 0 has no utility.
    quota
        Postings that each agent should have, shape ``(n_agents,)``.
    allowance
        How many postings the agents may miss of their quotas, all together.
    """
    n = len(choices)
    rows = _Rows(n, slacks=problem.n_agents if allowance else 0)
    _add_packing_rows(rows, problem, choices)
    n_packing = rows.count
    _add_budget_row(rows, problem.budget_cents, choices.price_cents)
    _add_quota_rows(rows, choices, quota=quota, allowance=allowance)
    target = targets[choices.agent]
    slack_ceiling = quota.astype(np.float64) if allowance else np.empty(0)
    return Model(
        choices=choices,
        gain=np.divide(choices.exposure, target, out=np.zeros(n), where=target > 0),
        weight=np.where(targets > 0, problem.share, 0.0),
        fairness=problem.fairness,
        matrix=sparse.vstack(rows.matrices, format="csr"),
        upper=np.concatenate(rows.uppers),
        lower=np.concatenate((choices.locked.astype(np.float64), np.zeros(len(slack_ceiling)))),
        ceiling=np.concatenate((np.ones(n), slack_ceiling)),
        family=np.concatenate(rows.families),
        n_packing=n_packing,
        budget_cents=problem.budget_cents,
        quota=quota,
        allowance=allowance,
    )


class _Rows:
    """Rows gathered kind by kind; the columns are the choices, then the slacks."""

    def __init__(self, n_choices: int, *, slacks: int) -> None:
        self.n_choices = n_choices
        self.n_columns = n_choices + slacks
        self.matrices: list[Any] = [sparse.csr_array((0, self.n_columns))]
        self.uppers: list[FloatArray] = [np.empty(0)]
        self.families: list[IntArray] = [np.empty(0, dtype=np.int64)]
        self.count = 0
        self._n_families = 0

    def add(
        self,
        entries: tuple[IntArray, IntArray, FloatArray],
        upper: FloatArray,
        family: IntArray | None = None,
    ) -> None:
        """Add ``len(upper)`` rows given by their entries (row, column, value)."""
        row, column, value = entries
        shape = (len(upper), self.n_columns)
        family = np.arange(len(upper)) if family is None else family
        self.matrices.append(sparse.csr_array((value, (row, column)), shape=shape))
        self.uppers.append(upper)
        self.families.append(self._n_families + family)
        self.count += len(upper)
        self._n_families += int(family.max(initial=-1)) + 1

    def at_most(self, limit: int, *, key: IntArray, period: IntArray, column: IntArray) -> None:
        """Add a row ``Σ x <= limit`` for each key and period.

        A key is left out where none of its rows has more columns than `limit`. The rows of one key
        are one family.
        """
        stride = int(period.max(initial=0)) + 1
        places, row, count = np.unique(
            key * stride + period, return_inverse=True, return_counts=True
        )
        keys, family = np.unique(places // stride, return_inverse=True)
        crowded = np.zeros(len(keys), dtype=np.bool_)
        crowded[family[count > limit]] = True
        kept = crowded[family]
        new_row = np.cumsum(kept) - 1
        new_family = np.cumsum(crowded) - 1
        here = kept[row]
        entries = new_row[row[here]], column[here], np.ones(int(here.sum()))
        self.add(entries, np.full(int(kept.sum()), float(limit)), new_family[family[kept]])


def _add_packing_rows(rows: _Rows, problem: MatchingProblem, choices: Choices) -> None:
    """Add one portrait a face and period, rotation, and spacing."""
    column = np.arange(len(choices))
    rows.at_most(1, key=choices.face, period=choices.period, column=column)
    always = np.zeros(len(choices), dtype=np.int64)
    limit = problem.max_periods_per_face
    rows.at_most(limit, key=choices.edge, period=always, column=column)
    cliques = clique_cover(problem.close_pairs)
    if not cliques:
        return
    clique = np.repeat(np.arange(len(cliques)), [len(c) for c in cliques])
    member = np.concatenate(cliques)
    # Choices are sorted by face: those of each member are one run.
    first = np.searchsorted(choices.face, member)
    length = np.searchsorted(choices.face, member, side="right") - first
    skipped = np.repeat(np.cumsum(length) - length, length)
    column = np.repeat(first, length) + np.arange(length.sum()) - skipped
    key = np.repeat(clique, length) * problem.n_agents + choices.agent[column]
    rows.at_most(1, key=key, period=choices.period[column], column=column)


def _add_budget_row(rows: _Rows, budget_cents: int | None, price_cents: IntArray) -> None:
    if budget_cents is None or price_cents.sum() <= budget_cents:
        return
    # Prices are whole cents, far coarser than any tolerance once the dearest counts as 1: what a
    # solver takes to keep this row keeps it exactly.
    scale = float(price_cents.max())
    entries = np.zeros(len(price_cents), np.int64), np.arange(len(price_cents)), price_cents / scale
    rows.add(entries, np.array([budget_cents / scale]))


def _add_quota_rows(rows: _Rows, choices: Choices, *, quota: IntArray, allowance: int) -> None:
    """Add ``Σ x + slack >= quota`` for each agent, and ``Σ slack <= allowance``."""
    asking = np.flatnonzero(quota > 0)
    row_of = np.full(len(quota), -1, dtype=np.int64)
    row_of[asking] = np.arange(len(asking))
    row = row_of[choices.agent]
    column = np.flatnonzero(row >= 0)
    row = row[column]
    if allowance:
        slack = rows.n_choices + np.arange(len(quota))
        ones = np.ones(len(slack))
        rows.add((np.zeros(len(slack), np.int64), slack, ones), np.array([float(allowance)]))
        row = np.concatenate((row, row_of[asking]))
        column = np.concatenate((column, slack[asking]))
    rows.add((row, column, -np.ones(len(row))), -quota[asking].astype(np.float64))
