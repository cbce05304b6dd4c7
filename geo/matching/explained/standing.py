"""How things stand in an allocation: who is where, what each agent has, what each rule forbids.

Everything is worked out again from the problem and the postings; nothing of the solver is needed.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np

from geo.errors import PlanFolderError
from geo.matching.problem import NOBODY, MatchingProblem
from geo.matching.targets import targets
from geo.matching.utility import DELTA
from geo.model import BoolArray, FloatArray, IntArray
from geo.plan import Allocation

NO_LOCK = -3
"""In `Standing.lock_at`: no lock decides for this face in this period."""


class Bar(IntEnum):
    """What keeps a portrait from a face in a period; the first that holds, in this order."""

    NONE = 0
    OWN = 1  # nothing: it is there
    CLOSED = 2  # the face is not open in this period
    CONSENT = 3  # the face is open, the agent's consent does not cover the period
    LOCK = 4  # a lock decides otherwise
    ROTATION = 5  # the portrait is on this face in as many periods as it may
    SPACING = 6  # the portrait is on a face too close in this period


@dataclass(frozen=True, slots=True)
class Standing:
    """An allocation of a problem, with what follows from it; periods count from 0.

    Parameters
    ----------
    agent_at
        Agent on each face or -1, shape ``(n_faces, n_periods)``.
    lock_at
        Agent that a lock puts there, `NOBODY` where it keeps the face free, else `NO_LOCK`; same
        shape.
    bar
        A `Bar` for each eligible pair and period, shape ``(n_edges, n_periods)``.
    edge_first
        The pairs of face f are ``edge_first[f]:edge_first[f + 1]``, shape ``(n_faces + 1,)``.
    target, exposure, ratio, postings
        Of each agent, shape ``(n_agents,)``.
    cost_cents
        Price of everything that is posted.
    """

    problem: MatchingProblem
    allocation: Allocation
    agent_at: IntArray
    lock_at: IntArray
    bar: IntArray
    edge_first: IntArray
    target: FloatArray
    exposure: FloatArray
    ratio: FloatArray
    postings: IntArray
    cost_cents: int

    @property
    def cents_left(self) -> int | None:
        """Return what is left of the budget; None where there is no cap."""
        budget = self.problem.budget_cents
        return None if budget is None else budget - self.cost_cents

    def in_cents(self, worth: float) -> float | None:
        """Return a worth in utility as money, at the price of the budget; None where it is free."""
        price = self.allocation.cent_price
        return worth / price if price > 0 else None

    def edges_of_agent(self, agent: int) -> IntArray:
        """Return the eligible pairs of an agent, by face."""
        return np.flatnonzero(self.problem.edge_agent == agent)

    def gain(self, edge: IntArray, period: IntArray | int) -> FloatArray:
        """Return the exposure ratio that pairs would give their agents, shape ``(n,)``."""
        problem = self.problem
        target = self.target[problem.edge_agent[edge]]
        exposure = problem.relevance[edge] * problem.contacts[problem.edge_face[edge], period]
        gain = np.zeros(len(edge))
        np.divide(exposure, target, out=gain, where=target > 0)
        return gain

    def worth(self, edge: IntArray, period: IntArray | int) -> FloatArray:
        """Return share · (U(r + g) − U(r)) of pairs, in utility, shape ``(n,)``.

        r is the ratio that the agent has, g what the posting gives; where the portrait is there
        already, r is the ratio without this posting. So a worth is always what having the posting
        adds to not having it, everything else as it stands.
        """
        agent = self.problem.edge_agent[edge]
        gain = self.gain(edge, period)
        own = self.bar[edge, period] == Bar.OWN
        without = np.maximum(self.ratio[agent] - np.where(own, gain, 0.0), 0.0)
        step = utility_step(without, gain, self.problem.fairness)
        return np.asarray(self.problem.share[agent] * step)


def utility_step(ratio: FloatArray, step: FloatArray, fairness: float) -> FloatArray:
    """Return U_α(ratio + step) − U_α(ratio), exact also where the step is small."""
    base = DELTA + ratio
    if fairness == 0:
        return step.copy()
    if fairness == 1:
        return np.log1p(step / base)
    power = 1 - fairness
    return np.asarray(base**power * np.expm1(power * np.log1p(step / base)) / power)


def standing_of(problem: MatchingProblem, allocation: Allocation) -> Standing:
    """Return how things stand in an allocation of `problem`.

    Raises
    ------
    PlanFolderError
        If a posting names a face, a period or an agent that the problem does not know, or a pair
        that is not eligible.
    """
    posted = posted_of(problem, allocation)
    return standing_of_posted(problem, allocation, posted, target=targets(problem))


def standing_of_posted(
    problem: MatchingProblem, allocation: Allocation, posted: IntArray, *, target: FloatArray
) -> Standing:
    """Return how things stand, where the postings are known as indices.

    Parameters
    ----------
    posted
        Face, period (from 0) and agent of each posting, eligible pairs, shape ``(n, 3)``.
    target
        As `targets` returns it, shape ``(n_agents,)``.
    """
    face, period, agent = posted.T
    edge = edge_at(problem, face, agent)
    agent_at = np.full((problem.n_faces, problem.n_periods), -1, dtype=np.int64)
    agent_at[face, period] = agent
    lock_at = np.full(agent_at.shape, NO_LOCK, dtype=np.int64)
    known = (problem.lock_face >= 0) & (problem.lock_period >= 0) & (problem.lock_agent >= NOBODY)
    lock_at[problem.lock_face[known], problem.lock_period[known]] = problem.lock_agent[known]
    gain = problem.relevance[edge] * problem.contacts[face, period]
    exposure = np.bincount(agent, weights=gain, minlength=problem.n_agents).astype(np.float64)
    return Standing(
        problem,
        allocation,
        agent_at=agent_at,
        lock_at=lock_at,
        bar=_bars(problem, agent_at, lock_at),
        edge_first=np.searchsorted(problem.edge_face, np.arange(problem.n_faces + 1)),
        target=target,
        exposure=exposure,
        ratio=np.divide(exposure, target, out=np.zeros_like(exposure), where=target > 0),
        postings=np.bincount(agent, minlength=problem.n_agents).astype(np.int64),
        cost_cents=int(problem.price_cents[face, period].sum()),
    )


def faces_beside(problem: MatchingProblem, face: int) -> IntArray:
    """Return the faces too close to a face for one portrait, sorted."""
    first, second = problem.close_pairs.T
    return np.sort(np.concatenate((second[first == face], first[second == face])))


def edge_at(problem: MatchingProblem, face: IntArray, agent: IntArray) -> IntArray:
    """Return the place of each pair among the eligible ones, or -1, shape ``(n,)``."""
    key = problem.edge_face * problem.n_agents + problem.edge_agent
    wanted = face * problem.n_agents + agent
    place = np.searchsorted(key, wanted)
    found = place < len(key)
    found[found] = key[place[found]] == wanted[found]
    return np.where(found, place, -1)


def posted_of(problem: MatchingProblem, allocation: Allocation) -> IntArray:
    """Return face, period (from 0) and agent of each posting, ``(n, 3)``.

    Raises
    ------
    PlanFolderError
        If a posting names what the problem does not know, or a pair that is not eligible.
    """
    face_index = {face_id: i for i, face_id in enumerate(problem.face_ids)}
    agent_index = {agent_id: i for i, agent_id in enumerate(problem.agent_ids)}
    rows = [
        (face_index.get(p.face_id, -1), p.period - 1, agent_index.get(p.agent_id, -1))
        for p in allocation.postings
    ]
    posted = np.array(rows, dtype=np.int64).reshape(-1, 3)
    face, period, agent = posted.T
    edge = edge_at(problem, face, agent)
    wrong = (face < 0) | (agent < 0) | (edge < 0) | (period < 0) | (period >= problem.n_periods)
    if wrong.any():
        posting = allocation.postings[int(np.flatnonzero(wrong)[0])]
        raise PlanFolderError(
            f"Le plan met {posting.agent_id} sur la face {posting.face_id} dans la vague "
            f"{posting.period}, ce que la campagne ne permet pas\N{NO-BREAK SPACE}: "
            "elle n’est plus celle du plan."
        )
    return posted


def _bars(problem: MatchingProblem, agent_at: IntArray, lock_at: IntArray) -> IntArray:
    here = problem.edge_agent[:, None]
    own = agent_at[problem.edge_face] == here
    lock = lock_at[problem.edge_face]
    often = own.sum(axis=1) >= problem.max_periods_per_face
    bar = np.full(own.shape, Bar.NONE, dtype=np.int64)
    # From the weakest reason to the strongest, each over the one before.
    bar[_too_close(problem, agent_at)] = Bar.SPACING
    bar[np.broadcast_to(often[:, None], own.shape)] = Bar.ROTATION
    bar[(lock != NO_LOCK) & (lock != here)] = Bar.LOCK
    bar[~problem.edge_open] = Bar.CONSENT
    bar[~problem.open[problem.edge_face]] = Bar.CLOSED
    bar[own] = Bar.OWN
    return bar


def _too_close(problem: MatchingProblem, agent_at: IntArray) -> BoolArray:
    """Return whether each pair's portrait is on a face too close, ``(n_edges, n_periods)``."""
    close = np.zeros(problem.edge_open.shape, dtype=np.bool_)
    pairs = np.concatenate((problem.close_pairs, problem.close_pairs[:, ::-1])).reshape(-1, 2)
    for period in range(problem.n_periods):
        agent = agent_at[pairs[:, 0], period]
        posted = agent >= 0
        edge = edge_at(problem, pairs[posted, 1], agent[posted])
        close[edge[edge >= 0], period] = True
    return close
