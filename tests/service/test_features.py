"""OGC API – Features, class by class: what is declared is held."""

from __future__ import annotations

import json
import re
from datetime import datetime
from typing import Any

import jsonschema_rs
import numpy as np
import pytest
import shapely
from fastapi.testclient import TestClient

from app.service.access import EVERYWHERE, Action, Principal, Role, authenticate
from app.service.features.documents import CONFORMS_TO
from data.store import Store, campaigns, inputs
from data.store.tables import ROWS, CampaignRecord, PlanState
from geo.crs import WGS84, reproject_points
from tests.builders import lnglat_at
from tests.service.conftest import AsRole, SetClock
from tests.service.features import ACT, CRS84, EPSG, add_plan, ids, link, read

COLLECTIONS = ["zones", "maisons", "faces", "postings", "tour", "tour-stops", "tour-legs"]
OF_PLAN = {"postings", "tour", "tour-stops", "tour-legs"}
PAGES = [
    "",
    "/conformance",
    "/api",
    "/collections",
    "/collections/zones",
    "/collections/tour",
    "/collections/faces/schema",
    "/collections/faces/items",
    "/collections/postings/items",
    "/collections/faces/items/f07",
]


@pytest.fixture
def plan(store: Store, tiny: str) -> str:
    return add_plan(store, tiny)


@pytest.fixture
def ogc(tiny: str) -> str:
    return f"/campaigns/{tiny}/ogc"


# Part 1, core


def test_the_landing_page_leads_to_the_api_its_conformance_and_the_data(
    client: TestClient, ogc: str
) -> None:
    landing = read(client, ogc)
    assert landing["title"] == "Carré"
    for rel in ("service-desc", "service-doc", "conformance", "data", "self", "alternate"):
        address = link(landing, rel)
        assert address is not None
        assert client.get(address).status_code == 200


def test_the_conformance_that_is_declared_is_that_of_both_parts(
    client: TestClient, ogc: str
) -> None:
    classes = read(client, f"{ogc}/conformance")["conformsTo"]
    assert classes == list(CONFORMS_TO)
    assert {name.rpartition("/conf/")[2] for name in classes} == {
        "core", "geojson", "html", "oas30", "crs",
    }  # fmt: skip


@pytest.mark.usefixtures("plan")
def test_every_collection_tells_where_and_when_its_features_are(
    client: TestClient, ogc: str
) -> None:
    listed = read(client, f"{ogc}/collections")["collections"]
    assert [each["id"] for each in listed] == COLLECTIONS
    for each in listed:
        alone = read(client, f"{ogc}/collections/{each['id']}")
        assert alone["extent"] == each["extent"]
        west, south, east, north = each["extent"]["spatial"]["bbox"][0]
        features = read(client, link(each, "items") or "", limit=1000)["features"]
        bounds = shapely.total_bounds([_shape(feature) for feature in features])
        np.testing.assert_allclose(bounds, (west, south, east, north), atol=1e-7)
        assert ("temporal" in each["extent"]) == (each["id"] in OF_PLAN)
    (interval,) = listed[3]["extent"]["temporal"]["interval"]
    assert interval == ["2017-10-16T22:00:00Z", "2017-10-30T22:59:59Z"]


@pytest.mark.usefixtures("plan")
def test_stops_and_drives_are_layers_of_one_geometry_too_and_together_the_tour(
    client: TestClient, ogc: str
) -> None:
    tour = read(client, f"{ogc}/collections/tour/items")["features"]
    stops = read(client, f"{ogc}/collections/tour-stops/items")["features"]
    legs = read(client, f"{ogc}/collections/tour-legs/items", kit=1)["features"]
    assert {each["geometry"]["type"] for each in stops} == {"Point"}
    assert {each["geometry"]["type"] for each in legs} == {"LineString"}
    assert [each["id"] for each in stops] == [e["id"] for e in tour if e["id"].startswith("stop")]
    assert [each["id"] for each in legs] == [e["id"] for e in tour if e["id"].startswith("leg~1")]
    whole = {each["id"]: each for each in tour}
    for each in (*stops, *legs):
        assert each["properties"].items() <= whole[each["id"]]["properties"].items()
        told = {k for k, v in whole[each["id"]]["properties"].items() if v is not None}
        assert told - {"kind"} <= each["properties"].keys()


