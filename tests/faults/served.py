"""A service that is killed and comes back at once: forked from a process that has all imported."""

from __future__ import annotations

import json
import multiprocessing
import os
import signal
import socket
import tempfile
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any

from tests.service.conftest import ROLES_HEADER, SUBJECT_HEADER

HEADERS = {SUBJECT_HEADER: "planificatrice", ROLES_HEADER: "planner@*"}
PATIENCE_S = 120.0


@dataclass(frozen=True)
class Answer:
    """What the service answered."""

    status: int
    headers: dict[str, str]
    body: Any


class Nursery:
    """Forks services on one store and one port; each may be killed at any moment."""

    def __init__(self, url: str) -> None:
        self.port = _free_port()
        context = multiprocessing.get_context("spawn")
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(target=_fork_when_told, args=(theirs, url, self.port))
        self._process.start()
        self._pid = 0

    def start(self, *, children: bool = True) -> None:
        """Start a service, and wait until it answers.

        Parameters
        ----------
        children
            Whether its jobs run in processes of their own, which take seconds to begin; else in
            its own threads, where a life is long enough for several of them.
        """
        self._pipe.send("children" if children else "threads")
        self._pid = self._pipe.recv()
        last = time.monotonic() + PATIENCE_S
        while time.monotonic() < last:
            try:
                if self.call("GET", "/health").status == 200:
                    return
            except OSError:
                time.sleep(0.01)
        raise TimeoutError("the service never answered")

    def kill(self) -> None:
        """Kill the service as the system does when memory is short: it does nothing more."""
        os.kill(self._pid, signal.SIGKILL)
        self._pipe.send("bury")
        self._pipe.recv()

    def close(self) -> None:
        """End it all."""
        self._pipe.send("end")
        self._process.join()

    def call(self, method: str, path: str, body: bytes | None = None, **headers: str) -> Answer:
        """Return an answer, of whatever status; `OSError` where the service was gone before it."""
        told = {name.replace("_", "-"): value for name, value in headers.items()}
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}{path}", body, {**HEADERS, **told}, method=method
        )
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE_S) as answer:  # noqa: S310
                return _read(answer.status, answer)
        except urllib.error.HTTPError as error:
            with error:
                return _read(error.code, error)


def _read(status: int, answer: Any) -> Answer:
    content = answer.read()
    kind = answer.headers.get_content_type()
    body = json.loads(content) if kind.endswith("json") else content
    return Answer(status, dict(answer.headers.items()), body)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _fork_when_told(pipe: Connection, url: str, port: int) -> None:
    """Import everything once, then fork a service each time that it is asked for."""
    from tests.faults import lives  # noqa: PLC0415 -- in this process alone

    child = 0
    with tempfile.TemporaryDirectory(prefix="lives-") as home:
        tempfile.tempdir = home  # what those who are killed leave there goes with it
        lives.warm_up()
        while (told := pipe.recv()) != "end":
            if told != "bury":
                child = os.fork()
                if child == 0:
                    pipe.close()
                    lives.live(url, port, children=told == "children")
                    os._exit(0)
                pipe.send(child)
            else:
                os.waitpid(child, 0)
                pipe.send("buried")
        _end(child)


def _end(child: int) -> None:
    if child:
        try:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
        except (ProcessLookupError, ChildProcessError):
            pass
