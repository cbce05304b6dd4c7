"""Why each portrait is where it is, for all postings at once: the same answer as face by face."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from geo.matching.explained.offers import Why
from geo.matching.explained.standing import NO_LOCK, Bar, Standing, edge_at
from geo.model import BoolArray, FloatArray, IntArray

WHYS = (Why.POSTED, Why.OUTBID, Why.MINIMUM, Why.LOCK)
"""What `Glances.why` is an index into."""


@dataclass(frozen=True, slots=True)
class Glances:
    """Why each posting is there, sorted by period, then face.

    Parameters
    ----------
    face, agent, period
        Places in the problem; periods count from 1. Shape ``(n_postings,)``, as all the others.
    why
        Index into `WHYS`.
    worth_cents
        What the posting is worth at the price of the budget, NaN where money is no matter.
    rival
        Who comes next: of those whom no rule forbids the one worth most, else of the others; -1
        where nobody else may be there.
    rival_bar
        The `Bar` of the rival.
    behind
        By how much the rival falls short, as a part of the worth; negative where it is worth more.
    rivals
        How many others may be there.
    """

    face: IntArray
    agent: IntArray
    period: IntArray
    why: IntArray
    worth_cents: FloatArray
    rival: IntArray
    rival_bar: IntArray
    behind: FloatArray
    rivals: IntArray


def glance(standing: Standing) -> Glances:
    """Return why each posting is there; see `geo.matching.explained.offers` for one face in full.

    Ties between rivals go to the agent whose id sorts first.
    """
    parts = [_glance_at(standing, period) for period in range(standing.problem.n_periods)]
    columns = [np.concatenate(column) for column in zip(*parts, strict=True)]
    return Glances(*columns)


def _glance_at(standing: Standing, period: int) -> tuple[np.ndarray, ...]:
    problem = standing.problem
    face = np.flatnonzero(standing.agent_at[:, period] >= 0)
    agent = standing.agent_at[face, period]
    own = edge_at(problem, face, agent)
    worth = standing.worth(own, period)
    rival_edge, free_best, rivals = _rivals(standing, face, own, period)
    met = rival_edge >= 0
    behind = np.full(len(face), np.nan)
    best = np.where(worth > 0, worth, 1.0)
    behind[met] = 1 - standing.worth(rival_edge[met], period) / best[met]
    behind[worth <= 0] = np.nan
    price = standing.allocation.cent_price
    return (
        face,
        agent,
        np.full(len(face), period + 1, dtype=np.int64),
        _whys(standing, face, period, worth=worth, beaten=free_best > worth),
        worth / price if price > 0 else np.full(len(face), np.nan),
        np.where(met, problem.edge_agent[rival_edge], -1),
        np.where(met, standing.bar[rival_edge, period], Bar.NONE),
        behind,
        rivals,
    )


def _rivals(
    standing: Standing, face: IntArray, own: IntArray, period: int
) -> tuple[IntArray, FloatArray, IntArray]:
    """Return the edge of the first rival of each face or -1, the best free worth, how many."""
    problem = standing.problem
    wanted = np.zeros(problem.n_faces, dtype=np.bool_)
    wanted[face] = True
    edges = np.flatnonzero(wanted[problem.edge_face])
    edges = edges[~np.isin(edges, own)]
    worth = standing.worth(edges, period)
    barred = standing.bar[edges, period] != Bar.NONE
    place = np.searchsorted(face, problem.edge_face[edges])
    first = np.full(len(face), -1, dtype=np.int64)
    order = np.lexsort((problem.edge_agent[edges], -worth, barred, place))
    places, where = np.unique(place[order], return_index=True)
    first[places] = edges[order[where]]
    free_best = np.full(len(face), -np.inf)
    np.maximum.at(free_best, place[~barred], worth[~barred])
    return first, free_best, np.bincount(place, minlength=len(face))


def _whys(
    standing: Standing, face: IntArray, period: int, *, worth: FloatArray, beaten: BoolArray
) -> IntArray:
    problem, allocation = standing.problem, standing.allocation
    agent = standing.agent_at[face, period]
    wanted = [allocation.quota.get(agent_id, problem.min_faces) for agent_id in problem.agent_ids]
    quota = np.array(wanted, dtype=np.int64)
    dear = worth < problem.price_cents[face, period] * allocation.cent_price
    needed = (standing.postings[agent] <= quota[agent]) & (beaten | dear)
    why = np.where(beaten, WHYS.index(Why.OUTBID), WHYS.index(Why.POSTED))
    why[needed] = WHYS.index(Why.MINIMUM)
    why[standing.lock_at[face, period] != NO_LOCK] = WHYS.index(Why.LOCK)
    return why.astype(np.int64)