def test_a_page_has_the_count_the_time_and_links_to_the_others(
    client: TestClient, ogc: str, clock: SetClock
) -> None:
    first = read(client, f"{ogc}/collections/faces/items", limit=50)
    assert first["numberMatched"] == 64
    assert first["numberReturned"] == len(first["features"]) == 50
    assert datetime.fromisoformat(first["timeStamp"]) == clock.now
    assert {each["rel"] for each in first["links"]} == {"self", "alternate", "next", "collection"}
    second = read(client, link(first, "next") or "")
    assert len(second["features"]) == 14
    assert link(second, "next") is None
    assert ids(first) + ids(second) == [f"f{i:02}" for i in range(64)]


def test_pages_of_any_length_hold_each_feature_once(client: TestClient, ogc: str) -> None:
    for collection, n in (("zones", 7), ("maisons", 4)):
        address: str | None = f"{ogc}/collections/{collection}/items?limit=3"
        found: list[str] = []
        while address is not None:
            page = read(client, address)
            found += ids(page)
            address = link(page, "next")
        assert len(found) == len(set(found)) == n


def test_a_hundred_features_are_given_unless_more_are_asked_for(
    client: TestClient, isere: str
) -> None:
    items = f"/campaigns/{isere}/ogc/collections/faces/items"
    assert read(client, items)["numberReturned"] == 100
    assert read(client, items, limit=10_000)["numberReturned"] == 2062
    assert read(client, items, limit=999_999)["numberReturned"] == 2062


def test_a_box_gives_what_meets_it_and_what_has_no_place(
    client: TestClient, store: Store, tiny: str, ogc: str
) -> None:
    first, last = lnglat_at(0, 0), lnglat_at(9, 4)
    box = f"{first.lng},{first.lat},{last.lng},{last.lat}"
    items = f"{ogc}/collections/faces/items"
    assert ids(read(client, items, bbox=box)) == ["f00", "f01"]
    with_heights = f"{first.lng},{first.lat},-100,{last.lng},{last.lat},4000"
    assert ids(read(client, items, bbox=with_heights)) == ["f00", "f01"]
    with store.write() as tx:
        found = tx.get(ROWS["faces"], (tiny, "f63"))
        assert found is not None
        found.geometry = found.minx = found.miny = found.maxx = found.maxy = None
        campaign = tx.get(CampaignRecord, tiny)
        assert campaign is not None
        campaign.rows_version += 1
    assert ids(read(client, items, bbox=box)) == ["f00", "f01", "f63"]


def test_a_box_meets_the_polygon_of_a_zone_and_not_its_bounds(client: TestClient, ogc: str) -> None:
    # The square lies askew in degrees: its south-west corner is inside the bounds, and outside it.
    zone = read(client, f"{ogc}/collections/zones/items/t1")
    shape = _shape(zone)
    west, south, east, north = shape.bounds
    step = 1e-4
    corners = [
        (west, south),
        (east - step, south),
        (west, north - step),
        (east - step, north - step),
    ]
    boxes = [shapely.box(x, y, x + step, y + step) for x, y in corners]
    outside = [box for box in boxes if not box.intersects(shape)]
    assert outside
    for box in outside:
        text = ",".join(map(str, box.bounds))
        assert "t1" not in ids(read(client, f"{ogc}/collections/zones/items", bbox=text))
    inside = ",".join(map(str, shape.centroid.buffer(step).bounds))
    assert ids(read(client, f"{ogc}/collections/zones/items", bbox=inside)) == ["dep", "sud", "t1"]


def test_a_box_may_go_over_the_antimeridian(client: TestClient, ogc: str) -> None:
    items = f"{ogc}/collections/faces/items"
    everything = read(client, items, bbox="5,40,-170,50")
    nothing = read(client, items, bbox="170,40,-170,50")
    assert everything["numberMatched"] == 64
    assert nothing["numberMatched"] == 0
    zones = f"{ogc}/collections/zones/items"
    assert read(client, zones, bbox="5.6,40,-170,50")["numberMatched"] == 7
    assert read(client, zones, bbox="170,40,-170,50")["numberMatched"] == 0


