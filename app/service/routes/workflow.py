"""The workflow of a plan: proposed, approved or rejected, sent; and new versions of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Response

from app.service.access import Action, Granted, needs
from app.service.acts import act_of
from app.service.change_models import Reason
from app.service.consents import lapsed_consents
from app.service.context import RequestId, Services, ServicesDep
from app.service.errors import ApiError, responses
from app.service.etag import IfMatch
from app.service.plan_changes import (
    Base,
    locked,
    note,
    seen,
    stripped,
    tag_of,
    without_withdrawn,
)
from app.service.plan_models import PlanAnswer, violation_told
from app.service.plan_reading import open_plan, plan_of
from app.service.plan_views import shown
from app.service.states import Step, after
from data.store import plans
from data.store.tables import PlanRecord

router = APIRouter(tags=["workflow"])
_REFUSALS = responses(401, 403, 404, 409, 410, 412, 422, 428)


@router.post(
    "/plans/{plan_id}/propose",
    operation_id="proposePlan",
    summary="Propose a draft for approval",
    responses=_REFUSALS,
)
def propose(
    plan_id: str,
    *,
    granted: Annotated[Granted, needs(Action.PLAN_PROPOSE)],
    service: ServicesDep,
    request_id: RequestId,
    response: Response,
    if_match: IfMatch = None,
) -> PlanAnswer:
    """Propose a draft: it is no longer changed until somebody approves or rejects it."""
    base = _seen(service, plan_id, if_match, Step.PROPOSE)

    def change(plan: PlanRecord) -> None:
        plan.proposed_by = granted.subject

    return _step(
        Done(service, granted, request_id, response), base=base, step=Step.PROPOSE, do=change
    )


@router.post(
    "/plans/{plan_id}/approve",
    operation_id="approvePlan",
    summary="Approve a proposed plan: it is frozen",
    responses=_REFUSALS,
)
def approve(
    plan_id: str,
    *,
    granted: Annotated[Granted, needs(Action.PLAN_APPROVE)],
    service: ServicesDep,
    request_id: RequestId,
    response: Response,
    if_match: IfMatch = None,
) -> PlanAnswer:
    """Approve a plan that keeps every rule, and whose people all still consent.

    Where four eyes are asked for (`PLACARDE_FOUR_EYES`), whoever proposed it cannot.
    """
    base = _seen(service, plan_id, if_match, Step.APPROVE)
    found = open_plan(service, plan_id)
    if service.settings.four_eyes and found.record.proposed_by == granted.subject:
        detail = "Whoever proposed a plan does not approve it: somebody else must."
        raise ApiError(403, "four-eyes", detail)
    with service.store.read() as tx:
        violations = (*found.violations(), *lapsed_consents(tx, found))
    if violations:
        told = [violation_told(each).model_dump() for each in violations]
        detail = "The plan breaks rules, or somebody no longer consents."
        raise ApiError(409, "rules-broken", detail, extra={"violations": told})

    def change(plan: PlanRecord) -> None:
        plan.approved_by = granted.subject

    return _step(
        Done(service, granted, request_id, response), base=base, step=Step.APPROVE, do=change
    )


@router.post(
    "/plans/{plan_id}/reject",
    operation_id="rejectPlan",
    summary="Send a proposed plan back to be changed, with a reason",
    responses=_REFUSALS,
)
def reject(
    plan_id: str,
    why: Reason,
    *,
    granted: Annotated[Granted, needs(Action.PLAN_APPROVE)],
    service: ServicesDep,
    request_id: RequestId,
    response: Response,
    if_match: IfMatch = None,
) -> PlanAnswer:
    """Make a proposed plan a draft again; the reason stands in the audit trail."""
    base = _seen(service, plan_id, if_match, Step.REJECT)

    def change(plan: PlanRecord) -> None:
        plan.proposed_by = None

    return _step(
        Done(service, granted, request_id, response),
        base=base,
        step=Step.REJECT,
        do=change,
        told={"reason": why.reason},
    )


@router.post(
    "/plans/{plan_id}/send",
    operation_id="sendPlan",
    summary="Note that the order of an approved plan was sent to the buyer",
    responses=_REFUSALS,
)
def send(
    plan_id: str,
    *,
    granted: Annotated[Granted, needs(Action.PLAN_SEND)],
    service: ServicesDep,
    request_id: RequestId,
    response: Response,
    if_match: IfMatch = None,
) -> PlanAnswer:
    """Note that the order was sent. Placarde sends nothing itself: the order is a file to fetch."""
    base = _seen(service, plan_id, if_match, Step.SEND)
    return _step(Done(service, granted, request_id, response), base=base, step=Step.SEND)


@router.post(
    "/plans/{plan_id}/versions",
    operation_id="makeVersion",
    summary="Make a new draft of a plan",
    status_code=201,
    responses={
        201: {"headers": {"Location": {"schema": {"type": "string"}}}},
        **_REFUSALS,
    },
)
def make_version(
    plan_id: str,
    *,
    granted: Annotated[Granted, needs(Action.PLAN_CHANGE)],
    service: ServicesDep,
    request_id: RequestId,
    response: Response,
    if_match: IfMatch = None,
) -> PlanAnswer:
    """Make a plan with the same postings that can be changed; the one that it is made of stays."""
    base = _seen(service, plan_id, if_match, Step.VERSION)
    with service.store.read() as tx:
        gone = plan_of(tx, plan_id).withdrawn
        files = plans.files(tx, plan_id, revision=base.revision)
    files = stripped(files, gone)
    with service.store.write() as tx:
        parent = locked(tx, base)
        after(parent, Step.VERSION)
        act = act_of(service, granted, request_id, tx)
        made = plans.insert_version(tx, parent=parent, files=files, summary=parent.summary, act=act)
        note(tx, made, act, "plan.version", {"parent_id": plan_id, "revision": base.revision})
        response.headers["Location"] = f"/plans/{made.plan_id}"
        response.headers["ETag"] = tag_of(made)
        return shown(tx, made, granted)


@dataclass(frozen=True, slots=True)
class Done:
    """Who asks for a step, by which request, and where its answer goes."""

    service: Services
    granted: Granted
    request_id: str
    response: Response


def _seen(service: Services, plan_id: str, if_match: str | None, step: Step) -> Base:
    """Return the plan as the caller has seen it, if the step is for it at all."""
    without_withdrawn(service, plan_id)
    with service.store.read() as tx:
        return seen(tx, plan_id, if_match, step)[1]


def _step(
    change: Done,
    *,
    base: Base,
    step: Step,
    do: Callable[[PlanRecord], None] | None = None,
    told: Mapping[str, str] | None = None,
) -> PlanAnswer:
    """Take a plan from one state to the next, and note it."""
    with change.service.store.write() as tx:
        plan = locked(tx, base)
        before, plan.state = plan.state, after(plan, step).value
        if do is not None:
            do(plan)
        act = act_of(change.service, change.granted, change.request_id, tx)
        states = {"before": before, "after": plan.state}
        note(tx, plan, act, f"plan.{step.value}", {**states, **(told or {})})
        change.response.headers["ETag"] = tag_of(plan)
        return shown(tx, plan, change.granted)
