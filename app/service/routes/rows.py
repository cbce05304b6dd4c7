"""Rows of inputs, read and edited one by one."""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Request, Response

from app import wording
from app.service.access import Action, Granted, needs
from app.service.acts import act_of
from app.service.campaigns import hold_campaign
from app.service.context import RequestId, ServicesDep
from app.service.errors import ApiError, ProblemItem, not_found, responses
from app.service.etag import IfMatch, IfNoneMatch, check_if_match, etag, is_known
from app.service.input_models import (
    INPUT_PATH,
    ChangedRow,
    Kind,
    RowCells,
    RowView,
    row_view_of,
    tag_of,
)
from app.service.inputs import open_input
from app.service.pages import DEFAULT_LIMIT, Cursor, Limit, Page, cursor_of, page_links, place_of
from app.service.quotas import check_quota
from app.service.row_references import referring
from app.service.rows import Asked, Checked, checked, with_withdrawal
from data.read.edited import required_of
from data.read.text import first_control
from data.store import Tx, inputs
from data.store.audit import Act
from data.store.folder_files import FILE_NAMES
from data.store.inputs import RowExistsError
from data.store.tables import CampaignRecord, InputRecord, RowRecord

router = APIRouter(tags=["inputs"])

_PATH = INPUT_PATH
_ROW = _PATH + "/rows/{row_id:path}"
Reader = Annotated[Granted, needs(Action.INPUT_READ)]
Editor = Annotated[Granted, needs(Action.INPUT_CHANGE)]
_NOT_MODIFIED: dict[int | str, dict[str, Any]] = {304: {"description": "Not Modified"}}


@router.get(
    _PATH + "/rows",
    operation_id="listRows",
    summary="List the rows of a file of inputs, in its order",
    responses={**_NOT_MODIFIED, **responses(400, 401, 403, 404, 422)},
    response_model=Page[RowView],
)
def list_rows(
    *,
    campaign_id: str,
    kind: Kind,
    granted: Reader,
    service: ServicesDep,
    request: Request,
    response: Response,
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = None,
    if_none_match: IfNoneMatch = None,
) -> Page[RowView] | Response:
    """List rows; columns that are private are left out for who may not read them."""
    after = place_of(service, cursor, of="rows")
    with service.store.read() as tx:
        record = open_input(tx, campaign_id, kind.value)
        tag = tag_of(record)
        if is_known(if_none_match, tag):
            return Response(status_code=304, headers={"ETag": tag})
        found = inputs.page(
            tx,
            campaign_id,
            kind.value,
            after=after if isinstance(after, int) else None,
            limit=limit + 1,
        )
    items = [row_view_of(row, kind.value, granted) for row in found[:limit]]
    following = (
        cursor_of(service, found[limit - 1].position, of="rows") if len(found) > limit else None
    )
    response.headers["ETag"] = tag
    return Page(items=items, links=page_links(request, following=following))


@router.post(
    _PATH + "/rows",
    operation_id="addRow",
    summary="Add a row",
    status_code=201,
    responses=responses(400, 401, 403, 404, 409, 413, 422, 507),
)
def add_row(
    *,
    campaign_id: str,
    kind: Kind,
    granted: Editor,
    asked: RowCells,
    service: ServicesDep,
    request_id: RequestId,
    response: Response,
) -> ChangedRow:
    """Add a row at the end; where there is no file of this kind yet, it begins one."""
    with service.store.write() as tx:
        act = act_of(service, granted, request_id, tx)
        campaign = hold_campaign(tx, campaign_id)
        record = inputs.get(tx, campaign_id, kind.value)
        found = checked(service.store, tx, _new_row(tx, campaign, kind.value, record, asked))
        record = record or _begin_input(tx, campaign_id, kind.value, found, act)
        try:
            row = inputs.add_row(tx, record, cells=found.cells, geometry=found.geometry, act=act)
        except RowExistsError as error:
            raise ApiError(409, "exists", "There is a row with this id already.") from error
        check_quota(service, tx, campaign_id)
        view = _changed(row, kind.value, granted, with_withdrawal(found, row, kind.value))
    response.headers["ETag"] = etag(view.version)
    response.headers["Location"] = (
        f"/campaigns/{campaign_id}/{kind.value}/rows/{quote(view.row_id, safe='~')}"
    )
    return view


def _new_row(
    tx: Tx, campaign: CampaignRecord, kind: str, record: InputRecord | None, asked: RowCells
) -> Asked:
    position = inputs.next_position(tx, campaign.campaign_id, kind)
    return Asked(campaign, kind, record, asked.texts(), asked.geometry, None, position)


