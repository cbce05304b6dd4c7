"""What comes back on a plan: the order with the buyer's answers, and the remarks of readers."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from starlette.datastructures import UploadFile

from app.service import jobs
from app.service.access import Action, Granted, needs
from app.service.acts import act_of
from app.service.bodies import FORM
from app.service.campaigns import hold_campaign, open_campaign, refuse_archived
from app.service.carrying import carry
from app.service.change_models import ReconcileAnswer, RemarksAnswer
from app.service.context import RequestId, Services, ServicesDep
from app.service.errors import ApiError, responses
from app.service.etag import IfMatch
from app.service.jobs.summary import summary_of
from app.service.plan_changes import (
    locked,
    note,
    postings_in,
    seen,
    tag_of,
    without_withdrawn,
)
from app.service.plan_reading import plan_of
from app.service.plan_views import shown
from app.service.plan_work import ANSWER, CAMPAIGN_CHANGES, NEW, PLAN, REMARKS, RETURNED
from app.service.states import Step, after
from app.service.uploads import FileDep, bad_form, form_body, is_form, safe_name
from data.plan_json import plan_from_json
from data.store import Tx, plan_extras, plans
from data.store.audit import Act
from data.store.tables import PlanRecord, PlanState
from data.write.folder import PLAN_FILE

router = APIRouter(tags=["returns"])

SECONDS = 300.0
MOST_REMARK_FILES = 50
_RAW = f"{REMARKS}/files/"
_REMARKS_ANSWER = f"{REMARKS}/{ANSWER}"
_COUNTS = ("kind", "counts", "changes", "proposals", "problems", "text")


@router.post(
    "/plans/{plan_id}/reconcile",
    operation_id="reconcilePlan",
    summary="Take in the file that the buyer sent back: a new version of the plan",
    status_code=201,
    responses={
        201: {"headers": {"Location": {"schema": {"type": "string"}}}},
        **responses(401, 403, 404, 409, 410, 412, 413, 415, 422, 428, 503),
    },
    openapi_extra=form_body(
        "The order with the buyer's answers, or the proofs of posting",
        {"accept_proposals": {"type": "boolean", "description": "Carry out what is only likely."}},
    ),
)
def reconcile(
    plan_id: str,
    granted: Annotated[Granted, needs(Action.PLAN_RECONCILE)],  # before the file is read
    sent: FileDep,
    *,
    service: ServicesDep,
    request_id: RequestId,
    response: Response,
    if_match: IfMatch = None,
) -> ReconcileAnswer:
    """Hold the file against the order, and plan again what it leaves open.

    The plan is reconciled; what comes of it is a new version. Where no posting changes the new
    version is reconciled too; where some do it is a draft, to be approved before it is sent. What
    is firm now is locked in the campaign, and its prices are those of the buyer: the next planning
    keeps to them.
    """
    without_withdrawn(service, plan_id)
    with service.store.read() as tx:
        _, base = seen(tx, plan_id, if_match, Step.RECONCILE)
        files = plans.files(tx, plan_id, revision=base.revision)
    before = postings_in(files[PLAN_FILE])
    answer = jobs.run_child(
        "reconcile",
        {**_below(PLAN, files), f"{RETURNED}/{sent.name}": sent.content},
        {
            "accept_proposals": sent.flag("accept_proposals"),
            "created": service.clock().isoformat(),
        },
        seconds=SECONDS,
    )
    told = json.loads(answer[ANSWER])
    made = _unprefixed(NEW, answer)
    with service.store.write() as tx:
        parent = locked(tx, base)
        states = {"before": parent.state, "after": after(parent, Step.RECONCILE).value}
        parent.state = states["after"]
        act = act_of(service, granted, request_id, tx)
        version = _version(tx, parent, made, act, same=postings_in(made[PLAN_FILE]) == before)
        carry(tx, parent.campaign_id, told.pop(CAMPAIGN_CHANGES), act=act)
        note(tx, parent, act, "plan.reconcile", {**states, "version": version.plan_id})
        response.headers["Location"] = f"/plans/{version.plan_id}"
        response.headers["ETag"] = tag_of(version)
        details = {name: value for name, value in told.items() if name not in _COUNTS}
        known = {name: told[name] for name in _COUNTS}
        return ReconcileAnswer(plan=shown(tx, version, granted), details=details, **known)


def _version(
    tx: Tx, parent: PlanRecord, files: Mapping[str, bytes], act: Act, *, same: bool
) -> PlanRecord:
    """Add the plan that a buyer's file makes; reconciled itself where every posting stays."""
    summary = summary_of(plan_from_json(files[PLAN_FILE]).plan)
    made = plans.insert_version(tx, parent=parent, files=files, summary=summary, act=act)
    if same:
        made.state = PlanState.RECONCILED.value
        made.proposed_by, made.approved_by = parent.proposed_by, parent.approved_by
    change = {"parent_id": parent.plan_id, "state": made.state or PlanState.DRAFT.value}
    note(tx, made, act, "plan.version", change)
    return made


