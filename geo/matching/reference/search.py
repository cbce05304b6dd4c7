"""The search for a good allocation, and the proof of how good it is.

1. The folded linear relaxation; its prices give a certified bound.
2. An allocation built from it by hand.
3. While the gap is not small enough: an integer program of all that could still be part of a better
   allocation, if that is not too much; else integer programs of the faces of one agent at a time.

Limits are nodes, rounds and sizes, never seconds, so the same model gives the same answer.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from geo.matching.reference.certificate import (
    Prices,
    dual_bound,
    exposure_gap,
    objective_of,
    worth_at,
)
from geo.matching.reference.construct import construct
from geo.matching.reference.draft import Draft
from geo.matching.reference.fold import Folded, fold
from geo.matching.reference.highs import LinearProgram, Outcome, solve_integer
from geo.matching.reference.model import Model
from geo.matching.reference.tangents import Curves, Tangents, curves_of
from geo.matching.utility import equivalent_exposure, utility
from geo.model import BoolArray, FloatArray

GAP_AIM = 0.005
"""The search ends at this gap in equivalent exposure; well inside what counts as optimal."""

RELAXATION_ROUNDS = 60
"""Linear programs at the most, each with tangents at the answer of the one before."""

TANGENT_ERROR = 1e-5
"""Tangents are fine enough once they flatter the relaxation by less, in equivalent exposure."""

AGENT_SIZE = 8_000
"""Entries of the rows over the undecided choices that the integer program of one agent may have."""

UNLIKELY = 0.05
"""A choice that costs more than this part of the gap aimed at is left out of one agent's faces."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How far integer programs may go.

    Parameters
    ----------
    rounds
        Integer programs of the whole at the most, each with tangents at the answer before.
    size
        Entries of the rows over the undecided choices that one of them may have; past 60,000 HiGHS
        loses itself among interchangeable periods before it counts a first node.
    agents
        Whether those too large are tried with the faces of one agent at a time.
    stop
        Asked often: yes ends the integer programs with the best so far.
    """

    rounds: int = 12
    size: int = 60_000
    agents: bool = True
    stop: Callable[[], bool] | None = None


PATIENT = Patience()


@dataclass(frozen=True, slots=True)
class Found:
    """The best allocation that was found, columns of the model, and what is proven of it."""

    x: FloatArray
    objective: float
    bound: float


@dataclass(frozen=True, slots=True)
class _Relaxed:
    """The relaxation: columns of the folded model, prices of the model, worth of each choice."""

    folded: Folded
    x: FloatArray
    prices: Prices
    worth: FloatArray
    bound: float
    tangents: Tangents


def search(
    model: Model, *, seed: int, start: FloatArray | None = None, patience: Patience = PATIENT
) -> Found | None:
    """Return the best allocation found, or None where none was found that keeps the quotas.

    Parameters
    ----------
    start
        An allocation that keeps every row, if one is known: columns of the model.
    patience
        How far integer programs may go.
    """
    curves = curves_of(model)
    relaxed = _relax(model, curves, seed=seed)
    if relaxed is None:
        return None
    x = _first_allocation(model, relaxed, start)
    if x is None:
        return None
    best = _better(model, Found(x, objective_of(model, x), relaxed.bound), None)
    best = _search_all(model, curves, relaxed, best, seed=seed, patience=patience)
    stopped = patience.stop is not None and patience.stop()
    if gap_of(model, best) <= GAP_AIM or not patience.agents or stopped:
        return best
    best = _search_agent_by_agent(model, curves, relaxed, best, seed=seed)
    return _search_all(model, curves, relaxed, best, seed=seed, patience=patience)


def fewest_missing(model: Model, *, seed: int) -> tuple[FloatArray, bool] | None:
    """Return an allocation with the fewest postings missing, and whether that is proven.

    `model` must allow every posting to be missing. None where no allocation was found.
    """
    indifferent = replace(model, weight=np.zeros_like(model.weight))
    curves = curves_of(indifferent)
    draft = Draft(model, cost=np.zeros(len(model.choices)))
    draft.fill()
    answer = solve_integer(
        indifferent, curves, curves.spread(), seed=seed, gap=0.99, start=draft.columns()
    )
    return None if answer.x is None else (answer.x, answer.outcome is Outcome.SOLVED)


def gap_of(model: Model, found: Found) -> float:
    """Return the gap in equivalent exposure."""
    return exposure_gap(
        found.objective,
        found.bound,
        share_total=float(model.weight.sum()),
        fairness=model.fairness,
    )


def _allowed(model: Model, bound: float, gap: float) -> float:
    """Return by how much an objective may lie below `bound` to be within `gap` of it."""
    total = float(model.weight.sum())
    best = equivalent_exposure(bound, total, model.fairness)
    if not np.isfinite(best) or total <= 0:
        return 0.0
    worth = total * utility(np.array([best * (1 - gap), best]), model.fairness)
    return float(worth[1] - worth[0])


def _relax(model: Model, curves: Curves, *, seed: int) -> _Relaxed | None:
    folded = fold(model)
    tangents = curves.spread()
    program = LinearProgram(folded.model, curves, tangents, seed=seed)
    best: _Relaxed | None = None
    for _ in range(RELAXATION_ROUNDS):
        answer = program.solve()
        if answer is None:
            break
        prices = folded.prices(answer.prices)
        bound = dual_bound(model, prices)
        if best is None or bound < best.bound:
            worth = worth_at(model, prices)[: len(model.choices)]
            best = _Relaxed(folded, answer.x, prices, worth, bound, tangents)
        over = curves.weight @ (answer.utility - curves.utility(answer.ratio))
        if over * curves.unit <= _allowed(model, best.bound, TANGENT_ERROR):
            break
        more = curves.tangents(answer.ratio[:, None])
        tangents = tangents + more
        program.add(more)
    if best is None:
        return None
    near = curves.around(folded.model.ratios(best.x)[curves.agents])
    return replace(best, tangents=tangents + near)


def _first_allocation(
    model: Model, relaxed: _Relaxed, start: FloatArray | None
) -> FloatArray | None:
    n = len(model.choices)
    gain = relaxed.prices.exposure[model.choices.agent] * model.gain
    small = len(relaxed.folded.model.choices)
    x = construct(
        model,
        group=relaxed.folded.group[:n],
        wanted=relaxed.x[:small],
        worth=relaxed.worth,
        gain=gain,
    )
    if x is not None or start is None:
        return x
    draft = Draft(model, cost=gain - relaxed.worth, start=start)
    draft.fill()
    return draft.columns()


def _search_all(
    model: Model, curves: Curves, relaxed: _Relaxed, best: Found, *, seed: int, patience: Patience
) -> Found:
    """Search everything that could still be part of a better allocation than `best`.

    By the Lagrangian bound, an allocation with a choice of negative worth is worth at most the
    bound less that, and one without a choice of positive worth likewise; where that is below what
    is already found, the choice is decided.
    """
    margin = (relaxed.bound - best.objective) * (1 + 1e-9)
    undecided = np.abs(relaxed.worth) <= margin
    if gap_of(model, best) <= GAP_AIM or _size(model, undecided) > patience.size:
        return best
    decided = (relaxed.worth > 0).astype(np.float64)
    part = _held(model, undecided, decided)
    tangents, aim = relaxed.tangents, GAP_AIM / 2
    for _ in range(patience.rounds):
        answer = solve_integer(
            part,
            curves,
            tangents,
            seed=seed,
            gap=_allowed(model, best.bound, aim),
            start=best.x,
            stop=patience.stop,
        )
        if answer.x is None:
            return best
        bound = min(best.bound, max(answer.bound, best.objective))
        best = _better(model, replace(best, bound=bound), answer.x)
        if answer.outcome is Outcome.LIMITED or gap_of(model, best) <= GAP_AIM:
            return best
        tangents = tangents + curves.tangents(model.ratios(answer.x)[curves.agents][:, None])
        aim /= 2
    return best


def _search_agent_by_agent(
    model: Model, curves: Curves, relaxed: _Relaxed, best: Found, *, seed: int
) -> Found:
    """Search the faces of one agent at a time, the worst off first; all else stays as it is."""
    choices = model.choices
    small = _allowed(model, relaxed.bound, GAP_AIM) * UNLIKELY
    likely = (relaxed.worth >= -small) | (relaxed.folded.unfold(relaxed.x)[: len(choices)] > 1e-9)
    for agent in np.argsort(model.ratios(best.x), kind="stable").tolist():
        near = np.isin(choices.face, choices.face[choices.agent == agent])
        chosen = best.x[: len(choices)]
        free = near & (likely | (chosen > 0.5))
        if _size(model, free) > AGENT_SIZE:
            continue
        part = _held(model, free, chosen)
        ratios = model.ratios(best.x)[curves.agents]
        answer = solve_integer(
            part,
            curves,
            relaxed.tangents + curves.tangents(ratios[:, None]),
            seed=seed,
            gap=small / 2,
            start=best.x,
        )
        best = _better(model, best, answer.x)
        if gap_of(model, best) <= GAP_AIM:
            return best
    return best


def _size(model: Model, free: BoolArray) -> int:
    return int(model.matrix[:, np.flatnonzero(free)].nnz)


def _held(model: Model, free: BoolArray, values: FloatArray) -> Model:
    """Return the model with every choice but the `free` ones held at its value."""
    n = len(model.choices)
    lower, ceiling = model.lower.copy(), model.ceiling.copy()
    held = ~free & ~model.choices.locked
    lower[:n][held] = values[held]
    ceiling[:n][held] = values[held]
    return replace(model, lower=lower, ceiling=ceiling)


def _better(model: Model, best: Found, x: FloatArray | None) -> Found:
    """Return the better of two allocations; no bound lies below what is feasible."""
    objective = -np.inf if x is None else objective_of(model, x)
    if x is not None and objective > best.objective:
        best = replace(best, x=x, objective=objective)
    return replace(best, bound=max(best.bound, best.objective))
