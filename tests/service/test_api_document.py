"""docs/api.md, run line by line as a planner would, on a service of its own."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DOCUMENT = ROOT / "docs" / "api.md"
LONGEST_S = 300


def blocks() -> list[str]:
    """Return the blocks that are run."""
    return re.findall(
        r"^```sh\n(.*?)^```$", DOCUMENT.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL
    )


@pytest.fixture
def service(tmp_path: Path) -> Iterator[tuple[str, str]]:
    """Yield the address of a service that was started as the document says, and its first key."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = str(probe.getsockname()[1])
    process = subprocess.Popen(
        [Path(sys.executable).parent / "placarde", "serve", "--port", port],
        env={**os.environ, "PLACARDE_FOLDER": str(tmp_path / "data"), "OMP_NUM_THREADS": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        encoding="utf-8",
    )
    try:
        assert process.stdout is not None
        first = process.stdout.readline()
        found = re.search(r"pk_\w+", first)
        assert found, first
        yield f"http://127.0.0.1:{port}", first.split()[-1]
    finally:
        process.terminate()
        process.communicate(timeout=60)


@pytest.mark.slow
def test_the_document_runs_from_its_first_line_to_its_last(
    service: tuple[str, str], tmp_path: Path
) -> None:
    api, key = service
    work = tmp_path / "work"
    work.mkdir()
    (work / "data").symlink_to(ROOT / "data")
    script = "\n".join(f"echo '--- {n}'\n{block}" for n, block in enumerate(blocks()))
    script = script.replace("http://127.0.0.1:8000", api).replace("key=pk_…", f"key={key}")
    script = script.replace("$HOME", str(work))
    wait = f"for _ in $(seq 200); do curl --silent --fail {api}/ready && break; sleep 0.3; done"
    run = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", f"{wait}\n{script}"],
        cwd=work,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=LONGEST_S,
        check=False,
    )
    assert run.returncode == 0, run.stdout[-3000:] + run.stderr[-3000:]
    said = [part.partition("\n")[2].strip() for part in run.stdout.split("--- ")[1:]]
    assert len(said) == len(blocks())
    check_what_was_said(said)
    check_files(work)


def check_what_was_said(said: list[str]) -> None:
    """Look at the answers as the reader of the document would."""
    (
        ready,
        made,
        replaced,
        changed,
        portrait,
        planned,
        swapped,
        eyes,
        files,
        link,
        zone,
        answered,
        again,
        gis,
    ) = said
    assert json.loads(ready) == {"status": "ready"}
    assert made.splitlines()[1:] == ["0"]  # no problem of the inputs
    assert int(replaced) > 500
    assert int(changed) >= 2
    assert portrait == "image/svg+xml"
    assert "event: progress" in planned
    assert planned.endswith("true")
    assert swapped.endswith("true\n2")
    assert eyes.endswith("proposed\napproved")
    assert files.splitlines()[0] == "sent"
    assert link.lower().startswith("<!doctype html>")
    assert zone.startswith("<title>")
    assert answered.startswith("reconciled\ndraft\n")
    assert "\nsuccessful" in again
    assert int(re.findall(r"Feature Count: (\d+)", gis)[0]) > 100
    assert '"FeatureCollection"' in gis


def check_files(work: Path) -> None:
    """Open what was fetched."""
    order = (work / "affichage.csv").read_bytes()
    assert order.startswith(b"\xef\xbb\xbfref_face;")
    assert zipfile.is_zipfile(work / "affichage.xlsx")
    assert (work / "bon-de-commande.pdf").read_bytes().startswith(b"%PDF")
    assert (work / "plan.gpkg").read_bytes().startswith(b"SQLite format 3")
    for page in ("carte-interne", "carte-regie", "carte-elus"):
        assert "</html>" in (work / f"{page}.html").read_text(encoding="utf-8")
