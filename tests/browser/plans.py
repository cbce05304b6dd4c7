"""Plans made by hand, so that a test of a page needs no solver."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, time, timedelta

from geo.both import united
from geo.compare import compare
from geo.model import Campaign
from geo.plan import (
    AgentExposure,
    Allocation,
    Leg,
    Plan,
    Posting,
    Shortfall,
    Status,
    Stop,
    Tour,
    TravelSource,
)
from geo.targeting import target
from maps import render_pages
from maps.comparison import PlanSide, render_comparison

FACES_PER_AGENT = 5
SHORTFALL = Shortfall("few-faces", "A1", "Il manque une face à cet agent.", 6, 5)


def hand_made_plan(campaign: Campaign, *, each: int = FACES_PER_AGENT) -> Plan:
    """Return a plan that gives each agent their first faces, in periods 1 and 2 by turns."""
    eligibility = target(campaign)
    faces = campaign.faces
    taken: set[int] = set()
    postings = []
    for a, agent in enumerate(campaign.agents):
        own = [int(f) for f in eligibility.edge_face[eligibility.edge_agent == a]]
        chosen = [f for f in own if f not in taken][:each]
        taken.update(chosen)
        postings += [
            Posting(1 + i % campaign.periods.count, str(faces.face_id[f]), agent.agent_id)
            for i, f in enumerate(chosen)
        ]
    exposures = tuple(
        AgentExposure(agent.agent_id, 1000.0, 900.0, 0.9, 5000.0, FACES_PER_AGENT)
        for agent in campaign.agents
    )
    allocation = Allocation(
        status=Status.FEASIBLE,
        objective=1.0,
        bound=1.01,
        exposure=0.9,
        exposure_bound=0.909,
        gap=0.0099,
        cost_cents=sum(int(faces.price_cents[f]) for f in taken),
        postings=tuple(sorted(postings)),
        agents=exposures,
        shortfalls=(SHORTFALL,),
    )
    return Plan(seed=0, allocation=allocation, tour=_tour(campaign))


def _tour(campaign: Campaign) -> Tour:
    """Return one stop a weekday, in the order of the Maisons, and back to the first one."""
    days = [date(2017, 10, 17) + timedelta(days=i) for i in range(60)]
    weekdays = [day for day in days if day.weekday() < 5]
    maisons = [maison.maison_id for maison in campaign.maisons]
    stops = tuple(
        Stop(maison, 0, (day,), datetime.combine(day, time(8)), datetime.combine(day, time(18)))
        for maison, day in zip(maisons, weekdays, strict=False)
    )
    legs = []
    for before, after in zip(stops, (*stops[1:], *stops[:1]), strict=True):
        leave = before.leave
        source = TravelSource.TABLE if after is stops[0] else TravelSource.ESTIMATE
        arrive = leave + timedelta(minutes=65)
        names = (before.maison_id, after.maison_id)
        legs.append(Leg(0, *names, leave, arrive, 3900, 42_000, source))
    return Tour(Status.OPTIMAL, 3900 * len(legs), 3900 * len(legs), 42_000, stops, tuple(legs))


def pages_of(campaign: Campaign) -> dict[str, str]:
    """Return the three pages of the hand-made plan of a campaign."""
    return render_pages(campaign, hand_made_plan(campaign), target(campaign))


def comparison_page(campaign: Campaign) -> str:
    """Return the page that compares the hand-made plan with one that moves its first posting."""
    plan = hand_made_plan(campaign)
    first, *rest = plan.allocation.postings
    moved = tuple(sorted([replace(first, period=3 - first.period), *rest]))
    other = replace(plan, allocation=replace(plan.allocation, postings=moved))
    return render_comparison(
        PlanSide("plan A", campaign, plan),
        PlanSide("plan B", campaign, other),
        compare(plan.allocation, other.allocation),
        united=united(campaign, campaign),
        eligibility=target(campaign),
        measures=[["Coût (€ HT)", "1", "2", "+1"]],
        cautions=["Les budgets diffèrent."],
    )


def with_zone_names(campaign: Campaign, names: dict[str, str]) -> Campaign:
    """Return the campaign with other names for some zones."""
    zones = tuple(replace(z, name=names.get(z.zone_id, z.name)) for z in campaign.zones)
    return replace(campaign, zones=zones)


def with_sequences(campaign: Campaign) -> Campaign:
    """Return the campaign with its north open in period 1 and its south in period 2."""
    return replace(campaign, sequences={"nord": frozenset({1}), "sud": frozenset({2})})
