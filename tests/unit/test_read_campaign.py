"""A good campaign folder becomes the same `Campaign` whatever dress its files wear."""

from __future__ import annotations

import json
import random
from dataclasses import fields
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import shapely

from data.isere import campaign_folder
from data.read import Code, read_campaign
from data.read.territory import Territory
from geo.crs import LAMBERT_93, WGS84, reproject_points
from geo.errors import Severity
from geo.model import Campaign, Faces, Lock, TravelRow, Zone
from tests.contract.campaigns import bad_campaign, change, good_campaign


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return good_campaign(tmp_path / "campaign")


def _read(folder: Path) -> Campaign:
    reading = read_campaign(folder)
    assert reading.problems == ()
    assert reading.campaign is not None
    return reading.campaign


def _codes(folder: Path) -> set[str]:
    return {problem.code for problem in read_campaign(folder).problems}


def _assert_same(one: Campaign, other: Campaign, *, within_m: float = 0.0) -> None:
    """Check that two campaigns differ in their input files at most, points `within_m`."""
    for name in {field.name for field in fields(Campaign)} - {"faces", "inputs", "zones"}:
        if within_m == 0 or name not in {"maisons", "agents", "exclusions"}:
            assert getattr(one, name) == getattr(other, name), name
    for field in fields(Faces):
        mine, theirs = getattr(one.faces, field.name), getattr(other.faces, field.name)
        if mine.dtype == object or within_m == 0:
            assert mine.dtype == theirs.dtype
            assert mine.tobytes() == theirs.tobytes() or list(mine) == list(theirs), field.name
        else:
            np.testing.assert_allclose(mine, theirs, atol=within_m, rtol=0)
    for zone, twin in zip(one.zones, other.zones, strict=True):
        assert (zone.zone_id, zone.parent_id) == (twin.zone_id, twin.parent_id)
        assert shapely.equals_exact(zone.area, twin.area, tolerance=within_m)


def test_a_good_campaign_has_no_problem_and_no_reject(folder: Path) -> None:
    reading = read_campaign(folder)
    assert reading.problems == ()
    assert reading.rejects == ()
    assert reading.campaign is not None


def test_the_embedded_campaign_has_no_problem_and_no_reject() -> None:
    reading = read_campaign(campaign_folder())
    assert reading.problems == ()
    assert reading.rejects == ()
    assert reading.campaign is not None
    assert reading.campaign.crs == LAMBERT_93


def test_rules_are_read_in_the_units_of_the_domain(folder: Path) -> None:
    campaign = _read(folder)
    assert campaign.periods.first_day(2) == date(2017, 10, 24)
    assert campaign.matching.budget_cents == 90_050
    assert campaign.matching.max_periods_per_face == 1
    assert campaign.tour is not None
    assert campaign.tour.max_drive_s == 12_600
    assert campaign.sequences == {"nord": {1, 2}, "sud": {2, 3, 4}}
    assert campaign.travel[1] == TravelRow("m2", "m1", 2190, 24_500)
    assert campaign.locks[1] == Lock("f03", 3, None)
    assert campaign.crs == LAMBERT_93


def test_the_names_on_the_purchase_order_are_optional(folder: Path) -> None:
    campaign = _read(folder)
    assert (campaign.advertiser, campaign.buyer) == ("", "")
    names = 'seed = 0\nadvertiser = "Département de l’Isère"\nbuyer = "Agence & Cie"\n'
    change(folder, "campaign.toml", ("seed = 0\n", names))
    campaign = _read(folder)
    assert (campaign.advertiser, campaign.buyer) == ("Département de l’Isère", "Agence & Cie")


