"""The tour alone, and the roads of a plan, through the command line."""

from __future__ import annotations

import json
import shutil
import urllib.parse
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from data.read_tour import read_past_tour
from data.roads.answers import metres_between
from geo.crs import LngLat
from geo.plan import TravelSource
from tests.cli import raw
from tests.cli.running import CREATED, Answer, content, names, placarde, plan_document
from tests.contract.campaigns import change, good_campaign
from tests.roads import servers
from tests.roads.servers import FakeServer, encode

FILES = [
    "campaign",
    "feuille-de-route.pdf",
    "tournee.csv",
    "tournee.gpx",
    "tournee.ics",
    "tournee.json",
]


@pytest.fixture
def campaign(tmp_path: Path) -> Path:
    folder = tmp_path / "campaign"
    good_campaign(folder)
    return folder


@pytest.fixture
def server() -> Iterator[FakeServer]:
    with servers.serving(osrm_of_anywhere) as fake:
        yield fake


def osrm_of_anywhere(path: str, body: dict[str, Any] | None) -> tuple[int, Any]:
    """Answer as OSRM with roads 1.4 times the straight line, at 50 km/h."""
    del body
    url = urllib.parse.urlsplit(path)
    _, service, _, _, coordinates = url.path.split("/")
    points = [LngLat(*map(float, pair.split(","))) for pair in coordinates.split(";")]
    if service == "route":
        middle = LngLat((points[0].lng + points[1].lng) / 2, points[0].lat + 0.05)
        line = encode([points[0], middle, points[1]], precision=5)
        return 200, {"code": "Ok", "routes": [{"geometry": line}]}
    query = urllib.parse.parse_qs(url.query)
    ends = [
        [points[int(i)] for i in query[name][0].split(";")] for name in ("sources", "destinations")
    ]
    metres = [[1.4 * metres_between(a, b) for b in ends[1]] for a in ends[0]]
    return 200, {
        "code": "Ok",
        "distances": metres,
        "durations": [[m / 1000 * 72 for m in row] for row in metres],
        "sources": [{"location": list(point)} for point in ends[0]],
        "destinations": [{"location": list(point)} for point in ends[1]],
    }


def on_roads(server: FakeServer, cache: Path) -> dict[str, str]:
    return {**CREATED, "PLACARDE_ROADS": f"osrm:{server.address}", "PLACARDE_CACHE": str(cache)}


def toured(campaign: Path, out: Path, *options: str, env: dict[str, str] | None = None) -> Answer:
    return placarde("tour", campaign, "--out", out, *options, env=env or CREATED)


def test_the_tour_is_planned_alone_and_told_day_by_day(campaign: Path, tmp_path: Path) -> None:
    answer = toured(campaign, tmp_path / "tour")

    assert answer.status == 0, answer.err
    assert names(tmp_path / "tour") == FILES
    assert "Tournée\u00a0: optimal" in answer.out
    assert "selon ces estimations" in answer.out
    assert "Kit 1" in answer.out
    assert "estimation" in answer.out
    assert "Tournée : " in answer.err
    rows = raw.rows(tmp_path / "tour" / "tournee.csv")
    assert [row["etape"] for row in rows if row["etape"].isdigit()] == ["1", "2", "3", "4"]


def test_the_same_tour_is_the_same_bytes(campaign: Path, tmp_path: Path) -> None:
    toured(campaign, tmp_path / "one")
    toured(campaign, tmp_path / "two")

    assert content(tmp_path / "one") == content(tmp_path / "two")


def test_as_json_it_is_one_object(campaign: Path, tmp_path: Path) -> None:
    document = toured(campaign, tmp_path / "tour", "--json").json()

    assert document["ok"]
    assert document["status"] == "optimal"
    assert document["drive_s"] == read_past_tour(tmp_path / "tour").drive_s
    assert document["spread"]["low_s"] < document["drive_s"] < document["spread"]["high_s"]
    assert [stop["kit"] for stop in document["stops"]] == [1, 1, 1, 1]


def test_nothing_is_overwritten_unasked(campaign: Path, tmp_path: Path) -> None:
    out = tmp_path / "tour"
    toured(campaign, out)
    before = content(out)

    refused = toured(campaign, out)
    assert refused.status == 2
    assert "--force" in refused.err
    assert content(out) == before
    assert toured(campaign, out, "--force").status == 0
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "mine.txt").write_text("à moi")
    assert toured(campaign, tmp_path / "other", "--force").status == 2
    assert names(tmp_path / "other") == ["mine.txt"]


