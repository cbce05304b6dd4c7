"""Several services share a store, lose their leases and die: each job is still done once."""

from __future__ import annotations

import random
import time
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from app.service.context import Services
from app.service.jobs.accepting import accept_plan
from app.service.jobs.executor import Ask, CrashedError, Files, Report, Task
from app.service.settings import ServiceSettings
from data.store import Store, jobs, open_store, plans
from data.store.tables import JobRecord
from tests.service.conftest import SECRET
from tests.service.running import PATIENCE_S, ScriptedExecutor, made_files, running
from tests.store.campaigns import ACT, put_tiny
from tests.stores import store, store_url

__all__ = ["store", "store_url"]

N_JOBS = 12
LEASE = timedelta(seconds=0.4)
NO_PLAN = {"seed": None, "gap": None, "seconds": None, "change_penalty": 0.0}


@pytest.fixture
def campaign_id(store: Store) -> str:
    return put_tiny(store)


def unreliable(seed: int) -> ScriptedExecutor:
    """Return what crashes now and then, or is silent for longer than its lease."""
    luck = random.Random(seed)  # noqa: S311 -- a test that goes alike each time

    def script(_task: Task, report: Report, asked: Ask) -> Files:
        report({"stage": "matching"})
        asked()
        chance = luck.random()
        if chance < 0.2:
            raise CrashedError("its process ended with status -9")
        time.sleep(1.0 if chance < 0.4 else 0.05)
        return made_files()

    return ScriptedExecutor(script)


def test_services_that_share_a_store_do_each_job_once(
    store: Store,
    store_url: str,
    campaign_id: str,
    tmp_path: Path,
) -> None:
    settings = ServiceSettings(
        database_url=store_url,
        folder=tmp_path,
        secret=SECRET,
        job_slots=2,
        job_attempts=50,
        lease=LEASE,
    )
    for _ in range(N_JOBS):
        with store.write() as tx:
            accept_plan(tx, campaign_id, previous=None, parameters=NO_PLAN, act=ACT)
    with ExitStack() as stack:
        for seed in range(3):
            own = open_store(store_url)
            stack.callback(own.close)
            stack.enter_context(running(Services(own, settings), unreliable(seed)))
        last = time.monotonic() + PATIENCE_S
        while _left(store):
            assert time.monotonic() < last, _left(store)
            time.sleep(0.1)
    with store.read() as tx:
        made = plans.page(tx, campaign_id, after=None, limit=1000)
        done = jobs.page(tx, campaign_id, after=None, limit=1000)
    assert {job.status for job in done} == {"successful"}
    assert sorted(plan.number for plan in made) == list(range(1, N_JOBS + 1))
    assert {plan.job_id: plan.plan_id for plan in made} == {j.job_id: j.plan_id for j in done}
    assert sum(job.attempt for job in done) > N_JOBS, "nothing was lost: nothing was tested"


def _left(store: Store) -> list[str]:
    with store.read() as tx:
        ended = [status.value for status in jobs.FINAL]
        return list(tx.scalars(select(JobRecord.status).where(JobRecord.status.not_in(ended))))