ASKED = [
    ("2017-10-18T12:00:00Z", ["f00~1", "f63~1"]),
    ("2017-10-18", ["f00~1", "f63~1"]),
    ("2017-10-23T21:59:59Z", ["f00~1", "f63~1"]),  # the last second of that day in Paris
    ("2017-10-23T22:00:00Z", ["f09~2"]),
    ("2017-10-23T23:59:59.5+02:00", ["f00~1", "f63~1"]),
    ("2017-10-23T00:00:00Z/2017-10-24T00:00:00Z", ["f00~1", "f63~1", "f09~2"]),
    ("2017-10-24T00:00:00Z/..", ["f09~2"]),
    ("2017-10-24T00:00:00Z/", ["f09~2"]),
    ("2017-10-24T/..", ["f09~2"]),  # as GDAL 3.6 writes a day
    ("2017-10-18T", ["f00~1", "f63~1"]),
    ("../2017-10-17T12:00:00Z", ["f00~1", "f63~1"]),
    ("/2017-10-01T00:00:00Z", []),
    ("2018-01-01/..", []),
]


@pytest.mark.usefixtures("plan")
def test_postings_are_found_by_moments_and_intervals(client: TestClient, ogc: str) -> None:
    for asked, found in ASKED:
        assert ids(read(client, f"{ogc}/collections/postings/items", datetime=asked)) == found


@pytest.mark.usefixtures("plan")
def test_stops_and_drives_are_found_by_moments_and_zones_have_no_time(
    client: TestClient, ogc: str
) -> None:
    tour = f"{ogc}/collections/tour/items"
    assert ids(read(client, tour, datetime="2017-10-17T08:30:00+02:00")) == ["stop~1~1", "leg~2~1"]
    assert (
        read(client, f"{ogc}/collections/zones/items", datetime="1999-01-01")["numberMatched"] == 7
    )


def test_features_are_found_by_the_values_of_their_properties(
    client: TestClient, store: Store, tiny: str, ogc: str
) -> None:
    add_plan(store, tiny)
    zones = f"{ogc}/collections/zones/items"
    assert ids(read(client, zones, level="secteur")) == ["nord", "sud"]
    assert ids(client.get(zones, params={"parent_id": "nord"}).json()) == ["t3", "t4"]
    assert ids(client.get(zones, params={"parent_id": ""}).json()) == ["dep"]
    postings = f"{ogc}/collections/postings/items"
    assert ids(read(client, postings, period=2)) == ["f09~2"]
    assert ids(read(client, f"{ogc}/collections/tour/items", kind="stop", kit=2)) == ["stop~2~1"]
    east = lnglat_at(20, 0).lng
    assert ids(read(client, zones, level="territoire", bbox=f"{east + 0.1},45,7,46")) == [
        "t2",
        "t4",
    ]


REFUSED = [
    "limit=0", "limit=-1", "limit=1.5", "limit=", "limit=1&limit=2", "nosuch=1",
    "price_eur=100", "bbox=1,2,3", "bbox=1,2,3,4,5", "bbox=a,b,c,d", "bbox=5,46,6,45",
    "bbox=-181,0,0,10", "bbox=0,0,10,91", "bbox=nan,0,1,1", "bbox=1,2,9,3,4,8",
    "bbox=1e999,0,1,1", "datetime=yesterday", "datetime=../..", "datetime=2017-13-01",
    "datetime=2018-01-01/2017-01-01", "datetime=2017-01-01T00:00:00", "datetime=9999-12-31",
    "crs=EPSG:2154", "bbox-crs=EPSG:2154", "cursor=abc", "plan=p_other", "f=xml",
    "operator=%00",
]  # fmt: skip


def test_what_is_not_known_or_not_right_is_refused(client: TestClient, ogc: str) -> None:
    for query in REFUSED:
        response = client.get(f"{ogc}/collections/faces/items?{query}")
        assert response.status_code == 400, query
        assert response.headers["content-type"] == "application/problem+json"
        name = query.partition("=")[0]
        assert [error["location"][1] for error in response.json()["errors"]] == [name]


def test_all_faults_of_a_request_are_told_at_once(client: TestClient, ogc: str) -> None:
    response = client.get(f"{ogc}/collections/faces/items?limit=0&bbox=1&colour=red")
    told = {error["location"][1] for error in response.json()["errors"]}
    assert told == {"limit", "bbox", "colour"}


def test_no_page_takes_a_parameter_that_it_does_not_know(client: TestClient, ogc: str) -> None:
    for page in PAGES:
        assert client.get(f"{ogc}{page}?nosuch=1").status_code == 400


