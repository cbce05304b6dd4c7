"""Ten campaigns with every feature on, and what a change of their inputs may change of the plan.

Each is solved by two methods that share nothing but the problem: neither may pass the bound of the
other. The rules are checked by a third, `geo.verify`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import fields, replace
from datetime import date
from typing import Any

import numpy as np
import pytest
from shapely import box

from data.write.order import order_lines
from geo.matching import build_problem, solve
from geo.matching.reference import solve_by_highs
from geo.model import Agent, Campaign, Exclusion, Faces, Lock, MatchingRules, Periods
from geo.plan import Allocation, Plan, Posting, Status, Tour
from geo.targeting import target
from geo.verify import verify
from tests.builders import CORNER_X, CORNER_Y, faces_at, lnglat_at, tiny_campaign

NO_TOUR = Tour(Status.NOT_ASKED, 0, 0, 0)
LAST_DAY_OF_TWO = date(2017, 10, 30)
CHANGED = "neuf"


def everything_on(fairness: float = 3.0, *, seed: int = 0, n_faces: int = 90) -> Campaign:
    """Return sequences, locks, exclusions, consents that end, rotation, spacing and a budget."""
    rng = np.random.default_rng(seed)
    places = [(float(east), float(north)) for east, north in rng.uniform(0.5, 39.5, (n_faces, 2))]
    faces = faces_at(
        places,
        periods=3,
        contacts=rng.integers(200, 5000, n_faces).astype(float).tolist(),
        price_cents=rng.integers(40, 900, n_faces).tolist(),
        available=(rng.random((n_faces, 3)) > 0.15).tolist(),
    )
    rules = MatchingRules(
        budget_cents=int(faces.price_cents.sum() * 0.8),
        spacing_m=3000.0,
        max_periods_per_face=2,
        min_faces=3,
        distance_km=8.0,
        fairness=fairness,
    )
    campaign = tiny_campaign(
        periods=Periods(date(2017, 10, 17), 3, 7),
        faces=faces,
        agents=agents(),
        matching=rules,
        maisons=(),
        tour=None,
        sequences={"sud": frozenset({1, 2}), "nord": frozenset({2, 3})},
        exclusions=(
            Exclusion("site classé", square(5, 5, 8)),
            Exclusion("école", square(31, 33, 2)),
        ),
    )
    return replace(campaign, locks=locks(campaign))


def agents() -> tuple[Agent, ...]:
    """Return agents of one zone, of several, of all, of none open, with and without consent."""

    def agent(number: int, *zones: str, **more: Any) -> Agent:
        return Agent(f"A{number}", f"P{number}", "agent des routes", zones, **more)

    poster = frozenset({"affichage"})
    return (
        agent(1, "t1", workplace=lnglat_at(10, 10), consent_media=poster),
        agent(2, "t2", "t3", share=2.0, consent_media=frozenset({"tous"})),
        agent(3, "dep", workplace=lnglat_at(20, 20), share=0.5, consent_media=poster),
        agent(4, "t4", consent_until=LAST_DAY_OF_TWO, consent_media=poster),
        agent(5, "nord", consent_media=frozenset({"web"})),  # no consent to posters: no face at all
        agent(6, "t2", workplace=lnglat_at(30, 10), consent_media=poster),
    )


def locks(campaign: Campaign) -> tuple[Lock, ...]:
    """Return a posting to keep and a face to keep free, both possible."""
    found = target(campaign)
    for e, (f, a) in enumerate(zip(found.edge_face, found.edge_agent, strict=True)):
        if found.edge_open[e].any():
            period = int(np.flatnonzero(found.edge_open[e])[0]) + 1
            kept = Lock(str(campaign.faces.face_id[f]), period, campaign.agents[a].agent_id)
            free = next(str(i) for i in campaign.faces.face_id if i != kept.face_id)
            return tuple(sorted((kept, Lock(free, 2, None)), key=lambda k: (k.face_id, k.period)))
    return ()


def square(east: float, north: float, side: float) -> Any:
    """Return a square with its lower left corner at these kilometres."""
    x, y = CORNER_X + east * 1000, CORNER_Y + north * 1000
    return box(x, y, x + side * 1000, y + side * 1000)


def all_in_one_place() -> Campaign:
    return with_faces(everything_on(), faces_at([(20.0, 20.0)] * 30, periods=3))


def with_faces(campaign: Campaign, faces: Faces) -> Campaign:
    return replace(campaign, faces=faces, locks=())


def several_components() -> Campaign:
    """Return agents who share no face, bound together by the budget alone."""
    apart = tuple(
        replace(agent, zones=(f"t{number}",), consent_until=None)
        for number, agent in enumerate(agents()[:4], start=1)
    )
    campaign = replace(everything_on(2.0, seed=4), agents=apart)
    return replace(campaign, locks=())


CAMPAIGNS: dict[str, Callable[[], Campaign]] = {
    "most contacts": lambda: everything_on(0.0, seed=1),
    "half fair": lambda: everything_on(0.5, seed=2),
    "proportional": lambda: everything_on(1.0, seed=3),
    "several components": several_components,
    "nearly max-min": lambda: everything_on(3.0, seed=5),
    "max-min": lambda: everything_on(10.0, seed=6),
    "no budget": lambda: replace(
        everything_on(3.0, seed=7), matching=replace(everything_on().matching, budget_cents=None)
    ),
    "all faces in one place": all_in_one_place,
    "one face": lambda: with_faces(everything_on(), faces_at([(30.0, 10.0)], periods=3)),
    "no face": lambda: with_faces(everything_on(), faces_at([], periods=3)),
}


def solved(campaign: Campaign) -> Allocation:
    return solve(build_problem(campaign, target(campaign)))


@pytest.mark.slow
@pytest.mark.parametrize("name", CAMPAIGNS)
def test_a_campaign_with_every_feature_is_planned_within_its_bound(name: str) -> None:
    campaign = CAMPAIGNS[name]()
    eligibility = target(campaign)
    answer = solved(campaign)
    plan = Plan(0, answer, NO_TOUR)
    order = order_lines(campaign, eligibility=eligibility, plan=plan)
    assert verify(campaign, plan, order) == ()
    reference = solve_by_highs(build_problem(campaign, eligibility))
    assert (reference is None) == (answer.status in {Status.INFEASIBLE, Status.NOT_ASKED})
    if reference is None:
        assert not len(campaign.faces)
        return
    assert answer.gap <= 0.02
    assert answer.objective <= reference.bound + 1e-9 * max(1.0, abs(reference.bound))
    if keeps(answer.quota, reference.postings):  # the bound is one of these allocations
        assert reference.objective <= answer.bound + 1e-9 * max(1.0, abs(answer.bound))
    assert {s.subject for s in answer.shortfalls if s.wanted} >= _short(campaign, answer)


def keeps(quota: Mapping[str, int], postings: tuple[Posting, ...]) -> bool:
    """Return whether every agent has as many postings as the certificate supposes."""
    counts = Counter(posting.agent_id for posting in postings)
    return all(counts[agent_id] >= least for agent_id, least in quota.items())


def _short(campaign: Campaign, answer: Allocation) -> set[str]:
    """Return the agents who have fewer postings than is wanted."""
    wanted = campaign.matching.min_faces
    return {agent.agent_id for agent in answer.agents if agent.postings < wanted}


# --- What a change of the inputs may change ------------------------------------------------------


@pytest.fixture(scope="module")
def campaign() -> Campaign:
    return everything_on(1.0, seed=8)


@pytest.fixture(scope="module")
def answer(campaign: Campaign) -> Allocation:
    return solved(campaign)


def test_other_ids_in_the_same_order_are_the_only_change(
    campaign: Campaign, answer: Allocation
) -> None:
    faces = replace(
        campaign.faces,
        face_id=np.array([f"{CHANGED}-{i}" for i in campaign.faces.face_id], dtype=object),
    )
    people = tuple(replace(a, agent_id=f"{CHANGED}-{a.agent_id}") for a in campaign.agents)
    kept = tuple(
        Lock(f"{CHANGED}-{k.face_id}", k.period, k.agent_id and f"{CHANGED}-{k.agent_id}")
        for k in campaign.locks
    )
    other = solved(replace(campaign, faces=faces, agents=people, locks=kept))
    renamed = tuple(
        Posting(p.period, f"{CHANGED}-{p.face_id}", f"{CHANGED}-{p.agent_id}")
        for p in answer.postings
    )
    assert other.postings == renamed
    assert (other.objective, other.bound) == (answer.objective, answer.bound)


@pytest.mark.parametrize("where", [(-5.0, -5.0), (6.0, 6.0)], ids=["outside", "excluded"])
def test_a_face_that_nobody_may_use_changes_nothing(
    campaign: Campaign, answer: Allocation, where: tuple[float, float]
) -> None:
    more = faces_at([where], periods=3, contacts=[9e6], price_cents=[1])
    last = replace(more, face_id=np.array(["zz"], dtype=object))
    other = solved(replace(campaign, faces=appended(campaign.faces, last)))
    assert other.postings == answer.postings
    assert other.objective == answer.objective
    assert set(other.idle) - set(answer.idle) == {"zz"}


def test_a_face_that_is_worth_nothing_is_left_alone(campaign: Campaign, answer: Allocation) -> None:
    """It costs more than the whole budget."""
    budget = campaign.matching.budget_cents
    assert budget is not None
    dear = faces_at([(30.0, 9.0)], periods=3, contacts=[9e6], price_cents=[budget + 1])
    last = replace(dear, face_id=np.array(["zz"], dtype=object))
    other = solved(replace(campaign, faces=appended(campaign.faces, last)))
    assert "zz" in other.idle
    assert other.gap <= 0.02
    assert {p.face_id for p in other.postings} <= set(campaign.faces.face_id)
    assert len(answer.postings) > 0


def appended(faces: Faces, more: Faces) -> Faces:
    """Return faces and more faces, whose ids come last."""
    return Faces(
        **{
            each.name: np.concatenate([getattr(faces, each.name), getattr(more, each.name)])
            for each in fields(Faces)
            if len(getattr(faces, each.name)) == len(faces)
        }
    )


def test_twice_the_prices_and_twice_the_budget_change_nothing(
    campaign: Campaign, answer: Allocation
) -> None:
    budget = campaign.matching.budget_cents
    assert budget is not None
    faces = replace(campaign.faces, price_cents=2 * campaign.faces.price_cents)
    rules = replace(campaign.matching, budget_cents=2 * budget)
    other = solved(replace(campaign, faces=faces, matching=rules))
    assert other.postings == answer.postings
    assert other.cost_cents == 2 * answer.cost_cents


@pytest.mark.parametrize("scale", [2.0, 0.25, 1000.0])
def test_contacts_in_another_unit_change_no_certificate(
    campaign: Campaign, answer: Allocation, scale: float
) -> None:
    faces = replace(campaign.faces, contacts=scale * campaign.faces.contacts)
    other = solved(replace(campaign, faces=faces))
    assert other.objective <= answer.bound + 1e-9
    assert answer.objective <= other.bound + 1e-9
    assert other.gap <= 0.02
    if scale != 1000.0:  # a power of two: not a digit changes
        assert other.postings == answer.postings
