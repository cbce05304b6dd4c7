"""A plan as layers: GeoPackage, GeoJSON, GeoParquet, read back by others than wrote them."""

from __future__ import annotations

import io
import json
import sqlite3
import subprocess
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree as ET

import pyarrow.parquet as pq
import pyogrio
import pytest
import shapely
from shapely.geometry import shape

from data.write.geojson import geojson
from data.write.geopackage import geopackage
from data.write.geoparquet import geoparquet
from data.write.layers import Layer, plan_layers
from geo.crs import LngLat
from tests.golden.tiny_plan import plan_campaign, plan_eligibility, tiny_plan

NAMES = ["zones", "maisons", "faces", "postings", "tour"]
COUNTS = {"zones": 7, "maisons": 4, "faces": 64, "postings": 3, "tour": 4}
ATTRIBUTION = "Données « fictives » <b>&"


def tiny_layers() -> tuple[Layer, ...]:
    campaign = plan_campaign()
    agents = tuple(
        replace(agent, name=f"Camille Secret{i}", job="métier secret", headline="titre secret")
        for i, agent in enumerate(campaign.agents)
    )
    campaign = replace(campaign, agents=agents)
    return plan_layers(campaign, eligibility=plan_eligibility(campaign), plan=tiny_plan())


def tiny_package() -> bytes:
    return geopackage(
        tiny_layers(),
        title="Carré",
        attribution=ATTRIBUTION,
        day=plan_campaign().periods.start,
        visuals=["P1", "P2", "P3", "P4"],
    )


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("gpkg") / "plan.gpkg"
    path.write_bytes(tiny_package())
    return path


def layer_named(name: str) -> Layer:
    return next(layer for layer in tiny_layers() if layer.name == name)


# GeoPackage


@pytest.mark.slow  # needs gdal-bin, which `make test` installs
def test_ogrinfo_reads_every_layer_with_its_features_and_its_crs(package: Path) -> None:
    said = subprocess.run(
        ["ogrinfo", "-so", "-al", str(package)], capture_output=True, check=True, encoding="utf-8"
    )
    assert said.stderr == ""
    for name, count in COUNTS.items():
        part = said.stdout.split(f"Layer name: {name}\n")[1].split("Layer name:")[0]
        assert f"Feature Count: {count}\n" in part
        assert 'ID["EPSG",2154]]' in part


@pytest.mark.slow  # needs gdal-bin, which `make test` installs
def test_ogrinfo_reads_values_as_they_are_meant(package: Path) -> None:
    command = ["ogrinfo", str(package), "postings", "-where", "ref_face = 'f00'"]
    said = subprocess.run(command, capture_output=True, check=True, encoding="utf-8").stdout
    assert "code_insee (String) = 01004" in said
    assert "date_debut (Date) = 2017/10/17" in said
    assert "prix_espace_ht (Real) = 123.45" in said
    assert "commune (String) = Ambérieu-en-Bugey" in said
    assert "POINT (892500 6442500)" in said


def test_a_reader_finds_the_layers_first_and_what_is_not_known_empty(package: Path) -> None:
    assert [name for name, _ in pyogrio.list_layers(package)][:5] == NAMES
    faces = pyogrio.read_dataframe(package, layer="faces")
    assert faces["surface_m2"].isna().tolist()[9]
    assert faces["vagues"].tolist()[:2] == ["1", ""]
    tour = pyogrio.read_dataframe(package, layer="tour")
    assert tour.geometry.geom_type.unique().tolist() == ["LineString"]
    assert tour["trace"].unique().tolist() == ["ligne droite"]


def test_each_layer_brings_its_style_for_qgis(package: Path) -> None:
    with closing(sqlite3.connect(package)) as base:
        rows = base.execute(
            "SELECT f_table_name, f_geometry_column, styleQML, useAsDefault FROM layer_styles"
        ).fetchall()
        listed = base.execute(
            "SELECT data_type FROM gpkg_contents WHERE table_name = 'layer_styles'"
        ).fetchall()
    assert [row[0] for row in rows] == NAMES
    assert listed == [("attributes",)]
    assert {(row[1], row[3]) for row in rows} == {("geom", 1)}
    styles = {row[0]: ET.fromstring(row[2].split("\n", 1)[1]) for row in rows}  # noqa: S314 - ours
    assert all(style.tag == "qgis" for style in styles.values())
    categories = styles["postings"].findall("renderer-v2/categories/category")
    assert [category.get("value") for category in categories] == ["P1", "P2", "P3", "P4"]
    colours = styles["postings"].findall("renderer-v2/symbols/symbol/layer/prop[@k='color']")
    assert len({colour.get("v") for colour in colours}) == 4


def test_metadata_tell_whose_data_these_are(package: Path) -> None:
    with closing(sqlite3.connect(package)) as base:
        rows = base.execute(
            "SELECT reference_scope, table_name, metadata FROM gpkg_metadata "
            "JOIN gpkg_metadata_reference ON md_file_id = gpkg_metadata.id ORDER BY md_file_id"
        ).fetchall()
        check = base.execute("PRAGMA integrity_check").fetchall()
        foreign = base.execute("PRAGMA foreign_key_check").fetchall()
    assert [(scope, table) for scope, table, _ in rows] == [
        ("geopackage", None),
        *(("table", name) for name in NAMES),
    ]
    for _, _, text in rows:
        assert ET.fromstring(text).findtext("rights") == ATTRIBUTION  # noqa: S314 - ours
    assert (check, foreign) == ([("ok",)], [])


