"""Inputs of a campaign as the API tells and takes them: whole files, and rows one by one."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from hashlib import sha256
from typing import Annotated, Any

import shapely
from pydantic import BaseModel, ConfigDict, Field, StrictFloat, StrictInt, StringConstraints

from app.service.access import Granted
from app.service.acts import act_of
from app.service.campaigns import (
    hold_campaign,
    open_campaign,
    private_columns,
    refuse_archived,
    told_problems,
)
from app.service.context import Services
from app.service.errors import RETRY_AFTER_S, ApiError, ProblemItem, not_found
from app.service.etag import check_if_match, etag
from app.service.pages import Link
from app.service.quotas import quota_exceeded
from app.service.reading import ReadUpload, Sent, read_upload
from data.store import Tx, inputs
from data.store.audit import Act
from data.store.folder_files import FILE_NAMES
from data.store.folders import campaign_files
from data.store.tables import CampaignRecord, InputRecord, RowRecord

ATTEMPTS = 3
MOST_REJECTS = 1000
_CONTEXT: Mapping[str, tuple[str, ...]] = {
    "zones": (),
    "maisons": ("zones",),
    "agents": ("zones", "maisons"),
    "faces": ("zones",),
    "exclusions": ("zones",),
    "travel": ("maisons",),
    "locks": ("zones", "agents", "faces", "exclusions"),
}
"""The kinds that a file of each kind is read against."""


class Kind(StrEnum):
    """The kinds of inputs."""

    ZONES = "zones"
    MAISONS = "maisons"
    AGENTS = "agents"
    FACES = "faces"
    EXCLUSIONS = "exclusions"
    TRAVEL = "travel"
    LOCKS = "locks"


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
            Link(href=f"{base}/{record.kind}/rows", rel="items"),
            Link(href=base, rel="collection"),
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


def open_input(tx: Tx, campaign_id: str, kind: str) -> InputRecord:
    """Return an input.

    Raises
    ------
    ApiError
        404 if there is none of this kind, or no such campaign.
    """
    open_campaign(tx, campaign_id)
    found = inputs.get(tx, campaign_id, kind)
    if found is None:
        raise not_found("input")
    return found


@dataclass(frozen=True, slots=True)
class Taking:
    """A file that is to be stored: where, by whom, and over what."""

    campaign_id: str
    sent: Sent
    granted: Granted
    request_id: str
    replaces: bool
    if_match: str | None


class _ContextChangedError(Exception):
    """What a file was read against is no longer what is stored."""


def take(service: Services, taking: Taking) -> tuple[UploadAnswer, str]:
    """Store a file, whole or not at all; return what it holds, and its ETag.

    The file is read outside of any transaction. Where what it was read against has changed
    meanwhile it is read again: what is stored fits what it is stored beside.

    Raises
    ------
    ApiError
        404, 409, 412, 413, 422, 428; 503 if the campaign does not hold still.
    """
    for _ in range(ATTEMPTS):
        with service.store.read() as tx:
            _check_may_take(tx, open_campaign(tx, taking.campaign_id), taking)
            context = _context(tx, taking)
            files = campaign_files(tx, taking.campaign_id)
        _check_quota(service, files, taking.sent)
        read = read_upload(files, taking.sent)
        try:
            return _stored(service, taking, read, context)
        except _ContextChangedError:
            continue
    raise ApiError(
        503,
        "busy",
        "The campaign was changed again and again while the file was read. Try again.",
        headers={"Retry-After": str(RETRY_AFTER_S)},
    )


def _stored(
    service: Services, taking: Taking, read: ReadUpload, context: tuple[object, ...]
) -> tuple[UploadAnswer, str]:
    with service.store.write() as tx:
        act = act_of(service, taking.granted, taking.request_id, tx)
        campaign = hold_campaign(tx, taking.campaign_id)
        _check_may_take(tx, campaign, taking)
        if _context(tx, taking) != context:
            raise _ContextChangedError
        record = _replace(tx, taking, read, act)
        answer = UploadAnswer(
            **view_of(tx, record, taking.granted).model_dump(),
            rejected=len(read.rejects),
            rejects=[
                RejectItem(row=each.row, reason=each.reason, values=dict(each.values))
                for each in read.rejects[:MOST_REJECTS]
            ],
            elsewhere=read.elsewhere,
        )
        return answer, tag_of(record)


def _replace(tx: Tx, taking: Taking, read: ReadUpload, act: Act) -> InputRecord:
    sent = taking.sent
    return inputs.replace(
        tx,
        taking.campaign_id,
        sent.kind,
        file_name=sent.name,
        sha256=sha256(sent.content).hexdigest(),
        headings=read.headings,
        rows=read.rows,
        problems=read.problems,
        act=act,
    )


def _check_may_take(tx: Tx, campaign: CampaignRecord, taking: Taking) -> None:
    refuse_archived(campaign)
    record = inputs.get(tx, taking.campaign_id, taking.sent.kind)
    if not taking.replaces:
        if record is not None:
            detail = "There is such a file already: replace it by PUT, with its ETag in If-Match."
            raise ApiError(409, "exists", detail, headers={"ETag": tag_of(record)})
        return
    if record is None:
        raise not_found("input")
    now = view_of(tx, record, taking.granted).model_dump(mode="json")
    check_if_match(taking.if_match, tag_of(record), now=now)


def _context(tx: Tx, taking: Taking) -> tuple[object, ...]:
    campaign = open_campaign(tx, taking.campaign_id)
    kinds = _CONTEXT[taking.sent.kind]
    records = [inputs.get(tx, taking.campaign_id, kind) for kind in kinds]
    return (campaign.version, *(record and record.version for record in records))


def _check_quota(service: Services, files: Mapping[str, bytes], sent: Sent) -> None:
    others = sum(len(c) for name, c in files.items() if name != FILE_NAMES[sent.kind])
    if others + len(sent.content) > service.settings.campaign_quota:
        raise quota_exceeded()
