"""Targeting against plain loops over generated trees of zones."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import Point, box

from geo.model import Agent, Campaign, Zone
from geo.targeting import target
from tests.builders import CORNER_X, CORNER_Y, faces_at, tiny_campaign

LEVELS = ("departement", "secteur", "territoire")


@st.composite
def campaigns(draw: st.DrawFn) -> Campaign:
    """Return a grid of zones cut at random kilometres, and faces, many of them on the cuts."""
    cuts = sorted(draw(st.sets(st.integers(1, 39), min_size=1, max_size=3)))
    middle = draw(st.sampled_from(cuts))
    zones = [zone("dep", LEVELS[0], None, 0, 40)]
    zones += [zone("s0", LEVELS[1], "dep", 0, middle), zone("s1", LEVELS[1], "dep", middle, 40)]
    names = draw(st.permutations([f"t{i}" for i in range(len(cuts) + 1)]))
    for name, (west, east) in zip(names, pairwise([0, *cuts, 40]), strict=True):
        zones.append(zone(name, LEVELS[2], "s0" if east <= middle else "s1", west, east))
    zones.sort(key=lambda z: z.zone_id)
    across = st.one_of(st.sampled_from([0, *cuts, 40]), st.integers(-2, 42))
    places = draw(st.lists(st.tuples(across, st.integers(-1, 41)), max_size=8))
    ids = st.sampled_from([z.zone_id for z in zones])
    agents = [
        Agent(f"A{i}", f"P{i}", "", tuple(sorted(draw(st.sets(ids, min_size=1, max_size=3)))))
        for i in range(draw(st.integers(0, 3)))
    ]
    faces = faces_at([(float(x), float(y)) for x, y in places])
    return tiny_campaign(zones=tuple(zones), faces=faces, agents=tuple(agents), maisons=())


def zone(zone_id: str, level: str, parent: str | None, west: float, east: float) -> Zone:
    area = box(CORNER_X + west * 1000, CORNER_Y, CORNER_X + east * 1000, CORNER_Y + 40_000)
    return Zone(zone_id, zone_id, level, parent, None, area)


def chain_of(campaign: Campaign, point: Point) -> list[str]:
    """Return the ids of the zones of a point, from its finest zone up, by plain loops."""
    by_id = {z.zone_id: z for z in campaign.zones}
    for level in reversed(LEVELS):
        held = sorted(
            z.zone_id for z in campaign.zones if z.level == level and z.area.intersects(point)
        )
        if held:
            chain, current = [], by_id[held[0]]
            while True:
                chain.append(current.zone_id)
                if current.parent_id is None:
                    return chain
                current = by_id[current.parent_id]
    return []


@settings(max_examples=60, deadline=None)
@given(campaigns())
def test_zones_and_pairs_are_those_of_plain_loops(campaign: Campaign) -> None:
    found = target(campaign)
    pairs = []
    for face in range(len(campaign.faces)):
        point = Point(campaign.faces.x[face], campaign.faces.y[face])
        chain = chain_of(campaign, point)
        row = [campaign.zones[z].zone_id for z in found.face_zone[face].tolist() if z >= 0]
        assert row == chain[::-1]
        pairs += [(face, a) for a, ag in enumerate(campaign.agents) if set(ag.zones) & set(chain)]
    assert list(zip(found.edge_face.tolist(), found.edge_agent.tolist(), strict=True)) == pairs
