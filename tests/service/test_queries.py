"""Query parameters that nothing knows are refused: no list looks filtered that is not."""

from __future__ import annotations

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from app.service.access import Action, Role
from data.store import Store
from tests.service.conftest import AsRole
from tests.service.planned import put_plan
from tests.service.test_access import guarded_routes


@pytest.fixture
def admin(as_role: AsRole) -> TestClient:
    return as_role(Role.ADMIN, Role.PLANNER, Role.APPROVER)


def test_a_filter_that_rows_do_not_have_is_refused_with_those_there_are(
    client: TestClient, tiny: str
) -> None:
    answer = client.get(f"/campaigns/{tiny}/faces/rows?city=Voiron&limit=3")
    assert answer.status_code == 400
    told = answer.json()
    assert (told["code"], told["unknown"]) == ("unknown-parameter", ["city"])
    assert told["parameters"] == ["cursor", "limit"]
    assert "city" in told["detail"]


def test_every_route_refuses_a_parameter_that_it_does_not_know(
    application: FastAPI, admin: TestClient, store: Store, tiny: str
) -> None:
    plan_id = put_plan(store, tiny)
    ids = {
        "campaign_id": tiny,
        "plan_id": plan_id,
        "other": plan_id,
        "kind": "faces",
        "row_id": "f00",
        "link_id": "l_0",
        "key_id": "k_0",
        "collection_id": "faces",
        "feature_id": "f00",
    }
    asked = 0
    for route, action in guarded_routes(application):
        pattern = route.path_format or ""
        if "GET" not in (route.methods or ()) or "{job_id" in pattern:
            continue
        answer = admin.get(f"{pattern.format(**ids)}?nosuch=1")
        assert answer.status_code == 400, (pattern, answer.text)
        code = "bad-query" if action is Action.FEATURES_READ else "unknown-parameter"
        assert answer.json()["code"] == code, pattern
        asked += 1
    assert asked > 40


def test_what_is_not_ones_to_see_stays_unsaid_whatever_the_parameters(
    as_role: AsRole, nobody: TestClient, tiny: str
) -> None:
    path = f"/campaigns/{tiny}/faces/rows?nosuch=1"
    assert nobody.get(path).status_code == 401
    assert as_role(Role.BUYER).get(path).status_code == 403
    assert as_role(Role.PLANNER, campaign_id="c_other").get(path).status_code == 404
