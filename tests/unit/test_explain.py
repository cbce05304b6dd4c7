"""Why a plan is as it is, on campaigns so small that every number is worked out by hand."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from functools import cache
from typing import Any

import numpy as np
import pytest
from shapely import box

from geo import matching
from geo.errors import PlanFolderError, UnknownNameError
from geo.matching.explained.explain import (
    FaceStory,
    Standing,
    explain_agent,
    explain_face,
    explain_plan,
    standing_of,
)
from geo.matching.explained.idle import idle_reason, idle_reasons
from geo.matching.explained.limits import Limit, explain_margin
from geo.matching.explained.offers import Offer, PeriodStory, Why
from geo.matching.explained.standing import Bar, utility_step
from geo.matching.explained.unused import Unused
from geo.matching.explained.words import Context, agent_lines, face_lines, plan_lines
from geo.matching.utility import utility
from geo.model import Agent, Campaign, Exclusion, Lock, MatchingRules, Periods
from geo.plan import Allocation, Posting, Status
from geo.targeting import target
from tests.builders import CORNER_X, CORNER_Y, faces_at, lnglat_at, tiny_campaign
from tests.honest_plan import rich_campaign


def agents_in(*zones: str, **changes: Any) -> tuple[Agent, ...]:
    """Return agents A1, A2 … who work in one zone each, everywhere equally relevant."""
    return tuple(
        replace(Agent(f"A{i}", f"P{i}", "agent des routes", (zone,)), **changes)
        for i, zone in enumerate(zones, start=1)
    )


def small_campaign(
    places_km: Sequence[tuple[float, float]],
    *zones: str,
    periods: int = 1,
    rules: MatchingRules | None = None,
    inventory: dict[str, Any] | None = None,
    **changes: Any,
) -> Campaign:
    """Return a campaign of agents who work in `zones` and faces at these places; ρ is 1."""
    return tiny_campaign(
        periods=Periods(date(2017, 10, 17), periods, 7),
        faces=faces_at(places_km, periods=periods, **(inventory or {})),
        tour=None,
        matching=rules or MatchingRules(min_faces=0, distance_km=0, fairness=1, spacing_m=500),
        **{"agents": agents_in(*zones), **changes},
    )


def allocation_of(*postings: Posting, **changes: Any) -> Allocation:
    """Return an allocation of these postings; only what explanations read of it is right."""
    given: dict[str, Any] = {
        "status": Status.FEASIBLE,
        "objective": 1.0,
        "bound": 1.0,
        "exposure": 0.5,
        "exposure_bound": 0.5,
        "gap": 0.0,
        "cost_cents": 0,
        "postings": postings,
        "agents": (),
    }
    return Allocation(**given | changes)


def stand(campaign: Campaign, *postings: Posting, **changes: Any) -> Standing:
    problem = matching.build_problem(campaign, target(campaign))
    return standing_of(problem, allocation_of(*postings, **changes))


def only_period(story: FaceStory) -> PeriodStory:
    (period,) = story.periods
    return period


def offer_of(period: PeriodStory, agent_id: str) -> Offer:
    return next(offer for offer in period.offers if offer.agent_id == agent_id)


def words_of(campaign: Campaign, story: FaceStory, standing: Standing) -> str:
    context = Context(campaign, standing.allocation, target(campaign).excluded)
    return "\n".join(face_lines(story, context)).replace("\N{NO-BREAK SPACE}", " ")


TWO = ((2.0, 2.0), (8.0, 8.0))  # far apart, in t1


def two_faces(**changes: Any) -> Campaign:
    """Two agents in t1 and two faces: 1,000 contacts and 600, so that each target is 800."""
    return small_campaign(TWO, "t1", "t1", inventory={"contacts": [1000.0, 600.0]}, **changes)


# Postings


def test_the_worth_of_a_portrait_is_what_having_the_posting_adds() -> None:
    standing = stand(two_faces(), Posting(1, "f0", "A1"), Posting(1, "f1", "A2"))
    assert standing.target.tolist() == [800.0, 800.0]
    period = only_period(explain_face(standing, "f0"))
    winner, rival = period.offers
    assert (period.agent_id, period.why) == ("A1", Why.POSTED)
    assert (winner.agent_id, rival.agent_id) == ("A1", "A2")
    # A1 goes from 0 to 1.25 with it; A2, who has 0.75 from the other face, would have 2.
    assert winner.worth == pytest.approx(math.log(1.35 / 0.1))
    assert rival.worth == pytest.approx(math.log(2.1 / 0.85))
    assert rival.behind == pytest.approx(1 - math.log(2.1 / 0.85) / math.log(13.5))
    assert rival.bar is Bar.NONE
    assert (winner.exposure, winner.relevance) == (1000.0, 1.0)


def test_a_worth_is_money_at_the_price_of_the_budget() -> None:
    rules = MatchingRules(200_000, min_faces=0, distance_km=0, fairness=1)
    postings = Posting(1, "f0", "A1"), Posting(1, "f1", "A2")
    standing = stand(two_faces(rules=rules), *postings, cent_price=0.0001)
    period = only_period(explain_face(standing, "f0"))
    winner, rival = period.offers
    worth_cents, rival_cents = math.log(13.5) / 0.0001, math.log(2.1 / 0.85) / 0.0001
    assert winner.worth_cents == pytest.approx(worth_cents)
    assert rival.behind_cents == pytest.approx(worth_cents - rival_cents)
    assert period.over_cents == pytest.approx(10_000 - worth_cents)
    text = words_of(two_faces(rules=rules), explain_face(standing, "f0"), standing)
    assert "le portrait y vaut 260,27 € pour 100 €" in text  # ln(13.5) = 2.60269
    assert "y vaudrait 169,82 € (65,2 %) de moins" in text


def test_without_a_budget_a_rival_falls_short_in_percent() -> None:
    standing = stand(two_faces(), Posting(1, "f0", "A1"), Posting(1, "f1", "A2"))
    story = explain_face(standing, "f0")
    text = words_of(two_faces(), story, standing)
    assert "A2 (agent des routes) : y vaudrait 65,2 % de moins" in text
    assert "€ pour" not in text
    assert only_period(story).over_cents is None


def test_a_posting_that_a_rival_would_be_worth_more_on_says_so() -> None:
    standing = stand(two_faces(), Posting(1, "f0", "A1"), Posting(1, "f1", "A1"), gap=0.02)
    story = explain_face(standing, "f0")
    assert only_period(story).why is Why.OUTBID
    assert only_period(story).offers[1].behind is not None
    text = words_of(two_faces(), story, standing)
    assert "à 2,00 % au plus du meilleur plan possible" in text
    assert "de plus" in text


def test_a_posting_that_the_agent_needs_for_the_minimum_says_so() -> None:
    rules = MatchingRules(min_faces=2, distance_km=0, fairness=1)
    campaign = two_faces(rules=rules)
    postings = Posting(1, "f0", "A1"), Posting(1, "f1", "A1")
    standing = stand(campaign, *postings, quota={"A1": 2, "A2": 0})
    story = explain_face(standing, "f0")
    assert only_period(story).why is Why.MINIMUM
    assert "nécessaire à ses 2 affichages voulus" in words_of(campaign, story, standing)


def test_a_lock_comes_before_any_worth() -> None:
    campaign = two_faces(locks=(Lock("f0", 1, "A1"),))
    standing = stand(campaign, Posting(1, "f0", "A1"))
    story = explain_face(standing, "f0")
    assert only_period(story).why is Why.LOCK
    assert only_period(story).offers[1].bar is Bar.LOCK
    assert "par décision d’un verrou" in words_of(campaign, story, standing)


def test_a_rival_too_close_is_told_with_the_face_and_the_metres() -> None:
    campaign = small_campaign([(2.0, 2.0), (2.32, 2.0)], "t1", "t1")
    standing = stand(campaign, Posting(1, "f0", "A1"), Posting(1, "f1", "A2"))
    story = explain_face(standing, "f0")
    rival = only_period(story).offers[1]
    assert (rival.agent_id, rival.bar, rival.beside) == ("A2", Bar.SPACING, ("f1",))
    text = words_of(campaign, story, standing)
    assert "A2 (agent des routes) : déjà à 320 m sur la face f1" in text


def test_a_rival_who_was_on_the_face_before_is_told_with_the_periods() -> None:
    campaign = small_campaign([(2.0, 2.0)], "t1", "t1", periods=2)
    standing = stand(campaign, Posting(1, "f0", "A1"), Posting(2, "f0", "A2"))
    story = explain_face(standing, "f0")
    first, second = story.periods
    assert offer_of(first, "A2").bar is Bar.ROTATION
    assert (offer_of(first, "A2").periods, offer_of(second, "A1").periods) == ((2,), (1,))
    assert "A2 (agent des routes) : déjà sur cette face dans la vague 2" in words_of(
        campaign, story, standing
    )


def test_a_rival_whose_consent_has_ended_is_told_with_the_date() -> None:
    one, two = agents_in("t1", "t1")
    ended = replace(two, consent_until=date(2017, 10, 20))
    never = replace(two, agent_id="A3", consent_media=frozenset({"presse"}))
    campaign = small_campaign([(2.0, 2.0)], agents=(one, ended, never))
    standing = stand(campaign, Posting(1, "f0", "A1"))
    story = explain_face(standing, "f0")
    assert [offer.bar for offer in only_period(story).rivals] == [Bar.CONSENT, Bar.CONSENT]
    text = words_of(campaign, story, standing)
    assert "A2 (agent des routes) : consentement valable jusqu’au 20/10/2017" in text
    assert "A3 (agent des routes) : sans consentement à l’affichage" in text


def test_who_is_alone_in_a_zone_has_no_rivals() -> None:
    campaign = small_campaign([(2.0, 2.0)], "t1", "t2")
    standing = stand(campaign, Posting(1, "f0", "A1"))
    story = explain_face(standing, "f0")
    assert only_period(story).rivals == ()
    assert "aucun autre agent ne travaille là" in words_of(campaign, story, standing)


@pytest.mark.parametrize("fairness", [0.0, 0.5, 1.0, 3.0, 8.0])
@pytest.mark.parametrize("seed", range(2))
def test_the_runner_up_is_chosen_where_the_winner_is_taken_out(fairness: float, seed: int) -> None:
    random = np.random.default_rng(seed)
    agents = tuple(
        replace(agent, workplace=lnglat_at(*random.uniform(0, 20, 2)))
        for agent in agents_in("t1", "t1", "sud", "dep", "t2")
    )
    rules = MatchingRules(min_faces=0, distance_km=8, fairness=fairness)
    campaign = small_campaign([(9.0, 9.0)], agents=agents, rules=rules)
    problem = matching.build_problem(campaign, target(campaign))
    standing = standing_of(problem, matching.solve(problem))
    period = only_period(explain_face(standing, "f0"))
    left = tuple(agent for agent in agents if agent.agent_id != period.agent_id)
    without = replace(campaign, agents=left)
    (posting,) = matching.solve(matching.build_problem(without, target(without))).postings
    assert posting.agent_id == period.rivals[0].agent_id


# Empty faces


def spot(x_km: float, y_km: float) -> Exclusion:
    """Return an exclusion of 100 m around a point."""
    x, y = CORNER_X + 1000 * x_km, CORNER_Y + 1000 * y_km
    return Exclusion("abords d’un monument", box(x - 100, y - 100, x + 100, y + 100))


BUDGETED = MatchingRules(200_000, min_faces=0, distance_km=0, fairness=1, spacing_m=500)

EMPTY: dict[Why, tuple[Campaign, tuple[Posting, ...], dict[str, Any], str]] = {
    Why.EXCLUDED: (
        two_faces(exclusions=(spot(2.0, 2.0),)),
        (),
        {},
        "dans un secteur interdit (« abords d’un monument »)",
    ),
    Why.UNAVAILABLE: (
        small_campaign(TWO, "t1", inventory={"available": [[False], [True]]}),
        (),
        {},
        "pas à vendre",
    ),
    Why.CLOSED: (
        two_faces(sequences={"t1": frozenset[int]()}),
        (),
        {},
        "vague fermée à cette zone",
    ),
    Why.NOBODY_HERE: (small_campaign(TWO, "t2"), (), {}, "aucun agent ne travaille"),
    Why.NO_CONSENT: (
        small_campaign(TWO, agents=agents_in("t1", consent_media=frozenset[str]())),
        (),
        {},
        "faute de consentement (A1 : sans consentement à l’affichage)",
    ),
    Why.LOCKED_EMPTY: (
        two_faces(locks=(Lock("f0", 1, None),)),
        (),
        {},
        "laissée libre par un verrou",
    ),
    Why.SPACING: (
        small_campaign([(2.0, 2.0), (2.3, 2.0)], "t1"),
        (Posting(1, "f1", "A1"),),
        {},
        "déjà à 300 m sur la face f1",
    ),
    Why.PRICE: (
        two_faces(rules=BUDGETED),
        (Posting(1, "f1", "A1"),),
        {"cent_price": 0.001},
        # ln(13.5) / 0.001 = 2602.69 cents, for A2 who has nothing
        "coûte 73,97 € de plus qu’elle ne vaut : au mieux 26,03 €, pour A2",
    ),
    Why.BUDGET: (
        two_faces(rules=replace(BUDGETED, budget_cents=15_000)),
        (Posting(1, "f1", "A1"),),
        {"cent_price": 0.0001},
        # The budget buys 1,000 + 300 contacts: ln(1 + 1000 / 650 / 0.1) = 2.79634.
        "vaut 179,63 € de plus que son prix, mais il ne reste que 50 € du budget",
    ),
}


@pytest.mark.parametrize("why", EMPTY)
def test_an_empty_face_tells_its_reason_and_its_details(why: Why) -> None:
    campaign, postings, changes, said = EMPTY[why]
    standing = stand(campaign, *postings, **changes)
    story = explain_face(standing, "f0")
    assert (only_period(story).why, only_period(story).agent_id) == (why, None)
    assert said in words_of(campaign, story, standing)


def test_a_face_used_as_long_as_allowed_stays_empty_by_rotation() -> None:
    campaign = small_campaign([(2.0, 2.0)], "t1", periods=3)
    standing = stand(campaign, Posting(2, "f0", "A1"))
    story = explain_face(standing, "f0")
    assert [period.why for period in story.periods] == [Why.ROTATION, Why.POSTED, Why.ROTATION]
    text = words_of(campaign, story, standing)
    assert "Vagues 1 et 3 : libre" in text
    assert "son portrait est déjà sur cette face dans la vague 2" in text


def test_the_reason_of_a_face_is_that_of_the_period_nearest_to_carrying_something() -> None:
    rules = replace(BUDGETED, budget_cents=15_000)
    campaign = small_campaign([(2.0, 2.0), (2.3, 2.0)], "t1", periods=2, rules=rules)
    standing = stand(campaign, Posting(1, "f1", "A1"), cent_price=0.000_001)
    story = explain_face(standing, "f0")
    assert [period.why for period in story.periods] == [Why.SPACING, Why.BUDGET]
    assert dict(idle_reasons(standing)) == {0: Unused.BUDGET}


def rich_with(**rules: Any) -> Campaign:
    return rich_campaign(matching=replace(rich_campaign().matching, **rules))


SOLVED = {
    "tiny": tiny_campaign(),
    "rich": rich_campaign(),
    "most contacts": rich_with(fairness=0.0),
    "without a budget": rich_with(budget_cents=None),
    "two periods on a face": rich_with(max_periods_per_face=2),
    "a budget of 300 euros": rich_with(budget_cents=30_000, min_faces=0),
}


@cache
def solved(name: str, *, locked: bool = True) -> Standing:
    """Return how things stand in the plan of one of these campaigns, with its locks or without."""
    campaign = SOLVED[name] if locked else replace(SOLVED[name], locks=())
    problem = matching.build_problem(campaign, target(campaign))
    return standing_of(problem, matching.solve(problem))


@pytest.mark.parametrize("name", SOLVED)
def test_what_is_worked_out_again_agrees_with_the_plan(name: str) -> None:
    standing = solved(name)
    allocation = standing.allocation
    assert standing.cost_cents == allocation.cost_cents
    for a, agent in enumerate(allocation.agents):
        assert standing.ratio[a] == pytest.approx(agent.ratio)
        assert standing.postings[a] == agent.postings


@pytest.mark.parametrize("name", SOLVED)
def test_the_reasons_of_all_empty_faces_are_those_of_each(name: str) -> None:
    standing = solved(name)
    reasons = idle_reasons(standing)
    for face, face_id in enumerate(standing.problem.face_ids):
        whys = {period.why for period in explain_face(standing, face_id).periods}
        assert idle_reason(whys) == reasons.get(face)
    assert {standing.problem.face_ids[face] for face in reasons} == set(standing.allocation.idle)


@pytest.mark.parametrize("name", SOLVED)
def test_without_locks_the_reasons_are_those_of_the_plan(name: str) -> None:
    standing = solved(name, locked=False)
    reasons = {standing.problem.face_ids[f]: why for f, why in idle_reasons(standing).items()}
    assert reasons == dict(standing.allocation.idle)


@pytest.mark.parametrize("name", SOLVED)
def test_every_face_and_agent_of_a_solved_plan_can_be_put_into_words(name: str) -> None:
    standing = solved(name)
    campaign, problem = SOLVED[name], standing.problem
    context = Context(campaign, standing.allocation, target(campaign).excluded)
    zones = ["" for _ in problem.face_ids]
    whole = explain_plan(standing)
    limits = {agent_id: each.limit for each in whole.bound for agent_id in each.agent_ids}
    lines = plan_lines(whole, context)
    for face_id in problem.face_ids:
        lines += face_lines(explain_face(standing, face_id), context)
    for agent_id in problem.agent_ids:
        story = explain_agent(standing, agent_id, face_zones=zones)
        assert story.binds is limits[agent_id]
        lines += agent_lines(story, explain_margin(standing), context)
    for line in lines:
        assert not any(word in line for word in ("nan", "None", "inf ", " :", " ;", "--"))
    assert "Rose Exemple" not in "\n".join(lines)  # the private name of an agent


# Agents


def test_an_agent_is_told_what_it_has_where_and_when() -> None:
    campaign = small_campaign([(2.0, 2.0), (8.0, 8.0), (2.0, 12.0)], "t1", periods=2)
    postings = Posting(1, "f0", "A1"), Posting(1, "f1", "A1"), Posting(2, "f2", "A1")
    story = explain_agent(stand(campaign, *postings), "A1", face_zones=("Nord", "Sud", "Nord"))
    assert story.postings == 3
    assert (story.exposure, story.target, story.ratio) == (3000.0, 6000.0, 0.5)
    assert (story.contacts, story.cost_cents) == (3000.0, 30_000)
    assert [(zone.zone, zone.faces) for zone in story.zones] == [("Nord", (1, 1)), ("Sud", (1, 0))]
    # The other period of each of the three faces, where the portrait has been long enough.
    (held,) = story.held
    assert (held.limit, held.places, held.exposure) == (Limit.ROTATION, 3, 3000.0)


def test_an_agent_who_has_everything_is_limited_by_what_is_for_sale() -> None:
    campaign = small_campaign(TWO, "t1")
    standing = stand(campaign, Posting(1, "f0", "A1"), Posting(1, "f1", "A1"))
    story = explain_agent(standing, "A1", face_zones=("", ""))
    assert (story.binds, story.held, story.extra) == (Limit.NOTHING_LEFT, (), None)


def test_each_place_that_an_agent_does_not_have_is_held_by_one_limit() -> None:
    places = [(2.0, 2.0), (2.3, 2.0), (8.0, 8.0), (9.0, 2.0), (2.0, 9.0), (12.0, 12.0)]
    campaign = small_campaign(
        places,
        "t1",
        "t1",
        rules=BUDGETED,
        locks=(Lock("f4", 1, None),),
        inventory={"contacts": [1000.0, 900.0, 800.0, 700.0, 600.0, 0.0]},
    )
    standing = stand(campaign, Posting(1, "f0", "A1"), Posting(1, "f3", "A2"), cent_price=0.001)
    story = explain_agent(standing, "A1", face_zones=[""] * 6)
    assert {held.limit: (held.places, held.exposure) for held in story.held} == {
        Limit.SPACING: (1, 900.0),
        Limit.BUDGET: (1, 800.0),
        Limit.OTHERS: (1, 700.0),
        Limit.LOCKS: (1, 600.0),
        Limit.WORTHLESS: (1, 0.0),
    }
    assert story.binds is Limit.SPACING


def test_more_money_for_one_agent_buys_the_best_value_first_and_keeps_the_rules() -> None:
    places = [(2.0, 2.0), (2.3, 2.0), (8.0, 8.0), (9.0, 2.0)]
    inventory = {
        "contacts": [1000.0, 900.0, 800.0, 700.0],
        "price_cents": [40_000, 30_000, 50_000, 90_000],
    }
    rules = replace(BUDGETED, budget_cents=1_000_000)
    campaign = small_campaign(places, "t1", rules=rules, inventory=inventory)
    standing = stand(campaign, cent_price=0.001)
    story = explain_agent(standing, "A1", face_zones=[""] * 4)
    # f1 first (0.030 contacts a cent), which closes f0; then f2; f3 does not fit any more.
    assert story.extra is not None
    assert (story.extra.spent_cents, story.extra.postings) == (80_000, 2)
    assert story.extra.ratio == pytest.approx(1700 / standing.target[0])


def test_the_margin_of_the_budget_is_worked_out_from_the_price_of_a_cent() -> None:
    # Two agents, α = 0: the equivalent exposure is the objective over the sum of the shares.
    rules = replace(BUDGETED, fairness=0.0)
    standing = stand(two_faces(rules=rules), objective=1.0, exposure=0.5, cent_price=0.000_002)
    margin = explain_margin(standing)
    assert margin is not None
    assert margin.exposure == pytest.approx(0.1)  # 100,000 cents × 0.000002 / 2
    assert margin.contacts == pytest.approx(160.0)  # × 800 + 800 contacts of target
    assert explain_margin(stand(two_faces())) is None


def test_a_summary_names_who_is_bound_by_what() -> None:
    campaign = small_campaign(TWO, "t1", "t2", rules=BUDGETED)
    standing = stand(campaign, Posting(1, "f0", "A1"), cent_price=0.001)
    story = explain_plan(standing)
    assert [(each.limit, each.agent_ids) for each in story.bound] == [
        (Limit.NOTHING_LEFT, ("A2",)),
        (Limit.BUDGET, ("A1",)),
    ]
    assert [(idle.reason, idle.faces) for idle in story.idle] == [(Unused.PRICE, 1)]
    assert story.cents_left == 190_000


# What cannot be explained


def test_an_unknown_face_or_agent_is_refused_by_name() -> None:
    standing = stand(two_faces())
    with pytest.raises(UnknownNameError, match="F99"):
        explain_face(standing, "F99")
    with pytest.raises(UnknownNameError, match="A99"):
        explain_agent(standing, "A99", face_zones=("", ""))


@pytest.mark.parametrize(
    "posting",
    [
        Posting(1, "f9", "A1"),
        Posting(1, "f0", "A9"),
        Posting(2, "f0", "A1"),
        Posting(0, "f0", "A1"),
        Posting(1, "f0", "A3"),
    ],
)
def test_a_plan_of_another_campaign_is_refused(posting: Posting) -> None:
    campaign = small_campaign(TWO, "t1", "t1", "t2")
    with pytest.raises(PlanFolderError, match=f"sur la face {posting.face_id}"):
        stand(campaign, posting)


@pytest.mark.parametrize("fairness", [0.0, 0.5, 1.0, 2.0, 3.0, 8.0])
def test_a_step_of_utility_is_a_difference_of_utilities(fairness: float) -> None:
    ratio, step = np.array([0.0, 0.2, 1.5]), np.array([0.3, 0.01, 1e-3])
    difference = utility(ratio + step, fairness) - utility(ratio, fairness)
    assert utility_step(ratio, step, fairness) == pytest.approx(difference, rel=1e-5)
