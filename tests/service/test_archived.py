"""A campaign that was put away: its plans are read and stay as they are, until it is taken out."""

from __future__ import annotations

import pytest
from fastapi.testclient import TestClient
from httpx2 import Response

from app.service.access import Role
from data.store import Store
from data.store.tables import PlanState
from tests.service.conftest import AsRole, import_campaign
from tests.service.planned import put_plan
from tests.service.test_plans import postings_of
from tests.service.test_workflow import put_into, step
from tests.service.tiny import tiny_files
from tests.stores import store, store_url

__all__ = ["store", "store_url"]  # fixtures, in the place of those of the conftest

FILE = {"file": ("retour.csv", b"x", "text/csv")}
STEPS = {
    PlanState.DRAFT: ("swap", "undo", "redo", "propose", "locks", "versions"),
    PlanState.PROPOSED: ("approve", "reject"),
    PlanState.APPROVED: ("send",),
    PlanState.SENT: ("reconcile", "remarks"),
}


@pytest.fixture
def campaign_id(store: Store) -> str:
    return import_campaign(store, tiny_files())


@pytest.fixture
def plan_id(store: Store, campaign_id: str, children_here: None) -> str:
    del children_here
    return put_plan(store, campaign_id)


@pytest.fixture
def everybody(as_role: AsRole) -> TestClient:
    return as_role(Role.PLANNER, Role.APPROVER, subject="directeur")


def archive(client: TestClient, campaign_id: str, *, archived: bool) -> None:
    path = f"/campaigns/{campaign_id}/archive"
    assert client.post(path, json={"archived": archived}).status_code == 200


def asked(client: TestClient, plan_id: str, name: str) -> Response:
    """Ask for a step by whoever has seen the plan as it is."""
    if name in {"reconcile", "remarks"}:
        tag = client.get(f"/plans/{plan_id}").headers["ETag"]
        return client.post(f"/plans/{plan_id}/{name}", files=FILE, headers={"If-Match": tag})
    if name == "locks":
        (first, *_) = postings_of(client, plan_id)
        here = {each: first[each] for each in ("period", "face_id", "agent_id")}
        tag = client.get(f"/plans/{plan_id}").headers["ETag"]
        return client.post(f"/plans/{plan_id}/locks", json=here, headers={"If-Match": tag})
    return step(client, plan_id, name)


def test_no_plan_of_an_archived_campaign_goes_on_until_it_is_taken_out(
    store: Store, everybody: TestClient, campaign_id: str, plan_id: str
) -> None:
    archive(everybody, campaign_id, archived=True)
    before = everybody.get(f"/plans/{plan_id}").json()
    for state, names in STEPS.items():
        put_into(store, plan_id, state)
        for name in names:
            answer = asked(everybody, plan_id, name)
            assert (answer.status_code, answer.json()["code"]) == (409, "archived"), name
            assert "archived" in answer.json()["detail"]
    put_into(store, plan_id, PlanState.DRAFT)
    told = everybody.get(f"/plans/{plan_id}").json()
    assert {**told, "version": 0} == {**before, "version": 0}
    assert everybody.get(f"/plans/{plan_id}/affichage.csv").status_code == 200
    assert everybody.get(f"/plans/{plan_id}/verify").json()["ok"]
    archive(everybody, campaign_id, archived=False)
    assert step(everybody, plan_id, "propose").status_code == 200


def test_a_plan_of_an_archived_campaign_is_still_shown_by_links_and_loses_who_withdraws(
    everybody: TestClient, nobody: TestClient, campaign_id: str, plan_id: str
) -> None:
    archive(everybody, campaign_id, archived=True)
    link = everybody.post(f"/plans/{plan_id}/links", json={"view": "officials"}).json()
    assert nobody.get(link["url"].removeprefix("http://testserver")).status_code == 200
    done = everybody.post(f"/campaigns/{campaign_id}/agents/A1/withdraw")
    assert (done.status_code, done.json()["pending"]) == (200, [])
    assert "A1" not in {each["agent_id"] for each in postings_of(everybody, plan_id)}
