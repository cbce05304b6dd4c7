"""Campaigns: made from rules or from a whole folder, listed, changed, copied, archived, checked."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Body, Depends, Query, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from app import wording
from app.service.access import EVERYWHERE, Action, Granted, make_planner, needs
from app.service.acts import act_of
from app.service.bodies import FORM
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
from app.service.errors import ApiError, ProblemItem, responses
from app.service.etag import IfMatch, IfNoneMatch, check_if_match, is_known
from app.service.pages import DEFAULT_LIMIT, Cursor, Limit, Page, cursor_of, page_links, place_of
from app.service.rules import checked_settings, merged, refuse_unwritable
from app.service.uploads import Upload, form_body, is_form, one_file, unzipped, zipped
from data.read import Reading, read_campaign
from data.read.sections import CampaignSection
from data.store import Tx, campaigns, inputs, withdrawals
from data.store.audit import Act
from data.store.folder_files import FILE_NAMES
from data.store.folders import attach, attachments, campaign_files, import_files
from data.store.tables import CampaignRecord
from data.store.unpacked import unpacked
from geo.errors import Problem, Severity

router = APIRouter(tags=["campaigns"])

MERGE_PATCH = "application/merge-patch+json"
ZIP = "application/zip"
Reader = Annotated[Granted, needs(Action.CAMPAIGN_READ)]
Planner = Annotated[Granted, needs(Action.CAMPAIGN_CHANGE)]
Name = Annotated[str, Field(min_length=1, max_length=200)]


class NewCampaign(BaseModel):
    """A campaign to make, without inputs: the sections of ``campaign.toml`` (docs/formats.md)."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "example": {
                "name": "Fiers de notre action",
                "start": "2017-10-17",
                "periods": 4,
                "period_days": 7,
                "advertiser": "Département de l’Isère",
                "buyer": "Agence Exemple",
                "matching": {"budget_eur": 90000, "spacing_m": 500, "min_faces": 4},
                "sequences": {"secteur-nord": [1, 2], "secteur-sud": [3, 4]},
                "tour": {"start": "2017-10-17", "end": "2017-11-17", "depot": "maison-grenoble"},
            }
        },
    )

    name: Name
    start: date
    periods: Annotated[int, Field(ge=1, le=52)]
    period_days: Annotated[int, Field(ge=1, le=366)]
    seed: Annotated[int, Field(ge=0, le=2**31 - 1)] = 0
    partial: bool = False
    advertiser: Name | None = None
    buyer: Name | None = None
    matching: dict[str, Any] | None = None
    sequences: dict[str, Any] | None = None
    tour: dict[str, Any] | None = None
    defaults: dict[str, Any] | None = None
    geocoder: dict[str, Any] | None = None

    def settings(self) -> dict[str, Any]:
        """Return the sections."""
        sections = self.model_dump(mode="json", exclude_none=True)
        head = [name for name in CampaignSection.model_fields if name in sections]
        return {"campaign": {name: sections.pop(name) for name in head}, **sections}


class MadeCampaign(Campaign):
    """A campaign that was made, and what is worth knowing of its files."""

    problems: list[ProblemItem]


