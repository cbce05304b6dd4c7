"""Why a portrait is on a face, or nobody's is: what each agent's would be worth there."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from geo.errors import UnknownNameError
from geo.matching.explained.standing import NO_LOCK, Bar, Standing, faces_beside
from geo.matching.problem import NOBODY
from geo.model import IntArray


class Why(StrEnum):
    """Why a face carries what it carries in one period; the first that holds.

    The reasons for an empty face have the names that `Unused` gives them.
    """

    LOCK = "locked"  # posted: a lock says so
    POSTED = "posted"  # posted: nobody's portrait is worth more there
    MINIMUM = "needed-for-minimum"  # posted: the agent needs it for the postings wanted at least
    OUTBID = "outbid"  # posted, though another one would be worth more: the search ended before
    EXCLUDED = "excluded"
    UNAVAILABLE = "unavailable"
    CLOSED = "sequence-closed"
    NOBODY_HERE = "no-agent-here"
    NO_CONSENT = "no-consent"
    LOCKED_EMPTY = "locked-empty"
    SPACING = "spacing"
    ROTATION = "rotation"  # whoever would gain is on this face as long as allowed
    PRICE = "not-worth-its-price"
    BUDGET = "budget-spent"


POSTED = frozenset({Why.LOCK, Why.POSTED, Why.MINIMUM, Why.OUTBID})
"""The reasons of a face that carries something."""


@dataclass(frozen=True, slots=True)
class Offer:
    """What the portrait of one agent is, or would be, worth on a face in a period.

    Parameters
    ----------
    relevance, exposure
        ρ, and ρ·u in contacts.
    worth, worth_cents
        What the posting adds to the objective, everything else as it stands, in utility; and the
        same as money at the price of the budget, None where money is no matter.
    behind, behind_cents
        By how much that falls short of the portrait which is there: as a part of its worth, and as
        money. Negative where it would be worth more; None where there is nothing to compare with.
    bar
        What forbids it.
    beside
        Faces too close that carry the portrait in this period.
    periods
        Periods, from 1, in which the portrait is on this face.
    """

    agent_id: str
    relevance: float
    exposure: float
    worth: float
    worth_cents: float | None
    behind: float | None
    behind_cents: float | None
    bar: Bar
    beside: tuple[str, ...] = ()
    periods: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class PeriodStory:
    """A face in one period, counted from 1.

    Parameters
    ----------
    agent_id
        Who is there; None where the face is empty.
    over_cents
        By how much the price is above the worth, at the price of the budget, of the portrait that
        is there or, on an empty face, of the best that no rule forbids; negative where it is worth
        its price; None where there is no such portrait or money is no matter.
    offers
        Everyone whose portrait may be on this face: who is there first, then those whom no rule
        forbids, then the others, by worth; ties by id.
    """

    period: int
    agent_id: str | None
    why: Why
    contacts: float
    price_cents: int
    over_cents: float | None
    offers: tuple[Offer, ...]

    @property
    def rivals(self) -> tuple[Offer, ...]:
        """Return the offers of those who are not there."""
        return tuple(offer for offer in self.offers if offer.agent_id != self.agent_id)


@dataclass(frozen=True, slots=True)
class FaceStory:
    """A face in every period."""

    face_id: str
    cents_left: int | None
    periods: tuple[PeriodStory, ...]


def explain_face(standing: Standing, face_id: str) -> FaceStory:
    """Return why a face carries what it carries, period by period.

    Raises
    ------
    UnknownNameError
        If there is no such face.
    """
    problem = standing.problem
    if face_id not in problem.face_ids:
        raise UnknownNameError(f"Aucune face ne s’appelle {face_id}.")
    face = problem.face_ids.index(face_id)
    return FaceStory(
        face_id,
        cents_left=standing.cents_left,
        periods=tuple(_period_story(standing, face, t) for t in range(problem.n_periods)),
    )


def _period_story(standing: Standing, face: int, period: int) -> PeriodStory:
    problem = standing.problem
    agent = int(standing.agent_at[face, period])
    offers = _offers(standing, face, period)
    price = int(problem.price_cents[face, period])
    why = (
        _why_posted(standing, face, period, offers)
        if agent >= 0
        else _why_empty(standing, face, period, offers)
    )
    best = offers[0] if offers and offers[0].bar in (Bar.OWN, Bar.NONE) else None
    worth_cents = None if best is None else best.worth_cents
    return PeriodStory(
        period + 1,
        agent_id=problem.agent_ids[agent] if agent >= 0 else None,
        why=why,
        contacts=float(problem.contacts[face, period]),
        price_cents=price,
        over_cents=None if worth_cents is None else price - worth_cents,
        offers=offers,
    )


def _offers(standing: Standing, face: int, period: int) -> tuple[Offer, ...]:
    edges = np.arange(standing.edge_first[face], standing.edge_first[face + 1])
    worth = standing.worth(edges, period)
    own = np.flatnonzero(standing.bar[edges, period] == Bar.OWN)
    best = float(worth[own[0]]) if len(own) else None
    offers = [
        _offer(standing, int(edge), period, worth=float(w), best=best)
        for edge, w in zip(edges, worth, strict=True)
    ]
    rank = {Bar.OWN: 0, Bar.NONE: 1}
    return tuple(sorted(offers, key=lambda o: (rank.get(o.bar, 2), -o.worth, o.agent_id)))


def _offer(
    standing: Standing, edge: int, period: int, *, worth: float, best: float | None
) -> Offer:
    problem = standing.problem
    face, agent = int(problem.edge_face[edge]), int(problem.edge_agent[edge])
    bar = Bar(int(standing.bar[edge, period]))
    rival = best is not None and bar is not Bar.OWN
    beside: IntArray = np.zeros(0, dtype=np.int64)
    if bar is Bar.SPACING:
        near = faces_beside(problem, face)
        beside = near[standing.agent_at[near, period] == agent]
    return Offer(
        problem.agent_ids[agent],
        relevance=float(problem.relevance[edge]),
        exposure=float(problem.relevance[edge] * problem.contacts[face, period]),
        worth=worth,
        worth_cents=standing.in_cents(worth),
        behind=1 - worth / best if rival and best else None,
        behind_cents=standing.in_cents(best - worth) if best is not None and rival else None,
        bar=bar,
        beside=tuple(problem.face_ids[i] for i in beside),
        periods=tuple((np.flatnonzero(standing.agent_at[face] == agent) + 1).tolist()),
    )


def _why_posted(standing: Standing, face: int, period: int, offers: tuple[Offer, ...]) -> Why:
    if standing.lock_at[face, period] != NO_LOCK:
        return Why.LOCK
    agent = int(standing.agent_at[face, period])
    winner, *rivals = offers
    quota = standing.allocation.quota.get(winner.agent_id, standing.problem.min_faces)
    price = standing.problem.price_cents[face, period] * standing.allocation.cent_price
    beaten = any(rival.bar is Bar.NONE and rival.worth > winner.worth for rival in rivals)
    if standing.postings[agent] <= quota and (beaten or winner.worth < price):
        return Why.MINIMUM
    return Why.OUTBID if beaten else Why.POSTED


def _why_empty(standing: Standing, face: int, period: int, offers: tuple[Offer, ...]) -> Why:
    problem = standing.problem
    economy = _economy(standing, face, period, offers)
    checks = (
        (Why.EXCLUDED, bool(problem.excluded[face])),
        (Why.UNAVAILABLE, not problem.available[face, period]),
        (Why.CLOSED, not problem.open[face, period]),
        (Why.NOBODY_HERE, not offers),
        (Why.NO_CONSENT, all(offer.bar is Bar.CONSENT for offer in offers)),
        (Why.LOCKED_EMPTY, standing.lock_at[face, period] == NOBODY),
    )
    return next((why for why, holds in checks if holds), economy)


def _economy(standing: Standing, face: int, period: int, offers: tuple[Offer, ...]) -> Why:
    """Return which of spacing, rotation, price and budget keeps an open face empty."""
    price = standing.problem.price_cents[face, period] * standing.allocation.cent_price
    worth_it = {offer.bar for offer in offers if offer.worth > price}
    for bar, why in (
        (Bar.NONE, Why.BUDGET),
        (Bar.SPACING, Why.SPACING),
        (Bar.ROTATION, Why.ROTATION),
    ):
        if bar in worth_it:
            return why
    return Why.PRICE
