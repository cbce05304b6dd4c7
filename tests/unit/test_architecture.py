"""What holds the house together: layers, packaging, the lock, and the two commands."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
LAYERED = {"app", "data", "geo", "maps"}
BESIDE = {"tests", "bench", "deploy"}  # Python that is not part of the distribution


def tracked_files() -> list[str]:
    listing = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    return [name for name in listing.stdout.splitlines() if (ROOT / name).is_file()]


def test_every_top_level_package_is_under_the_contract_of_layers() -> None:
    roots = {name.split("/")[0] for name in tracked_files() if name.endswith(".py")}
    assert roots == LAYERED | BESIDE
    assert set(PYPROJECT["tool"]["importlinter"]["root_packages"]) == LAYERED


def test_every_package_is_installed_and_nothing_else() -> None:
    on_disk = {
        str(Path(name).parent).replace("/", ".")
        for name in tracked_files()
        if name.endswith("/__init__.py") and name.split("/")[0] in LAYERED
    }
    assert set(PYPROJECT["tool"]["setuptools"]["packages"]) == on_disk


def test_every_module_lies_in_a_package() -> None:
    for name in tracked_files():
        path = Path(name)
        if path.suffix == ".py" and path.parts[0] in LAYERED:
            assert (ROOT / path.parent / "__init__.py").is_file(), name


@pytest.mark.parametrize("lock", ["runtime.lock", "dev.lock"])
def test_the_lock_has_a_hash_for_everything_and_names_no_address(lock: str) -> None:
    text = (ROOT / "requirements" / lock).read_text(encoding="utf-8")
    assert not re.search(r"https?:|--index|--extra-index|--find-links|file:", text)
    requirements = re.split(r"\n(?=[A-Za-z0-9])", text.strip())
    assert len(requirements) > 30
    for requirement in requirements:
        assert re.match(r"[A-Za-z0-9._-]+(\[[a-z,]+\])?==\S+", requirement), requirement
        assert "--hash=sha256:" in requirement, requirement


def test_what_runs_is_locked_alike_for_the_program_and_for_its_tests() -> None:
    def pins(lock: str) -> set[str]:
        text = (ROOT / "requirements" / lock).read_text(encoding="utf-8")
        return set(re.findall(r"^([A-Za-z0-9._-]+==[^\s\\;]+)", text, flags=re.MULTILINE))

    assert pins("runtime.lock") <= pins("dev.lock")


def test_the_container_runs_targets_that_the_makefile_has() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([\w$(){}/.]+):", makefile, flags=re.MULTILINE))
    dockerfile = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    used = re.findall(r"RUN make (?:--file \S+ )?(\S+)", dockerfile)
    assert used
    for target in used:
        assert target.replace("/opt/placarde", "$(VENV)") in targets


def test_importing_the_domain_touches_neither_network_nor_solver() -> None:
    """`geo.model` and the verifier can be used where no solver is installed."""
    code = (
        "import sys, geo.model, geo.plan, geo.verify;"
        "sys.exit(any(m.split('.')[0] in ('highspy', 'ortools', 'folium') for m in sys.modules))"
    )
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)


def test_the_help_imports_nothing_heavy() -> None:
    code = (
        "import sys, app.cli;"
        "heavy = {'numpy', 'pandas', 'shapely', 'highspy', 'ortools', 'folium', 'fastapi'};"
        "sys.exit(bool(heavy & set(sys.modules)))"
    )
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)


def test_no_module_of_the_domain_reads_files_clock_or_environment() -> None:
    forbidden = {"os", "pathlib", "io", "socket", "time", "random", "urllib", "subprocess"}
    for name in tracked_files():
        if not (name.startswith("geo/") and name.endswith(".py")):
            continue
        tree = ast.parse((ROOT / name).read_text(encoding="utf-8"))
        imported = {
            alias.name.split(".")[0]
            for node in ast.walk(tree)
            if isinstance(node, ast.Import)
            for alias in node.names
        } | {
            (node.module or "").split(".")[0]
            for node in ast.walk(tree)
            if isinstance(node, ast.ImportFrom)
        }
        assert not imported & forbidden, name


@pytest.mark.slow
def test_the_wheel_holds_the_four_packages_and_their_files(tmp_path: Path) -> None:
    subprocess.run(
        [
            sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation",
            "--wheel-dir", str(tmp_path / "wheels"), str(_clean_copy(tmp_path)),
        ],
        check=True,
    )  # fmt: skip
    (wheel,) = (tmp_path / "wheels").glob("placarde-*.whl")
    listing = subprocess.run(
        [sys.executable, "-m", "zipfile", "-l", str(wheel)],
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    names = [line.split()[0] for line in listing.splitlines()[1:]]
    tops = {name.split("/")[0] for name in names if not name.startswith("placarde-")}
    assert tops == LAYERED
    expected = [name for name in tracked_files() if name.split("/")[0] in LAYERED]
    assert set(expected) <= set(names)


def _clean_copy(tmp_path: Path) -> Path:
    """Copy what git tracks, so that building leaves no trace in the checkout."""
    copy = tmp_path / "source"
    for name in tracked_files():
        (copy / name).parent.mkdir(parents=True, exist_ok=True)
        (copy / name).write_bytes((ROOT / name).read_bytes())
    return copy
