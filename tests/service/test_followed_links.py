"""Who is given a link may follow it; who may not read plans is told those that are decided."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from app.service.access import EVERYWHERE, GRANTS, Principal, Role, authenticate
from app.service.context import Services
from data.store import Store, consents, jobs, plans
from data.store.tables import JobStatus, PlanState
from tests.service.conftest import AsRole
from tests.service.planned import ACT, put_plan
from tests.service.test_workflow import put_into

START = ("/campaigns",)


def links_in(told: Any) -> set[str]:
    """Return the address of every link in an answer, however deep."""
    if isinstance(told, list):
        return set().union(*map(links_in, told))
    if not isinstance(told, dict):
        return set()
    own = {told["href"]} if {"href", "rel"} <= told.keys() else set()
    return own.union(*map(links_in, told.values()))


def followed(client: TestClient, start: Iterable[str] = START) -> dict[str, int]:
    """Return the status of everything that links lead to, from the list of campaigns at first."""
    found: dict[str, int] = {}
    waiting = list(start)
    while waiting:
        answer = client.get(waiting[0])
        found[waiting.pop(0)] = answer.status_code
        if answer.headers["Content-Type"].startswith("application/json"):
            waiting += sorted(links_in(answer.json()) - found.keys() - set(waiting))
    return found


@pytest.mark.slow
@pytest.mark.parametrize("role", Role)
def test_every_link_that_somebody_is_given_leads_somewhere(
    as_role: AsRole, store: Store, tiny: str, role: Role, plan_id: str
) -> None:
    put_into(store, plan_id, PlanState.APPROVED)
    found = followed(as_role(role, campaign_id=tiny))
    assert set(found.values()) == {200}, found
    assert f"/campaigns/{tiny}" in found
    lists = f"/campaigns/{tiny}/plans" in found
    assert lists == (role is not Role.ADMIN)
    assert (f"/plans/{plan_id}" in found) == (role in {Role.PLANNER, Role.APPROVER})
    assert (f"/plans/{plan_id}/affichage.csv" in found) == (role not in {Role.ADMIN, Role.READER})
    assert (f"/plans/{plan_id}/carte-elus.html" in found) == (role not in {Role.ADMIN, Role.BUYER})


@pytest.mark.slow
def test_a_key_that_is_limited_is_given_no_link_beyond_its_scopes(
    application: FastAPI, service: Services, store: Store, tiny: str, plan_id: str
) -> None:
    put_into(store, plan_id, PlanState.APPROVED)
    with store.write() as tx:
        plan = plans.get(tx, plan_id)
        assert plan is not None
        job = jobs.get(tx, plan.job_id or "")
        assert job is not None
        jobs.finish(tx, job, JobStatus.SUCCESSFUL, at=service.clock(), plan_id=plan_id)
    campaign = f"/campaigns/{tiny}"
    start = [
        *START,
        *(f"{campaign}{below}" for below in ("", "/faces", "/jobs", "/plans", "/ogc")),
        f"/plans/{plan_id}",
        f"/jobs/{job.job_id}",
    ]
    reached = 0
    for action in sorted(GRANTS[Role.PLANNER]):
        caller = Principal("outil", {EVERYWHERE: frozenset({Role.PLANNER})}, frozenset({action}))
        application.dependency_overrides[authenticate] = lambda caller=caller: caller
        limited = TestClient(application, raise_server_exceptions=False)
        found = followed(limited, start)
        led_to = {place: status for place, status in found.items() if place not in start}
        assert set(led_to.values()) <= {200}, (action, led_to)
        reached += sum(found[place] == 200 for place in start)
    assert reached == len(start), "each of them is read by one of the scopes"


@pytest.mark.parametrize("role", [Role.BUYER, Role.READER])
def test_who_may_not_read_plans_is_told_those_that_are_decided_and_no_price(
    as_role: AsRole, store: Store, tiny: str, role: Role
) -> None:
    ids = [put_plan(store, tiny) for _ in PlanState]
    for plan_id, state in zip(ids, PlanState, strict=True):
        put_into(store, plan_id, state)
    reader, path, told = as_role(role), f"/campaigns/{tiny}/plans?limit=2", []
    while path:
        answer = reader.get(path)
        assert answer.status_code == 200, answer.text
        told += answer.json()["items"]
        links = answer.json()["links"]
        path = next((link["href"] for link in links if link["rel"] == "next"), "")
    decided = ("reconciled", "sent", "approved")
    assert [(each["plan_id"], each["state"]) for each in told] == [
        *zip(reversed(ids[2:]), decided, strict=True)
    ]
    assert set(told[0]) == {"plan_id", "campaign_id", "number", "state", "made_at", "links"}


def test_a_plan_that_is_made_again_is_listed_without_its_files(
    as_role: AsRole, store: Store, tiny: str, plan_id: str
) -> None:
    put_into(store, plan_id, PlanState.SENT)
    with store.write() as tx:
        consents.withdraw(tx, tiny, ["A1", "A2", "A3", "A4"], ACT)
    (told,) = as_role(Role.READER).get(f"/campaigns/{tiny}/plans").json()["items"]
    assert (told["plan_id"], told["links"]) == (plan_id, [])
