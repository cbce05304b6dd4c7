from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np
import pytest
from shapely import box

from geo.model import Agent, Campaign, Exclusion, MatchingRules, Zone
from geo.targeting import Eligibility, target
from geo.zones import build_tree
from tests.builders import CORNER_X, CORNER_Y, faces_at, lnglat_at, square_zones, tiny_campaign


def area(west: float, south: float, east: float, north: float) -> Any:
    metres = [1000 * km for km in (west, south, east, north)]
    return box(
        CORNER_X + metres[0], CORNER_Y + metres[1], CORNER_X + metres[2], CORNER_Y + metres[3]
    )


def agent(agent_id: str, *zones: str, **more: Any) -> Agent:
    return Agent(agent_id, f"P-{agent_id}", "agent des routes", zones, **more)


def zone_ids(campaign: Campaign, found: Eligibility, face: int) -> list[str | None]:
    row = found.face_zone[face].tolist()
    return [campaign.zones[z].zone_id if z >= 0 else None for z in row]


def pairs(campaign: Campaign, found: Eligibility) -> list[tuple[str, str]]:
    return [
        (str(campaign.faces.face_id[f]), campaign.agents[a].agent_id)
        for f, a in zip(found.edge_face.tolist(), found.edge_agent.tolist(), strict=True)
    ]


def test_a_face_gets_its_zone_at_every_level_from_coarse_to_fine() -> None:
    campaign = tiny_campaign(faces=faces_at([(5, 5), (35, 35)]))
    found = target(campaign)
    assert found.levels == ("departement", "secteur", "territoire")
    assert zone_ids(campaign, found, 0) == ["dep", "sud", "t1"]
    assert zone_ids(campaign, found, 1) == ["dep", "nord", "t4"]


def test_a_face_on_a_border_belongs_to_the_zone_that_sorts_first_and_to_its_parents() -> None:
    campaign = tiny_campaign(faces=faces_at([(20, 20), (20, 30), (10, 20), (0, 0)]))
    found = target(campaign)
    assert zone_ids(campaign, found, 0) == ["dep", "sud", "t1"]
    assert zone_ids(campaign, found, 1) == ["dep", "nord", "t3"]
    assert zone_ids(campaign, found, 2) == ["dep", "sud", "t1"]
    assert zone_ids(campaign, found, 3) == ["dep", "sud", "t1"]


def test_a_face_outside_all_zones_is_eligible_for_nobody() -> None:
    campaign = tiny_campaign(faces=faces_at([(50, 50)]), agents=(agent("A", "dep"),))
    found = target(campaign)
    assert zone_ids(campaign, found, 0) == [None, None, None]
    assert pairs(campaign, found) == []


@pytest.mark.parametrize("zone_id", ["dep", "sud", "t2"])
def test_an_agent_is_eligible_wherever_a_zone_of_the_agent_holds_the_face(zone_id: str) -> None:
    campaign = tiny_campaign(
        faces=faces_at([(30, 10), (30, 30)]), agents=(agent("A", zone_id, "nowhere"),)
    )
    expected = [("f0", "A")] if zone_id != "dep" else [("f0", "A"), ("f1", "A")]
    assert pairs(campaign, target(campaign)) == expected


def test_a_child_lies_in_its_parent_even_where_its_polygon_does_not() -> None:
    zones = (*square_zones(), Zone("t9", "T9", "territoire", "sud", 1, area(50, 0, 60, 10)))
    campaign = tiny_campaign(
        zones=zones, faces=faces_at([(55, 5)]), agents=(agent("A", "sud"), agent("B", "nord"))
    )
    assert pairs(campaign, target(campaign)) == [("f0", "A")]


def test_pairs_are_sorted_by_face_then_agent_and_never_repeated() -> None:
    campaign = tiny_campaign(agents=(agent("A", "dep", "sud", "t1"), agent("B", "t1")))
    found = target(campaign)
    order = np.lexsort((found.edge_agent, found.edge_face))
    assert (order == np.arange(len(order))).all()
    assert len(set(pairs(campaign, found))) == len(order)


def test_a_level_that_the_parents_leave_open_is_decided_by_geometry() -> None:
    orphan = Zone("c1", "C1", "commune", None, 1, area(1, 1, 3, 3))
    known = Zone("c2", "C2", "commune", "t2", 1, area(25, 5, 30, 10))
    campaign = tiny_campaign(
        zones=(orphan, known, *square_zones()),
        faces=faces_at([(2, 2), (27, 7)]),
        agents=(agent("A", "sud"),),
    )
    found = target(campaign)
    assert found.levels[-1] == "commune"
    assert zone_ids(campaign, found, 0) == ["dep", "sud", "t1", "c1"]
    assert zone_ids(campaign, found, 1) == ["dep", "sud", "t2", "c2"]
    assert pairs(campaign, found) == [("f0", "A"), ("f1", "A")]


def test_levels_keep_their_order_in_a_ragged_tree() -> None:
    shape = area(0, 0, 1, 1)
    tree = build_tree(
        (
            Zone("dep", "", "departement", None, None, shape),
            Zone("ville", "", "commune", "dep", None, shape),
            Zone("quartier", "", "quartier", "ville", None, shape),
            Zone("secteur", "", "secteur", "dep", None, shape),
            Zone("territoire", "", "territoire", "secteur", None, shape),
            Zone("village", "", "commune", "territoire", None, shape),
        )
    )
    assert tree.levels == ("departement", "secteur", "territoire", "commune", "quartier")


