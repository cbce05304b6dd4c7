"""What `verify` leaves alone, how it answers, and that every rule of it is exercised."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from shapely import box

from geo.model import Campaign, MatchingRules, Zone
from geo.plan import Posting
from geo.verify import Rule, Violation, verify
from tests.builders import CORNER_X, CORNER_Y, faces_at, tiny_campaign
from tests.honest_plan import POSTINGS, Case, honest_case, rich_campaign
from tests.unit import test_verify_matching, test_verify_order, test_verify_tour


def findings(case: Case) -> set[Rule]:
    return {v.rule for v in verify(case.campaign, case.plan, case.order)}


def test_a_correct_plan_has_no_violation() -> None:
    case = honest_case()
    assert verify(case.campaign, case.plan, case.order) == ()


def test_every_rule_is_broken_by_some_test() -> None:
    tables = (test_verify_matching.BREAKS, test_verify_order.BREAKS, test_verify_tour.BREAKS)
    exercised = {rule for table in tables for _, rules in table.values() for rule in rules}
    assert exercised | {Rule.CHANGED_INPUT} == set(Rule)


def test_an_input_that_changed_is_told() -> None:
    case = honest_case()
    found = verify(case.campaign, case.plan, case.order, changed_inputs=["agents.csv"])
    assert [(v.rule, v.subject) for v in found] == [(Rule.CHANGED_INPUT, "agents.csv")]
    assert "agents.csv a changé" in found[0].message


def test_violations_are_sorted_sentences_with_their_values() -> None:
    case = honest_case(postings=(*POSTINGS, Posting(1, "f60", "A1"), Posting(1, "f01", "A1")))
    found = verify(case.campaign, case.plan, case.order)
    assert list(found) == sorted(found)
    assert found[0] == Violation(
        Rule.OUTSIDE_ZONE,
        "f60",
        "Face f60, vague 1, agent A1\u00a0: la face n’est dans aucune des zones où l’agent "
        "travaille (t1), mais dans dep, nord, t4.",
    )
    assert found[1].message == (
        "Faces f00 et f01, vague 1\u00a0: le portrait P1 est deux fois à 5000\u00a0m de distance, "
        "au lieu de 6000\u00a0m au moins."
    )


def test_the_order_of_the_inputs_does_not_matter() -> None:
    case = honest_case(postings=(*POSTINGS, Posting(1, "f60", "A1"), Posting(1, "f01", "A1")))
    campaign = replace(
        case.campaign, zones=case.campaign.zones[::-1], agents=case.campaign.agents[::-1]
    )
    allocation = replace(case.plan.allocation, postings=case.plan.allocation.postings[::-1])
    plan = replace(case.plan, allocation=allocation)
    assert verify(campaign, plan, case.order) == verify(case.campaign, case.plan, case.order)


@pytest.mark.parametrize("fairness", [0.0, 0.5, 1.0, 1.000001, 3.0, 8.0, 20.0])
@pytest.mark.parametrize("budget_cents", [None, 120_000, 66_700])
def test_the_certificate_holds_for_any_fairness_and_budget(
    fairness: float, budget_cents: int | None
) -> None:
    rules = replace(rich_campaign().matching, fairness=fairness, budget_cents=budget_cents)
    case = honest_case(rich_campaign(matching=rules))
    assert findings(case) == set()


def test_faces_that_cost_nothing_are_all_within_the_budget() -> None:
    faces = rich_campaign().faces
    price_cents = np.where(np.arange(64) % 3 == 0, 0, faces.price_cents)
    case = honest_case(rich_campaign(faces=replace(faces, price_cents=price_cents)))
    assert findings(case) == set()


def test_without_a_known_workplace_every_face_is_as_good() -> None:
    agents = tuple(replace(a, workplace=None, maison_id=None) for a in rich_campaign().agents)
    case = honest_case(rich_campaign(agents=agents))
    assert findings(case) == set()
    assert [row.exposure for row in case.plan.allocation.agents] == [2020, 2120, 2660, 4370]


def test_where_nothing_can_be_had_all_is_zero() -> None:
    rules = MatchingRules(budget_cents=0, min_faces=0)
    case = honest_case(rich_campaign(matching=rules, locks=()), postings=())
    assert findings(case) == set()
    assert case.plan.allocation.gap == 0


def test_an_agent_without_a_share_has_no_target() -> None:
    first, *others = rich_campaign().agents
    case = honest_case(rich_campaign(agents=(replace(first, share=0.0), *others)))
    assert findings(case) == set()


def at_the_border(east_km: float, sequences: dict[str, frozenset[int]] | None = None) -> Campaign:
    """Return a campaign with one face near x = 20 km, where t1 ends and t2 begins."""
    return tiny_campaign(
        faces=faces_at([(east_km, 10.0)]),
        matching=MatchingRules(min_faces=0),
        sequences=sequences or {},
        tour=None,
    )


@pytest.mark.parametrize(
    ("east_km", "rules"),
    [(20.0, set()), (20.0009, set()), (20.0011, {Rule.OUTSIDE_ZONE})],
)
def test_a_face_is_in_a_zone_up_to_a_metre_away(east_km: float, rules: set[Rule]) -> None:
    case = honest_case(at_the_border(east_km), [Posting(1, "f0", "A1")])
    assert findings(case) == rules


def test_a_child_lies_in_its_parent_also_where_it_is_drawn_beyond_it() -> None:
    campaign = at_the_border(20.5)
    case = honest_case(campaign, [Posting(1, "f0", "A1")])
    village = Zone("c1", "C1", "commune", "t1", None, box(*at_km(19, 9), *at_km(21, 11)))
    assert findings(case) == {Rule.OUTSIDE_ZONE}
    found = findings(replace(case, campaign=replace(campaign, zones=(*campaign.zones, village))))
    assert Rule.OUTSIDE_ZONE not in found


def at_km(east_km: float, north_km: float) -> tuple[float, float]:
    return CORNER_X + east_km * 1000, CORNER_Y + north_km * 1000


@pytest.mark.parametrize(
    ("east_km", "rules"),
    [(19.9, {Rule.PERIOD_CLOSED}), (20.0, set()), (20.0009, set())],
)
def test_on_a_border_either_side_may_open_the_period(east_km: float, rules: set[Rule]) -> None:
    campaign = at_the_border(east_km, {"t1": frozenset({1}), "sud": frozenset({2})})
    assert findings(honest_case(campaign, [Posting(2, "f0", "A1")])) == rules


def test_the_nearest_sequence_decides() -> None:
    sequences = {"dep": frozenset({2}), "sud": frozenset({1}), "t3": frozenset({1, 2})}
    case = honest_case(rich_campaign(sequences={**sequences, "t4": frozenset({1})}))
    assert findings(case) == set()


@pytest.mark.parametrize(("period", "rules"), [(1, {Rule.PERIOD_CLOSED}), (2, set())])
def test_zones_that_name_no_parent_are_nested_by_their_shapes(
    period: int, rules: set[Rule]
) -> None:
    campaign = at_the_border(19.9, {"sud": frozenset({2})})
    case = honest_case(campaign, [Posting(period, "f0", "A1")])
    zones = tuple(replace(zone, parent_id=None) for zone in campaign.zones)
    assert findings(replace(case, campaign=replace(campaign, zones=zones))) == rules


@pytest.mark.parametrize(
    ("apart_m", "rules"), [(500.0, set()), (499.995, set()), (499.98, {Rule.SPACING})]
)
def test_faces_are_too_close_by_more_than_a_centimetre(apart_m: float, rules: set[Rule]) -> None:
    campaign = tiny_campaign(
        faces=faces_at([(10.0, 10.0), (10.0 + apart_m / 1000, 10.0)]),
        matching=MatchingRules(min_faces=0),
        tour=None,
    )
    assert (
        findings(honest_case(campaign, [Posting(1, "f0", "A1"), Posting(1, "f1", "A1")])) == rules
    )


@pytest.mark.parametrize(("spacing_m", "rules"), [(0.0, set()), (1.0, {Rule.SPACING})])
def test_two_faces_of_one_panel_are_too_close_unless_no_distance_is_asked(
    spacing_m: float, rules: set[Rule]
) -> None:
    campaign = tiny_campaign(
        faces=faces_at([(10.0, 10.0), (10.0, 10.0)]),
        matching=MatchingRules(min_faces=0, spacing_m=spacing_m),
        tour=None,
    )
    assert (
        findings(honest_case(campaign, [Posting(1, "f0", "A1"), Posting(1, "f1", "A1")])) == rules
    )


def test_a_region_of_postings_is_checked_as_a_whole() -> None:
    side = 60
    grid = [(0.2 + 0.66 * (i % side), 0.2 + 0.66 * (i // side)) for i in range(side**2)]
    campaign = tiny_campaign(
        faces=faces_at(grid, periods=4),
        matching=MatchingRules(spacing_m=650.0, min_faces=2, max_periods_per_face=4),
        tour=None,
    )
    campaign = replace(campaign, periods=replace(campaign.periods, count=4))
    east, north = campaign.faces.x - CORNER_X, campaign.faces.y - CORNER_Y
    agent = 1 + (east > 20_000) + 2 * (north > 20_000)
    postings = [
        Posting(period, str(face_id), f"A{agent[i]}")
        for i, face_id in enumerate(campaign.faces.face_id)
        for period in (1, 2)
    ]
    case = honest_case(tiny_campaign(), postings=())
    allocation = replace(case.plan.allocation, postings=tuple(postings))
    found = verify(campaign, replace(case.plan, allocation=allocation), ())
    assert {v.rule for v in found} >= {Rule.ORDER_MISSING_LINE, Rule.COST, Rule.OBJECTIVE}
    assert not {v.rule for v in found} & {Rule.OUTSIDE_ZONE, Rule.SPACING, Rule.ROTATION}
