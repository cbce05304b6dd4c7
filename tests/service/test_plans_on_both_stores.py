"""A plan from draft to sent, changed by hand on the way, on SQLite and on PostgreSQL."""

from __future__ import annotations

from fastapi.testclient import TestClient

from app.service.access import Role
from data.store import Store, consents
from tests.service.conftest import AsRole, import_campaign
from tests.service.planned import ACT, put_plan
from tests.service.test_audit import replayed, trail_of
from tests.service.test_plans import change, checked, postings_of, swap
from tests.service.test_workflow import step
from tests.service.tiny import tiny_files
from tests.stores import store, store_url

__all__ = ["store", "store_url"]  # fixtures, in the place of those of the conftest


def test_a_plan_is_changed_locked_stripped_approved_and_sent(
    store: Store,
    client: TestClient,
    as_role: AsRole,
    children_here: None,
) -> None:
    del children_here
    campaign_id = import_campaign(store, tiny_files())
    plan_id = put_plan(store, campaign_id)
    approver = as_role(Role.APPROVER, subject="directeur")
    first, second = postings_of(client, plan_id)[:2]
    assert swap(client, plan_id, first).json()["applied"]
    assert change(client, plan_id, "undo").status_code == 200
    here = {name: second[name] for name in ("period", "face_id", "agent_id")}
    assert change(client, plan_id, "locks", **here).status_code == 201
    with store.write() as tx:
        consents.withdraw(tx, campaign_id, ["A4"], ACT)
    assert client.get(f"/plans/{plan_id}/plan.gpkg").status_code == 200
    assert client.get(f"/plans/{plan_id}/plan.gpkg").status_code == 200
    for who, name in ((client, "propose"), (approver, "approve"), (client, "send")):
        assert step(who, plan_id, name).status_code == 200
    now = {(p["period"], p["face_id"], p["agent_id"]) for p in postings_of(client, plan_id)}
    assert checked(store, plan_id) == now
    told = client.get(f"/plans/{plan_id}").json()
    trail = trail_of(client, campaign_id)
    assert replayed(trail, plan_id) == (now, "sent", told["version"])
    assert client.get(f"/campaigns/{campaign_id}/audit.csv").status_code == 200
