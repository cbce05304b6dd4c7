"""Runs the jobs of the store: one thread a slot, a lease on the job that it runs.

Threads only wait and keep books; the work itself is done by an `Executor`. A job that its runner
lost (killed, cut off from the store for longer than its lease) is run by another from the start:
what a runner writes at the end is guarded by its claim, so that only one of them writes.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from functools import partial
from typing import Any

from app.service.context import Services
from app.service.jobs.executor import (
    CrashedError,
    Executor,
    FailedError,
    StoppedError,
    Task,
    UnservedError,
)
from app.service.jobs.local import LocalExecutor
from app.service.jobs.oversight import Oversight
from app.service.jobs.results import PLAN_JOB, dismiss, fail, keep, task_of
from app.service.jobs.sightings import Sightings
from data.store import StoreUnavailableError, Tx, jobs, leases
from data.store.ids import new_id

logger = logging.getLogger("placarde.jobs")

POLL_S = 0.5
"""How often a free slot looks for a job."""
PATIENCE_S = 2.0
"""How long to wait for a store that does not answer, or for a cluster."""
STALLED_LEASES = 2
"""A lease that nobody renewed for so many times its length is taken, whatever the clocks say."""

__all__ = ["PLAN_JOB", "JobRunner"]


class JobRunner:
    """The slots of one process.

    Parameters
    ----------
    services
        The store, and the settings: ``job_slots``, ``lease``, ``job_attempts``, ``dask``.
    executor
        Where jobs run; as the settings say where it is not given.
    """

    def __init__(self, services: Services, executor: Executor | None = None) -> None:
        self._services = services
        self._executor = executor or _executor(services)
        self._stopping = threading.Event()
        self._threads: list[threading.Thread] = []

    def start(self) -> None:
        """Begin to run jobs."""
        for number in range(self._services.settings.job_slots):
            slot = _Slot(self._services, self._executor, self._stopping)
            thread = threading.Thread(target=slot.run, name=f"jobs-{number}", daemon=True)
            thread.start()
            self._threads.append(thread)

    def stop(self) -> None:
        """Hand back what is running, and end."""
        self._stopping.set()
        for thread in self._threads:
            thread.join()
        self._threads.clear()
        self._executor.close()


def _executor(services: Services) -> Executor:
    if services.settings.dask:
        from app.service.jobs.cluster import DaskExecutor  # noqa: PLC0415 -- heavy, and rarely used

        return DaskExecutor(services.settings.dask)
    return LocalExecutor()


class _Slot:
    """One job at a time, until told to stop."""

    def __init__(self, services: Services, executor: Executor, stopping: threading.Event) -> None:
        self._services, self._executor, self._stopping = services, executor, stopping
        self._worker = new_id("w")
        self._missing = ""
        self._sightings = Sightings(STALLED_LEASES * services.settings.lease.total_seconds())

    def run(self) -> None:
        """Run jobs until told to stop."""
        if isinstance(self._executor, LocalExecutor):
            self._executor.prepare()
        while not self._stopping.is_set():
            try:
                held = self._claimed()
            except StoreUnavailableError:
                self._stopping.wait(PATIENCE_S)
                continue
            except Exception:
                logger.exception("a job could not be claimed")
                self._stopping.wait(PATIENCE_S)
                continue
            if held is None:
                self._stopping.wait(POLL_S)
            else:
                self._do(held)

    def _claimed(self) -> leases.Claim | None:
        """Return the next job, claimed. Writes only where there is one to claim."""
        store, settings, clock = self._services.store, self._services.settings, self._services.clock
        with store.read() as tx:
            stalled = self._sightings.stalled(leases.running(tx), at=time.monotonic())
            if stalled is None and not leases.waiting(tx, at=leases.now(tx, clock())):
                return None
        if missing := self._executor.waits_for():
            self._tell(missing)
            return None
        with store.write() as tx:
            return leases.claim(
                tx,
                worker=self._worker,
                machine=clock(),
                lease=settings.lease,
                attempts=settings.job_attempts,
                stalled=stalled,
            )

    def _tell(self, missing: str) -> None:
        """Note with the jobs that wait what they wait for. Writes only where that is news."""
        store, clock, before = self._services.store, self._services.clock, self._missing
        self._missing = missing
        with store.read() as tx:
            if not leases.is_untold(tx, missing, before=before):
                return
        with store.write() as tx:
            leases.tell_waiting(tx, missing, machine=clock(), before=before)

    def _do(self, held: leases.Claim) -> None:
        """Run a job to one of its ends; the thread survives whatever happens."""
        logger.info("job %s: attempt %d begins", held.job_id, held.attempt)
        try:
            end = self._end_of(held)
        except StoreUnavailableError:
            end = self._handing_back(held, "The database did not answer.", counted=False)
        except Exception as error:
            logger.exception("job %s", held.job_id)
            end = self._handing_back(held, type(error).__name__, counted=True)
        self._written(end)
        logger.info("job %s: attempt %d ends", held.job_id, held.attempt)

    def _end_of(self, held: leases.Claim) -> Callable[[Tx], Any]:
        """Run a job, and return what writes its end."""
        services = self._services
        watching = Oversight(services, held, self._stopping)
        try:
            files = self._executor.run(
                self._task(held), report=watching.report, asked=watching.asked
            )
        except StoppedError:
            if watching.cancelled:
                return lambda tx: dismiss(tx, held, at=services.clock())
            return self._handing_back(held, "Its runner was stopped.", counted=False)
        except CrashedError as crash:
            return self._handing_back(held, f"It ended without an answer: {crash}.", counted=True)
        except UnservedError as waits:
            return self._handing_back(held, waits.reason, counted=False)
        except FailedError as failure:
            return partial(_failed, services, held, failure)
        return lambda tx: keep(tx, held, files, at=services.clock())

    def _task(self, held: leases.Claim) -> Task:
        with self._services.store.read() as tx:
            job = jobs.get(tx, held.job_id)
            if job is None:
                raise FailedError("There is no such job.")
            return task_of(tx, job, self._services.settings.roads)

    def _handing_back(
        self, held: leases.Claim, reason: str, *, counted: bool
    ) -> Callable[[Tx], None]:
        return lambda tx: leases.hand_back(
            tx,
            held,
            machine=self._services.clock(),
            reason=reason,
            counted=counted,
            attempts=self._services.settings.job_attempts,
        )

    def _written(self, end: Callable[[Tx], Any]) -> None:
        """Write the end of a job, as soon as the store answers; its claim guards it until then."""
        while True:
            try:
                with self._services.store.write() as tx:
                    end(tx)
            except StoreUnavailableError:
                if self._stopping.wait(PATIENCE_S):
                    return  # the lease runs out, and another begins again
            except Exception:
                logger.exception("the end of a job could not be written")
                return  # the same
            else:
                return


def _failed(services: Services, held: leases.Claim, failure: FailedError, tx: Tx) -> None:
    fail(tx, held, failure, at=services.clock())
