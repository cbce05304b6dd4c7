"""Addresses without coordinates: geocoded once, kept in a file, else the middle of the commune."""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import shapely
from python_calamine import CalamineWorkbook

from app.geocoding import Geocoded, geocode_campaign, geocoded_lines
from app.usecases import plan_campaign, verify_plan
from data.geocode.client import Geocoder, Patience
from data.read import Code, read_campaign
from data.read.addresses import Address, Position
from data.read.positions import positions_csv, positions_from
from geo.errors import CampaignError, GeocoderError, Severity
from geo.model import Campaign
from geo.precision import PRECISIONS, found_positions, in_french, is_coarser
from tests.contract.campaigns import change, good_campaign
from tests.fake_geocoder import FakeGeocoder, fake_geocoder

QUICK = Patience(connect_s=2, read_s=5, retries=2, backoff_s=0.01)
NOBODY = "http://127.0.0.1:1"
HERE = {
    "1 rue du Lac": Position(5.5512345, 45.0512345, "housenumber", "", 0.97, "1 Rue du Lac"),
    "rue Haute": Position(5.56, 45.06, "street", "", 0.81, "Rue Haute"),
    "près du pont": Position(5.57, 45.07, "locality", "", 0.3, "Le Pont"),
}


@pytest.fixture
def geocoder() -> Iterator[FakeGeocoder]:
    with fake_geocoder(HERE) as fake:
        yield fake


def _campaign(folder: Path, *, geocoded: bool = True) -> Path:
    """Return a campaign with communes and four faces, of which only the last has coordinates."""
    campaign = good_campaign(folder / "campaign")
    change(campaign, "zones.geojson", ('"territoire"', '"commune"'), ('"Sud-Ouest"', '"Ville-Un"'))
    rows = _rows(campaign)[:5]
    names = list(rows[0])
    addresses = ("1 rue du Lac", "rue Haute", "près du pont", "nulle part")
    for row, address in zip(rows, addresses, strict=False):
        row.update(address=address, city="VILLE UN", insee="", lat="", lon="")
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, names, delimiter=";", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    (campaign / "inventaire.csv").write_text(text.getvalue(), encoding="utf-8")
    change(campaign, "campaign.toml", ('locks = "verrous.csv"\n', ""))
    if geocoded:
        toml = campaign / "campaign.toml"
        section = "\n[geocoder]\n"
        toml.write_text(toml.read_text(encoding="utf-8") + section, encoding="utf-8")
    return campaign


def _rows(folder: Path) -> list[dict[str, str]]:
    text = (folder / "inventaire.csv").read_text(encoding="utf-8")
    return list(csv.DictReader(io.StringIO(text, newline=""), delimiter=";"))


def _read(folder: Path) -> Campaign:
    reading = read_campaign(folder)
    assert reading.campaign is not None, reading.problems
    return reading.campaign


def _silently(_: str) -> None: ...


def _geocode(folder: Path, geocoder: FakeGeocoder, *, again: bool = False) -> Geocoded:
    return geocode_campaign(
        folder, server=geocoder.url, again=again, progress=_silently, patience=QUICK
    )


def test_no_campaign_says_whom_its_addresses_are_sent_to(tmp_path: Path) -> None:
    folder = _campaign(tmp_path)
    change(folder, "campaign.toml", ("[geocoder]\n", '[geocoder]\nurl = "http://127.0.0.1:1"\n'))
    assert "unknown-key" in {problem.code for problem in read_campaign(folder).problems}


def test_a_setting_that_is_no_address_of_a_geocoder_is_named(tmp_path: Path) -> None:
    with pytest.raises(GeocoderError, match="PLACARDE_GEOCODER"):
        geocode_campaign(
            _campaign(tmp_path), server="file:///etc/passwd", again=False, progress=_silently
        )


