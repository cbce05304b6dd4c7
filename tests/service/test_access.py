"""Who may do what: every route with every role, against the one table of docs/security.md."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi import Depends, FastAPI, HTTPException
from fastapi.dependencies.utils import get_parameterless_sub_dependant
from fastapi.routing import APIRoute, RouteContext, iter_route_contexts
from fastapi.testclient import TestClient

from app.service.access import ACTION_ATTRIBUTE, GRANTS, IN_ANY, Action, Role
from app.service.app import create_service
from app.service.context import Services
from app.service.openapi import PUBLIC
from data.store import Store, campaigns, members
from tests.service.conftest import AsRole
from tests.service.planned import ACT, put_plan

SECURITY = Path(__file__).parents[2] / "docs" / "security.md"
REACHED = 218
"""Answered in the place of a route, once its guard lets somebody pass."""
OPEN = PUBLIC | {"/openapi.json"}


def documented() -> dict[Role, frozenset[Action]]:
    """Return the table of docs/security.md."""
    lines = SECURITY.read_text(encoding="utf-8").splitlines()
    rows = [[c.strip(" `") for c in line.strip("|").split("|")] for line in lines if "|" in line]
    start = next(i for i, row in enumerate(rows) if row[0] == "action")
    roles = [Role(name) for name in rows[start][1:-1]]
    granted: dict[Role, set[Action]] = {role: set() for role in roles}
    for row in rows[start + 2 :]:
        if row[0] not in set(Action):
            break
        for role, cell in zip(roles, row[1:-1], strict=True):
            assert cell in {"yes", ""}, row
            granted[role] |= {Action(row[0])} if cell else set()
    return {role: frozenset(actions) for role, actions in granted.items()}


def guarded_routes(app: FastAPI) -> list[tuple[RouteContext, Action]]:
    """Return every route that is not public, with the one action that it declares."""
    found = []
    for route in _routes(app):
        if route.path in OPEN:
            continue
        actions = [
            getattr(each.call, ACTION_ATTRIBUTE)
            for each in route.dependant.dependencies
            if hasattr(each.call, ACTION_ATTRIBUTE)
        ]
        assert len(actions) == 1, f"{route.path} needs one action"
        found.append((route, actions[0]))
    return found


def _routes(app: FastAPI) -> Iterator[RouteContext]:
    for route in iter_route_contexts(app.routes):
        if isinstance(route.original_route, APIRoute):
            yield route
        else:
            assert route.path in OPEN, route


@pytest.fixture
def plan_id(store: Store, tiny: str) -> str:
    return put_plan(store, tiny)


@pytest.fixture
def stopped(application: FastAPI) -> FastAPI:
    """Return the service with each route stopped right behind its guard.

    What stands before the guard is done for anybody: a body that is read there is found.
    """

    def stop() -> None:
        raise HTTPException(REACHED)

    for route, _ in guarded_routes(application):
        dependencies = route.dependant.dependencies
        guard = next(i for i, d in enumerate(dependencies) if hasattr(d.call, ACTION_ATTRIBUTE))
        sub = get_parameterless_sub_dependant(depends=Depends(stop), path=route.path_format or "")
        dependencies.insert(guard + 1, sub)
    return application


@pytest.fixture
def ids(service: Services, tiny: str, plan_id: str) -> dict[str, str]:
    with service.store.read() as tx:
        from data.store import plans  # noqa: PLC0415

        plan = plans.get(tx, plan_id)
        assert plan is not None
        assert plan.job_id is not None
        job_id = plan.job_id
    return {
        "campaign_id": tiny,
        "plan_id": plan_id,
        "job_id": job_id,
        "other": plan_id,
        "kind": "faces",
        "row_id": "A1",
        "collection_id": "faces",
        "feature_id": "f00",
        "link_id": "l_0",
        "key_id": "k_0",
    }


def test_the_table_of_the_documentation_is_the_one_that_is_held() -> None:
    assert documented() == dict(GRANTS)


@pytest.mark.slow
@pytest.mark.parametrize("role", Role)
def test_every_route_answers_a_role_as_the_table_says(
    stopped: FastAPI, as_role: AsRole, ids: dict[str, str], role: Role
) -> None:
    granted = documented()[role]
    everywhere = as_role(role)
    here = as_role(role, campaign_id=ids["campaign_id"])
    wrong = []
    for route, action in guarded_routes(stopped):
        method, pattern = _method(route), route.path_format or ""
        path, answer = pattern.format(**ids), REACHED if action in granted else 403
        found = [here.request(method, path).status_code]
        expected = [answer if _in_campaign(pattern) or action in IN_ANY else 403]
        if not _in_campaign(pattern):
            found.append(everywhere.request(method, path).status_code)
            expected.append(answer)
        wrong += [] if found == expected else [(method, path, found, expected)]
    assert wrong == []


def _method(route: RouteContext) -> str:
    (method,) = route.methods or {""}
    return method


def _in_campaign(pattern: str) -> bool:
    return any(name in pattern for name in ("{campaign_id", "{plan_id", "{job_id"))


@pytest.mark.slow
def test_nobody_passes_anywhere_and_a_stranger_finds_nothing(
    stopped: FastAPI, nobody: TestClient, as_role: AsRole, ids: dict[str, str]
) -> None:
    stranger = as_role(Role.PLANNER, Role.ADMIN, campaign_id="c_elsewhere")
    for route, action in guarded_routes(stopped):
        method, pattern = _method(route), route.path_format or ""
        path, beyond = pattern.format(**ids), REACHED if action in IN_ANY else 403
        assert nobody.request(method, path).status_code == 401, path
        expected = 404 if _in_campaign(pattern) else beyond
        assert stranger.request(method, path).status_code == expected, path


def test_a_route_that_forgets_its_guard_is_found(service: Services) -> None:
    app = create_service(service)
    app.get("/campaigns/{campaign_id}/everything")(lambda campaign_id: campaign_id)
    with pytest.raises(AssertionError, match="everything needs one action"):
        guarded_routes(app)


def test_what_is_not_there_looks_like_what_is_not_ones_own(
    as_role: AsRole, isere: str, plan_id: str
) -> None:
    stranger = as_role(Role.PLANNER, campaign_id=isere)
    for own, none in (
        (f"/plans/{plan_id}", "/plans/p_none"),
        ("/campaigns/c_none", "/campaigns/c_other"),
    ):
        first, second = stranger.get(own), stranger.get(none)
        assert (first.status_code, first.json()) == (404, second.json())


def test_a_plan_is_compared_with_no_plan_of_a_campaign_one_may_not_read(
    as_role: AsRole, store: Store, tiny: str, isere: str
) -> None:
    own, foreign = put_plan(store, tiny), put_plan(store, isere)
    planner = as_role(Role.PLANNER, campaign_id=tiny)
    assert planner.get(f"/plans/{own}/compare/{foreign}").status_code == 404


def test_a_list_shows_the_campaigns_in_which_there_is_a_role(
    as_role: AsRole, tiny: str, isere: str
) -> None:
    def listed(client: TestClient) -> set[str]:
        return {each["campaign_id"] for each in client.get("/campaigns").json()["items"]}

    assert listed(as_role(Role.READER, campaign_id=tiny)) == {tiny}
    assert listed(as_role(Role.READER)) == {tiny, isere}


def test_who_creates_a_campaign_plans_it_and_others_do_not(
    as_role: AsRole, service: Services, tiny: str
) -> None:
    planner = as_role(Role.PLANNER, subject="claire", campaign_id=tiny)
    new = {"name": "Neuve", "start": "2017-10-17", "periods": 1, "period_days": 7}
    answer = planner.post("/campaigns", json=new)
    assert answer.status_code == 201, answer.text
    made = answer.json()["campaign_id"]
    with service.store.read() as tx:
        assert members.roles_of(tx, "claire") == {(made, "planner")}
        assert campaigns.get(tx, made) is not None
    reader = as_role(Role.READER, subject="rene", campaign_id=tiny)
    assert reader.post("/campaigns", json=new).status_code == 403


def test_a_role_is_given_and_taken_away_at_once(
    as_role: AsRole, service: Services, tiny: str
) -> None:
    admin = as_role(Role.ADMIN, campaign_id=tiny)
    body = {"subject": "oidc:5f0c", "role": "approver"}
    path = f"/campaigns/{tiny}/members"
    assert admin.post(path, json=body).status_code == 201
    assert admin.post(path, json=body).status_code == 201
    assert admin.get(path).json()["items"] == [body]
    assert admin.post(f"{path}/revoke", json=body).status_code == 204
    assert admin.post(f"{path}/revoke", json=body).status_code == 404
    assert admin.get(path).json()["items"] == []
    assert admin.post("/members", json=body).status_code == 403
    assert admin.post("/campaigns/*/members", json=body).status_code == 404
    with service.store.read() as tx:
        assert members.roles_of(tx, "oidc:5f0c") == frozenset()


def test_members_come_in_pages(as_role: AsRole, service: Services, tiny: str) -> None:
    with service.store.write() as tx:
        for i in range(5):
            members.grant(tx, subject=f"s{i}", campaign_id=tiny, role="reader", act=ACT)
    admin, path, seen = as_role(Role.ADMIN), f"/campaigns/{tiny}/members?limit=2", []
    while path:
        page = admin.get(path).json()
        seen += [each["subject"] for each in page["items"]]
        path = next((link["href"] for link in page["links"] if link["rel"] == "next"), "")
    assert seen == [f"s{i}" for i in range(5)]
