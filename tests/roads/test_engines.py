"""The same contract for every routing server: three fakes of their shapes, and a real Valhalla."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from data.roads import CachedRoads, RoadEngine, engine_of
from data.roads.http import Patience, Server
from data.roads.ign import Ign
from data.roads.osrm import Osrm
from data.roads.valhalla import Valhalla
from geo.crs import LngLat
from geo.errors import RoadsError
from tests.roads import servers
from tests.roads.servers import EAST, FAR_EAST, ISLAND, OFF_ROAD, WEST, FakeServer

QUICK = Patience(connect_s=2.0, read_s=2.0, retries=2, backoff_s=0.0)

Made = tuple[RoadEngine, FakeServer]
MAKERS: dict[str, tuple[Callable[[Server], RoadEngine], Callable[..., tuple[int, object]]]] = {
    "osrm": (Osrm, servers.osrm),
    "valhalla": (Valhalla, servers.valhalla),
    "ign": (lambda server: Ign(server, pace_s=0.0), servers.ign),
}


@pytest.fixture(params=sorted(MAKERS))
def made(request: pytest.FixtureRequest) -> Iterator[Made]:
    make, answer = MAKERS[request.param]
    with servers.serving(answer) as fake:
        yield make(Server(fake.address, QUICK)), fake


def test_a_matrix_holds_seconds_and_metres_in_each_direction(made: Made) -> None:
    matrix = made[0].matrix([WEST, EAST], [EAST, WEST, FAR_EAST])

    assert matrix.drive_s == pytest.approx(np.array([[1000, 0, 3000], [0, 800, 2000]]), abs=0.5)
    assert matrix.distance_m == pytest.approx(
        np.array([[9000, 0, 27_000], [0, 9000, 18_000]]), abs=1
    )


def test_a_way_without_a_road_is_no_number(made: Made) -> None:
    matrix = made[0].matrix([WEST, ISLAND], [WEST, ISLAND])

    assert np.isnan(matrix.drive_s).tolist() == [[False, True], [True, False]]
    assert np.isnan(matrix.distance_m).tolist() == [[False, True], [True, False]]
    assert made[0].route(WEST, ISLAND) == ()


def test_a_point_that_was_moved_to_a_road_says_how_far(made: Made) -> None:
    matrix = made[0].matrix([OFF_ROAD, WEST], [EAST])

    assert matrix.origin_gap_m == pytest.approx(np.array([3336, 0]), abs=2)
    assert matrix.target_gap_m == pytest.approx(np.array([0]), abs=2)


def test_a_line_goes_from_the_one_place_to_the_other(made: Made) -> None:
    assert made[0].route(WEST, EAST) == (WEST, EAST)


def test_a_large_matrix_is_asked_in_blocks(made: Made) -> None:
    engine, fake = made
    if isinstance(engine, Ign):
        return  # one question a pair anyway
    line = [LngLat(5.0 + i / 100, 45.1) for i in range(60)]
    matrix = engine.matrix(line, line)

    assert len(fake.asked) == 4
    assert matrix.drive_s[0, 59] == pytest.approx(5900, abs=1)
    assert matrix.drive_s[59, 0] == pytest.approx(4720, abs=1)
    assert not np.isnan(matrix.origin_gap_m).any()


def test_one_place_that_a_server_refuses_takes_nothing_from_the_others(made: Made) -> None:
    engine, fake = made
    lost = LngLat(-30.0, 45.1)
    other = LngLat(-31.0, 45.1)
    matrix = engine.matrix([WEST, EAST, FAR_EAST, lost], [WEST, other, EAST])

    assert np.isnan(matrix.drive_s).tolist() == [[False, True, False]] * 3 + [[True] * 3]
    assert len(fake.asked) < 16
    assert np.isnan(matrix.origin_gap_m).tolist() == [False, False, False, True]


def test_a_busy_server_is_asked_again(made: Made) -> None:
    engine, fake = made
    fake.first = [(429, {"Retry-After": "0"}, b""), (503, {}, b"")]

    assert engine.matrix([WEST], [EAST]).drive_s.item() == pytest.approx(1000)
    assert len(fake.asked) == 3


@pytest.mark.parametrize(
    ("answers", "said"),
    [
        ([(503, {}, b"")] * 3, "HTTP 503"),
        ([(500, {}, b"")], "HTTP 500"),
        ([(200, {}, b"<html>")], "JSON"),
        ([(200, {}, b"[]")], "répond pas comme|refuse"),
        ([(200, {}, b"{}")], "illisible|sans durée|refuse"),
        ([(200, {}, b'{"code": "Ok", "sources_to_targets": [], "duration": -1}')], "illisible"),
        (
            [(200, {}, b'{"code": "TooBig", "error_code": 150, "duration": "x"}')],
            "refuse|illisible",
        ),
        ([(302, {"Location": "http://127.0.0.1:1/"}, b"")], "HTTP 302"),
    ],
)
def test_a_server_that_fails_is_named_with_what_to_do(
    made: Made, answers: list[servers.Answer], said: str
) -> None:
    engine, fake = made
    fake.first = list(answers)

    with pytest.raises(RoadsError, match=said) as caught:
        engine.matrix([WEST], [EAST])
    assert "127.0.0.1" in str(caught.value)
    assert "PLACARDE_ROADS" in str(caught.value)


@pytest.mark.parametrize("kind", sorted(MAKERS))
def test_a_server_that_is_not_there_is_named(kind: str) -> None:
    with servers.serving(servers.osrm) as fake:
        address = fake.address
    engine = MAKERS[kind][0](Server(address, QUICK))

    with pytest.raises(RoadsError, match="ne répond pas"):
        engine.matrix([WEST], [EAST])


def test_an_endless_answer_is_cut_off(made: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    engine, fake = made
    monkeypatch.setattr("data.roads.http.MOST_BYTES", 1 << 20)
    fake.first = [(200, {}, b"[" * (2 << 20))]

    with pytest.raises(RoadsError, match="plus de 1"):
        engine.matrix([WEST], [EAST])


def test_the_same_question_is_asked_once(made: Made, tmp_path: Path) -> None:
    engine, fake = made
    roads = CachedRoads(engine, tmp_path / "cache" / "roads.sqlite")
    first = roads.matrix([WEST, EAST, ISLAND], [WEST, EAST, ISLAND])
    lines = [roads.route(WEST, EAST), roads.route(WEST, ISLAND)]
    asked = len(fake.asked)

    again = CachedRoads(engine, tmp_path / "cache" / "roads.sqlite")
    second = again.matrix([WEST, EAST, ISLAND], [WEST, EAST, ISLAND])
    assert len(fake.asked) == asked
    for name in ("drive_s", "distance_m", "origin_gap_m", "target_gap_m"):
        assert np.array_equal(getattr(first, name), getattr(second, name), equal_nan=True)
    assert [again.route(WEST, EAST), again.route(WEST, ISLAND)] == lines
    assert len(fake.asked) == asked


def test_a_new_place_asks_for_its_own_row_and_column(made: Made, tmp_path: Path) -> None:
    engine, fake = made
    roads = CachedRoads(engine, tmp_path / "roads.sqlite")
    line = [LngLat(5.0 + i / 10, 45.1) for i in range(8)]
    roads.matrix(line, line)
    asked = len(fake.asked)
    places = [*line, OFF_ROAD]
    matrix = roads.matrix(places, places)

    assert len(fake.asked) - asked <= 2 * len(places)
    assert not np.isnan(matrix.drive_s).any()
    whole = engine.matrix(places, places)
    assert matrix.drive_s == pytest.approx(whole.drive_s)


def test_two_engines_do_not_share_their_answers(tmp_path: Path) -> None:
    with servers.serving(servers.osrm) as one, servers.serving(servers.valhalla) as other:
        path = tmp_path / "roads.sqlite"
        CachedRoads(Osrm(Server(one.address, QUICK)), path).matrix([WEST], [EAST])
        CachedRoads(Valhalla(Server(other.address, QUICK)), path).matrix([WEST], [EAST])
        assert (len(one.asked), len(other.asked)) == (1, 1)


def test_a_broken_store_is_named_with_what_to_do(tmp_path: Path) -> None:
    path = tmp_path / "roads.sqlite"
    path.write_bytes(b"this is no database at all, and it is longer than a header" * 20)

    with pytest.raises(RoadsError, match="supprimer"):
        CachedRoads(Osrm(Server("http://127.0.0.1:1", QUICK)), path).matrix([WEST], [EAST])


@pytest.mark.parametrize(
    ("setting", "key"),
    [
        ("osrm:http://localhost:5000", "osrm/driving:http://localhost:5000"),
        ("osrm/lorry:https://r.example/osrm/", "osrm/lorry:https://r.example/osrm"),
        (" valhalla/truck:http://10.0.0.1:8002 ", "valhalla/truck:http://10.0.0.1:8002"),
        ("ign", "ign/car:https://data.geopf.fr/navigation"),
        ("ign:http://localhost:1", "ign/car:http://localhost:1"),
    ],
)
def test_one_setting_chooses_engine_profile_and_address(setting: str, key: str) -> None:
    engine = engine_of(setting)

    assert engine is not None
    assert engine.key == key


def test_no_setting_is_no_engine() -> None:
    assert engine_of("") is None
    assert engine_of("  ") is None


@pytest.mark.parametrize(
    "setting",
    [
        "osrm",
        "valhalla:",
        "http://localhost:5000",
        "osrm:file:///etc/passwd",
        "osrm:http://user:secret@localhost",
        "osrm:http://localhost/?key=1",
        "OSRM:http://localhost",
        "graphhopper:http://localhost",
    ],
)
def test_a_setting_that_does_not_read_says_how_it_should(setting: str) -> None:
    with pytest.raises(RoadsError, match="PLACARDE_ROADS") as caught:
        engine_of(setting)
    assert "secret" not in str(caught.value)
