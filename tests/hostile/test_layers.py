"""Files made to break, burden or misuse a reader: each is refused by name, and we live on."""

from __future__ import annotations

import http.server
import io
import json
import socketserver
import struct
import threading
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyarrow import parquet

from data.gdal.answer import Refused
from data.gdal.box import Limits, run
from data.gdal.drivers import KNOWN
from data.read.codes import Code
from data.read.layers import read_geojson, read_layer, with_shapes
from data.read.log import ProblemLog
from data.read.schema import EXCLUSIONS, FACES
from data.read.table import Table
from geo.errors import Problem


def _problems(suffix: str, content: bytes) -> tuple[Problem, ...]:
    log = ProblemLog()
    file = f"interdits{suffix}"
    if suffix == ".geojson":
        assert read_geojson(content, file=file, schema=EXCLUSIONS, log=log) is None
    else:
        assert read_layer({suffix: content}, file=file, schema=EXCLUSIONS, log=log) is None
    return log.sorted()


def _code(suffix: str, content: bytes) -> str:
    (problem,) = _problems(suffix, content)
    assert problem.message.endswith(".")
    return problem.code


def _zip(*entries: tuple[str | zipfile.ZipInfo, bytes]) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, inside in entries:
            archive.writestr(name, inside)
    return content.getvalue()


@pytest.fixture
def visits() -> Iterator[tuple[int, list[str]]]:
    """A server on this machine, and the paths that anyone asked it for."""
    asked: list[str] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_error(404)

        do_HEAD = do_GET  # noqa: N815 - a name of the standard library

        def log_message(self, *_: Any) -> None: ...

    with socketserver.TCPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield server.server_address[1], asked
        server.shutdown()


@pytest.mark.parametrize(
    "suffix", [".geojson", ".kml", ".gpkg", ".fgb", ".shp", ".parquet", ".zip"]
)
def test_a_virtual_data_source_under_any_name_reads_nothing(
    suffix: str, tmp_path: Path, visits: tuple[int, list[str]]
) -> None:
    port, asked = visits
    secret = tmp_path / "secret.csv"
    secret.write_text("user;pw\nroot;hunter2\n", encoding="utf-8")
    for source in (str(secret), f"/vsicurl/http://127.0.0.1:{port}/a.geojson"):
        content = (
            f'<OGRVRTDataSource><OGRVRTLayer name="secret"><!-- <kml> -->'
            f"<SrcDataSource>{source}</SrcDataSource><SrcLayer>secret</SrcLayer>"
            f"</OGRVRTLayer></OGRVRTDataSource>"
        ).encode()
        problems = _problems(suffix, content)
        assert len(problems) == 1
        assert "hunter2" not in str(problems)
    assert asked == []


@pytest.mark.parametrize(
    ("name", "mode", "said"),
    [
        ("../couche.shp", 0o100644, "sort du dossier"),
        ("a/../../couche.shp", 0o100644, "sort du dossier"),
        ("/etc/couche.shp", 0o100644, "sort du dossier"),
        ("..\\couche.shp", 0o100644, "sort du dossier"),
        ("C:\\couche.shp", 0o100644, "sort du dossier"),
        ("couche.shp", 0o120777, "est un lien"),
        ("couche.shp", 0o020666, "est un lien ou un fichier spécial"),
    ],
)
def test_an_archive_that_leads_out_of_itself_is_refused(name: str, mode: int, said: str) -> None:
    entry = zipfile.ZipInfo(name)
    entry.external_attr = mode << 16
    (problem,) = _problems(".zip", _zip((entry, b"/etc/passwd")))
    assert problem.code == Code.HOSTILE_ARCHIVE
    assert said in problem.message


def test_archives_that_unpack_to_far_too_much_are_refused() -> None:
    bomb = _zip(("couche.shp", bytes(200 << 20)))
    assert len(bomb) < 1 << 20
    assert _code(".zip", bomb) == Code.HOSTILE_ARCHIVE
    assert _code(".kmz", bomb) == Code.HOSTILE_ARCHIVE
    many = _zip(*((f"{i}.shp", b"") for i in range(2001)))
    assert _code(".zip", many) == Code.HOSTILE_ARCHIVE


def test_an_archive_that_lies_about_its_sizes_is_refused() -> None:
    honest = _zip(("couche.shp", b"a" * (20 << 20)))
    lie = honest.replace(struct.pack("<I", 20 << 20), struct.pack("<I", 100))
    assert lie != honest
    assert _code(".zip", lie) in {Code.WRONG_CONTENT, Code.HOSTILE_ARCHIVE}