def test_a_changed_tour_is_a_newer_version_of_its_events(campaign: Path, tmp_path: Path) -> None:
    out = tmp_path / "tour"
    toured(campaign, out)
    first = (out / "tournee.ics").read_bytes()
    toured(campaign, out, "--force")
    assert (out / "tournee.ics").read_bytes() == first

    change(campaign, "campaign.toml", ("start = 2017-10-17\nend", "start = 2017-10-18\nend"))
    assert toured(campaign, out, "--force").status == 0
    later = (out / "tournee.ics").read_bytes()
    assert b"SEQUENCE:0" in first
    assert b"SEQUENCE:1" in later
    assert uids(later) == uids(first)


def test_a_corrected_name_alone_is_a_newer_version_of_its_events(
    campaign: Path, tmp_path: Path
) -> None:
    out = tmp_path / "tour"
    toured(campaign, out)
    first = (out / "tournee.ics").read_bytes()
    change(campaign, "maisons.csv", ("Maison du Sud-Ouest", "Autre nom"))

    toured(campaign, out, "--force")
    later = (out / "tournee.ics").read_bytes()
    assert b"SEQUENCE:0" in first
    assert b"SEQUENCE:0" not in later
    assert later.count(b"SEQUENCE:1\r\n") == len(uids(later))
    assert b"Autre nom" in later
    assert uids(later) == uids(first)
    toured(campaign, out, "--force")
    assert (out / "tournee.ics").read_bytes() == later


def test_a_maison_that_leaves_the_tour_is_cancelled_in_calendars(
    campaign: Path, tmp_path: Path
) -> None:
    out = tmp_path / "tour"
    toured(campaign, out)
    first = (out / "tournee.ics").read_bytes()
    change(campaign, "agents.csv", ("m4", "m3"))
    for name in ("maisons.csv", "trajets.csv"):
        rows = (campaign / name).read_text(encoding="utf-8").splitlines()
        kept = [row for row in rows if "m4" not in row.split(";")]
        (campaign / name).write_text("\n".join(kept) + "\n", encoding="utf-8")

    assert toured(campaign, out, "--force").status == 0
    later = (out / "tournee.ics").read_bytes()
    assert set(uids(first)) <= set(uids(later))
    assert b"STATUS:CANCELLED" not in first
    assert b"STATUS:CANCELLED" in later
    assert toured(campaign, out, "--force").status == 0
    assert (out / "tournee.ics").read_bytes() == later


def uids(ics: bytes) -> list[bytes]:
    return sorted(line for line in ics.splitlines() if line.startswith(b"UID"))


@pytest.mark.parametrize(
    "options",
    [
        ("--today", "2017-10-20"),
        ("--from", "x"),
        ("--from", "x", "--today", "demain"),
        ("--from", "x", "--today", "2017-10-20", "--blocked", "m1"),
        ("--alternatives", "0"),
    ],
)
def test_wrong_usage_is_said_in_french(
    campaign: Path, tmp_path: Path, options: tuple[str, ...]
) -> None:
    answer = toured(campaign, tmp_path / "tour", *options)

    assert answer.status == 2
    assert answer.err.splitlines()[-1].startswith("Erreur : ")
    assert not (tmp_path / "tour").exists()


def test_a_server_gives_times_and_lines_and_is_asked_once(
    campaign: Path, tmp_path: Path, server: FakeServer
) -> None:
    env = on_roads(server, tmp_path / "cache")
    answer = toured(campaign, tmp_path / "one", env=env)

    assert answer.status == 0, answer.err
    assert "itinéraire" in answer.out
    assert "estimation" not in answer.out
    tour = read_past_tour(tmp_path / "one")
    assert tour.spread is None
    assert {leg.source for leg in tour.legs} <= {TravelSource.ROADS, TravelSource.TABLE}
    assert {len(leg.path) for leg in tour.legs} == {2, 3}  # two where the bend is none
    assert b"<trkseg>" in (tmp_path / "one" / "tournee.gpx").read_bytes()
    asked = len(server.asked)
    toured(campaign, tmp_path / "two", env=env)
    assert len(server.asked) == asked
    assert content(tmp_path / "one") == content(tmp_path / "two")


def test_a_server_that_is_down_stops_at_once_and_says_what_to_do(
    campaign: Path, tmp_path: Path
) -> None:
    with servers.serving(osrm_of_anywhere) as gone:
        env = on_roads(gone, tmp_path / "cache")
        gone.first = [(404, {}, b"")] * 9
        answer = toured(campaign, tmp_path / "tour", env=env)

    assert answer.status == 1
    assert "PLACARDE_ROADS" in answer.err
    assert not (tmp_path / "tour").exists()


