"""Every kind of problem is found, named, placed and said in French, and nothing else is."""

from __future__ import annotations

import json
import re
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import geopandas as gpd
import pyarrow as pa
import pytest
import xlsxwriter
from pyarrow import parquet
from pyproj import Transformer

from data.read import Code, Reading, read_campaign
from data.read.codes import WARNINGS
from data.read.folder import PORTRAIT_LIMIT
from geo.errors import Problem, Severity
from tests.contract.books import rows_of, write_xlsx
from tests.contract.campaigns import (
    BAD,
    EXPECTED,
    as_line,
    bad_campaign,
    bad_kinds,
    change,
    good_campaign,
)

GPKG = ("interdits.geojson", "interdits.gpkg")


def _no_campaign_file(folder: Path) -> None:
    (folder / "campaign.toml").unlink()


def _link_out_of_the_folder(folder: Path) -> None:
    secret = folder.parent / "secret.csv"
    secret.write_text("from_id;to_id;minutes;km\n", encoding="utf-8")
    (folder / "trajets.csv").unlink()
    (folder / "trajets.csv").symlink_to(secret)


def _name_that_no_system_has(folder: Path) -> None:
    change(folder, "campaign.toml", ('"trajets.csv"', f'"{"é" * 150}.csv"'))


def _portrait_too_large(folder: Path) -> None:
    (folder / "portraits/P1.svg").write_bytes(b"<svg>" + b" " * PORTRAIT_LIMIT)


def _geopackage(folder: Path, **layers: Any) -> None:
    change(folder, "campaign.toml", GPKG)
    for name, layer in layers.items():
        layer.to_file(folder / "interdits.gpkg", layer=name, driver="GPKG")


def _two_layers(folder: Path) -> None:
    layer = gpd.read_file(folder / "interdits.geojson")
    _geopackage(folder, avant=layer, apres=layer)


def _a_layer_among_others(folder: Path) -> None:
    _two_layers(folder)
    areas = gpd.read_file(folder / "interdits.geojson")
    areas.to_file(folder / "interdits.gpkg", layer="exclusions", driver="GPKG")


def _cut_geopackage(folder: Path) -> None:
    _geopackage(folder, exclusions=gpd.read_file(folder / "interdits.geojson"))
    path = folder / "interdits.gpkg"
    path.write_bytes(path.read_bytes()[:5000])


def _zones_with_axes_swapped(folder: Path) -> None:
    path = folder / "zones.geojson"
    swapped = re.sub(r"\[([\d.]+), ([\d.]+)\]", r"[\2, \1]", path.read_text(encoding="utf-8"))
    path.write_text(swapped, encoding="utf-8")
    for file in ("inventaire.csv", "maisons.csv"):
        change(folder, file, ("lat;lon", "lon;lat"))
    change(folder, "agents.csv", ("workplace_lat;workplace_lon", "workplace_lon;workplace_lat"))
    change(folder, "campaign.toml", ('exclusions = "interdits.geojson"\n', ""))


def _broken_flatgeobuf(folder: Path) -> None:
    change(folder, "campaign.toml", ("interdits.geojson", "interdits.fgb"))
    (folder / "interdits.fgb").write_bytes(b"fgb\x03fgb\x00" + bytes(50))


def _link_in_archive(folder: Path) -> None:
    change(folder, "campaign.toml", ("interdits.geojson", "interdits.zip"))
    with zipfile.ZipFile(folder / "interdits.zip", "w") as archive:
        link = zipfile.ZipInfo("interdits.shp")
        link.external_attr = 0o120777 << 16
        archive.writestr(link, "/etc/passwd")


def _kml_with_entities(folder: Path) -> None:
    change(folder, "campaign.toml", ("interdits.geojson", "interdits.kml"))
    text = '<!DOCTYPE k [<!ENTITY a "aaaa">]><kml xmlns="http://www.opengis.net/kml/2.2"/>'
    (folder / "interdits.kml").write_text(text, encoding="utf-8")


