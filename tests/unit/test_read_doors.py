"""Bytes into tables: what each door lets through, and that nothing makes it fall over."""

from __future__ import annotations

import io
import json
import os
from pathlib import Path
from typing import Any

import geopandas as gpd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from data.read.codes import Code
from data.read.csv_file import read_csv
from data.read.folder import Folder, is_relative_name
from data.read.layers import read_geojson, read_layer
from data.read.log import ProblemLog
from data.read.portraits import media_type
from data.read.reference import epsg_of
from data.read.schema import EXCLUSIONS, FACES, LOCKS, TRAVEL, Schema, fold
from data.read.table import Table
from data.read.toml_file import parse_toml
from geo.errors import Where

LAYER_SUFFIXES = (".gpkg", ".shp", ".kml", ".kmz", ".zip", ".fgb", ".parquet")
SQUARE = [[[5, 45], [6, 45], [6, 46], [5, 46], [5, 45]]]


def _csv(
    content: str | bytes, schema: Schema = LOCKS
) -> tuple[Table | None, list[tuple[int, str]]]:
    log = ProblemLog()
    data = content.encode() if isinstance(content, str) else content
    table = read_csv(data, file="t.csv", schema=schema, log=log)
    return table, [(problem.where.row, problem.code) for problem in log.sorted()]


def _layer(*geometries: Any, **members: Any) -> bytes:
    features = [
        {"type": "Feature", "properties": {"reason": f"r{i}"}, "geometry": geometry}
        for i, geometry in enumerate(geometries)
    ]
    return json.dumps({"type": "FeatureCollection", "features": features, **members}).encode()


def _polygon(coordinates: Any) -> dict[str, Any]:
    return {"type": "Polygon", "coordinates": coordinates}


def _geojson(content: bytes) -> tuple[Table | None, list[tuple[int, str]]]:
    log = ProblemLog()
    table = read_geojson(content, file="z.geojson", schema=EXCLUSIONS, log=log)
    return table, [(problem.where.row, problem.code) for problem in log.sorted()]


@pytest.mark.parametrize(
    "content",
    [
        "face_id;period;agent_id\nf1;2;é\n",
        "\ufefface_id;period;agent_id\r\nf1;2;é\r\n".replace("\ufeff", "\ufefff"),
        "Agent_ID,FACE id,Période\né,f1,2\n",
        '"face_id","vague","matricule"\n"f1","2","e\u0301"\n',
        "\n\nref_face;Vague;Code agent;remarque\n;;;\nf1 ; 2;é;x\n\n",
        "face_id;period;agent_id;\nf1;2;é;\n",
        "face_id;period;agent_id\rf1;2;é\r",
    ],
)
def test_the_same_table_in_many_dresses_is_the_same_table(content: str) -> None:
    table, problems = _csv(content)
    assert problems == []
    assert table is not None
    assert [table.cells(name) for name in ("face_id", "period", "agent_id")] == [
        ["f1"],
        ["2"],
        ["é"],
    ]


def test_windows_1252_is_read_and_noted() -> None:
    table, problems = _csv("face_id;période;agent_id\nf1;2;Zoé…\n".encode("cp1252"))
    assert table is not None
    assert table.cells("agent_id") == ["Zoé…"]
    assert problems == [(0, Code.READ_AS_CP1252)]


def test_rows_are_counted_as_a_spreadsheet_counts_them() -> None:
    table, _ = _csv('face_id;period;agent_id\n\n"f\n1";1;A\n;;\nf2;2;B\n')
    assert table is not None
    assert table.rows == (3, 5)
    assert table.cells("face_id") == ["f 1", "f2"]


def test_a_row_that_does_not_fit_is_noted_and_the_others_go_on() -> None:
    table, problems = _csv("face_id;period;agent_id\nf1;1\nf2;2;B\nf3;3;C;\n")
    assert problems == [(2, Code.WRONG_CELL_COUNT), (4, Code.WRONG_CELL_COUNT)]
    assert table is not None
    assert table.cells("face_id") == ["f2"]
    assert table.ids("face_id") is None


