"""The matching of one campaign as flat arrays: all that a solver needs, and no more."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from geo.matching.spacing import close_pairs
from geo.model import BoolArray, Campaign, FloatArray, IntArray, Lock
from geo.targeting import Eligibility, consents_to_posters

NOBODY = -1
"""Agent of a lock that keeps its face free."""

UNKNOWN = -2
"""Face, period or agent of a lock that the campaign does not know."""


@dataclass(frozen=True, slots=True)
class MatchingProblem:
    """Agents, faces, periods, and the rules between them; indices are places in the id tuples.

    Parameters
    ----------
    agent_ids, face_ids
        Identifiers, sorted.
    share
        Weight of each agent, ≥ 0, shape ``(n_agents,)``.
    consents
        Whether the agent's consent covers posters at all, shape ``(n_agents,)``.
    contacts, price_cents
        Of one face in one period, ≥ 0, shape ``(n_faces, n_periods)``.
    excluded
        Whether an exclusion holds the face, shape ``(n_faces,)``.
    available, open
        For sale; and for sale, in an open zone and not excluded: shape ``(n_faces, n_periods)``.
    edge_face, edge_agent, relevance
        Eligible pairs, sorted by face then agent, and ρ in (0, 1], shape ``(n_edges,)``.
    edge_open
        Open face and consent for the period, shape ``(n_edges, n_periods)``.
    close_pairs
        Pairs of faces closer than `spacing_m` that share an eligible agent, shape ``(n_pairs, 2)``.
    locks
        As the planner wrote them, sorted.
    lock_face, lock_period, lock_agent
        The same as indices (periods from 0), `NOBODY`, `UNKNOWN`; shape ``(n_locks,)``.
    """

    agent_ids: tuple[str, ...]
    face_ids: tuple[str, ...]
    share: FloatArray
    consents: BoolArray
    contacts: FloatArray
    price_cents: IntArray
    excluded: BoolArray
    available: BoolArray
    open: BoolArray
    edge_face: IntArray
    edge_agent: IntArray
    relevance: FloatArray
    edge_open: BoolArray
    close_pairs: IntArray
    locks: tuple[Lock, ...]
    lock_face: IntArray
    lock_period: IntArray
    lock_agent: IntArray
    budget_cents: int | None
    spacing_m: float
    max_periods_per_face: int
    min_faces: int
    fairness: float
    seed: int

    @property
    def n_agents(self) -> int:
        """Return the number of agents."""
        return len(self.agent_ids)

    @property
    def n_faces(self) -> int:
        """Return the number of faces."""
        return len(self.face_ids)

    @property
    def n_periods(self) -> int:
        """Return the number of periods."""
        return int(self.contacts.shape[1])


def build_problem(campaign: Campaign, eligibility: Eligibility) -> MatchingProblem:
    """Return the matching problem of a campaign whose eligible pairs are known."""
    faces, rules = campaign.faces, campaign.matching
    shape = (len(faces), campaign.periods.count)
    edges = eligibility.edge_face, eligibility.edge_agent
    locks = tuple(sorted(campaign.locks, key=lambda k: (k.face_id, k.period, k.agent_id or "")))
    lock_face, lock_period, lock_agent = _lock_indices(campaign, locks)
    return MatchingProblem(
        agent_ids=tuple(agent.agent_id for agent in campaign.agents),
        face_ids=tuple(str(face_id) for face_id in faces.face_id),
        share=np.array([agent.share for agent in campaign.agents], dtype=np.float64),
        consents=np.array([consents_to_posters(a) for a in campaign.agents], dtype=np.bool_),
        contacts=np.broadcast_to(faces.contacts[:, None], shape),
        price_cents=np.broadcast_to(faces.price_cents[:, None], shape),
        excluded=eligibility.excluded >= 0,
        available=faces.available,
        open=eligibility.open,
        edge_face=eligibility.edge_face,
        edge_agent=eligibility.edge_agent,
        relevance=eligibility.relevance,
        edge_open=eligibility.edge_open,
        close_pairs=close_pairs(faces.x, faces.y, edges=edges, spacing_m=rules.spacing_m),
        locks=locks,
        lock_face=lock_face,
        lock_period=lock_period,
        lock_agent=lock_agent,
        budget_cents=rules.budget_cents,
        spacing_m=rules.spacing_m,
        max_periods_per_face=rules.max_periods_per_face,
        min_faces=rules.min_faces,
        fairness=rules.fairness,
        seed=campaign.seed,
    )


def _lock_indices(
    campaign: Campaign, locks: tuple[Lock, ...]
) -> tuple[IntArray, IntArray, IntArray]:
    """Return face, period (from 0) and agent of each lock; `UNKNOWN` where there is no such."""
    face_index = {str(face_id): i for i, face_id in enumerate(campaign.faces.face_id)}
    agent_index = {agent.agent_id: i for i, agent in enumerate(campaign.agents)}
    numbers = campaign.periods.numbers()
    face = [face_index.get(lock.face_id, UNKNOWN) for lock in locks]
    period = [lock.period - 1 if lock.period in numbers else UNKNOWN for lock in locks]
    agent = [
        NOBODY if lock.agent_id is None else agent_index.get(lock.agent_id, UNKNOWN)
        for lock in locks
    ]
    return (
        np.array(face, dtype=np.int64),
        np.array(period, dtype=np.int64),
        np.array(agent, dtype=np.int64),
    )