def test_faces_are_columns_sorted_by_id(folder: Path) -> None:
    faces = _read(folder).faces
    assert list(faces.face_id) == [f"f0{i}" for i in range(1, 10)]
    assert list(faces.postcode[[0, 5]]) == ["38001", "01003"]
    assert faces.price_cents[0] == 25_050
    assert list(faces.contacts[[0, 3]]) == [12_000, 8000.5]
    assert faces.available[1].tolist() == [True, True, False, True]
    assert faces.available[4].tolist() == [False, True, True, False]
    assert list(faces.lit[[0, 1, 2]]) == [0, 1, -1]
    assert faces.bearing[0] == 90
    assert np.isnan(faces.bearing[2])
    x, y = reproject_points(faces.lng, faces.lat, source=WGS84, target=LAMBERT_93)
    assert (faces.x == x).all()
    assert (faces.y == y).all()


def test_an_agent_without_coordinates_works_at_the_agent_s_maison(folder: Path) -> None:
    agents = {agent.agent_id: agent for agent in _read(folder).agents}
    assert agents["A1"].workplace == (5.61, 45.11)
    assert agents["A2"].workplace == (5.9, 45.1)
    assert agents["A3"].workplace is None
    assert agents["A4"].workplace == (5.91, 45.31)


def test_an_empty_cell_of_consent_is_no_consent_and_no_column_is_no_question(folder: Path) -> None:
    change(folder, "agents.csv", ("A3;P3;assistante sociale;;;t3|sud;;;;;tous;", ""))
    change(folder, "verrous.csv", ("f04;3;A3\n", ""))
    change(folder, "agents.csv", (";presse;", ";;"))
    (folder / "portraits/P3.svg").unlink()
    assert _read(folder).agents[-1].consent_media == frozenset()
    change(folder, "agents.csv", ("consent_media", "remarque"))
    assert all(agent.consent_media is None for agent in _read(folder).agents)


def test_every_file_that_was_read_is_listed_with_its_fingerprint(folder: Path) -> None:
    inputs = {each.name: each.sha256 for each in _read(folder).inputs}
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert inputs == {
        path.relative_to(folder).as_posix(): sha256(path.read_bytes()).hexdigest() for path in files
    }
    assert list(inputs) == sorted(inputs)


def test_the_order_of_rows_changes_nothing(folder: Path) -> None:
    before = _read(folder)
    shuffler = random.Random(3)  # noqa: S311 - an order, not a secret
    for path in folder.glob("*.csv"):
        heading, *rows = path.read_text(encoding="utf-8").splitlines()
        shuffler.shuffle(rows)
        path.write_text("\n".join((heading, *rows)) + "\n", encoding="utf-8")
    for path in folder.glob("*.geojson"):
        layer = json.loads(path.read_text(encoding="utf-8"))
        shuffler.shuffle(layer["features"])
        path.write_text(json.dumps(layer), encoding="utf-8")
    _assert_same(before, _read(folder))


def test_exclusions_are_sorted_by_reason_and_then_by_shape(folder: Path) -> None:
    path = folder / "interdits.geojson"
    layer = json.loads(path.read_text(encoding="utf-8"))
    names = ("école", "école", "abords")
    layer["features"] = [
        {
            "type": "Feature",
            "properties": {"motif": name},
            "geometry": shapely.box(5.7 + i / 100, 45.3, 5.705 + i / 100, 45.31).__geo_interface__,
        }
        for i, name in enumerate(names)
    ]
    path.write_text(json.dumps(layer), encoding="utf-8")
    before = _read(folder)
    assert [exclusion.reason for exclusion in before.exclusions] == sorted(names)
    layer["features"] = [layer["features"][i] for i in (2, 1, 0)]
    path.write_text(json.dumps(layer), encoding="utf-8")
    _assert_same(before, _read(folder))


