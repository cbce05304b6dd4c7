"""The adapter for Valhalla against Valhalla itself, on a country of nine nodes.

A secondary road bends from west to east over the north, a motorway leads straight from west to
east only, and an island has a road of its own.
"""

from __future__ import annotations

import json
import socket
import subprocess
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import urllib3
import valhalla

from data.roads import RoadEngine, engine_of, road_travel
from data.roads.http import Patience
from geo.crs import LngLat
from geo.model import Campaign
from geo.plan import TravelSource
from tests.builders import tiny_campaign
from tests.roads.osm import Road, write_pbf

WEST, NORTH, EAST = LngLat(5.70, 45.10), LngLat(5.75, 45.13), LngLat(5.80, 45.10)
ISLAND, ISLAND_END = LngLat(5.90, 45.10), LngLat(5.92, 45.10)
OFF_ROAD = LngLat(5.70, 45.15)
ABROAD = LngLat(1.70, 49.10)

NODES = {
    1: WEST,
    2: LngLat(5.71, 45.10),  # from here
    3: LngLat(5.72, 45.12),
    4: NORTH,
    5: LngLat(5.78, 45.12),
    6: LngLat(5.79, 45.10),  # to there the motorway leads
    7: EAST,
    8: ISLAND,
    9: ISLAND_END,
}
ROADS = (
    Road((1, 2, 3, 4, 5, 6, 7), {"highway": "secondary", "maxspeed": "70", "name": "D 1"}),
    Road((2, 6), {"highway": "motorway", "oneway": "yes", "maxspeed": "110"}),
    Road((8, 9), {"highway": "secondary"}),
)


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RoadEngine]:
    folder = tmp_path_factory.mktemp("valhalla")
    write_pbf(folder / "country.osm.pbf", NODES, ROADS)
    config = _config(folder)
    run = ("valhalla_build_tiles", "-c", "config.json", "country.osm.pbf")
    _program(*run, folder=folder).wait(timeout=60)
    port = config["httpd"]["service"]["listen"].rpartition(":")[2]
    server = _program("valhalla_service", "config.json", "1", folder=folder)
    try:
        address = f"http://127.0.0.1:{port}"
        _wait_for(address)
        engine = engine_of(f"valhalla:{address}", patience=Patience(retries=1, backoff_s=0.0))
        assert engine is not None
        yield engine
    finally:
        server.kill()
        server.wait()


def _config(folder: Path) -> dict[str, dict[str, dict[str, str]]]:
    (folder / "tiles").mkdir()
    config = valhalla.get_config(tile_extract="", tile_dir=folder / "tiles", verbose=False)
    config["mjolnir"]["concurrency"] = 1
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    config["httpd"]["service"] |= {
        "listen": f"tcp://127.0.0.1:{port}",
        "loopback": f"ipc://{folder}/loopback",
        "interrupt": f"ipc://{folder}/interrupt",
    }
    for part in ("loki", "thor", "odin"):
        config[part]["service"]["proxy"] = f"ipc://{folder}/{part}"
    (folder / "config.json").write_text(json.dumps(config))
    return dict(config)


def _program(name: str, *arguments: str, folder: Path) -> subprocess.Popen[bytes]:
    """Start one of Valhalla's programs; what it leaves behind stays in its folder."""
    path = Path(valhalla.__file__).parent / "bin" / name
    quiet = subprocess.DEVNULL
    return subprocess.Popen([path, *arguments], cwd=folder, stdout=quiet, stderr=quiet)


def _wait_for(address: str) -> None:
    for _ in range(200):
        try:
            urllib3.request("GET", f"{address}/status", retries=False, timeout=5)
        except urllib3.exceptions.HTTPError:
            time.sleep(0.05)
        else:
            return
    raise TimeoutError(address)


def test_the_motorway_is_taken_where_it_leads_and_the_bends_back(real: RoadEngine) -> None:
    matrix = real.matrix([WEST, EAST], [WEST, EAST])

    assert matrix.distance_m[0, 1] == pytest.approx(7850, rel=0.02)  # 0.1° at this latitude
    assert matrix.distance_m[1, 0] > 1.2 * matrix.distance_m[0, 1]
    assert matrix.drive_s[1, 0] > 1.5 * matrix.drive_s[0, 1] > 200
    assert (np.diag(matrix.drive_s) == 0).all()


def test_nothing_leads_to_the_island(real: RoadEngine) -> None:
    matrix = real.matrix([WEST, ISLAND], [WEST, ISLAND, ISLAND_END])

    assert np.isnan(matrix.drive_s).tolist() == [[False, True, True], [True, False, False]]
    assert real.route(WEST, ISLAND) == ()


def test_a_point_off_the_roads_says_how_far_it_was_moved(real: RoadEngine) -> None:
    matrix = real.matrix([OFF_ROAD, WEST], [EAST])

    assert 3000 < matrix.origin_gap_m[0] < 5000
    assert matrix.origin_gap_m[1] == pytest.approx(0, abs=5)


def test_a_point_outside_the_map_takes_nothing_from_the_others(real: RoadEngine) -> None:
    matrix = real.matrix([WEST, ABROAD], [EAST, ABROAD])

    assert np.isnan(matrix.drive_s).tolist() == [[False, True], [True, True]]


def test_the_line_follows_the_bends(real: RoadEngine) -> None:
    line = real.route(EAST, WEST)

    assert line[0] == pytest.approx(EAST, abs=1e-5)
    assert line[-1] == pytest.approx(WEST, abs=1e-5)
    assert max(point.lat for point in line) == pytest.approx(NORTH.lat, abs=1e-5)


def test_a_campaign_gets_its_rows_from_the_real_engine(real: RoadEngine) -> None:
    found = road_travel(_campaign(WEST, EAST, OFF_ROAD, ABROAD), real)

    ways = {(row.from_id, row.to_id) for row in found.rows}
    assert ways == {("m1", "m2"), ("m2", "m1")}
    assert {row.source for row in found.rows} == {TravelSource.ROADS}
    assert [remark.code for remark in found.remarks] == ["far-from-road", "isolated-place"]


def _campaign(*points: LngLat) -> Campaign:
    tiny = tiny_campaign()
    maisons = tuple(
        replace(maison, lnglat=point) for maison, point in zip(tiny.maisons, points, strict=True)
    )
    return replace(tiny, maisons=maisons)
