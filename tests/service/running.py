"""Jobs in tests: an executor that does what it is told, and how to wait for a job."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from fastapi.testclient import TestClient

from app.service.context import Services
from app.service.jobs import JobRunner
from app.service.jobs.executor import Ask, Executor, Files, Report, Task
from app.service.jobs.layout import OUTCOME, PLAN

PATIENCE_S = 300.0
"""What a job is given before a test gives up; nothing depends on how long it takes."""

SUMMARY: dict[str, Any] = {
    "seed": 5,
    "allocation": {"objective": 1.5, "bound": 2.0, "gap": 0.25},
    "tour": {},
    "shortfalls": [],
}
WARNING = {"code": "duplicate-face", "severity": "warning", "file": "faces.csv", "message": "…"}

Script = Callable[[Task, Report, Ask], Files]


def made_files(**files: bytes) -> Files:
    """Return what a task that makes a plan gives back."""
    outcome = json.dumps({"summary": SUMMARY, "problems": [WARNING]}).encode()
    return {f"{PLAN}plan.json": b"{}", f"{PLAN}affichage.csv": b"lines", OUTCOME: outcome, **files}


class ScriptedExecutor:
    """Does what a script says, and remembers the tasks."""

    def __init__(self, script: Script) -> None:
        self._script = script
        self.tasks: list[Task] = []
        self.begun = threading.Event()

    def waits_for(self) -> str:
        return ""

    def run(self, task: Task, *, report: Report, asked: Ask) -> Files:
        self.tasks.append(task)
        self.begun.set()
        return self._script(task, report, asked)

    def close(self) -> None:
        pass


@contextmanager
def running(service: Services, executor: Executor | None = None) -> Iterator[JobRunner]:
    """Run the jobs of a service meanwhile."""
    runner = JobRunner(service, executor)
    runner.start()
    try:
        yield runner
    finally:
        runner.stop()


def ask(client: TestClient, campaign_id: str, body: Mapping[str, Any] | None = None) -> str:
    """Ask for a plan and return the place of its job."""
    answer = client.post(f"/campaigns/{campaign_id}/plans", json=dict(body or {}))
    assert answer.status_code == 201, answer.text
    return str(answer.headers["Location"])


def until(client: TestClient, place: str, met: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    """Return a job as soon as it is as it is waited for."""
    last = time.monotonic() + PATIENCE_S
    while True:
        job: dict[str, Any] = client.get(place).json()
        if met(job):
            return job
        assert time.monotonic() < last, job
        time.sleep(0.05)


def ended(client: TestClient, place: str) -> dict[str, Any]:
    """Return a job that has ended."""
    return until(client, place, lambda job: job["finished"] is not None)
