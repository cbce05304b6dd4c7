"""The audit of dependencies fails on what it finds, and where it could not look."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

AUDIT = Path(__file__).parents[2] / ".ci" / "audit"
LOCK = """\
jinja2==3.1.6 --hash=sha256:00
pywin32==311 ; sys_platform == 'win32' --hash=sha256:00
"""
CLEAN = {"dependencies": [{"name": "Jinja2", "version": "3.1.6", "vulns": []}]}
BAD = {
    "dependencies": [
        {
            "name": "jinja2",
            "version": "3.1.6",
            "vulns": [{"id": "PYSEC-2026-1", "fix_versions": []}],
        }
    ]
}
SKIPPED = {
    "dependencies": [
        *CLEAN["dependencies"],
        {"name": "numpy", "skip_reason": "not found"},
    ]
}


def audit(
    folder: Path, report: Mapping[str, Any] | None, status: int
) -> subprocess.CompletedProcess[str]:
    """Run the audit with a pip-audit that writes this report and ends so."""
    (folder / "runtime.lock").write_text(LOCK)
    fake = folder / "pip-audit"
    (folder / "report.json").write_text("" if report is None else json.dumps(report))
    fake.write_text(
        "#!/bin/sh\n"
        'while [ "$1" != --output ]; do shift; done\n'
        f'cat "{folder}/report.json" > "$2"\n'
        f"exit {status}\n"
    )
    fake.chmod(0o755)
    environment = {"PATH": f"{folder}:/usr/bin:/bin", "PYTHON": sys.executable}
    return subprocess.run(
        ["/bin/sh", AUDIT, "runtime.lock"],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_clean_audit_says_what_it_looked_up(tmp_path: Path) -> None:
    done = audit(tmp_path, CLEAN, 0)
    assert done.returncode == 0, done.stderr
    assert "1 looked up, none with a known vulnerability; 1 are for other platforms" in done.stdout


def test_a_known_vulnerability_fails_and_is_named(tmp_path: Path) -> None:
    done = audit(tmp_path, BAD, 1)
    assert done.returncode == 1
    assert "jinja2 3.1.6: PYSEC-2026-1" in done.stderr


@pytest.mark.parametrize(
    ("report", "status"),
    [
        (None, 1),  # offline: it ends badly without a report
        (None, 0),  # or well, having done nothing
        ({"dependencies": []}, 0),
        (CLEAN, 1),
        (SKIPPED, 0),
        ({}, 0),
    ],
)
def test_an_audit_that_could_not_look_fails(
    tmp_path: Path, report: Mapping[str, Any] | None, status: int
) -> None:
    done = audit(tmp_path, report, status)
    assert done.returncode == 1
    assert "could not look" in done.stderr


def test_an_audit_without_pip_audit_or_without_a_lock_fails(tmp_path: Path) -> None:
    environment = {"PATH": "/usr/bin:/bin", "PIP_AUDIT": str(tmp_path / "none")}
    for lock in ("runtime.lock", "missing.lock"):
        (tmp_path / "runtime.lock").write_text(LOCK)
        done = subprocess.run(
            ["/bin/sh", AUDIT, lock],
            cwd=tmp_path,
            env={**environment, "PYTHON": sys.executable},
            capture_output=True,
            check=False,
        )
        assert done.returncode != 0
