"""What GIS programs read of the store, on both databases."""

from __future__ import annotations

import shapely

from data.store import Store, features, folders
from geo.crs import Bounds
from tests.builders import lnglat_at
from tests.service.features import ACT, add_plan
from tests.service.tiny import tiny_files
from tests.stores import store  # noqa: F401 -- a fixture


def test_rows_are_found_by_boxes_and_cells_page_by_page(store: Store) -> None:  # noqa: F811 -- as above
    with store.write() as tx:
        record, reading = folders.import_files(tx, tiny_files(), act=ACT)
        assert record is not None, reading.problems
        campaign_id = record.campaign_id
    plan_id = add_plan(store, campaign_id)
    low, high = lnglat_at(0, 0), lnglat_at(9, 4)
    box = Bounds(low.lng, low.lat, high.lng, high.lat)
    with store.read() as tx:
        first = features.page(tx, campaign_id, "faces", after=None, limit=1, bounds=box)
        after = first.rows[0].position
        second = features.page(tx, campaign_id, "faces", after=after, limit=9, bounds=box)
        assert [row.row_id for row in (*first.rows, *second.rows)] == ["f00", "f01"]
        assert shapely.get_x(second.shapes[0]) == float(second.rows[0].cells["lon"])
        assert features.count(tx, campaign_id, "faces", bounds=box) == 2
        assert features.count(tx, campaign_id, "faces", where={"city": "Ville"}) == 64
        assert features.count(tx, campaign_id, "faces", where={"nosuch": ""}) == 64
        over = Bounds(170, 40, -170, 50)
        assert features.count(tx, campaign_id, "faces", bounds=over) == 0
        near = features.candidates(tx, campaign_id, "zones", bounds=box, inside=None)
        assert [each.row_id for each in near] == ["dep", "sud", "t1"]
        assert all(each.wkb for each in near)
        world = Bounds(-180, -90, 180, 90)
        sure = features.candidates(tx, campaign_id, "zones", bounds=world, inside=world)
        assert [each.wkb for each in sure] == [None] * 7
        parts = list(features.every(tx, campaign_id, "faces", at_once=50))
        assert [len(part.rows) for part in parts] == [50, 14]
        extent = features.extent(tx, campaign_id, "faces")
        whole = shapely.total_bounds([shape for part in parts for shape in part.shapes])
        assert extent == Bounds(*whole.tolist())
        (plan,) = features.plan_states(tx, campaign_id)
        assert plan.plan_id == plan_id
        assert set(features.plan_files(tx, plan, ["plan.json", "nosuch"])) == {"plan.json"}
