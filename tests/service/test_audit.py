"""The audit trail: it replays to the final state, is only added to, and is inert as a table."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import text
from sqlalchemy.exc import DatabaseError, DBAPIError

from app.service.access import Role
from data.store import Store, StoreUnavailableError, inputs, plans
from tests.service.conftest import AsRole
from tests.service.planned import tiny_plan_files
from tests.service.test_plans import change, postings_of, swap
from tests.service.test_workflow import step

HEADING = ["seq", "at", "actor", "request_id", "action", "subject", "version", "change"]


def trail_of(client: TestClient, campaign_id: str) -> list[dict[str, Any]]:
    """Return the whole trail, page by page."""
    found: list[dict[str, Any]] = []
    url = f"/campaigns/{campaign_id}/audit?limit=3"
    while url:
        page = client.get(url).json()
        found += page["items"]
        url = next((link["href"] for link in page["links"] if link["rel"] == "next"), "")
    return found


def replayed(trail: list[dict[str, Any]], plan_id: str) -> tuple[set[tuple[Any, ...]], str, int]:
    """Return postings, state and version of a plan, from the plan as it was made and the trail."""
    made = json.loads(tiny_plan_files()["plan.json"])["allocation"]["postings"]
    postings = {(p["period"], p["face_id"], p["agent_id"]) for p in made}
    state, version = "draft", 1
    for entry in trail:
        if entry["subject"] != f"plans/{plan_id}":
            continue
        told = entry["change"]
        postings -= {tuple(each) for each in told.get("removed", [])}
        postings |= {tuple(each) for each in told.get("added", [])}
        state, version = told.get("after", state), entry["version"]
    return postings, state, version


def replayed_locks(trail: list[dict[str, Any]]) -> dict[str, dict[str, str]]:
    """Return the rows of the locks, from nothing and the trail."""
    rows: dict[str, dict[str, str]] = {}
    for entry in trail:
        told = entry["change"]
        if told.get("kind") != "locks" or "row_id" not in told:
            continue
        if "after" in told:
            rows[told["row_id"]] = rows.get(told["row_id"], {}) | told["after"]["cells"]
        else:
            del rows[told["row_id"]]
    return rows


def test_the_trail_replays_to_the_final_state(
    store: Store, tiny: str, plan_id: str, client: TestClient, as_role: AsRole
) -> None:
    approver = as_role(Role.APPROVER, subject="directeur")
    first, second, third = postings_of(client, plan_id)[:3]
    swap(client, plan_id, first)
    swap(client, plan_id, second)
    change(client, plan_id, "undo")
    change(client, plan_id, "undo")
    change(client, plan_id, "redo")
    here = {name: third[name] for name in ("period", "face_id", "agent_id")}
    change(client, plan_id, "locks", **here)
    change(client, plan_id, "locks", **{**here, "agent_id": None})
    swap(client, plan_id, second, agent_id="A4")  # refused: nothing is noted
    step(client, plan_id, "propose")
    step(approver, plan_id, "approve")
    trail = trail_of(client, tiny)
    told = client.get(f"/plans/{plan_id}").json()
    now = {(p["period"], p["face_id"], p["agent_id"]) for p in postings_of(client, plan_id)}
    assert replayed(trail, plan_id) == (now, "approved", told["version"])
    with store.read() as tx:
        rows = {row.row_id: dict(row.cells) for row in inputs.every(tx, tiny, "locks")}
    assert replayed_locks(trail) == rows
    own = [entry for entry in trail if entry["subject"] == f"plans/{plan_id}"]
    assert [entry["action"] for entry in own] == [
        "plan.swap", "plan.swap", "plan.undo", "plan.undo", "plan.redo", "plan.lock", "plan.lock",
        "plan.propose", "plan.approve",
    ]  # fmt: skip
    assert [entry["actor"] for entry in own[-2:]] == ["planificatrice", "directeur"]
    assert [entry["seq"] for entry in trail] == sorted({entry["seq"] for entry in trail})


def test_the_export_holds_what_the_pages_hold(tiny: str, plan_id: str, client: TestClient) -> None:
    swap(client, plan_id, postings_of(client, plan_id)[0])
    answer = client.get(f"/campaigns/{tiny}/audit.csv")
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    heading, *rows = csv.reader(io.StringIO(answer.content.decode("utf-8-sig")), delimiter=";")
    assert heading == HEADING
    trail = trail_of(client, tiny)
    assert [int(row[0]) for row in rows] == [entry["seq"] for entry in trail]
    assert [json.loads(row[-1]) for row in rows] == [entry["change"] for entry in trail]


def test_no_cell_of_the_export_is_a_formula(tiny: str, plan_id: str, as_role: AsRole) -> None:
    typed = as_role(Role.PLANNER, subject="=HYPERLINK(1)")
    step(typed, plan_id, "propose")
    exported = typed.get(f"/campaigns/{tiny}/audit.csv").content.decode("utf-8-sig")
    *_, last = csv.reader(io.StringIO(exported), delimiter=";")
    assert last[2] == "'=HYPERLINK(1)"
    assert not [cell for cell in last if cell.startswith(("=", "+", "-", "@", "\t"))]


@pytest.mark.parametrize("statement", ["DELETE FROM audit", "UPDATE audit SET actor = 'autre'"])
def test_no_entry_is_changed_or_removed(store: Store, plan_id: str, statement: str) -> None:
    with pytest.raises((DatabaseError, DBAPIError, StoreUnavailableError)), store.write() as tx:
        tx.execute(text(statement))
    with store.read() as tx:
        assert tx.execute(text("SELECT count(*) FROM audit WHERE actor <> 'autre'")).scalar()
        assert plans.get(tx, plan_id) is not None


def test_no_private_cell_is_in_the_trail(tiny: str, plan_id: str, client: TestClient) -> None:
    swap(client, plan_id, postings_of(client, plan_id)[0])
    assert "Nom Secret" not in client.get(f"/campaigns/{tiny}/audit.csv").text


def test_the_trail_is_for_those_who_may_read_it(tiny: str, as_role: AsRole) -> None:
    for role, status in (
        (Role.PLANNER, 200), (Role.APPROVER, 200), (Role.ADMIN, 200),
        (Role.BUYER, 403), (Role.READER, 403),
    ):  # fmt: skip
        reader = as_role(role)
        assert reader.get(f"/campaigns/{tiny}/audit").status_code == status
        assert reader.get(f"/campaigns/{tiny}/audit.csv").status_code == status
    assert as_role(Role.ADMIN).get("/campaigns/c_none/audit").status_code == 404
