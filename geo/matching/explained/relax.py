"""Parts of a matching problem: with fewer locks, with fewer agents; and what closes a face."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from geo.matching.problem import NOBODY, MatchingProblem
from geo.model import BoolArray, IntArray


def with_locks(problem: MatchingProblem, locks: Sequence[int]) -> MatchingProblem:
    """Return the problem with only the locks at these places."""
    kept = np.array(locks, dtype=np.int64)
    return replace(
        problem,
        locks=tuple(problem.locks[i] for i in locks),
        lock_face=problem.lock_face[kept],
        lock_period=problem.lock_period[kept],
        lock_agent=problem.lock_agent[kept],
    )


def out_of_sequence(problem: MatchingProblem) -> BoolArray:
    """Return whether only a sequence closes a face in a period, ``(n_faces, n_periods)``."""
    return np.asarray(problem.available & ~problem.excluded[:, None] & ~problem.open)


def consented(problem: MatchingProblem, agent: int) -> BoolArray:
    """Return in which periods an agent's consent holds, ``(n_periods,)``.

    A period in which none of the agent's faces is open counts as covered, if posters are at all.
    """
    mine = problem.edge_agent == agent
    covered = problem.edge_open[mine].any(axis=0)
    is_open = problem.open[problem.edge_face[mine]].any(axis=0)
    return np.asarray((covered | ~is_open) & bool(problem.consents[agent]))


def only_agents(problem: MatchingProblem, agents: IntArray) -> MatchingProblem:
    """Return the problem of some agents and their faces.

    What locks give to the others is not for sale any more, and the money for it is gone.
    """
    here = np.isin(problem.edge_agent, agents)
    faces = np.unique(problem.edge_face[here])
    new_face = np.full(problem.n_faces, -1, dtype=np.int64)
    new_face[faces] = np.arange(len(faces))
    new_agent = np.full(problem.n_agents, -1, dtype=np.int64)
    new_agent[agents] = np.arange(len(agents))
    pairs = new_face[problem.close_pairs].reshape(-1, 2)
    lock_face = new_face[problem.lock_face]
    posted = problem.lock_agent >= 0
    foreign = posted & ~np.isin(problem.lock_agent, agents)
    spent = problem.price_cents[problem.lock_face[foreign], problem.lock_period[foreign]].sum()
    budget = None if problem.budget_cents is None else problem.budget_cents - int(spent)
    lock_agent = np.where(posted & ~foreign, new_agent[problem.lock_agent], NOBODY)
    kept = np.flatnonzero(lock_face >= 0)
    return replace(
        problem,
        agent_ids=tuple(problem.agent_ids[a] for a in agents),
        face_ids=tuple(problem.face_ids[f] for f in faces),
        share=problem.share[agents],
        consents=problem.consents[agents],
        contacts=problem.contacts[faces],
        price_cents=problem.price_cents[faces],
        excluded=problem.excluded[faces],
        available=problem.available[faces],
        open=problem.open[faces],
        edge_face=new_face[problem.edge_face[here]],
        edge_agent=new_agent[problem.edge_agent[here]],
        relevance=problem.relevance[here],
        edge_open=problem.edge_open[here],
        close_pairs=pairs[(pairs >= 0).all(axis=1)],
        locks=tuple(problem.locks[i] for i in kept),
        lock_face=lock_face[kept],
        lock_period=problem.lock_period[kept],
        lock_agent=lock_agent[kept],
        budget_cents=budget,
    )