def test_french_headings_in_another_order_and_windows_1252_change_nothing(folder: Path) -> None:
    before = _read(folder)
    french = {
        "inventaire.csv": "Réf. face;Réf panneau;Régie;Format;Surface (m²);Mobilier;Éclairé;"
        "Adresse;CP;Ville;Code INSEE;Latitude;Longitude;Contacts / vague;Prix HT;Vagues;Azimut",
        "agents.csv": "Matricule;Visuel;Métier;Accroche;Nom;Territoires;Lat. travail;Lon. travail;"
        "Maison;Part;Consentement;Fin consentement",
    }
    for file, headings in french.items():
        _, *rows = (folder / file).read_text(encoding="utf-8").splitlines()
        cells = [line.split(";")[::-1] for line in (headings, *rows)]
        text = "\r\n".join(",".join(f'"{cell}"' for cell in line) for line in cells)
        (folder / file).write_bytes(text.encode("cp1252"))
    reading = read_campaign(folder)
    assert {problem.code for problem in reading.problems} == {Code.READ_AS_CP1252}
    assert reading.campaign is not None
    _assert_same(before, reading.campaign)


def test_english_numbers_change_nothing(folder: Path) -> None:
    before = _read(folder)
    change(folder, "inventaire.csv", ("250,50", "250.5 €"), ("12 000", "12000.0"))
    change(folder, "trajets.csv", ("24,5", "24.50"), ("36,5", "36.5"))
    _assert_same(before, _read(folder))


def _to_lambert_93(folder: Path, x_name: str, y_name: str) -> None:
    path = folder / "inventaire.csv"
    heading, *rows = path.read_text(encoding="utf-8").splitlines()
    lines = [heading.replace("lat;lon", f"{y_name};{x_name}")]
    for row in rows:
        cells = row.split(";")
        lat, lon = np.array([float(cells[11])]), np.array([float(cells[12])])
        x, y = reproject_points(lon, lat, source=WGS84, target=LAMBERT_93)
        cells[11], cells[12] = f"{y[0]:.4f}".replace(".", ","), f"{x[0]:.4f}".replace(".", ",")
        lines.append(";".join(cells))
    path.write_text("\n".join(lines), encoding="utf-8")


def test_faces_in_lambert_93_are_the_same_faces_once_the_campaign_says_so(folder: Path) -> None:
    before = _read(folder)
    _to_lambert_93(folder, "x", "y")
    assert _codes(folder) == {Code.MISSING_CRS}
    change(folder, "campaign.toml", ("[matching]", 'faces_crs = "EPSG:2154"\n\n[matching]'))
    _assert_same(before, _read(folder), within_m=0.001)


def test_metres_come_before_degrees_once_the_campaign_says_their_crs(folder: Path) -> None:
    path = folder / "inventaire.csv"
    heading, *rows = path.read_text(encoding="utf-8").splitlines()
    x, y = reproject_points(np.array([5.7]), np.array([45.1]), source=WGS84, target=LAMBERT_93)
    metres = f"{x[0]:.2f};{y[0]:.2f}"
    lines = (f"{heading};x;y", *(f"{row};{metres}" for row in rows))
    path.write_text("\n".join(lines), encoding="utf-8")
    change(folder, "campaign.toml", ('locks = "verrous.csv"\n', ""))
    assert _read(folder).faces.lng[0] == 5.55
    change(folder, "campaign.toml", ("[matching]", 'faces_crs = "2154"\n\n[matching]'))
    reading = read_campaign(folder)
    # All panels now stand in one place, and the reader is told.
    assert {problem.code for problem in reading.problems} == {"duplicate-panel"}
    assert reading.campaign is not None
    np.testing.assert_allclose(reading.campaign.faces.lng, 5.7, atol=1e-6)


