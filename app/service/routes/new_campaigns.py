"""New campaigns: from rules, from a whole folder, or as a copy of another."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from app import wording
from app.service.access import Action, Granted, make_planner, needs
from app.service.acts import act_of
from app.service.bodies import FORM
from app.service.campaigns import Campaign, hold_campaign, tag_of, view_of
from app.service.context import RequestId, ServicesDep
from app.service.errors import ApiError, ProblemItem, responses
from app.service.rules import checked_settings, refuse_unwritable
from app.service.uploads import Upload, form_body, is_form, one_file, unzipped
from data.read import Reading
from data.read.sections import CampaignSection
from data.store import Tx, campaigns, inputs, withdrawals
from data.store.audit import Act
from data.store.folders import attach, attachments, import_files
from data.store.tables import CampaignRecord
from geo.errors import Problem

router = APIRouter(tags=["campaigns"])

Name = Annotated[str, Field(min_length=1, max_length=200)]
_LONGEST_COPIED = 190


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
