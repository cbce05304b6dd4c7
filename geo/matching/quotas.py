"""How many postings each agent can have at the least, when not all can have what is wanted."""

from __future__ import annotations

import numpy as np
from scipy import sparse
from scipy.optimize import Bounds, LinearConstraint, milp

from geo.matching.network import Int32Array, Network
from geo.model import BoolArray, FloatArray, IntArray

MILP_CHOICES = 200_000
"""Above so many open choices the exact programme is not tried."""


def capacity(network: Network) -> IntArray:
    """Return how many postings each agent alone could have, spacing and budget aside, ``(A,)``."""
    open_periods = choices_of(network).sum(axis=1)
    most = np.minimum(open_periods, np.maximum(network.edges.room, 0))
    count = np.bincount(network.edges.agent, weights=most, minlength=network.n_agents)
    return count.astype(np.int64)


def choices_of(network: Network) -> BoolArray:
    """Return whether each edge is open in each period, shape ``(E, P)``."""
    bits = np.arange(network.n_periods)
    return np.asarray((network.edges.periods[:, None] >> bits & 1) > 0)


def most_quotas(network: Network, wanted: IntArray) -> tuple[IntArray, Int32Array] | None:
    """Return quotas that all hold at once with the least total shortfall, and picks that show it.

    An integer programme over all open choices, solved exactly by HiGHS: maximise Σ_a z(a) with
    z(a) ≤ wanted(a), z(a) ≤ postings of a, under every hard rule.

    Returns
    -------
    tuple or None
        Quotas ``(A,)`` and picks ``(F, P)``; None where the programme is too large or undecided.
    """
    edge, period = np.nonzero(choices_of(network))
    n = len(edge)
    if n == 0:
        none = np.full((network.n_faces, network.n_periods), -1, dtype=np.int32)
        return np.zeros(network.n_agents, dtype=np.int64), none
    if n > MILP_CHOICES:
        return None
    matrix, upper = _rules(network, edge, period)
    answer = milp(
        np.concatenate((np.full(n, 0.0), np.full(network.n_agents, -1.0))),
        integrality=np.ones(n + network.n_agents),
        bounds=Bounds(0, np.concatenate((np.ones(n), wanted.astype(np.float64)))),
        constraints=LinearConstraint(matrix, -np.inf, upper),
        options={"mip_rel_gap": 0.0},
    )
    if answer.x is None:
        return None
    pick = np.full((network.n_faces, network.n_periods), -1, dtype=np.int32)
    taken = answer.x[:n] > 0.5
    face = np.searchsorted(network.edges.first, edge[taken], side="right") - 1
    pick[face, period[taken]] = edge[taken]
    return np.round(answer.x[n:]).astype(np.int64), pick


def _rules(
    network: Network, edge: IntArray, period: IntArray
) -> tuple[sparse.csr_array, FloatArray]:
    """Return the rows of the programme and their upper limits; columns are choices, then z."""
    edges, rows = network.edges, network.rows
    n, n_agents = len(edge), network.n_agents
    column = np.arange(n)
    face = np.searchsorted(edges.first, edge, side="right") - 1
    one_a_face = _rows_of(face * network.n_periods + period, column)
    rotation = _rows_of(edge, column)
    size = rows.first[edge + 1] - rows.first[edge]
    begin = np.repeat(rows.first[edge] - (np.cumsum(size) - size), size)
    row = rows.row[begin + np.arange(size.sum())]
    spacing = _rows_of(row * network.n_periods + np.repeat(period, size), np.repeat(column, size))
    agent = edges.agent[edge]
    parts = [
        (*one_a_face, np.ones(len(one_a_face[1])), np.ones(one_a_face[2])),
        (*rotation, np.ones(n), edges.room[np.unique(edge)].astype(np.float64)),
        (*spacing, np.ones(len(spacing[1])), np.ones(spacing[2])),
        (
            np.concatenate((agent, np.arange(n_agents))),
            np.concatenate((column, n + np.arange(n_agents))),
            n_agents,
            np.concatenate((np.full(n, -1.0), np.ones(n_agents))),
            np.zeros(n_agents),
        ),
    ]
    if network.budget is not None:
        price = edges.price_cents[face, period] / 100
        parts.append(
            (np.zeros(n, dtype=np.int64), column, 1, price, np.array([network.budget / 100]))
        )
    blocks = [
        sparse.csr_array((value, (at, col)), shape=(count, n + n_agents))
        for at, col, count, value, _ in parts
    ]
    stacked = sparse.vstack(blocks, format="csr")
    return sparse.csr_array(stacked), np.concatenate([limit for *_, limit in parts])


def _rows_of(key: IntArray, column: IntArray) -> tuple[IntArray, IntArray, int]:
    """Return a row for each different key: row and column of each entry, and how many rows."""
    different, row = np.unique(key, return_inverse=True)
    return row.astype(np.int64), column, len(different)
