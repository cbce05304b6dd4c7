"""The API serves the plans of one folder, and nothing beside them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from app.api import create_app
from app.settings import Settings


@pytest.fixture
def plans(tmp_path: Path) -> Path:
    """Return a folder with one plan, and a secret beside it."""
    folder = tmp_path / "plans" / "octobre"
    (folder / "campaign").mkdir(parents=True)
    document = {
        "allocation": {"status": "optimal", "gap": 0.001, "postings": [{}, {}]},
        "tour": {"status": "not-asked"},
    }
    (folder / "plan.json").write_text(json.dumps(document), encoding="utf-8")
    (folder / "carte-elus.html").write_text("<p>élus</p>", encoding="utf-8")
    (folder / "campaign" / "agents.csv").write_text("secret", encoding="utf-8")
    (tmp_path / "secret.txt").write_text("secret", encoding="utf-8")
    return tmp_path / "plans"


@pytest.fixture
def client(plans: Path) -> TestClient:
    return TestClient(create_app(Settings(plans=plans)), raise_server_exceptions=False)


def test_health_tells_that_the_service_is_up(client: TestClient) -> None:
    answer = client.get("/health")
    assert answer.status_code == 200
    assert answer.json()["status"] == "ok"


def test_the_plans_are_listed_with_what_they_give_out(client: TestClient) -> None:
    (plan,) = client.get("/plans").json()
    assert plan["name"] == "octobre"
    assert plan["postings"] == 2
    assert plan["files"] == ["plan.json", "carte-elus.html"]
    assert client.get("/plans/octobre").json() == plan


def test_a_page_is_served_as_a_page(client: TestClient) -> None:
    answer = client.get("/plans/octobre/carte-elus.html")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.text == "<p>élus</p>"


@pytest.mark.parametrize(
    "path",
    [
        "/plans/autre",
        "/plans/autre/plan.json",
        "/plans/octobre/affichage.csv",
        "/plans/octobre/agents.csv",
        "/plans/octobre/campaign",
        "/plans/octobre/secret.txt",
    ],
)
def test_what_is_not_given_out_is_a_404_problem(client: TestClient, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["status"] == 404


@pytest.mark.parametrize(
    "path",
    [
        "/plans/octobre/campaign/agents.csv",
        "/plans/..%2F..%2Fsecret.txt",
        "/plans/octobre/..%2F..%2F..%2Fsecret.txt",
        "/plans/%2e%2e/secret.txt",
        "/plans/octobre/campaign%2Fagents.csv",
    ],
)
def test_nothing_outside_the_closed_list_can_be_reached(client: TestClient, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code in (404, 422)
    assert "secret" not in answer.text.replace("secret.txt", "")


def test_a_broken_plan_is_a_plain_500_with_an_id(client: TestClient, plans: Path) -> None:
    (plans / "octobre" / "plan.json").write_text("{", encoding="utf-8")
    answer = client.get("/plans/octobre")
    assert answer.status_code == 500
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["instance"].startswith("urn:uuid:")
    assert "JSON" not in answer.text


def test_the_schema_describes_every_route(client: TestClient) -> None:
    schema = client.get("/openapi.json").json()
    assert set(schema["paths"]) == {
        "/health",
        "/plans",
        "/plans/{name}",
        "/plans/{name}/{file}",
    }