def _nested_wkb(folder: Path) -> None:
    change(folder, "campaign.toml", ("interdits.geojson", "interdits.parquet"))
    nested = b"\x01\x06\x00\x00\x00\x01\x00\x00\x00" * 300_000
    geo = {"primary_column": "geometry", "columns": {"geometry": {"encoding": "WKB"}}}
    table = pa.table({"reason": ["x"], "geometry": [nested]})
    table = table.replace_schema_metadata({"geo": json.dumps(geo)})
    parquet.write_table(table, folder / "interdits.parquet")


def _spike(folder: Path) -> None:
    ring = [[5.6, 45.1], [5.7, 45.1], [5.7, 45.2], [5.75, 45.25], [5.7, 45.2], [5.6, 45.2]]
    layer = json.loads((folder / "interdits.geojson").read_text(encoding="utf-8"))
    coordinates = [[*ring, ring[0]]]
    layer["features"][0]["geometry"] = {"type": "Polygon", "coordinates": coordinates}
    (folder / "interdits.geojson").write_text(json.dumps(layer), encoding="utf-8")


def _metres_of_another_system(folder: Path) -> None:
    shift = Transformer.from_crs(4326, 3945, always_xy=True).transform
    rows = [row.split(";") for row in (folder / "inventaire.csv").read_text("utf-8").splitlines()]
    lat, lon = rows[0].index("lat"), rows[0].index("lon")
    for row in rows[1:]:
        x, y = shift(float(row[lon].replace(",", ".")), float(row[lat].replace(",", ".")))
        row[lat], row[lon] = f"{y:.2f}", f"{x:.2f}"
    text = "\n".join(";".join(row) for row in rows)
    (folder / "inventaire.csv").write_text(text + "\n", encoding="utf-8")
    change(folder, "campaign.toml", ("[matching]", 'faces_crs = "EPSG:3946"\n\n[matching]'))


def _workbook(folder: Path, sheets: dict[str, Any], *, sheet: str = "", **options: Any) -> None:
    write_xlsx(folder / "inventaire.xlsx", sheets, **options)
    change(folder, "campaign.toml", ("inventaire.csv", f"inventaire.xlsx{sheet}"))


def _two_sheets_that_fit(folder: Path) -> None:
    rows = rows_of(folder / "inventaire.csv")
    _workbook(folder, {"Vague 1": rows, "Vague 2": rows})


def _a_sheet_among_others(folder: Path) -> None:
    rows = rows_of(folder / "inventaire.csv")
    sheets = {"Lisez-moi": [["Bonjour"]], "Faces": rows, "Ancien": rows}
    _workbook(folder, sheets, hidden=["Ancien"])


def _a_sheet_that_is_not_there(folder: Path) -> None:
    _workbook(folder, {"Faces": rows_of(folder / "inventaire.csv")}, sheet="#Face")


def _merged_cells(folder: Path) -> None:
    rows = rows_of(folder / "inventaire.csv")
    _workbook(folder, {"Faces": rows}, merged={"Faces": (1, 2, 2, 2)})


def _failing_formulas(folder: Path) -> None:
    with xlsxwriter.Workbook(folder / "inventaire.xlsx") as book:
        sheet = book.add_worksheet("Faces")
        for i, row in enumerate(rows_of(folder / "inventaire.csv")):
            sheet.write_row(i, 0, row)
        sheet.write_formula("E2", "=1/0", None, "#DIV/0!")
        sheet.write_formula("H3", "=NA()", None, "#N/A")
    change(folder, "campaign.toml", ("inventaire.csv", "inventaire.xlsx"))


def _cut_workbook(folder: Path) -> None:
    _workbook(folder, {"Faces": rows_of(folder / "inventaire.csv")})
    path = folder / "inventaire.xlsx"
    path.write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + path.read_bytes()[:2000])


