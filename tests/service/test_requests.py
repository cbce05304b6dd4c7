"""What every request and every answer has: ids, headers, logs, counts, problems."""

from __future__ import annotations

import errno
import json
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from app.service.app import create_service
from app.service.context import Services
from app.service.logs import JsonFormatter
from app.service.settings import ServiceSettings
from data.store import Store, StoreUnavailableError, open_store
from data.store.tables import Base
from tests.service.conftest import SECRET, SetClock


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = open_store(f"sqlite:///{tmp_path / 'requests.sqlite'}")
    Base.metadata.create_all(opened.engine)
    yield opened
    opened.close()


@pytest.fixture
def client(store: Store, tmp_path: Path, clock: SetClock) -> TestClient:
    services = Services(store, ServiceSettings("sqlite://", tmp_path, SECRET), clock)
    app = create_service(services)
    app.get("/fails/{what}")(_fail)
    return TestClient(app, raise_server_exceptions=False)


def _fail(what: str) -> None:
    if what == "full":
        raise StoreUnavailableError("no room", full=True)
    if what == "store":
        raise StoreUnavailableError("gone")
    if what == "temporary":
        raise OSError(errno.ENOSPC, "No space left on device", "/tmp/placarde-x")  # noqa: S108 -- a name
    if what == "file":
        raise PermissionError(errno.EACCES, "Permission denied", "/tmp/Camille Durand")  # noqa: S108 -- a name
    raise RuntimeError(f"Camille Durand: {what}")


def test_every_answer_has_an_id_and_the_headers_of_security(client: TestClient) -> None:
    for path in ("/openapi.json", "/nowhere", "/fails/oddly"):
        headers = client.get(path).headers
        assert len(headers["X-Request-Id"]) == 32
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["X-Frame-Options"] == "DENY"
        assert "default-src 'none'" in headers["Content-Security-Policy"]
        assert headers["Cache-Control"] == "no-store"


def test_the_id_that_a_proxy_gave_is_kept_and_anything_odd_is_not(client: TestClient) -> None:
    given = client.get("/nowhere", headers={"X-Request-Id": "abcdefgh-1234"})
    assert given.headers["X-Request-Id"] == "abcdefgh-1234"
    odd = client.get("/nowhere", headers={"X-Request-Id": 'x"} {"level":'})
    assert len(odd.headers["X-Request-Id"]) == 32


def test_a_name_with_a_nul_is_not_found_and_no_database_sees_it(client: TestClient) -> None:
    answer = client.get("/plans/%00")
    assert (answer.status_code, answer.json()["code"]) == (404, "not-found")


def test_whatever_may_be_read_may_be_asked_for_its_headers(client: TestClient) -> None:
    full, head = client.get("/health"), client.head("/health")
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["Content-Length"] == full.headers["Content-Length"]
    assert client.head("/nowhere").status_code == 404


def test_every_error_is_a_problem(client: TestClient) -> None:
    for path, status in {
        "/nowhere": 404,
        "/fails/oddly": 500,
        "/fails/store": 503,
        "/fails/full": 507,
        "/fails/temporary": 507,
        "/fails/file": 500,
    }.items():
        answer = client.get(path)
        assert answer.status_code == status
        assert answer.headers["Content-Type"] == "application/problem+json"
        assert answer.json()["status"] == status
        assert answer.json()["problems"] == []
    assert int(client.get("/fails/store").headers["Retry-After"]) > 0
    assert client.post("/openapi.json").json()["code"] == "method-not-allowed"


def test_an_unexpected_error_tells_its_id_and_nothing_else(
    client: TestClient, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, logger="placarde"):
        client.get("/fails/file")
        answer = client.get("/fails/oddly")
    assert "Durand" not in answer.text
    assert answer.headers["X-Request-Id"] in answer.json()["detail"]
    lines = [JsonFormatter().format(record) for record in caplog.records]
    assert "Durand" not in "".join(lines)
    *_, error = (line for line in map(json.loads, lines) if line["level"] == "error")
    assert error["request_id"] == answer.headers["X-Request-Id"]
    assert error["error"] == "RuntimeError"
    assert any("_fail" in place for place in error["trace"])


def test_a_request_is_logged_by_its_route_and_not_by_its_path(
    client: TestClient, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, logger="placarde.requests"):
        client.get("/fails/camille?name=durand")
    (record,) = (each for each in caplog.records if each.name == "placarde.requests")
    line = json.loads(JsonFormatter().format(record))
    assert line["route"] == "/fails/{what}"
    assert (line["method"], line["status"]) == ("GET", 500)
    assert line["ms"] >= 0
    assert "camille" not in json.dumps(line)
    assert "durand" not in json.dumps(line)
