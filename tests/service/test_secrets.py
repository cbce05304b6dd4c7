"""Secrets stay secret, and no request makes the service call an address."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from app.service import jobs, privacy
from app.service.app import create_service
from app.service.context import Services
from app.service.settings import service_settings
from app.service.tending import Tender
from data.store import Store, consents, plans
from tests.service.planned import ACT, put_plan, run_here

HIDDEN = "un secret que personne ne doit voir"
URL = f"postgresql+psycopg://placarde:{HIDDEN}@base/placarde"
_LEADS_OUT = ("url", "uri", "href", "server", "host", "address", "issuer", "endpoint", "callback")


def _told(document: Any, place: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield every schema of what a request may hold, with its place."""
    if isinstance(document, dict):
        if "type" in document or "format" in document or "$ref" in document:
            yield place, document
        for name, value in document.items():
            yield from _told(value, f"{place}/{name}")
    elif isinstance(document, list):
        for i, value in enumerate(document):
            yield from _told(value, f"{place}/{i}")


def _of_requests(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    schemas, seen = document["components"]["schemas"], set[str]()
    waiting: list[tuple[str, Any]] = []
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            for parameter in operation.get("parameters", ()):
                yield f"{method} {path} {parameter['name']}", parameter["schema"]
            waiting.append((f"{method} {path}", operation.get("requestBody", {})))
    while waiting:
        place, value = waiting.pop()
        for inner, schema in _told(value, place):
            yield inner, schema
            name = schema.get("$ref", "").rpartition("/")[2]
            if name and name not in seen:
                seen.add(name)
                waiting.append((name, schemas[name]))


def test_no_request_carries_an_address_to_call(service: Services) -> None:
    document = create_service(service).openapi()
    found = list(_of_requests(document))
    assert len(found) > 100
    for place, schema in found:
        if "enum" in schema:
            continue  # one of a closed list is no address of theirs
        assert schema.get("format") not in {"uri", "url", "iri", "hostname"}, place
        name = place.rpartition(" ")[2].rpartition("/")[2].lower()
        assert name not in _LEADS_OUT, place


@pytest.mark.parametrize(
    ("section", "given"),
    [
        ("geocoder", {"server": "http://169.254.169.254/"}),
        ("geocoder", {"url": "http://169.254.169.254/"}),
        ("tour", {"roads": "osrm:http://169.254.169.254/"}),
        ("tour", {"server": "http://169.254.169.254/"}),
    ],
)
def test_a_campaign_names_no_server(
    client: TestClient, section: str, given: dict[str, str]
) -> None:
    tour = {"start": "2017-10-17", "end": "2017-11-17", "depot": "m1"}
    told = {**tour, **given} if section == "tour" else given
    new = {"name": "Neuve", "start": "2017-10-17", "periods": 1, "period_days": 7, section: told}
    assert client.post("/campaigns", json=new).status_code == 422
    new[section] = tour if section == "tour" else {}
    assert client.post("/campaigns", json=new).status_code == 201


def test_settings_do_not_show_their_secrets(tmp_path: Path) -> None:
    file = tmp_path / "url"
    file.write_text(URL + "\n")
    for environment in ({"PLACARDE_DATABASE_URL": URL}, {"PLACARDE_DATABASE_URL_FILE": str(file)}):
        settings = service_settings(environment, secret=HIDDEN.encode())
        assert settings.database_url == URL
        assert HIDDEN not in repr(settings)
        assert HIDDEN not in str(settings)


def test_the_service_tells_its_secret_to_nobody(
    service: Services, caplog: pytest.LogCaptureFixture
) -> None:
    quiet = replace(service, settings=replace(service.settings, secret=HIDDEN.encode()))
    client = TestClient(create_service(quiet), raise_server_exceptions=False)
    for path in ("/openapi.json", "/health", "/metrics", "/v/none", "/campaigns", "/nowhere"):
        answer = client.get(path, headers={"Authorization": f"Bearer {HIDDEN}"})
        assert HIDDEN not in answer.text + json.dumps(dict(answer.headers)), path
    assert HIDDEN not in caplog.text


def test_the_tender_makes_withheld_plans_again(
    store: Store, service: Services, tiny: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "run_child", run_here)
    settled = threading.Event()
    settle = privacy.settle

    def watched(given: Services, campaign_id: str | None = None) -> None:
        settle(given, campaign_id)
        settled.set()

    monkeypatch.setattr(privacy, "settle", watched)
    plan_id = put_plan(store, tiny)
    with store.write() as tx:
        consents.withdraw(tx, tiny, ["A1"], ACT)
    tender = Tender(service, often_s=0.01)
    tender.start()
    assert settled.wait(60)
    tender.stop()
    with store.read() as tx:
        assert plans.file(tx, plan_id, "carte-elus.html") is not None