def test_what_is_not_there_is_not_found(client: TestClient, ogc: str) -> None:
    for path in (
        "/collections/nosuch",
        "/collections/nosuch/items",
        "/collections/faces/items/f99",
    ):
        assert client.get(f"{ogc}{path}").status_code == 404
    assert client.get("/campaigns/c_nosuch/ogc/collections/faces/items").status_code == 404


def test_a_state_that_is_known_is_not_sent_again_until_it_changes(
    client: TestClient, store: Store, tiny: str, ogc: str
) -> None:
    paths = [f"{ogc}/collections", f"{ogc}/collections/faces/items", f"{ogc}/collections/faces"]
    tags = [client.get(path).headers["etag"] for path in paths]
    for path, tag in zip(paths, tags, strict=True):
        again = client.get(path, headers={"If-None-Match": tag})
        assert again.status_code == 304
        assert again.content == b""
        as_page = client.get(f"{path}?f=html", headers={"If-None-Match": tag})
        assert as_page.status_code == 200
    _raise_price(store, tiny)
    for path, tag in zip(paths, tags, strict=True):
        assert client.get(path, headers={"If-None-Match": tag}).status_code == 200
    face = read(client, f"{ogc}/collections/faces/items?limit=1")["features"][0]
    assert face["properties"]["price_eur"] == 123.45


# Part 1, GeoJSON


@pytest.mark.usefixtures("plan")
@pytest.mark.parametrize("collection", COLLECTIONS)
def test_features_are_geojson_with_every_property_that_the_schema_names(
    client: TestClient, ogc: str, collection: str
) -> None:
    response = client.get(f"{ogc}/collections/{collection}/items")
    assert response.headers["content-type"] == "application/geo+json"
    schema = read(client, f"{ogc}/collections/{collection}/schema")
    own = schema["properties"]["properties"]
    validator = jsonschema_rs.validator_for(own)
    for feature in response.json()["features"]:
        assert feature["type"] == "Feature"
        assert set(feature["properties"]) == set(own["properties"])
        validator.validate(feature["properties"])
        one = client.get(f"{ogc}/collections/{collection}/items/{feature['id']}")
        assert one.headers["content-type"] == "application/geo+json"
        assert {k: v for k, v in one.json().items() if k != "links"} == feature
        assert {"self", "alternate", "collection"} <= {each["rel"] for each in one.json()["links"]}


def test_outer_rings_go_anticlockwise_and_borders_stay_shared(client: TestClient, ogc: str) -> None:
    zones = read(client, f"{ogc}/collections/zones/items")["features"]
    shapes = {zone["id"]: _shape(zone) for zone in zones}
    assert all(shapely.is_ccw(shape.exterior) for shape in shapes.values())
    assert shapely.relate(shapes["t1"], shapes["t2"])[4] == "1"  # a line in common, no more
    assert shapely.relate(shapes["t1"], shapes["t2"])[0] == "F"


# Part 1, HTML


@pytest.mark.usefixtures("plan")
def test_every_page_is_there_to_read_and_asks_nothing_of_others(
    client: TestClient, ogc: str
) -> None:
    for page in PAGES:
        response = client.get(f"{ogc}{page}", headers={"Accept": "text/html,*/*;q=0.5"})
        assert response.status_code == 200
        assert response.headers["content-type"] == "text/html; charset=utf-8"
        text = response.text
        assert text.startswith('<!DOCTYPE html>\n<html lang="en">')
        assert not re.search(r"<(script|link|img|iframe|object)\b|\bon\w+=|\bsrc=|url\(", text)
        policy = response.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        for each in client.get(f"{ogc}{page}?f=json").json().get("links", []):
            if each["rel"] not in {"self", "alternate", "next"}:
                assert f'href="{each["href"].replace("&", "&amp;")}"' in text


def test_what_was_typed_is_never_markup(client: TestClient, store: Store, tiny: str) -> None:
    add_plan(store, tiny)
    stops = client.get(f"/campaigns/{tiny}/ogc/collections/tour/items?f=html").text
    assert "Maison du Département « Sud &amp; Cie »" in stops
    evil = '"><script>alert(1)</script>'
    page = client.get(
        f"/campaigns/{tiny}/ogc/collections/faces/items", params={"f": "html", "city": evil}
    )
    assert page.status_code == 200
    assert "<script" not in page.text


