"""The service in a process of its own, on a lease of two seconds.

``python -m tests.service.serving URL PORT [held]``. Who calls is what the headers of
`tests.service.conftest` say. Where jobs are held, none ends by itself: each is kept at its first
step.
"""

from __future__ import annotations

import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import uvicorn
from anyio.to_thread import run_sync
from fastapi import FastAPI

from app.service.access import authenticate
from app.service.app import create_service
from app.service.context import Services
from app.service.jobs import JobRunner
from app.service.jobs.executor import Ask, Executor, Files, Report, Step, Task
from app.service.jobs.following import streams_end_with_signals
from app.service.jobs.local import LocalExecutor
from app.service.settings import ServiceSettings
from data.store import open_store
from tests.service.conftest import SECRET, told_by_headers

LEASE = timedelta(seconds=2)
ATTEMPTS = 3
HOLD_TICK_S = 0.05


class HoldingExecutor(LocalExecutor):
    """Keeps each task at its first step until something is asked of it."""

    def run(self, task: Task, *, report: Report, asked: Ask) -> Files:
        """Run a task in a process of its own; see `Executor.run`."""

        def report_and_hold(step: Step) -> None:
            report(step)
            while asked() is None:
                time.sleep(HOLD_TICK_S)

        return super().run(task, report=report_and_hold, asked=asked)


def main(
    url: str,
    port: int,
    *,
    executor: Executor | None = None,
    lease: timedelta = LEASE,
    attempts: int = ATTEMPTS,
) -> None:
    """Serve until told to stop; jobs run in processes of their own where nothing else is given."""
    settings = ServiceSettings(
        database_url=url, folder=Path(), secret=SECRET, lease=lease, job_attempts=attempts
    )
    services = Services(open_store(url), settings)

    @asynccontextmanager
    async def alive(_: FastAPI) -> AsyncIterator[None]:
        runner = JobRunner(services, executor)
        with streams_end_with_signals():
            runner.start()
            yield
            await run_sync(runner.stop)

    app = create_service(services, lifespan=alive)
    app.dependency_overrides[authenticate] = told_by_headers
    uvicorn.run(app, host="127.0.0.1", port=port, log_level="warning")


if __name__ == "__main__":
    holding = HoldingExecutor() if "held" in sys.argv[3:] else None
    main(sys.argv[1], int(sys.argv[2]), executor=holding)
