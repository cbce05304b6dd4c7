"""Tasks on a Dask cluster: a worker that dies takes nothing along, its task runs on another.

Workers need this same program installed, and one thread each (``dask worker --nthreads 1``).
"""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections.abc import Mapping
from concurrent.futures import CancelledError
from contextlib import suppress
from typing import Any

from distributed import Client, Event, Future, get_worker
from distributed.scheduler import KilledWorker

from app.service.jobs.executor import (
    Ask,
    Asked,
    CrashedError,
    Files,
    Report,
    Step,
    StoppedError,
    Task,
    UnservedError,
)
from app.service.jobs.patience import Patience
from app.service.jobs.work import Head, Watch, answer_of, attempt
from data.store.ids import new_id

logger = logging.getLogger("placarde.jobs")

TICK_S = 0.2
"""How often whoever waits is asked what they want."""
CONNECT_WITHIN_S = 5.0
"""What a scheduler is given to answer before a job is claimed for it."""
ASK_EVERY_S = 0.5
"""How often a worker asks the scheduler whether its task was cancelled."""
COUNT_EVERY_S = 2.0
"""How often the workers are counted while a task runs."""
UNSERVED_S = 20.0
"""A task goes back where the cluster has had no worker for so long; one may be starting again."""

NO_SCHEDULER = "It waits for the Dask scheduler, which does not answer."
NO_WORKER = "It waits for a worker of the Dask cluster: there is none."


class DaskExecutor:
    """Tasks on the workers of a Dask scheduler.

    Parameters
    ----------
    address
        Of the scheduler (``tcp://scheduler:8786``).
    unserved_s
        For how long a cluster may be without any worker while a task is there.
    """

    def __init__(self, address: str, *, unserved_s: float = UNSERVED_S) -> None:
        self._address, self._unserved_s = address, unserved_s
        self._lock = threading.Lock()
        self._client: Client | None = None
        self._gone = False

    def waits_for(self) -> str:
        """Return what is missing: jobs wait for a scheduler that answers and has a worker."""
        client = self._connected()
        if client is None:
            return NO_SCHEDULER
        try:
            return "" if _workers(client) else NO_WORKER
        except OSError:
            return NO_SCHEDULER

    def run(self, task: Task, *, report: Report, asked: Ask) -> Files:
        """Run a task on a worker; see `Executor.run`."""
        client = self._connected()
        if client is None:
            raise CrashedError("the Dask scheduler does not answer")
        name = new_id("t")
        told: queue.SimpleQueue[Step] = queue.SimpleQueue()
        future: Future[Any] | None = None
        try:
            client.subscribe_topic(name, lambda event: told.put(event[1]["step"]))
            future = client.submit(
                perform, name, task.name, dict(task.files), dict(task.parameters), key=name
            )
            served = _Served(client, self._unserved_s)
            return _watched(client, future, name, told, report=report, asked=asked, served=served)
        except (OSError, CancelledError, KilledWorker) as error:  # TimeoutError is an OSError
            raise CrashedError(f"the Dask cluster lost it ({type(error).__name__})") from error
        finally:
            ended = future is not None and future.status in {"finished", "error"}
            _quietly(client, name, ended=ended)

    def close(self) -> None:
        """Leave the cluster."""
        with self._lock:
            client, self._client = self._client, None
        if client is not None:
            client.close(timeout=CONNECT_WITHIN_S)

    def _connected(self) -> Client | None:
        with self._lock:
            if self._client is not None and self._client.status == "running":
                return self._client
            old, self._client = self._client, None
            if old is not None:
                old.close(timeout=CONNECT_WITHIN_S)
            try:
                self._client = Client(self._address, timeout=CONNECT_WITHIN_S, set_as_default=False)
                self._gone = False
            except OSError as error:
                if not self._gone:  # said once, however often it is asked
                    logger.warning("the Dask scheduler does not answer (%s)", type(error).__name__)
                self._gone = True
            return self._client


