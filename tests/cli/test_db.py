"""``placarde db``: the database of the service, kept from the command line."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from geo.french import NBSP
from tests.cli.running import Answer, placarde
from tests.contract.campaigns import GOOD, bad_campaign


def db(folder: Path, *arguments: str | Path) -> Answer:
    return placarde("db", *arguments, env=environment(folder))


def environment(folder: Path) -> Mapping[str, str]:
    return {"PLACARDE_FOLDER": str(folder), "PLACARDE_DATABASE_URL": ""}


def contents(folder: Path) -> dict[str, bytes]:
    return {p.name: p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


@pytest.mark.slow
def test_a_campaign_goes_in_and_out_and_over_a_backup_elsewhere(tmp_path: Path) -> None:
    one, other = tmp_path / "one", tmp_path / "other"
    imported = db(one, "import", GOOD)
    assert imported.status == 0
    assert f"Campagne «{NBSP}Carré autour de Grenoble{NBSP}» ajoutée." in imported.err
    campaign_id = imported.out.strip()
    assert db(one, "export", campaign_id, tmp_path / "out").status == 0
    assert placarde("check", tmp_path / "out").status == 0
    saved = db(one, "backup", tmp_path / "placarde.zip")
    assert f"1{NBSP}campagne" in saved.out
    assert "données personnelles" in saved.out
    assert db(other, "restore", tmp_path / "placarde.zip").status == 0
    assert db(other, "vacuum").status == 0
    assert db(other, "upgrade").out.startswith("La base est à jour")
    assert db(other, "export", campaign_id, tmp_path / "again").status == 0
    assert contents(tmp_path / "again") == contents(tmp_path / "out")
    again = db(other, "restore", tmp_path / "placarde.zip")
    assert (again.status, again.out) == (1, "")
    assert "base vide" in again.err


def test_nothing_that_exists_is_overwritten(tmp_path: Path) -> None:
    store, out = tmp_path / "store", tmp_path / "out"
    campaign_id = db(store, "import", GOOD).out.strip()
    out.mkdir()
    (out / "mine").write_text("", encoding="utf-8")
    refused = db(store, "export", campaign_id, out)
    assert (refused.status, contents(out)) == (2, {"mine": b""})
    assert "n’est pas vide" in refused.err
    (tmp_path / "b.zip").write_bytes(b"mine")
    assert db(store, "backup", tmp_path / "b.zip").status == 2
    assert (tmp_path / "b.zip").read_bytes() == b"mine"
    assert db(store, "backup", tmp_path / "b.zip", "--force").status == 0


def test_a_campaign_with_errors_is_told_and_not_added(tmp_path: Path) -> None:
    refused = db(tmp_path / "store", "import", bad_campaign("duplicate-id", tmp_path / "bad"))
    assert (refused.status, refused.out) == (1, "")
    assert "agents.csv" in refused.err or "inventaire.csv" in refused.err
    unknown = db(tmp_path / "store", "export", "c_nulle", tmp_path / "out")
    assert unknown.status == 2
    assert "Il n’y a pas de campagne c_nulle." in unknown.err


@pytest.mark.parametrize("command", ["backup", "vacuum"])
def test_no_database_is_made_where_there_is_nothing_to_keep(tmp_path: Path, command: str) -> None:
    target = (tmp_path / "b.zip",) if command == "backup" else ()
    refused = db(tmp_path / "none", command, *target)
    assert refused.status == 2
    assert "PLACARDE_DATABASE_URL" in refused.err
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_no_backup_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x.zip").write_bytes(b"PK")
    refused = db(tmp_path / "store", "restore", tmp_path / "x.zip")
    assert (refused.status, refused.out) == (1, "")
    assert "n’est pas une sauvegarde" in refused.err
    assert db(tmp_path / "store", "restore", tmp_path / "no.zip").status == 2


@pytest.mark.parametrize(
    "url", ["mysql://u:motdepasse@h/b", "postgresql+psycopg://u:motdepasse@/b"]
)
def test_the_password_of_the_database_is_never_shown(tmp_path: Path, url: str) -> None:
    nowhere = f"{url}?host={tmp_path}"
    refused = placarde("db", "upgrade", env={"PLACARDE_DATABASE_URL": nowhere})
    assert refused.status in {1, 2}
    assert "motdepasse" not in refused.out + refused.err
    assert refused.err.endswith(".\n") or "attendu" in refused.err
