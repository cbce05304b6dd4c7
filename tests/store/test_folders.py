"""A campaign folder that is taken into the store comes out as the same campaign."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sqlalchemy import func, select

from data.read import read_campaign
from data.read.sections import CampaignSection, TourSection
from data.store import Store, folders, inputs, open_store, schema
from data.store.canonical import canonical
from data.store.folder_files import settings_of, toml_file
from data.store.tables import CampaignRecord
from data.store.unpacked import unpacked
from geo.model import Campaign, Faces
from tests.contract.campaigns import BAD, GOOD, bad_campaign, bad_kinds, change, good_campaign
from tests.contract.variants import variants, write_variant
from tests.store.campaigns import ACT, isere_files, put, taken


@pytest.fixture(scope="module")
def local(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """Yield one store for all the campaigns of this module."""
    opened = open_store(f"sqlite:///{tmp_path_factory.mktemp('store') / 'placarde.sqlite'}")
    schema.upgrade(opened)
    yield opened
    opened.close()


def same(one: Any, other: Any) -> bool:
    if isinstance(one, Faces):
        return all(same(getattr(one, f.name), getattr(other, f.name)) for f in fields(Faces))
    if isinstance(one, np.ndarray):
        equal_nan = one.dtype.kind == "f"
        return bool(np.array_equal(one, other, equal_nan=equal_nan)) and one.dtype == other.dtype
    return bool(one == other)


def differences(one: Campaign, other: Campaign) -> list[str]:
    """Return the fields in which two campaigns differ, but for what files they came from."""
    without = {"inputs", "confirmed_crs"}
    names = [f.name for f in fields(Campaign) if f.name not in without]
    return [name for name in names if not same(getattr(one, name), getattr(other, name))]


def read_files(files: dict[str, bytes]) -> Campaign:
    with unpacked(files) as folder:
        reading = read_campaign(folder)
    assert reading.campaign is not None, reading.problems
    return reading.campaign


def taken_in(store: Store, folder: Path) -> tuple[Campaign | None, dict[str, bytes]]:
    """Return what the store read in a folder, and the folder that it gives out; nothing of errors.

    The second is read again, and must be the first.
    """
    with store.write() as tx:
        record, reading = folders.import_folder(tx, folder, act=ACT)
        if record is None:
            assert reading.campaign is None
            return None, {}
        files = folders.campaign_files(tx, record.campaign_id)
    assert reading.campaign is not None
    assert differences(reading.campaign, read_files(files)) == []
    return reading.campaign, files


def assert_comes_back(store: Store, folder: Path) -> dict[str, bytes]:
    """Take a folder in and out, twice: the same campaign, and then the same bytes."""
    before = read_campaign(folder).campaign
    after, once = taken_in(store, folder)
    assert before is not None
    assert after is not None
    assert differences(before, after) == []
    assert taken(store, put(store, once)) == once
    return once


@pytest.mark.slow
def test_the_isere_comes_back_the_same(store: Store) -> None:
    files = isere_files()
    once = taken(store, put(store, files))
    assert differences(read_files(files), read_files(once)) == []
    assert taken(store, put(store, once)) == once
    portraits = {name: content for name, content in files.items() if "portraits/" in name}
    assert len(portraits) == 18
    assert portraits.items() <= once.items()


def test_a_campaign_with_every_kind_of_file_comes_back_the_same(store: Store) -> None:
    once = assert_comes_back(store, GOOD)
    assert set(once) > {"trajets.csv", "verrous.csv", "interdits.geojson", "campaign.toml"}


@pytest.mark.slow
def test_however_a_campaign_is_written_it_comes_back_the_same(local: Store, tmp_path: Path) -> None:
    plain = read_campaign(GOOD).campaign
    assert plain is not None
    chosen = {v.form: v for v in variants()} | {str(v.crs): v for v in variants()}
    for number, variant in enumerate(list(chosen.values())[::3]):
        after, _ = taken_in(local, write_variant(tmp_path / str(number), variant))
        assert after is not None
        assert differences(plain, after) == [], variant


@pytest.mark.slow
def test_a_campaign_with_errors_adds_nothing_and_one_with_warnings_comes_back(
    local: Store, tmp_path: Path
) -> None:
    added = []
    for kind in bad_kinds()[::3]:
        expected = (BAD / kind / "expected.txt").read_text(encoding="utf-8")
        count = campaigns_in(local)
        campaign, _ = taken_in(local, bad_campaign(kind, tmp_path / kind))
        assert (campaign is None) == ("error | " in expected), kind
        assert campaigns_in(local) == count + (campaign is not None), kind
        added += [] if campaign is None else [kind]
    assert 1 < len(added) < 15


def campaigns_in(store: Store) -> int:
    with store.read() as tx:
        return tx.scalar(select(func.count()).select_from(CampaignRecord)) or 0


def test_rows_are_left_out_only_where_the_campaign_allows_it(local: Store, tmp_path: Path) -> None:
    folder = good_campaign(tmp_path / "faulty")
    lines = (folder / "inventaire.csv").read_text(encoding="utf-8").splitlines()
    lines.insert(2, lines[1])  # a face twice
    (folder / "inventaire.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    with local.write() as tx:
        record, reading = folders.import_folder(tx, folder, act=ACT)
    assert record is None
    assert "duplicate-id" in {problem.code for problem in reading.problems}
    change(folder, "campaign.toml", ("seed = 0", "seed = 0\npartial = true"))
    once = assert_comes_back(local, folder)
    assert len(once["inventaire.csv"].splitlines()) == len(lines) - 1
    assert b"partial = true" in once["campaign.toml"]


def test_points_in_metres_are_kept_as_degrees(local: Store, tmp_path: Path) -> None:
    lambert = next(v for v in variants() if v.crs == 2154 and v.form.startswith("csv"))
    once = assert_comes_back(local, write_variant(tmp_path / "lambert", lambert))
    heading = once["inventaire.csv"].decode().splitlines()[0].split(";")
    assert {"lat", "lon"} <= set(heading)
    assert not {"x", "y"} & set(heading)
    assert b"_crs" not in once["campaign.toml"]


def test_what_the_planner_confirms_of_a_crs_is_applied(local: Store, tmp_path: Path) -> None:
    lambert = next(v for v in variants() if v.crs == 2154 and v.form.startswith("csv"))
    folder = write_variant(tmp_path / "lambert", lambert)
    toml = (folder / "campaign.toml").read_text(encoding="utf-8")
    kept = [line for line in toml.splitlines() if "_crs" not in line]
    (folder / "campaign.toml").write_text("\n".join(kept) + "\n", encoding="utf-8")
    crs = {"faces": "EPSG:2154", "maisons": "EPSG:2154"}
    confirmed = read_campaign(folder, crs=crs).campaign
    assert confirmed is not None
    with local.write() as tx:
        record, _ = folders.import_folder(tx, folder, act=ACT, crs=crs)
        assert record is not None
        files = folders.campaign_files(tx, record.campaign_id)
    assert differences(confirmed, read_files(files)) == []


POSITIONS = (
    "address;postcode;city;insee;lat;lon;precision;score;source;label\n"
    "1 rue du Test;38000;Grenoble;;45.1850000;5.7250000;housenumber;0.9100;BAN;1 Rue du Test\n"
)


def test_what_a_geocoder_found_is_kept_in_the_rows_and_beside_them(
    local: Store, tmp_path: Path
) -> None:
    folder = good_campaign(tmp_path / "geocoded")
    rows = (folder / "inventaire.csv").read_text(encoding="utf-8").splitlines()
    heading = rows[0].split(";")
    cells = dict(zip(heading, rows[1].split(";"), strict=True))
    address = {"address": "1 rue du Test", "postcode": "38000", "city": "Grenoble", "insee": ""}
    cells |= {"lat": "", "lon": ""}
    headings = [*heading, *(name for name in address if name not in heading)]
    cells |= address
    others = [row + ";" * (len(headings) - len(heading)) for row in rows[2:]]
    lines = [";".join(headings), ";".join(cells[name] for name in headings), *others]
    (folder / "inventaire.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    (folder / "found.csv").write_text(POSITIONS, encoding="utf-8")
    toml = folder / "campaign.toml"
    toml.write_text(
        toml.read_text(encoding="utf-8") + '\n[geocoder]\nfile = "found.csv"\n', encoding="utf-8"
    )
    once = assert_comes_back(local, folder)
    assert once["positions.csv"] == POSITIONS.encode()
    assert b"housenumber" in once["inventaire.csv"]


def test_what_the_campaign_does_not_name_is_not_taken(local: Store, tmp_path: Path) -> None:
    folder = good_campaign(tmp_path / "more")
    (folder / "annuaire.csv").write_text("nom;telephone\n", encoding="utf-8")
    text = (folder / "agents.csv").read_text(encoding="utf-8").splitlines()
    marked = [f"{line};{'telephone' if i == 0 else '0601020304'}" for i, line in enumerate(text)]
    (folder / "agents.csv").write_text("\n".join(marked) + "\n", encoding="utf-8")
    once = assert_comes_back(local, folder)
    assert b"0601020304" not in b"".join(once.values())


def test_every_section_comes_back_as_it_was_read() -> None:
    document: dict[str, Any] = {
        "campaign": {"name": "é « »", "periods": 4, "partial": False},
        "files": {"zones": "z.gpkg", "faces_crs": "EPSG:2154"},
        "defaults": {"contacts": 2500.5, "format": '2 m² "x"'},
        "matching": {"fairness": "max-min"},
        "sequences": {"secteur nord": [1, 2]},
        "geocoder": {"min_score": 0.25},
        "tour": {"order": [["a", "b"], ["c"]], "kits": "min", "drive_from": "07:00"},
    }
    import tomllib  # noqa: PLC0415 -- for this test alone

    written = toml_file(settings_of(document), kinds=("faces", "zones"))
    files = {"zones": "zones.geojson", "faces": "inventaire.csv"}
    assert tomllib.loads(written.decode()) == {**document, "files": files}


def test_the_days_of_every_section_are_days_again() -> None:
    from datetime import date  # noqa: PLC0415 -- for this test alone

    from data.store.folder_files import _DAYS  # noqa: PLC0415

    found = set()
    for name, section in (("campaign", CampaignSection), ("tour", TourSection)):
        for key, field in section.model_fields.items():
            if field.annotation is date:
                found.add((name, key))
    assert found == _DAYS


@pytest.mark.parametrize(
    ("name", "typed", "kept"),
    [
        ("contacts", "1 234,5", "1234.5"),
        ("contacts", "1.234", "1.2340"),
        ("contacts", "0012", "12"),
        ("price_eur", "120,50 € HT", "120.5"),
        ("price_eur", "0.125", "0.12"),
        ("lit", "X", "oui"),
        ("available", "3|1", "1|3"),
        ("available", "toutes", ""),
        ("available", "non", "aucune"),
        ("closed_on", "1/11/2017|2017-10-31", "2017-10-31|2017-11-01"),
        ("consent_media", "Web|affichage", "affichage|web"),
        ("zones", " b | a|b", "a|b"),
        ("period", "2,0", "2"),
        ("name", "  x", "  x"),
        ("contacts", "beaucoup", "beaucoup"),
    ],
)
def test_a_cell_has_one_spelling_which_is_its_own(name: str, typed: str, kept: str) -> None:
    assert canonical([typed, "", typed], name) == [kept, "", kept]
    assert canonical([kept], name) == [kept]


@pytest.mark.parametrize("path", ["../x", "/x", "a/../../x", "C:\\x", ""])
def test_no_file_is_unpacked_outside_its_folder(path: str) -> None:
    with pytest.raises(ValueError, match="out of its folder"), unpacked({path: b""}):
        pass


def test_problems_of_a_file_are_kept_with_it(local: Store, tmp_path: Path) -> None:
    folder = good_campaign(tmp_path / "warned")
    shutil_rename(folder / "portraits")
    with local.write() as tx:
        record, reading = folders.import_folder(tx, folder, act=replace(ACT, actor="bob"))
        assert record is not None
        agents = inputs.get(tx, record.campaign_id, "agents")
        assert agents is not None
        kept = [problem["code"] for problem in agents.problems]
        assert kept == [p.code for p in reading.problems if p.where.file == "agents.csv"]
        assert agents.uploaded_by == "bob"


def shutil_rename(folder: Path) -> None:
    if folder.is_dir():
        folder.rename(folder.with_name("sans-portraits"))