def test_a_campaign_can_do_without_the_server_and_can_insist_on_it(
    campaign: Path, tmp_path: Path, server: FakeServer
) -> None:
    change(campaign, "campaign.toml", ("[tour]", '[tour]\nroads = "estimation"'))
    assert toured(campaign, tmp_path / "one", env=on_roads(server, tmp_path / "c")).status == 0
    assert server.asked == []
    change(campaign, "campaign.toml", ('roads = "estimation"', 'roads = "serveur"'))
    answer = toured(campaign, tmp_path / "two")
    assert answer.status == 1
    assert "PLACARDE_ROADS" in answer.err


@pytest.mark.parametrize("word", ['"http://127.0.0.1:1"', '"osrm:http://127.0.0.1:1"', "true"])
def test_a_campaign_cannot_name_a_server(campaign: Path, tmp_path: Path, word: str) -> None:
    change(campaign, "campaign.toml", ("[tour]", f"[tour]\nroads = {word}"))
    answer = toured(campaign, tmp_path / "tour")

    assert answer.status == 1
    assert "tour.roads" in answer.err


@pytest.mark.slow
def test_alternatives_differ_in_order_and_have_their_own_files(
    campaign: Path, tmp_path: Path
) -> None:
    answer = toured(campaign, tmp_path / "tour", "--alternatives", "2")

    assert answer.status == 0, answer.err
    assert "Variante 2" in answer.out
    assert {"variante-2"} == set(names(tmp_path / "tour")) - set(FILES)
    assert names(tmp_path / "tour" / "variante-2") == FILES[1:-1]
    one, two = (
        (folder / "tournee.csv").read_bytes()
        for folder in (tmp_path / "tour", tmp_path / "tour" / "variante-2")
    )
    assert one != two


@pytest.mark.slow
def test_variants_of_a_tour_that_is_impossible_are_its_reasons(
    campaign: Path, tmp_path: Path
) -> None:
    change(campaign, "campaign.toml", ("end = 2017-11-17", "end = 2017-10-18"))
    answer = toured(campaign, tmp_path / "tour", "--alternatives", "3")

    assert answer.status == 3
    assert "impossible" in answer.out


def test_a_tour_that_has_begun_keeps_what_is_done(campaign: Path, tmp_path: Path) -> None:
    toured(campaign, tmp_path / "one")
    past = read_past_tour(tmp_path / "one")
    today = past.stops[1].open_on[0]
    asked = ("--from", str(tmp_path / "one"), "--today", f"{today}")
    answer = toured(campaign, tmp_path / "two", *asked)

    assert answer.status == 0, answer.err
    again = read_past_tour(tmp_path / "two")
    assert again.stops[0].open_on == past.stops[0].open_on
    days = {stop.maison_id: min(stop.open_on) for stop in again.stops}
    assert all(day >= today for place, day in days.items() if place != past.stops[0].maison_id)

    unknown = toured(campaign, tmp_path / "three", *asked, "--blocked", "nulle-part:2017-11-06")
    assert unknown.status == 2
    assert "nulle-part" in unknown.err


@pytest.mark.slow
def test_a_plan_keeps_its_roads_and_is_verified_without_the_server(
    campaign: Path, tmp_path: Path
) -> None:
    plan = tmp_path / "plan"
    with servers.serving(osrm_of_anywhere) as server:
        answer = placarde("plan", campaign, "--out", plan, env=on_roads(server, tmp_path / "c"))
        assert answer.status in {0, 3}, answer.err
    sources = {leg["source"] for leg in plan_document(plan)["tour"]["legs"]}
    assert "roads" in sources
    assert "estimate" not in sources
    verified = placarde("verify", plan)
    assert verified.status == 0, verified.out

    roads = plan / "trajets.csv"
    text = roads.read_text(encoding="utf-8-sig")
    minutes = raw.rows(roads)[0]["minutes"]
    roads.write_text(text.replace(minutes, "1,0000"), encoding="utf-8-sig", newline="")
    assert placarde("verify", plan).status == 1
    roads.unlink()
    assert placarde("verify", plan).status == 1


@pytest.mark.slow
def test_the_roads_of_a_plan_can_become_the_table_of_the_campaign(
    campaign: Path, tmp_path: Path, server: FakeServer
) -> None:
    env = on_roads(server, tmp_path / "cache")
    change(campaign, "campaign.toml", ('travel = "trajets.csv"\n', ""))
    toured(campaign, tmp_path / "one", env=env)
    shutil.copy(tmp_path / "one" / "trajets.csv", campaign / "routes.csv")
    change(campaign, "campaign.toml", ("[files]\n", '[files]\ntravel = "routes.csv"\n'))
    toured(campaign, tmp_path / "two")

    one, two = (
        json.loads((tmp_path / name / "tournee.json").read_bytes())["tour"]
        for name in ("one", "two")
    )
    assert [leg["drive_s"] for leg in one["legs"]] == [leg["drive_s"] for leg in two["legs"]]
    assert {leg["source"] for leg in two["legs"]} == {"table"}
