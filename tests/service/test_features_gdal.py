"""GDAL reads the features, with its driver for OGC API – Features, from a real server."""

from __future__ import annotations

import csv
import json
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import shapely
import uvicorn

from app.service.access import EVERYWHERE, Role
from app.service.app import create_service
from app.service.context import Services
from data.isere import campaign_folder
from data.store import Store, keys, members
from tests.service.features import ACT, add_plan
from tests.service.gdal_client import BOX

pytestmark = pytest.mark.slow

CLIENT = Path(__file__).with_name("gdal_client.py")
LIMIT_S = 120


@pytest.fixture
def address(service: Services) -> Iterator[str]:
    """Serve on this machine; yield the address."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    config = uvicorn.Config(create_service(service), log_level="warning", lifespan="off")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    server.should_exit = True
    thread.join()
    listener.close()


@pytest.fixture
def environment(store: Store, tmp_path: Path) -> dict[str, str]:
    """Return the environment of a GIS program: the key in a file of headers.

    Every version of GDAL reads that file; its driver passes ``GDAL_HTTP_HEADERS`` over in some.
    """
    with store.write() as tx:
        members.grant(tx, subject="sig", campaign_id=EVERYWHERE, role=Role.APPROVER.value, act=ACT)
        _, key = keys.create(tx, subject="sig", label="QGIS", act=ACT)
    headers = tmp_path / "headers.txt"
    headers.write_text(f"Authorization: Bearer {key}\n")
    return {**os.environ, "GDAL_HTTP_HEADER_FILE": str(headers)}


def test_pyogrio_reads_every_collection_and_asks_for_parts_of_them(
    address: str, environment: dict[str, str], store: Store, isere: str
) -> None:
    add_plan(store, isere)
    told = _run([sys.executable, CLIENT, f"{address}/campaigns/{isere}/ogc"], environment)
    answers = [json.loads(line) for line in told.splitlines() if line.startswith("{")]
    counts = [(each["layer"], each["n"]) for each in answers]
    by_layer: dict[str, dict[str, Any]] = {each["layer"]: each for each in reversed(answers)}
    assert dict(counts[:7]) == {
        "zones": 528, "maisons": 13, "faces": 2062, "postings": 3, "tour": 7,
        "tour-stops": 3, "tour-legs": 4,
    }  # fmt: skip
    assert all(each["crs"] == ["OGC", "CRS84"] for each in answers[:-1])
    assert answers[-1]["crs"] == ["EPSG", "2154"]
    assert by_layer["zones"]["types"] == ["MultiPolygon", "Polygon"]
    assert by_layer["tour"]["types"] == ["LineString", "Point"]
    assert by_layer["tour-stops"]["types"] == ["Point"]
    assert by_layer["tour-legs"]["types"] == ["LineString"]
    assert by_layer["tour-legs"]["columns"]["drive_min"] == "float64"
    assert by_layer["faces"]["columns"]["price_eur"] == "float64"
    assert by_layer["postings"]["columns"]["starts"].startswith("datetime64")
    folder = campaign_folder()
    with (folder / "inventaire.csv").open(encoding="utf-8-sig", newline="") as file:
        faces = list(csv.DictReader(file, delimiter=";"))
    zones = json.loads((folder / "zones.geojson").read_text(encoding="utf-8"))["features"]
    box = shapely.box(*BOX)
    expected = [
        sum(box.covers(shapely.Point(float(each["lon"]), float(each["lat"]))) for each in faces),
        sum(
            each["properties"]["level"] == "territoire"
            and shapely.from_geojson(json.dumps(each["geometry"])).intersects(box)
            for each in zones
        ),
        sum(each["city"] == "Grenoble" for each in faces),
        1,
        1,
        4,
    ]
    assert [each["n"] for each in answers[7:]] == expected
    assert min(expected) > 0


def test_ogrinfo_reads_postings_with_their_types(
    address: str, environment: dict[str, str], store: Store, isere: str
) -> None:
    add_plan(store, isere)
    source = f"OAPIF:{address}/campaigns/{isere}/ogc"
    layers = _run(["ogrinfo", "-ro", source], environment)
    for name in ("zones", "maisons", "faces", "postings", "tour"):
        assert name in layers
    asked = ["ogrinfo", "--debug", "on", "-ro", "-al", "-where", "period = 1", source, "postings"]
    told = _run(asked, environment)
    assert "&period=1" in told  # GDAL lets the service choose
    assert "Feature Count: 2" in told
    assert "price_eur: Real" in told
    assert "starts: Date" in told


def test_without_a_key_nothing_is_read(address: str, isere: str) -> None:
    source = f"OAPIF:{address}/campaigns/{isere}/ogc"
    refused = subprocess.run(
        ["ogrinfo", "-ro", source], capture_output=True, text=True, timeout=LIMIT_S, check=False
    )
    assert refused.returncode != 0
    assert "401" in refused.stdout + refused.stderr


def _run(command: list[Any], environment: dict[str, str]) -> str:
    done = subprocess.run(
        command,
        env=environment,
        capture_output=True,
        text=True,
        timeout=LIMIT_S,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout + done.stderr