def test_what_is_accepted_is_what_is_given(client: TestClient, ogc: str) -> None:
    given = {
        "*/*": "application/geo+json",
        "application/json": "application/geo+json",
        "text/html;q=0.4, application/geo+json;q=0.5": "application/geo+json",
        "text/html": "text/html; charset=utf-8",
        "application/xhtml+xml, text/*;q=0.1": "text/html; charset=utf-8",
    }
    for accepted, media_type in given.items():
        response = client.get(f"{ogc}/collections/zones/items", headers={"Accept": accepted})
        assert response.headers["content-type"] == media_type
    refused = client.get(f"{ogc}/collections/zones/items", headers={"Accept": "image/png"})
    assert refused.status_code == 406


# Part 1, OpenAPI 3.0


@pytest.mark.usefixtures("plan")
def test_the_api_document_describes_every_answer(client: TestClient, ogc: str) -> None:
    response = client.get(f"{ogc}/api")
    assert response.headers["content-type"] == "application/vnd.oai.openapi+json;version=3.0"
    document = response.json()
    assert document["openapi"].startswith("3.0.")
    assert document["servers"][0]["url"].endswith(ogc)
    for path, operations in document["paths"].items():
        operation = operations["get"]
        assert {"200", "400", "401", "403", "404", "406"} <= set(operation["responses"])
        asked = path.replace("{featureId}", _any_feature(client, ogc, path)).rstrip("/")
        answer = client.get(f"{ogc}{asked}")
        media_type = answer.headers["content-type"]
        schema = operation["responses"]["200"]["content"][media_type]["schema"]
        whole = _without_nullable({**schema, "components": document["components"]})
        jsonschema_rs.validator_for(whole).validate(answer.json())


def test_the_api_document_names_what_features_may_be_asked_for_by(
    client: TestClient, ogc: str
) -> None:
    document = read(client, f"{ogc}/api")
    for collection in COLLECTIONS:
        listing = document["paths"][f"/collections/{collection}/items"]["get"]["parameters"]
        names = [each["name"] for each in listing if "name" in each]
        assert names
        values = {"integer": "1", "string": "x"}
        types = {each["name"]: each["schema"]["type"] for each in listing if "name" in each}
        query = {name: values[types[name]] for name in names}
        response = client.get(f"{ogc}/collections/{collection}/items", params=query)
        assert response.status_code == 200


# Part 2, CRS by reference


@pytest.mark.usefixtures("plan")
@pytest.mark.parametrize("collection", ["zones", "tour"])
def test_coordinates_come_in_every_system_that_is_listed(
    client: TestClient, ogc: str, collection: str
) -> None:
    told = read(client, f"{ogc}/collections/{collection}")
    assert told["storageCrs"] == CRS84
    assert told["crs"] == [CRS84, f"{EPSG}4326", f"{EPSG}2154", f"{EPSG}3857"]
    items = f"{ogc}/collections/{collection}/items"
    plain = [_shape(each) for each in read(client, items)["features"]]
    for uri in told["crs"]:
        response = client.get(items, params={"crs": uri})
        assert response.headers["content-crs"] == f"<{uri}>"
        moved = [_shape(each) for each in response.json()["features"]]
        for before, after in zip(plain, moved, strict=True):
            lng, lat = shapely.get_coordinates(before)[0]
            first, second = shapely.get_coordinates(after)[0]
            if uri.endswith("/4326"):
                assert (first, second) == (lat, lng)
            elif uri != CRS84:
                x, y = reproject_points(
                    np.array([lng]), np.array([lat]), source=WGS84, target=int(uri[-4:])
                )
                assert abs(first - x[0]) < 0.02
                assert abs(second - y[0]) < 0.02
    one = client.get(f"{items}/{read(client, items)['features'][0]['id']}", params={"crs": uri})
    assert one.headers["content-crs"] == f"<{uri}>"
    assert client.get(items).headers["content-crs"] == f"<{CRS84}>"


