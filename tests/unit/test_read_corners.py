"""Corners of the reading: rare problems, and that one does not hide or invent another."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import geopandas as gpd
import pytest
import shapely

from data.gdal import geojson
from data.read import Code, read_campaign
from data.read.cells import CellFault, price, share
from geo.errors import Problem
from tests.contract.campaigns import change, good_campaign

Found = list[tuple[str, str]]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return good_campaign(tmp_path / "campaign")


def _found(folder: Path) -> Found:
    return [(str(problem.where), problem.code) for problem in read_campaign(folder).problems]


def _only(folder: Path) -> Problem:
    (problem,) = read_campaign(folder).problems
    return problem


def _edit_layer(path: Path, row: int, **members: Any) -> None:
    layer = json.loads(path.read_text(encoding="utf-8"))
    layer["features"][row - 1].update(members)
    path.write_text(json.dumps(layer), encoding="utf-8")


@pytest.mark.parametrize(
    ("old", "new", "found"),
    [
        ("end = 2017-11-17", "end = 2027-11-17", ("tour.end", Code.OUT_OF_RANGE)),
        ("end = 2017-11-17", "end = 3017-11-17", ("tour.end", Code.OUT_OF_RANGE)),
        ('name = "Carré autour de Grenoble"', 'name = ""', ("campaign.name", Code.OUT_OF_RANGE)),
        ('depot = "m1"', "depot = 1", ("tour.depot", Code.BAD_TYPE)),
        ("periods = 4", "periods = 4.0", ("campaign.periods", Code.BAD_TYPE)),
        ("periods = 4", "periods = true", ("campaign.periods", Code.BAD_TYPE)),
        ("seed = 0", "seed = 99999999999999999999", ("campaign.seed", Code.OUT_OF_RANGE)),
    ],
)
def test_a_value_of_campaign_toml_that_does_not_fit_is_named(
    folder: Path, old: str, new: str, found: tuple[str, str]
) -> None:
    change(folder, "campaign.toml", (old, new))
    problem = _only(folder)
    assert (problem.where.column, problem.code) == found
    assert problem.where.row > 0


def test_as_few_kits_as_will_do_may_be_asked_of_those_that_keep_to_zones(folder: Path) -> None:
    kits = 'kits = "min"\nkit_zones = ["nord", "sud", "sud"]'
    change(folder, "campaign.toml", ("[tour]", f"[tour]\n{kits}"))
    campaign = read_campaign(folder).campaign
    assert campaign is not None
    assert campaign.tour is not None
    assert (campaign.tour.kits, campaign.tour.fewest_kits) == (3, True)
    assert campaign.tour.kit_zones == ("nord", "sud", "sud")


@pytest.mark.parametrize("section", ["campaign", "files", "matching", "sequences", "tour"])
def test_a_section_that_is_no_section_is_named(folder: Path, section: str) -> None:
    text = (folder / "campaign.toml").read_text(encoding="utf-8")
    blocks = [block for block in text.split("\n[") if not block.lstrip("[").startswith(section)]
    rest = "\n[".join(blocks)
    rest = rest if rest.startswith("[") else f"[{rest}"
    (folder / "campaign.toml").write_text(f"{section} = 3\n{rest}", encoding="utf-8")
    assert (f"campaign.toml, ligne 1, colonne {section}", Code.BAD_TYPE) in _found(folder)


def test_a_campaign_file_in_windows_1252_is_refused(folder: Path) -> None:
    path = folder / "campaign.toml"
    path.write_bytes(path.read_text(encoding="utf-8").encode("cp1252"))
    assert _found(folder) == [("campaign.toml, ligne 2", Code.UNDECODABLE_TEXT)]


def test_a_folder_that_does_not_exist_has_no_campaign(tmp_path: Path) -> None:
    assert _found(tmp_path / "nowhere") == [("campaign.toml", Code.MISSING_CAMPAIGN_FILE)]


def test_levels_that_go_round_are_named(folder: Path) -> None:
    path = folder / "zones.geojson"
    layer = json.loads(path.read_text(encoding="utf-8"))
    odd = layer["features"][6]["properties"]
    odd.update(level="departement")
    path.write_text(json.dumps(layer), encoding="utf-8")
    assert ("zones.geojson, colonne level", Code.LEVEL_ORDER) in _found(folder)


def test_a_feature_with_a_crs_of_its_own_is_named(folder: Path) -> None:
    crs = {"type": "name", "properties": {"name": "EPSG:2154"}}
    _edit_layer(folder / "interdits.geojson", 1, crs=crs)
    assert _found(folder) == [
        ("interdits.geojson, ligne 1, colonne geometry", Code.MIXED_CRS),
    ]


def test_a_point_that_is_not_finite_in_a_layer_is_named(folder: Path) -> None:
    table = gpd.pd.read_csv(folder / "inventaire.csv", sep=";", dtype=str, keep_default_na=False)
    features = [
        {
            "type": "Feature",
            "geometry": {"type": "Point", "coordinates": [float(row["lon"]), float(row["lat"])]},
            "properties": row,
        }
        for row in table.to_dict("records")
    ]
    features[3]["geometry"]["coordinates"] = [float("nan"), 45.1]
    text = json.dumps({"type": "FeatureCollection", "features": features})
    (folder / "faces.geojson").write_text(text, encoding="utf-8")
    change(folder, "campaign.toml", ("inventaire.csv", "faces.geojson"))
    assert _found(folder) == [("faces.geojson, ligne 4, colonne geometry", Code.NOT_FINITE)]


def test_points_that_their_crs_cannot_hold_are_named(folder: Path) -> None:
    change(folder, "inventaire.csv", ("lat;lon", "y;x"), ("45.05;5.55", "1e30;1e30"))
    change(folder, "campaign.toml", ("[matching]", 'faces_crs = "EPSG:32631"\n\n[matching]'))
    codes = {code for place, code in _found(folder) if "ligne 2" in place}
    assert codes == {Code.OUT_OF_RANGE}


def test_a_polygon_that_its_crs_cannot_hold_is_named(folder: Path) -> None:
    far = [[[1e30, 1e30], [2e30, 1e30], [2e30, 2e30], [1e30, 1e30]]]
    _edit_layer(folder / "interdits.geojson", 1, geometry={"type": "Polygon", "coordinates": far})
    change(folder, "campaign.toml", ("[matching]", 'exclusions_crs = "EPSG:32631"\n\n[matching]'))
    assert _found(folder) == [
        ("interdits.geojson, ligne 1, colonne geometry", Code.OUT_OF_RANGE),
    ]


def test_a_layer_with_too_many_vertices_is_refused(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(geojson, "MOST_VERTICES", 20)
    assert ("zones.geojson", Code.FILE_TOO_LARGE) in _found(folder)


@pytest.mark.parametrize(
    ("text", "parse"), [("10000001", price), ("1001", share), ("1e300", price)]
)
def test_amounts_beyond_reason_are_refused(text: str, parse: Any) -> None:
    with pytest.raises(CellFault) as fault:
        parse(text)
    assert fault.value.code is Code.OUT_OF_RANGE


def _geopackage(folder: Path, layer: Any, **options: Any) -> None:
    layer.to_file(folder / "interdits.gpkg", driver="GPKG", **options)
    change(folder, "campaign.toml", ("interdits.geojson", "interdits.gpkg"))


def test_a_geopackage_without_crs_needs_the_campaign_to_say_it(folder: Path) -> None:
    layer = (
        gpd.read_file(folder / "interdits.geojson").to_crs(2154).set_crs(None, allow_override=True)
    )
    with pytest.warns(UserWarning, match="crs"):
        _geopackage(folder, layer)
    assert _found(folder) == [("interdits.gpkg", Code.MISSING_CRS)]
    change(folder, "campaign.toml", ("[matching]", 'exclusions_crs = "EPSG:2154"\n\n[matching]'))
    assert _found(folder) == []


def test_an_empty_geopackage_of_exclusions_is_all_right(folder: Path) -> None:
    _geopackage(folder, gpd.read_file(folder / "interdits.geojson").iloc[:0])
    assert _found(folder) == []


def test_a_geopackage_without_layers_of_shapes_is_refused(folder: Path) -> None:
    table = gpd.GeoDataFrame({"reason": ["a"]}, geometry=[shapely.Point(5.7, 45.2)], crs=4326)
    gpd.GeoDataFrame(table.drop(columns="geometry"))
    import pyogrio  # noqa: PLC0415 - GDAL, for this test alone

    pyogrio.write_dataframe(table.drop(columns="geometry"), folder / "interdits.gpkg")
    change(folder, "campaign.toml", ("interdits.geojson", "interdits.gpkg"))
    assert _found(folder) == [("interdits.gpkg", Code.BROKEN_GEOPACKAGE)]


def test_an_invalid_polygon_in_a_geopackage_is_named(folder: Path) -> None:
    bowtie = shapely.Polygon([(5.6, 45.3), (5.7, 45.4), (5.7, 45.3), (5.6, 45.4)])
    _geopackage(folder, gpd.GeoDataFrame({"reason": ["a"]}, geometry=[bowtie], crs=4326))
    assert _found(folder) == [
        ("interdits.gpkg, ligne 1, colonne geometry", Code.INVALID_POLYGON),
    ]


def test_a_name_shown_on_a_terminal_cannot_speak_to_it(folder: Path) -> None:
    layer = json.loads((folder / "interdits.geojson").read_text(encoding="utf-8"))
    layer["features"][0]["properties"]["reason"] = "\x1b[31mrouge"
    (folder / "interdits.geojson").write_text(json.dumps(layer), encoding="utf-8")
    problem = _only(folder)
    assert problem.code == Code.CONTROL_CHARACTER
    assert "\x1b" not in problem.message + problem.found


def test_a_broken_zone_file_does_not_blame_the_other_files(folder: Path) -> None:
    (folder / "zones.geojson").write_text("{", encoding="utf-8")
    assert _found(folder) == [("zones.geojson, ligne 1", Code.BROKEN_JSON)]


def test_a_broken_inventory_does_not_blame_the_locks(folder: Path) -> None:
    change(folder, "inventaire.csv", ("f01;p01", 'f01;"p01'))
    assert _found(folder) == [("inventaire.csv, ligne 2", Code.BROKEN_CSV)]


def test_an_unreadable_row_of_agents_does_not_blame_the_locks(folder: Path) -> None:
    change(folder, "agents.csv", ("A1;P1;", "A1;P1;;"))
    assert _found(folder) == [("agents.csv, ligne 2", Code.WRONG_CELL_COUNT)]


def test_a_campaign_without_a_usable_calendar_still_checks_the_files(folder: Path) -> None:
    change(folder, "campaign.toml", ("periods = 4\n", ""))
    change(folder, "inventaire.csv", ("250,50", "-250,50"))
    assert _found(folder) == [
        ("campaign.toml, colonne campaign.periods", Code.MISSING_KEY),
        ("inventaire.csv, ligne 2, colonne price_eur", Code.NEGATIVE_PRICE),
        ("inventaire.csv, ligne 3, colonne price_eur", Code.NEGATIVE_PRICE),
    ]


def test_portraits_that_cannot_be_listed_are_simply_not_there(folder: Path) -> None:
    for path in (folder / "portraits").iterdir():
        path.unlink()
    (folder / "portraits/LISEZMOI.txt").write_text("rien", encoding="utf-8")
    (folder / "portraits/.hidden.svg").write_text("rien", encoding="utf-8")
    reading = read_campaign(folder)
    assert reading.problems == ()
    assert reading.campaign is not None
    assert reading.campaign.portraits == {}


def test_a_portrait_that_is_a_link_outside_is_refused(folder: Path) -> None:
    secret = folder.parent / "secret.svg"
    secret.write_text("<svg></svg>", encoding="utf-8")
    (folder / "portraits/P1.svg").unlink()
    (folder / "portraits/P1.svg").symlink_to(secret)
    assert _found(folder) == [("portraits/P1.svg", Code.PATH_OUTSIDE)]