def test_without_a_geocoder_an_address_is_in_the_middle_of_its_commune(tmp_path: Path) -> None:
    folder = _campaign(tmp_path)
    campaign = _read(folder)
    commune = next(zone for zone in campaign.zones if zone.name == "Ville-Un")
    faces = campaign.faces
    assert faces.precision.tolist() == ["commune"] * 4 + [""]
    assert faces.position_source.tolist() == ["commune"] * 4 + [""]
    assert all(map(math.isnan, faces.position_score))
    for x, y in zip(faces.x[:4], faces.y[:4], strict=True):
        assert commune.area.contains(shapely.Point(x, y))
    (problem,) = read_campaign(folder).problems
    assert (problem.code, problem.where.file) == (Code.PLACED_BY_ADDRESS, "inventaire.csv")
    assert "centre de la commune (lignes 2, 3, 4, 5)" in problem.message


def test_what_a_geocoder_found_is_kept_and_read_without_asking_again(
    tmp_path: Path, geocoder: FakeGeocoder
) -> None:
    folder = _campaign(tmp_path)
    geocoded = _geocode(folder, geocoder, again=False)
    assert geocoded.by_precision == {"housenumber": 1, "introuvable": 1, "locality": 1, "street": 1}
    assert "numéro\u00a0: 1" in " ".join(geocoded_lines(geocoded))
    assert len(geocoder.asked) == geocoded.asked == 4
    assert geocoder.fields == [
        {"columns": ["adresse", "commune"], "postcode": ["code_postal"], "citycode": ["code_insee"]}
    ]
    faces = _read(folder).faces
    assert faces.precision.tolist() == ["housenumber", "street", "commune", "commune", ""]
    assert faces.position_score.tolist()[:2] == [0.97, 0.81]
    assert faces.position_source.tolist()[:2] == [geocoded.host] * 2
    assert (faces.lng[0], faces.lat[0]) == (5.5512345, 45.0512345)
    inputs = {file.name for file in _read(folder).inputs}
    assert "positions.csv" in inputs
    again = _geocode(folder, geocoder, again=False)
    assert (again.asked, len(geocoder.asked)) == (0, 4)
    _geocode(folder, geocoder, again=True)
    assert len(geocoder.asked) == 8


def test_how_well_a_point_is_known_is_shown_wherever_its_face_is(
    tmp_path: Path, geocoder: FakeGeocoder
) -> None:
    folder = _campaign(tmp_path)
    _geocode(folder, geocoder, again=False)
    made = plan_campaign(
        folder, tmp_path / "plan", created=datetime(2017, 1, 1, tzinfo=UTC), progress=_silently
    )
    used = {posting.face_id for posting in made.plan.allocation.postings}
    known = found_positions(_read(folder).faces)
    expected = sorted(used & known.keys())
    assert expected
    document = json.loads((tmp_path / "plan" / "plan.json").read_text(encoding="utf-8"))
    assert sorted(document["positions"]) == expected
    book = CalamineWorkbook.from_path(str(tmp_path / "plan" / "affichage.xlsx"))
    rows = book.get_sheet_by_name("Emplacements à confirmer").to_python()
    assert [row[0] for row in rows[1:]] == expected
    assert [row[3] for row in rows[1:]] == [known[face_id].words for face_id in expected]
    for name in ("carte-interne.html", "carte-regie.html"):
        page = (tmp_path / "plan" / name).read_text(encoding="utf-8")
        assert known[expected[0]].words.split(" (")[0] in page
        assert "Emplacement" in page
    assert verify_plan(tmp_path / "plan").violations == ()


def test_only_addresses_leave_the_campaign(tmp_path: Path, geocoder: FakeGeocoder) -> None:
    folder = _campaign(tmp_path)
    _geocode(folder, geocoder, again=False)
    columns = {"numero", "adresse", "code_postal", "commune", "code_insee"}
    assert all(set(row) == columns for row in geocoder.asked)


def test_faces_known_less_well_than_asked_are_left_out(
    tmp_path: Path, geocoder: FakeGeocoder
) -> None:
    folder = _campaign(tmp_path)
    _geocode(folder, geocoder, again=False)
    change(folder, "campaign.toml", ("[matching]\n", '[matching]\nmin_precision = "street"\n'))
    reading = read_campaign(folder)
    assert reading.campaign is not None
    assert reading.campaign.faces.precision.tolist() == ["housenumber", "street", ""]
    assert [reject.row for reject in reading.rejects] == [4, 5]
    assert "min_precision" in reading.rejects[0].reason