def _workbook_that_is_a_page(folder: Path) -> None:
    (folder / "inventaire.xls").write_text("<html><table></table></html>", encoding="utf-8")
    change(folder, "campaign.toml", ("inventaire.csv", "inventaire.xls"))


def _a_thousand_columns(folder: Path) -> None:
    (folder / "verrous.csv").write_text("face_id;period;agent_id" + ";" * 1000, encoding="utf-8")


def _addresses(folder: Path) -> None:
    """Two faces without coordinates, in a commune that the campaign has."""
    change(
        folder,
        "zones.geojson",
        ('"territoire"', '"commune"'),
        ('"Sud-Ouest"', '"Ville-Un"'),
        ('"zone_id": "t1"', '"zone_id": "38101"'),
    )
    change(folder, "agents.csv", ("t1", "38101"))
    change(folder, "maisons.csv", ("t1", "38101"))
    change(folder, "inventaire.csv", ("45.05;5.55", ";"))
    change(folder, "campaign.toml", ('locks = "verrous.csv"\n', ""))
    toml = folder / "campaign.toml"
    text = toml.read_text(encoding="utf-8").replace(
        "[matching]", '[matching]\nmin_precision = "street"'
    )
    toml.write_text(text + "\n[geocoder]\n", encoding="utf-8")


def _broken_positions(folder: Path) -> None:
    toml = folder / "campaign.toml"
    toml.write_text(toml.read_text(encoding="utf-8") + "\n[geocoder]\n", encoding="utf-8")
    (folder / "positions.csv").write_text("x\n", encoding="utf-8")


def _gap(folder: Path) -> None:
    """Move the corner that four territoires share, in one of them alone."""
    layer = json.loads((folder / "zones.geojson").read_text(encoding="utf-8"))
    for feature in layer["features"]:
        if feature["properties"]["zone_id"] == "t1":
            ring = feature["geometry"]["coordinates"][0]
            for k, xy in enumerate(ring):
                if xy == [5.75, 45.2]:
                    ring[k] = [5.7499, 45.1999]
    (folder / "zones.geojson").write_text(json.dumps(layer), encoding="utf-8")


def _panels(folder: Path) -> None:
    rows = (folder / "inventaire.csv").read_text(encoding="utf-8").splitlines()
    names = rows[0].split(";")
    panel, lat, lon = names.index("panel_id"), names.index("lat"), names.index("lon")
    cells = [row.split(";") for row in rows[1:]]
    cells[0][lat], cells[0][lon] = cells[1][lat], cells[1][lon] = "45.05", "5.55"
    cells[0][panel], cells[1][panel], cells[2][panel] = "p01", "p02", "p01"
    text = "\n".join([rows[0], *(";".join(row) for row in cells)])
    (folder / "inventaire.csv").write_text(text + "\n", encoding="utf-8")
    change(folder, "campaign.toml", ('locks = "verrous.csv"\n', ""))


def _at_sea(folder: Path) -> None:
    change(folder, "inventaire.csv", ("45.05;5.55", "43.0;5.0"))
    change(folder, "campaign.toml", ('locks = "verrous.csv"\n', ""))


