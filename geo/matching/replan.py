"""From what was planned before to what is planned now: what can stay, and what changed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import numpy as np

from geo.matching.answer import Wish
from geo.matching.network import Int32Array, Network
from geo.matching.problem import MatchingProblem
from geo.matching.utility import marginal_utility
from geo.plan import Allocation, Changes, Posting


def picks_of(problem: MatchingProblem, network: Network, postings: Iterable[Posting]) -> Int32Array:
    """Return the postings that are still open as picks ``(F, P)``; locked ones are no choice."""
    face_index = {face_id: i for i, face_id in enumerate(problem.face_ids)}
    agent_index = {agent_id: i for i, agent_id in enumerate(problem.agent_ids)}
    pick = np.full((network.n_faces, network.n_periods), -1, dtype=np.int32)
    room = network.edges.room.copy()
    for posting in sorted(postings):
        face, agent = face_index.get(posting.face_id), agent_index.get(posting.agent_id)
        period = posting.period - 1
        if face is None or agent is None or period >= network.n_periods:
            continue
        begin, end = network.edges.first[face : face + 2]
        at = np.flatnonzero(network.edges.agent[begin:end] == agent)
        edge = int(begin + at[0]) if len(at) else -1
        if edge >= 0 and network.edges.periods[edge] >> period & 1 and room[edge] > 0:
            room[edge] -= 1
            pick[face, period] = edge
    return pick


def wish_of(
    problem: MatchingProblem, network: Network, previous: Allocation, *, penalty: float = 0.0
) -> Wish:
    """Return the wish to keep what `previous` had, as far as it is still open.

    The bonus of a posting that stays is `penalty` times what an average posting of `previous` adds
    to the utility at the margin.
    """
    ratio = np.array([max(agent.ratio, 0.0) for agent in previous.agents])
    slope = marginal_utility(ratio, problem.fairness)
    worth = float(slope @ ratio) / max(len(previous.postings), 1)
    return Wish(picks_of(problem, network, previous.postings), penalty * worth)


def compared(found: Allocation, previous: Allocation, free: Allocation) -> Allocation:
    """Return the allocation with what it changed of `previous`.

    Parameters
    ----------
    free
        The best that was found when nothing had to be kept.
    """
    before, after = set(previous.postings), set(found.postings)
    return replace(
        found,
        changes=Changes(
            kept=len(before & after),
            added=len(after - before),
            removed=len(before - after),
            exposure_if_free=max(free.exposure, found.exposure),
        ),
    )
