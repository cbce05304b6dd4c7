"""The service killed at any moment, during uploads, edits and jobs: what was acknowledged is there.

``FAULT_KILLS`` says how often (`make faults`: 200 times on each store).
"""

from __future__ import annotations

import http.client
import json
import os
import random
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from sqlalchemy import select, text

from data.plan_json import plan_from_json
from data.store import Store, inputs, open_store, plans
from data.store.tables import JobRecord, JobStatus, PlanRecord
from data.write.campaign_copy import faces_csv
from tests.builders import faces_at
from tests.faults.lives import LEASE
from tests.faults.served import Nursery
from tests.service.conftest import import_campaign
from tests.service.tiny import tiny_files
from tests.stores import store_url  # noqa: F401 -- a fixture

pytestmark = pytest.mark.slow

KILLS = int(os.environ.get("FAULT_KILLS", "5"))
ACTS_BEFORE = 6
"""Fewer requests than this are answered in a life before its end is near."""
REAL_CHILDREN = 5
"""In one life of so many jobs run in processes of their own, as they do for real: these take longer
to begin than most lives last. In the others they run in a thread, and are killed at any stage."""
PATIENCE_S = 300.0
ENDED = {JobStatus.SUCCESSFUL, JobStatus.FAILED, JobStatus.DISMISSED}
BOUNDARY = "a-boundary-that-is-in-no-file"

INVENTORIES = tuple(
    faces_csv(faces_at([(1.0 + k, 1.0 + (7 * k) % 38) for k in range(count)])) for count in (30, 37)
)
"""Two inventories; a campaign holds one or the other, and never a part of one."""


@dataclass
class Acknowledged:
    """What the service has said to be done, and what it was asked last."""

    price: int = 0
    asked_price: int = 0
    inventories: set[int] = field(default_factory=lambda: {30, 37, 64})
    jobs: set[str] = field(default_factory=set)
    surprises: list[str] = field(default_factory=list)


@pytest.fixture
def store(store_url: str) -> Iterator[Store]:  # noqa: F811 -- the fixture imported above
    opened = open_store(store_url)
    yield opened
    opened.close()


def test_nothing_acknowledged_is_lost_and_nothing_is_half_done(store: Store) -> None:
    campaign_id = import_campaign(store, tiny_files())
    nursery = Nursery(store.engine.url.render_as_string(hide_password=False))
    known, chance = Acknowledged(), random.Random(20171017)  # noqa: S311 -- an order of events
    try:
        nursery.start(children=False)
        pace = _pace(nursery, campaign_id, known, chance)
        nursery.kill()
        for number in range(1, KILLS + 1):
            nursery.start(children=number % REAL_CHILDREN == 0)
            _live(nursery, campaign_id, known, chance, within_s=pace[number % len(pace)])
            _check(store, campaign_id, known)
        nursery.start()
        _wait_for_jobs(store)
        _check(store, campaign_id, known)
        _check_jobs(store, known)
    finally:
        nursery.close()
    assert known.surprises == []
    assert known.price > 1


def _pace(
    nursery: Nursery, campaign_id: str, known: Acknowledged, chance: random.Random
) -> tuple[float, float]:
    """Return within how many seconds to kill: in the middle of a request, and of a plan."""
    acts = (_edit, _upload, _plan, _edit)
    for act in acts:  # once for all that only the first needs
        act(nursery, campaign_id, known, chance)
    started = time.monotonic()
    for act in acts:
        act(nursery, campaign_id, known, chance)
    asked = time.monotonic()
    job = nursery.call("POST", f"/campaigns/{campaign_id}/plans").body["jobID"]
    last = asked + PATIENCE_S
    while nursery.call("GET", f"/jobs/{job}").body["finished"] is None:
        assert time.monotonic() < last
        time.sleep(0.05)
    planned_s = time.monotonic() - asked
    return 2 * (asked - started) / len(acts), planned_s + LEASE.total_seconds()


