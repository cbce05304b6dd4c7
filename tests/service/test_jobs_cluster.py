"""Jobs run on a Dask cluster give the same bytes as here, whatever happens to its workers."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from distributed import LocalCluster

from app.service.jobs.cluster import DaskExecutor
from app.service.jobs.executor import Asked, CrashedError, FailedError
from app.service.jobs.work import Watch, attempt
from tests.service.campaigns import plan_task
from tests.service.tiny import tiny_files

pytestmark = pytest.mark.slow


@pytest.fixture
def cluster() -> Iterator[LocalCluster]:
    with LocalCluster(
        n_workers=2,
        threads_per_worker=1,
        processes=True,
        host="127.0.0.1",
        dashboard_address=":0",
        silence_logs=50,
    ) as made:
        yield made


def nothing(_step: Any) -> None:
    """Take no notice."""


def test_a_cluster_gives_the_same_bytes_though_a_worker_is_killed(cluster: LocalCluster) -> None:
    task = plan_task(tiny_files())
    here = attempt(task, Watch(nothing, lambda: False))[1]
    steps: list[dict[str, Any]] = []

    def kill_the_first(step: Any) -> None:
        steps.append(dict(step))
        if len(steps) == 1:
            scheduler: Any = cluster.scheduler
            (busy,) = [each.address for each in scheduler.workers.values() if each.processing]
            (pid,) = [each.pid for each in cluster.workers.values() if each.worker_address == busy]
            os.kill(pid, signal.SIGKILL)

    executor = DaskExecutor(cluster.scheduler_address)
    assert executor.ready()
    there = executor.run(task, report=kill_the_first, asked=lambda: None)
    assert there == here
    assert [step["stage"] for step in steps].count("reading") == 2, "it was begun twice"
    assert {key for step in steps for key in step} <= {"stage", "incumbent", "bound", "gap"}

    with pytest.raises(FailedError) as failed:
        executor.run(plan_task({}), report=nothing, asked=lambda: None)
    assert failed.value.problems

    gone = threading.Event()

    def leave() -> Asked | None:
        if not gone.is_set():
            gone.set()
            cluster.close()
        return None

    with pytest.raises(CrashedError, match="Dask"):
        executor.run(task, report=nothing, asked=leave)
    assert not executor.ready()
    executor.close()
