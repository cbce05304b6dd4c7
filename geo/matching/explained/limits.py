"""What an agent has, what keeps the agent from having more, and what more money would bring."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from geo.errors import UnknownNameError
from geo.matching.explained.standing import Bar, Standing, faces_beside
from geo.matching.utility import equivalent_exposure
from geo.model import BoolArray, FloatArray, IntArray

MORE_CENTS = 100_000
"""The more money of "1 000 € more would give …"."""


class Limit(StrEnum):
    """What keeps an agent from more postings in the zones where the agent works."""

    NOTHING_LEFT = "nothing-more-for-sale"  # the agent has every open face and period
    BUDGET = "budget"  # open and free, but a cent brings more elsewhere, or none is left
    WORTHLESS = "worthless"  # open and free, but without contacts, or the agent without a share
    SPACING = "spacing"
    ROTATION = "rotation"
    LOCKS = "locks"
    OTHERS = "other-portraits"  # another agent's portrait is there
    SEARCH = "search-ended"  # open, free and without a budget: the search ended before


@dataclass(frozen=True, slots=True)
class Held:
    """How many open places, a face in a period each, one limit keeps; and their ρ·u in contacts."""

    limit: Limit
    places: int
    exposure: float


@dataclass(frozen=True, slots=True)
class ZonePostings:
    """How many faces of a zone carry the agent's portrait, in each period."""

    zone: str
    faces: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Extra:
    """What some more money, all of it for one agent, would buy now: best value for money first."""

    cents: int
    spent_cents: int
    postings: int
    ratio: float


@dataclass(frozen=True, slots=True)
class AgentStory:
    """What an agent has and what binds.

    Parameters
    ----------
    wanted
        Postings wanted at the least.
    zones
        Where the postings are, by the name of the zone.
    held
        What keeps the agent from the other open places of the zones, most exposure first.
    binds
        The limit that keeps most exposure from the agent: the first of `held`.
    extra
        What more money for this agent alone would bring; None where nothing can be bought.
    """

    agent_id: str
    share: float
    target: float
    exposure: float
    ratio: float
    contacts: float
    cost_cents: int
    postings: int
    wanted: int
    zones: tuple[ZonePostings, ...]
    held: tuple[Held, ...]
    binds: Limit
    extra: Extra | None


@dataclass(frozen=True, slots=True)
class Margin:
    """What some more budget would bring at the margin, by the price of the budget.

    `exposure` is the gain in equivalent exposure, `contacts` the same times the sum of the targets.
    """

    cents: int
    exposure: float
    contacts: float


def explain_agent(standing: Standing, agent_id: str, *, face_zones: Sequence[str]) -> AgentStory:
    """Return what an agent has, and why not more.

    Parameters
    ----------
    face_zones
        The name of the zone by which each face is known, ``n_faces`` of them.

    Raises
    ------
    UnknownNameError
        If there is no such agent.
    """
    problem = standing.problem
    if agent_id not in problem.agent_ids:
        raise UnknownNameError(f"Aucun agent ne s’appelle {agent_id}.")
    agent = problem.agent_ids.index(agent_id)
    face, period = np.nonzero(standing.agent_at == agent)
    edges = standing.edges_of_agent(agent)
    held = _held(standing, edges)
    return AgentStory(
        agent_id,
        share=float(problem.share[agent]),
        target=float(standing.target[agent]),
        exposure=float(standing.exposure[agent]),
        ratio=float(standing.ratio[agent]),
        contacts=float(problem.contacts[face, period].sum()),
        cost_cents=int(problem.price_cents[face, period].sum()),
        postings=int(standing.postings[agent]),
        wanted=problem.min_faces,
        zones=_by_zone(face, period, face_zones=face_zones, n_periods=problem.n_periods),
        held=held,
        binds=_first(held),
        extra=_extra(standing, edges),
    )


def binding_limits(standing: Standing) -> tuple[Limit, ...]:
    """Return what binds each agent, as `explain_agent` tells it, ``n_agents`` of them."""
    problem = standing.problem
    order = np.argsort(problem.edge_agent, kind="stable")
    ends = np.searchsorted(problem.edge_agent[order], np.arange(1, problem.n_agents))
    return tuple(
        _first(_held(standing, edges)) for edges in np.split(order, ends)[: problem.n_agents]
    )