def _live(
    nursery: Nursery,
    campaign_id: str,
    known: Acknowledged,
    chance: random.Random,
    *,
    within_s: float,
) -> None:
    """Ask for some things, then go on until the service is killed, within so many seconds."""
    acts = (_edit, _edit, _edit, _upload, _plan)
    for _ in range(chance.randrange(ACTS_BEFORE)):
        chance.choice(acts)(nursery, campaign_id, known, chance)
    death = threading.Timer(chance.uniform(0, within_s), nursery.kill)
    death.start()
    try:
        while True:
            chance.choice(acts)(nursery, campaign_id, known, chance)
    except (OSError, http.client.HTTPException):
        pass  # killed, before, during or after the work
    except json.JSONDecodeError:
        pass  # killed while it answered
    finally:
        death.join()


def _edit(nursery: Nursery, campaign_id: str, known: Acknowledged, _: random.Random) -> None:
    path = f"/campaigns/{campaign_id}/agents/rows/A1"
    seen = nursery.call("GET", path)
    known.asked_price += 1
    answer = nursery.call(
        "PATCH",
        path,
        json.dumps({"cells": {"job": f"agent n° {known.asked_price}"}}).encode(),
        Content_Type="application/merge-patch+json",
        If_Match=seen.headers["etag"],
    )
    if answer.status == 200:
        known.price = known.asked_price
    else:
        known.surprises.append(f"edit: {answer.status} {answer.body}")


def _upload(nursery: Nursery, campaign_id: str, known: Acknowledged, chance: random.Random) -> None:
    path = f"/campaigns/{campaign_id}/faces"
    seen = nursery.call("GET", path)
    content = chance.choice(INVENTORIES)
    answer = nursery.call(
        "PUT",
        path,
        form(content),
        Content_Type=f"multipart/form-data; boundary={BOUNDARY}",
        If_Match=seen.headers["etag"],
    )
    if answer.status != 200:
        known.surprises.append(f"upload: {answer.status} {answer.body}")


def _plan(nursery: Nursery, campaign_id: str, known: Acknowledged, chance: random.Random) -> None:
    if len(known.jobs) > KILLS // 4:
        return
    answer = nursery.call("POST", f"/campaigns/{campaign_id}/plans")
    if answer.status == 201:
        known.jobs.add(answer.body["jobID"])
    else:
        known.surprises.append(f"plan: {answer.status} {answer.body}")
    del chance


def form(content: bytes) -> bytes:
    """Return a form with one file."""
    head = (
        f"--{BOUNDARY}\r\nContent-Disposition: form-data; name=file; filename=inventaire.csv\r\n"
        "Content-Type: text/csv\r\n\r\n"
    )
    return head.encode() + content + f"\r\n--{BOUNDARY}--\r\n".encode()


def _check(store: Store, campaign_id: str, known: Acknowledged) -> None:
    with store.read() as tx:
        row = inputs.row(tx, campaign_id, "agents", "A1")
        assert row is not None
        if known.asked_price and row.cells["job"].startswith("agent n° "):
            found = int(row.cells["job"].rpartition(" ")[2])
            assert known.price <= found <= known.asked_price
        else:
            assert known.price == 0
        assert inputs.count(tx, campaign_id, "faces") in known.inventories
        for plan in tx.scalars(select(PlanRecord)):
            content = plans.file(tx, plan.plan_id, "plan.json")
            assert content is not None
            assert plan_from_json(content).plan.allocation.bound > 0
            job = tx.get(JobRecord, plan.job_id)
            assert job is not None
            assert (job.status, job.plan_id) == (JobStatus.SUCCESSFUL, plan.plan_id)
        if not store.is_postgresql:
            assert tx.scalar(text("PRAGMA integrity_check")) == "ok"


def _wait_for_jobs(store: Store) -> None:
    last = time.monotonic() + PATIENCE_S
    while True:
        with store.read() as tx:
            left = [job.job_id for job in tx.scalars(select(JobRecord)) if job.status not in ENDED]
        if not left:
            return
        assert time.monotonic() < last, f"stuck: {left}"
        time.sleep(0.2)


def _check_jobs(store: Store, known: Acknowledged) -> None:
    """Every job that was acknowledged is there and has ended: with one plan, or with a reason."""
    with store.read() as tx:
        found: dict[str, Any] = {job.job_id: job for job in tx.scalars(select(JobRecord))}
        made = [plan.job_id for plan in tx.scalars(select(PlanRecord))]
    assert known.jobs <= found.keys()
    assert len(made) == len(set(made))
    for job in found.values():
        if job.status == JobStatus.SUCCESSFUL:
            assert job.job_id in made
        else:
            assert job.reason
            assert job.job_id not in made
