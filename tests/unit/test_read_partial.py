"""Partial reading, cleaned files, and media owners' tables: what goes on and what comes back."""

from __future__ import annotations

import csv
import json
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from data.read import Code, clean_campaign, read_campaign
from data.write.cleaned import write_cleaned
from geo.errors import OutputExistsError, Severity
from geo.model import Campaign, Faces
from tests.contract.campaigns import bad_campaign, change, good_campaign

FRAMES = (
    "Frame ID,Publisher,Latitude,Longitude,City,Width (cm),Height (cm),Format name,Environment,"
    "Contacts (weekly),Price (weekly)\r\n"
    "D1,Écrans fictifs,45.05,5.55,Ville-Un,108,192,Portrait,Gare,7001,100.01\r\n"
)


@pytest.fixture
def spoilt(tmp_path: Path) -> Path:
    """A campaign with faults in rows of four files, each of which others refer to."""
    folder = good_campaign(tmp_path / "campaign")
    change(folder, "campaign.toml", ("seed = 0", "seed = 0\npartial = true"))
    change(folder, "inventaire.csv", ("2 m²;2;abribus;;;38001", "2 m²;deux;abribus;;;38001"))
    change(folder, "agents.csv", ("A1;P1;", "A1;;"), ("A2;P2;", "A2;P2;;"))
    change(folder, "trajets.csv", ("m3;m4;38;25", "m3;m4;trente;25"))
    return folder


def _same(one: Campaign, other: Campaign) -> None:
    for field in fields(Campaign):
        a, b = getattr(one, field.name), getattr(other, field.name)
        if field.name in {"inputs", "portraits"}:
            continue
        if isinstance(a, Faces):
            for part in fields(Faces):
                np.testing.assert_array_equal(getattr(a, part.name), getattr(b, part.name))
        else:
            assert a == b, field.name


def test_good_rows_go_on_and_the_others_come_back_with_their_reasons(spoilt: Path) -> None:
    reading = read_campaign(spoilt)
    assert reading.campaign is not None
    assert {problem.severity for problem in reading.problems} == {Severity.WARNING}
    assert sorted(agent.agent_id for agent in reading.campaign.agents) == ["A3", "A4"]
    assert "f03" not in reading.campaign.faces.face_id
    assert [(r.file, r.row) for r in reading.rejects] == [
        ("agents.csv", 2),
        ("agents.csv", 3),
        ("inventaire.csv", 4),
        ("trajets.csv", 5),
        ("verrous.csv", 2),
        ("verrous.csv", 3),
    ]
    assert all(reject.reason for reject in reading.rejects)
    assert reading.rejects[2].values["surface_m2"] == "deux"


def test_a_lock_of_an_agent_left_out_says_why_it_is_left_out_too(spoilt: Path) -> None:
    locks = [p for p in read_campaign(spoilt).problems if p.where.file == "verrous.csv"]
    assert [p.code for p in locks] == [Code.UNKNOWN_AGENT, Code.UNKNOWN_FACE]
    assert "ligne 2 de agents.csv, écartée elle aussi" in locks[0].message


def test_without_the_key_the_same_rows_stop_the_plan(spoilt: Path) -> None:
    change(spoilt, "campaign.toml", ("partial = true", "partial = false"))
    reading = read_campaign(spoilt)
    assert reading.campaign is None
    assert any(problem.severity is Severity.ERROR for problem in reading.problems)


@pytest.mark.parametrize(
    "kind", ["invalid-polygon", "missing-column", "toml-out-of-range", "unknown-depot"]
)
def test_what_is_no_fault_of_a_row_still_stops_the_plan(kind: str, tmp_path: Path) -> None:
    folder = bad_campaign(kind, tmp_path / "campaign")
    change(folder, "campaign.toml", ("[campaign]\n", "[campaign]\npartial = true\n"))
    assert read_campaign(folder).campaign is None