def _as_geopackages(folder: Path, crs: int) -> None:
    for kind, file in (("zones", "zones.geojson"), ("exclusions", "interdits.geojson")):
        layer = gpd.read_file(folder / file).to_crs(crs)
        layer.to_file(folder / f"{kind}.gpkg", layer=kind, driver="GPKG")
        change(folder, "campaign.toml", (file, f"{kind}.gpkg"))
    for kind, file in (("faces", "inventaire.csv"), ("maisons", "maisons.csv")):
        text = dict.fromkeys(("postcode", "insee", "available", "price_eur", "contacts"), str)
        table = gpd.pd.read_csv(folder / file, sep=";", dtype=text, keep_default_na=False)
        points = gpd.points_from_xy(table.pop("lon"), table.pop("lat"))
        layer = gpd.GeoDataFrame(table, geometry=points, crs=WGS84).to_crs(crs)
        layer.to_file(folder / f"{kind}.gpkg", layer=kind, driver="GPKG")
        change(folder, "campaign.toml", (file, f"{kind}.gpkg"))


@pytest.mark.parametrize("crs", [4326, 2154, 3945, 27572])
def test_geopackages_in_any_declared_crs_change_nothing(folder: Path, crs: int) -> None:
    before = _read(folder)
    _as_geopackages(folder, crs)
    # The way to NTF (27572) and back goes over a shift of seven parameters: metres, not millimetres
    _assert_same(before, _read(folder), within_m=5.0 if crs == 27572 else 0.01)


def test_geojson_of_before_2016_says_its_crs_in_a_member(folder: Path) -> None:
    before = _read(folder)
    layer = gpd.read_file(folder / "zones.geojson").to_crs(LAMBERT_93)
    document = json.loads(layer.to_json(drop_id=True, to_wgs84=False))
    document["crs"] = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::2154"}}
    (folder / "zones.geojson").write_text(json.dumps(document), encoding="utf-8")
    _assert_same(before, _read(folder), within_m=0.01)
    change(folder, "campaign.toml", ("[matching]", 'zones_crs = "EPSG:3945"\n\n[matching]'))
    assert _codes(folder) == {Code.CRS_CONFLICT}


def test_geojson_in_metres_that_says_nothing_is_a_problem_with_a_hint(folder: Path) -> None:
    layer = gpd.read_file(folder / "zones.geojson").to_crs(LAMBERT_93)
    document = json.loads(layer.to_json(drop_id=True, to_wgs84=False))
    document.pop("crs", None)
    (folder / "zones.geojson").write_text(json.dumps(document), encoding="utf-8")
    problems = read_campaign(folder).problems
    assert [(p.code, str(p.where)) for p in problems] == [(Code.MISSING_CRS, "zones.geojson")]
    assert "EPSG:2154" in problems[0].message
    change(folder, "campaign.toml", ("[matching]", 'zones_crs = "EPSG:2154"\n\n[matching]'))
    assert _codes(folder) == set()


def test_degrees_in_a_file_said_to_be_in_metres_are_a_problem(folder: Path) -> None:
    change(folder, "campaign.toml", ("[matching]", 'zones_crs = "EPSG:2154"\n\n[matching]'))
    assert _codes(folder) == {Code.CRS_CONFLICT}


def test_one_feature_in_another_crs_is_named(folder: Path) -> None:
    layer = json.loads((folder / "zones.geojson").read_text(encoding="utf-8"))
    layer["features"][6]["geometry"]["coordinates"] = [
        [[9e5, 6.45e6], [9.1e5, 6.45e6], [9.1e5, 6.46e6], [9e5, 6.45e6]]
    ]
    (folder / "zones.geojson").write_text(json.dumps(layer), encoding="utf-8")
    problems = read_campaign(folder).problems
    assert [(p.where.row, p.code) for p in problems] == [(7, Code.MIXED_CRS)]


def test_a_campaign_of_posters_only_needs_no_maisons(folder: Path) -> None:
    text = (folder / "campaign.toml").read_text(encoding="utf-8").split("[tour]")[0]
    for line in ('maisons = "maisons.csv"\n', 'travel = "trajets.csv"\n'):
        text = text.replace(line, "")
    (folder / "campaign.toml").write_text(text, encoding="utf-8")
    assert _codes(folder) == {Code.UNKNOWN_MAISON}
    change(folder, "agents.csv", (";m2;", ";;"), (";m4;", ";;"))
    campaign = _read(folder)
    assert campaign.tour is None
    assert campaign.maisons == ()


