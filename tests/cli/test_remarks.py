"""Remarks gathered from the files that readers of the maps saved."""

from __future__ import annotations

import json
from pathlib import Path

import pyogrio
import pytest

from tests.cli.running import Made, content, names, placarde

pytestmark = pytest.mark.slow


def _saved(made: Made, folder: Path) -> Path:
    """Return what a reader of the officials' page saves, of the first face of the order."""
    page = (made.plan / "carte-elus.html").read_text("utf-8")
    text = page.partition('type="application/json"')[2].partition(">")[2]
    payload = json.loads(text.partition("</script>")[0])
    line = (made.plan / "affichage.csv").read_text("utf-8-sig").splitlines()[1].split(";")
    lat, lng = (float(cell.replace(",", ".")) for cell in line[5:7])
    target = {"kind": "face", "lat": lat, "lng": lng, "label": "La première"}
    said = {"text": "Devant l’école", "author": "Élue", "at": "2017-10-02T08:30:00.000Z"}
    document = {
        **{key: payload["review"][key] for key in ("schema", "plan", "page")},
        "campaign": payload["head"]["title"],
        "remarks": [{"target": target, **said}],
    }
    path = folder / "remarques.json"
    path.write_text(json.dumps(document), encoding="utf-8")
    return path


def test_remarks_are_gathered_into_a_list_a_summary_and_a_layer(
    square: Made, tmp_path: Path
) -> None:
    path, before = _saved(square, tmp_path), content(square.plan)
    asked = ("remarks", square.plan, path, path, "--out", tmp_path / "out")
    answer = placarde(*asked)
    assert answer.status == 0, answer.err
    assert "Devant l’école" in answer.out
    assert answer.err.count("autre version") == 0
    files = ["remarques.csv", "remarques.geojson", "remarques.gpkg", "remarques.txt"]
    assert names(tmp_path / "out") == files
    first = (square.plan / "affichage.csv").read_text("utf-8-sig").splitlines()[1].split(";")[0]
    assert first in (tmp_path / "out" / "remarques.csv").read_text("utf-8-sig")
    layer = pyogrio.read_dataframe(tmp_path / "out" / "remarques.gpkg", layer="remarques")
    assert layer["remarque"].tolist() == ["Devant l’école"]
    assert content(square.plan) == before
    assert placarde(*asked).status == 2
    again = placarde(*asked, "--force", "--json")
    assert again.json()["remarks"][0]["face_ids"] == [first]


def test_a_bad_file_refuses_them_all_and_writes_nothing(square: Made, tmp_path: Path) -> None:
    good, bad = _saved(square, tmp_path), tmp_path / "mauvais.json"
    bad.write_text("{", encoding="utf-8")
    answer = placarde("remarks", square.plan, good, bad, "--out", tmp_path / "out", "--json")
    assert answer.status == 1
    assert [problem["code"] for problem in answer.json()["problems"]] == ["bad-remark"]
    assert not (tmp_path / "out").exists()
