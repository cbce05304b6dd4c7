"""A job outlives the process that runs it, and is done once."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import select

from data.store import Store, jobs, plans
from data.store.tables import AuditRecord
from tests.service.conftest import ROLES_HEADER, SUBJECT_HEADER

pytestmark = pytest.mark.slow

PATIENCE_S = 300.0
HEADERS = {SUBJECT_HEADER: "planificatrice", ROLES_HEADER: "planner@*"}


class Served:
    """A service in a process of its own."""

    def __init__(self, store: Store, *options: str) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self._port = free.getsockname()[1]
        url = store.engine.url.render_as_string(hide_password=False)
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.service.serving", url, str(self._port), *options]
        )

    def call(self, method: str, path: str) -> dict[str, Any]:
        """Return what the service answers, as soon as it is there."""
        with self.open(method, path) as answer:
            found: dict[str, Any] = json.load(answer)
            return found

    def open(self, method: str, path: str) -> Any:
        """Return the answer of the service, as soon as it is there, to be read."""
        request = urllib.request.Request(
            f"http://127.0.0.1:{self._port}{path}", method=method, headers=HEADERS
        )
        last = time.monotonic() + PATIENCE_S
        while True:
            try:
                return urllib.request.urlopen(request)  # noqa: S310 -- this machine
            except urllib.error.URLError as error:
                if isinstance(error, urllib.error.HTTPError) or time.monotonic() > last:
                    raise
                time.sleep(0.1)

    def until(self, job_id: str, met: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """Return a job as soon as it is as it is waited for."""
        last = time.monotonic() + PATIENCE_S
        while not met(job := self.call("GET", f"/jobs/{job_id}")):
            assert time.monotonic() < last, job
            time.sleep(0.02)
        return job

    def end(self, how: signal.Signals) -> None:
        """End the process, and wait until it has."""
        self._process.send_signal(how)
        self._process.wait()


@contextmanager
def served(store: Store, *options: str) -> Iterator[Served]:
    service = Served(store, *options)
    try:
        yield service
    finally:
        service.end(signal.SIGKILL)


def test_a_job_survives_a_service_that_stops_and_one_that_is_killed(
    store: Store, tiny: str
) -> None:
    with served(store, "held") as first:
        job_id = first.call("POST", f"/campaigns/{tiny}/plans")["jobID"]
        with first.open("GET", f"/jobs/{job_id}/events") as stream:
            first.until(job_id, lambda job: job["stage"] is not None)
            first.end(signal.SIGTERM)
            assert b"event: running" in stream.read(), "a stream holds nobody back"
    with store.read() as tx:
        job = jobs.get(tx, job_id)
    assert job is not None
    assert (job.status, job.attempt) == ("accepted", 0), "it was handed back"

    with served(store, "held") as second:
        second.until(job_id, lambda job: job["stage"] is not None)
        second.end(signal.SIGKILL)
    with store.read() as tx:
        job = jobs.get(tx, job_id)
    assert job is not None
    assert (job.status, job.attempt) == ("running", 1), "nobody could hand it back"

    with served(store) as third:
        ended = third.until(job_id, lambda job: job["finished"] is not None)
    assert (ended["status"], ended["attempt"]) == ("successful", 2)
    with store.read() as tx:
        (plan,) = plans.page(tx, tiny, after=None, limit=10)
        assert plan.plan_id == ended["plan_id"]
        assert plans.file(tx, plan.plan_id, "plan.json") is not None
        made = select(AuditRecord).where(AuditRecord.action == "plan.make")
        assert len(tx.scalars(made).all()) == 1
        kinds = [event.kind for event in jobs.events(tx, job_id, after=0)]
    assert [kind for kind in kinds if kind != "progress"] == [
        "accepted",
        "running",
        "accepted",
        "running",
        "running",
        "successful",
    ]
