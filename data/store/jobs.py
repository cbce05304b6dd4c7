"""Jobs in the store: what is asked for, who runs it, how far it is.

Whoever runs a job holds a lease. Every change that a runner makes names its worker and its attempt
(`Claim`): when somebody else has taken the job over meanwhile, nothing is changed and the runner is
told so. Each change of a job comes with an event for those who follow it; the job's row is changed
before its event is added, so that events of one job are seen in the order of their numbers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, CursorResult, and_, delete, func, or_, select, update

from data.store import blobs, clock
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


@dataclass(frozen=True, slots=True)
class Claim:
    """A job in the hands of one worker, for one attempt."""

    job_id: str
    worker: str
    attempt: int


@dataclass(frozen=True, slots=True)
class Sighting:
    """A running job as somebody saw it: it is alive as long as its lease keeps changing."""

    claim: Claim
    leased_until: datetime | None


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
    _tell(tx, job.job_id, JobStatus.ACCEPTED, {}, at=act.at)
    return job


def inputs(tx: Tx, job_id: str) -> dict[str, bytes]:
    """Return the files that a job works on, by path, sorted."""
    query = select(JobInputRecord.path, BlobRecord.content).where(
        JobInputRecord.job_id == job_id, BlobRecord.sha256 == JobInputRecord.sha256
    )
    return dict(sorted((path, content) for path, content in tx.execute(query)))


def now(tx: Tx, machine: datetime) -> datetime:
    """Return the moment that leases are compared with: that of PostgreSQL, where there is one.

    Machines that share a database may disagree about the time; the database does not. A file of
    SQLite is on one machine, whose own moment does. It may be set back: see `stalled` of `claim`.
    """
    if tx.get_bind().dialect.name != "postgresql":
        return machine
    found: datetime = tx.execute(select(func.clock_timestamp())).scalar_one()
    return found


def waiting(tx: Tx, *, at: datetime) -> bool:
    """Return whether a job may be claimed: one accepted, or one whose lease has run out."""
    return tx.scalar(select(JobRecord.job_id).where(_open(at)).limit(1)) is not None


def running(tx: Tx) -> list[Sighting]:
    """Return every job that is running."""
    query = select(
        JobRecord.job_id, JobRecord.worker, JobRecord.attempt, JobRecord.leased_until
    ).where(JobRecord.status == JobStatus.RUNNING.value)
    return [Sighting(Claim(*row[:3]), row[3]) for row in tx.execute(query)]


def claim(
    tx: Tx,
    *,
    worker: str,
    machine: datetime,
    lease: timedelta,
    attempts: int,
    stalled: Sighting | None = None,
) -> Claim | None:
    """Take the job that waits longest, and its lease; None where none waits.

    A job whose lease ran out `attempts` times is marked failed, one that was to be cancelled
    dismissed, and neither is claimed.

    Parameters
    ----------
    machine
        The moment of this machine.
    stalled
        A running job whose lease its worker has not renewed for longer than it lasts, by the watch
        of who asks: it is taken whatever the clocks say.
    """
    at = now(tx, machine)
    wanted = _open(at) if stalled is None else _seen(stalled)
    query = select(JobRecord).where(wanted).order_by(JobRecord.created_at, JobRecord.job_id)
    job = tx.scalar(query.limit(1).with_for_update(skip_locked=True))
    if job is None:
        return None
    lost, moment = job.status == JobStatus.RUNNING.value, clock.latest(tx, machine)
    if lost and job.cancel_asked:
        finish(tx, job, JobStatus.DISMISSED, at=moment)
        return None
    if lost and job.attempt >= attempts:
        reason = f"Whoever ran it was gone, {job.attempt} times."
        finish(tx, job, JobStatus.FAILED, at=moment, reason=reason)
        return None
    job.status = JobStatus.RUNNING.value
    job.worker = worker
    job.attempt += 1
    job.leased_until = at + lease
    job.started_at = job.started_at or moment
    job.progress = {}
    tx.flush()
    told = {"attempt": job.attempt}
    if lost:
        told["lease_lost"] = True
    _tell(tx, job.job_id, JobStatus.RUNNING, told, at=moment)
    return Claim(job.job_id, worker, job.attempt)


def renew(
    tx: Tx, held: Claim, *, machine: datetime, lease: timedelta, progress: Mapping[str, Any] | None
) -> bool | None:
    """Renew a lease, and note progress where there is any.

    Returns
    -------
    bool or None
        Whether somebody has asked to cancel; None if the job is no longer this worker's.
    """
    values: dict[str, Any] = {"leased_until": now(tx, machine) + lease}
    if progress is not None:
        values["progress"] = dict(progress)
    if not _change(tx, held, values):
        return None
    if progress is not None:
        _tell(tx, held.job_id, "progress", progress, at=clock.latest(tx, machine))
    return bool(tx.scalar(select(JobRecord.cancel_asked).where(JobRecord.job_id == held.job_id)))


def hold(tx: Tx, held: Claim) -> JobRecord | None:
    """Return a job locked for its end; None if it is no longer this worker's."""
    job = get(tx, held.job_id, lock=True)
    return job if job is not None and _is_held(job, held) else None


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
    """End a job that `hold` gave, or one that nobody runs.

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


def hand_back(
    tx: Tx, held: Claim, *, machine: datetime, reason: str, counted: bool, attempts: int
) -> None:
    """Let go of a job, so that another runner begins it again; nothing if it is another's already.

    Parameters
    ----------
    counted
        Whether the attempt counts: not where only the runner stops. Where it was the last one the
        job fails with `reason`.
    """
    job = hold(tx, held)
    if job is None:
        return
    at = clock.latest(tx, machine)
    if job.cancel_asked:
        finish(tx, job, JobStatus.DISMISSED, at=at)
    elif counted and job.attempt >= attempts:
        finish(tx, job, JobStatus.FAILED, at=at, reason=reason)
    else:
        job.status = JobStatus.ACCEPTED.value
        job.worker = ""
        job.leased_until = None
        job.attempt -= 0 if counted else 1
        job.progress = {}
        tx.flush()
        _tell(tx, job.job_id, JobStatus.ACCEPTED, {"reason": reason}, at=at)


def ask_to_cancel(tx: Tx, job: JobRecord, *, at: datetime) -> None:
    """Dismiss a job that waits; ask whoever runs it to stop. `job` is locked by its caller.

    Raises
    ------
    ValueError
        If it has ended.
    """
    if job.status == JobStatus.ACCEPTED.value:
        finish(tx, job, JobStatus.DISMISSED, at=at)
    elif job.status == JobStatus.RUNNING.value:
        if not job.cancel_asked:
            job.cancel_asked = True
            tx.flush()
            _tell(tx, job.job_id, "cancel", {}, at=at)
    else:
        raise ValueError(f"a {job.status} job")


def events(tx: Tx, job_id: str, *, after: int, limit: int = 200) -> Sequence[JobEventRecord]:
    """Return what happened to a job since the event of this number, in order."""
    query = (
        select(JobEventRecord)
        .where(JobEventRecord.job_id == job_id, JobEventRecord.seq > after)
        .order_by(JobEventRecord.seq)
        .limit(limit)
    )
    return tx.scalars(query).all()


def _open(at: datetime) -> ColumnElement[bool]:
    run_out = and_(JobRecord.status == JobStatus.RUNNING.value, JobRecord.leased_until <= at)
    return or_(JobRecord.status == JobStatus.ACCEPTED.value, run_out)


def _seen(seen: Sighting) -> ColumnElement[bool]:
    return and_(
        JobRecord.job_id == seen.claim.job_id,
        JobRecord.status == JobStatus.RUNNING.value,
        JobRecord.worker == seen.claim.worker,
        JobRecord.attempt == seen.claim.attempt,
        JobRecord.leased_until == seen.leased_until,
    )


def _is_held(job: JobRecord, held: Claim) -> bool:
    return (job.status, job.worker, job.attempt) == (
        JobStatus.RUNNING.value,
        held.worker,
        held.attempt,
    )


def _change(tx: Tx, held: Claim, values: Mapping[str, Any]) -> bool:
    """Change a job that is still this worker's; tell whether it was."""
    statement = (
        update(JobRecord)
        .where(
            JobRecord.job_id == held.job_id,
            JobRecord.status == JobStatus.RUNNING.value,
            JobRecord.worker == held.worker,
            JobRecord.attempt == held.attempt,
        )
        .values(**values)
        .execution_options(synchronize_session=False)
    )
    found = tx.execute(statement)
    assert isinstance(found, CursorResult)  # noqa: S101 -- an UPDATE has no other result
    return found.rowcount == 1


def _end(tx: Tx, job: JobRecord, status: JobStatus, *, at: datetime) -> None:
    job.status = status.value
    job.leased_until = None
    job.finished_at = at
    tx.flush()
    tx.execute(delete(JobInputRecord).where(JobInputRecord.job_id == job.job_id))
    told = {"plan_id": job.plan_id, "reason": job.reason}
    _tell(tx, job.job_id, status, {name: value for name, value in told.items() if value}, at=at)


def _tell(tx: Tx, job_id: str, kind: str, data: Mapping[str, Any], *, at: datetime) -> None:
    tx.add(JobEventRecord(job_id=job_id, at=at, kind=str(kind), data=dict(data)))
    tx.flush()