def test_optional_files_may_be_left_out_or_empty(folder: Path) -> None:
    (folder / "verrous.csv").write_text("face_id;period;agent_id\n", encoding="utf-8")
    (folder / "interdits.geojson").write_text(
        '{"type": "FeatureCollection", "features": []}', encoding="utf-8"
    )
    change(folder, "campaign.toml", ('travel = "trajets.csv"\n', ""))
    campaign = _read(folder)
    assert (campaign.locks, campaign.exclusions, campaign.travel) == ((), (), ())


def test_a_row_that_is_left_out_comes_back_as_it_was_typed(tmp_path: Path) -> None:
    reading = read_campaign(bad_campaign("left-out-faces", tmp_path / "campaign"))
    assert reading.campaign is not None
    assert "f05" not in reading.campaign.faces.face_id
    assert "f06" not in reading.campaign.faces.face_id
    assert [(reject.file, reject.row) for reject in reading.rejects] == [
        ("inventaire.csv", 6),
        ("inventaire.csv", 7),
    ]
    assert reading.rejects[0].values["face_id"] == "f05"
    assert reading.rejects[0].values["available"] == "aucune"
    assert "aucune vague" in reading.rejects[0].reason
    assert all(p.severity is Severity.WARNING for p in reading.problems)


def test_a_lock_that_keeps_a_left_out_face_free_is_dropped(folder: Path) -> None:
    change(folder, "inventaire.csv", (";3000;", ";0;"))
    campaign = read_campaign(folder).campaign
    assert campaign is not None
    assert [lock.face_id for lock in campaign.locks] == ["f01", "f04"]


def test_nothing_in_the_folder_is_changed(folder: Path) -> None:
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    read_campaign(folder)
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before


def test_a_file_in_a_subfolder_is_read(folder: Path) -> None:
    (folder / "couches").mkdir()
    (folder / "zones.geojson").rename(folder / "couches/zones.geojson")
    change(folder, "campaign.toml", ('"zones.geojson"', '"./couches/zones.geojson"'))
    assert "couches/zones.geojson" in {each.name for each in _read(folder).inputs}


def test_a_file_with_a_byte_order_mark_is_read(folder: Path) -> None:
    before = _read(folder)
    for path in (*folder.glob("*.csv"), *folder.glob("*.geojson"), folder / "campaign.toml"):
        path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    _assert_same(before, _read(folder))


def test_letters_with_separate_accents_are_the_same_letters(folder: Path) -> None:
    change(folder, "zones.geojson", ('"t1"', '"Isère"'))
    change(folder, "agents.csv", (";t1;", ";Ise\u0300re;"))
    change(folder, "maisons.csv", (";t1;", ";Isère;"))
    assert _read(folder).agents[0].zones == ("Isère",)


def test_a_face_on_the_outer_border_is_inside(folder: Path) -> None:
    change(folder, "inventaire.csv", ("45.05;5.85", "45.0;5.75"))
    assert _codes(folder) == set()


def test_faces_are_not_held_to_a_territory_that_is_not_whole(folder: Path) -> None:
    layer = json.loads((folder / "zones.geojson").read_text(encoding="utf-8"))
    layer["features"] = [
        {**feature, "geometry": None if feature["properties"]["zone_id"] == "dep" else geometry}
        for feature in layer["features"]
        for geometry in [feature["geometry"]]
        if feature["properties"]["zone_id"] in {"dep", "sud", "t1", "t2"}
    ]
    (folder / "zones.geojson").write_text(json.dumps(layer), encoding="utf-8")
    assert Code.POINT_OUTSIDE_TERRITORY not in _codes(folder)


