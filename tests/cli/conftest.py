"""Plans that take seconds to make, made once."""

from __future__ import annotations

import os

import pytest

from tests.cli.running import (
    CREATED,
    Made,
    on_one_core,
    placarde,
    placarde_process,
    willing_campaign,
)

for _name in ("PLACARDE_ROADS", "PLACARDE_CACHE"):
    os.environ.pop(_name, None)  # what this machine is set up for is no part of a test


@pytest.fixture(scope="session")
def isere(tmp_path_factory: pytest.TempPathFactory) -> Made:
    """What ``placarde demo`` makes, on one core."""
    out = tmp_path_factory.mktemp("isere") / "out"
    with on_one_core():
        answer = placarde_process(
            "demo", "--out", out, PYTHONHASHSEED="1", OMP_NUM_THREADS="1", **CREATED
        )
    return Made(out / "campaign", out / "plan", answer)


@pytest.fixture(scope="session")
def square(tmp_path_factory: pytest.TempPathFactory) -> Made:
    """A plan of the small campaign in which every agent can be posted."""
    root = tmp_path_factory.mktemp("square")
    campaign = willing_campaign(root / "campaign")
    answer = placarde("plan", campaign, "--out", root / "plan", env=CREATED)
    return Made(campaign, root / "plan", answer)