def explain_margin(standing: Standing) -> Margin | None:
    """Return what `MORE_CENTS` more would bring; None where the budget holds nothing back."""
    allocation, problem = standing.allocation, standing.problem
    if allocation.cent_price <= 0:
        return None
    more = allocation.objective + MORE_CENTS * allocation.cent_price
    total = float(problem.share.sum())
    gain = equivalent_exposure(more, total, problem.fairness) - allocation.exposure
    return Margin(MORE_CENTS, exposure=gain, contacts=gain * float(standing.target.sum()))


def _by_zone(
    face: IntArray, period: IntArray, *, face_zones: Sequence[str], n_periods: int
) -> tuple[ZonePostings, ...]:
    count: dict[str, list[int]] = {}
    for f, t in zip(face.tolist(), period.tolist(), strict=True):
        count.setdefault(face_zones[f], [0] * n_periods)[t] += 1
    return tuple(ZonePostings(zone, tuple(count[zone])) for zone in sorted(count))


def _held(standing: Standing, edges: IntArray) -> tuple[Held, ...]:
    problem = standing.problem
    bar = standing.bar[edges]
    empty = standing.agent_at[problem.edge_face[edges]] < 0
    exposure = problem.relevance[edges, None] * problem.contacts[problem.edge_face[edges]]
    free = (bar == Bar.NONE) & empty
    useful = exposure * (standing.target[problem.edge_agent[edges], None] > 0) > 0
    money = Limit.SEARCH if problem.budget_cents is None else Limit.BUDGET
    kept: tuple[tuple[Limit, BoolArray], ...] = (
        (money, free & useful),
        (Limit.WORTHLESS, free & ~useful),
        (Limit.SPACING, bar == Bar.SPACING),
        (Limit.ROTATION, bar == Bar.ROTATION),
        (Limit.LOCKS, bar == Bar.LOCK),
        (Limit.OTHERS, (bar == Bar.NONE) & ~empty),
    )
    held = [
        Held(limit, int(places.sum()), float(exposure[places].sum()))
        for limit, places in kept
        if places.any()
    ]
    return tuple(sorted(held, key=lambda each: (-each.exposure, each.limit)))


def _first(held: Sequence[Held]) -> Limit:
    return held[0].limit if held else Limit.NOTHING_LEFT


def _extra(standing: Standing, edges: IntArray) -> Extra | None:
    """Buy what is best for one agent, exposure a cent, until `MORE_CENTS` reach for nothing more.

    Only places that nobody has and no rule forbids; spacing and rotation among them hold too.
    """
    problem = standing.problem
    if problem.budget_cents is None:
        return None
    empty = standing.agent_at[problem.edge_face[edges]] < 0
    row, period = np.nonzero((standing.bar[edges] == Bar.NONE) & empty)
    edge = edges[row]
    gain = standing.gain(edge, period)
    price = problem.price_cents[problem.edge_face[edge], period]
    wanted = np.flatnonzero((gain > 0) & (price <= MORE_CENTS))
    order = wanted[np.argsort(-_value_for_money(gain, price)[wanted], kind="stable")]
    bought = _buy(standing, edge[order], period[order])
    if not bought:
        return None
    taken = order[bought]
    return Extra(
        MORE_CENTS,
        spent_cents=int(price[taken].sum()),
        postings=len(taken),
        ratio=float(gain[taken].sum()),
    )


def _value_for_money(gain: FloatArray, price: IntArray) -> FloatArray:
    free = np.full(len(gain), np.inf)
    return np.asarray(np.divide(gain, price, out=free, where=price > 0))


def _buy(standing: Standing, edge: IntArray, period: IntArray) -> list[int]:
    """Return which of these places, in this order, can be bought together for `MORE_CENTS`."""
    problem = standing.problem
    left = MORE_CENTS
    room: dict[int, int] = {}
    closed: set[tuple[int, int]] = set()
    bought = []
    for i, (e, t) in enumerate(zip(edge.tolist(), period.tolist(), strict=True)):
        face = int(problem.edge_face[e])
        own = int((standing.bar[e] == Bar.OWN).sum())
        price = int(problem.price_cents[face, t])
        here = room.get(e, problem.max_periods_per_face - own)
        if price > left or here <= 0 or (face, t) in closed:
            continue
        bought.append(i)
        left -= price
        room[e] = here - 1
        closed.update((near, t) for near in faces_beside(problem, face).tolist())
    return bought
