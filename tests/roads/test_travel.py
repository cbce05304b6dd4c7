from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pytest

from data.roads import RoadMatrix, draw_legs, road_travel
from data.roads.answers import metres_between
from data.roads.polyline import decode_polyline, thin_line
from data.roads.travel import NO_ROAD_S
from geo.crs import LngLat
from geo.errors import RoadsError
from geo.model import Campaign, TravelRow
from geo.plan import Status, TravelSource
from geo.tour import build_problem, solve, with_spread
from tests.builders import tiny_campaign
from tests.roads.servers import encode


@dataclass
class Hand:
    """An engine whose answers are made by hand: 1.5 times the straight line at 60 km/h, changed."""

    ids: dict[LngLat, str]
    minutes: dict[tuple[str, str], float | None] = field(default_factory=dict)
    gaps: dict[str, float] = field(default_factory=dict)
    parts: dict[tuple[str, str], float] = field(default_factory=dict)
    breaks: bool = False
    asked: int = 0
    name: str = "Essai"
    key: str = "hand"

    def matrix(self, origins: Sequence[LngLat], targets: Sequence[LngLat]) -> RoadMatrix:
        self.asked += 1
        metres = np.array([[1.5 * metres_between(a, b) for b in targets] for a in origins])
        drive = metres / 1000 * 60
        for i, a in enumerate(origins):
            for j, b in enumerate(targets):
                minutes = self.minutes.get((self.ids[a], self.ids[b]), drive[i, j] / 60)
                drive[i, j] = np.nan if minutes is None else minutes * 60
                metres[i, j] *= self.parts.get((self.ids[a], self.ids[b]), 1.0)
        metres[np.isnan(drive)] = np.nan
        gaps = [np.array([self.gaps.get(self.ids[p], 0.0) for p in q]) for q in (origins, targets)]
        return RoadMatrix(drive, metres, *gaps)

    def route(self, origin: LngLat, target: LngLat) -> tuple[LngLat, ...]:
        if self.breaks:
            raise RoadsError("Le serveur se tait.")
        middle = LngLat((origin.lng + target.lng) / 2, (origin.lat + target.lat) / 2 + 0.02)
        return (origin, middle, target)


def hand(campaign: Campaign, **answers: Any) -> Hand:
    return replace(Hand({m.lnglat: m.maison_id for m in campaign.maisons}), **answers)


def test_every_way_that_the_table_lacks_is_asked_for() -> None:
    own = TravelRow("m1", "m2", 1700, 24_000)
    campaign = tiny_campaign(travel=(own,))
    found = road_travel(campaign, hand(campaign))

    assert len(found.rows) == 11
    assert ("m1", "m2") not in {(row.from_id, row.to_id) for row in found.rows}
    assert {row.source for row in found.rows} == {TravelSource.ROADS}
    assert found.remarks == ()


def test_nothing_is_asked_where_the_table_knows_all() -> None:
    ids = ("m1", "m2", "m3", "m4")
    rows = tuple(TravelRow(a, b, 1800, 20_000) for a in ids for b in ids if a != b)
    campaign = tiny_campaign(travel=rows)
    engine = hand(campaign)

    assert road_travel(campaign, engine).rows == ()
    assert engine.asked == 0


def test_a_way_without_a_road_is_never_driven_and_is_named() -> None:
    campaign = tiny_campaign()
    found = road_travel(campaign, hand(campaign, minutes={("m3", "m4"): None}))

    closed = next(row for row in found.rows if (row.from_id, row.to_id) == ("m3", "m4"))
    assert closed.drive_s == NO_ROAD_S
    assert [remark.code for remark in found.remarks] == ["no-road"]
    assert "«\u00a0Maison 3\u00a0»" in found.remarks[0].message
    tour = solve(build_problem(replace(campaign, travel=found.rows)))
    assert tour.status is Status.OPTIMAL
    assert ("m3", "m4") not in {(leg.from_id, leg.to_id) for leg in tour.legs}


def test_a_place_far_from_every_road_is_estimated_and_named() -> None:
    campaign = tiny_campaign()
    found = road_travel(campaign, hand(campaign, gaps={"m2": 4200.0}))

    assert "m2" not in {i for row in found.rows for i in (row.from_id, row.to_id)}
    assert len(found.rows) == 6
    assert [(r.code, r.subject) for r in found.remarks] == [("far-from-road", "m2")]
    assert "4,2\u00a0km" in found.remarks[0].message


def test_a_place_that_nothing_joins_is_estimated_and_named() -> None:
    campaign = tiny_campaign()
    ways = {(a, b): None for a in ("m1", "m2", "m4") for b in ("m3",)}
    ways |= {(b, a): None for a, b in ways}
    found = road_travel(campaign, hand(campaign, minutes=ways))

    assert [(r.code, r.subject) for r in found.remarks] == [("isolated-place", "m3")]
    assert len(found.rows) == 6