async def remark_files(request: Request, service: ServicesDep) -> dict[str, bytes]:
    """Return the fields ``file`` of a form by harmless names.

    Raises
    ------
    ApiError
        413 for a file that is too long, 415 for no form, 422 for a form without a file.
    """
    if not is_form(request):
        raise ApiError(415, "form-expected", f"Files are sent as {FORM}, in fields file.")
    files: dict[str, bytes] = {}
    async with request.form(max_files=MOST_REMARK_FILES, max_fields=0) as form:
        for sent in form.getlist("file"):
            if not isinstance(sent, UploadFile):
                raise bad_form("A field file is no file.")
            content = await sent.read()
            if len(content) > service.settings.upload_limit:
                raise ApiError(413, "content-too-large", "A file is longer than is taken.")
            files[f"{len(files) + 1:02d}-{safe_name(sent.filename or '')}"] = content
    if not files:
        raise bad_form("The field file is missing.")
    return files


@router.post(
    "/plans/{plan_id}/remarks",
    operation_id="addRemarks",
    summary="Add remarks that readers saved from the maps",
    status_code=201,
    responses=responses(401, 403, 404, 409, 410, 413, 415, 422, 503),
    openapi_extra=form_body("A file of remarks, as the maps save it; the field may be repeated"),
)
def add_remarks(
    plan_id: str,
    granted: Annotated[Granted, needs(Action.REMARKS)],  # before the files are read
    sent: Annotated[dict[str, bytes], Depends(remark_files)],
    *,
    service: ServicesDep,
    request_id: RequestId,
) -> RemarksAnswer:
    """Gather remarks with those that were brought before; the same remark counts once.

    A file that is not as the maps save it is refused with every fault, and none is taken then.
    """
    without_withdrawn(service, plan_id)
    with service.store.read() as tx:
        plan = plan_of(tx, plan_id)
        refuse_archived(open_campaign(tx, plan.campaign_id))
        files = plans.files(tx, plan_id, revision=plan.revision)
        kept = plans.files(tx, plan_id, revision=plan_extras.BESIDE)
    raw = {name: content for name, content in kept.items() if name.startswith(_RAW)}
    known = set(raw.values())
    first = len(raw) + 1
    new = [item for item in sent.items() if item[1] not in known]
    raw |= {f"{_RAW}{first + i:04d}-{name[3:]}": content for i, (name, content) in enumerate(new)}
    given = {f"{REMARKS}/{path.removeprefix(_RAW)}": content for path, content in raw.items()}
    answer = jobs.run_child("remarks", {**_below(PLAN, files), **given})
    told = {**json.loads(answer[ANSWER]), "files": len(raw)}
    made = {f"{REMARKS}/{path}": content for path, content in _unprefixed(NEW, answer).items()}
    made |= raw | {_REMARKS_ANSWER: json.dumps(told, ensure_ascii=False).encode()}
    with service.store.write() as tx:
        hold_campaign(tx, plan.campaign_id)
        plan = plan_of(tx, plan_id, lock=True)
        for path, content in sorted(made.items()):
            plan_extras.keep(tx, plan, path, content, revision=plan_extras.BESIDE)
        act = act_of(service, granted, request_id, tx)
        note(tx, plan, act, "plan.remarks", {"files": len(sent), "remarks": len(told["remarks"])})
    return RemarksAnswer.model_validate(told)


@router.get(
    "/plans/{plan_id}/remarks",
    operation_id="readRemarks",
    summary="Read the remarks that were gathered on a plan",
    responses=responses(401, 403, 404, 422),
)
def read_remarks(
    plan_id: str,
    *,
    _granted: Annotated[Granted, needs(Action.REMARKS)],
    service: ServicesDep,
) -> RemarksAnswer:
    """Read the list and its summary; remarks may name who wrote them."""
    found = _beside(service, plan_id, _REMARKS_ANSWER)
    if found is None:
        return RemarksAnswer(files=0, summary=[], remarks=[], problems=[])
    return RemarksAnswer.model_validate_json(found)


@router.get(
    "/plans/{plan_id}/remarques.csv",
    operation_id="readRemarksTable",
    summary="Read the remarks as a table",
    response_class=Response,
    responses={
        200: {"content": {"text/csv": {"schema": {"type": "string", "format": "binary"}}}},
        **responses(401, 403, 404, 422),
    },
)
def read_remarks_table(
    plan_id: str,
    *,
    _granted: Annotated[Granted, needs(Action.REMARKS)],
    service: ServicesDep,
) -> Response:
    """Read the table that ``placarde remarks`` writes."""
    found = _beside(service, plan_id, f"{REMARKS}/remarques.csv")
    if found is None:
        raise ApiError(404, "not-found", "This plan has no remarks.")
    headers = {"Content-Disposition": 'attachment; filename="remarques.csv"'}
    return Response(found, media_type="text/csv; charset=utf-8", headers=headers)


def _beside(service: Services, plan_id: str, path: str) -> bytes | None:
    with service.store.read() as tx:
        plan_of(tx, plan_id)
        return plans.file(tx, plan_id, path, revision=plan_extras.BESIDE)


def _below(folder: str, files: Mapping[str, bytes]) -> dict[str, Any]:
    return {f"{folder}/{path}": content for path, content in files.items()}


def _unprefixed(folder: str, files: Mapping[str, bytes]) -> dict[str, bytes]:
    prefix = f"{folder}/"
    return {p.removeprefix(prefix): c for p, c in files.items() if p.startswith(prefix)}
