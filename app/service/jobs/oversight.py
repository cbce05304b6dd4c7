"""Keeps the books of one job while it runs: its lease, its progress, whether to go on."""

from __future__ import annotations

import threading
import time
from contextlib import suppress
from typing import Any

from app.service.context import Services
from app.service.jobs.executor import Asked, Step
from data.store import StoreUnavailableError, Tx, jobs, leases

LOOK_S = 1.0
"""How often the store is asked whether to go on, and at most how often progress is noted."""


class Oversight:
    """Renews the lease of a job, notes its progress, and tells what is asked of it.

    Both methods are called by the thread that waits for the job. A store that does not answer is
    asked again later: the job goes on meanwhile.
    """

    def __init__(self, services: Services, held: leases.Claim, stopping: threading.Event) -> None:
        self._services, self._held, self._stopping = services, held, stopping
        self._progress: dict[str, Any] = {}
        self._noted = True
        self._lost = self._dropped = self.cancelled = False
        self._look_at = self._renewed_at = time.monotonic()

    def report(self, step: Step) -> None:
        """Take note of a step; what it does not tell stays as it was told before."""
        changed = {**self._progress, **step}
        self._noted = self._noted and changed == self._progress
        self._progress = changed

    def asked(self) -> Asked | None:
        """Return what is asked of the job; looks in the store from time to time."""
        at = time.monotonic()
        if at >= self._look_at:
            self._look_at = at + LOOK_S
            with suppress(StoreUnavailableError):  # asked again at the next look
                self._look(at)
        if self._lost or self._dropped or self._stopping.is_set():
            return Asked.STOP
        return Asked.CANCEL if self.cancelled else None

    def _look(self, at: float) -> None:
        lease = self._services.settings.lease
        due = at - self._renewed_at >= lease.total_seconds() / 3
        store = self._services.store
        if self._noted and not due:
            with store.read() as tx:
                self._heed(tx)
            return
        news = None if self._noted else dict(self._progress)
        with store.write() as tx:
            self._lost = not leases.renew(
                tx, self._held, machine=self._services.clock(), lease=lease, progress=news
            )
            self._heed(tx)
        self._noted, self._renewed_at = True, at

    def _heed(self, tx: Tx) -> None:
        job = jobs.get(tx, self._held.job_id)
        self.cancelled = job is not None and job.cancel_asked
        self._dropped = job is not None and job.cancel_asked and not job.keep_best
