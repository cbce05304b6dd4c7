"""``placarde map``: a file of the officials' page for each zone of a level."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.running import Made, content, placarde

pytestmark = pytest.mark.slow


def test_each_territoire_has_a_file_of_its_own(square: Made, tmp_path: Path) -> None:
    out = tmp_path / "cartes"
    answer = placarde("map", square.plan, "--par", "territoire", "--out", out, "--json")
    assert answer.status == 0, answer.err
    files = content(out)
    said = answer.json()
    assert sorted([*said["files"], said["index"]]) == sorted(files)
    assert len(said["files"]) > 1
    assert all(name.startswith("carte-elus-") for name in said["files"])
    index = files[said["index"]].decode()
    assert all(f'href="{name}"' in index for name in said["files"])
    whole = (square.plan / "carte-elus.html").stat().st_size
    assert max(map(len, files.values())) <= whole + 1000

    again = placarde("map", square.plan, "--par", "territoire", "--out", out)
    assert again.status == 2
    assert "--force" in again.err
    forced = placarde("map", square.plan, "--par", "territoire", "--out", out, "--force")
    assert forced.status == 0
    assert content(out) == files, "the same plan gives the same bytes"


def test_a_level_that_is_not_there_is_refused_with_those_that_are(
    square: Made, tmp_path: Path
) -> None:
    answer = placarde("map", square.plan, "--par", "quartier", "--out", tmp_path / "cartes")
    assert answer.status == 2
    assert "territoire" in answer.err
    assert not (tmp_path / "cartes").exists()


def test_a_list_that_was_not_written_here_is_never_replaced(square: Made, tmp_path: Path) -> None:
    (tmp_path / "index.html").write_text("<p>à garder", "utf-8")
    answer = placarde("map", square.plan, "--par", "territoire", "--out", tmp_path, "--force")
    assert answer.status == 2
    assert content(tmp_path) == {"index.html": "<p>à garder".encode()}


def test_a_folder_with_anything_else_is_never_replaced(square: Made, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("à garder", "utf-8")
    answer = placarde("map", square.plan, "--par", "territoire", "--out", tmp_path, "--force")
    assert answer.status == 2
    assert content(tmp_path) == {"notes.txt": "à garder".encode()}