def perform(
    name: str, function: str, files: Mapping[str, bytes], parameters: Mapping[str, Any]
) -> tuple[Head, Files]:
    """Run a task on the worker that this is called on; tells its steps under `name`."""
    worker = get_worker()
    cancelled = _Cancelled(name)

    def report(step: Step) -> None:
        with suppress(Exception):  # the same
            worker.log_event(name, {"step": dict(step)})

    return attempt(Task(function, files, parameters), Watch(report, cancelled))


class _Cancelled:
    """Whether a task was cancelled; asks the scheduler now and then."""

    def __init__(self, name: str) -> None:
        self._event = Event(name)
        self._ask_at = 0.0
        self._known = False

    def __call__(self) -> bool:
        now = time.monotonic()
        if not self._known and now >= self._ask_at:
            self._ask_at = now + ASK_EVERY_S
            # A worker that is leaving, or whose scheduler is gone, fails here in many ways: it is
            # not told, and goes on. Its task must not be said to have failed.
            with suppress(Exception):
                self._known = bool(self._event.is_set())
        return self._known


def _workers(client: Client) -> int:
    """Return how many workers the cluster has.

    Raises
    ------
    OSError
        If the scheduler does not answer in time.
    """
    scheduler = client.scheduler
    if scheduler is None:
        raise OSError("the client is not connected")
    return len(client.sync(scheduler.ncores, callback_timeout=CONNECT_WITHIN_S))


class _Served:
    """Whether anybody is there to run a task; a cluster may be without workers for a while."""

    def __init__(self, client: Client, patience_s: float) -> None:
        self._client, self._patience_s = client, patience_s
        self._seen_at = self._counted_at = time.monotonic()

    def __call__(self) -> bool:
        now = time.monotonic()
        if now - self._counted_at < COUNT_EVERY_S:
            return True
        self._counted_at = now
        try:
            known = _workers(self._client)
        except OSError:
            return True  # the scheduler may be gone: that is seen elsewhere
        if known:
            self._seen_at = now
        return now - self._seen_at <= self._patience_s


def _watched(
    client: Client,
    future: Future[Any],
    name: str,
    told: queue.SimpleQueue[Step],
    *,
    report: Report,
    asked: Ask,
    served: _Served,
) -> Files:
    patience = Patience()
    while not future.done():
        wish, at = asked(), time.monotonic()
        if wish is not None and patience.cancelled(at=at):
            Event(name, client=client).set()  # a thread of a worker ends when it sees this
        if wish is Asked.STOP or patience.is_over(at=at):
            _end(client, future, restart=patience.has_begun)
            raise StoppedError
        if client.status != "running":
            raise CrashedError("the Dask scheduler is gone")
        if not served():
            future.cancel()
            raise UnservedError(NO_WORKER)
        try:
            step = told.get(timeout=TICK_S)
        except queue.Empty:
            continue
        patience.told(step)
        report(step)
    while not told.empty():
        report(told.get())
    return answer_of(*future.result(timeout=CONNECT_WITHIN_S))


def _end(client: Client, future: Future[Any], *, restart: bool) -> None:
    """Take a task from its worker: a thread cannot be ended from outside, so its process is.

    Without `restart`, for a task that has told of nothing: it may only wait behind that of somebody
    else, and where it runs it sees at its first step that it was cancelled.
    """
    key = future.key
    workers = [at for at, keys in client.processing().items() if key in keys] if restart else []
    future.cancel()
    if workers:
        client.restart_workers(workers, timeout=CONNECT_WITHIN_S, raise_for_error=False)


def _quietly(client: Client, name: str, *, ended: bool) -> None:
    """Let the scheduler forget a task; a scheduler that is gone has.

    Of one that has not `ended` it keeps that it was cancelled: its thread may look only later.
    """
    if client.status == "running":
        try:
            client.unsubscribe_topic(name)
            if ended:
                Event(name, client=client).clear()
        except (OSError, ValueError):
            logger.warning("the Dask scheduler could not be told to forget a task")
