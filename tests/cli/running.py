"""The command line, run for real: in this process where that is enough, in another where not."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from typer.testing import CliRunner

from app.cli import cli
from tests.contract.campaigns import change, good_campaign

ROOT = Path(__file__).parents[2]
PLAN_FILES = {
    "plan.json",
    "affichage.csv",
    "affichage.xlsx",
    "affichage-machine.csv",
    "tournee.csv",
    "tournee.ics",
    "tournee.gpx",
    "feuille-de-route.pdf",
    "carte-interne.html",
    "carte-regie.html",
    "carte-elus.html",
    "synthese.pdf",
    "rejets.csv",
}
"""What a plan folder holds beside its copy of the campaign."""

CREATED = {"SOURCE_DATE_EPOCH": "1508227200"}  # 2017-10-17T08:00:00Z


@dataclass(frozen=True, slots=True)
class Answer:
    """What a command said and how it ended."""

    status: int
    out: str
    err: str

    def json(self) -> dict[str, Any]:
        """Return the one JSON object that is all of the standard output."""
        document = json.loads(self.out, parse_constant=_no_json_number)
        assert isinstance(document, dict)
        return document


@dataclass(frozen=True, slots=True)
class Made:
    """A campaign folder, the plan folder made from it, and what the command said. Left as it is."""

    campaign: Path
    plan: Path
    answer: Answer


def placarde(*arguments: str | Path, env: Mapping[str, str] | None = None) -> Answer:
    """Run a command in this process; what would be a traceback fails the test."""
    given = [str(argument) for argument in arguments]
    result = CliRunner().invoke(cli, given, env=env, catch_exceptions=False)
    return Answer(result.exit_code, result.stdout, result.stderr)


def placarde_process(*arguments: str | Path, **environment: str | None) -> Answer:
    """Run a command in a process of its own; a variable that is None is taken away."""
    env: dict[str, str | None] = {**os.environ, **environment}
    ended = subprocess.run(
        [sys.executable, "-m", "app.cli", *map(str, arguments)],
        cwd=ROOT,
        env={name: value for name, value in env.items() if value is not None},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert "Traceback" not in ended.stderr, ended.stderr
    return Answer(ended.returncode, ended.stdout, ended.stderr)


@contextmanager
def on_one_core() -> Iterator[None]:
    """Keep this process, and those that it starts meanwhile, on one core."""
    cores = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(cores)})
    try:
        yield
    finally:
        os.sched_setaffinity(0, cores)


def content(folder: Path) -> dict[str, bytes]:
    """Return every file below a folder, by its path inside it."""
    files = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


def names(folder: Path) -> list[str]:
    """Return what stands directly in a folder, hidden or not."""
    return sorted(path.name for path in folder.iterdir())


def plan_document(folder: Path) -> dict[str, Any]:
    """Return ``plan.json`` of a plan folder."""
    document = json.loads((folder / "plan.json").read_bytes(), parse_constant=_no_json_number)
    assert isinstance(document, dict)
    return document


def willing_campaign(folder: Path) -> Path:
    """Return a copy of the good campaign in which every agent consents to posters."""
    good_campaign(folder)
    change(folder, "agents.csv", ("presse", "tous"))
    return folder


def _no_json_number(name: str) -> None:
    raise ValueError(f"{name} is no JSON")
