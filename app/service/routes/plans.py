"""Plans as they are: what they are worth, their tour, what was changed and locked by hand."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Request, Response

from app.service.access import Action, Granted, needs
from app.service.change_models import LockTold
from app.service.context import ServicesDep
from app.service.errors import not_found, responses
from app.service.etag import IfNoneMatch, is_known
from app.service.pages import (
    DEFAULT_LIMIT,
    Cursor,
    Limit,
    Page,
    cursor_of,
    page_links,
    place_of,
)
from app.service.plan_changes import tag_of
from app.service.plan_models import (
    PlanAnswer,
    PlanDetail,
    PlanItem,
    RevisionTold,
)
from app.service.plan_reading import plan_of
from app.service.plan_views import (
    SHOWN_TO_ALL,
    file_links,
    listed,
    opened,
    shown,
    without_all_withdrawn,
)
from app.service.swaps import live_locks
from app.study_wording import plain
from data.plan_json import tour_entry
from data.store import campaigns, plans
from geo.compare import equity_of

router = APIRouter(tags=["plans"])


@router.get(
    "/campaigns/{campaign_id}/plans",
    operation_id="listPlans",
    summary="List the plans of a campaign, the latest first",
    responses=responses(400, 401, 403, 404, 422),
    response_model=Page[PlanAnswer] | Page[PlanItem],
)
def list_plans(
    campaign_id: str,
    *,
    request: Request,
    granted: Annotated[Granted, needs(Action.PLAN_LIST)],
    service: ServicesDep,
    cursor: Cursor = None,
    limit: Limit = DEFAULT_LIMIT,
) -> Page[PlanAnswer] | Page[PlanItem]:
    """List plans; those whose consents are withdrawn are told as they are without them.

    Who may not read plans is told those that are approved, sent or reconciled, and of each the
    files that they may read.
    """
    place = place_of(service, cursor, of="plans")
    after = place if isinstance(place, int) else None
    reads = granted.may(Action.PLAN_READ)
    states = None if reads else SHOWN_TO_ALL
    with service.store.read() as tx:
        if campaigns.get(tx, campaign_id) is None:
            raise not_found("campaign")
        found = plans.page(tx, campaign_id, after=after, limit=limit + 1, states=states)
    without_all_withdrawn(service, [plan.plan_id for plan in found[:limit] if plan.withdrawn])
    with service.store.read() as tx:
        found = plans.page(tx, campaign_id, after=after, limit=limit + 1, states=states)
        following = (
            cursor_of(service, found[limit - 1].number, of="plans") if len(found) > limit else None
        )
        links = page_links(request, following=following)
        if reads:
            told = [shown(tx, plan, granted) for plan in found[:limit]]
            return Page[PlanAnswer](items=told, links=links)
        items = [listed(tx, plan, granted) for plan in found[:limit]]
        return Page[PlanItem](items=items, links=links)


@router.get(
    "/plans/{plan_id}",
    operation_id="readPlan",
    summary="Read a plan: its state, its certificate, what fell short",
    responses={304: {"description": "As it is known."}, **responses(401, 403, 404, 410, 422)},
    response_model=PlanDetail,
)
def read_plan(
    plan_id: str,
    *,
    response: Response,
    granted: Annotated[Granted, needs(Action.PLAN_READ)],
    service: ServicesDep,
    if_none_match: IfNoneMatch = None,
) -> PlanDetail | Response:
    """Read a plan. Its `ETag` is what a change of it asks for."""
    found = opened(service, plan_id)
    tag = tag_of(found.record)
    response.headers["ETag"] = tag
    with service.store.read() as tx:
        answer = shown(tx, found.record, granted)
    if is_known(if_none_match, tag) and not answer.stale:
        return Response(status_code=304, headers={"ETag": tag})
    return PlanDetail(
        **answer.model_dump(),
        created=found.created,
        versions=dict(found.versions),
        inputs={file.name: file.sha256 for file in found.inputs},
        equity=plain(equity_of(found.plan.allocation.agents)),
        files=file_links(plan_id, granted, found.paths),
    )


@router.get(
    "/plans/{plan_id}/tour",
    operation_id="readTour",
    summary="Read the tour of a plan: stops and legs, at local time",
    responses=responses(401, 403, 404, 410, 422),
)
def read_tour(
    plan_id: str,
    *,
    _granted: Annotated[Granted, needs(Action.TOUR_READ)],
    service: ServicesDep,
) -> dict[str, Any]:
    """Read the tour, as ``plan.json`` holds it."""
    found = opened(service, plan_id)
    return tour_entry(found.plan.tour).model_dump(mode="json")


@router.get(
    "/plans/{plan_id}/revisions",
    operation_id="listRevisions",
    summary="List the changes of the postings of a plan",
    responses=responses(401, 403, 404, 422),
)
def list_revisions(
    plan_id: str,
    *,
    _granted: Annotated[Granted, needs(Action.PLAN_READ)],
    service: ServicesDep,
) -> list[RevisionTold]:
    """List every change in its order. Revision 0 is the plan as it was made."""
    with service.store.read() as tx:
        withdrawn = set(plan_of(tx, plan_id).withdrawn)
        return [
            RevisionTold(
                revision=each.revision,
                action=_without(each.action, withdrawn),
                undoes_to=each.undoes_to,
                made_at=each.made_at,
                made_by=each.made_by,
            )
            for each in plans.revisions(tx, plan_id)
        ]


@router.get(
    "/plans/{plan_id}/locks",
    operation_id="listPlanLocks",
    summary="List the locks of the campaign, and whether this plan is as they say",
    responses=responses(401, 403, 404, 410, 422),
)
def list_locks(
    plan_id: str,
    *,
    _granted: Annotated[Granted, needs(Action.PLAN_READ)],
    service: ServicesDep,
) -> list[LockTold]:
    """List the decisions that the next planning keeps."""
    found = opened(service, plan_id)
    posted = {(p.face_id, p.period): p.agent_id for p in found.plan.allocation.postings}
    with service.store.read() as tx:
        locks = live_locks(tx, found.record.campaign_id)
    return [
        LockTold(
            period=lock.period,
            face_id=lock.face_id,
            agent_id=lock.agent_id,
            kept=posted.get((lock.face_id, lock.period)) == lock.agent_id,
        )
        for lock in locks
        if lock.agent_id not in found.record.withdrawn
    ]


def _without(action: dict[str, Any], withdrawn: set[str]) -> dict[str, Any]:
    """Return what was done without the agents that may no longer be told of."""
    return {
        name: value
        for name, value in action.items()
        if name != "agents" and (not isinstance(value, str) or value not in withdrawn)
    }
