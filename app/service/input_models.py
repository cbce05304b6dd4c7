"""Inputs of a campaign as the API tells them: whole files, and their rows."""

from __future__ import annotations

import json
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any

import shapely
from pydantic import BaseModel, ConfigDict, Field, StrictFloat, StrictInt, StringConstraints
from starlette.convertors import Convertor, register_url_convertor

from app.service.access import Action, Granted
from app.service.campaigns import (
    private_columns,
    told_problems,
)
from app.service.errors import ProblemItem
from app.service.etag import etag
from app.service.pages import Link
from data.store import Tx, inputs
from data.store.folder_files import FILE_NAMES
from data.store.tables import KINDS, InputRecord, RowRecord


class Kind(StrEnum):
    """The kinds of inputs."""

    ZONES = "zones"
    MAISONS = "maisons"
    AGENTS = "agents"
    FACES = "faces"
    EXCLUSIONS = "exclusions"
    TRAVEL = "travel"
    LOCKS = "locks"


class _KindConvertor(Convertor[str]):
    """Only the kinds are kinds: ``/campaigns/c_…/plans`` is somebody else's."""

    regex = "|".join(KINDS)

    def convert(self, value: str) -> str:
        return value

    def to_string(self, value: str) -> str:
        return value


register_url_convertor("kind", _KindConvertor())

INPUT_PATH = "/campaigns/{campaign_id}/{kind:kind}"
"""The address of an input."""

Text = Annotated[str, StringConstraints(strict=True, max_length=4000)]
Cell = Text | StrictInt | StrictFloat | None
"""A cell as JSON has it; null is an empty one."""


class InputView(BaseModel):
    """A file of inputs: where it comes from, how much is in it, what was noted."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "kind": "faces",
                "file_name": "inventaire.csv",
                "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
                "headings": ["face_id", "format", "lat", "lon", "contacts", "price_eur"],
                "rows": 2062,
                "version": 4,
                "uploaded_at": "2017-09-04T08:00:00Z",
                "uploaded_by": "planificatrice",
                "problems": [],
                "links": [
                    {"href": "/campaigns/c_7hx3m9wq2v5c8n4p6r2t3/faces/rows", "rel": "items"}
                ],
            }
        }
    )

    kind: str
    file_name: str
    sha256: str
    headings: list[str]
    rows: int
    version: int
    uploaded_at: datetime
    uploaded_by: str
    problems: list[ProblemItem]
    links: list[Link]


class RejectItem(BaseModel):
    """A row of a file that was left out, and why (French, for planners)."""

    row: int
    reason: str
    values: dict[str, str]


class UploadAnswer(InputView):
    """A file that was taken.

    `rejects` are rows left out, where the sender allowed that; `rejected` counts all of them.
    `elsewhere` counts the problems that the campaign has beside this file.
    """

    rejected: int
    rejects: list[RejectItem]
    elsewhere: int


class RowView(BaseModel):
    """A row: its canonical columns as text, and its geometry in WGS84 (GeoJSON)."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "row_id": "F0001",
                "version": 4,
                "cells": {"face_id": "F0001", "format": "8 m²", "price_eur": "74"},
                "geometry": {"type": "Point", "coordinates": [5.58542, 45.53862]},
            }
        }
    )

    row_id: str
    version: int
    cells: dict[str, str]
    geometry: dict[str, Any] | None


class ChangedRow(RowView):
    """A row that was added or changed; `problems` warn of it, and of locks that it now breaks."""

    problems: list[ProblemItem]


class RowCells(BaseModel):
    """Cells of a row by canonical column (docs/formats.md); null empties one.

    `geometry` is for polygons alone (GeoJSON, WGS84): points are told by the cells `lat`, `lon`.
    """

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"example": {"cells": {"price_eur": "80"}}}
    )

    cells: Annotated[dict[str, Cell], Field(max_length=100)] = {}
    geometry: dict[str, Any] | None = None

    def texts(self) -> dict[str, str]:
        """Return the cells as a file would have them."""
        return {name: _text(cell) for name, cell in self.cells.items()}


def _text(cell: Cell) -> str:
    """Return a cell as text; no number that may be taken for thousands (``1.234``)."""
    if cell is None or isinstance(cell, str):
        return cell or ""
    text = repr(cell)
    return f"{text}0" if "." in text and "e" not in text else text


def tag_of(record: InputRecord) -> str:
    """Return the ETag of an input: its file and all its rows."""
    return etag(record.version)


def view_of(tx: Tx, record: InputRecord, granted: Granted) -> InputView:
    """Return an input as its own page has it."""
    base = f"/campaigns/{record.campaign_id}"
    names = frozenset({record.file_name, FILE_NAMES["agents"]})
    agents_files = names if record.kind == Kind.AGENTS else frozenset[str]()
    problems = told_problems(record.problems, granted, agents_files=agents_files)
    return InputView(
        kind=record.kind,
        file_name=record.file_name,
        sha256=record.sha256,
        headings=record.headings,
        rows=inputs.count(tx, record.campaign_id, record.kind),
        version=record.version,
        uploaded_at=record.uploaded_at,
        uploaded_by=record.uploaded_by,
        problems=[ProblemItem(**problem) for problem in problems],
        links=[
            Link(href=href, rel=rel)
            for rel, href, action in (
                ("items", f"{base}/{record.kind}/rows", Action.INPUT_READ),
                ("collection", base, Action.CAMPAIGN_READ),
            )
            if granted.may(action)
        ],
    )


def row_view_of(row: RowRecord, kind: str, granted: Granted) -> RowView:
    """Return a row, without what the caller may not see."""
    hidden = private_columns(kind, granted)
    return RowView(
        row_id=row.row_id,
        version=row.version,
        cells={name: cell for name, cell in row.cells.items() if name not in hidden},
        geometry=None if row.geometry is None else json.loads(shapely.to_geojson(row.geometry)),
    )
