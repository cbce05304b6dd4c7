"""What a job is run from, and what is written of it at its end: all of it or nothing."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from app.searching import Stage
from app.service.jobs.executor import FailedError, Files, Task
from app.service.jobs.layout import OUTCOME, PLAN
from app.settings import RoadSettings
from data.store import Tx, audit, clock, jobs, leases, plans
from data.store.tables import JobRecord, JobStatus

PLAN_JOB = "plan"
"""The kind of the jobs that make a plan."""


def task_of(tx: Tx, job: JobRecord, roads: RoadSettings) -> Task:
    """Return the task that a job is.

    Parameters
    ----------
    roads
        Of the service: no request names a server.
    """
    asked = ("seed", "gap", "seconds", "change_penalty")
    parameters: dict[str, Any] = {name: job.parameters.get(name) for name in asked}
    parameters["created"] = job.created_at.isoformat()
    parameters["roads"] = {"server": roads.server, "cache": str(roads.cache)}
    return Task(job.kind, jobs.inputs(tx, job.job_id), parameters)


def keep(tx: Tx, held: leases.Claim, files: Files, *, at: datetime) -> None:
    """Write the plan of a job, its audit entry and its end, if the job is still in these hands.

    A job that was cancelled is dismissed, and keeps the plan.
    """
    job = leases.hold(tx, held)
    if job is None:
        return
    outcome = json.loads(files[OUTCOME])
    act = audit.Act(job.created_by, clock.note(tx, at), job.job_id)
    made = plans.insert(
        tx,
        job=job,
        files={
            path.removeprefix(PLAN): content
            for path, content in files.items()
            if path.startswith(PLAN)
        },
        summary=outcome["summary"],
        seed=outcome["summary"]["seed"],
        act=act,
    )
    audit.record(
        tx,
        act,
        "plan.make",
        subject=f"plans/{made.plan_id}",
        campaign_id=job.campaign_id,
        version=made.version,
        change={"number": made.number, "job_id": job.job_id, "seed": made.seed},
    )
    status = JobStatus.DISMISSED if job.cancel_asked else JobStatus.SUCCESSFUL
    problems = outcome["problems"]
    job.progress = _last_step(outcome["summary"])
    jobs.finish(tx, job, status, at=act.at, problems=problems, plan_id=made.plan_id)


def _last_step(summary: Mapping[str, Any]) -> dict[str, Any]:
    """Return the progress of a job that is through: the figures of what it made."""
    found = summary["allocation"]
    figures = {"incumbent": found["objective"], "bound": found["bound"], "gap": found["gap"]}
    return {"stage": Stage.WRITING.value, **figures}


def fail(tx: Tx, held: leases.Claim, failure: FailedError, *, at: datetime) -> None:
    """Write that a job failed, and why, if it is still in these hands."""
    _end(tx, held, JobStatus.FAILED, at=at, failure=failure)


def dismiss(tx: Tx, held: leases.Claim, *, at: datetime) -> None:
    """Write that a job was dismissed without a plan, if it is still in these hands."""
    _end(tx, held, JobStatus.DISMISSED, at=at, failure=FailedError(""))


def _end(
    tx: Tx, held: leases.Claim, status: JobStatus, *, at: datetime, failure: FailedError
) -> None:
    job = leases.hold(tx, held)
    if job is None:
        return
    problems = failure.problems
    jobs.finish(tx, job, status, at=clock.note(tx, at), reason=failure.reason, problems=problems)
