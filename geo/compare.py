"""Two plans of one campaign, side by side: what they are worth, how fair they are, what changes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from geo.plan import AgentExposure, Allocation, Posting, Status

SAME = 1e-9
"""Targets that differ by no more than this part of the larger are the same."""


@dataclass(frozen=True, slots=True)
class Equity:
    """How even the exposure ratios are, over the agents that have a target.

    Parameters
    ----------
    gini
        0 where all ratios are the same, towards 1 where one agent has everything (Gini 1912).
    least, most
        The lowest and the highest ratio.
    spread
        least / most; 1 where there is no exposure at all.
    least_id, most_id
        Agents with these ratios, the id that sorts first; empty where there is no agent.
    """

    gini: float
    least: float
    most: float
    spread: float
    least_id: str
    most_id: str


@dataclass(frozen=True, slots=True)
class Measures:
    """What one allocation is worth.

    `exposure_contacts` is the equivalent exposure times the sum of the targets: contacts, which,
    unlike ratios, mean the same under another budget. `exposure_bound_contacts` is its bound.
    """

    objective: float
    bound: float
    exposure: float
    exposure_bound: float
    exposure_contacts: float
    exposure_bound_contacts: float
    gap: float
    cost_cents: int
    contacts: float
    postings: int
    faces: int
    shortfalls: int
    equity: Equity


@dataclass(frozen=True, slots=True)
class Swap:
    """A face that carries another portrait in the second plan."""

    period: int
    face_id: str
    agent_a: str
    agent_b: str


@dataclass(frozen=True, slots=True)
class AgentChange:
    """What an agent has in each plan; None where a plan does not know the agent."""

    agent_id: str
    a: AgentExposure | None
    b: AgentExposure | None
    kept: int
    lost: int
    gained: int


@dataclass(frozen=True, slots=True)
class Comparison:
    """Plan A beside plan B.

    `same_targets` tells whether every agent has the same target in both: only then do ratios,
    objectives and equivalent exposures measure the same thing.
    """

    a: Measures
    b: Measures
    same_targets: bool
    both: tuple[Posting, ...]
    only_a: tuple[Posting, ...]
    only_b: tuple[Posting, ...]
    swapped: tuple[Swap, ...]
    agents: tuple[AgentChange, ...]


@dataclass(frozen=True, slots=True)
class BudgetPoint:
    """What one budget gives; `more_contacts` is what 1,000 € more would, None if nothing."""

    budget_cents: int
    status: Status
    measures: Measures
    more_contacts: float | None


def compare(a: Allocation, b: Allocation) -> Comparison:
    """Return how two allocations differ.

    A posting is in both plans where face, period and agent are the same; it is swapped where only
    the agent differs; all others are in one plan only. Everything is sorted.
    """
    places_a = {(p.period, p.face_id): p.agent_id for p in a.postings}
    places_b = {(p.period, p.face_id): p.agent_id for p in b.postings}
    shared = sorted(places_a.keys() & places_b.keys())
    return Comparison(
        measure(a),
        measure(b),
        same_targets=_same_targets(a, b),
        both=tuple(Posting(*at, places_a[at]) for at in shared if places_a[at] == places_b[at]),
        only_a=_postings_beyond(places_a, places_b),
        only_b=_postings_beyond(places_b, places_a),
        swapped=tuple(
            Swap(*at, places_a[at], places_b[at]) for at in shared if places_a[at] != places_b[at]
        ),
        agents=_agent_changes(a, b),
    )


def measure(allocation: Allocation) -> Measures:
    """Return what an allocation is worth."""
    whole = math.fsum(agent.target for agent in allocation.agents)
    return Measures(
        objective=allocation.objective,
        bound=allocation.bound,
        exposure=allocation.exposure,
        exposure_bound=allocation.exposure_bound,
        exposure_contacts=allocation.exposure * whole,
        exposure_bound_contacts=allocation.exposure_bound * whole,
        gap=allocation.gap,
        cost_cents=allocation.cost_cents,
        contacts=math.fsum(agent.contacts for agent in allocation.agents),
        postings=len(allocation.postings),
        faces=len({posting.face_id for posting in allocation.postings}),
        shortfalls=len(allocation.shortfalls),
        equity=equity_of(allocation.agents),
    )


def equity_of(agents: Sequence[AgentExposure]) -> Equity:
    """Return how even the ratios of the agents are; those without a target do not count."""
    served = [agent for agent in agents if agent.target > 0]
    if not served:
        return Equity(0.0, 0.0, 0.0, 1.0, "", "")
    least = min(served, key=lambda agent: (agent.ratio, agent.agent_id))
    most = min(served, key=lambda agent: (-agent.ratio, agent.agent_id))
    return Equity(
        gini=gini([agent.ratio for agent in served]),
        least=least.ratio,
        most=most.ratio,
        spread=least.ratio / most.ratio if most.ratio > 0 else 1.0,
        least_id=least.agent_id,
        most_id=most.agent_id,
    )


def gini(values: Sequence[float]) -> float:
    """Return Σ_i Σ_j |v_i − v_j| / (2 n Σ v) of values ≥ 0; 0 where all are 0 or there is none."""
    ascending = np.sort(np.asarray(values, dtype=np.float64))
    n, total = len(ascending), float(ascending.sum())
    if total <= 0:
        return 0.0
    rank = np.arange(1, n + 1)
    return max(0.0, float((2 * rank - n - 1) @ ascending) / (n * total))


def _postings_beyond(
    places: dict[tuple[int, str], str], others: dict[tuple[int, str], str]
) -> tuple[Posting, ...]:
    return tuple(Posting(*at, places[at]) for at in sorted(places.keys() - others.keys()))


def _same_targets(a: Allocation, b: Allocation) -> bool:
    target_a = {agent.agent_id: agent.target for agent in a.agents}
    target_b = {agent.agent_id: agent.target for agent in b.agents}
    return target_a.keys() == target_b.keys() and all(
        math.isclose(target, target_b[agent_id], rel_tol=SAME)
        for agent_id, target in target_a.items()
    )


def _agent_changes(a: Allocation, b: Allocation) -> tuple[AgentChange, ...]:
    agents_a = {agent.agent_id: agent for agent in a.agents}
    agents_b = {agent.agent_id: agent for agent in b.agents}
    posted_a, posted_b = _by_agent(a), _by_agent(b)
    nothing: frozenset[tuple[int, str]] = frozenset()
    changes = []
    for agent_id in sorted(agents_a.keys() | agents_b.keys()):
        mine_a, mine_b = posted_a.get(agent_id, nothing), posted_b.get(agent_id, nothing)
        changes.append(
            AgentChange(
                agent_id,
                agents_a.get(agent_id),
                agents_b.get(agent_id),
                kept=len(mine_a & mine_b),
                lost=len(mine_a - mine_b),
                gained=len(mine_b - mine_a),
            )
        )
    return tuple(changes)


def _by_agent(allocation: Allocation) -> dict[str, frozenset[tuple[int, str]]]:
    found: dict[str, set[tuple[int, str]]] = {}
    for posting in allocation.postings:
        found.setdefault(posting.agent_id, set()).add((posting.period, posting.face_id))
    return {agent_id: frozenset(places) for agent_id, places in found.items()}