def test_a_separator_inside_quotes_separates_nothing() -> None:
    table, problems = _csv('face_id;period;agent_id\n"f;1";1;"A ""B"""\n')
    assert problems == []
    assert table is not None
    assert table.values(0) == {"face_id": "f;1", "period": "1", "agent_id": 'A "B"'}


def test_an_enormous_cell_is_refused() -> None:
    _, problems = _csv(f"face_id;period;agent_id\n{'f' * 200_000};1;A\n")
    assert problems == [(2, Code.BROKEN_CSV)]


def test_an_optional_table_may_have_no_rows() -> None:
    table, problems = _csv("from_id;to_id;minutes;km\n", TRAVEL)
    assert problems == []
    assert table is not None
    assert len(table) == 0


@pytest.mark.parametrize(
    ("heading", "folded"),
    [
        ("Prix (€ HT)", "prix_ht"),
        ("  Surface m² ", "surface_m2"),
        ("Éclairé", "eclaire"),
        ("Code-Postal.", "code_postal"),
        ("", ""),
    ],
)
def test_headings_are_compared_without_what_does_not_count(heading: str, folded: str) -> None:
    assert fold(heading) == folded


@settings(deadline=None)
@given(st.binary(max_size=300))
def test_no_bytes_make_a_door_fall_over(content: bytes) -> None:
    for schema in (FACES, EXCLUSIONS):
        read_csv(content, file="f", schema=schema, log=ProblemLog())
        read_geojson(content, file="f", schema=schema, log=ProblemLog())
        for suffix in LAYER_SUFFIXES:
            read_layer({suffix: content}, file="f", schema=schema, log=ProblemLog())
    parse_toml(content, "f", ProblemLog())
    media_type(content)


_JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["type", "coordinates", "geometry", "properties", "features", "crs"]),
            inner | st.sampled_from(["Feature", "FeatureCollection", "Polygon", "Point"]),
            max_size=4,
        )
    ),
    max_leaves=20,
)


@settings(deadline=None)
@given(_JSON, _JSON, _JSON)
def test_no_json_makes_the_geojson_door_fall_over(geometry: Any, properties: Any, crs: Any) -> None:
    feature = {"type": "Feature", "geometry": geometry, "properties": properties}
    document = {"type": "FeatureCollection", "features": [feature, geometry], "crs": crs}
    for text in (json.dumps(document), json.dumps({**document, "features": [feature]})):
        read_geojson(text.encode(), file="f", schema=EXCLUSIONS, log=ProblemLog())


@settings(deadline=None)
@given(
    st.lists(st.lists(st.lists(st.floats() | st.integers(), max_size=4), max_size=5), max_size=3)
)
def test_no_coordinates_make_the_geojson_door_fall_over(coordinates: Any) -> None:
    _geojson(_layer(_polygon(coordinates)))


@pytest.mark.parametrize("depth", [100, 5_000, 200_000])
def test_deep_nesting_is_refused_and_the_process_lives(depth: int) -> None:
    nested = "[" * depth + "]" * depth
    content = f'{{"type": "FeatureCollection", "features": [], "x": {nested}}}'.encode()
    _geojson(content)
    deep = _layer(_polygon(0)).replace(b'"coordinates": 0', f'"coordinates": {nested}'.encode())
    _, problems = _geojson(deep)
    assert problems[0][1] in {Code.BROKEN_JSON, Code.WRONG_GEOMETRY, Code.MISSING_GEOMETRY}