@pytest.mark.parametrize("busy", [429, 503])
def test_a_busy_geocoder_is_asked_again(busy: int, geocoder: FakeGeocoder) -> None:
    geocoder.first = [busy, busy]
    address = Address("rue Haute", "38001", "Ville-Un", "")
    found = Geocoder(geocoder.url, QUICK).find([address], progress=lambda _: None)
    assert found[address].precision == "street"


@pytest.mark.parametrize(
    "answer",
    [503, 404, 302, b"<html>", b"\xff\xfe", b"numero,latitude\n0,45\n", b'a"b\n"'],
)
def test_a_geocoder_that_does_not_answer_as_one_is_an_error_that_says_so(
    answer: int | bytes, tmp_path: Path, geocoder: FakeGeocoder
) -> None:
    geocoder.first = [answer] * 9
    folder = _campaign(tmp_path)
    with pytest.raises(GeocoderError, match=r"Le géocodeur 127\.0\.0\.1"):
        _geocode(folder, geocoder, again=False)
    assert not (folder / "positions.csv").exists()
    assert not list(folder.glob(".*partial"))


def test_a_campaign_that_names_no_geocoder_asks_nobody(tmp_path: Path) -> None:
    with pytest.raises(GeocoderError, match=r"\[geocoder\]"):
        geocode_campaign(
            _campaign(tmp_path, geocoded=False), server=NOBODY, again=False, progress=_silently
        )
    with pytest.raises(CampaignError):
        geocode_campaign(tmp_path, server=NOBODY, again=False, progress=_silently)


def test_positions_come_back_as_they_were_written() -> None:
    positions: dict[Address, Position | None] = {
        Address('1 rue ; du "Lac"', "01000", "Bourg", "01053"): HERE["1 rue du Lac"],
        Address("", "", "Ailleurs", ""): None,
    }
    assert positions_from(positions_csv(positions)) == positions
    assert positions_csv(dict(reversed(positions.items()))) == positions_csv(positions)


@pytest.mark.parametrize(
    "line",
    ["a;b", ";;;x;91;5;street;1;s;l", ";;;x;45;5;nowhere;1;s;l", ";;;x;nan;5;street;1;s;l"],
)
def test_positions_that_cannot_be_read_are_named(line: str, tmp_path: Path) -> None:
    folder = _campaign(tmp_path)
    header = positions_csv({}).decode()
    (folder / "positions.csv").write_text(f"{header}{line}\n", encoding="utf-8")
    problems = [p for p in read_campaign(folder).problems if p.code == Code.BROKEN_POSITIONS]
    assert [str(problem.where) for problem in problems] == ["positions.csv, ligne 2"]


def test_precisions_go_from_fine_to_coarse() -> None:
    import numpy as np  # noqa: PLC0415 - only here

    words = np.array(["", *PRECISIONS, "gps"], dtype=object)
    coarser = is_coarser(words, "street")
    assert words[coarser].tolist() == ["locality", "commune"]
    assert [in_french(word) for word in ("street", "gps")] == ["rue", "gps"]


def test_an_address_in_no_commune_of_the_campaign_leads_to_the_geocoder_until_it_was_asked(
    tmp_path: Path, geocoder: FakeGeocoder
) -> None:
    folder = _campaign(tmp_path)
    change(folder, "zones.geojson", ('"commune"', '"territoire"'))
    problems = read_campaign(folder).problems
    assert [(p.code, p.where.row) for p in problems] == [
        (Code.ADDRESS_NOT_PLACED, row) for row in (2, 3, 4, 5)
    ]
    assert all("«\u00a0placarde geocode\u00a0»" in problem.remedy for problem in problems)
    _geocode(folder, geocoder)
    left = [p for p in read_campaign(folder).problems if p.severity is Severity.ERROR]
    assert {(p.code, p.where.row) for p in left} == {
        (Code.MISSING_VALUE, 4),
        (Code.MISSING_VALUE, 5),
    }