def test_the_same_plan_gives_the_same_package(package: Path) -> None:
    assert tiny_package() == package.read_bytes()
    with closing(sqlite3.connect(package)) as base:
        moments = base.execute("SELECT DISTINCT last_change FROM gpkg_contents").fetchall()
    assert moments == [("2017-10-17T00:00:00.000Z",)]


# GeoJSON


@pytest.mark.parametrize("name", NAMES)
def test_geojson_is_a_collection_in_degrees_with_six_decimals(name: str) -> None:
    text = geojson(layer_named(name), attribution=ATTRIBUTION).decode()
    document = json.loads(text)
    assert document["type"] == "FeatureCollection"
    assert document["attribution"] == ATTRIBUTION
    assert "crs" not in document
    assert len(document["features"]) == COUNTS[name]
    for feature in document["features"]:
        found = shape(feature["geometry"])
        assert found.is_valid
        xy = shapely.get_coordinates(found)
        assert (abs(xy - xy.round(6)) < 1e-12).all()
        assert ((xy > (5, 44)) & (xy < (7, 46))).all()


@pytest.mark.parametrize("turned", [False, True])
def test_rings_follow_the_right_hand(*, turned: bool) -> None:
    layer = layer_named("zones")
    shapes = shapely.reverse(layer.shapes) if turned else layer.shapes
    text = geojson(replace(layer, shapes=shapes), attribution="")
    for feature in json.loads(text)["features"]:
        for polygon in shapely.get_parts(shape(feature["geometry"])).tolist():
            assert polygon.exterior.is_ccw


def test_values_are_json_numbers_text_and_null() -> None:
    faces = json.loads(geojson(layer_named("faces"), attribution=""))["features"]
    properties = faces[9]["properties"]
    assert properties["surface_m2"] is None
    assert (properties["contacts"], properties["prix_espace_ht"]) == (1000, 0.05)
    assert isinstance(properties["contacts"], int)
    postings = json.loads(geojson(layer_named("postings"), attribution=""))["features"]
    assert postings[0]["properties"]["date_debut"] == "2017-10-17"


# GeoParquet


@pytest.mark.parametrize("name", NAMES)
def test_geoparquet_says_what_it_holds(name: str) -> None:
    content = geoparquet(layer_named(name), attribution=ATTRIBUTION)
    assert content == geoparquet(layer_named(name), attribution=ATTRIBUTION)
    table = pq.read_table(io.BytesIO(content))
    metadata = table.schema.metadata
    geo = json.loads(metadata[b"geo"])
    column = geo["columns"]["geometry"]
    assert (geo["version"], geo["primary_column"]) == ("1.1.0", "geometry")
    assert (column["encoding"], len(column["geometry_types"])) == ("WKB", 1)
    assert metadata[b"attribution"].decode() == ATTRIBUTION
    shapes = shapely.from_wkb(table["geometry"].to_pylist())
    assert len(shapes) == COUNTS[name]
    assert column["bbox"] == pytest.approx(shapely.total_bounds(shapes).tolist())


def test_an_empty_layer_is_still_a_file() -> None:
    plan = tiny_plan()
    plan = replace(plan, allocation=replace(plan.allocation, postings=()))
    campaign = plan_campaign()
    layers = plan_layers(campaign, eligibility=plan_eligibility(campaign), plan=plan)
    postings = next(layer for layer in layers if layer.name == "postings")
    assert json.loads(geojson(postings, attribution=""))["features"] == []
    assert pq.read_table(io.BytesIO(geoparquet(postings, attribution=""))).num_rows == 0
    day = campaign.periods.start
    content = geopackage(layers, title="", attribution="", day=day, visuals=[])
    assert content.startswith(b"SQLite format 3\0")


# What is in them


def test_no_layer_names_an_agent() -> None:
    for layer in tiny_layers():
        text = geojson(layer, attribution="").decode()
        assert "ecret" not in text, layer.name
        assert '"A1"' not in text, layer.name
    package = tiny_package()
    assert b"ecret" not in package


def test_zones_count_their_postings_and_name_their_visuals() -> None:
    zones = layer_named("zones").columns
    rows = dict(
        zip(zones["zone_id"], zip(zones["affichages"], zones["visuels"], strict=True), strict=True)
    )
    assert rows["dep"] == (3, "P1, P4")
    assert rows["t1"] == (2, "P1")
    assert rows["t2"] == (0, "")


def test_a_place_that_was_only_found_by_its_address_says_so() -> None:
    campaign = plan_campaign()
    precision = campaign.faces.precision.copy()
    precision[9] = "commune"
    campaign = replace(campaign, faces=replace(campaign.faces, precision=precision))
    layers = plan_layers(campaign, eligibility=plan_eligibility(campaign), plan=tiny_plan())
    faces, postings = layers[2].columns["precision"], layers[3].columns["precision"]
    assert (faces[9], faces[0]) == ("centre de la commune", "")
    assert postings.tolist() == ["", "", "centre de la commune"]


def test_a_leg_follows_its_road_where_that_is_known() -> None:
    plan, campaign = tiny_plan(), plan_campaign()
    path = (LngLat(5.5, 45.1), LngLat(5.6, 45.15), LngLat(5.7, 45.1))
    legs = tuple(replace(leg, path=path) if leg.kit == 2 else leg for leg in plan.tour.legs)
    plan = replace(plan, tour=replace(plan.tour, legs=legs))
    tour = plan_layers(campaign, eligibility=plan_eligibility(campaign), plan=plan)[-1]
    kinds = dict(zip(tour.columns["kit"].tolist(), tour.columns["trace"], strict=True))
    assert kinds == {1: "ligne droite", 2: "route"}
    assert shapely.get_num_points(tour.shapes).tolist() == [2, 2, 3, 3]