def test_a_box_is_asked_for_in_every_system_too(client: TestClient, ogc: str) -> None:
    low, high = lnglat_at(0, 0), lnglat_at(9, 4)
    west, south, east, north = 890_000, 6_440_000, 899_000, 6_444_000
    faces, zones = f"{ogc}/collections/faces/items", f"{ogc}/collections/zones/items"
    lambert = f"{west},{south},{east},{north}"
    boxes = {
        f"{EPSG}2154": lambert,
        f"{EPSG}4326": f"{low.lat},{low.lng},{high.lat},{high.lng}",
        CRS84: f"{low.lng},{low.lat},{high.lng},{high.lat}",
    }
    for uri, box in boxes.items():
        assert ids(read(client, faces, bbox=box, bbox_crs=uri)) == ["f00", "f01"]
    # Exactly the square of t1, less a metre all round: it meets no neighbour in these metres.
    inner = "890001,6440001,909999,6459999"
    found = read(client, zones, bbox=inner, bbox_crs=f"{EPSG}2154", level="territoire")
    assert ids(found) == ["t1"]
    assert found["numberMatched"] == 1
    paged = read(client, zones, bbox=inner, bbox_crs=f"{EPSG}2154", limit=1)
    assert (paged["numberMatched"], ids(paged)) == (3, ["dep"])
    assert ids(read(client, link(paged, "next") or "")) == ["sud"]
    x, y = reproject_points(
        np.array([low.lng, high.lng]), np.array([low.lat, high.lat]), source=WGS84, target=3857
    )
    mercator = f"{x[0]},{y[0]},{x[1]},{y[1]}"
    assert ids(read(client, faces, bbox=mercator, bbox_crs=f"{EPSG}3857")) == ["f00", "f01"]
    world = "-9000000,-9000000,9000000,19000000"
    assert read(client, faces, bbox=world, bbox_crs=f"{EPSG}2154")["numberMatched"] == 64
    upside = "899000,6444000,890000,6440000"
    for uri in (f"{EPSG}2154", f"{EPSG}3857"):
        response = client.get(faces, params={"bbox": upside, "bbox-crs": uri})
        assert response.status_code == 400


# Which plan, and what of it


def test_the_plan_is_the_latest_that_is_settled_else_the_latest(
    client: TestClient, store: Store, tiny: str, ogc: str
) -> None:
    description = f"{ogc}/collections/postings"
    assert "no plan yet" in read(client, description)["description"]
    assert read(client, f"{description}/items")["numberMatched"] == 0
    add_plan(store, tiny)
    second = add_plan(store, tiny)
    assert f"plan 2 ({second}), which is draft" in read(client, description)["description"]
    third = add_plan(store, tiny, state=PlanState.APPROVED)
    fourth = add_plan(store, tiny, state=PlanState.PROPOSED)
    assert f"plan 3 ({third}), which is approved" in read(client, description)["description"]
    chosen = read(client, description, plan=fourth)
    assert f"plan 4 ({fourth})" in chosen["description"]
    assert f"plan={fourth}" in (link(chosen, "items") or "")
    assert read(client, f"{description}/items", plan=fourth)["numberMatched"] == 3


def test_a_plan_of_another_campaign_is_none_of_this_one(
    client: TestClient, store: Store, isere: str, ogc: str
) -> None:
    other = add_plan(store, isere)
    response = client.get(f"{ogc}/collections/postings/items", params={"plan": other})
    assert response.status_code == 400


def test_a_portrait_that_was_withdrawn_is_no_longer_posted(
    client: TestClient, store: Store, tiny: str, ogc: str
) -> None:
    add_plan(store, tiny, withdrawn=("A1",))
    assert ids(read(client, f"{ogc}/collections/postings/items")) == ["f63~1"]


def test_stops_are_points_and_drives_are_lines_between_them(
    client: TestClient, ogc: str, plan: str
) -> None:
    tour = {each["id"]: each for each in read(client, f"{ogc}/collections/tour/items")["features"]}
    assert plan
    assert list(tour) == [
        "stop~1~1", "stop~1~2", "stop~2~1", "leg~1~1", "leg~1~2", "leg~2~1", "leg~2~2",
    ]  # fmt: skip
    stop, leg = tour["stop~1~2"], tour["leg~1~1"]
    assert stop["properties"]["open_on"] == "2017-10-20|2017-10-23"
    assert stop["properties"]["begins"] == "2017-10-17T18:45:00+02:00"
    assert leg["properties"]["drive_min"] == 45.5
    ends = [tour["stop~1~1"]["geometry"]["coordinates"], stop["geometry"]["coordinates"]]
    assert leg["geometry"] == {"type": "LineString", "coordinates": ends}


# Who may see what


