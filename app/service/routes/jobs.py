"""Jobs: asked for, followed, cancelled. A plan is made by one (OGC API – Processes, Part 1)."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Header, Query, Request, Response
from fastapi.responses import StreamingResponse

from app.service.access import Action, Granted, needs
from app.service.acts import act_of
from app.service.context import RequestId, ServicesDep
from app.service.errors import ApiError, not_found, responses
from app.service.job_models import EVENT_STREAM, Job, NewPlan, shown
from app.service.jobs.accepting import accept_plan
from app.service.jobs.following import follow, is_over
from app.service.pages import (
    DEFAULT_LIMIT,
    Cursor,
    Limit,
    Page,
    cursor_of,
    page_links,
    place_of,
)
from data.store import audit, jobs
from data.store.tables import JobStatus

router = APIRouter(tags=["jobs"])

_EVENTS_EXAMPLE = (
    'id: 41\nevent: progress\ndata: {"stage": "matching", "incumbent": 11.2, "bound": 11.3, '
    '"gap": 0.004}\n\nid: 42\nevent: successful\ndata: {"plan_id": "p_7hx3m9wq2v5c8n4p6r2t3"}\n\n'
)


@router.post(
    "/campaigns/{campaign_id}/plans",
    operation_id="makePlan",
    summary="Ask for a plan: a job makes it",
    status_code=201,
    responses={
        201: {"headers": {"Location": {"schema": {"type": "string"}}}},
        **responses(401, 403, 404, 409, 422),
    },
)
def make_plan(
    campaign_id: str,
    *,
    granted: Annotated[Granted, needs(Action.PLAN_MAKE)],
    service: ServicesDep,
    request_id: RequestId,
    response: Response,
    new: NewPlan | None = None,
) -> Job:
    """Accept a job on the campaign as it is at this moment: what is edited later is not planned.

    Problems of the inputs are those of the job, which then fails.
    """
    wanted = new or NewPlan()
    with service.store.write() as tx:
        job = accept_plan(
            tx,
            campaign_id,
            previous=wanted.previous,
            parameters={
                "seed": wanted.seed,
                "change_penalty": wanted.change_penalty,
                "gap": wanted.limits.gap,
                "seconds": wanted.limits.seconds,
            },
            act=act_of(service, granted, request_id, tx),
        )
    response.headers["Location"] = f"/jobs/{job.job_id}"
    return shown(job, granted)


@router.get(
    "/campaigns/{campaign_id}/jobs",
    operation_id="listJobs",
    summary="List the jobs of a campaign, the latest first",
    responses=responses(400, 401, 403, 404, 422),
)
def list_jobs(
    campaign_id: str,
    *,
    granted: Annotated[Granted, needs(Action.JOB_READ)],
    service: ServicesDep,
    request: Request,
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = None,
) -> Page[Job]:
    """Return a page of the jobs of a campaign."""
    place = place_of(service, cursor, of="jobs")
    after = None
    if isinstance(place, list):
        after = (datetime.fromisoformat(place[0]), str(place[1]))
    with service.store.read() as tx:
        found = jobs.page(tx, campaign_id, after=after, limit=limit + 1)
    items = found[:limit]
    following = None
    if len(found) > limit:
        following = cursor_of(
            service, [items[-1].created_at.isoformat(), items[-1].job_id], of="jobs"
        )
    return Page(
        items=[shown(job, granted) for job in items],
        links=page_links(request, following=following),
    )


@router.get(
    "/jobs/{job_id}",
    operation_id="readJob",
    summary="Tell how far a job is",
    responses=responses(401, 403, 404),
)
def read_job(
    job_id: str, granted: Annotated[Granted, needs(Action.JOB_READ)], service: ServicesDep
) -> Job:
    """Return the status of a job."""
    with service.store.read() as tx:
        job = jobs.get(tx, job_id)
    if job is None:
        raise not_found("job")
    return shown(job, granted)


@router.delete(
    "/jobs/{job_id}",
    operation_id="dismissJob",
    summary="Cancel a job, and keep the best plan so far",
    responses={
        200: {"description": "The job waited, and is dismissed."},
        202: {"description": "The job was asked to end.", "model": Job},
        **responses(401, 403, 404, 409, 410, 422),
    },
)
def dismiss_job(
    job_id: str,
    granted: Annotated[Granted, needs(Action.JOB_CANCEL)],
    service: ServicesDep,
    request_id: RequestId,
    response: Response,
    *,
    keep_best: Annotated[
        bool, Query(description="Whether to make a plan of its best so far; else it ends at once.")
    ] = True,
) -> Job:
    """Dismiss a job.

    One that waits is dismissed at once (200). One that runs is asked to end (202): within seconds
    where it has found nothing yet; else its best so far becomes a plan, `plan_id`, which takes as
    long as its tour and its pages do. Asked again with `keep_best=false`, it ends without it. One
    that has ended stays as it is (409), and one that is dismissed is gone (410).
    """
    with service.store.write() as tx:
        job = jobs.get(tx, job_id, lock=True)
        if job is None:
            raise not_found("job")
        if job.status == JobStatus.DISMISSED.value:
            raise ApiError(410, "job-dismissed", "This job is dismissed already.")
        if JobStatus(job.status) in jobs.FINAL:
            raise ApiError(409, "job-ended", f"This job is {job.status} and cannot be cancelled.")
        act = act_of(service, granted, request_id, tx)
        if jobs.ask_to_cancel(tx, job, keep_best=keep_best, at=act.at):
            audit.record(
                tx,
                act,
                "job.cancel",
                subject=f"jobs/{job_id}",
                campaign_id=job.campaign_id,
                change={"keep_best": keep_best},
            )
    response.status_code = 202 if job.status == JobStatus.RUNNING.value else 200
    return shown(job, granted)


@router.get(
    "/jobs/{job_id}/events",
    operation_id="followJob",
    summary="Follow a job by server-sent events",
    response_class=StreamingResponse,
    responses={
        200: {
            "description": "Each change of the job, until it has ended.",
            "content": {EVENT_STREAM: {"schema": {"type": "string"}, "example": _EVENTS_EXAMPLE}},
        },
        204: {"description": "It has ended, and the caller has seen its last event."},
        **responses(401, 403, 404, 422),
    },
)
async def follow_job(
    job_id: str,
    granted: Annotated[Granted, needs(Action.JOB_READ)],
    service: ServicesDep,
    after: Annotated[int, Query(ge=0, le=2**62, description="Events after this number.")] = 0,
    last_event_id: Annotated[
        str | None, Header(alias="Last-Event-ID", description="The last event that was seen.")
    ] = None,
) -> Response:
    """Stream the events of a job: `accepted`, `running`, `progress`, `cancel`, and how it ended.

    A caller that lost its connection goes on after ``Last-Event-ID``, in any process.
    """
    del granted
    seen = int(last_event_id) if last_event_id and _is_number(last_event_id) else after
    if await is_over(service.store, job_id, seen):
        return Response(status_code=204)
    return StreamingResponse(
        follow(service.store, job_id, seen),
        media_type=EVENT_STREAM,
        headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
    )


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 19
