"""However a campaign is written, it is the same campaign and gives the same plan.

Every variant is read and compared with the plain one field by field: only the fingerprints of the
files may differ. Planning starts from what is compared, so that it cannot tell them apart; for one
variant of each form that is done all the same, and the plan compared byte by byte.
"""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from data.gdal.answer import Answer
from data.gdal.spreadsheets import read_spreadsheet
from data.plan_json import plan_to_json
from data.read import read_campaign
from data.read.codes import WARNINGS
from geo import matching, tour
from geo.model import Campaign, Faces
from geo.plan import Plan
from geo.targeting import target
from tests.contract.campaigns import GOOD
from tests.contract.variants import Variant, variants, write_variant

ALL = variants()


@pytest.fixture(autouse=True)
def _workbooks_in_this_process(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Read workbooks here: a process for each of three hundred would take minutes."""

    def run(_: str, files: dict[str, bytes], options: dict[str, Any]) -> Answer:
        (tmp_path / "book").write_bytes(files["book"])
        return read_spreadsheet(tmp_path, options)

    monkeypatch.setattr("data.read.workbook.run", run)


@pytest.fixture(scope="module")
def plain() -> Campaign:
    campaign = read_campaign(GOOD).campaign
    assert campaign is not None
    return campaign


def same(one: Any, other: Any) -> bool:
    """Return whether two values are equal, arrays bit by bit."""
    if isinstance(one, Faces):
        return all(same(getattr(one, f.name), getattr(other, f.name)) for f in fields(Faces))
    if isinstance(one, np.ndarray):
        equal_nan = one.dtype.kind == "f"
        return bool(np.array_equal(one, other, equal_nan=equal_nan)) and one.dtype == other.dtype
    return bool(one == other)


def read_variant(variant: Variant, folder: Path) -> Campaign:
    reading = read_campaign(write_variant(folder, variant))
    assert {problem.code for problem in reading.problems} <= WARNINGS, reading.problems
    assert reading.campaign is not None
    return reading.campaign


def plan_bytes(campaign: Campaign) -> str:
    allocation = matching.solve(matching.build_problem(campaign, target(campaign)))
    planned = tour.solve(tour.build_problem(campaign))
    plan = Plan(campaign.seed, allocation, planned)
    return plan_to_json(plan, inputs=(), versions={}, created=datetime(2017, 10, 1, tzinfo=UTC))


def test_there_are_two_hundred_variants_and_no_two_alike() -> None:
    assert len(set(ALL)) == len(ALL) >= 200


@pytest.mark.slow
def test_every_variant_is_read_as_the_same_campaign(plain: Campaign, tmp_path: Path) -> None:
    for i, variant in enumerate(ALL):
        campaign = read_variant(variant, tmp_path / str(i))
        for field in fields(Campaign):
            if field.name != "inputs":
                pair = (getattr(plain, field.name), getattr(campaign, field.name))
                assert same(*pair), (str(variant), field.name)


@pytest.mark.slow
@pytest.mark.parametrize("form", sorted({variant.form for variant in ALL}))
def test_a_variant_gives_the_same_plan_to_the_byte(
    form: str, plain: Campaign, tmp_path: Path
) -> None:
    variant = [each for each in ALL if each.form == form][-1]
    assert plan_bytes(read_variant(variant, tmp_path / "campaign")) == plan_bytes(plain)


def test_a_campaign_that_differs_in_one_cell_is_told_apart(plain: Campaign) -> None:
    contacts = plain.faces.contacts.copy()
    contacts[0] += 1
    assert same(plain.faces, replace(plain.faces, contacts=plain.faces.contacts.copy()))
    assert not same(plain.faces, replace(plain.faces, contacts=contacts))