def test_an_archive_of_archives_or_of_nothing_is_no_layer() -> None:
    inner = _zip(("couche.shp", b"x"))
    assert _code(".zip", _zip(("couche.zip", inner))) == Code.WRONG_CONTENT
    assert _code(".zip", _zip(("lisez-moi.txt", b"x"))) == Code.WRONG_CONTENT
    assert _code(".zip", b"PK\x03\x04" + bytes(100)) == Code.WRONG_CONTENT


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_xml_with_entities_is_not_parsed(encoding: str) -> None:
    entities = "".join(f'<!ENTITY l{i} "{f"&l{i - 1};" * 10}">' for i in range(1, 9))
    text = f'<!DOCTYPE k [<!ENTITY l0 "lol">{entities}]><kml><name>&l8;</name></kml>'
    assert _code(".kml", text.encode(encoding)) == Code.HOSTILE_MARKUP
    outside = '<!DOCTYPE k [<!ENTITY x SYSTEM "file:///etc/hostname">]><kml><name>&x;</name></kml>'
    assert _code(".kml", outside.encode(encoding)) == Code.HOSTILE_MARKUP
    assert _code(".kmz", _zip(("doc.kml", outside.encode(encoding)))) == Code.HOSTILE_MARKUP


def test_geojson_nested_five_thousand_levels_is_refused() -> None:
    nested = "[" * 5000 + "]" * 5000
    head = '{"type": "FeatureCollection", "features": [{"type": "Feature", "properties": {"reason":'
    geometry = '{"type": "Polygon", "coordinates": 0}'
    for text in (
        f'{head} "x"}}, "geometry": {geometry.replace("0", nested)}}}]}}',
        f'{head} {nested}}}, "geometry": {geometry}}}]}}',
        f'{head} "x"}}, "geometry": {geometry}}}], "crs": {nested}}}',
    ):
        assert _code(".geojson", text.encode()) == Code.BROKEN_JSON
        assert _code(".geojson", text.encode() + b" " * (5 << 20)) == Code.BROKEN_JSON


@pytest.mark.slow
def test_a_polygon_of_five_million_vertices_is_refused() -> None:
    vertices = b"[0,0]," * 4_999_999
    text = (
        b'{"type":"FeatureCollection","features":[{"type":"Feature","properties":{"reason":"x"},'
        b'"geometry":{"type":"Polygon","coordinates":[[' + vertices + b"[0,0]]]}}]}"
    )
    (problem,) = _problems(".geojson", text)
    assert problem.code == Code.FILE_TOO_LARGE
    assert "sommets" in problem.message


@pytest.mark.parametrize(
    "value", ["1e308", "-1e308", "1e999", "1" + "0" * 400, "1" + "0" * 5000, "NaN", "Infinity"]
)
def test_coordinates_beyond_every_number_are_named(value: str) -> None:
    log = ProblemLog()
    ring = f"[[5,45],[6,45],[{value},46],[5,45]]"
    text = (
        '{"type":"FeatureCollection","features":[{"type":"Feature","properties":{"reason":"x"},'
        f'"geometry":{{"type":"Polygon","coordinates":[{ring}]}}}}]}}'
    )
    table = read_geojson(text.encode(), file="z.geojson", schema=EXCLUSIONS, log=log)
    if table is not None and table.shapes is not None and table.shapes[0] is not None:
        from data.read.exclusions import read_exclusions  # noqa: PLC0415 - only here
        from data.read.reference import SaidCrs  # noqa: PLC0415 - only here

        read_exclusions(table, SaidCrs("exclusions_crs"), territory=None, log=log)
    assert log.has_errors()


def test_a_nul_byte_and_a_lone_surrogate_are_named() -> None:
    feature = '{"type":"Feature","properties":{"reason":"%s"},"geometry":null}'
    for text in ("a\\u0000b", "\\ud800"):
        log = ProblemLog()
        document = '{"type":"FeatureCollection","features":[' + feature % text + "]}"
        read_geojson(document.encode(), file="z.geojson", schema=EXCLUSIONS, log=log)
        assert Code.CONTROL_CHARACTER in {problem.code for problem in log.sorted()}


def _parquet(cells: list[bytes], **column: Any) -> bytes:
    geo = {"primary_column": "geometry", "columns": {"geometry": {"encoding": "WKB", **column}}}
    table = pa.table({"reason": ["x"] * len(cells), "geometry": cells})
    content = io.BytesIO()
    parquet.write_table(table.replace_schema_metadata({"geo": json.dumps(geo)}), content)
    return content.getvalue()


