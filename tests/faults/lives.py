"""The services that a nursery forks: everything warm, so that a short life is full of work."""

from __future__ import annotations

import json
import tempfile
import threading
from datetime import timedelta
from pathlib import Path

from fastapi.testclient import TestClient

from app.searching import Stage
from app.service.access import authenticate
from app.service.app import create_service
from app.service.context import Services
from app.service.jobs.executor import Ask, Files, Report, Step, StoppedError, Task
from app.service.jobs.work import EndedError, Watch, answer_of, attempt, function_of
from app.service.settings import ServiceSettings
from data.store import open_store, schema
from tests.service import serving
from tests.service.campaigns import plan_task
from tests.service.conftest import (
    ROLES_HEADER,
    SECRET,
    SUBJECT_HEADER,
    import_campaign,
    told_by_headers,
)
from tests.service.tiny import tiny_files

HEADERS = {SUBJECT_HEADER: "planificatrice", ROLES_HEADER: "planner@*"}
LEASE = timedelta(seconds=1.2)
"""Short, as lives are: a job is taken up again while there is life left to work on it."""
ATTEMPTS = 8
"""Many, so that most jobs come to an end of their own after all."""


class HereExecutor:
    """Runs tasks in the thread that asks: a service that is killed dies in the middle of them."""

    def waits_for(self) -> str:
        """Return nothing: this process is there."""
        return ""

    def run(self, task: Task, *, report: Report, asked: Ask) -> Files:
        """Run a task; see `Executor.run`."""

        def told(step: object) -> None:
            assert isinstance(step, dict)
            report(step)
            if asked() is not None:  # keeps the lease too
                raise StoppedError

        function_of(task.name)
        return answer_of(*attempt(task, Watch(told, lambda: asked() is not None)))

    def close(self) -> None:
        """Do nothing."""


def live(url: str, port: int, *, children: bool) -> None:
    """Serve until killed."""
    executor = None if children else HereExecutor()
    serving.main(url, port, executor=executor, lease=LEASE, attempts=ATTEMPTS)


def _until_drawing(step: Step) -> None:
    """End there: the threads of the typesetter, which no fork takes along, begin after it."""
    if step["stage"] == Stage.DRAWING.value:
        raise EndedError


def warm_up() -> None:
    """Do once what each life does, so that none begins with what only the first time needs."""
    with tempfile.TemporaryDirectory() as folder:
        store = open_store(f"sqlite:///{folder}/warm.sqlite")
        schema.upgrade(store)
        campaign_id = import_campaign(store, tiny_files())
        told = ServiceSettings("sqlite://", Path(folder), SECRET)
        app = create_service(Services(store, told))
        app.dependency_overrides[authenticate] = told_by_headers
        client = TestClient(app, headers=HEADERS)
        row = f"/campaigns/{campaign_id}/agents/rows/A1"
        seen = client.get(row)
        client.patch(
            row,
            content=json.dumps({"cells": {"job": "agent"}}),
            headers={
                "Content-Type": "application/merge-patch+json",
                "If-Match": seen.headers["ETag"],
            },
        ).raise_for_status()
        client.post(f"/campaigns/{campaign_id}/plans").raise_for_status()
        store.close()
    ended, _ = attempt(plan_task(tiny_files()), Watch(_until_drawing, lambda: False))
    if ended["kind"] != "ended":
        raise RuntimeError(str(ended))
    if threading.active_count() > 1:  # a fork would take none of them along
        raise RuntimeError(f"threads before a fork: {threading.enumerate()}")
