"""The short answer for all postings is the long one for each."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from geo import matching
from geo.matching.explained.explain import explain_face, standing_of
from geo.matching.explained.glance import WHYS, Glances, glance
from geo.matching.explained.standing import Bar, Standing
from geo.model import Campaign, Lock, MatchingRules
from geo.targeting import target
from tests.builders import tiny_campaign


def standing_in(campaign: Campaign) -> Standing:
    problem = matching.build_problem(campaign, target(campaign))
    return standing_of(problem, matching.solve(problem))


def crowded() -> Campaign:
    """Everybody works everywhere, money is short, one face is locked and faces are close."""
    base = tiny_campaign(matching=MatchingRules(budget_cents=150_000, min_faces=3, spacing_m=6000))
    agents = tuple(replace(agent, zones=("dep",)) for agent in base.agents)
    contacts = np.round(np.random.default_rng(4).lognormal(7, 1, len(base.faces)))
    return replace(
        base,
        agents=agents,
        faces=replace(base.faces, contacts=contacts),
        locks=(Lock("f07", 1, "A4"),),
    )


def assert_agrees(standing: Standing, glances: Glances) -> None:
    problem = standing.problem
    assert len(glances.face) == len(standing.allocation.postings) > 5
    for i, face in enumerate(glances.face):
        story = explain_face(standing, problem.face_ids[face]).periods[glances.period[i] - 1]
        assert story.agent_id == problem.agent_ids[glances.agent[i]]
        assert story.why is WHYS[glances.why[i]]
        own = story.offers[0].worth_cents
        assert own is None or math.isclose(own, glances.worth_cents[i])
        assert len(story.rivals) == glances.rivals[i]
        if not story.rivals:
            assert glances.rival[i] == -1
            continue
        first = story.rivals[0]
        assert first.agent_id == problem.agent_ids[glances.rival[i]]
        assert first.bar is Bar(glances.rival_bar[i])
        assert first.behind is not None
        assert math.isclose(first.behind, glances.behind[i], abs_tol=1e-12)


def test_a_glance_at_every_posting_agrees_with_the_explanation_of_its_face() -> None:
    standing = standing_in(crowded())
    glances = glance(standing)
    assert_agrees(standing, glances)
    assert len({int(why) for why in glances.why}) > 1
    assert len({int(bar) for bar in glances.rival_bar}) > 1


def test_without_a_budget_nothing_is_worth_money() -> None:
    base = tiny_campaign(matching=MatchingRules(budget_cents=None, min_faces=2))
    standing = standing_in(base)
    glances = glance(standing)
    assert_agrees(standing, glances)
    assert np.isnan(glances.worth_cents).all()
    assert (glances.rival == -1).all()
