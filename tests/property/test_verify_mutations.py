"""Postings changed at random are found wrong exactly where the rules, said one by one, say so."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import replace
from itertools import combinations

from hypothesis import given, settings
from hypothesis import strategies as st

from geo.model import Campaign, Lock
from geo.plan import Posting
from geo.verify import Rule, verify
from tests.honest_plan import POSTINGS, honest_allocation, honest_case, may_carry, rich_campaign

CLEAN = honest_case()

POSTING_RULES = {
    Rule.UNKNOWN_FACE,
    Rule.UNKNOWN_AGENT,
    Rule.UNKNOWN_PERIOD,
    Rule.DUPLICATE_POSTING,
    Rule.FACE_SHARED,
    Rule.OUTSIDE_ZONE,
    Rule.PERIOD_CLOSED,
    Rule.CONSENT_MEDIUM,
    Rule.CONSENT_EXPIRED,
    Rule.FACE_UNAVAILABLE,
    Rule.FACE_EXCLUDED,
    Rule.OVER_BUDGET,
    Rule.SPACING,
    Rule.ROTATION,
    Rule.LOCK_NOT_KEPT,
    Rule.LOCKED_FREE,
}

BY_ITSELF = {
    Rule.OUTSIDE_ZONE,
    Rule.PERIOD_CLOSED,
    Rule.CONSENT_MEDIUM,
    Rule.CONSENT_EXPIRED,
    Rule.FACE_UNAVAILABLE,
    Rule.FACE_EXCLUDED,
}

posting = st.builds(
    Posting,
    period=st.integers(0, 3),
    face_id=st.integers(0, 64).map(lambda i: f"f{i:02}"),  # f64 does not exist
    agent_id=st.sampled_from(["A1", "A2", "A3", "A4", "A5"]),  # neither does A5
)
likely_posting = st.builds(
    Posting,
    period=st.just(1),
    face_id=st.sampled_from([f"f{i:02}" for i in (0, 1, 2, 8, 9, 32, 33, 41, 49, 57, 63)]),
    agent_id=st.sampled_from(["A1", "A2", "A3"]),
)


def index_of(p: Posting) -> int:
    return int(p.face_id[1:])


def exists(p: Posting) -> bool:
    return index_of(p) < 64 and p.agent_id != "A5" and p.period in (1, 2)


def stands_alone(campaign: Campaign, p: Posting) -> bool:
    agent = next(a for a in campaign.agents if a.agent_id == p.agent_id)
    return may_carry(campaign, agent, index_of(p), p.period)


def too_close(campaign: Campaign, one: Posting, other: Posting) -> bool:
    if one.face_id == other.face_id:
        return False
    x, y = campaign.faces.x, campaign.faces.y
    i, j = index_of(one), index_of(other)
    same = (one.agent_id, one.period) == (other.agent_id, other.period)
    return same and math.dist((x[i], y[i]), (x[j], y[j])) < campaign.matching.spacing_m


def naive(campaign: Campaign, postings: list[Posting]) -> set[Rule | str]:
    """Return the rules that are broken, one plain statement each."""
    known = [p for p in postings if exists(p)]
    slots = {(p.face_id, p.period, p.agent_id) for p in postings}
    stays = Counter((face_id, agent_id) for face_id, _, agent_id in {*slots} if index_in(face_id))
    prices = campaign.faces.price_cents
    cost = sum(int(prices[index_of(p)]) for p in postings if index_of(p) < 64)
    locks = campaign.locks
    broken: dict[Rule | str, bool] = {
        Rule.UNKNOWN_FACE: any(index_of(p) >= 64 for p in postings),
        Rule.UNKNOWN_AGENT: any(p.agent_id == "A5" for p in postings),
        Rule.UNKNOWN_PERIOD: any(p.period not in (1, 2) for p in postings),
        Rule.DUPLICATE_POSTING: len(slots) < len(postings),
        Rule.FACE_SHARED: len({(f, t) for f, t, _ in slots}) < len(slots),
        "by itself": any(not stands_alone(campaign, p) for p in known),
        Rule.OVER_BUDGET: cost > (campaign.matching.budget_cents or 0),
        Rule.SPACING: any(too_close(campaign, p, q) for p, q in combinations(known, 2)),
        Rule.ROTATION: any(
            len({t for f, t, a in slots if (f, a) == stay and t in (1, 2)}) > 1
            for stay in stays
            if stay[1] != "A5"
        ),
        Rule.LOCK_NOT_KEPT: any(
            k.agent_id and (k.face_id, k.period, k.agent_id) not in slots for k in locks
        ),
        Rule.LOCKED_FREE: any(
            k.agent_id is None and (k.face_id, k.period) == (f, t)
            for k in locks
            for f, t, _ in slots
        ),
    }
    return {rule for rule, is_broken in broken.items() if is_broken}


def index_in(face_id: str) -> bool:
    return int(face_id[1:]) < 64


def found(campaign: Campaign, postings: list[Posting]) -> set[Rule | str]:
    plan = replace(CLEAN.plan, allocation=replace(CLEAN.plan.allocation, postings=tuple(postings)))
    rules = {v.rule for v in verify(campaign, plan, ())} & POSTING_RULES
    return {"by itself" if rule in BY_ITSELF else rule for rule in rules}


@settings(max_examples=80, deadline=None)
@given(
    removed=st.sets(st.sampled_from(POSTINGS), max_size=3),
    added=st.lists(posting | likely_posting, max_size=3),
    locks=st.sets(
        st.sampled_from([Lock("f61", 1, "A4"), Lock("f63", 1, None), Lock("f01", 1, "A1")])
    ),
    budget_cents=st.sampled_from([60_000, 70_000, 200_000]),
)
def test_changed_postings_are_found_wrong_iff_a_rule_says_so(
    removed: set[Posting], added: list[Posting], locks: set[Lock], budget_cents: int
) -> None:
    matching = replace(rich_campaign().matching, budget_cents=budget_cents)
    ordered = tuple(sorted(locks, key=lambda lock: lock.face_id))
    campaign = rich_campaign(locks=ordered, matching=matching)
    postings = [p for p in POSTINGS if p not in removed] + added
    assert found(campaign, postings) == naive(campaign, postings)


@settings(max_examples=40, deadline=None)
@given(
    fairness=st.sampled_from([0.0, 0.3, 1.0, 2.0, 3.0, 6.0]),
    distance_km=st.sampled_from([0.0, 1.0, 8.0, 100.0]),
    kept=st.sets(st.sampled_from(POSTINGS)),
    worse=st.floats(1.0, 1.5),
)
def test_an_honest_certificate_is_never_doubted(
    fairness: float, distance_km: float, kept: set[Posting], worse: float
) -> None:
    rules = replace(
        rich_campaign().matching, fairness=fairness, distance_km=distance_km, min_faces=0
    )
    campaign = rich_campaign(matching=rules, locks=())
    sure = honest_allocation(campaign, kept)
    allocation = honest_allocation(campaign, kept, bound=sure.objective * worse)
    plan = replace(CLEAN.plan, allocation=allocation)
    rules_found = {v.rule for v in verify(campaign, plan, ())}
    assert rules_found <= {Rule.ORDER_MISSING_LINE}