@pytest.mark.parametrize(
    ("geometry", "code"),
    [
        (None, Code.MISSING_GEOMETRY),
        (_polygon([]), Code.MISSING_GEOMETRY),
        ({"type": "LineString", "coordinates": SQUARE[0]}, Code.WRONG_GEOMETRY),
        ({"type": "GeometryCollection", "geometries": []}, Code.MISSING_GEOMETRY),
        (_polygon([[["5", "45"], ["6", "45"], ["6", "46"]]]), Code.WRONG_GEOMETRY),
        (_polygon([[[5, 45], [6, 45, 0], [6, 46]]]), Code.WRONG_GEOMETRY),
        (_polygon([[[5, 45], [5, 45]]]), Code.INVALID_POLYGON),
    ],
)
def test_a_geometry_that_cannot_be_used_is_named(geometry: Any, code: Code) -> None:
    table, problems = _geojson(_layer(geometry, _polygon(SQUARE)))
    assert problems == [(1, code)]
    assert table is not None
    assert table.shapes is not None
    assert table.shapes[0] is None
    assert table.shapes[1].area == 1


def test_heights_are_dropped() -> None:
    table, problems = _geojson(_layer(_polygon([[[*xy, 300] for xy in SQUARE[0]]])))
    assert problems == []
    assert table is not None
    assert table.shapes is not None
    assert shapely.to_wkt(table.shapes[0]).startswith("POLYGON ((5 45,")


def test_the_crs_member_is_kept_for_later() -> None:
    crs = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::2154"}}
    table, _ = _geojson(_layer(_polygon(SQUARE), crs=crs))
    assert table is not None
    assert table.crs == "urn:ogc:def:crs:EPSG::2154"
    assert epsg_of(table.crs) == 2154


def test_typed_values_become_the_cells_a_planner_would_write() -> None:
    feature = {
        "type": "Feature",
        "geometry": _polygon(SQUARE),
        "properties": {"reason": ["a", 1], "n": 38185.0, "b": True, "x": None, "f": 1.5},
    }
    content = json.dumps({"type": "FeatureCollection", "features": [feature]}).encode()
    table, problems = _geojson(content)
    assert problems == []
    assert table is not None
    assert table.values(0) == {"b": "oui", "f": "1.5", "n": "38185", "reason": "a|1", "x": ""}


def test_a_lone_surrogate_in_a_property_is_refused() -> None:
    _, problems = _geojson(_layer(_polygon(SQUARE)).replace(b'"r0"', b'"\\ud800"'))
    assert problems == [(1, Code.CONTROL_CHARACTER)]


@pytest.mark.parametrize(
    ("definition", "epsg"),
    [
        ("EPSG:2154", 2154),
        ("epsg::3945", 3945),
        ("27572", 27572),
        ("urn:ogc:def:crs:EPSG::2154", 2154),
        ("urn:ogc:def:crs:OGC:1.3:CRS84", 4326),
        ("http://www.opengis.net/def/crs/EPSG/0/2154", 2154),
        ("EPSG:99999", None),
        ("+proj=latlong +nadgrids=/etc/passwd", None),
        ("Lambert 93", None),
        ("", None),
    ],
)
def test_a_crs_is_a_code_and_nothing_else(definition: str, epsg: int | None) -> None:
    assert epsg_of(definition) == epsg


def test_a_geopackage_is_read_from_its_only_layer_or_the_one_with_the_right_name(
    tmp_path: Path,
) -> None:
    frame = gpd.GeoDataFrame(
        {"reason": ["é", "b"], "n": [1, None]}, geometry=[shapely.box(0, 0, 1, 1), None], crs=2154
    )
    path = tmp_path / "x.gpkg"
    for names in (("n'importe",), ("n'importe", "exclusions")):
        frame.to_file(path, layer=names[-1], driver="GPKG")
        log = ProblemLog()
        table = read_layer({".gpkg": path.read_bytes()}, file="x.gpkg", schema=EXCLUSIONS, log=log)
        chosen = [(0, Code.LAYER_CHOSEN)] if len(names) > 1 else []
        noted = [(p.where.row, p.code) for p in log.sorted()]
        assert noted == [*chosen, (2, Code.MISSING_GEOMETRY)]
        assert table is not None
        assert table.crs == "EPSG:2154"
        assert table.cells("reason") == ["é", "b"]
        assert table.values(1)["n"] == ""