def test_two_thousand_faces_are_read(folder: Path) -> None:
    with (folder / "inventaire.csv").open("a", encoding="utf-8") as file:
        for i in range(2000):
            lat, lon = 45.01 + 0.38 * (i % 40) / 40, 5.51 + 0.48 * (i // 40) / 50
            file.write(f"g{i:04};;;2 m²;2;;;;;;;{lat:.5f};{lon:.5f};{1000 + i};{50 + i % 7},5;;\n")
    assert len(_read(folder).faces) == 2009


def _square(zone_id: str, level: str, parent_id: str | None, *sides: float) -> Zone:
    west, south, east, north = sides
    area = shapely.box(west, south, east, north)
    return Zone(zone_id, zone_id, level, parent_id, None, area)


def test_a_point_on_a_border_is_in_the_zone_whose_id_sorts_first_and_in_its_parents() -> None:
    zones = (
        _square("west", "secteur", None, 0, 0, 1, 1),
        _square("east", "secteur", None, 1, 0, 2, 1),
        _square("a", "commune", "west", 0, 0, 1, 1),
        _square("b", "commune", "east", 1, 0, 2, 0.9),
    )
    territory = Territory(zones, LAMBERT_93, whole=True)
    assert territory.chain(1, 0.5) == ["a", "west"]
    assert territory.chain(1.5, 0.95) == ["east"]
    assert territory.chain(3, 3) == []


def test_the_nearest_zone_is_named_by_the_finest_one() -> None:
    zones = (
        _square("all", "secteur", None, 0, 0, 2, 1),
        _square("left", "commune", "all", 0, 0, 1, 1),
        _square("right", "commune", "all", 1, 0, 2, 1),
    )
    zone_id, metres = Territory(zones, LAMBERT_93, whole=True).nearest(5, 0.5)
    assert (zone_id, metres) == ("right", 3)


def test_points_are_held_by_roots_and_by_children_that_stick_out() -> None:
    zones = (
        _square("all", "secteur", None, 0, 0, 2, 1),
        _square("left", "commune", "all", -0.1, 0, 1, 1),
    )
    x, y = np.array([1.0, -0.05, -0.2, 0.0]), np.array([0.5, 0.5, 0.5, 0.0])
    territory = Territory(zones, LAMBERT_93, whole=True)
    assert territory.holds(x, y).tolist() == [True, True, False, True]


def test_elsewhere_in_the_world_the_zones_choose_their_own_crs(folder: Path) -> None:
    def moved(value: Any) -> Any:
        return [moved(item) for item in value] if isinstance(value[0], list) else _west(value)

    def _west(xy: list[float]) -> list[float]:
        return [xy[0] - 60, xy[1]]

    for name in ("zones.geojson", "interdits.geojson"):
        layer = json.loads((folder / name).read_text(encoding="utf-8"))
        for feature in layer["features"]:
            feature["geometry"]["coordinates"] = moved(feature["geometry"]["coordinates"])
        (folder / name).write_text(json.dumps(layer), encoding="utf-8")
    for name in ("inventaire.csv", "maisons.csv", "agents.csv"):
        text = (folder / name).read_text(encoding="utf-8")
        for lon in (5.55, 5.65, 5.85, 5.95, 5.59, 5.6, 5.9, 5.61, 5.91):
            text = text.replace(f";{lon};", f";{lon - 60:.2f};")
        (folder / name).write_text(text, encoding="utf-8")
    assert _read(folder).crs == 32621


def test_max_min_is_a_word_for_a_large_fairness(folder: Path) -> None:
    text = (folder / "campaign.toml").read_text(encoding="utf-8")
    kept = "\n".join(line for line in text.splitlines() if not line.startswith("fairness"))
    named = kept.replace("[matching]", '[matching]\nfairness = "max-min"')
    (folder / "campaign.toml").write_text(named, encoding="utf-8")
    assert _read(folder).matching.fairness == 10.0
