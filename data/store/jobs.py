"""Jobs in the store: what is asked for, how far it is, how it ended; who runs it: `leases`.

Each change of a job comes with an event for those who follow it; the job's row is changed before
its event is added, so that events of one job are seen in the order of their numbers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import and_, delete, or_, select

from data.store import blobs
from data.store.audit import Act
from data.store.engine import Tx
from data.store.ids import new_id
from data.store.tables import (
    BlobRecord,
    JobEventRecord,
    JobInputRecord,
    JobRecord,
    JobStatus,
)

FINAL = frozenset({JobStatus.SUCCESSFUL, JobStatus.FAILED, JobStatus.DISMISSED})
"""The states that a job does not leave."""


def get(tx: Tx, job_id: str, *, lock: bool = False) -> JobRecord | None:
    """Return a job; None if there is no such job. `lock` keeps others from changing it."""
    return tx.get(JobRecord, job_id, with_for_update=lock or None, populate_existing=lock)


def campaign_of(tx: Tx, job_id: str) -> str | None:
    """Return the campaign of a job; None if there is no such job."""
    return tx.scalar(select(JobRecord.campaign_id).where(JobRecord.job_id == job_id))


def page(
    tx: Tx, campaign_id: str, *, after: tuple[datetime, str] | None, limit: int
) -> Sequence[JobRecord]:
    """Return jobs of a campaign, the latest first; those beyond the one that `after` tells.

    Parameters
    ----------
    after
        `created_at` and `job_id` of the last one of the page before.
    """
    query = select(JobRecord).where(JobRecord.campaign_id == campaign_id)
    if after is not None:
        moment, job_id = after
        query = query.where(
            or_(
                JobRecord.created_at < moment,
                and_(JobRecord.created_at == moment, JobRecord.job_id < job_id),
            )
        )
    query = query.order_by(JobRecord.created_at.desc(), JobRecord.job_id.desc()).limit(limit)
    return tx.scalars(query).all()


def accept(
    tx: Tx,
    *,
    campaign_id: str,
    kind: str,
    parameters: Mapping[str, Any],
    files: Mapping[str, bytes],
    act: Act,
) -> JobRecord:
    """Add a job with the files that it works on: what changes later does not change them.

    Parameters
    ----------
    parameters
        With ``campaign_version`` and ``rows_version``, the versions that `files` are of.
    """
    job = JobRecord(
        job_id=new_id("j"),
        campaign_id=campaign_id,
        kind=kind,
        parameters=dict(parameters),
        status=JobStatus.ACCEPTED.value,
        created_at=act.at,
        created_by=act.actor,
    )
    tx.add(job)
    tx.flush()
    for path, content in sorted(files.items()):
        tx.add(JobInputRecord(job_id=job.job_id, path=path, sha256=blobs.put(tx, content)))
    tell(tx, job.job_id, JobStatus.ACCEPTED, {}, at=act.at)
    return job


def inputs(tx: Tx, job_id: str) -> dict[str, bytes]:
    """Return the files that a job works on, by path, sorted."""
    query = select(JobInputRecord.path, BlobRecord.content).where(
        JobInputRecord.job_id == job_id, BlobRecord.sha256 == JobInputRecord.sha256
    )
    return dict(sorted((path, content) for path, content in tx.execute(query)))


def finish(
    tx: Tx,
    job: JobRecord,
    status: JobStatus,
    *,
    at: datetime,
    reason: str = "",
    problems: Sequence[Mapping[str, Any]] = (),
    plan_id: str | None = None,
) -> None:
    """End a job that `leases.hold` gave, or one that nobody runs.

    The files that it worked on go: a plan keeps a copy of its own, and they hold personal data.

    Raises
    ------
    ValueError
        If it has ended before, or is not to end.
    """
    if status not in FINAL or JobStatus(job.status) in FINAL:
        raise ValueError(f"{job.status} to {status}")
    job.reason = reason
    job.problems = [dict(problem) for problem in problems]
    job.plan_id = plan_id
    _end(tx, job, status, at=at)


def ask_to_cancel(tx: Tx, job: JobRecord, *, keep_best: bool = True, at: datetime) -> bool:
    """Dismiss a job that waits; ask whoever runs it to stop. `job` is locked by its caller.

    Parameters
    ----------
    keep_best
        Whether to wait for the plan that its best so far makes. Once nobody does, nobody does.

    Returns
    -------
    bool
        Whether that is news.

    Raises
    ------
    ValueError
        If it has ended.
    """
    if job.status == JobStatus.ACCEPTED.value:
        finish(tx, job, JobStatus.DISMISSED, at=at)
        return True
    if job.status != JobStatus.RUNNING.value:
        raise ValueError(f"a {job.status} job")
    if job.cancel_asked and (keep_best or not job.keep_best):
        return False
    job.cancel_asked, job.keep_best = True, keep_best
    tx.flush()
    tell(tx, job.job_id, "cancel", {"keep_best": keep_best}, at=at)
    return True


def events(tx: Tx, job_id: str, *, after: int, limit: int = 200) -> Sequence[JobEventRecord]:
    """Return what happened to a job since the event of this number, in order."""
    query = (
        select(JobEventRecord)
        .where(JobEventRecord.job_id == job_id, JobEventRecord.seq > after)
        .order_by(JobEventRecord.seq)
        .limit(limit)
    )
    return tx.scalars(query).all()


def _end(tx: Tx, job: JobRecord, status: JobStatus, *, at: datetime) -> None:
    job.status = status.value
    job.leased_until = None
    job.finished_at = at
    tx.flush()
    tx.execute(delete(JobInputRecord).where(JobInputRecord.job_id == job.job_id))
    told = {"plan_id": job.plan_id, "reason": job.reason}
    tell(tx, job.job_id, status, {name: value for name, value in told.items() if value}, at=at)


def tell(tx: Tx, job_id: str, kind: str, data: Mapping[str, Any], *, at: datetime) -> None:
    """Add an event of a job whose row was changed before."""
    tx.add(JobEventRecord(job_id=job_id, at=at, kind=str(kind), data=dict(data)))
    tx.flush()
