"""A job as it is asked for and as it is told: what the document of the service says of both."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from app.searching import Stage
from app.service.access import Action, Granted
from app.service.pages import Link
from data.store.tables import JobRecord, JobStatus

RESULTS = "http://www.opengis.net/def/rel/ogc/1.0/results"
EVENT_STREAM = "text/event-stream"
_PLAN_ID = r"^p_[0-9a-z]{1,38}$"


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
        links=_links(job, granted),
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


def _links(job: JobRecord, granted: Granted) -> list[Link]:
    links = []
    if granted.may(Action.JOB_READ):
        links.append(Link(href=f"/jobs/{job.job_id}", rel="self"))
        links.append(Link(href=f"/jobs/{job.job_id}/events", rel="monitor", type=EVENT_STREAM))
    if granted.may(Action.CAMPAIGN_READ):
        links.append(Link(href=f"/campaigns/{job.campaign_id}", rel="up"))
    if job.plan_id is not None and granted.may(Action.PLAN_READ):
        links.append(Link(href=f"/plans/{job.plan_id}", rel=RESULTS))
    return links
