"""docs/formats.md says what the code does."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from data.read.codes import Code, severity_of
from data.read.schema import SCHEMAS, Column, Schema, fold
from data.read.sections import (
    CampaignSection,
    FilesSection,
    MatchingSection,
    Section,
    TourSection,
)

DOC = (Path(__file__).parents[2] / "docs/formats.md").read_text(encoding="utf-8")
ROWS = [line.split(" | ") for line in DOC.splitlines() if line.startswith("| ")]
COORDINATES = {"lat", "lon", "x", "y"}


def _section(title: str) -> str:
    return DOC.split(f"\n### {title}\n")[1].split("\n### ")[0].split("\n## ")[0]


def _row_of(column: Column, schema: Schema) -> str:
    rows = [
        row
        for row in _section(schema.kind).splitlines()
        if f"`{column.name}`" in row.split(" | ")[0]
    ]
    assert len(rows) == 1, (schema.kind, column.name)
    return rows[0]


@pytest.mark.parametrize("code", list(Code))
def test_every_kind_of_problem_is_in_the_table_with_its_severity(code: Code) -> None:
    rows = [row for row in ROWS if row[0] == f"| `{code}`"]
    assert [row[1] for row in rows] == [severity_of(code).value]


def test_the_table_of_problems_names_no_kind_that_does_not_exist() -> None:
    table = DOC.split("\n## Problems\n")[1]
    assert set(re.findall(r"^\| `([a-z0-9-]+)`", table, re.MULTILINE)) == {c.value for c in Code}


@pytest.mark.parametrize("schema", SCHEMAS, ids=lambda schema: schema.kind)
def test_every_column_is_listed_with_its_synonyms_and_whether_it_must_be_there(
    schema: Schema,
) -> None:
    for column in schema.columns:
        row = _row_of(column, schema)
        if column.name in COORDINATES:
            continue
        name, synonyms = row.split(" | ")[:2]
        assert tuple(re.findall(r"`([^`]+)`", synonyms)) == column.synonyms
        assert name.endswith("*") == column.required


def test_synonyms_are_written_as_headings_are_compared() -> None:
    for schema in SCHEMAS:
        for column in schema.columns:
            assert [fold(name) for name in column.names] == list(column.names)


def test_no_name_of_a_column_is_also_another_one_s() -> None:
    for schema in SCHEMAS:
        names = [name for column in schema.columns for name in column.names]
        assert len(names) == len(set(names)), schema.kind


@pytest.mark.parametrize(
    ("name", "section"),
    [
        ("campaign", CampaignSection),
        ("files", FilesSection),
        ("matching", MatchingSection),
        ("tour", TourSection),
    ],
)
def test_every_key_of_campaign_toml_is_listed(name: str, section: type[Section]) -> None:
    for key in section.model_fields:
        assert f"`{name}.{key}`" in DOC