def test_prices_are_for_those_who_may_read_the_order(
    application: Any, as_role: AsRole, store: Store, tiny: str, ogc: str
) -> None:
    add_plan(store, tiny)
    planner = as_role(Role.PLANNER)
    limited = TestClient(application)

    def only_features() -> Principal:
        role = {EVERYWHERE: frozenset({Role.PLANNER})}
        return Principal("une carte", role, frozenset({Action.FEATURES_READ}))

    paths = ["faces/items", "faces/items/f00", "postings/items", "faces/schema"]
    texts = [planner.get(f"{ogc}/collections/{path}").text for path in paths]
    whole = planner.get(f"/campaigns/{tiny}/faces.geojson")
    assert all("price_eur" in text for text in [*texts, whole.text])
    application.dependency_overrides[authenticate] = only_features
    for path in paths:
        response = limited.get(f"{ogc}/collections/{path}")
        assert response.status_code == 200
        assert "price_eur" not in response.text
    assert "price_eur" not in limited.get(f"{ogc}/api").text
    assert "price_eur" not in limited.get(f"/campaigns/{tiny}/faces.geojson").text
    assert limited.get(f"{ogc}/collections/faces/items?f=html").text.count("price") == 0


def test_features_are_for_planners_and_approvers_and_name_no_agent(
    as_role: AsRole, nobody: TestClient, store: Store, tiny: str, ogc: str
) -> None:
    add_plan(store, tiny)
    statuses = {
        role: as_role(role).get(f"{ogc}/collections/postings/items").status_code for role in Role
    }
    assert statuses == {
        Role.ADMIN: 403,
        Role.PLANNER: 200,
        Role.APPROVER: 200,
        Role.BUYER: 403,
        Role.READER: 403,
    }
    assert nobody.get(ogc).status_code == 401
    for collection in COLLECTIONS:
        text = as_role(Role.PLANNER).get(f"{ogc}/collections/{collection}/items").text
        assert "Nom Secret" not in text
        assert "agent" not in text


# The whole inventory


def test_the_whole_inventory_is_one_file(client: TestClient, isere: str) -> None:
    response = client.get(f"/campaigns/{isere}/faces.geojson")
    assert response.headers["content-type"] == "application/geo+json"
    assert "content-length" not in response.headers
    whole = response.json()
    paged = read(client, f"/campaigns/{isere}/ogc/collections/faces/items", limit=10_000)
    assert whole == {"type": "FeatureCollection", "features": paged["features"]}
    again = client.get(
        f"/campaigns/{isere}/faces.geojson", headers={"If-None-Match": response.headers["etag"]}
    )
    assert again.status_code == 304


def test_an_inventory_that_is_not_there_yet_is_an_empty_file(
    client: TestClient, store: Store
) -> None:
    with store.write() as tx:
        empty = campaigns.create(tx, name="Vide", settings={}, act=ACT).campaign_id
    whole = client.get(f"/campaigns/{empty}/faces.geojson").json()
    assert whole == {"type": "FeatureCollection", "features": []}
    for collection in COLLECTIONS:
        told = read(client, f"/campaigns/{empty}/ogc/collections/{collection}")
        assert "extent" not in told
        items = read(
            client, f"/campaigns/{empty}/ogc/collections/{collection}/items", bbox="0,0,9,9"
        )
        assert (items["numberMatched"], items["features"]) == (0, [])


def _shape(feature: Any) -> Any:
    return shapely.from_geojson(json.dumps(feature["geometry"]))


def _any_feature(client: TestClient, ogc: str, path: str) -> str:
    if "{featureId}" not in path:
        return ""
    items = read(client, ogc + path.replace("/{featureId}", ""), limit=1)
    found: str = items["features"][0]["id"]
    return found


def _without_nullable(schema: Any) -> Any:
    """Return an OpenAPI 3.0 schema as JSON Schema has it."""
    if isinstance(schema, list):
        return [_without_nullable(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    told = {name: _without_nullable(each) for name, each in schema.items() if name != "nullable"}
    if schema.get("nullable") is True:
        told["type"] = [schema["type"], "null"]
    return told


def _raise_price(store: Store, campaign_id: str) -> None:
    with store.write() as tx:
        record = inputs.get(tx, campaign_id, "faces")
        row = inputs.row(tx, campaign_id, "faces", "f00")
        assert record is not None
        assert row is not None
        inputs.change_row(tx, record, row, cells={"price_eur": "123.45"}, act=ACT)
