"""What postings are worth: relevance, targets, utilities, from the formulas of the model."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import pairwise

import numpy as np

from geo.crs import WGS84, LngLat, reproject_points
from geo.model import Agent, BoolArray, Campaign, FloatArray, IntArray
from geo.verify.consent import covers_period, covers_posters
from geo.verify.places import (
    ZoneTree,
    holding_pairs,
    open_by_sequence,
    points_of,
    zone_by_level,
)

DELTA = 0.1
"""Smoothing of the utility at zero."""

EPSILON = float(np.finfo(np.float64).eps)

_MOST_EXPONENT = 709.0
"""Past this, the exponential is more than a float holds."""


def relevance(campaign: Campaign, agent: Agent, faces: IntArray) -> FloatArray:
    """Return exp(-d / distance_km) of these faces, d km from where the agent works.

    1 where the workplace is unknown or `distance_km` is 0.
    """
    workplace = _workplace(campaign, agent)
    reach_km = campaign.matching.distance_km
    if workplace is None or reach_km == 0:
        return np.ones(len(faces))
    lng, lat = np.array([workplace.lng]), np.array([workplace.lat])
    (east,), (north,) = reproject_points(lng, lat, source=WGS84, target=campaign.crs)
    away_m = np.sqrt((campaign.faces.x[faces] - east) ** 2 + (campaign.faces.y[faces] - north) ** 2)
    return np.asarray(np.exp(-away_m / (1000.0 * reach_km)))


def _workplace(campaign: Campaign, agent: Agent) -> LngLat | None:
    if agent.workplace is not None:
        return agent.workplace
    at_maison = (m.lnglat for m in campaign.maisons if m.maison_id == agent.maison_id)
    return next(at_maison, None)


def targets(campaign: Campaign) -> dict[str, float]:
    """Return T(a) = Y · share(a) / Σ share, by agent id."""
    most = most_exposure(campaign)
    shares = math.fsum(agent.share for agent in campaign.agents)
    return {
        agent.agent_id: most * agent.share / shares if shares else 0.0 for agent in campaign.agents
    }


def most_exposure(campaign: Campaign) -> float:
    """Return Y, what the budget could buy if every face went to its most relevant agent.

    A fractional knapsack over the face-periods in which anybody may be posted: best exposure for a
    cent first, the last one bought in part (Dantzig 1957). Without a budget, all of them.
    """
    worth = (_best_relevance(campaign) * campaign.faces.contacts[:, None]).ravel()
    budget = campaign.matching.budget_cents
    if budget is None:
        return math.fsum(worth.tolist())
    price = np.repeat(campaign.faces.price_cents, campaign.periods.count)
    free = price == 0
    taken = math.fsum(worth[free].tolist())
    worth, price = worth[~free], price[~free]
    order = np.argsort(-worth / price, kind="stable")
    worth, paid = worth[order], np.cumsum(price[order])
    whole = int(np.searchsorted(paid, budget, side="right"))
    taken += math.fsum(worth[:whole].tolist())
    if whole < len(worth):
        before = int(paid[whole - 1]) if whole else 0
        taken += float(worth[whole]) * (budget - before) / int(paid[whole] - before)
    return taken


def _best_relevance(campaign: Campaign) -> FloatArray:
    """Return the relevance of whoever fits each face in each period best, 0 where nobody may."""
    tree = ZoneTree(campaign.zones)
    chosen = zone_by_level(tree, points_of(campaign.faces))
    is_open = campaign.faces.available & open_by_sequence(campaign, tree, chosen)
    excluded = [exclusion.area for exclusion in campaign.exclusions]
    is_open[holding_pairs(excluded, points_of(campaign.faces), within_m=0)[1]] = False
    best = np.zeros(is_open.shape)
    faces_in = _faces_by_zone(chosen, len(tree.zones))
    for agent in campaign.agents:
        zones = [faces_in[tree.index[z]] for z in sorted(set(agent.zones)) if z in tree.index]
        if not zones:
            continue
        faces = np.unique(np.concatenate(zones))
        allowed = is_open[faces] & _consented(campaign, agent)
        fit = relevance(campaign, agent, faces)[:, None]
        best[faces] = np.maximum(best[faces], np.where(allowed, fit, 0.0))
    return best


def _faces_by_zone(chosen: IntArray, n_zones: int) -> list[IntArray]:
    """Return the faces of each zone, from the zone of each face at each level."""
    n_levels, n_faces = chosen.shape
    zone = chosen.ravel()
    face = np.tile(np.arange(n_faces), n_levels)
    order = np.lexsort((face, zone))
    cuts = np.searchsorted(zone[order], np.arange(n_zones + 1))
    return [face[order[a:b]] for a, b in pairwise(cuts)]


def _consented(campaign: Campaign, agent: Agent) -> BoolArray:
    """Return in which periods the agent may be posted, shape ``(n_periods,)``."""
    periods = campaign.periods
    covered = [
        covers_posters(agent) and covers_period(agent, periods, t) for t in periods.numbers()
    ]
    return np.array(covered, dtype=np.bool_)


def utility(ratio: float, alpha: float) -> float:
    """Return the α-fair utility of y/T, zero at zero (Mo & Walrand 2000; Kelly 1998 at α = 1)."""
    grown = math.log1p(ratio / DELTA)
    if alpha == 1:
        return grown
    # ((δ+r)^(1-α) - δ^(1-α)) / (1-α), written so that α near 1 loses no digits
    return float(DELTA ** (1 - alpha) * math.expm1((1 - alpha) * grown) / (1 - alpha))


def total_utility(agents: Sequence[Agent], ratios: Mapping[str, float], alpha: float) -> float:
    """Return the objective, Σ share · U_α(y/T)."""
    return math.fsum(a.share * utility(ratios[a.agent_id], alpha) for a in agents)


def equivalent_of_ratios(
    agents: Sequence[Agent], ratios: Mapping[str, float], alpha: float
) -> float:
    """Return the ratio that, given to all alike, is worth these ratios (Atkinson 1970).

    It is a power mean of δ + y/T, and computed as one: going through the sum of utilities would
    lose digits where α is large.
    """
    shares = math.fsum(a.share for a in agents)
    if not shares:
        return 0.0
    logs = [math.log1p(ratios[a.agent_id] / DELTA) for a in agents]
    weights = [a.share / shares for a in agents]
    if alpha == 1:
        mean = math.fsum(w * g for w, g in zip(weights, logs, strict=True))
    else:
        least = min(logs)
        powers = (
            w * math.exp((1 - alpha) * (g - least)) for w, g in zip(weights, logs, strict=True)
        )
        mean = least + math.log(math.fsum(powers)) / (1 - alpha)
    return DELTA * math.expm1(mean)


def equivalent_of_utility(value: float, *, shares: float, alpha: float) -> float:
    """Return U_α⁻¹(value / Σ share); infinite where no exposure is worth so much."""
    if not shares:
        return 0.0
    each = value / shares
    if alpha == 1:
        return DELTA * math.expm1(each) if each < _MOST_EXPONENT else math.inf
    inside = (1 - alpha) * each * DELTA ** (alpha - 1)
    if inside <= -1:
        return math.inf
    return DELTA * math.expm1(math.log1p(inside) / (1 - alpha))


def digits_lost(exposure: float, alpha: float) -> float:
    """Return the relative error that one rounding of a utility makes in its equivalent exposure.

    Utilities saturate where α is large: near their limit, many exposures share one float.
    """
    if alpha <= 1 or not math.isfinite(exposure):
        return EPSILON
    return float(EPSILON * ((DELTA + exposure) / DELTA) ** (alpha - 1))
