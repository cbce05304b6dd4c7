"""The workflow of a plan: every state with every step, four eyes, frozen plans, new versions."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from fastapi.testclient import TestClient
from httpx2 import Response

from app.service.access import Role
from app.service.settings import ServiceSettings
from app.service.states import TRANSITIONS, Step
from data.store import Store, inputs, plans
from data.store.tables import PlanState
from tests.service.conftest import AsRole
from tests.service.planned import ACT

S = PlanState

# What the issue asks for, written down a second time.
ALLOWED = {
    (S.DRAFT, "swap"): S.DRAFT,
    (S.DRAFT, "propose"): S.PROPOSED,
    (S.PROPOSED, "approve"): S.APPROVED,
    (S.PROPOSED, "reject"): S.DRAFT,
    (S.APPROVED, "send"): S.SENT,
    (S.DRAFT, "versions"): S.DRAFT,
    (S.PROPOSED, "versions"): S.PROPOSED,
    (S.APPROVED, "versions"): S.APPROVED,
    (S.SENT, "versions"): S.SENT,
    (S.RECONCILED, "versions"): S.RECONCILED,
}
DONE = {"swap": 200, "versions": 201}


@pytest.fixture
def planner(as_role: AsRole) -> TestClient:
    return as_role(Role.PLANNER, subject="planificatrice")


@pytest.fixture
def approver(as_role: AsRole) -> TestClient:
    return as_role(Role.APPROVER, subject="directeur")


def put_into(store: Store, plan_id: str, state: PlanState) -> None:
    """Put a plan into a state without asking anybody."""
    with store.write() as tx:
        plan = plans.get(tx, plan_id)
        assert plan is not None
        plan.state = state.value
        plan.proposed_by = None if state is S.DRAFT else "planificatrice"


def step(client: TestClient, plan_id: str, name: str, **kwargs: Any) -> Response:
    """Take a step on a plan as it is now."""
    tag = client.get(f"/plans/{plan_id}").headers["ETag"]
    bodies: dict[str, Any] = {
        "swap": {"period": 1, "face_id": "f01", "agent_id": None},
        "reject": {"reason": "Trop d’affiches au même endroit."},
    }
    headers = {"If-Match": tag, **kwargs}
    return client.post(f"/plans/{plan_id}/{name}", json=bodies.get(name), headers=headers)


STEPS = ("undo", "redo", "swap", "propose", "approve", "reject", "send", "versions")


@pytest.mark.parametrize("state", list(S))
def test_each_step_is_for_the_states_of_the_issue_and_no_other(
    store: Store, plan_id: str, as_role: AsRole, state: PlanState
) -> None:
    both = as_role(Role.PLANNER, Role.APPROVER, subject="directeur")
    for name in STEPS:
        put_into(store, plan_id, state)
        answer = step(both, plan_id, name)
        told = both.get(f"/plans/{plan_id}").json()["state"]
        if (state, name) in ALLOWED:
            assert answer.status_code == DONE.get(name, 200), (name, answer.json())
            assert told == ALLOWED[state, name]
        else:
            found = answer.status_code, answer.json()["code"], told
            assert found == (409, refusal(state, name), state), name


def refusal(state: PlanState, name: str) -> str:
    """Return the code with which a step is refused."""
    if name not in {"swap", "undo", "redo"}:
        return "wrong-state"
    return f"nothing-to-{name}" if state is S.DRAFT else "frozen"


def test_the_table_leads_nowhere_else() -> None:
    leads = {(state, step.value): after for (state, step), after in TRANSITIONS.items()}
    names = {"change": "swap", "version": "versions"}
    by_route = {(s, names.get(n, n)): a for (s, n), a in leads.items() if n != Step.RECONCILE}
    assert by_route == ALLOWED
    reconciles = {s: a for (s, n), a in leads.items() if n == Step.RECONCILE}
    assert reconciles == {S.SENT: S.RECONCILED, S.RECONCILED: S.RECONCILED}


def test_a_plan_goes_from_draft_to_sent_by_two_people(
    plan_id: str, planner: TestClient, approver: TestClient
) -> None:
    assert step(planner, plan_id, "propose").json()["proposed_by"] == "planificatrice"
    answer = step(approver, plan_id, "approve")
    assert answer.json()["approved_by"] == "directeur"
    assert answer.headers["ETag"] == planner.get(f"/plans/{plan_id}").headers["ETag"]
    assert step(planner, plan_id, "send").json()["state"] == "sent"


def test_whoever_proposed_does_not_approve(plan_id: str, as_role: AsRole) -> None:
    both = as_role(Role.PLANNER, Role.APPROVER, subject="directeur")
    step(both, plan_id, "propose")
    answer = step(both, plan_id, "approve")
    assert (answer.status_code, answer.json()["code"]) == (403, "four-eyes")
    assert both.get(f"/plans/{plan_id}").json()["state"] == "proposed"


class TestWithTwoEyes:
    """Where the setting says that one person is enough."""

    @pytest.fixture
    def settings(self, settings: ServiceSettings) -> ServiceSettings:
        return replace(settings, four_eyes=False)

    def test_whoever_proposed_may_approve(self, plan_id: str, as_role: AsRole) -> None:
        both = as_role(Role.PLANNER, Role.APPROVER, subject="directeur")
        step(both, plan_id, "propose")
        assert step(both, plan_id, "approve").json()["state"] == "approved"


def test_planners_do_not_approve_and_approvers_do_not_change(
    plan_id: str, planner: TestClient, approver: TestClient
) -> None:
    assert step(approver, plan_id, "propose").status_code == 403
    assert step(approver, plan_id, "swap").status_code == 403
    step(planner, plan_id, "propose")
    assert step(planner, plan_id, "approve").status_code == 403
    assert step(planner, plan_id, "reject").status_code == 403


def test_a_rejected_plan_is_a_draft_again_and_says_why(
    tiny: str, plan_id: str, planner: TestClient, approver: TestClient
) -> None:
    step(planner, plan_id, "propose")
    answer = step(approver, plan_id, "reject")
    assert (answer.json()["state"], answer.json()["proposed_by"]) == ("draft", None)
    trail = planner.get(f"/campaigns/{tiny}/audit?limit=1000").json()["items"]
    assert trail[-1]["change"] == {
        "before": "proposed",
        "after": "draft",
        "reason": "Trop d’affiches au même endroit.",
    }


@pytest.mark.parametrize("name", ["propose", "swap", "undo", "versions", "locks"])
def test_a_change_needs_the_etag_of_what_was_seen(
    plan_id: str, planner: TestClient, name: str
) -> None:
    body = {"period": 1, "face_id": "f01", "agent_id": None}
    url = f"/plans/{plan_id}/{name}"
    assert planner.post(url, json=body).status_code == 428
    stale = planner.post(url, json=body, headers={"If-Match": '"0"'})
    assert stale.status_code == 412
    assert stale.json()["current"] == {"version": 1, "revision": 0, "state": "draft"}


def test_a_new_version_of_a_frozen_plan_can_be_changed_and_the_old_one_stays(
    store: Store, plan_id: str, planner: TestClient
) -> None:
    put_into(store, plan_id, S.APPROVED)
    order = planner.get(f"/plans/{plan_id}/affichage.csv").content
    answer = step(planner, plan_id, "versions")
    made = answer.json()
    assert (made["parent_id"], made["state"], made["number"]) == (plan_id, "draft", 2)
    assert answer.headers["Location"] == f"/plans/{made['plan_id']}"
    assert step(planner, made["plan_id"], "swap").json()["applied"]
    assert planner.get(f"/plans/{plan_id}/affichage.csv").content == order
    assert planner.get(f"/plans/{made['plan_id']}/affichage.csv").content != order


def test_a_plan_that_breaks_a_rule_is_not_approved(
    store: Store, plan_id: str, planner: TestClient, approver: TestClient
) -> None:
    with store.write() as tx:
        plan = plans.get(tx, plan_id)
        assert plan is not None
        files = plans.files(tx, plan_id)
        content = files["affichage.csv"].decode().replace(";100,00;", ";99,00;", 1)
        files["affichage.csv"] = content.encode()
        plans.add_revision(tx, plan, files, action={"kind": "forged"}, undoes_to=0, act=ACT)
    step(planner, plan_id, "propose")
    answer = step(approver, plan_id, "approve")
    assert (answer.status_code, answer.json()["code"]) == (409, "rules-broken")
    assert [each["rule"] for each in answer.json()["violations"]] == ["order-price"]


def test_an_approval_of_what_was_seen_before_a_withdrawal_is_refused(
    store: Store, tiny: str, plan_id: str, planner: TestClient, approver: TestClient
) -> None:
    step(planner, plan_id, "propose")
    seen = approver.get(f"/plans/{plan_id}").headers["ETag"]
    change_cell(store, tiny, "A2", consent_media="")
    assert step(approver, plan_id, "approve", **{"If-Match": seen}).status_code == 412
    assert b'"A2"' not in approver.get(f"/plans/{plan_id}/plan.json").content


def test_a_plan_with_somebody_who_is_no_longer_in_the_campaign_is_not_approved(
    store: Store, tiny: str, plan_id: str, planner: TestClient, approver: TestClient
) -> None:
    with store.write() as tx:
        record, row = inputs.get(tx, tiny, "agents"), inputs.row(tx, tiny, "agents", "A2")
        assert record is not None
        assert row is not None
        inputs.delete_row(tx, record, row, act=ACT)
    step(planner, plan_id, "propose")
    answer = step(approver, plan_id, "approve")
    assert (answer.status_code, answer.json()["code"]) == (409, "rules-broken")
    assert {each["rule"] for each in answer.json()["violations"]} == {"unknown-agent"}


def change_cell(store: Store, campaign_id: str, agent_id: str, **cells: str) -> None:
    """Change what the campaign says of an agent, and tell no plan of it."""
    with store.write() as tx:
        record = inputs.get(tx, campaign_id, "agents")
        row = inputs.row(tx, campaign_id, "agents", agent_id)
        assert record is not None
        assert row is not None
        inputs.change_row(tx, record, row, cells=cells, act=ACT)


def test_a_plan_tells_that_its_campaign_has_changed(
    store: Store, tiny: str, plan_id: str, planner: TestClient
) -> None:
    assert planner.get(f"/plans/{plan_id}").json()["stale"] is False
    change_cell(store, tiny, "A2", job="agente des routes")
    assert planner.get(f"/plans/{plan_id}").json()["stale"] is True


def test_a_repeated_proposal_is_done_once(plan_id: str, planner: TestClient) -> None:
    tag = planner.get(f"/plans/{plan_id}").headers["ETag"]
    headers = {"If-Match": tag, "Idempotency-Key": "proposition-1"}
    first = planner.post(f"/plans/{plan_id}/propose", headers=headers)
    again = planner.post(f"/plans/{plan_id}/propose", headers=headers)
    assert (first.status_code, again.status_code) == (200, 200)
    assert first.json() == again.json()


def test_plans_of_a_campaign_that_is_not_yours_do_not_exist(plan_id: str, as_role: AsRole) -> None:
    elsewhere = as_role(Role.PLANNER, campaign_id="c_elsewhere")
    assert elsewhere.get(f"/plans/{plan_id}").status_code == 404
    assert elsewhere.post(f"/plans/{plan_id}/propose").status_code == 404
