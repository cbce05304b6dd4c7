"""The matching by a general solver: an independent reference for tests and benchmarks.

Same problem, same objective, another road: tangents, linear and integer programs. Its bound is that
of `geo.matching.reference.certificate`, or of HiGHS rounded outward by its tolerances.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from geo.matching.locks import lock_conflicts
from geo.matching.problem import MatchingProblem
from geo.matching.reference.model import Choices, Model, build_model, open_choices, reachable_quota
from geo.matching.reference.search import PATIENT, Found, Patience, fewest_missing, gap_of, search
from geo.matching.targets import targets
from geo.model import FloatArray, IntArray
from geo.plan import Posting


@dataclass(frozen=True, slots=True)
class Reference:
    """What HiGHS finds.

    Parameters
    ----------
    postings
        Sorted by period, then face.
    objective, bound
        In units of the objective; the bound holds for every allocation that misses no more postings
        of `min_faces` than `missing`.
    gap
        In equivalent exposure.
    missing
        Postings short of `min_faces`, all agents together.
    missing_proven
        Whether no allocation misses fewer.
    """

    postings: tuple[Posting, ...]
    objective: float
    bound: float
    gap: float
    missing: int
    missing_proven: bool


def solve_by_highs(
    problem: MatchingProblem, *, quota: IntArray | None = None, patience: Patience = PATIENT
) -> Reference | None:
    """Return the allocation that HiGHS finds, or None where the locks cannot hold together.

    The fewest postings are missing that can be; among such allocations the utility counts.

    Parameters
    ----------
    quota
        Postings of each agent at the least that are known to be possible all at once, locked ones
        counted, shape ``(n_agents,)``. The bound then holds for allocations that keep them.
    patience
        How far integer programs may go.
    """
    if lock_conflicts(problem):
        return None
    choices = open_choices(problem)
    target, given = targets(problem), quota is not None
    if quota is None:
        quota = reachable_quota(problem, choices)
    model = build_model(problem, choices, targets=target, quota=quota)
    found, proven = search(model, seed=problem.seed, patience=patience), True
    if found is None and given:
        return None
    if found is None:
        model, found, proven = _with_fewest_missing(problem, choices, target=target, quota=quota)
    return _reference(problem, model, found, proven=proven)


def _with_fewest_missing(
    problem: MatchingProblem, choices: Choices, *, target: FloatArray, quota: IntArray
) -> tuple[Model, Found, bool]:
    """Return a model that allows as few missing postings as can be, and what is found in it."""
    total = int(quota.sum())
    lenient = build_model(problem, choices, targets=target, quota=quota, allowance=total)
    answer = fewest_missing(lenient, seed=problem.seed)
    x, proven = (lenient.lower, False) if answer is None else answer
    chosen = x[: len(choices)]
    count = np.bincount(choices.agent, chosen, minlength=problem.n_agents)
    short = np.maximum(quota - np.round(count).astype(np.int64), 0)
    allowance = int(short.sum())
    model = build_model(problem, choices, targets=target, quota=quota, allowance=allowance)
    start = np.concatenate((chosen, short if allowance else [])).astype(np.float64)
    found = search(model, seed=problem.seed, start=start)
    if found is None:
        raise AssertionError("the search lost an allocation that it was given to start from")
    return model, found, proven


def _reference(problem: MatchingProblem, model: Model, found: Found, *, proven: bool) -> Reference:
    choices = model.choices
    chosen = np.flatnonzero(found.x[: len(choices)] > 0.5)
    count = np.bincount(choices.agent[chosen], minlength=problem.n_agents)
    postings = sorted(
        Posting(
            period=int(choices.period[j]) + 1,
            face_id=problem.face_ids[choices.face[j]],
            agent_id=problem.agent_ids[choices.agent[j]],
        )
        for j in chosen.tolist()
    )
    short = np.maximum(problem.min_faces - count, 0)
    return Reference(
        postings=tuple(postings),
        objective=found.objective,
        bound=found.bound,
        gap=gap_of(model, found),
        missing=int(math.fsum(short.tolist())),
        missing_proven=proven,
    )
