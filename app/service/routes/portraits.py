"""The picture of one agent's portrait: read, put, removed, without sending a whole folder again."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Response
from pydantic import BaseModel, ConfigDict

from app.service.access import Action, Granted, needs
from app.service.acts import act_of
from app.service.campaigns import hold_campaign, open_campaign
from app.service.context import RequestId, ServicesDep
from app.service.errors import ApiError, not_found, responses
from app.service.etag import IfMatch, IfNoneMatch, check_if_match, etag, is_known
from app.service.quotas import check_quota
from app.service.uploads import FileDep, Upload, form_body
from data.read.codes import Code
from data.read.folder import PORTRAIT_LIMIT
from data.read.log import ProblemLog
from data.read.metadata import without_metadata
from data.read.portraits import media_type
from data.read.text import first_control, normal
from data.store import Tx, blobs, consents, inputs, portraits
from data.store.tables import AttachmentRecord
from geo.errors import Where

router = APIRouter(tags=["portraits"])

AGENTS = "agents"
_PATH = "/campaigns/{campaign_id}/agents/{row_id:path}/portrait"
_PICTURE: dict[str, Any] = {"schema": {"type": "string", "format": "binary"}}


class Portrait(BaseModel):
    """The picture of a portrait; `shared_with` are the other agents who have the same one."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "agent_id": "agent-08",
                "portrait_id": "portrait-08",
                "media_type": "image/jpeg",
                "bytes": 183_402,
                "shared_with": [],
            }
        }
    )

    agent_id: str
    portrait_id: str
    media_type: str
    bytes: int
    shared_with: list[str]


@router.get(
    _PATH,
    operation_id="readPortrait",
    summary="Read the picture of an agent's portrait",
    response_class=Response,
    responses={
        200: {
            "description": "The picture, with nothing beside it in its file",
            "content": dict.fromkeys(sorted(portraits.SUFFIXES), _PICTURE),
        },
        304: {"description": "As it is known."},
        **responses(401, 403, 404),
    },
)
def read_portrait(
    campaign_id: str,
    row_id: str,
    *,
    granted: Annotated[Granted, needs(Action.INPUT_READ)],
    service: ServicesDep,
    if_none_match: IfNoneMatch = None,
) -> Response:
    """Read a picture. Whose consent is withdrawn altogether is shown to planners alone."""
    with service.store.read() as tx:
        open_campaign(tx, campaign_id)
        record = portraits.find(tx, campaign_id, _portrait_of(tx, campaign_id, row_id))
        if record is None or not _may_see(tx, campaign_id, row_id, granted):
            raise not_found("portrait")
        tag = etag(record.sha256)
        headers = {"ETag": tag, "Cache-Control": "private, no-cache"}
        if is_known(if_none_match, tag):
            return Response(status_code=304, headers=headers)
        content = blobs.get(tx, record.sha256)
    kind = media_type(content)
    plain = None if kind is None else without_metadata(content, kind)
    if plain is None:
        raise not_found("portrait")
    return Response(plain, media_type=kind, headers=headers)


