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
from app.service.jobs.executor import Ask, Files, Report, Step, Task
from app.service.jobs.following import streams_end_with_signals
from app.service.jobs.local import LocalExecutor
from app.service.settings import ServiceSettings
from data.store import open_store
from tests.service.conftest import SECRET, told_by_headers

LEASE = timedelta(seconds=2)
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


def main(url: str, port: int, *, held: bool = False) -> None:
    """Serve until told to stop."""
    settings = ServiceSettings(database_url=url, folder=Path(), secret=SECRET, lease=LEASE)
    services = Services(open_store(url), settings)

    @asynccontextmanager
    async def alive(_: FastAPI) -> AsyncIterator[None]:
        runner = JobRunner(services, HoldingExecutor() if held else None)
        with streams_end_with_signals():
            runner.start()
            yield
            await run_sync(runner.stop)

    app = create_service(services, lifespan=alive)
    app.dependency_overrides[authenticate] = told_by_headers
    uvicorn.run(app, host="127.0.0.1", port=port, log_level="warning")


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), held="held" in sys.argv[3:])
