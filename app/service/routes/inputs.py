"""Inputs of a campaign: files through the doors, and rows that people edit."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Response

from app.service.access import Action, Granted, needs
from app.service.acts import act_of
from app.service.campaigns import hold_campaign
from app.service.context import RequestId, ServicesDep
from app.service.errors import ApiError, responses
from app.service.etag import IfMatch, IfNoneMatch, check_if_match, is_known
from app.service.input_models import INPUT_PATH, InputView, Kind, UploadAnswer, tag_of, view_of
from app.service.inputs import Taking, open_input, take
from app.service.reading import Sent
from app.service.uploads import FileDep, Upload, form_body
from data.read.text import first_control
from data.store import inputs

router = APIRouter(tags=["inputs"])


_PATH = INPUT_PATH
Reader = Annotated[Granted, needs(Action.INPUT_READ)]
Editor = Annotated[Granted, needs(Action.INPUT_CHANGE)]
_NOT_MODIFIED: dict[int | str, dict[str, Any]] = {304: {"description": "Not Modified"}}
_FILE_BODY = form_body(
    "In any format that the doors read (docs/formats.md): CSV, workbooks, GeoJSON, GeoPackage…",
    {
        "crs": {"type": "string", "maxLength": 200, "description": "EPSG:2154, where it is silent"},
        "sheet": {"type": "string", "maxLength": 200, "description": "Of a workbook"},
        "partial": {
            "type": "string",
            "enum": ["true", "false"],
            "description": "true: rows with errors come back, the others are taken",
        },
    },
)


@router.get(
    _PATH,
    operation_id="readInput",
    summary="Read what is known of a file of inputs",
    responses={**_NOT_MODIFIED, **responses(401, 403, 404)},
    response_model=InputView,
)
def read_input(
    *,
    campaign_id: str,
    kind: Kind,
    granted: Reader,
    service: ServicesDep,
    response: Response,
    if_none_match: IfNoneMatch = None,
) -> InputView | Response:
    """Read where a file comes from and what was noted in it; its rows are beneath ``/rows``."""
    with service.store.read() as tx:
        record = open_input(tx, campaign_id, kind.value)
        tag = tag_of(record)
        if is_known(if_none_match, tag):
            return Response(status_code=304, headers={"ETag": tag})
        view = view_of(tx, record, granted)
    response.headers["ETag"] = tag
    return view


@router.post(
    _PATH,
    operation_id="uploadInput",
    summary="Send a file of inputs that the campaign does not have yet",
    status_code=201,
    responses=responses(400, 401, 403, 404, 409, 413, 415, 422, 503, 507),
    openapi_extra=_FILE_BODY,
)
def upload_input(
    *,
    campaign_id: str,
    kind: Kind,
    granted: Editor,
    upload: FileDep,
    service: ServicesDep,
    request_id: RequestId,
    response: Response,
) -> UploadAnswer:
    """Take a file through the doors, whole or not at all: 422 tells all its problems at once."""
    sent = _sent(kind.value, upload)
    taking = Taking(campaign_id, sent, granted, request_id, replaces=False, if_match=None)
    answer, response.headers["ETag"] = take(service, taking)
    response.headers["Location"] = f"/campaigns/{campaign_id}/{kind.value}"
    return answer


@router.put(
    _PATH,
    operation_id="replaceInput",
    summary="Send a file of inputs in the place of the one there is",
    responses=responses(400, 401, 403, 404, 409, 412, 413, 415, 422, 428, 503, 507),
    openapi_extra=_FILE_BODY,
)
def replace_input(
    *,
    campaign_id: str,
    kind: Kind,
    granted: Editor,
    upload: FileDep,
    service: ServicesDep,
    request_id: RequestId,
    response: Response,
    if_match: IfMatch = None,
) -> UploadAnswer:
    """Take a file as `uploadInput` does; rows that were edited before are gone."""
    sent = _sent(kind.value, upload)
    taking = Taking(campaign_id, sent, granted, request_id, replaces=True, if_match=if_match)
    answer, response.headers["ETag"] = take(service, taking)
    return answer


def _sent(kind: str, upload: Upload) -> Sent:
    fields = upload.fields
    said = {name: fields.get(name, "") for name in ("crs", "sheet")}
    if any(first_control(value) for value in said.values()):
        raise ApiError(422, "invalid-request", "A field holds a control character.")
    return Sent(kind, upload.name, upload.content, **said, partial=upload.flag("partial"))


@router.delete(
    _PATH,
    operation_id="deleteInput",
    summary="Delete a file of inputs with all its rows",
    status_code=204,
    responses=responses(400, 401, 403, 404, 409, 412, 428),
)
def delete_input(
    *,
    campaign_id: str,
    kind: Kind,
    granted: Editor,
    service: ServicesDep,
    request_id: RequestId,
    if_match: IfMatch = None,
) -> None:
    """Delete a file; rows of others that refer to it are then problems of the campaign."""
    with service.store.write() as tx:
        act = act_of(service, granted, request_id, tx)
        hold_campaign(tx, campaign_id)
        record = open_input(tx, campaign_id, kind.value)
        now = view_of(tx, record, granted).model_dump(mode="json")
        check_if_match(if_match, tag_of(record), now=now)
        inputs.delete(tx, record, act=act)
