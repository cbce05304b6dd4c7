from __future__ import annotations

from geo.plan import Shortfall, Spread, Status, Tour
from maps.planner import _road_items


def test_the_planner_reads_how_sure_the_times_of_the_tour_are() -> None:
    broken = (Shortfall("day-breaks-at-worst", "m1", "Le 17, trop de conduite."),)
    remark = Shortfall("no-road", "m2", "Pas de route vers là.")
    spread = Spread(3600, 11_520, holds=False, breaks=broken)
    tour = Tour(Status.OPTIMAL, 7200, 7200, 90_000, spread=spread, remarks=(remark,))

    items = _road_items(tour)
    assert "de 1\u00a0h\u00a000 à 3\u00a0h\u00a012" in items[0]
    assert "ne tient plus" in items[0]
    assert items[1:] == ["Le 17, trop de conduite.", "Pas de route vers là."]


def test_known_times_need_no_word() -> None:
    assert _road_items(Tour(Status.OPTIMAL, 7200, 7200, 90_000)) == []
