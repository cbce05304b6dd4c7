"""A campaign as the API tells it, and the ways to get at one."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict

from app.service.access import Action, Granted
from app.service.errors import ApiError, not_found
from app.service.etag import etag
from app.service.pages import Link
from data.store import Tx, campaigns, inputs
from data.store.rows import PRIVATE
from data.store.tables import KINDS, CampaignRecord, InputRecord
from geo.errors import Severity

_ID = re.compile(r"[a-z]_[0-9a-z]{1,38}")
_EXAMPLE_ID = "c_7hx3m9wq2v5c8n4p6r2t3"


class CampaignItem(BaseModel):
    """A campaign in a list."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "campaign_id": _EXAMPLE_ID,
                "name": "Fiers de notre action",
                "archived_at": None,
                "created_at": "2017-09-04T08:00:00Z",
                "changed_at": "2017-09-12T14:30:00Z",
                "links": [{"href": f"/campaigns/{_EXAMPLE_ID}", "rel": "self"}],
            }
        }
    )

    campaign_id: str
    name: str
    archived_at: datetime | None
    created_at: datetime
    changed_at: datetime
    links: list[Link]


class InputCounts(BaseModel):
    """How much there is of one kind of inputs, and how many problems were noted in its file."""

    rows: int
    errors: int
    warnings: int
    version: int


class Campaign(CampaignItem):
    """A campaign. `settings` are the sections of ``campaign.toml`` without ``[files]``.

    Who reads no inputs is told the section ``campaign`` alone: the others hold prices.
    """

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "campaign_id": _EXAMPLE_ID,
                "name": "Fiers de notre action",
                "archived_at": None,
                "created_at": "2017-09-04T08:00:00Z",
                "changed_at": "2017-09-12T14:30:00Z",
                "links": [{"href": f"/campaigns/{_EXAMPLE_ID}", "rel": "self"}],
                "version": 1,
                "rows_version": 4,
                "settings": {
                    "campaign": {
                        "name": "Fiers de notre action",
                        "start": "2017-10-17",
                        "periods": 4,
                        "period_days": 7,
                    },
                    "matching": {"budget_eur": 90000, "min_faces": 4},
                },
                "inputs": {"faces": {"rows": 2062, "errors": 0, "warnings": 0, "version": 4}},
            }
        }
    )

    version: int
    rows_version: int
    settings: dict[str, Any]
    inputs: dict[str, InputCounts]


def open_campaign(tx: Tx, campaign_id: str) -> CampaignRecord:
    """Return a campaign.

    Raises
    ------
    ApiError
        404 if there is no such campaign.
    """
    found = campaigns.get(tx, campaign_id) if _ID.fullmatch(campaign_id) else None
    if found is None:
        raise not_found("campaign")
    return found


def hold_campaign(tx: Tx, campaign_id: str, *, even_archived: bool = False) -> CampaignRecord:
    """Return a campaign that nobody else changes until the transaction ends.

    Raises
    ------
    ApiError
        404 if there is no such campaign, 409 if it is archived.
    """
    if not _ID.fullmatch(campaign_id):
        raise not_found("campaign")
    campaigns.lock(tx, campaign_id)
    found = open_campaign(tx, campaign_id)
    if not even_archived:
        refuse_archived(found)
    return found


def refuse_archived(campaign: CampaignRecord) -> None:
    """Refuse a change of what belongs to a campaign that was put away.

    Raises
    ------
    ApiError
        409.
    """
    if campaign.archived_at is not None:
        detail = (
            "The campaign is archived: it and its plans are read, and no longer changed. "
            "Take it out again first (archived: false)."
        )
        raise ApiError(409, "archived", detail)


def tag_of(campaign: CampaignRecord) -> str:
    """Return the ETag of a campaign: its rules and all its inputs."""
    return etag(campaign.version, campaign.rows_version)


def item_of(campaign: CampaignRecord) -> CampaignItem:
    """Return a campaign as a list has it."""
    return CampaignItem(
        campaign_id=campaign.campaign_id,
        name=campaign.name,
        archived_at=campaign.archived_at,
        created_at=campaign.created_at,
        changed_at=campaign.changed_at,
        links=[Link(href=f"/campaigns/{campaign.campaign_id}", rel="self")],
    )


def view_of(tx: Tx, campaign: CampaignRecord, granted: Granted) -> Campaign:
    """Return a campaign as its own page has it, no more of it than the caller may see."""
    campaign_id = campaign.campaign_id
    sees_all = granted.principal.may(Action.INPUT_READ, campaign_id)
    settings = campaign.settings if sees_all else _public(campaign.settings)
    found = {record.kind: record for record in inputs.of_campaign(tx, campaign_id)}
    base = f"/campaigns/{campaign_id}"
    links = [Link(href=base, rel="self")]
    if granted.principal.may(Action.PLAN_LIST, campaign_id):
        links.append(Link(href=f"{base}/plans", rel="plans"))
    if sees_all:
        links += [Link(href=f"{base}/{kind}", rel=kind) for kind in KINDS if kind in found]
        links.append(Link(href=f"{base}/check", rel="check"))
    if granted.principal.may(Action.CAMPAIGN_EXPORT, campaign_id):
        links.append(Link(href=f"{base}/folder.zip", rel="enclosure", type="application/zip"))
    return Campaign(
        **item_of(campaign).model_dump(exclude={"links"}),
        links=links,
        version=campaign.version,
        rows_version=campaign.rows_version,
        settings=settings,
        inputs={kind: counts_of(tx, found[kind]) for kind in KINDS if kind in found},
    )


def _public(settings: Mapping[str, Any]) -> dict[str, Any]:
    return {"campaign": settings["campaign"]} if "campaign" in settings else {}


def counts_of(tx: Tx, record: InputRecord) -> InputCounts:
    """Return how much there is of an input."""
    errors = sum(p["severity"] == Severity.ERROR.value for p in record.problems)
    return InputCounts(
        rows=inputs.count(tx, record.campaign_id, record.kind),
        errors=errors,
        warnings=len(record.problems) - errors,
        version=record.version,
    )


def told_problems(
    problems: Sequence[Mapping[str, Any]], granted: Granted, *, agents_files: frozenset[str]
) -> list[dict[str, Any]]:
    """Return problems; those in a file of agents without what was found, unless the caller may.

    The words of a problem repeat the cell that it is about, and that may be a name.
    """
    if granted.may(Action.PRIVATE_READ):
        return [dict(problem) for problem in problems]
    return [
        {**problem, "found": "", "message": "", "remedy": ""}
        if problem["file"] in agents_files
        else dict(problem)
        for problem in problems
    ]


def private_columns(kind: str, granted: Granted) -> frozenset[str]:
    """Return the columns of a kind that a caller is not shown."""
    return frozenset() if granted.may(Action.PRIVATE_READ) else PRIVATE.get(kind, frozenset())