MADE: dict[str, tuple[Callable[[Path], None], list[tuple[str, Code]]]] = {
    "no campaign file": (_no_campaign_file, [("campaign.toml", Code.MISSING_CAMPAIGN_FILE)]),
    "two sheets that fit": (_two_sheets_that_fit, [("inventaire.xlsx", Code.SEVERAL_SHEETS)]),
    "a sheet among others": (_a_sheet_among_others, [("inventaire.xlsx", Code.SHEET_CHOSEN)]),
    "a sheet that is not there": (
        _a_sheet_that_is_not_there,
        [("inventaire.xlsx#Face", Code.UNKNOWN_SHEET)],
    ),
    "merged cells": (_merged_cells, [("inventaire.xlsx, ligne 2", Code.MERGED_CELLS)]),
    "failing formulas": (_failing_formulas, [("inventaire.xlsx", Code.FORMULA_ERROR)]),
    "cut workbook": (_cut_workbook, [("inventaire.xlsx", Code.BROKEN_SPREADSHEET)]),
    "workbook that is a page": (
        _workbook_that_is_a_page,
        [("inventaire.xls", Code.WRONG_CONTENT)],
    ),
    "a thousand columns": (_a_thousand_columns, [("verrous.csv, ligne 1", Code.TOO_MANY_COLUMNS)]),
    "link out of the folder": (
        _link_out_of_the_folder,
        [("campaign.toml, ligne 13, colonne files.travel", Code.PATH_OUTSIDE)],
    ),
    "name that no system has": (
        _name_that_no_system_has,
        [(f"{'é' * 150}.csv", Code.UNREADABLE_FILE)],
    ),
    "portrait too large": (_portrait_too_large, [("portraits/P1.svg", Code.FILE_TOO_LARGE)]),
    "two layers": (_two_layers, [("interdits.gpkg", Code.SEVERAL_LAYERS)]),
    "a layer among others": (_a_layer_among_others, [("interdits.gpkg", Code.LAYER_CHOSEN)]),
    "cut geopackage": (_cut_geopackage, [("interdits.gpkg", Code.BROKEN_GEOPACKAGE)]),
    "broken flatgeobuf": (_broken_flatgeobuf, [("interdits.fgb", Code.BROKEN_LAYER)]),
    "link in archive": (_link_in_archive, [("interdits.zip", Code.HOSTILE_ARCHIVE)]),
    "kml with entities": (_kml_with_entities, [("interdits.kml", Code.HOSTILE_MARKUP)]),
    "nested wkb": (_nested_wkb, [("interdits.parquet", Code.READING_STOPPED)]),
    "metres of another system": (
        _metres_of_another_system,
        [("inventaire.csv, colonne lat", Code.CRS_DOUBTFUL)],
    ),
    "broken positions": (_broken_positions, [("positions.csv, ligne 1", Code.BROKEN_POSITIONS)]),
    "addresses": (
        _addresses,
        [
            ("inventaire.csv", Code.PLACED_BY_ADDRESS),
            ("inventaire.csv, ligne 2, colonne precision", Code.LOW_PRECISION),
            ("inventaire.csv, ligne 3, colonne precision", Code.LOW_PRECISION),
        ],
    ),
    "gap between zones": (_gap, [("zones.geojson, colonne level", Code.ZONE_GAPS)]),
    "panels": (
        _panels,
        [
            ("inventaire.csv, ligne 3, colonne panel_id", Code.DUPLICATE_PANEL),
            ("inventaire.csv, ligne 4, colonne panel_id", Code.PANEL_APART),
        ],
    ),
    "at sea": (
        _at_sea,
        [
            ("inventaire.csv, ligne 2, colonne lat", Code.POINT_FAR_AWAY),
            ("inventaire.csv, ligne 3, colonne lat", Code.POINT_FAR_AWAY),
        ],
    ),
    "spike": (
        _spike,
        [("interdits.geojson, ligne 1, colonne geometry", Code.REPAIRED_POLYGON)],
    ),
    "zones with axes swapped": (
        _zones_with_axes_swapped,
        [("zones.geojson", Code.ZONES_LOOK_SWAPPED)],
    ),
}
"""Bad campaigns that are no text files that one could look at."""


class Readings(dict[str, Reading]):
    """Bad campaigns by kind, each read when it is first asked for."""

    def __init__(self, root: Path) -> None:
        super().__init__()
        self._root = root

    def __missing__(self, kind: str) -> Reading:
        folder = self._root / kind
        if kind in MADE:
            MADE[kind][0](good_campaign(folder))
        else:
            bad_campaign(kind, folder)
        self[kind] = read_campaign(folder)
        return self[kind]

    def every(self) -> dict[str, Reading]:
        return {kind: self[kind] for kind in (*bad_kinds(), *MADE)}


