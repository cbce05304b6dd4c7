"""Jobs: asked for, followed, cancelled. A plan is made by one (OGC API – Processes, Part 1)."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Header, Query, Request, Response
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, ConfigDict, Field

from app.searching import Stage
from app.service.access import Action, Granted, needs
from app.service.acts import act_of
from app.service.context import RequestId, ServicesDep
from app.service.errors import ApiError, not_found, responses
from app.service.jobs.accepting import accept_plan
from app.service.jobs.following import follow, is_over
from app.service.pages import (
    DEFAULT_LIMIT,
    Cursor,
    Limit,
    Link,
    Page,
    cursor_of,
    page_links,
    place_of,
)
from data.store import audit, jobs
from data.store.tables import JobRecord, JobStatus

router = APIRouter(tags=["jobs"])

RESULTS = "http://www.opengis.net/def/rel/ogc/1.0/results"
EVENT_STREAM = "text/event-stream"
_PLAN_ID = r"^p_[0-9a-z]{1,38}$"
_EVENTS_EXAMPLE = (
    'id: 41\nevent: progress\ndata: {"stage": "matching", "incumbent": 11.2, "bound": 11.3, '
    '"gap": 0.004}\n\nid: 42\nevent: successful\ndata: {"plan_id": "p_7hx3m9wq2v5c8n4p6r2t3"}\n\n'
)


class Limits(BaseModel):
    """How far the search goes. The same `gap` gives the same plan on any machine.

    `gap` is where it may end: the best possible plan is at most so much better. `seconds` ends it
    with the best so far, which depends on the machine.
    """

    model_config = ConfigDict(extra="forbid")

    gap: Annotated[float, Field(ge=0, le=1)] | None = None
    seconds: Annotated[int, Field(ge=1, le=86_400)] | None = None


class NewPlan(BaseModel):
    """A plan to make from the campaign as it is now.

    `seed` replaces that of the campaign. `previous` is a plan of the same campaign to begin from;
    `change_penalty` says what a posting that stays counts on top of its worth, as a part of the
    worth of an average posting.
    """

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"example": {"seed": 0, "limits": {"gap": 0.001, "seconds": 600}}},
    )

    seed: Annotated[int, Field(ge=0, le=2**31 - 1)] | None = None
    previous: Annotated[str, Field(pattern=_PLAN_ID)] | None = None
    change_penalty: Annotated[float, Field(ge=0, le=100)] = 0.0
    limits: Limits = Limits()


class Job(BaseModel):
    """A job, as OGC API – Processes tells its status.

    `progress` is the share of its stages that are done, in percent, and none of the time that it
    takes. `message` tells what a job waits for that cannot begin yet, and why one failed.
    `incumbent` is the objective of the best plan so far, `bound` what no plan can pass.
    """

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "jobID": "j_7hx3m9wq2v5c8n4p6r2t3",
                "processID": "plan",
                "type": "process",
                "status": "running",
                "message": "",
                "created": "2017-09-04T08:00:00Z",
                "started": "2017-09-04T08:00:01Z",
                "finished": None,
                "progress": 42,
                "campaign_id": "c_7hx3m9wq2v5c8n4p6r2t3",
                "attempt": 1,
                "cancel_asked": False,
                "stage": "matching",
                "incumbent": 11.2,
                "bound": 11.3,
                "gap": 0.004,
                "problems": [],
                "plan_id": None,
                "links": [{"href": "/jobs/j_7hx3m9wq2v5c8n4p6r2t3", "rel": "self"}],
            }
        }
    )

    jobID: str  # noqa: N815 -- as the standard spells it
    processID: str  # noqa: N815 -- as the standard spells it
    type: str = "process"
    status: JobStatus
    message: str
    created: datetime
    started: datetime | None
    finished: datetime | None
    progress: int
    campaign_id: str
    attempt: int
    cancel_asked: bool
    stage: Stage | None
    incumbent: float | None
    bound: float | None
    gap: float | None
    problems: list[dict[str, Any]]
    plan_id: str | None
    links: list[Link]


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
    place = place_of(service, cursor)
    after = None
    if isinstance(place, list):
        after = (datetime.fromisoformat(place[0]), str(place[1]))
    with service.store.read() as tx:
        found = jobs.page(tx, campaign_id, after=after, limit=limit + 1)
    items = found[:limit]
    following = None
    if len(found) > limit:
        following = cursor_of(service, [items[-1].created_at.isoformat(), items[-1].job_id])
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
        202: {"description": "The job was asked to end; it keeps its best plan.", "model": Job},
        **responses(401, 403, 404, 409, 410),
    },
)
def dismiss_job(
    job_id: str,
    granted: Annotated[Granted, needs(Action.JOB_CANCEL)],
    service: ServicesDep,
    request_id: RequestId,
    response: Response,
) -> Job:
    """Dismiss a job.

    One that waits is dismissed at once (200). One that runs is asked to end (202): it is dismissed
    soon, and `plan_id` tells its best plan so far, if there was one. One that has ended stays as it
    is (409), and one that is dismissed is gone (410).
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
        if not job.cancel_asked:
            jobs.ask_to_cancel(tx, job, at=act.at)
            audit.record(
                tx, act, "job.cancel", subject=f"jobs/{job_id}", campaign_id=job.campaign_id
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


def shown(job: JobRecord, granted: Granted) -> Job:
    """Return a job as it is told to somebody: cells of agents only to who may read them."""
    stage = job.progress.get("stage")
    return Job(
        jobID=job.job_id,
        processID=job.kind,
        status=JobStatus(job.status),
        message=job.reason,
        created=job.created_at,
        started=job.started_at,
        finished=job.finished_at,
        progress=_percent(job),
        campaign_id=job.campaign_id,
        attempt=job.attempt,
        cancel_asked=job.cancel_asked,
        stage=None if stage is None else Stage(stage),
        incumbent=job.progress.get("incumbent"),
        bound=job.progress.get("bound"),
        gap=job.progress.get("gap"),
        problems=job.problems if granted.may(Action.PRIVATE_READ) else _public(job.problems),
        plan_id=job.plan_id,
        links=_links(job),
    )


_PRIVATE = frozenset({"name", "consent_media", "consent_until"})


def _public(problems: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return problems without what was found in private columns, which messages may repeat."""
    hidden = {"found": None, "message": "", "expected": None}
    return [
        problem | hidden if problem.get("column") in _PRIVATE else problem for problem in problems
    ]


def _percent(job: JobRecord) -> int:
    if job.status == JobStatus.SUCCESSFUL.value:
        return 100
    stages = list(Stage)
    stage = job.progress.get("stage")
    return 0 if stage is None else 100 * stages.index(Stage(stage)) // len(stages)


def _links(job: JobRecord) -> list[Link]:
    links = [
        Link(href=f"/jobs/{job.job_id}", rel="self"),
        Link(href=f"/jobs/{job.job_id}/events", rel="monitor", type=EVENT_STREAM),
        Link(href=f"/campaigns/{job.campaign_id}", rel="up"),
    ]
    if job.plan_id is not None:
        links.append(Link(href=f"/plans/{job.plan_id}", rel=RESULTS))
    return links


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 19