def test_levels_that_mix_are_ordered_by_their_deepest_zone() -> None:
    shape = area(0, 0, 1, 1)
    tree = build_tree(
        (
            Zone("a", "", "x", None, None, shape),
            Zone("b", "", "y", "a", None, shape),
            Zone("c", "", "x", "b", None, shape),
        )
    )
    assert tree.levels == ("y", "x")


def test_of_two_zones_of_one_level_the_deeper_one_counts() -> None:
    zones = (
        Zone("a", "A", "zone", None, 1, area(0, 0, 40, 40)),
        Zone("b", "B", "zone", "a", 1, area(0, 0, 10, 10)),
    )
    campaign = tiny_campaign(
        zones=zones, faces=faces_at([(5, 5)]), agents=(agent("A", "a"), agent("B", "b"))
    )
    found = target(campaign)
    assert zone_ids(campaign, found, 0) == ["b"]
    assert pairs(campaign, found) == [("f0", "A"), ("f0", "B")]


def relevance_of(campaign: Campaign) -> float:
    return float(target(campaign).relevance[0])


def test_relevance_falls_with_the_distance_from_the_workplace() -> None:
    workplace = lnglat_at(1, 4)
    campaign = tiny_campaign(
        faces=faces_at([(4, 8)]), agents=(agent("A", "t1", workplace=workplace),)
    )
    assert relevance_of(campaign) == pytest.approx(np.exp(-5 / 8), rel=1e-6)
    everywhere = replace(campaign, matching=MatchingRules(distance_km=0))
    assert relevance_of(everywhere) == 1


def test_relevance_counts_from_the_maison_where_there_is_no_workplace() -> None:
    campaign = tiny_campaign(faces=faces_at([(10, 10)]), agents=(agent("A", "t1", maison_id="m1"),))
    assert relevance_of(campaign) == pytest.approx(1, abs=1e-6)
    unknown = replace(campaign, agents=(agent("A", "t1"),))
    assert relevance_of(unknown) == 1


def test_relevance_is_never_nothing() -> None:
    campaign = tiny_campaign(
        faces=faces_at([(1, 1)]),
        agents=(agent("A", "dep", workplace=lnglat_at(39, 39)),),
        matching=MatchingRules(distance_km=0.01),
    )
    assert 0 < relevance_of(campaign) < 1e-300


def test_the_nearest_sequence_up_the_tree_decides() -> None:
    campaign = tiny_campaign(
        faces=faces_at([(5, 5), (30, 5), (5, 30)]),
        sequences={"dep": frozenset({1, 2}), "sud": frozenset({2}), "t2": frozenset({1})},
    )
    assert target(campaign).open.tolist() == [[False, True], [True, False], [True, True]]


def test_a_sequence_opens_nothing_that_is_not_for_sale() -> None:
    campaign = tiny_campaign(
        faces=faces_at([(5, 5)], available=[[True, False]]),
        sequences={"t1": frozenset({2})},
    )
    assert target(campaign).open.tolist() == [[False, False]]


def test_no_face_inside_an_exclusion_or_on_its_boundary_is_open() -> None:
    campaign = tiny_campaign(
        faces=faces_at([(5, 5), (6, 5), (6.001, 5), (5.5, 5.5)]),
        exclusions=(
            Exclusion("abords d’un monument", area(4, 4, 6, 6)),
            Exclusion("réserve", area(5, 5, 6, 6)),
        ),
    )
    found = target(campaign)
    assert found.excluded.tolist() == [0, 0, -1, 0]
    assert found.open.any(axis=1).tolist() == [False, False, True, False]


@pytest.mark.parametrize(
    ("media", "until", "expected"),
    [
        (None, None, [True, True]),
        (frozenset({"affichage", "web"}), None, [True, True]),
        (frozenset({"tous"}), None, [True, True]),
        (frozenset({"exposition"}), None, [False, False]),
        (frozenset(), None, [False, False]),
        (None, date(2017, 10, 23), [True, False]),
        (None, date(2017, 10, 22), [False, False]),
        (frozenset({"affichage"}), date(2017, 10, 30), [True, True]),
    ],
)
def test_a_consent_covers_a_period_to_its_last_day(
    media: frozenset[str] | None, until: date | None, expected: list[bool]
) -> None:
    campaign = tiny_campaign(
        faces=faces_at([(5, 5)]),
        agents=(agent("A", "t1", consent_media=media, consent_until=until),),
    )
    found = target(campaign)
    assert found.edge_open.tolist() == [expected]
    assert found.open.all()


@pytest.mark.parametrize("missing", ["zones", "agents", "faces"])
def test_a_campaign_that_lacks_something_has_no_pairs(missing: str) -> None:
    nothing = faces_at([]) if missing == "faces" else ()
    campaign = tiny_campaign(**{missing: nothing})
    found = target(campaign)
    assert len(found.edge_face) == len(found.edge_agent) == len(found.relevance) == 0
    assert found.edge_open.shape == (0, 2)
    assert found.open.shape == (len(campaign.faces), 2)