def test_a_geopackage_whose_layer_is_not_of_polygons_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.gpkg"
    gpd.GeoDataFrame({"reason": ["a"]}, geometry=[shapely.Point(5, 45)], crs=4326).to_file(path)
    log = ProblemLog()
    read_layer({".gpkg": path.read_bytes()}, file="x.gpkg", schema=EXCLUSIONS, log=log)
    assert [problem.code for problem in log.sorted()] == [Code.WRONG_GEOMETRY]


@pytest.mark.parametrize(
    "name",
    ["", "/etc/passwd", "../x", "a/../../x", "a\\b", "C:x", "C:/x", "//host/x", "a\0b", "\\x"],
)
def test_a_name_that_leads_outside_is_refused(name: str) -> None:
    assert not is_relative_name(name)


@settings(deadline=None)
@given(st.text(max_size=30))
def test_no_name_leads_out_of_the_folder(name: str) -> None:
    inside = Folder(Path("/tmp/placarde-campaign"), ProblemLog()).inside(name)  # noqa: S108
    assert inside is None or str(inside).startswith("/tmp/placarde-campaign")  # noqa: S108


def test_a_link_inside_the_folder_is_followed(tmp_path: Path) -> None:
    (tmp_path / "real.csv").write_bytes(b"x")
    (tmp_path / "link.csv").symlink_to("real.csv")
    log = ProblemLog()
    assert Folder(tmp_path, log).read("link.csv", limit=9, asked_at=Where("c")) == b"x"
    assert log.sorted() == ()


@pytest.mark.parametrize("kind", ["loop", "folder", "pipe"])
def test_what_is_no_plain_file_is_refused(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    if kind == "loop":
        path.symlink_to("x.csv")
    elif kind == "folder":
        path.mkdir()
    else:
        os.mkfifo(path)
    log = ProblemLog()
    assert Folder(tmp_path, log).read("x.csv", limit=9, asked_at=Where("c")) is None
    assert [p.code for p in log.sorted()] == [
        Code.PATH_OUTSIDE if kind == "loop" else Code.MISSING_FILE
    ]


def test_a_file_is_read_to_its_limit_and_not_a_byte_further(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"123")
    log = ProblemLog()
    folder = Folder(tmp_path, log)
    assert folder.read("x", limit=3, asked_at=Where("c")) == b"123"
    assert folder.read("x", limit=2, asked_at=Where("c")) is None
    assert [problem.code for problem in log.sorted()] == [Code.FILE_TOO_LARGE]


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"\x89PNG\r\n\x1a\n...", "image/png"),
        (b"\xff\xd8\xff\xe0...", "image/jpeg"),
        (b"RIFF\x00\x00\x00\x00WEBPVP8 ", "image/webp"),
        (b'<?xml version="1.0"?>\n<!-- a --><!DOCTYPE svg PUBLIC "x">\n<svg>', "image/svg+xml"),
        ("\ufeff<svg xmlns='http://www.w3.org/2000/svg'/>".encode(), "image/svg+xml"),
        (b"<html><svg></svg></html>", None),
        (b"<!-- <svg> ", None),
        (b"<svgx/>", None),
        (b"GIF89a", None),
        (b"", None),
    ],
)
def test_a_picture_is_what_its_content_says(content: bytes, kind: str | None) -> None:
    assert media_type(content) == kind


def test_many_comments_before_a_picture_take_no_time() -> None:
    assert media_type(b"<!-- -->" * 20_000 + b"<html>") is None
    assert media_type(io.BytesIO(b"<!-- -->" * 20_000 + b"<svg>").read()) == "image/svg+xml"
