"""How many postings each agent can have at the least, when not all can have what is wanted."""

from __future__ import annotations

import numpy as np
from scipy import sparse
from scipy.optimize import Bounds, LinearConstraint, milp

from geo.matching.network import Int32Array, Network
from geo.model import BoolArray, FloatArray, IntArray

MILP_CHOICES = 200_000
"""Above so many open choices the exact programme is not tried."""

EVENNESS = 0.5
"""All that evenness may be worth, in postings: less than one, which always comes first."""


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

    An integer programme over all open choices, solved exactly by HiGHS: maximise Σ_a Σ_k z(a, k)
    with Σ_k z(a, k) ≤ postings of a for k ≤ wanted(a), under every hard rule. A k-th posting is
    worth a little less than one before it, so that of all such quotas the most even are found: one
    posting for two agents rather than two for one.

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
    agent, number = _wishes(wanted)
    matrix, upper = _rules(network, edge, period, agent)
    less = EVENNESS / max(1, len(agent) * int(wanted.max()))
    answer = milp(
        np.concatenate((np.zeros(n), less * number - 1.0)),
        integrality=np.concatenate((np.ones(n), np.zeros(len(agent)))),
        bounds=Bounds(0, 1),
        constraints=LinearConstraint(matrix, -np.inf, upper),
        options={"mip_rel_gap": 0.0},
    )
    if answer.x is None:
        return None
    pick = np.full((network.n_faces, network.n_periods), -1, dtype=np.int32)
    taken = answer.x[:n] > 0.5
    face = np.searchsorted(network.edges.first, edge[taken], side="right") - 1
    pick[face, period[taken]] = edge[taken]
    had = np.bincount(agent, weights=answer.x[n:], minlength=network.n_agents)
    return np.round(had).astype(np.int64), pick


def _wishes(wanted: IntArray) -> tuple[IntArray, IntArray]:
    """Return a row for each posting that is wanted: its agent, and its number from 0."""
    agent = np.repeat(np.arange(len(wanted)), wanted)
    number = np.arange(len(agent)) - np.repeat(np.cumsum(wanted) - wanted, wanted)
    return agent, number


def _rules(
    network: Network, edge: IntArray, period: IntArray, wish: IntArray
) -> tuple[sparse.csr_array, FloatArray]:
    """Return the rows of the programme and their upper limits.

    The columns are the choices, then the postings that are wanted, of which `wish` tells the agent.
    """
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
            np.concatenate((agent, wish)),
            np.concatenate((column, n + np.arange(len(wish)))),
            n_agents,
            np.concatenate((np.full(n, -1.0), np.ones(len(wish)))),
            np.zeros(n_agents),
        ),
    ]
    if network.budget is not None:
        price = edges.price_cents[face, period] / 100
        parts.append(
            (np.zeros(n, dtype=np.int64), column, 1, price, np.array([network.budget / 100]))
        )
    blocks = [
        sparse.csr_array((value, (at, col)), shape=(count, n + len(wish)))
        for at, col, count, value, _ in parts
    ]
    stacked = sparse.vstack(blocks, format="csr")
    return sparse.csr_array(stacked), np.concatenate([limit for *_, limit in parts])


def _rows_of(key: IntArray, column: IntArray) -> tuple[IntArray, IntArray, int]:
    """Return a row for each different key: row and column of each entry, and how many rows."""
    different, row = np.unique(key, return_inverse=True)
    return row.astype(np.int64), column, len(different)
