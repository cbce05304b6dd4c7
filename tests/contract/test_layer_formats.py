"""One campaign whose layers come in every format: what is read is the same, to the last bit."""

from __future__ import annotations

import shutil
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely

from data.read import Code, read_campaign
from geo.model import Campaign
from tests.contract.campaigns import change, good_campaign
from tests.layers import (
    WRITERS,
    Writer,
    flatgeobuf,
    geopackage,
    geoparquet,
    old_shapefile_without_cpg,
    shapefile,
    wkt_table,
    zipped_shapefile,
)

ASSUMED: dict[Writer, list[Code]] = {old_shapefile_without_cpg: [Code.READ_AS_CP1252]}


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Campaign:
    campaign = read_campaign(good_campaign(tmp_path_factory.mktemp("plain") / "c")).campaign
    assert campaign is not None
    return campaign


def _rewritten(folder: Path, write: Writer, *, epsg: int) -> Path:
    """Return a copy of the good campaign whose zones `write` has written in a CRS."""
    campaign = good_campaign(folder / "campaign")
    zones = gpd.read_file(campaign / "zones.geojson").to_crs(epsg)
    name = write(zones, campaign, "couche")
    (campaign / "zones.geojson").unlink()
    change(campaign, "campaign.toml", ('"zones.geojson"', f'"{name}"'))
    return campaign


@pytest.mark.slow
@pytest.mark.parametrize("write", WRITERS, ids=lambda write: write.__name__)
def test_zones_in_any_format_are_the_same_zones(
    write: Writer, plain: Campaign, tmp_path: Path
) -> None:
    reading = read_campaign(_rewritten(tmp_path, write, epsg=2154))
    assert [problem.code for problem in reading.problems] == ASSUMED.get(write, [])
    assert reading.campaign is not None
    for found, expected in zip(reading.campaign.zones, plain.zones, strict=True):
        assert found == expected
        assert shapely.to_wkb(found.area) == shapely.to_wkb(expected.area)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("write", "epsg"), [(shapefile, 3945), (shapefile, 27572), (flatgeobuf, 3857)]
)
def test_layers_that_declare_their_crs_are_converted(
    write: Writer, epsg: int, plain: Campaign, tmp_path: Path
) -> None:
    reading = read_campaign(_rewritten(tmp_path, write, epsg=epsg))
    assert reading.problems == ()
    assert reading.campaign is not None
    assert [z.area.wkb for z in reading.campaign.zones] == [z.area.wkb for z in plain.zones]


@pytest.mark.slow
@pytest.mark.parametrize("write", [geopackage, geoparquet, zipped_shapefile, wkt_table])
def test_faces_as_points_of_a_layer_are_the_same_faces(
    write: Writer, plain: Campaign, tmp_path: Path
) -> None:
    folder = good_campaign(tmp_path / "campaign")
    faces = plain.faces
    columns = {
        name: getattr(faces, name)
        for name in ("face_id", "panel_id", "operator", "format", "address", "postcode", "city")
    }
    columns |= {"contacts": faces.contacts, "price_eur": faces.price_cents / 100}
    points = [shapely.Point(xy) for xy in zip(faces.lng, faces.lat, strict=True)]
    layer = gpd.GeoDataFrame(columns, geometry=points, crs=4326).to_crs(27572)
    name = write(layer, folder, "inventaire")
    change(folder, "campaign.toml", ("inventaire.csv", name))
    if name != "inventaire.csv":
        (folder / "inventaire.csv").unlink()
    reading = read_campaign(folder)
    assert reading.campaign is not None, reading.problems
    for column in ("face_id", "postcode", "lng", "lat", "x", "y", "contacts", "price_cents"):
        found, expected = getattr(reading.campaign.faces, column), getattr(faces, column)
        np.testing.assert_array_equal(found, expected)


def test_a_shapefile_without_prj_asks_for_its_crs_and_takes_it_once_confirmed(
    plain: Campaign, tmp_path: Path
) -> None:
    folder = _rewritten(tmp_path, shapefile, epsg=3945)
    (folder / "couche.prj").unlink()
    (problem,) = read_campaign(folder).problems
    assert problem.code == Code.MISSING_CRS
    assert "EPSG:3945 (CC45), 100\u00a0% des points en France" in problem.message
    assert "--crs zones=EPSG:" in problem.remedy
    confirmed = read_campaign(folder, crs={"zones": "EPSG:3945"}).campaign
    assert confirmed is not None
    assert [z.area.wkb for z in confirmed.zones] == [z.area.wkb for z in plain.zones]
    assert confirmed.confirmed_crs == {"zones": "EPSG:3945"}


def test_a_layer_with_its_axes_swapped_is_read_once_that_is_confirmed(
    plain: Campaign, tmp_path: Path
) -> None:
    folder = good_campaign(tmp_path / "campaign")
    zones = gpd.read_file(folder / "zones.geojson")
    turned = shapely.transform(zones.geometry.to_numpy(), lambda xy: xy[:, ::-1])
    zones.set_geometry(list(turned), crs=4326).to_file(folder / "zones.geojson", driver="GeoJSON")
    assert read_campaign(folder).campaign is None
    confirmed = read_campaign(folder, crs={"zones": "EPSG:4326:yx"}).campaign
    assert confirmed is not None
    assert [z.area.wkb for z in confirmed.zones] == [z.area.wkb for z in plain.zones]


@pytest.mark.parametrize("said", [{"faces": "Lambert"}, {"visages": "EPSG:2154"}])
def test_what_is_confirmed_of_a_crs_must_make_sense(said: dict[str, str], tmp_path: Path) -> None:
    problems = read_campaign(good_campaign(tmp_path / "campaign"), crs=said).problems
    assert [(p.where.column, p.code) for p in problems] == [
        ("--crs faces", Code.UNKNOWN_CRS)
        if "faces" in said
        else ("--crs visages", Code.UNKNOWN_KEY)
    ]


def test_layers_that_are_passed_over_are_named(tmp_path: Path) -> None:
    folder = good_campaign(tmp_path / "campaign")
    zones = gpd.read_file(folder / "zones.geojson")
    zones.to_file(folder / "zones.gpkg", layer="zones")
    zones.head(2).to_file(folder / "zones.gpkg", layer="brouillon")
    change(folder, "campaign.toml", ('"zones.geojson"', '"zones.gpkg"'))
    reading = read_campaign(folder)
    assert reading.campaign is not None
    assert len(reading.campaign.zones) == len(zones)
    (problem,) = reading.problems
    assert (problem.code, "brouillon" in problem.message) == (Code.LAYER_CHOSEN, True)


def test_several_shapefiles_in_a_folder_need_one_with_the_right_name(tmp_path: Path) -> None:
    folder = _rewritten(tmp_path, shapefile, epsg=2154)
    place = folder / "livraison"
    place.mkdir()
    for path in folder.glob("couche.*"):
        shutil.copy(path, place / f"autre{path.suffix}")
        path.rename(place / f"avant{path.suffix}")
    change(folder, "campaign.toml", ('"couche.shp"', '"livraison"'))
    assert [p.code for p in read_campaign(folder).problems] == [Code.SEVERAL_LAYERS]
    for path in place.glob("avant.*"):
        path.rename(place / f"Zones{path.suffix}")
    reading = read_campaign(folder)
    assert reading.campaign is not None
    assert [p.code for p in reading.problems] == [Code.LAYER_CHOSEN]