def test_a_road_that_no_one_can_drive_so_fast_is_not_believed() -> None:
    campaign = tiny_campaign()
    found = road_travel(campaign, hand(campaign, minutes={("m1", "m4"): 5}))

    assert ("m1", "m4") not in {(row.from_id, row.to_id) for row in found.rows}
    assert ("m4", "m1") in {(row.from_id, row.to_id) for row in found.rows}
    assert [r.code for r in found.remarks] == ["implausible-road"]


def test_a_road_shorter_than_the_straight_line_is_not_believed() -> None:
    campaign = tiny_campaign()
    found = road_travel(campaign, hand(campaign, parts={("m1", "m4"): 0.5}))

    assert ("m1", "m4") not in {(row.from_id, row.to_id) for row in found.rows}
    assert [r.code for r in found.remarks] == ["implausible-road"]


def test_a_way_back_that_takes_much_longer_is_used_and_named() -> None:
    campaign = tiny_campaign()
    found = road_travel(campaign, hand(campaign, minutes={("m1", "m2"): 90, ("m2", "m1"): 30}))

    times = {(row.from_id, row.to_id): row.drive_s for row in found.rows}
    assert (times["m1", "m2"], times["m2", "m1"]) == (5400, 1800)
    assert [(r.code, r.subject) for r in found.remarks] == [("unequal-ways", "m2")]


def test_many_names_are_cut_short() -> None:
    campaign = tiny_campaign()
    ways = {(a, b): None for a in ("m1", "m2") for b in ("m3", "m4")}
    ways |= {(b, a): None for a, b in ways}
    (remark,) = road_travel(campaign, hand(campaign, minutes=ways)).remarks

    assert remark.code == "no-road"
    assert remark.message.count("«") == 10
    assert "3\u00a0autres" in remark.message


def test_legs_on_known_roads_are_drawn_and_estimates_are_not() -> None:
    campaign = tiny_campaign()
    engine = hand(campaign, gaps={"m2": 4200.0})
    asked = replace(campaign, travel=road_travel(campaign, engine).rows)
    problem = build_problem(asked)
    tour = draw_legs(with_spread(problem, solve(problem)), asked, engine)

    drawn = {(leg.source, len(leg.path)) for leg in tour.legs}
    assert drawn == {(TravelSource.ROADS, 3), (TravelSource.ESTIMATE, 0)}
    places = {m.maison_id: m.lnglat for m in campaign.maisons}
    for leg in tour.legs:
        if leg.path:
            assert leg.path[0] == pytest.approx(places[leg.from_id], abs=1e-5)
            assert leg.path[-1] == pytest.approx(places[leg.to_id], abs=1e-5)


def test_lines_that_cannot_be_had_leave_the_tour_and_a_remark() -> None:
    campaign = tiny_campaign()
    engine = hand(campaign, breaks=True)
    asked = replace(campaign, travel=road_travel(campaign, engine).rows)
    tour = solve(build_problem(asked))
    drawn = draw_legs(tour, asked, engine)

    assert drawn.legs == tour.legs
    assert [remark.code for remark in drawn.remarks] == ["no-line"]


def test_a_polyline_of_the_documentation_of_the_format_decodes() -> None:
    line = decode_polyline("_p~iF~ps|U_ulLnnqC_mqNvxq`@", precision=5)

    assert line == (LngLat(-120.2, 38.5), LngLat(-120.95, 40.7), LngLat(-126.453, 43.252))


def test_a_polyline_decodes_to_what_was_encoded_at_either_precision() -> None:
    line = [LngLat(5.712345, 45.1), LngLat(-0.000001, -12.5), LngLat(5.7, 45.100002)]

    assert decode_polyline(encode(line, precision=6), precision=6) == tuple(line)
    assert decode_polyline("", precision=6) == ()


@pytest.mark.parametrize("broken", ["_", "_p~iF", "_p~iF~ps|U\x01", "é"])
def test_a_broken_polyline_is_refused(broken: str) -> None:
    with pytest.raises(ValueError, match="polyline"):
        decode_polyline(broken, precision=5)


def test_a_thinned_line_stays_near_and_keeps_its_ends() -> None:
    bend = [LngLat(5 + i / 1000, 45 + (i % 2) * 1e-5 + (0.01 if i > 50 else 0)) for i in range(100)]
    thin = thin_line(bend, tolerance_m=10)

    assert (thin[0], thin[-1]) == (bend[0], bend[-1])
    assert 4 <= len(thin) <= 6
    assert thin_line([], tolerance_m=10) == ()
    assert len(thin_line([bend[0], bend[0]], tolerance_m=10)) == 2
