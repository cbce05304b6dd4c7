"""What a search is asked for, and what it answers with."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from geo.matching.ascent import State
from geo.matching.dual import Prices
from geo.matching.network import Int32Array, Network
from geo.matching.utility import equivalent_exposure, utility


@dataclass(frozen=True, slots=True)
class Effort:
    """How long to try; everything is counted in steps, so that the answer never depends on time.

    Parameters
    ----------
    gap
        Stop at this gap in equivalent exposure.
    rounds
        Prices and allocation are improved in turn at most so many times.
    price_steps
        Evaluations of the dual in one round; a quarter as many come first without spacing.
    sweeps
        Passes over all faces in the first round.
    rebuilds
        Times that each face close to others is emptied with its surroundings, in one round.
    """

    gap: float = 2e-4
    rounds: int = 4
    price_steps: int = 240
    sweeps: int = 12
    rebuilds: int = 16


@dataclass(frozen=True, slots=True)
class Wish:
    """What was posted before, and how much it is worth to keep it: edges (F, P), and a bonus."""

    keep: Int32Array
    bonus: float


@dataclass(frozen=True, slots=True)
class Answer:
    """An allocation, prices, and the certified bound at these prices.

    `missing` counts the postings that quotas still want; `kept` those that are as before.
    """

    pick: Int32Array
    prices: Prices
    bound: float
    objective: float
    missing: int
    kept: int = 0


def answer_of(
    network: Network, pick: Int32Array, *, prices: Prices, bound: float, wish: Wish
) -> Answer:
    """Return the answer that picks ``(F, P)`` and prices make."""
    state = state_of(network, pick)
    missing = np.maximum(network.agents.quota - state.postings, 0).sum()
    kept = int((wish.keep[wish.keep >= 0] == pick[wish.keep >= 0]).sum()) if len(wish.keep) else 0
    return Answer(pick, prices, bound, objective_of(network, state), int(missing), kept)


def better_of(old: Answer, new: Answer, wish: Wish) -> Answer:
    """Return the better allocation with the better bound, whichever answer they come from.

    First the quotas count, then the objective and what is kept.
    """
    answer = max((old, new), key=lambda a: (-a.missing, a.objective + wish.bonus * a.kept))
    certificate = new if new.bound <= old.bound else old
    return replace(answer, prices=certificate.prices, bound=certificate.bound)


def no_wish(network: Network) -> Wish:
    """Return the wish of somebody who had nothing before."""
    return Wish(np.zeros((0, network.n_periods), dtype=np.int32), 0.0)


def objective_of(network: Network, state: State) -> float:
    """Return Σ_a share(a) U_α(ratio(a))."""
    share = network.agents.share
    return float(share @ utility(np.maximum(state.ratio, 0.0), network.fairness))


def state_of(network: Network, pick: Int32Array) -> State:
    """Return the state that follows from picks ``(F, P)``, summed afresh."""
    edges = network.edges
    face, period = np.nonzero(pick >= 0)
    edge = pick[face, period]
    agent = edges.agent[edge]
    gain = edges.relevance[edge] * edges.contacts[face, period] * network.agents.per_exposure[agent]
    n = network.n_agents
    return State(
        pick,
        network.agents.base_ratio + np.bincount(agent, weights=gain, minlength=n),
        np.bincount(agent, minlength=n).astype(np.int64),
        np.array([edges.price_cents[face, period].sum()]),
    )


def gap_of(network: Network, objective: float, bound: float) -> float:
    """Return 1 - e(objective) / e(bound)."""
    total = float(network.agents.share.sum())
    best = equivalent_exposure(bound, total, network.fairness)
    if best <= 0:
        return 0.0
    return max(0.0, 1 - equivalent_exposure(objective, total, network.fairness) / best)


def tolerance_of(network: Network, bound: float, gap: float) -> float:
    """Return how far below `bound` an objective may be for a gap of no more than `gap`."""
    total = float(network.agents.share.sum())
    best = equivalent_exposure(bound, total, network.fairness)
    if not 0 < best < np.inf:
        return 0.0
    least = total * utility(np.array([best * (1 - gap)]), network.fairness)
    return max(bound - float(least[0]), 0.0)
