"""An allocation after a change of its postings by hand: every number that follows from them."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace

import numpy as np

from geo.french import counted, typeset
from geo.matching.explained.idle import idle_reasons
from geo.matching.explained.standing import posted_of, standing_of_posted
from geo.matching.problem import MatchingProblem
from geo.matching.solution import OPTIMAL_GAP, exposures_of, solve
from geo.matching.targets import targets
from geo.matching.utility import equivalent_exposure, utility
from geo.model import FloatArray, IntArray
from geo.plan import AgentExposure, Allocation, Posting, Shortfall, Status

BY_HAND = "by-hand"
"""The cause of a shortfall that somebody made who changed the plan."""

_NO_ANSWER = frozenset({Status.INFEASIBLE, Status.UNKNOWN, Status.NOT_ASKED})


def revalued(
    problem: MatchingProblem, allocation: Allocation, postings: Iterable[Posting]
) -> Allocation:
    """Return what an allocation becomes with other postings.

    Its bound stays where it still holds: of the same problem, with no agent below the postings that
    `Allocation.quota` promises. Where it does not, quotas shrink to what is left of them, and the
    bound is that of the problem without any quota, which no allocation passes.

    Parameters
    ----------
    problem
        Of the campaign as it is; it may have lost agents since `allocation` was made.
    postings
        Of eligible pairs. Whether they keep the other rules is for `geo.verify` to say.

    Raises
    ------
    PlanFolderError
        If a posting names what the problem does not know, or a pair that is not eligible.
    """
    changed = replace(allocation, postings=tuple(sorted(set(postings))), changes=None)
    posted = posted_of(problem, changed)
    target = targets(problem)
    agents = exposures_of(problem, posted, target)
    if allocation.status in _NO_ANSWER:
        return replace(changed, agents=agents)
    counts = {agent.agent_id: agent.postings for agent in agents}
    quota = {a: min(allocation.quota.get(a, 0), n) for a, n in sorted(counts.items())}
    holds = quota == dict(allocation.quota) and _same_targets(allocation.agents, agents)
    bound = allocation.bound if holds else solve(replace(problem, min_faces=0)).bound
    known = {shortfall.subject: shortfall for shortfall in allocation.shortfalls}
    changed = replace(
        _measured(problem, changed, agents=agents, bound=bound),
        cost_cents=int(problem.price_cents[posted[:, 0], posted[:, 1]].sum()),
        quota=quota,
        shortfalls=_shortfalls(counts, known, wanted=problem.min_faces),
    )
    return _with_idle(problem, changed, posted, target)


def _same_targets(before: Iterable[AgentExposure], now: Iterable[AgentExposure]) -> bool:
    return {a.agent_id: a.target for a in before} == {a.agent_id: a.target for a in now}


def _measured(
    problem: MatchingProblem,
    allocation: Allocation,
    *,
    agents: tuple[AgentExposure, ...],
    bound: float,
) -> Allocation:
    """Return the allocation with its certificate, as `geo.matching.solve` writes one."""
    share_total = math.fsum(problem.share.tolist())
    worth = utility(np.array([agent.ratio for agent in agents]), problem.fairness)
    objective = math.fsum((problem.share * worth).tolist())
    bound = max(bound, objective)
    exposure = equivalent_exposure(objective, share_total, problem.fairness)
    best = equivalent_exposure(bound, share_total, problem.fairness)
    gap = max(0.0, 1 - exposure / best) if best > 0 else 0.0
    return replace(
        allocation,
        status=Status.OPTIMAL if gap <= OPTIMAL_GAP else Status.FEASIBLE,
        objective=objective,
        bound=bound,
        exposure=exposure,
        exposure_bound=best,
        gap=gap,
        agents=agents,
    )


def _shortfalls(
    counts: Mapping[str, int], known: Mapping[str, Shortfall], *, wanted: int
) -> tuple[Shortfall, ...]:
    """Return the shortfalls by agent id: the known ones where nothing changed, new ones by hand."""
    return tuple(
        known[agent_id]
        if agent_id in known and known[agent_id].got == got
        else _by_hand(agent_id, got=got, wanted=wanted)
        for agent_id, got in sorted(counts.items())
        if got < wanted
    )


def _by_hand(agent_id: str, *, got: int, wanted: int) -> Shortfall:
    has = f"a {counted(got, 'affichage', 'affichages')}" if got else "n’a aucun affichage"
    message = (
        f"{agent_id} {has} sur les {wanted} voulus : le plan a été modifié à la main. "
        "Remède : recalculez le plan, ou rendez-lui une face."
    )
    return Shortfall(BY_HAND, agent_id, typeset(message), wanted=wanted, got=got)


def _with_idle(
    problem: MatchingProblem, allocation: Allocation, posted: IntArray, target: FloatArray
) -> Allocation:
    idle = idle_reasons(standing_of_posted(problem, allocation, posted, target=target))
    reasons = Counter(reason.value for reason in idle.values())
    return replace(
        allocation,
        unused={reason: reasons[reason] for reason in sorted(reasons)},
        idle={problem.face_ids[face]: reason.value for face, reason in sorted(idle.items())},
    )
