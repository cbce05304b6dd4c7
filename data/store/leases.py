"""Who runs a job: whoever does holds a lease on it.

Every change that a runner makes names its worker and its attempt (`Claim`): when somebody else has
taken the job over meanwhile, nothing is changed and the runner is told so.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, CursorResult, and_, func, or_, select, update

from data.store import clock, jobs
from data.store.engine import Tx
from data.store.jobs import tell
from data.store.tables import JobRecord, JobStatus


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


def tell_waiting(tx: Tx, reason: str, *, machine: datetime, before: str = "") -> None:
    """Note with every job that waits what it waits for, unless something else was noted since.

    Parameters
    ----------
    before
        What the caller noted last.
    """
    query = (
        select(JobRecord)
        .where(_untold(reason, before))
        .order_by(JobRecord.job_id)
        .with_for_update(skip_locked=True)
    )
    for job in tx.scalars(query).all():
        job.reason = reason
        tx.flush()
        tell(tx, job.job_id, JobStatus.ACCEPTED, {"reason": reason}, at=clock.latest(tx, machine))


def is_untold(tx: Tx, reason: str, *, before: str = "") -> bool:
    """Return whether `tell_waiting` has anything to note."""
    return tx.scalar(select(JobRecord.job_id).where(_untold(reason, before)).limit(1)) is not None


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
        jobs.finish(tx, job, JobStatus.DISMISSED, at=moment)
        return None
    if lost and job.attempt >= attempts:
        reason = f"Whoever ran it was gone, {job.attempt} times."
        jobs.finish(tx, job, JobStatus.FAILED, at=moment, reason=reason)
        return None
    job.status = JobStatus.RUNNING.value
    job.worker = worker
    job.attempt += 1
    job.leased_until = at + lease
    job.started_at = job.started_at or moment
    job.progress = {}
    job.reason = ""
    tx.flush()
    told = {"attempt": job.attempt}
    if lost:
        told["lease_lost"] = True
    tell(tx, job.job_id, JobStatus.RUNNING, told, at=moment)
    return Claim(job.job_id, worker, job.attempt)


def renew(
    tx: Tx, held: Claim, *, machine: datetime, lease: timedelta, progress: Mapping[str, Any] | None
) -> bool:
    """Renew a lease, and note progress where there is any; tell whether it is still held."""
    values: dict[str, Any] = {"leased_until": now(tx, machine) + lease}
    if progress is not None:
        values["progress"] = dict(progress)
    if not _change(tx, held, values):
        return False
    if progress is not None:
        tell(tx, held.job_id, "progress", progress, at=clock.latest(tx, machine))
    return True


def hold(tx: Tx, held: Claim) -> JobRecord | None:
    """Return a job locked for its end; None if it is no longer this worker's."""
    job = jobs.get(tx, held.job_id, lock=True)
    return job if job is not None and _is_held(job, held) else None


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
        jobs.finish(tx, job, JobStatus.DISMISSED, at=at)
    elif counted and job.attempt >= attempts:
        jobs.finish(tx, job, JobStatus.FAILED, at=at, reason=reason)
    else:
        job.status = JobStatus.ACCEPTED.value
        job.worker = ""
        job.leased_until = None
        job.attempt -= 0 if counted else 1
        job.progress = {}
        tx.flush()
        tell(tx, job.job_id, JobStatus.ACCEPTED, {"reason": reason}, at=at)


def _untold(reason: str, before: str) -> ColumnElement[bool]:
    return and_(
        JobRecord.status == JobStatus.ACCEPTED.value,
        JobRecord.reason.in_(sorted({"", before} - {reason})),
    )


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
