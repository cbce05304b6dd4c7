"""Campaigns: listed, read, changed, archived, checked, given out as a folder."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Body, Query, Request, Response
from pydantic import BaseModel, ConfigDict

from app import wording
from app.service.access import EVERYWHERE, Action, Granted, needs
from app.service.acts import act_of
from app.service.campaigns import (
    Campaign,
    CampaignItem,
    hold_campaign,
    item_of,
    open_campaign,
    tag_of,
    told_problems,
    view_of,
)
from app.service.context import RequestId, ServicesDep
from app.service.errors import ProblemItem, responses
from app.service.etag import IfMatch, IfNoneMatch, check_if_match, is_known
from app.service.pages import DEFAULT_LIMIT, Cursor, Limit, Page, cursor_of, page_links, place_of
from app.service.rules import checked_settings, merged
from app.service.uploads import zipped
from data.read import read_campaign
from data.store import campaigns
from data.store.folder_files import FILE_NAMES
from data.store.folders import campaign_files
from data.store.unpacked import unpacked
from geo.errors import Severity

router = APIRouter(tags=["campaigns"])

MERGE_PATCH = "application/merge-patch+json"
ZIP = "application/zip"
Reader = Annotated[Granted, needs(Action.CAMPAIGN_READ)]
Planner = Annotated[Granted, needs(Action.CAMPAIGN_CHANGE)]


class Archiving(BaseModel):
    """Whether a campaign is put away, or taken out again."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": {"archived": True}})

    archived: bool = True


