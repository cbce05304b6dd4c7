"""What the pages say: geometry, columns, words, colours."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, datetime, time
from html import unescape
from typing import Any
from unicodedata import normalize

import numpy as np
import pytest
import shapely

from geo import french
from geo.errors import UnknownNameError
from geo.model import Exclusion, Zone
from geo.targeting import target
from maps import render_by_zone, render_pages, render_zone_index
from maps.blocks import zones_block
from maps.columns import number_column, packed, text_column
from maps.geometry import drawn_shapes, encode_shape
from maps.palette import colour, shape
from maps.planner import (
    CLOSED,
    EXCLUDED,
    FREE,
    LOCKED,
    NO_CONSENT,
    NOBODY,
    NOT_FOR_SALE,
    POSTED,
    TOO_CLOSE,
    face_states,
    gap_sentence,
)
from maps.scene import Scene, fictitious_notice
from tests.browser.payloads import column_values, numbers_in, payload_of, unpacked
from tests.browser.plans import hand_made_plan, pages_of, with_zone_names
from tests.builders import CORNER_X, CORNER_Y, tiny_campaign


def scene_of(**changes: Any) -> Scene:
    campaign = tiny_campaign(**changes)
    return Scene.of(campaign, hand_made_plan(campaign), target(campaign))


def decode(text: str) -> list[tuple[int, int]]:
    """Return the points of an encoded polyline."""
    points = np.cumsum(np.array(numbers_in(text)).reshape(-1, 2), axis=0)
    return [(int(lat), int(lng)) for lat, lng in points]


def ragged_zones() -> tuple[Zone, ...]:
    """Two neighbours with a ragged common border, and the zone that they make up."""
    rng = np.random.default_rng(0)
    border = np.column_stack([20_000 + rng.normal(0, 3, 200), np.linspace(0, 40_000, 200)])
    border += (CORNER_X, CORNER_Y)
    west = [*border, (CORNER_X, CORNER_Y + 40_000), (CORNER_X, CORNER_Y)]
    east = [*border, (CORNER_X + 40_000, CORNER_Y + 40_000), (CORNER_X + 40_000, CORNER_Y)]
    areas = [shapely.Polygon(west), shapely.Polygon(east)]
    whole = shapely.union_all(areas)
    assert isinstance(whole, shapely.Polygon)
    return (
        Zone("all", "Tout", "secteur", None, None, whole),
        Zone("east", "Est", "commune", "all", None, areas[1]),
        Zone("west", "Ouest", "commune", "all", None, areas[0]),
    )


def test_neighbours_keep_one_border_when_they_are_simplified() -> None:
    zones = ragged_zones()
    shapes = drawn_shapes(zones, ("secteur", "commune"), crs=2154)
    before = shapely.get_num_coordinates([zone.area for zone in zones])
    assert (shapely.get_num_coordinates(shapes)[1:] < before[1:] / 3).all()
    assert shapely.coverage_is_valid(shapes[1:])
    assert shapely.equals(shapes[0], shapely.coverage_union_all(shapes[1:]))


def test_the_page_of_one_zone_keeps_more_of_its_outline() -> None:
    base = tiny_campaign()
    (whole,) = [zone for zone in base.zones if zone.zone_id == "t1"]
    west, south, east, north = whole.area.bounds
    ragged = [(west + 3 * (-1) ** i, south + 200.0 * i) for i in range(1, 100)]
    area = shapely.Polygon([(west, south), *ragged, (west, north), (east, north), (east, south)])
    zones = tuple(replace(zone, area=area) if zone is whole else zone for zone in base.zones)
    campaign = replace(base, zones=zones)
    plan, eligibility = hand_made_plan(campaign), target(campaign)
    pages = render_pages(campaign, plan, eligibility)
    of_one = render_by_zone(campaign, plan, eligibility, level="territoire")

    def points(html: str) -> int:
        block = payload_of(html)["zones"]
        return len(decode(block["shape"][block["name"].index("T1")][0][0]))

    assert points(pages["carte-elus.html"]) < 10
    assert points(of_one["carte-elus-t1.html"]) > 90


def test_the_page_of_a_zone_shows_only_the_periods_in_which_something_is_posted() -> None:
    base = tiny_campaign()
    open_always = replace(base.faces, available=np.ones((len(base.faces), 4), dtype=bool))
    campaign = replace(base, periods=replace(base.periods, count=4), faces=open_always)
    plan = hand_made_plan(campaign)
    north = {str(face) for face in campaign.faces.face_id[:32]}
    moved = [
        replace(p, period=2 if p.face_id in north else 3 + i % 2)
        for i, p in enumerate(plan.allocation.postings)
    ]
    plan = replace(plan, allocation=replace(plan.allocation, postings=tuple(sorted(moved))))
    pages = render_by_zone(campaign, plan, target(campaign), level="territoire")
    shown = {name: payload_of(html) for name, html in pages.items()}
    used = {name: {p["number"] for p in page["periods"]} for name, page in shown.items()}
    assert set.union(*used.values()) == {2, 3, 4}
    assert all(numbers <= {2} or numbers <= {3, 4} for numbers in used.values())
    for page in shown.values():
        assert set(unpacked(page["postings"]["period"])) == set(range(1, 1 + len(page["periods"])))
        days = [d for s in page["sections"] if s["kind"] == "calendar" for m in s["months"]
                for week in m["weeks"] for d in week if d]  # fmt: skip
        assert {d["p"] for d in days} - {0} <= {p["number"] for p in page["periods"]}
    whole = render_pages(campaign, plan, target(campaign))["carte-elus.html"]
    assert [p["number"] for p in payload_of(whole)["periods"]] == [1, 2, 3, 4]


def test_the_list_of_the_zones_says_what_stands_in_each_and_escapes_names() -> None:
    nasty = "</style><script>alert(1)</script>"
    campaign = with_zone_names(tiny_campaign(), {"t1": nasty})
    inputs = (campaign, hand_made_plan(campaign), target(campaign))
    html = render_zone_index(*inputs, level="territoire")
    pages = render_by_zone(*inputs, level="territoire")
    assert all(html.count(f'href="{name}"') == 2 for name in pages), "in the list and on the map"
    assert "<script" not in html
    assert "&lt;script&gt;alert(1)" in html
    assert "src=" not in html
    assert "http://" not in html.replace("http://www.w3.org", "")
    assert "default-src 'none'; style-src 'sha256-" in unescape(html)
    with pytest.raises(UnknownNameError):
        render_zone_index(*inputs, level="quartier")


def test_the_page_of_a_territoire_says_in_which_commune_the_exhibition_stands() -> None:
    """A Maison belongs to a territoire; a commune has it where it stands, posted there or not."""
    base = tiny_campaign()
    areas = {
        "c1": shapely.box(CORNER_X, CORNER_Y, CORNER_X + 20_000, CORNER_Y + 9_000),
        "c2": shapely.box(CORNER_X, CORNER_Y + 9_000, CORNER_X + 20_000, CORNER_Y + 11_000),
        "c3": shapely.box(CORNER_X, CORNER_Y + 11_000, CORNER_X + 20_000, CORNER_Y + 20_000),
    }
    communes = [Zone(i, i.upper(), "commune", "t1", None, area) for i, area in areas.items()]
    zones = tuple(sorted([*base.zones, *communes], key=lambda zone: zone.zone_id))
    campaign = replace(base, zones=zones)
    pages = render_by_zone(campaign, hand_made_plan(campaign), target(campaign), level="territoire")
    sections = payload_of(pages["carte-elus-t1.html"])["sections"]
    (table,) = [section for section in sections if section["title"] == "Par commune"]
    said = {row[0]: row[-1] for row in table["rows"]}
    assert normalize("NFKC", said["C2"]) == "Ville 1, mardi 17 octobre 2017"
    assert {said[name] for name in said if name != "C2"} == {"–"}


def test_a_zone_that_its_children_do_not_cover_keeps_its_own_shape() -> None:
    whole, east, _ = ragged_zones()
    shapes = drawn_shapes((whole, east), ("secteur", "commune"), crs=2154)
    assert shapely.area(shapes[0]) == pytest.approx(2 * shapely.area(shapes[1]), rel=0.05)


def test_a_shape_reads_back_to_a_metre() -> None:
    hole = shapely.box(5.2, 45.2, 5.3, 45.3)
    shape = shapely.box(5.0, 45.0, 6.0, 46.0).difference(hole)
    assert isinstance(shape, shapely.Polygon)
    (polygon,) = encode_shape(shape)
    rings = [decode(ring) for ring in polygon]
    assert [len(ring) for ring in rings] == [4, 4]
    assert set(rings[0]) == {
        (4_500_000, 500_000),
        (4_500_000, 600_000),
        (4_600_000, 500_000),
        (4_600_000, 600_000),
    }
    assert (4_530_000, 520_000) in rings[1]


def test_zones_keep_no_id() -> None:
    zones = replace(tiny_campaign().zones[3], zone_id="zqsecret")
    campaign = tiny_campaign()
    others = [z for z in campaign.zones if z.zone_id != "t1"]
    block = zones_block(scene_of(zones=tuple(sorted([*others, zones], key=lambda z: z.zone_id))))
    assert "zqsecret" not in json.dumps(block)
    assert block["levels"] == ["Département", "Secteur", "Territoire"]


def test_the_reader_chooses_among_zones_of_levels_that_divide() -> None:
    block = zones_block(scene_of())
    assert [block["name"][i] for i in block["filter"]] == ["NORD", "SUD"]


@pytest.mark.parametrize(
    "texts",
    [
        ["b", "a", "a", "", "b", "b"],
        ["b", "a"],
        ["F007", "F008", "F010"],
        ["F7", "F08"],
        ["F٧"],
        ["é1", "é2"],
        [],
    ],
)
def test_texts_read_back(texts: list[str]) -> None:
    assert column_values(text_column(texts)) == texts


def test_what_repeats_or_counts_becomes_short() -> None:
    assert text_column(["b", "a", "a", "a"]) == {"d": ["a", "b"], "i": "rA???"}
    assert text_column(["F007", "F008"]) == {"p": "F", "w": 3, "n": "rMO"}


@pytest.mark.parametrize(
    "values",
    [
        [],
        [0],
        [-1, -1, -1],
        [5, 7, 4, -(2**29), 2**29],
        list(range(1000)),
        [2, 2, 2, 3] * 40,
        [572_345, 572_346, -4_512_345],
    ],
)
def test_whole_numbers_read_back(values: list[int]) -> None:
    assert unpacked(packed(values)) == values


def test_runs_and_steps_are_shorter_than_the_numbers() -> None:
    assert len(packed([1_000_000] * 500)) < 10
    assert len(packed(list(range(5_000_000, 5_000_500)))) < 510


def test_numbers_read_back() -> None:
    assert column_values(number_column([1.0, 2.5, float("nan")])) == [1, 2.5, None]
    assert column_values(number_column([3, 70, 3, 3])) == [3, 70, 3, 3]
    assert column_values(number_column([3, 70_000])) == [3, 70_000]
    assert column_values(number_column([0, -1, 4, 2, 9])) == [0, -1, 4, 2, 9]


def test_french_is_written_as_it_should_be() -> None:
    assert french.number(1_234_567.891, 1) == "1\u202f234\u202f567,9"
    assert french.number(float("nan")) == "–"
    assert french.euros(123_450) == "1\u202f234,50\u00a0€"
    assert french.euros(9_000_000) == "90\u202f000\u00a0€"
    assert french.counted(0, "face", "faces") == "0\u00a0face"
    assert french.listed(["a", "b", "c"]) == "a, b et c"
    assert french.long_date(date(2017, 11, 1)) == "mercredi 1er\u00a0novembre 2017"
    assert french.span(date(2017, 10, 17), date(2017, 10, 23)) == "du 17 au 23\u00a0octobre 2017"
    between = french.span(date(2017, 10, 31), date(2017, 11, 6))
    assert between == "du 31\u00a0octobre au 6\u00a0novembre 2017"
    years = french.span(date(2017, 12, 26), date(2018, 1, 1))
    assert years == "du 26\u00a0décembre 2017 au 1er\u00a0janvier 2018"
    assert french.duration(3_900) == "1\u00a0h\u00a005"
    assert french.duration(3_590) == "1\u00a0h\u00a000"
    assert french.duration(125) == "2\u00a0min"
    eight = datetime.combine(date(2017, 10, 17), time(8, 5))
    assert french.moment(eight) == "mardi 17\u00a0octobre 2017 à 8\u00a0h\u00a005"


def test_a_white_number_stands_out_on_every_colour() -> None:
    def part(value: int) -> float:
        share = value / 255
        return share / 12.92 if share <= 0.03928 else ((share + 0.055) / 1.055) ** 2.4

    for rank in range(18):
        red, green, blue = (int(colour(rank)[i : i + 2], 16) for i in (1, 3, 5))
        light = 0.2126 * part(red) + 0.7152 * part(green) + 0.0722 * part(blue)
        assert 1.05 / (light + 0.05) >= 4.5, colour(rank)


def test_no_two_of_the_first_portraits_look_the_same() -> None:
    assert len({(colour(rank), shape(rank)) for rank in range(54)}) == 54
    assert all(shape(rank) != shape(rank + 1) for rank in range(17))


def test_an_unused_face_says_why() -> None:
    base = tiny_campaign()
    available = base.faces.available.copy()
    available[63] = False
    middle = shapely.Point(base.faces.x[61], base.faces.y[61])
    agents = tuple(agent for agent in base.agents if agent.agent_id != "A3")
    scene = scene_of(
        faces=replace(base.faces, available=available),
        exclusions=(Exclusion("École", middle.buffer(100)),),
        agents=agents,
    )
    states = face_states(scene)
    assert states[63] == NOT_FOR_SALE
    assert states[61] == EXCLUDED
    assert states[32] == NOBODY  # in t3, where nobody works any more
    assert states[27] == FREE
    assert (np.flatnonzero(states == POSTED) == np.unique(scene.face)).all()


def test_a_face_that_no_consent_or_no_sequence_opens_says_so() -> None:
    base = tiny_campaign()
    silent = replace(base.agents[0], consent_media=frozenset({"presse"}))
    scene = scene_of(agents=(silent, *base.agents[1:]), sequences={"t4": frozenset()})
    states = face_states(scene)
    assert states[27] == NO_CONSENT  # in t1, where only A1 works
    assert states[63] == CLOSED  # in t4, which is open in no period


def test_what_the_matching_says_of_an_idle_face_is_shown() -> None:
    scene = scene_of()
    allocation = replace(scene.plan.allocation, idle={"f27": "spacing", "f28": "locked-empty"})
    states = face_states(replace(scene, plan=replace(scene.plan, allocation=allocation)))
    assert (states[27], states[28], states[29]) == (TOO_CLOSE, LOCKED, FREE)


def test_the_gap_is_told_as_what_a_better_plan_could_gain() -> None:
    scene = scene_of()
    half = replace(scene.plan, allocation=replace(scene.plan.allocation, gap=0.5))
    assert "100,00\u00a0%" in gap_sentence(replace(scene, plan=half))
    none = replace(scene.plan, allocation=replace(scene.plan.allocation, gap=0.0))
    assert gap_sentence(replace(scene, plan=none)) == "C’est prouvé : aucun plan ne fait mieux."


def test_made_up_data_are_said_to_be() -> None:
    campaign = tiny_campaign()
    assert fictitious_notice(campaign) is not None
    operators = np.array(["Régie"] * len(campaign.faces), dtype=object)
    real = replace(campaign, faces=replace(campaign.faces, operator=operators))
    assert fictitious_notice(real) is None
    agent = replace(real.agents[0], job="Cuisinière (personnage Fictif)")
    assert fictitious_notice(replace(real, agents=(agent, *real.agents[1:]))) is not None


def test_a_portrait_has_the_same_number_on_all_pages() -> None:
    campaign = tiny_campaign()
    reversed_portraits = tuple(
        replace(agent, portrait_id=f"P{9 - i}") for i, agent in enumerate(campaign.agents)
    )
    pages = pages_of(replace(campaign, agents=reversed_portraits))
    marks = {
        name: [entry["mark"] for entry in payload_of(html)["series"]]
        for name, html in pages.items()
    }
    assert marks["carte-interne.html"] == ["4", "3", "2", "1"]
    assert marks["carte-regie.html"] == marks["carte-elus.html"] == ["1", "2", "3", "4"]


def test_two_agents_on_one_portrait_share_its_number() -> None:
    campaign = tiny_campaign()
    shared = tuple(replace(agent, portrait_id="P") for agent in campaign.agents)
    pages = pages_of(replace(campaign, agents=shared))
    series = payload_of(pages["carte-interne.html"])["series"]
    assert [entry["mark"] for entry in series] == ["1a", "1b", "1c", "1d"]
    assert len(payload_of(pages["carte-elus.html"])["series"]) == 1


def test_the_order_of_the_postings_does_not_reach_the_page() -> None:
    campaign = tiny_campaign()
    plan, eligibility = hand_made_plan(campaign), target(campaign)
    turned = replace(plan.allocation, postings=plan.allocation.postings[::-1])
    first = Scene.of(campaign, plan, eligibility)
    second = Scene.of(campaign, replace(plan, allocation=turned), eligibility)
    assert (first.face == second.face).all()
    assert (first.agent == second.agent).all()
