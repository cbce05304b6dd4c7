"""Tasks in processes of this machine: one process a task, started before it is needed."""

from __future__ import annotations

import atexit
import os
import queue
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from app.service.errors import ApiError
from app.service.jobs.executor import (
    Ask,
    Asked,
    CrashedError,
    FailedError,
    Files,
    Report,
    StoppedError,
    Task,
)
from app.service.jobs.frames import receive, send
from app.service.jobs.patience import Patience
from app.service.jobs.work import answer_of

TICK_S = 0.2
"""How often whoever waits is asked what they want."""
REQUEST_CHILDREN = 2
"""Most processes that work for requests at a time."""
RETRY_AFTER_S = 5

_Message = tuple[dict[str, Any], Files]


class Child:
    """A process that waits for one task."""

    def __init__(self) -> None:
        self._home = tempfile.mkdtemp(prefix="placarde-job-")  # it goes with the process
        self._process = subprocess.Popen(  # noqa: S603 -- this interpreter, a module of ours
            [sys.executable, "-P", "-m", "app.service.jobs.child", self._home],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=_environment(),
            start_new_session=True,  # an interrupt at the terminal is for the parent to pass on
        )
        if self._process.stdin is None or self._process.stdout is None:  # never, with pipes
            raise CrashedError("a process without pipes")
        self._orders, self._answers = self._process.stdin, self._process.stdout
        self._told: queue.SimpleQueue[_Message | None] = queue.SimpleQueue()

    @property
    def alive(self) -> bool:
        """Return whether the process is there."""
        return self._process.poll() is None

    def run(self, task: Task, *, report: Report, asked: Ask) -> Files:
        """Run a task, see `Executor.run`; the process is gone afterwards."""
        listening = threading.Thread(target=self._listen, daemon=True)
        listening.start()
        try:
            return self._watched(task, report, asked)
        finally:
            self.kill()
            listening.join()
            self._answers.close()

    def kill(self) -> None:
        """End the process at once."""
        self._process.kill()
        self._process.wait()
        shutil.rmtree(self._home, ignore_errors=True)
        with suppress(BrokenPipeError):  # what was still to be said is said to nobody
            self._orders.close()

    def discard(self) -> None:
        """End a process that was given nothing to do."""
        self.kill()
        self._answers.close()

    def _watched(self, task: Task, report: Report, asked: Ask) -> Files:
        self._order({"name": task.name, "parameters": dict(task.parameters)}, task.files)
        patience = Patience()
        while True:
            wish, at = asked(), time.monotonic()
            if wish is Asked.STOP or patience.is_over(at=at):
                raise StoppedError
            if wish is Asked.CANCEL and patience.cancelled(at=at):
                self._order({"kind": "cancel"}, {})
            try:
                message = self._told.get(timeout=TICK_S)
            except queue.Empty:
                continue
            if message is None:
                raise CrashedError(f"its process ended with status {self._process.wait()}")
            head, files = message
            if head["kind"] != "step":
                return answer_of(head, files)
            patience.told(head["step"])
            report(head["step"])

    def _order(self, head: Mapping[str, Any], files: Mapping[str, bytes]) -> None:
        try:
            send(self._orders, head, files)
        except OSError:
            return  # the process is gone: its last words, or their end, are about to be read

    def _listen(self) -> None:
        while True:
            try:
                message = receive(self._answers)
            except ValueError:
                message = None  # not a message of ours: as if it were gone
            self._told.put(message)
            if message is None:
                return


class LocalExecutor:
    """Tasks in processes of this machine; as many as there are callers.

    A process is started ahead of the next task, since it takes seconds to import what it needs.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._spares: list[Child] = []
        self._closed = False

    def waits_for(self) -> str:
        """Return nothing: this machine is always there."""
        return ""

    def prepare(self) -> None:
        """Start a process ahead of the next task."""
        with self._lock:
            if not self._closed:
                self._spares.append(Child())

    def run(self, task: Task, *, report: Report, asked: Ask) -> Files:
        """Run a task in a process of its own; see `Executor.run`."""
        try:
            child = self._taken()
        except OSError as error:
            raise CrashedError(f"no process could be started ({type(error).__name__})") from error
        try:
            return child.run(task, report=report, asked=asked)
        finally:
            self.prepare()

    def close(self) -> None:
        """End the processes that wait."""
        with self._lock:
            self._closed = True
            spares, self._spares = self._spares, []
        for child in spares:
            child.discard()

    def _taken(self) -> Child:
        while True:
            with self._lock:
                child = self._spares.pop() if self._spares else None
            if child is None:
                return Child()
            if child.alive:
                return child
            child.discard()


class RequestChildren:
    """Processes for what a request asks for and the process that answers must not compute."""

    def __init__(self) -> None:
        self._executor = LocalExecutor()
        self._places = threading.BoundedSemaphore(REQUEST_CHILDREN)
        atexit.register(self._executor.close)

    def run(self, task: Task, *, seconds: float) -> Files:
        """Run a task within some seconds, waiting for a place included; see `run_child`."""
        until = time.monotonic() + seconds
        if not self._places.acquire(timeout=seconds):
            raise _busy()
        try:
            return self._executor.run(
                task,
                report=lambda _: None,
                asked=lambda: Asked.STOP if time.monotonic() > until else None,
            )
        except (StoppedError, CrashedError) as error:
            raise _busy() from error
        except FailedError as error:
            extra = {"problems": list(error.problems)} if error.problems else {}
            code = "input-problems" if error.problems else "cannot-be-made"
            raise ApiError(422, code, error.reason, extra=extra) from error
        finally:
            self._places.release()


_children: RequestChildren | None = None
_starting = threading.Lock()


def run_child(
    name: str,
    files: Mapping[str, bytes],
    parameters: Mapping[str, Any] | None = None,
    *,
    seconds: float = 60.0,
) -> Files:
    """Run a function of `app.service.jobs.work.WORK` in a process of its own, for a request.

    Raises
    ------
    KeyError
        If there is no such function.
    ApiError
        422 where it cannot be done, with the problems; 503 where there is no place for it, or it
        takes longer than `seconds`, or its process died.
    """
    from app.service.jobs.work import WORK  # noqa: PLC0415 -- tests add functions to it

    if name not in WORK:
        raise KeyError(name)
    global _children  # noqa: PLW0603 -- one for the process, made when first asked for
    with _starting:
        if _children is None:
            _children = RequestChildren()
    return _children.run(Task(name, files, parameters or {}), seconds=seconds)


def _busy() -> ApiError:
    return ApiError(
        503,
        "busy",
        "This could not be made in time. Try again.",
        headers={"Retry-After": str(RETRY_AFTER_S)},
    )


def _environment() -> dict[str, str]:
    """Return the environment of a child: no secret of the service, one thread a library."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith("PLACARDE_")}
    return {**kept, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "PYTHONUNBUFFERED": "1"}
