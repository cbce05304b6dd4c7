"""The smallest set of inputs that causes a shortfall: nothing missing from it, nothing too much."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from shapely import box

from geo import matching
from geo.matching.explained.causes import Cause, explain_shortfalls, minimal
from geo.matching.explained.face_words import Context
from geo.matching.explained.words import shortfall_lines
from geo.model import Agent, Campaign, Exclusion, Lock, MatchingRules, Periods
from geo.plan import Allocation, Shortfall, Status
from geo.targeting import target
from tests.builders import CORNER_X, CORNER_Y, faces_at, tiny_campaign

FAR = ((2.0, 2.0), (8.0, 8.0), (2.0, 12.0))  # three faces of t1, far from each other
RULES = MatchingRules(min_faces=3, distance_km=0, fairness=1, spacing_m=500)


def agent(number: int, zone: str = "t1", **changes: Any) -> Agent:
    return replace(Agent(f"A{number}", f"P{number}", "agent des routes", (zone,)), **changes)


def campaign_of(*agents: Agent, places: Any = FAR, periods: int = 1, **changes: Any) -> Campaign:
    inventory = changes.pop("inventory", {})
    return tiny_campaign(
        **{
            "agents": agents or (agent(1),),
            "periods": Periods(date(2017, 10, 17), periods, 7),
            "faces": faces_at(places, periods=periods, **inventory),
            "tour": None,
            "matching": RULES,
        }
        | changes
    )


def causes_of(campaign: Campaign, agent_id: str = "A1") -> dict[Cause, tuple[str, ...]]:
    """Return the values of each cause of the shortfall of one agent, in the plan as solved."""
    problem = matching.build_problem(campaign, target(campaign))
    allocation = matching.solve(problem)
    (story,) = [
        story
        for story in explain_shortfalls(problem, allocation)
        if story.shortfall.subject == agent_id
    ]
    found: dict[Cause, tuple[str, ...]] = {}
    for each in story.inputs:
        found[each.name] = (*found.get(each.name, ()), each.value)
    return found


def asked(faces: int) -> dict[Cause, tuple[str, ...]]:
    return {Cause.MIN_FACES: ("3",), Cause.FACES: (str(faces),)}


def spot(x_km: float, y_km: float) -> Exclusion:
    x, y = CORNER_X + 1000 * x_km, CORNER_Y + 1000 * y_km
    return Exclusion("abords", box(x - 100, y - 100, x + 100, y + 100))


def test_too_few_faces_are_a_cause_of_their_own() -> None:
    assert causes_of(campaign_of(places=FAR[:2])) == asked(2)


def test_where_the_agent_has_no_face_at_all_nothing_else_is_to_blame() -> None:
    assert causes_of(campaign_of(agent(1, "t4"))) == asked(0)


def test_who_gave_no_consent_is_short_whatever_the_inventory() -> None:
    campaign = campaign_of(agent(1, consent_media=frozenset({"presse"})))
    assert causes_of(campaign) == {Cause.CONSENT: ("",), Cause.MIN_FACES: ("3",)}
    nowhere = campaign_of(agent(1, "t4", consent_media=frozenset({"presse"})))
    assert causes_of(nowhere) == {Cause.CONSENT: ("",), Cause.MIN_FACES: ("3",)}


def test_a_consent_that_ends_is_told_with_the_periods_it_covers() -> None:
    campaign = campaign_of(
        agent(1, consent_until=date(2017, 10, 25)),
        places=FAR[:2],
        periods=3,
        matching=replace(RULES, max_periods_per_face=3),
    )
    assert causes_of(campaign) == {Cause.CONSENT: ("1",), **asked(2)}


def test_rotation_is_a_cause_where_more_periods_would_do() -> None:
    assert causes_of(campaign_of(places=FAR[:2], periods=2)) == {
        Cause.ROTATION: ("1",),
        **asked(2),
    }


def test_what_is_not_for_sale_is_a_cause_with_how_much_of_it() -> None:
    campaign = campaign_of(inventory={"available": [[True], [False], [True]]})
    assert causes_of(campaign) == {Cause.AVAILABLE: ("1",), **asked(3)}


def test_a_sequence_is_a_cause_where_it_closes_the_zone() -> None:
    campaign = campaign_of(sequences={"t1": frozenset[int]()})
    assert causes_of(campaign) == {Cause.SEQUENCES: ("3",), **asked(3)}


def test_an_exclusion_is_a_cause_where_it_holds_a_face() -> None:
    assert causes_of(campaign_of(exclusions=(spot(2.0, 2.0),))) == {
        Cause.EXCLUSIONS: ("1",),
        **asked(3),
    }


def test_two_causes_that_each_take_a_face_are_blamed_one_at_a_time() -> None:
    """Without either, the agent is still short by the other: one is enough, and is told."""
    campaign = campaign_of(
        inventory={"available": [[True], [False], [True]]}, exclusions=(spot(2.0, 2.0),)
    )
    assert causes_of(campaign) == {Cause.AVAILABLE: ("1",), **asked(3)}


def test_two_causes_that_only_together_take_too_much_are_both_blamed() -> None:
    campaign = campaign_of(
        places=(*FAR, (12.0, 12.0)),
        inventory={"available": [[True], [False], [True], [True]]},
        exclusions=(spot(2.0, 2.0),),
    )
    assert causes_of(campaign) == {
        Cause.AVAILABLE: ("1",),
        Cause.EXCLUSIONS: ("1",),
        **asked(4),
    }


def test_a_lock_is_named_by_its_face_its_period_and_whom_it_is_for() -> None:
    free = campaign_of(locks=(Lock("f1", 1, None),))
    assert causes_of(free) == {Cause.LOCK: ("f1, 1",), **asked(3)}
    taken = campaign_of(agent(1), agent(2), locks=(Lock("f1", 1, "A2"),))
    assert causes_of(taken) == {Cause.LOCK: ("f1, 1, A2",), **asked(3)}


def test_a_lock_of_another_agent_is_a_cause_where_its_price_is_missing() -> None:
    """200 € are left of 300 €, for three faces of 100 €; without lock or budget there is enough."""
    campaign = campaign_of(
        agent(1),
        agent(2, "t4"),
        places=(*FAR, (30.0, 30.0)),
        matching=replace(RULES, budget_cents=30_000),
        locks=(Lock("f3", 1, "A2"),),
    )
    assert causes_of(campaign) == {
        Cause.LOCK: ("f3, 1, A2",),
        Cause.BUDGET: ("300",),
        **asked(3),
    }


def test_only_the_locks_that_matter_are_blamed() -> None:
    places = (*FAR, (12.0, 12.0), (30.0, 30.0))
    locks = (Lock("f1", 1, None), Lock("f2", 1, None), Lock("f4", 1, None))
    assert causes_of(campaign_of(places=places, locks=locks)) == {
        Cause.LOCK: ("f1, 1", "f2, 1"),
        **asked(4),
    }


def test_spacing_is_a_cause_where_the_faces_stand_together() -> None:
    campaign = campaign_of(places=((2.0, 2.0), (2.1, 2.0), (8.0, 8.0)))
    assert causes_of(campaign) == {Cause.SPACING: ("500",), **asked(3)}


def test_the_budget_is_a_cause_where_it_does_not_pay_for_all() -> None:
    campaign = campaign_of(matching=replace(RULES, budget_cents=25_050))
    assert causes_of(campaign) == {Cause.BUDGET: ("250.5",), **asked(3)}


def test_spacing_and_budget_together_are_both_blamed() -> None:
    """Three of the four faces can be bought, and three are apart, but those are too dear."""
    campaign = campaign_of(
        places=((2.0, 2.0), (2.1, 2.0), (8.0, 8.0), (12.0, 12.0)),
        inventory={"price_cents": [10_000, 10_000, 10_000, 50_000]},
        matching=replace(RULES, budget_cents=40_000),
    )
    assert causes_of(campaign) == {
        Cause.SPACING: ("500",),
        Cause.BUDGET: ("400",),
        **asked(4),
    }


def test_only_those_of_the_other_agents_who_need_the_same_faces_are_named() -> None:
    campaign = campaign_of(
        agent(1), agent(2), agent(3, "t4"), places=(*FAR, (30.0, 30.0), (34.0, 34.0), (38.0, 38.0))
    )
    problem = matching.build_problem(campaign, target(campaign))
    short = {s.subject for s in matching.solve(problem).shortfalls}
    assert short <= {"A1", "A2"}
    assert short
    for agent_id in sorted(short):
        (other,) = {"A1", "A2"} - {agent_id}
        assert causes_of(campaign, agent_id) == {Cause.OTHERS: (other,), **asked(3)}


def test_what_the_search_only_missed_is_blamed_on_nothing() -> None:
    campaign = campaign_of()
    problem = matching.build_problem(campaign, target(campaign))
    missed = Shortfall("competition", "A1", "A1 a deux affichages.", wanted=3, got=2)
    allocation = replace(matching.solve(problem), shortfalls=(missed,))
    (story,) = explain_shortfalls(problem, allocation)
    assert story.inputs == ()


# Locks that cannot hold


LOCKED: dict[str, tuple[Campaign, set[tuple[Cause, str]]]] = {
    "lock-unknown": (campaign_of(locks=(Lock("f9", 1, "A1"),)), {(Cause.LOCK, "f9, 1, A1")}),
    "lock-not-eligible": (
        campaign_of(agent(1, "t4"), locks=(Lock("f0", 1, "A1"),)),
        {(Cause.LOCK, "f0, 1, A1")},
    ),
    "lock-not-open": (
        campaign_of(exclusions=(spot(2.0, 2.0),), locks=(Lock("f0", 1, "A1"),)),
        {(Cause.LOCK, "f0, 1, A1"), (Cause.EXCLUSIONS, "1")},
    ),
    "lock-twice": (
        campaign_of(agent(1), agent(2), locks=(Lock("f0", 1, "A1"), Lock("f0", 1, "A2"))),
        {(Cause.LOCK, "f0, 1, A1"), (Cause.LOCK, "f0, 1, A2")},
    ),
    "lock-rotation": (
        campaign_of(periods=3, locks=tuple(Lock("f0", t, "A1") for t in (1, 2, 3))),
        {(Cause.LOCK, "f0, 1, A1"), (Cause.LOCK, "f0, 2, A1"), (Cause.ROTATION, "1")},
    ),
    "lock-spacing": (
        campaign_of(
            places=((2.0, 2.0), (2.1, 2.0), (8.0, 8.0)),
            locks=tuple(Lock(f"f{i}", 1, "A1") for i in range(3)),
        ),
        {(Cause.LOCK, "f0, 1, A1"), (Cause.LOCK, "f1, 1, A1"), (Cause.SPACING, "500")},
    ),
    "lock-budget": (
        campaign_of(
            matching=replace(RULES, budget_cents=15_000),
            locks=tuple(Lock(f"f{i}", 1, "A1") for i in range(3)),
        ),
        {(Cause.LOCK, "f0, 1, A1"), (Cause.LOCK, "f1, 1, A1"), (Cause.BUDGET, "150")},
    ),
}


@pytest.mark.parametrize("code", LOCKED)
def test_locks_that_cannot_hold_are_told_with_the_rule_that_they_break(code: str) -> None:
    campaign, expected = LOCKED[code]
    problem = matching.build_problem(campaign, target(campaign))
    allocation = matching.solve(problem)
    assert allocation.status is Status.INFEASIBLE
    (story,) = explain_shortfalls(problem, allocation)
    assert story.shortfall.code == code
    assert {(each.name, each.value) for each in story.inputs} == expected


# Words


def words_of(campaign: Campaign) -> str:
    eligibility = target(campaign)
    problem = matching.build_problem(campaign, eligibility)
    allocation = matching.solve(problem)
    context = Context(campaign, allocation, eligibility.excluded)
    lines = [
        line
        for story in explain_shortfalls(problem, allocation)
        for line in shortfall_lines(story, context)
    ]
    return "\n".join(lines).replace("\N{NO-BREAK SPACE}", " ")


def test_each_cause_is_told_by_the_name_that_it_has_in_the_campaign() -> None:
    text = words_of(campaign_of(matching=replace(RULES, budget_cents=25_050)))
    assert "aucune n’étant de trop" in text
    assert "budget_eur = 250.5" in text
    assert "min_faces = 3" in text
    assert "les faces de l’inventaire dans ses zones : 3" in text


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"sequences": {"t1": frozenset[int]()}}, "les séquences (créneaux fermés : 3)"),
        ({"exclusions": (spot(2.0, 2.0),)}, "les interdits (faces concernées : 1)"),
        ({"locks": (Lock("f1", 1, None),)}, "le verrou de la face f1, vague 1 (laissée libre)"),
        (
            {"inventory": {"available": [[True], [False], [True]]}},
            "les disponibilités de l’inventaire (créneaux pas à vendre : 1)",
        ),
        (
            {"agents": (agent(1, consent_media=frozenset[str]()),)},
            "le consentement de A1 (sans consentement à l’affichage, aucune vague couverte)",
        ),
    ],
)
def test_a_cause_is_told_with_its_value(changes: dict[str, Any], said: str) -> None:
    assert said in words_of(campaign_of(**changes))


def test_a_shortfall_without_a_proof_says_so() -> None:
    campaign = campaign_of()
    problem = matching.build_problem(campaign, target(campaign))
    missed = Shortfall("competition", "A1", "A1 a deux affichages.", wanted=3, got=2)
    allocation: Allocation = replace(matching.solve(problem), shortfalls=(missed,))
    (story,) = explain_shortfalls(problem, allocation)
    context = Context(campaign, allocation, target(campaign).excluded)
    assert "Aucun ensemble de données n’est prouvé" in shortfall_lines(story, context)[1]


# The minimal set itself


@given(st.lists(st.sets(st.integers(0, 7), min_size=1, max_size=4), min_size=1, max_size=4))
def test_a_minimal_conflict_is_one_and_loses_it_with_each_item(cores: list[set[int]]) -> None:
    def conflict(items: tuple[int, ...]) -> bool:
        return any(core <= set(items) for core in cores)

    found = minimal(tuple(range(8)), conflict)
    assert conflict(found)
    for item in found:
        assert not conflict(tuple(other for other in found if other != item))


@given(st.integers(0, 5))
def test_a_conflict_without_any_item_needs_none(n: int) -> None:
    assert minimal(tuple(range(n)), lambda _: True) == ()


@given(st.sets(st.integers(0, 5), min_size=1))
def test_the_one_conflict_that_there_is_is_found(core: set[int]) -> None:
    found = minimal(tuple(range(6)), lambda items: core <= set(items))
    assert set(found) == core
