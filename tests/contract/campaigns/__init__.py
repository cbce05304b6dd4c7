"""Campaign folders on disk: a good one, and bad ones that change a file or two of it.

``good/`` has no problem. Each folder in ``bad/`` holds only the files that differ from ``good/``,
and ``expected.txt``: one line a problem, ``severity | place | code | found | message``.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from geo.errors import Problem

_HERE = Path(__file__).parent
GOOD = _HERE / "good"
BAD = _HERE / "bad"
EXPECTED = "expected.txt"


def bad_kinds() -> list[str]:
    """Return the names of the bad campaigns."""
    return sorted(folder.name for folder in BAD.iterdir())


def good_campaign(folder: Path) -> Path:
    """Copy the good campaign to a folder that does not exist yet, and return it."""
    return Path(shutil.copytree(GOOD, folder))


def bad_campaign(kind: str, folder: Path) -> Path:
    """Copy the good campaign with the changes of a bad one, and return the folder."""
    good_campaign(folder)
    skipped = shutil.ignore_patterns(EXPECTED)
    return Path(shutil.copytree(BAD / kind, folder, dirs_exist_ok=True, ignore=skipped))


def change(folder: Path, file: str, *pairs: tuple[str, str]) -> None:
    """Replace pieces of text in a file of a campaign; each must be there."""
    path = folder / file
    text = path.read_text(encoding="utf-8")
    for old, new in pairs:
        assert old in text, f"{file} does not hold {old!r}"
        text = text.replace(old, new)
    path.write_text(text, encoding="utf-8")


def as_line(problem: Problem) -> str:
    """Return a problem as ``expected.txt`` has it."""
    parts = (problem.severity, problem.where, problem.code, problem.found, problem.message)
    return " | ".join(map(str, parts))