def _begin_input(tx: Tx, campaign_id: str, kind: str, found: Checked, act: Act) -> InputRecord:
    headings = [*required_of(kind), *(c for c in found.cells if c not in required_of(kind))]
    return inputs.replace(
        tx,
        campaign_id,
        kind,
        file_name=FILE_NAMES[kind],
        sha256="",
        headings=headings,
        rows=[],
        problems=[],
        act=act,
    )


def _withdrawn(agent_id: str) -> ApiError:
    detail = (
        "The agent has withdrawn: a row brings no consent back. Note the new one by POST to "
        f"agents/{agent_id}/consent."
    )
    return ApiError(409, "consent-withdrawn", detail)


def _changed(row: RowRecord, kind: str, granted: Granted, found: Checked) -> ChangedRow:
    told = wording.problems_json(found.problems)
    return ChangedRow(
        **row_view_of(row, kind, granted).model_dump(),
        problems=[ProblemItem(**problem) for problem in told],
    )


@router.get(
    _ROW,
    operation_id="readRow",
    summary="Read a row",
    responses={**_NOT_MODIFIED, **responses(401, 403, 404)},
    response_model=RowView,
)
def read_row(
    *,
    campaign_id: str,
    kind: Kind,
    row_id: str,
    granted: Reader,
    service: ServicesDep,
    response: Response,
    if_none_match: IfNoneMatch = None,
) -> RowView | Response:
    """Read a row; columns that are private are left out for who may not read them."""
    with service.store.read() as tx:
        row = _open_row(tx, campaign_id, kind.value, row_id)
        tag = etag(row.version)
        if is_known(if_none_match, tag):
            return Response(status_code=304, headers={"ETag": tag})
    response.headers["ETag"] = tag
    return row_view_of(row, kind.value, granted)


@router.patch(
    _ROW,
    operation_id="changeRow",
    summary="Change cells of a row, or its polygon",
    responses=responses(400, 401, 403, 404, 409, 412, 413, 422, 428),
)
def change_row(
    *,
    campaign_id: str,
    kind: Kind,
    row_id: str,
    granted: Editor,
    asked: RowCells,
    service: ServicesDep,
    request_id: RequestId,
    response: Response,
    if_match: IfMatch = None,
) -> ChangedRow:
    """Change the cells that are named; the row keeps its id. 422 tells all its problems."""
    with service.store.write() as tx:
        act = act_of(service, granted, request_id, tx)
        campaign = hold_campaign(tx, campaign_id)
        row = _open_row(tx, campaign_id, kind.value, row_id)
        record = open_input(tx, campaign_id, kind.value)
        _check_seen(row, kind.value, granted, if_match)
        wanted = Asked(
            campaign, kind.value, record, asked.texts(), asked.geometry, row, row.position
        )
        found = checked(service.store, tx, wanted)
        try:
            inputs.change_row(tx, record, row, cells=found.cells, geometry=found.geometry, act=act)
        except ValueError as error:
            detail = "A row keeps its id: delete it and add another."
            raise ApiError(422, "id-fixed", detail) from error
        except inputs.ConsentWithdrawnError as error:
            raise _withdrawn(row_id) from error
        check_quota(service, tx, campaign_id)
        view = _changed(row, kind.value, granted, found)
    response.headers["ETag"] = etag(view.version)
    return view


@router.delete(
    _ROW,
    operation_id="deleteRow",
    summary="Delete a row that nothing refers to",
    status_code=204,
    responses=responses(400, 401, 403, 404, 409, 412, 428),
)
def delete_row(
    *,
    campaign_id: str,
    kind: Kind,
    row_id: str,
    granted: Editor,
    service: ServicesDep,
    request_id: RequestId,
    if_match: IfMatch = None,
) -> None:
    """Delete a row; 409 names rows and rules that refer to it."""
    with service.store.write() as tx:
        act = act_of(service, granted, request_id, tx)
        campaign = hold_campaign(tx, campaign_id)
        row = _open_row(tx, campaign_id, kind.value, row_id)
        _check_seen(row, kind.value, granted, if_match)
        if found := referring(tx, campaign, kind.value, row_id):
            extra = {"referring": [{"kind": each[0], "row_id": each[1]} for each in found]}
            detail = "Others refer to this row: change them first."
            raise ApiError(409, "referred-to", detail, extra=extra)
        inputs.delete_row(tx, open_input(tx, campaign_id, kind.value), row, act=act)


def _open_row(tx: Tx, campaign_id: str, kind: str, row_id: str) -> RowRecord:
    open_input(tx, campaign_id, kind)
    found = None if first_control(row_id) else inputs.row(tx, campaign_id, kind, row_id)
    if found is None:
        raise not_found("row")
    return found


def _check_seen(row: RowRecord, kind: str, granted: Granted, if_match: str | None) -> None:
    now = row_view_of(row, kind, granted).model_dump(mode="json")
    check_if_match(if_match, etag(row.version), now=now)
