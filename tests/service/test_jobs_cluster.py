"""Jobs run on a Dask cluster give the same bytes as here, whatever happens to its workers."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from distributed import LocalCluster
from fastapi.testclient import TestClient

from app.service.context import Services
from app.service.jobs.cluster import NO_SCHEDULER, NO_WORKER, DaskExecutor
from app.service.jobs.executor import Asked, CrashedError, FailedError, StoppedError, UnservedError
from app.service.jobs.work import Watch, attempt
from tests.service.campaigns import plan_task
from tests.service.running import ask, ended, running, until
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
    assert executor.waits_for() == ""
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
    assert executor.waits_for() == NO_SCHEDULER
    executor.close()


def test_a_task_that_is_stopped_leaves_its_worker_to_others() -> None:
    with LocalCluster(
        n_workers=1,
        threads_per_worker=1,
        processes=True,
        host="127.0.0.1",
        dashboard_address=":0",
        silence_logs=50,
    ) as single:
        executor = DaskExecutor(single.scheduler_address)
        (worker,) = single.workers.values()
        held: list[int] = []

        def hold(_step: Any) -> None:
            held.append(worker.pid)
            os.kill(worker.pid, signal.SIGSTOP)  # as in a computation that looks at nothing

        with pytest.raises(StoppedError):
            executor.run(
                plan_task(tiny_files()),
                report=hold,
                asked=lambda: Asked.STOP if held else None,
            )
        assert executor.run(plan_task(tiny_files()), report=nothing, asked=lambda: None)
        assert worker.pid not in held
        executor.close()


def test_a_job_waits_for_a_cluster_without_workers_says_so_and_is_run_when_one_comes(
    service: Services, client: TestClient, tiny: str
) -> None:
    with LocalCluster(
        n_workers=0,
        threads_per_worker=1,
        processes=True,
        host="127.0.0.1",
        dashboard_address=":0",
        silence_logs=50,
    ) as empty:
        executor = DaskExecutor(empty.scheduler_address, unserved_s=0.5)
        place = ask(client, tiny)
        with running(service, executor):
            waiting = until(client, place, lambda job: job["message"] != "")
            assert (waiting["status"], waiting["message"]) == ("accepted", NO_WORKER)
            assert waiting["attempt"] == 0
            with pytest.raises(UnservedError):  # a job that was claimed just before goes back
                executor.run(plan_task(tiny_files()), report=nothing, asked=lambda: None)
            empty.scale(1)
            done = ended(client, place)
        assert (done["status"], done["message"], done["attempt"]) == ("successful", "", 1)
    told = client.get(f"{place}/events").text
    assert told.count(NO_WORKER) == 1