def test_the_cleaned_campaign_reads_as_what_was_read_without_its_rejects(
    spoilt: Path, tmp_path: Path
) -> None:
    cleaned = clean_campaign(spoilt)
    written = write_cleaned(tmp_path / "out", folder=spoilt, cleaned=cleaned)
    again = read_campaign(tmp_path / "out")
    assert again.problems == ()
    assert again.campaign is not None
    assert cleaned.reading.campaign is not None
    _same(again.campaign, cleaned.reading.campaign)
    assert {name for name in written if "rejets" in name} == {
        "rejets-agents.csv",
        "rejets-inventaire.csv",
        "rejets-trajets.csv",
        "rejets-verrous.csv",
    }
    with (tmp_path / "out/rejets-inventaire.csv").open(encoding="utf-8-sig", newline="") as file:
        (row,) = csv.DictReader(file, delimiter=";")
    assert (row["ligne"], row["face_id"], row["surface_m2"]) == ("4", "f03", "deux")
    assert "« deux » n’est pas un nombre" in row["motif"].replace("\u00a0", " ")


@pytest.mark.parametrize("kind", ["owner-schema", "default-value", "osm-assumed", "heading-below"])
def test_cleaning_keeps_what_an_owner_s_table_was_understood_as(kind: str, tmp_path: Path) -> None:
    folder = bad_campaign(kind, tmp_path / "campaign")
    write_cleaned(tmp_path / "out", folder=folder, cleaned=clean_campaign(folder))
    before, after = read_campaign(folder).campaign, read_campaign(tmp_path / "out").campaign
    assert before is not None
    assert after is not None
    _same(before, after)


def test_cleaning_replaces_nothing(spoilt: Path) -> None:
    with pytest.raises(OutputExistsError):
        write_cleaned(spoilt, folder=spoilt, cleaned=clean_campaign(spoilt))


def _faces(folder: Path, name: str, content: str, toml: str = "") -> Any:
    (folder / name).write_text(content, encoding="utf-8")
    change(
        folder,
        "campaign.toml",
        ('faces = "inventaire.csv"', f'faces = "{name}"'),
        ('locks = "verrous.csv"\n', ""),
        ("[matching]", f"{toml}\n[matching]"),
        ("period_days = 7", "period_days = 14"),
    )
    return read_campaign(folder)


def test_digital_frames_are_read_and_weeks_become_periods(tmp_path: Path) -> None:
    reading = _faces(good_campaign(tmp_path / "c"), "ecrans.csv", FRAMES)
    assert {p.code for p in reading.problems} == {Code.OWNER_SCHEMA, Code.CONVERTED_VALUES}
    faces = reading.campaign.faces
    assert (faces.face_id[0], faces.operator[0], faces.support[0]) == (
        "D1",
        "Écrans fictifs",
        "Gare",
    )
    assert (faces.contacts[0], faces.price_cents[0]) == (14_002, 20_002)
    assert faces.surface_m2[0] == pytest.approx(1.08 * 1.92, rel=1e-3)


def _panel(**tags: str) -> str:
    point = {"type": "Point", "coordinates": [5.55, 45.05]}
    feature = {"type": "Feature", "properties": tags, "geometry": point}
    return json.dumps({"type": "FeatureCollection", "features": [feature]})


def test_a_panel_of_openstreetmap_has_a_face_on_each_side(tmp_path: Path) -> None:
    content = _panel(
        **{
            "@id": "node/7",
            "advertising": "billboard",
            "sides": "2",
            "size": "4 x 3",
            "lit": "yes",
        },
        operator="Régie fictive",
        ref="P7",
        direction="E",
    )
    toml = "[defaults]\ncontacts = 900\nprice_eur = 80.5\n"
    faces = _faces(good_campaign(tmp_path / "c"), "osm.geojson", content, toml).campaign.faces
    assert faces.face_id.tolist() == ["osm-node-7-1", "osm-node-7-2"]
    assert faces.bearing.tolist() == [90, 270]
    assert (faces.surface_m2.tolist(), faces.lit.tolist()) == ([12, 12], [1, 1])
    assert (faces.panel_id[0], faces.contacts[0], faces.price_cents[0]) == ("P7", 900, 8050)


def test_nothing_is_invented_for_a_panel_of_openstreetmap(tmp_path: Path) -> None:
    content = _panel(**{"@id": "node/7", "advertising": "billboard"})
    reading = _faces(good_campaign(tmp_path / "c"), "osm.geojson", content)
    missing = [p.where.column for p in reading.problems if p.code == Code.MISSING_COLUMN]
    assert missing == ["contacts", "price_eur"]
