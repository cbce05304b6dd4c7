"""What is written of a plan on demand."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.running import CREATED, Made, content, placarde

pytestmark = pytest.mark.slow

LAYERS = ("zones", "maisons", "faces", "postings", "tour")
ALL = {
    "LISEZ-MOI.txt",
    "bon-de-commande.pdf",
    "plan.gpkg",
    "presse.csv",
    "promotion-meta.csv",
    "promotion-meta.json",
    "synthese.pdf",
    *(f"{name}.{suffix}" for name in LAYERS for suffix in ("geojson", "parquet")),
}


def test_all_of_it_is_written_at_once_and_names_no_agent(square: Made, tmp_path: Path) -> None:
    before = content(square.plan)
    answer = placarde("export", square.plan, "--all", "--out", tmp_path / "out", env=CREATED)
    assert answer.status == 0, answer.err
    files = content(tmp_path / "out")
    assert set(files) == ALL
    assert all(str(tmp_path / "out" / name) in answer.out for name in ALL)
    assert content(square.plan) == before
    assert "octobre 2025" in files["LISEZ-MOI.txt"].decode()


def test_only_what_is_asked_for_is_written(square: Made, tmp_path: Path) -> None:
    formats = ("--format", "presse", "--format", "meta")
    answer = placarde("export", square.plan, *formats, "--out", tmp_path / "out", "--json")
    assert answer.json()["files"] == [
        "LISEZ-MOI.txt",
        "presse.csv",
        "promotion-meta.csv",
        "promotion-meta.json",
    ]
    assert set(answer.json()["without_consent"]) == {"web", "presse"}


def test_the_same_plan_gives_the_same_bytes_in_every_export(square: Made, tmp_path: Path) -> None:
    for name in ("one", "two"):
        assert placarde("export", square.plan, "--all", "--out", tmp_path / name).status == 0
    assert content(tmp_path / "one") == content(tmp_path / "two")


def test_nothing_but_exports_is_ever_replaced(square: Made, tmp_path: Path) -> None:
    asked = ("export", square.plan, "--format", "presse", "--out", tmp_path / "out")
    assert placarde(*asked).status == 0
    assert placarde(*asked).status == 2
    assert placarde(*asked, "--force").status == 0
    (tmp_path / "out" / "notes.txt").write_text("à garder", encoding="utf-8")
    answer = placarde(*asked, "--force")
    assert (answer.status, (tmp_path / "out" / "notes.txt").exists()) == (2, True)


@pytest.mark.parametrize("options", [(), ("--format", "docx")])
def test_a_format_that_does_not_exist_is_wrong_usage(
    square: Made, tmp_path: Path, options: tuple[str, ...]
) -> None:
    answer = placarde("export", square.plan, *options, "--out", tmp_path / "out")
    assert answer.status == 2
    assert "geoparquet" in answer.err
    assert not (tmp_path / "out").exists()