@router.put(
    _PATH,
    operation_id="putPortrait",
    summary="Put the picture of an agent's portrait, or another in its place",
    responses={
        201: {"description": "There was none before.", "model": Portrait},
        **responses(400, 401, 403, 404, 409, 412, 413, 415, 422, 428, 507),
    },
    openapi_extra=form_body("SVG, PNG, JPEG or WebP, at most 2 MiB"),
)
def put_portrait(
    campaign_id: str,
    row_id: str,
    granted: Annotated[Granted, needs(Action.INPUT_CHANGE)],  # before the file is read
    upload: FileDep,
    *,
    service: ServicesDep,
    request_id: RequestId,
    response: Response,
    if_match: IfMatch = None,
) -> Portrait:
    """Take a picture as a folder has it; what its file says beside the picture is not kept.

    Where there is one already ``If-Match`` tells that it was seen. Agents of one portrait_id share
    their picture.
    """
    plain, kind = _checked(upload)
    with service.store.write() as tx:
        hold_campaign(tx, campaign_id)
        portrait_id = _portrait_of(tx, campaign_id, row_id)
        if not portraits.can_be_named(portrait_id):
            detail = "The portrait_id of this agent cannot be the name of a file: change it first."
            raise ApiError(422, "bad-portrait-id", detail)
        before = portraits.find(tx, campaign_id, portrait_id)
        _check_seen(before, if_match)
        act = act_of(service, granted, request_id, tx)
        record = portraits.put(tx, campaign_id, portrait_id, plain, media_type=kind, act=act)
        check_quota(service, tx, campaign_id)
        response.headers["ETag"] = etag(record.sha256)
        response.status_code = 201 if before is None else 200
        return Portrait(
            agent_id=row_id,
            portrait_id=portrait_id,
            media_type=kind,
            bytes=len(plain),
            shared_with=_sharing(tx, campaign_id, portrait_id, row_id),
        )


@router.delete(
    _PATH,
    operation_id="deletePortrait",
    summary="Remove the picture of an agent's portrait",
    status_code=204,
    responses=responses(400, 401, 403, 404, 409, 412, 428),
)
def delete_portrait(
    campaign_id: str,
    row_id: str,
    *,
    granted: Annotated[Granted, needs(Action.INPUT_CHANGE)],
    service: ServicesDep,
    request_id: RequestId,
    if_match: IfMatch = None,
) -> None:
    """Remove a picture from the inputs; plans made before keep it until a consent is withdrawn."""
    with service.store.write() as tx:
        hold_campaign(tx, campaign_id)
        portrait_id = _portrait_of(tx, campaign_id, row_id)
        before = portraits.find(tx, campaign_id, portrait_id)
        if before is None:
            raise not_found("portrait")
        _check_seen(before, if_match)
        portraits.delete(tx, campaign_id, portrait_id, act=act_of(service, granted, request_id, tx))


def _checked(upload: Upload) -> tuple[bytes, str]:
    """Return a picture without its metadata, and its media type.

    Raises
    ------
    ApiError
        413 or 422, as the doors would tell it.
    """
    if len(upload.content) > PORTRAIT_LIMIT:
        raise ApiError(413, "content-too-large", "A portrait has 2 MiB at the most.")
    kind = media_type(upload.content)
    plain = None if kind is None else without_metadata(upload.content, kind)
    if kind is None or plain is None:
        log = ProblemLog()
        log.add(Code.BAD_PORTRAIT, Where(upload.name))
        raise ApiError(422, "input-problems", "This is no picture.", problems=log.sorted())
    return plain, kind


def _portrait_of(tx: Tx, campaign_id: str, agent_id: str) -> str:
    row = None if first_control(agent_id) else inputs.row(tx, campaign_id, AGENTS, agent_id)
    if row is None or not row.cells.get("portrait_id"):
        raise not_found("agent")
    return row.cells["portrait_id"]


def _may_see(tx: Tx, campaign_id: str, agent_id: str, granted: Granted) -> bool:
    if granted.may(Action.PRIVATE_READ):
        return True
    return bool(consents.of_campaign(tx, campaign_id)[agent_id].media)


def _check_seen(record: AttachmentRecord | None, if_match: str | None) -> None:
    if record is None:
        if if_match is not None:
            raise ApiError(412, "stale", "There is no picture any more.", extra={"current": {}})
        return
    check_if_match(if_match, etag(record.sha256), now={"sha256": record.sha256})


def _sharing(tx: Tx, campaign_id: str, portrait_id: str, agent_id: str) -> list[str]:
    wanted = normal(portrait_id)
    return sorted(
        row.row_id
        for row in inputs.every(tx, campaign_id, AGENTS)
        if row.row_id != agent_id and normal(row.cells.get("portrait_id", "")) == wanted
    )