class CampaignCheck(BaseModel):
    """Everything that was found wrong with a campaign, as ``placarde check`` tells it."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {"ok": True, "errors": 0, "warnings": 0, "rejected_rows": 0, "problems": []}
        }
    )

    ok: bool
    errors: int
    warnings: int
    rejected_rows: int
    problems: list[ProblemItem]


@router.get(
    "/campaigns",
    operation_id="listCampaigns",
    summary="List the campaigns in which the caller has a role",
    responses=responses(400, 401, 403, 422),
)
def list_campaigns(
    *,
    granted: Reader,
    service: ServicesDep,
    request: Request,
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = None,
    archived: Annotated[bool, Query(description="Those that are archived instead.")] = False,
) -> Page[CampaignItem]:
    """List campaigns in the order in which they were made."""
    after = place_of(service, cursor, of="campaigns")
    with service.store.read() as tx:
        found = campaigns.page(
            tx,
            after=after if isinstance(after, str) else None,
            limit=limit + 1,
            only=_readable(granted),
            archived=archived,
        )
        items = [item_of(campaign) for campaign in found[:limit]]
    following = (
        cursor_of(service, items[-1].campaign_id, of="campaigns") if len(found) > limit else None
    )
    return Page(items=items, links=page_links(request, following=following))


def _readable(granted: Granted) -> frozenset[str] | None:
    principal = granted.principal
    if principal.may(Action.CAMPAIGN_READ, EVERYWHERE):
        return None
    return frozenset(c for c in principal.roles if principal.may(Action.CAMPAIGN_READ, c))


@router.get(
    "/campaigns/{campaign_id}",
    operation_id="readCampaign",
    summary="Read a campaign: its rules, and how much there is of its inputs",
    responses={304: {"description": "Not Modified"}, **responses(401, 403, 404)},
    response_model=Campaign,
)
def read_campaign_of_store(
    campaign_id: str,
    granted: Reader,
    service: ServicesDep,
    response: Response,
    if_none_match: IfNoneMatch = None,
) -> Campaign | Response:
    """Read a campaign."""
    with service.store.read() as tx:
        campaign = open_campaign(tx, campaign_id)
        tag = tag_of(campaign)
        if is_known(if_none_match, tag):
            return Response(status_code=304, headers={"ETag": tag})
        view = view_of(tx, campaign, granted)
    response.headers["ETag"] = tag
    return view


@router.patch(
    "/campaigns/{campaign_id}",
    operation_id="changeCampaign",
    summary="Change rules of a campaign by a merge patch (RFC 7396) of its settings",
    responses=responses(400, 401, 403, 404, 409, 412, 413, 422, 428),
)
def change_campaign(
    *,
    campaign_id: str,
    granted: Planner,
    patch: Annotated[
        dict[str, Any],
        Body(
            media_type=MERGE_PATCH,
            examples=[{"matching": {"budget_eur": 80000, "min_faces": None}}],
        ),
    ],
    service: ServicesDep,
    request_id: RequestId,
    response: Response,
    if_match: IfMatch = None,
) -> Campaign:
    """Change the sections that are named; null removes a key or a section."""
    with service.store.write() as tx:
        act = act_of(service, granted, request_id, tx)
        campaign = hold_campaign(tx, campaign_id)
        now = view_of(tx, campaign, granted)
        check_if_match(if_match, tag_of(campaign), now=now.model_dump(mode="json"))
        settings, _ = checked_settings(merged(campaign.settings, patch))
        name = settings["campaign"]["name"]
        campaigns.change(tx, campaign, settings=settings, name=name, act=act)
        view = view_of(tx, campaign, granted)
    response.headers["ETag"] = tag_of(campaign)
    return view


@router.post(
    "/campaigns/{campaign_id}/archive",
    operation_id="archiveCampaign",
    summary="Put a campaign away, or take it out again",
    responses=responses(400, 401, 403, 404, 412, 413, 422),
)
def archive_campaign(
    *,
    campaign_id: str,
    granted: Planner,
    asked: Archiving,
    service: ServicesDep,
    request_id: RequestId,
    response: Response,
    if_match: IfMatch = None,
) -> Campaign:
    """Archive a campaign: it is read as before, its plans too, and none of it is changed any more.

    Twice is as good as once. Signed links stay good, and new ones may be made: nothing changes by
    being read. What people may ask for, a withdrawal or being forgotten, is done all the same.
    """
    with service.store.write() as tx:
        act = act_of(service, granted, request_id, tx)
        campaign = hold_campaign(tx, campaign_id, even_archived=True)
        if if_match is not None:
            now = view_of(tx, campaign, granted)
            check_if_match(if_match, tag_of(campaign), now=now.model_dump(mode="json"))
        if (campaign.archived_at is not None) != asked.archived:
            campaigns.archive(tx, campaign, archived=asked.archived, act=act)
        view = view_of(tx, campaign, granted)
    response.headers["ETag"] = tag_of(campaign)
    return view


@router.get(
    "/campaigns/{campaign_id}/check",
    operation_id="checkCampaign",
    summary="Read the whole campaign again and tell all its problems",
    responses=responses(401, 403, 404),
)
def check_campaign(
    campaign_id: str,
    granted: Annotated[Granted, needs(Action.INPUT_READ)],
    service: ServicesDep,
) -> CampaignCheck:
    """Tell every problem at once, as the command line tells them of the same folder."""
    with service.store.read() as tx:
        open_campaign(tx, campaign_id)
        files = campaign_files(tx, campaign_id)
    with unpacked(files) as folder:
        reading = read_campaign(folder)
    told = wording.problems_json(reading.problems)
    agents = frozenset({FILE_NAMES["agents"]})
    errors = sum(p.severity is Severity.ERROR for p in reading.problems)
    return CampaignCheck(
        ok=reading.campaign is not None,
        errors=errors,
        warnings=len(told) - errors,
        rejected_rows=len(reading.rejects),
        problems=[
            ProblemItem(**each) for each in told_problems(told, granted, agents_files=agents)
        ],
    )


@router.get(
    "/campaigns/{campaign_id}/folder.zip",
    operation_id="exportCampaign",
    summary="Read the whole campaign as the folder that the command line reads",
    responses={
        200: {"content": {ZIP: {}}, "description": "A zip; the same campaign gives the same bytes"},
        304: {"description": "Not Modified"},
        **responses(401, 403, 404),
    },
    response_class=Response,
)
def export_campaign(
    campaign_id: str,
    granted: Annotated[Granted, needs(Action.CAMPAIGN_EXPORT)],
    service: ServicesDep,
    if_none_match: IfNoneMatch = None,
) -> Response:
    """Give the campaign out, private columns included."""
    del granted
    with service.store.read() as tx:
        tag = tag_of(open_campaign(tx, campaign_id))
        if is_known(if_none_match, tag):
            return Response(status_code=304, headers={"ETag": tag})
        files = campaign_files(tx, campaign_id)
    name = f'attachment; filename="{campaign_id}.zip"'
    headers = {"ETag": tag, "Content-Disposition": name}
    return Response(zipped(files), media_type=ZIP, headers=headers)