@pytest.fixture(scope="module")
def readings(tmp_path_factory: pytest.TempPathFactory) -> Readings:
    return Readings(tmp_path_factory.mktemp("campaigns"))


@pytest.fixture
def every_problem(readings: Readings) -> list[Problem]:
    return [problem for reading in readings.every().values() for problem in reading.problems]


@pytest.mark.parametrize("kind", bad_kinds())
def test_a_bad_campaign_gets_its_exact_list_of_problems(kind: str, readings: Readings) -> None:
    expected = (BAD / kind / EXPECTED).read_text(encoding="utf-8").splitlines()
    assert [as_line(problem) for problem in readings[kind].problems] == expected


@pytest.mark.parametrize("kind", MADE)
def test_a_campaign_made_bad_gets_its_exact_list_of_problems(kind: str, readings: Readings) -> None:
    found = [(str(problem.where), problem.code) for problem in readings[kind].problems]
    assert found == MADE[kind][1]


def test_there_is_a_campaign_exactly_when_no_problem_is_an_error(
    readings: Readings,
) -> None:
    for kind, reading in readings.every().items():
        has_errors = any(problem.severity is Severity.ERROR for problem in reading.problems)
        assert (reading.campaign is None) == has_errors, kind


def test_every_kind_of_problem_has_a_bad_campaign(every_problem: list[Problem]) -> None:
    assert {problem.code for problem in every_problem} == {code.value for code in Code}


def test_every_problem_says_what_to_do_in_typeset_french(every_problem: list[Problem]) -> None:
    for problem in every_problem:
        assert problem.message.endswith((".", "?")), problem
        assert problem.remedy.endswith("."), problem
        for sentence in (problem.message, problem.remedy):
            assert not re.search(r" [:;?!»]|« |[{}]|'", sentence), sentence


def test_warnings_are_kinds_of_their_own(every_problem: list[Problem]) -> None:
    for problem in every_problem:
        assert (problem.severity is Severity.WARNING) == (problem.code in WARNINGS)


def test_problems_come_sorted_by_place(tmp_path: Path) -> None:
    problems = read_campaign(bad_campaign("wrong-cell-count", tmp_path / "campaign")).problems
    assert list(problems) == sorted(problems)


def test_the_same_problems_are_found_again(tmp_path: Path) -> None:
    folder = bad_campaign("unknown-zone", tmp_path / "campaign")
    assert read_campaign(folder).problems == read_campaign(folder).problems


def test_problems_of_several_files_are_all_found_at_once(tmp_path: Path) -> None:
    folder = good_campaign(tmp_path / "campaign")
    for kind in ("toml-unknown-key", "negative-price", "bad-opening", "shared-portrait"):
        for path in (BAD / kind).iterdir():
            if path.name != EXPECTED:
                (folder / path.name).write_bytes(path.read_bytes())
    codes = {problem.code for problem in read_campaign(folder).problems}
    assert codes == {
        Code.UNKNOWN_KEY,
        Code.NEGATIVE_PRICE,
        Code.BAD_OPENING,
        Code.SHARED_PORTRAIT,
        Code.UNUSED_PORTRAIT,
    }


def test_workplaces_in_metres_are_told_row_by_row_since_no_key_says_their_system(
    tmp_path: Path,
) -> None:
    folder = good_campaign(tmp_path / "campaign")
    rows = [row.split(";") for row in (folder / "agents.csv").read_text("utf-8").splitlines()]
    lat, lon = rows[0].index("workplace_lat"), rows[0].index("workplace_lon")
    given = [row for row in rows[1:] if row[lat]]
    for row in given:
        row[lat], row[lon] = "6452000", "904000"
    (folder / "agents.csv").write_text("\n".join(map(";".join, rows)), encoding="utf-8")
    problems = read_campaign(folder).problems
    assert [problem.code for problem in problems] == [Code.OUT_OF_RANGE] * len(given)
    assert all("workplace" not in f"{each.message} {each.remedy}" for each in problems)