class Copy(BaseModel):
    """What a copy is called; « (copie) » is added to the name where nothing is said."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": {"name": "Essai"}})

    name: Name | None = None


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


async def new_campaign(request: Request, service: ServicesDep) -> NewCampaign | Upload:
    """Return the rules in a JSON body, or the zip in a form."""
    if is_form(request):
        return await one_file(request, service)
    if not request.headers.get("content-type", "").lower().startswith("application/json"):
        raise ApiError(415, "json-or-form-expected", f"Send JSON, or a zip as {FORM}.")
    try:
        return NewCampaign.model_validate_json(await request.body())
    except ValidationError as error:
        raise RequestValidationError(error.errors()) from error


_CREATE_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {"schema": NewCampaign.model_json_schema()},
            **form_body("A zip of a campaign folder, as the command line reads it.")["requestBody"][
                "content"
            ],
        },
    }
}


@router.post(
    "/campaigns",
    operation_id="createCampaign",
    summary="Make a campaign, from rules alone or from a zip of its whole folder",
    status_code=201,
    responses=responses(400, 401, 403, 413, 415, 422, 507),
    openapi_extra=_CREATE_BODY,
)
def create_campaign(
    *,
    granted: Annotated[Granted, needs(Action.CAMPAIGN_CREATE)],
    new: Annotated[NewCampaign | Upload, Depends(new_campaign)],
    service: ServicesDep,
    request_id: RequestId,
    response: Response,
) -> MadeCampaign:
    """Make a campaign, whole or not at all; who makes it becomes its planner."""
    files: dict[str, bytes] = {}
    settings: dict[str, Any] = {}
    problems: tuple[Problem, ...] = ()
    if isinstance(new, Upload):
        files = unzipped(new.content, most_bytes=service.settings.campaign_quota)
    else:
        settings, problems = checked_settings(new.settings())
    with service.store.write() as tx:
        act = act_of(service, granted, request_id, tx)
        if isinstance(new, Upload):
            made, reading = _imported(tx, files, act)
            problems = reading.problems
        else:
            made = campaigns.create(tx, name=new.name, settings=settings, act=act)
        make_planner(tx, granted, campaign_id=made.campaign_id, act=act)
        view = view_of(tx, made, granted)
    _point_to(response, made)
    told = wording.problems_json(problems)
    return MadeCampaign(**view.model_dump(), problems=[ProblemItem(**each) for each in told])


def _imported(tx: Tx, files: Mapping[str, bytes], act: Act) -> tuple[CampaignRecord, Reading]:
    try:
        made, reading = import_files(tx, files, act=act)
    except ValueError as error:
        raise ApiError(422, "bad-zip", "The zip names files that cannot both be.") from error
    if made is None:
        detail = "The campaign has problems."
        raise ApiError(422, "input-problems", detail, problems=reading.problems)
    return made, reading


def _point_to(response: Response, campaign: CampaignRecord) -> None:
    response.headers["Location"] = f"/campaigns/{campaign.campaign_id}"
    response.headers["ETag"] = tag_of(campaign)


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
    after = place_of(service, cursor)
    with service.store.read() as tx:
        found = campaigns.page(
            tx,
            after=after if isinstance(after, str) else None,
            limit=limit + 1,
            only=_readable(granted),
            archived=archived,
        )
        items = [item_of(campaign) for campaign in found[:limit]]
    following = cursor_of(service, items[-1].campaign_id) if len(found) > limit else None
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
    "/campaigns/{campaign_id}/copy",
    operation_id="copyCampaign",
    summary="Copy a campaign with all its inputs; its plans stay where they are",
    status_code=201,
    responses=responses(400, 401, 403, 404, 413, 422, 507),
)
def copy_campaign(
    *,
    campaign_id: str,
    granted: Annotated[Granted, needs(Action.CAMPAIGN_EXPORT)],
    asked: Copy,
    service: ServicesDep,
    request_id: RequestId,
    response: Response,
) -> Campaign:
    """Copy a campaign as it is, whatever problems it has; an archived one too."""
    if not granted.principal.may(Action.CAMPAIGN_CREATE, None):
        raise ApiError(403, "forbidden", f"This needs the right {Action.CAMPAIGN_CREATE.value}.")
    with service.store.write() as tx:
        act = act_of(service, granted, request_id, tx)
        source = hold_campaign(tx, campaign_id, even_archived=True)
        name = asked.name or f"{source.name[:_LONGEST_COPIED]} (copie)"
        refuse_unwritable(name)
        copy = campaigns.create(tx, name=name, settings=source.settings, act=act)
        _copy_inputs(tx, source, copy, act)
        make_planner(tx, granted, campaign_id=copy.campaign_id, act=act)
        view = view_of(tx, copy, granted)
    _point_to(response, copy)
    return view


_LONGEST_COPIED = 190


def _copy_inputs(tx: Tx, source: CampaignRecord, copy: CampaignRecord, act: Act) -> None:
    for record in inputs.of_campaign(tx, source.campaign_id):
        rows = list(inputs.every(tx, source.campaign_id, record.kind))
        inputs.replace(
            tx,
            copy.campaign_id,
            record.kind,
            file_name=record.file_name,
            sha256=record.sha256,
            headings=record.headings,
            rows=rows,
            problems=[inputs.problem_of(problem) for problem in record.problems],
            act=act,
        )
    for path, content in attachments(tx, source.campaign_id).items():
        attach(tx, copy.campaign_id, path, content)
    gone = withdrawals.standing(tx, source.campaign_id)
    withdrawals.carry(tx, gone, into=copy.campaign_id, source=source.campaign_id, act=act)


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