def test_a_shape_nested_so_deep_that_it_ends_its_reader_ends_only_that() -> None:
    collection = b"\x01\x07\x00\x00\x00\x01\x00\x00\x00"
    (problem,) = _problems(".parquet", _parquet([collection * 300_000]))
    assert problem.code == Code.READING_STOPPED
    assert (
        problem.message
        == "La lecture du fichier a été arrêtée\u00a0: le fichier fait échouer sa lecture."
    )


def test_a_crs_that_names_a_file_for_proj_is_not_followed() -> None:
    crs = {"type": "x", "name": "+proj=longlat +nadgrids=/etc/passwd"}
    log = ProblemLog()
    content = _parquet([b"\x01\x01\x00\x00\x00" + struct.pack("<2d", 5, 45)], crs=crs)
    table = read_layer({".parquet": content}, file="f.parquet", schema=EXCLUSIONS, log=log)
    assert table is None or "EPSG" not in str(table.crs)


def test_deeply_nested_text_in_a_table_is_named_by_its_row() -> None:
    cells = ["POINT (5 45)", "GEOMETRYCOLLECTION(" * 5000 + ")" * 5000, "POINT" + "(" * 5000]
    log = ProblemLog()
    table = Table("t.csv", ("wkt",), (cells,), (2, 3, 4), {"geometry": 0})
    read = with_shapes(table, FACES, log)
    assert read is not None
    assert read.shapes is not None
    assert [shape is None for shape in read.shapes] == [False, True, True]
    assert [(p.where.row, p.code) for p in log.sorted()] == [
        (3, Code.WRONG_GEOMETRY),
        (4, Code.WRONG_GEOMETRY),
    ]


@settings(max_examples=6, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_damaged_files_are_refused_or_read_and_nothing_else(data: st.DataObject) -> None:
    samples = Path(__file__).parent / "samples"
    path = data.draw(st.sampled_from(sorted(samples.glob("layer.*"))))
    content = bytearray(path.read_bytes())
    for _ in range(data.draw(st.integers(1, 20))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    log = ProblemLog()
    read_layer({path.suffix: bytes(content)}, file=path.name, schema=EXCLUSIONS, log=log)
    for problem in log.sorted():
        assert Code(problem.code)


class TestTheProcessApart:
    """What a job could do if a file took it over."""

    def test_it_has_one_driver(self) -> None:
        answer = run("data.gdal.probe:drivers_left", {}, {"suffix": ".gpkg"})
        assert answer.values == {"drivers": ["GPKG"]}
        assert "OGR_VRT" in KNOWN

    def test_a_driver_that_we_do_not_know_is_left_out_as_well(self) -> None:
        answer = run("data.gdal.probe:drivers_left", {}, {"suffix": ".gpkg", "forget": ["OGR_VRT"]})
        assert answer.values == {"drivers": ["GPKG"]}

    def test_it_sees_nothing_of_our_environment(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("PLACARDE_SECRET", "hunter2")
        monkeypatch.setenv("GDAL_DRIVER_PATH", "/tmp")  # noqa: S108 - not used
        answer = run("data.gdal.probe:surroundings", {}, {"suffix": ""})
        assert "PLACARDE_SECRET" not in answer.values["environment"]
        assert answer.values["environment"]["GDAL_DRIVER_PATH"] == "disable"

    def test_it_reads_no_other_file_and_reaches_nobody(
        self, tmp_path: Path, visits: tuple[int, list[str]]
    ) -> None:
        port, asked = visits
        (tmp_path / "secret").write_text("hunter2", encoding="utf-8")
        options = {"suffix": "", "path": str(tmp_path / "secret"), "port": port}
        values = run("data.gdal.probe:surroundings", {}, options).values
        assert asked == []
        assert values["read"] == "" or not values["walls"]["files"]
        assert not values["reached"] or not any(values["walls"].values())

    @pytest.mark.parametrize(
        ("what", "detail"),
        [
            ("spin", "il faut plus de 1 secondes pour le lire"),
            ("memory", "une fois ouvert, il est démesuré"),
            ("disk", "une fois ouvert, il est démesuré"),
            ("crash", "le fichier fait échouer sa lecture"),
            ("wrong", "le fichier fait échouer sa lecture"),
        ],
    )
    def test_what_it_ends_of_is_told(self, what: str, detail: str) -> None:
        limits = Limits(cpu_s=1, memory_bytes=1 << 30, file_bytes=1 << 20)
        with pytest.raises(Refused) as refused:
            run("data.gdal.probe:misbehave", {}, {"suffix": "", "what": what}, limits=limits)
        assert refused.value.code == Code.READING_STOPPED
        assert refused.value.fields == {"detail": detail}
