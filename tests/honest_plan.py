"""A correct plan of a tiny campaign, written down without any solver, to be broken by tests.

Everything is worked out the slow way, one face at a time, so that it shares nothing with what it
is there to check.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from typing import Any

import numpy as np
from shapely import Point, box

from geo.crs import LAMBERT_93, WGS84, reproject_points
from geo.model import Agent, Campaign, Exclusion, Lock, MatchingRules, TravelRow
from geo.order import OrderLine
from geo.plan import (
    AgentExposure,
    Allocation,
    Leg,
    Plan,
    Posting,
    Shortfall,
    Spread,
    Status,
    Stop,
    Tour,
    TravelSource,
)
from tests.builders import CORNER_X, CORNER_Y, tiny_campaign

POSTINGS = (
    Posting(1, "f00", "A1"),
    Posting(1, "f02", "A1"),
    Posting(1, "f05", "A2"),
    Posting(1, "f07", "A2"),
    Posting(1, "f32", "A3"),
    Posting(1, "f37", "A4"),
    Posting(1, "f39", "A4"),
    Posting(1, "f61", "A4"),
    Posting(2, "f34", "A3"),
)

VISITS = (
    ("m2", (date(2017, 10, 17),)),
    ("m1", (date(2017, 10, 18),)),
    ("m3", (date(2017, 10, 19),)),
    ("m4", (date(2017, 10, 20), date(2017, 10, 23))),
)


@dataclass(frozen=True)
class Case:
    """What `verify` is given."""

    campaign: Campaign
    plan: Plan
    order: tuple[OrderLine, ...]


def rich_campaign(**changes: Any) -> Campaign:
    """Return the tiny campaign with something for every rule to bite on."""
    tiny = tiny_campaign()
    available = np.ones((64, 2), dtype=np.bool_)
    available[50, 1] = False  # f50 is not for sale in period 2
    faces = replace(
        tiny.faces,
        contacts=1000.0 + 10 * np.arange(64, dtype=np.float64),
        price_cents=5000 + 100 * np.arange(64),
        available=available,
    )
    one, two, three, four = tiny.agents
    agents = (
        replace(one, name="Rose Exemple", consent_media=frozenset({"affichage", "web"})),
        replace(two, zones=("t1", "t2"), share=2.0, consent_media=frozenset({"tous"})),
        replace(three, consent_until=date(2017, 10, 30)),
        replace(four, workplace=None, maison_id="m4", consent_until=date(2017, 10, 23)),
    )
    maisons = (*tiny.maisons[:3], replace(tiny.maisons[3], dwell_days=2))
    campaign = replace(
        tiny,
        agents=agents,
        maisons=maisons,
        faces=faces,
        matching=MatchingRules(budget_cents=120_000, spacing_m=6000.0, min_faces=2),
        travel=(TravelRow("m1", "m2", 1700, 24_000), TravelRow("m2", "m1", 1900, 25_000)),
        locks=(Lock("f61", 1, "A4"), Lock("f63", 1, None)),
        exclusions=(Exclusion("école", around(49, 100.0)), Exclusion("site classé", east_of(57))),
        sequences={"sud": frozenset({1}), "t3": frozenset({1, 2})},
    )
    return replace(campaign, **changes)


def around(face: int, metres: float) -> Any:
    """Return a square around a face of the grid."""
    x, y = CORNER_X + 2500 + 5000 * (face % 8), CORNER_Y + 2500 + 5000 * (face // 8)
    return box(x - metres, y - metres, x + metres, y + metres)


def east_of(face: int) -> Any:
    """Return a rectangle whose western edge goes through a face of the grid."""
    x, y = CORNER_X + 2500 + 5000 * (face % 8), CORNER_Y + 2500 + 5000 * (face // 8)
    return box(x, y - 100, x + 100, y + 100)


def honest_case(
    campaign: Campaign | None = None,
    postings: Sequence[Posting] = POSTINGS,
    visits: Sequence[tuple[str, Sequence[date]]] = VISITS,
    **allocation: Any,
) -> Case:
    """Return a plan that says of these postings and visits what is true of them."""
    campaign = campaign or rich_campaign()
    allocated = honest_allocation(campaign, postings, **allocation)
    plan = Plan(0, allocated, honest_tour(campaign, visits))
    return Case(campaign, plan, honest_order(campaign, postings))


# --- Allocation ---------------------------------------------------------------------------------


def honest_allocation(
    campaign: Campaign,
    postings: Iterable[Posting],
    *,
    quota: Mapping[str, int] | None = None,
    shortfalls: tuple[Shortfall, ...] = (),
    bound: float | None = None,
) -> Allocation:
    """Return the allocation with a certificate that follows from its postings."""
    postings = tuple(sorted(postings))
    ids = [str(face_id) for face_id in campaign.faces.face_id]
    reachable = most_exposure(campaign)
    rows = tuple(_row(campaign, agent, postings, reachable) for agent in campaign.agents)
    alpha, shares = campaign.matching.fairness, sum(a.share for a in campaign.agents)
    pairs = zip(campaign.agents, rows, strict=True)
    objective = sum(agent.share * _utility(row.ratio, alpha) for agent, row in pairs)
    bound = objective * 1.001 if bound is None else bound
    exposure, most = (_equivalent(v / shares, alpha) for v in (objective, bound))
    used = {p.face_id for p in postings if _known(campaign, p)}
    prices = campaign.faces.price_cents
    return Allocation(
        status=Status.FEASIBLE,
        objective=objective,
        bound=bound,
        exposure=exposure,
        exposure_bound=most,
        gap=1 - exposure / most if most else 0.0,
        cost_cents=sum(int(prices[ids.index(p.face_id)]) for p in postings if p.face_id in ids),
        postings=postings,
        agents=rows,
        quota=quota or {},
        shortfalls=shortfalls,
        unused={"not-needed": len(ids) - len(used)},
    )


def _known(campaign: Campaign, posting: Posting) -> bool:
    agent_ids = [agent.agent_id for agent in campaign.agents]
    in_time = 1 <= posting.period <= campaign.periods.count
    return posting.face_id in campaign.faces.face_id and posting.agent_id in agent_ids and in_time


def _row(
    campaign: Campaign, agent: Agent, postings: Sequence[Posting], reachable: float
) -> AgentExposure:
    ids = [str(face_id) for face_id in campaign.faces.face_id]
    mine = [p for p in postings if p.agent_id == agent.agent_id and _known(campaign, p)]
    faces = [ids.index(p.face_id) for p in mine]
    contacts = [float(campaign.faces.contacts[f]) for f in faces]
    fits = [_relevance(campaign, agent, f) for f in faces]
    exposure = sum(fit * seen for fit, seen in zip(fits, contacts, strict=True))
    target = reachable * agent.share / sum(other.share for other in campaign.agents)
    ratio = exposure / target if target else 0.0
    return AgentExposure(agent.agent_id, target, exposure, ratio, sum(contacts), len(mine))


def _relevance(campaign: Campaign, agent: Agent, face: int) -> float:
    maisons = {m.maison_id: m.lnglat for m in campaign.maisons}
    place = agent.workplace or maisons.get(agent.maison_id or "")
    if place is None or not campaign.matching.distance_km:
        return 1.0
    x, y = reproject_points(
        np.array([place.lng]), np.array([place.lat]), source=WGS84, target=LAMBERT_93
    )
    metres = math.hypot(campaign.faces.x[face] - x[0], campaign.faces.y[face] - y[0])
    return math.exp(-metres / 1000 / campaign.matching.distance_km)


def may_carry(campaign: Campaign, agent: Agent, face: int, period: int) -> bool:
    """Return whether this posting would break no rule by itself, in the words of the rules."""
    point = Point(campaign.faces.x[face], campaign.faces.y[face])
    zones = {zone.zone_id: zone for zone in campaign.zones}
    inside = any(zones[zone_id].area.intersects(point) for zone_id in agent.zones)
    finest = min(
        z.zone_id for z in campaign.zones if z.level == "territoire" and z.area.intersects(point)
    )
    walk: str | None = finest
    while walk is not None and walk not in campaign.sequences:
        walk = zones[walk].parent_id
    in_sequence = walk is None or period in campaign.sequences[walk]
    media, until = agent.consent_media, agent.consent_until
    consent = media is None or bool(media & {"affichage", "tous"})
    consent &= until is None or campaign.periods.last_day(period) <= until
    for_sale = bool(campaign.faces.available[face, period - 1])
    banned = any(exclusion.area.intersects(point) for exclusion in campaign.exclusions)
    return inside and in_sequence and consent and for_sale and not banned


def most_exposure(campaign: Campaign) -> float:
    """Return Y: buy the best exposure for a cent first, and a part of the last."""
    offers = []
    for face in range(len(campaign.faces)):
        for period in campaign.periods.numbers():
            able = [a for a in campaign.agents if may_carry(campaign, a, face, period)]
            best = max((_relevance(campaign, a, face) for a in able), default=0.0)
            price = int(campaign.faces.price_cents[face])
            offers.append((best * float(campaign.faces.contacts[face]), price))
    left = campaign.matching.budget_cents
    if left is None:
        return sum(worth for worth, _ in offers)
    total = 0.0
    for worth, price in sorted(offers, key=lambda o: -(o[0] / o[1] if o[1] else math.inf)):
        part = 1.0 if price <= left else left / price
        total += worth * part
        left -= round(price * part)
    return total


def _utility(ratio: float, alpha: float) -> float:
    if alpha == 1:
        return math.log((0.1 + ratio) / 0.1)
    return float(((0.1 + ratio) ** (1 - alpha) - 0.1 ** (1 - alpha)) / (1 - alpha))


def _equivalent(value: float, alpha: float) -> float:
    if alpha == 1:
        return 0.1 * math.exp(value) - 0.1
    power = 1 - alpha
    left = 0.1**power + power * value
    return float(left ** (1 / power) - 0.1) if left > 0 else math.inf


# --- Order --------------------------------------------------------------------------------------


def honest_order(campaign: Campaign, postings: Iterable[Posting]) -> tuple[OrderLine, ...]:
    """Return the lines of these postings, those that name what exists."""
    return tuple(_line(campaign, p) for p in sorted(postings) if _known(campaign, p))


def _line(campaign: Campaign, posting: Posting) -> OrderLine:
    faces = campaign.faces
    i = [str(face_id) for face_id in faces.face_id].index(posting.face_id)
    point = Point(faces.x[i], faces.y[i])
    portraits = {agent.agent_id: agent.portrait_id for agent in campaign.agents}
    zones = [z.name for z in campaign.zones if z.level == "territoire" and z.area.intersects(point)]
    return OrderLine(
        face_id=posting.face_id,
        operator=str(faces.operator[i]),
        city=str(faces.city[i]),
        insee=str(faces.insee[i]),
        address=str(faces.address[i]),
        lat=round(float(faces.lat[i]), 6),
        lon=round(float(faces.lng[i]), 6),
        support=str(faces.support[i]),
        format=str(faces.format[i]),
        surface_m2=None if math.isnan(faces.surface_m2[i]) else float(faces.surface_m2[i]),
        lit={1: True, 0: False}.get(int(faces.lit[i])),
        zone=zones[0],
        period=posting.period,
        start=campaign.periods.first_day(posting.period),
        end=campaign.periods.last_day(posting.period),
        visual=portraits[posting.agent_id],
        price_cents=int(faces.price_cents[i]),
        state="proposée",
    )


# --- Tour ---------------------------------------------------------------------------------------


def honest_tour(campaign: Campaign, visits: Sequence[tuple[str, Sequence[date]]]) -> Tour:
    """Return the tour of kit 1 through these visits, nine to five, evenings on the road."""
    if campaign.tour is None:
        return Tour(Status.NOT_ASKED, 0, 0, 0)
    depot = campaign.tour.depot
    ids = [depot, *(maison_id for maison_id, _ in visits), depot]
    legs: list[Leg] = []
    for i, (from_id, to_id) in enumerate(pairwise(ids)):
        leg = drive(campaign, from_id, to_id)
        if i == 0:
            moment = datetime.combine(visits[0][1][0], time(9)) - timedelta(seconds=leg.drive_s)
        else:
            moment = datetime.combine(visits[i - 1][1][-1], time(17))
        legs.append(move(leg, moment))
    stops = tuple(
        Stop(maison_id, 1, tuple(days), legs[i].arrive, legs[i + 1].depart)
        for i, (maison_id, days) in enumerate(visits)
    )
    return retotalled(Tour(Status.OPTIMAL, 0, 0, 0, stops, tuple(legs)))


def drive(campaign: Campaign, from_id: str, to_id: str) -> Leg:
    """Return the leg from one place to another, at no particular time."""
    rows = [r for r in campaign.travel if (r.from_id, r.to_id) == (from_id, to_id)]
    drive_s, distance_m, source = 2400, 32_000, TravelSource.ESTIMATE
    if rows:
        drive_s, distance_m, source = rows[0].drive_s, rows[0].distance_m, TravelSource.TABLE
    if from_id == to_id:
        drive_s = distance_m = 0
    moment = datetime(2017, 1, 1, tzinfo=None)  # noqa: DTZ001 - local time, as everywhere in a tour
    leg = Leg(1, from_id, to_id, moment, moment, drive_s, distance_m, source)
    if source is TravelSource.TABLE:
        return leg
    return replace(leg, low_s=drive_s // 2, high_s=drive_s)


def move(leg: Leg, depart: datetime) -> Leg:
    """Return the leg at another time."""
    return replace(leg, depart=depart, arrive=depart + timedelta(seconds=leg.drive_s))


def retotalled(tour: Tour) -> Tour:
    """Return the tour with the totals of its legs, and a bound that proves it the best.

    It holds at the slow end of what is estimated: that is what it was planned with.
    """
    drive_s = sum(leg.drive_s for leg in tour.legs)
    metres = sum(leg.distance_m for leg in tour.legs)
    low_s = sum(leg.drive_s if leg.low_s is None else leg.low_s for leg in tour.legs)
    high_s = sum(leg.drive_s if leg.high_s is None else leg.high_s for leg in tour.legs)
    estimated = any(leg.source is TravelSource.ESTIMATE for leg in tour.legs)
    spread = Spread(low_s, high_s, holds=True) if estimated else None
    return replace(tour, drive_s=drive_s, bound_s=drive_s, distance_m=metres, spread=spread)
