"""Why a plan is as it is: its faces, its agents, its shortfalls, and the whole in a few numbers.

Everything is worked out again from the problem and the allocation, as they are read back from a
plan folder: an explanation needs no solver and can be checked by hand.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from geo.compare import Measures, measure
from geo.matching.explained.causes import ShortfallStory, explain_shortfalls
from geo.matching.explained.idle import idle_reasons
from geo.matching.explained.limits import (
    AgentStory,
    Limit,
    Margin,
    binding_limits,
    explain_agent,
    explain_margin,
)
from geo.matching.explained.offers import FaceStory, explain_face
from geo.matching.explained.standing import Standing, standing_of
from geo.matching.explained.unused import Unused
from geo.plan import Status

__all__ = [
    "AgentStory",
    "FaceStory",
    "PlanStory",
    "ShortfallStory",
    "Standing",
    "explain_agent",
    "explain_face",
    "explain_plan",
    "explain_shortfalls",
    "standing_of",
]


@dataclass(frozen=True, slots=True)
class Bound:
    """The agents that one limit binds, sorted by id."""

    limit: Limit
    agent_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class IdleFaces:
    """How many faces carry nothing for one reason."""

    reason: Unused
    faces: int


@dataclass(frozen=True, slots=True)
class PlanStory:
    """The whole plan: what it is worth, what money would bring, what binds whom, what fell short.

    `cents_left` is None without a budget, and `margin` where the budget holds nothing back.
    """

    status: Status
    measures: Measures
    budget_cents: int | None
    cents_left: int | None
    margin: Margin | None
    bound: tuple[Bound, ...]
    idle: tuple[IdleFaces, ...]
    shortfalls: tuple[ShortfallStory, ...]


def explain_plan(standing: Standing) -> PlanStory:
    """Return what there is to say about the whole plan.

    Limits and reasons are in the order of `Limit` and `Unused`.
    """
    problem, allocation = standing.problem, standing.allocation
    binds: dict[Limit, list[str]] = {}
    for agent_id, limit in zip(problem.agent_ids, binding_limits(standing), strict=True):
        binds.setdefault(limit, []).append(agent_id)
    idle = Counter(idle_reasons(standing).values())
    return PlanStory(
        allocation.status,
        measures=measure(allocation),
        budget_cents=problem.budget_cents,
        cents_left=standing.cents_left,
        margin=explain_margin(standing),
        bound=tuple(Bound(limit, tuple(binds[limit])) for limit in Limit if limit in binds),
        idle=tuple(IdleFaces(reason, idle[reason]) for reason in Unused if reason in idle),
        shortfalls=explain_shortfalls(problem, allocation),
    )
