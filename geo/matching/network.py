"""A matching problem as the kernels want it: flat arrays, with the locks already settled.

A locked posting is not a choice any more. What it takes (exposure, money, a period of its face, a
place near which the same portrait may not be) is taken off beforehand.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from geo.matching.cliques import cover_by_cliques
from geo.matching.problem import NOBODY, MatchingProblem
from geo.matching.targets import targets
from geo.model import BoolArray, FloatArray, IntArray

Int32Array = NDArray[np.int32]


class Edges(NamedTuple):
    """The eligible pairs, by face; `n_edges` is E, the faces F, the periods P.

    ``first`` (F + 1,) where the pairs of a face begin; ``agent``, ``relevance`` (E,); ``periods``
    (E,) the open periods as bits; ``room`` (E,) how many periods the pair may still take;
    ``contacts``, ``price_cents`` (F, P).
    """

    first: IntArray
    agent: Int32Array
    relevance: FloatArray
    periods: IntArray
    room: Int32Array
    contacts: FloatArray
    price_cents: FloatArray


class Agents(NamedTuple):
    """What the kernels need of the agents, (A,) each.

    ``share``; ``per_exposure`` 1 / T, 0 where T is 0; ``base_ratio`` exposure ratio from locked
    postings; ``quota`` postings still wanted, locked ones counted.
    """

    share: FloatArray
    per_exposure: FloatArray
    base_ratio: FloatArray
    quota: IntArray


class Near(NamedTuple):
    """Close faces: those of face f are ``face[first[f]:first[f + 1]]``, sorted."""

    first: IntArray
    face: Int32Array


class Rows(NamedTuple):
    """Spacing as cliques: the rows of edge e are ``row[first[e]:first[e + 1]]``.

    A row is one clique of close faces and one agent who may be on two or more of them; in each
    period the agent's portrait is on at most one.
    """

    first: IntArray
    row: Int32Array


@dataclass(frozen=True, slots=True)
class Network:
    """One matching problem for the kernels.

    Parameters
    ----------
    budget
        Cents left after the locked postings; None where there is no cap.
    locked
        Locked postings as ``(face, period, agent)``, shape ``(n, 3)``.
    row_open
        Whether a row forbids anything in a period: two of its pairs are open. ``(n_rows, P)``.
    most_ratio
        No allocation gives agent a more than this, shape ``(A,)``.
    """

    edges: Edges
    agents: Agents
    near: Near
    rows: Rows
    n_rows: int
    row_open: BoolArray
    budget: float | None
    fairness: float
    locked: IntArray
    locked_cents: int
    locked_count: IntArray
    most_ratio: FloatArray
    seed: int

    @property
    def n_agents(self) -> int:
        """Return the number of agents."""
        return len(self.agents.share)

    @property
    def n_faces(self) -> int:
        """Return the number of faces."""
        return len(self.edges.first) - 1

    @property
    def n_periods(self) -> int:
        """Return the number of periods."""
        return int(self.edges.contacts.shape[1])


def build_network(problem: MatchingProblem, *, quota: IntArray) -> Network:
    """Return the network of a problem whose locks can hold together.

    Parameters
    ----------
    quota
        Postings wanted for each agent at the least, shape ``(n_agents,)``.
    """
    target = targets(problem)
    per_exposure = np.divide(1.0, target, out=np.zeros_like(target), where=target > 0)
    locked, is_open, room = _settle_locks(problem)
    face, period, agent = locked.T
    first = np.searchsorted(problem.edge_face, np.arange(problem.n_faces + 1))
    exposure = _relevance_of(problem, face, agent) * problem.contacts[face, period]
    base = _added(agent, exposure, problem.n_agents) * per_exposure
    cents = int(problem.price_cents[face, period].sum())
    edges = Edges(
        first.astype(np.int64),
        problem.edge_agent.astype(np.int32),
        np.ascontiguousarray(problem.relevance),
        is_open @ (1 << np.arange(problem.n_periods, dtype=np.int64)),
        room,
        np.ascontiguousarray(problem.contacts),
        problem.price_cents.astype(np.float64),
    )
    near = _near(problem.close_pairs, problem.n_faces)
    rows, n_rows = _rows(near, edges)
    return Network(
        edges=edges,
        agents=Agents(problem.share, per_exposure, base, quota.astype(np.int64)),
        near=near,
        rows=rows,
        n_rows=n_rows,
        row_open=_row_open(rows, n_rows, is_open),
        budget=None if problem.budget_cents is None else float(problem.budget_cents - cents),
        fairness=float(problem.fairness),
        locked=locked,
        locked_cents=cents,
        locked_count=np.bincount(agent, minlength=problem.n_agents),
        most_ratio=base + _most_exposure(edges, is_open, problem) * per_exposure,
        seed=problem.seed,
    )


def _settle_locks(problem: MatchingProblem) -> tuple[IntArray, BoolArray, Int32Array]:
    """Return the locked postings, what is still open on each edge, and the room left on it."""
    is_open = problem.edge_open.copy()
    in_lock = np.zeros((problem.n_faces, problem.n_periods), dtype=np.bool_)
    in_lock[problem.lock_face, problem.lock_period] = True
    is_open &= ~in_lock[problem.edge_face]
    posted = problem.lock_agent != NOBODY
    locked = np.column_stack(
        (problem.lock_face[posted], problem.lock_period[posted], problem.lock_agent[posted])
    )
    room = np.full(len(problem.edge_face), problem.max_periods_per_face, dtype=np.int32)
    if len(locked):
        _close_near_locks(problem, locked, is_open)
        edge = _edge_of(problem, locked[:, 0], locked[:, 2])
        np.subtract.at(room, edge, 1)
    return locked, is_open, np.minimum(room, problem.n_periods)


def _close_near_locks(problem: MatchingProblem, locked: IntArray, is_open: BoolArray) -> None:
    """Close, for the agent of each locked posting, the faces near it in that period."""
    both = np.concatenate((problem.close_pairs, problem.close_pairs[:, ::-1]))
    for face, period, agent in locked:
        beside = both[both[:, 0] == face, 1]
        touched = np.isin(problem.edge_face, beside) & (problem.edge_agent == agent)
        is_open[touched, period] = False


def _edge_of(problem: MatchingProblem, face: IntArray, agent: IntArray) -> IntArray:
    key = problem.edge_face * problem.n_agents + problem.edge_agent
    return np.searchsorted(key, face * problem.n_agents + agent)


def _relevance_of(problem: MatchingProblem, face: IntArray, agent: IntArray) -> FloatArray:
    return problem.relevance[_edge_of(problem, face, agent)]


def _most_exposure(edges: Edges, is_open: BoolArray, problem: MatchingProblem) -> FloatArray:
    """Return the exposure of each agent on every open face at once, shape ``(n_agents,)``."""
    worth = (is_open * edges.contacts[problem.edge_face]).sum(axis=1) * edges.relevance
    return _added(edges.agent, worth, problem.n_agents)


def _near(close_pairs: IntArray, n_faces: int) -> Near:
    both = np.concatenate((close_pairs, close_pairs[:, ::-1])).reshape(-1, 2)
    both = both[np.lexsort((both[:, 1], both[:, 0]))]
    first = np.searchsorted(both[:, 0], np.arange(n_faces + 1))
    return Near(first.astype(np.int64), both[:, 1].astype(np.int32))


def _rows(near: Near, edges: Edges) -> tuple[Rows, int]:
    """Return the rows of each edge, and how many rows there are."""
    n_edges = len(edges.agent)
    if not len(near.face):
        return Rows(np.zeros(n_edges + 1, dtype=np.int64), np.zeros(0, dtype=np.int32)), 0
    clique_first, member = cover_by_cliques(near.first, near.face)
    clique = np.repeat(np.arange(len(clique_first) - 1), np.diff(clique_first))
    count = edges.first[member + 1] - edges.first[member]
    ahead = np.cumsum(count) - count
    edge = np.repeat(edges.first[member] - ahead, count) + np.arange(count.sum())
    key = np.repeat(clique, count) * (int(edges.agent.max()) + 1) + edges.agent[edge]
    _, row, size = np.unique(key, return_inverse=True, return_counts=True)
    several = size > 1
    number = np.cumsum(several) - 1
    kept = several[row]
    edge, row = edge[kept], number[row[kept]]
    order = np.lexsort((row, edge))
    first = np.searchsorted(edge[order], np.arange(n_edges + 1))
    return Rows(first.astype(np.int64), row[order].astype(np.int32)), int(several.sum())


def _row_open(rows: Rows, n_rows: int, is_open: BoolArray) -> BoolArray:
    edge = np.repeat(np.arange(len(rows.first) - 1), np.diff(rows.first))
    count = np.zeros((n_rows, is_open.shape[1]), dtype=np.int64)
    np.add.at(count, rows.row, is_open[edge].astype(np.int64))
    return count > 1


def _added(agent: IntArray | Int32Array, value: FloatArray, n_agents: int) -> FloatArray:
    """Return the sum of the values of each agent, ``(n_agents,)``."""
    return np.bincount(agent, weights=value, minlength=n_agents).astype(np.float64)


def with_quota(network: Network, quota: IntArray) -> Network:
    """Return the network with other quotas, locked postings not counted."""
    return replace(network, agents=network.agents._replace(quota=quota))


def within_budget(network: Network) -> Network:
    """Return the network without the choices that alone cost more than the budget."""
    if network.budget is None:
        return network
    edges = network.edges
    bits = 1 << np.arange(network.n_periods, dtype=np.int64)
    payable = (edges.price_cents <= network.budget) @ bits
    face = np.repeat(np.arange(network.n_faces), np.diff(edges.first))
    return replace(network, edges=edges._replace(periods=edges.periods & payable[face]))
