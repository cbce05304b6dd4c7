"""Why a face carries nothing in any period."""

from __future__ import annotations

from enum import StrEnum

import numpy as np

from geo.matching.ascent import Board, State, Terms, worth_of_empty
from geo.matching.network import Network
from geo.matching.problem import NOBODY, MatchingProblem
from geo.model import BoolArray


class Unused(StrEnum):
    """The first reason that holds, in this order."""

    EXCLUDED = "excluded"  # inside an exclusion
    UNAVAILABLE = "unavailable"  # not for sale in any period
    CLOSED = "sequence-closed"  # for sale, but only in periods closed to its zone
    NOBODY_HERE = "no-agent-here"  # no agent works in its zones
    NO_CONSENT = "no-consent"  # agents do, but without consent for its open periods
    LOCKED = "locked-empty"  # kept free by locks in every open period
    SPACING = "spacing"  # whoever would gain is on a face too close
    PRICE = "not-worth-its-price"  # a cent brings more elsewhere
    BUDGET = "budget-spent"  # worth it, but what is left of the budget does not reach


def unused_reasons(
    problem: MatchingProblem, network: Network, state: State, cent: float
) -> dict[int, Unused]:
    """Return the reason for each face without a posting, by face index.

    Parameters
    ----------
    cent
        What a cent is worth at the margin, in utility.
    """
    idle = np.asarray((state.pick < 0).all(axis=1))
    idle[network.locked[:, 0]] = False
    has_edge = np.diff(network.edges.first) > 0
    consented = _any_by_face(problem)
    spaced, dear = _economy(network, state, cent)
    checks: tuple[tuple[Unused, BoolArray], ...] = (
        (Unused.EXCLUDED, problem.excluded),
        (Unused.UNAVAILABLE, np.asarray(~problem.available.any(axis=1))),
        (Unused.CLOSED, np.asarray(~problem.open.any(axis=1))),
        (Unused.NOBODY_HERE, ~has_edge),
        (Unused.NO_CONSENT, ~consented),
        (Unused.LOCKED, _kept_free(problem)),
        (Unused.SPACING, spaced),
        (Unused.PRICE, dear),
    )
    reasons = {}
    for face in np.flatnonzero(idle).tolist():
        reasons[face] = next((why for why, holds in checks if holds[face]), Unused.BUDGET)
    return reasons


def _any_by_face(problem: MatchingProblem) -> BoolArray:
    """Return whether some pair of each face is open in some period, ``(F,)``."""
    found = np.zeros(problem.n_faces, dtype=np.bool_)
    np.logical_or.at(found, problem.edge_face, problem.edge_open.any(axis=1))
    return found


def _kept_free(problem: MatchingProblem) -> BoolArray:
    """Return whether every open period of a face is locked to stay free, ``(F,)``."""
    free = problem.open.copy()
    locked = problem.lock_agent == NOBODY
    free[problem.lock_face[locked], problem.lock_period[locked]] = False
    return np.asarray(problem.open.any(axis=1) & ~free.any(axis=1))


def _economy(network: Network, state: State, cent: float) -> tuple[BoolArray, BoolArray]:
    """Return whether spacing keeps a face from what it is worth, and whether it is worth nothing.

    Shapes ``(F,)``; worth is what the best posting would add now, less its price.
    """
    board = Board(network.edges, network.agents, network.near, network.rows)
    nothing = np.zeros((0, network.n_periods))
    terms = Terms(
        fairness=network.fairness,
        cent=cent,
        budget=np.inf,
        hard=False,
        quota_bonus=np.zeros(network.n_agents),
        keep=nothing.astype(np.int32),
        keep_bonus=0.0,
        row_price=nothing,
    )
    anywhere, spaced = worth_of_empty(board, state, terms)
    return (anywhere > 0) & (spaced <= 0), anywhere <= 0
