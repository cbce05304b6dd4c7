"""A campaign written again reads as the campaign that it was, but for what was changed."""

from __future__ import annotations

import tomllib
from dataclasses import fields, replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data.isere import campaign_folder
from data.read import read_campaign
from data.write.campaign_copy import faces_csv, toml_text, write_campaign_update
from geo.model import Campaign, Faces, Lock
from tests.contract.campaigns import good_campaign

keys = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=6)
plain = (
    st.booleans()
    | st.integers(-(2**60), 2**60)
    | st.floats(allow_nan=False)
    | st.text(st.characters(exclude_categories=["Cs"]), max_size=6)
    | st.dates()
)
values = st.recursive(
    plain,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=150, deadline=None)
@given(st.dictionaries(keys, values, max_size=4))
def test_any_document_reads_back_as_itself(document: dict[str, Any]) -> None:
    assert tomllib.loads(toml_text(document)) == document


def test_a_campaign_file_keeps_its_sections() -> None:
    text = toml_text({"campaign": {"start": date(2017, 10, 17)}, "sequences": {"a b": [1, 2]}})
    assert text == '[campaign]\nstart = 2017-10-17\n\n[sequences]\n"a b" = [1, 2]\n'


def same_faces(one: Faces, other: Faces) -> None:
    for column in fields(Faces):
        a, b = getattr(one, column.name), getattr(other, column.name)
        if a.dtype == object:
            assert a.tolist() == b.tolist(), column.name
        else:
            assert np.allclose(a, b, rtol=0, atol=1e-6, equal_nan=True), column.name


def read_again(source: Path, target: Path, *, before: Campaign, after: Campaign) -> Campaign:
    target.mkdir()
    write_campaign_update(source, target, before=before, after=after)
    reading = read_campaign(target)
    assert reading.campaign is not None, reading.problems
    return reading.campaign


@pytest.fixture(params=["good", "isere"])
def source(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    return good_campaign(tmp_path / "good") if request.param == "good" else campaign_folder()


def test_what_did_not_change_reads_as_it_was(source: Path, tmp_path: Path) -> None:
    before = read_campaign(source).campaign
    assert before is not None
    prices = before.faces.price_cents + 1
    after = replace(before, faces=replace(before.faces, price_cents=prices))
    again = read_again(source, tmp_path / "again", before=before, after=after)
    same_faces(again.faces, after.faces)
    for field in fields(Campaign):
        if field.name not in {"faces", "inputs"}:
            assert getattr(again, field.name) == getattr(before, field.name), field.name


def test_new_locks_leave_the_inventory_as_it_is_byte_for_byte(tmp_path: Path) -> None:
    folder = campaign_folder()
    before = read_campaign(folder).campaign
    assert before is not None
    after = replace(before, locks=(Lock("F0002", 1, None), Lock("F0001", 2, None)))
    again = read_again(folder, tmp_path / "again", before=before, after=after)
    assert again.locks == (Lock("F0001", 2, None), Lock("F0002", 1, None))
    copied = (tmp_path / "again" / "inventaire.csv").read_bytes()
    assert copied == (folder / "inventaire.csv").read_bytes()


def test_a_second_copy_replaces_the_locks_of_the_first(tmp_path: Path) -> None:
    folder = campaign_folder()
    before = read_campaign(folder).campaign
    assert before is not None
    first = replace(before, locks=(Lock("F0001", 2, None),))
    once = read_again(folder, tmp_path / "once", before=before, after=first)
    twice = read_again(
        tmp_path / "once", tmp_path / "twice", before=once, after=replace(once, locks=())
    )
    assert twice.locks == ()


def test_a_number_of_three_decimals_is_not_taken_for_thousands(tmp_path: Path) -> None:
    folder = good_campaign(tmp_path / "good")
    before = read_campaign(folder).campaign
    assert before is not None
    contacts = np.full(len(before.faces), 1.234)
    after = replace(before, faces=replace(before.faces, contacts=contacts))
    assert b";1.234000;" in faces_csv(after.faces)
    again = read_again(folder, tmp_path / "again", before=before, after=after)
    assert again.faces.contacts.tolist() == contacts.tolist()
