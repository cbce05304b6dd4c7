from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.golden.tiny_plan import tiny_outputs

ROOT = Path(__file__).parents[2]
GOLDENS = ROOT / "tests" / "golden" / "tiny"
DIGEST = """
import hashlib
from tests.golden.tiny_plan import tiny_outputs
print(hashlib.sha256(b"".join(v for _, v in sorted(tiny_outputs().items()))).hexdigest())
"""


@pytest.mark.parametrize("name", sorted(tiny_outputs()))
def test_the_file_is_the_golden_byte_for_byte(name: str) -> None:
    assert tiny_outputs()[name].decode() == (GOLDENS / name).read_bytes().decode()


def test_there_is_a_golden_for_every_file_and_no_other() -> None:
    goldens = {path.name for path in GOLDENS.iterdir()} - {".gitattributes"}
    assert goldens == tiny_outputs().keys()


@pytest.mark.slow
def test_the_seed_of_hashes_does_not_reach_the_files() -> None:
    outputs = b"".join(content for _, content in sorted(tiny_outputs().items()))
    digests = {
        subprocess.run(
            [sys.executable, "-c", DIGEST],
            cwd=ROOT,
            env=os.environ | {"PYTHONHASHSEED": seed, "TZ": zone, "LC_ALL": "C"},
            capture_output=True,
            check=True,
            text=True,
        ).stdout.strip()
        for seed, zone in (("1", "Asia/Tokyo"), ("2", "America/Lima"))
    }
    assert digests == {hashlib.sha256(outputs).hexdigest()}
