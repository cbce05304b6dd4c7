"""What comes back on a plan: a buyer's file makes a new version; remarks are gathered."""

from __future__ import annotations

import json
from typing import Any

import pytest
from fastapi.testclient import TestClient

from app.service.access import Role
from data.plan_json import plan_from_json
from data.store import Store, inputs
from data.store.tables import PlanState
from maps import plan_digest
from tests.service.conftest import AsRole
from tests.service.test_workflow import put_into

NAME = "retour-regie.csv"


@pytest.fixture
def sent(store: Store, plan_id: str) -> str:
    """Return the id of a plan whose order was sent."""
    put_into(store, plan_id, PlanState.SENT)
    return plan_id


def answered(client: TestClient, plan_id: str, *states: str) -> bytes:
    """Return the order with these answers on its first lines; the rest stays as it was."""
    order = client.get(f"/plans/{plan_id}/affichage.csv").content.decode("utf-8-sig")
    heading, *lines = order.splitlines()
    said = [
        line.replace("proposée", states[i]) if i < len(states) else line
        for i, line in enumerate(lines)
    ]
    return "\r\n".join([heading, *said, ""]).encode("utf-8-sig")


def send_back(client: TestClient, plan_id: str, content: bytes) -> tuple[int, dict[str, Any]]:
    """Send a buyer's file back; return the status and the answer."""
    tag = client.get(f"/plans/{plan_id}").headers["ETag"]
    answer = client.post(
        f"/plans/{plan_id}/reconcile",
        files={"file": (NAME, content, "text/csv")},
        data={"accept_proposals": "false"},
        headers={"If-Match": tag},
    )
    return answer.status_code, answer.json()


def test_a_refused_line_makes_a_draft_without_it_and_locks_what_is_firm(
    store: Store, tiny: str, sent: str, client: TestClient
) -> None:
    first, second = client.get(f"/plans/{sent}/postings").json()["items"][:2]
    status, told = send_back(client, sent, answered(client, sent, "refusée", "ferme"))
    assert status == 201, told
    made = told["plan"]
    assert (made["state"], made["parent_id"]) == ("draft", sent)
    assert told["counts"]["refused"] == 1
    removed = {
        (line["face_id"], line["period"])
        for line in told["changes"]
        if line["change"] == "supprimée"
    }
    assert (first["face_id"], first["period"]) in removed
    assert client.get(f"/plans/{sent}").json()["state"] == "reconciled"
    postings = client.get(f"/plans/{made['plan_id']}/postings").json()["items"]
    places = {(p["face_id"], p["period"]): p for p in postings}
    assert (first["face_id"], first["period"]) not in places
    assert places[second["face_id"], second["period"]]["state"] == "ferme"
    assert places[second["face_id"], second["period"]]["locked"]
    with store.read() as tx:
        locks = {row.row_id: row.cells["agent_id"] for row in inputs.every(tx, tiny, "locks")}
    assert locks[f"{second['face_id']}~{second['period']}"] == second["agent_id"]
    assert client.get(f"/plans/{made['plan_id']}/verify").json()["ok"]
    changes = client.get(f"/plans/{made['plan_id']}/affichage-modifications.csv")
    assert first["face_id"] in changes.text


def test_a_file_that_only_confirms_needs_nobody_to_approve_it_again(
    sent: str, client: TestClient
) -> None:
    status, told = send_back(client, sent, answered(client, sent, *["ferme"] * 20))
    assert status == 201, told
    assert told["plan"]["state"] == "reconciled"
    again, more = send_back(client, told["plan"]["plan_id"], answered(client, sent))
    assert again == 201, more


def test_a_file_that_cannot_be_read_is_refused_with_every_problem_and_changes_nothing(
    sent: str, client: TestClient
) -> None:
    content = answered(client, sent, "peut-être", "sans doute")
    status, told = send_back(client, sent, content)
    assert status == 422
    assert len(told["problems"]) == 2
    assert {problem["file"] for problem in told["problems"]} == {NAME}
    assert {problem["row"] for problem in told["problems"]} == {2, 3}
    assert client.get(f"/plans/{sent}").json()["state"] == "sent"


def test_what_was_not_sent_has_no_answer(plan_id: str, client: TestClient) -> None:
    status, told = send_back(client, plan_id, answered(client, plan_id))
    assert (status, told["code"]) == (409, "wrong-state")


def remark_file(client: TestClient, plan_id: str, text: str) -> bytes:
    """Return a file of remarks as a map saves it."""
    plan = plan_from_json(client.get(f"/plans/{plan_id}/plan.json").content).plan
    target = {"kind": "plan", "label": "Plan"}
    remark = {"target": target, "text": text, "author": "M. Maire", "at": "2017-09-05T10:00:00Z"}
    head = {"schema": "placarde/remarques/1", "plan": plan_digest(plan), "page": "carte-elus"}
    return json.dumps({**head, "campaign": "Carré", "remarks": [remark]}).encode()


def test_remarks_are_gathered_over_several_files_and_count_once(
    plan_id: str, client: TestClient
) -> None:
    url = f"/plans/{plan_id}/remarks"
    assert client.get(url).json()["remarks"] == []
    one = remark_file(client, plan_id, "Trop près de l’école.")
    two = remark_file(client, plan_id, "Très bien.")
    first = client.post(url, files=[("file", ("a.json", one))])
    assert first.status_code == 201, first.json()
    second = client.post(url, files=[("file", ("b.json", two)), ("file", ("a.json", one))])
    assert second.status_code == 201, second.json()
    told = client.get(url).json()
    assert told == second.json()
    assert told["files"] == 2
    assert {each["text"] for each in told["remarks"]} == {"Trop près de l’école.", "Très bien."}
    assert all(not each["other_plan"] for each in told["remarks"])
    assert "Très bien." in client.get(f"/plans/{plan_id}/remarques.csv").text


def test_a_file_that_no_map_saved_is_refused(plan_id: str, client: TestClient) -> None:
    answer = client.post(f"/plans/{plan_id}/remarks", files=[("file", ("a.json", b"{}"))])
    assert answer.status_code == 422
    assert answer.json()["problems"]
    assert client.get(f"/plans/{plan_id}/remarks").json()["remarks"] == []
    assert client.post(f"/plans/{plan_id}/remarks", json={}).status_code == 415


def test_remarks_are_for_planners(plan_id: str, as_role: AsRole) -> None:
    approver = as_role(Role.APPROVER)
    assert approver.get(f"/plans/{plan_id}/remarks").status_code == 403
    assert approver.get(f"/plans/{plan_id}/remarques.csv").status_code == 403
