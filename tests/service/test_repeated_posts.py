"""A POST that is repeated under one ``Idempotency-Key``."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from fastapi import Depends, FastAPI, Request, Response, UploadFile
from fastapi.testclient import TestClient

from app.service.access import EVERYWHERE, Action, Granted, Principal, needs
from app.service.acts import act_of
from app.service.app import create_service
from app.service.context import RequestId, Services, ServicesDep
from app.service.errors import ApiError
from app.service.idempotency import HEADER, REPLAY_HEADER, claim_key
from app.service.settings import ServiceSettings
from data.store import Store, audit, idempotency, keys, members, open_store
from data.store.audit import Act
from data.store.idempotency import Claim
from data.store.tables import AuditRecord, Base, IdempotencyRecord
from tests.service.conftest import SECRET, SetClock

GRANTED = Granted(Principal("quelqu-un"), None)
KEY = {HEADER: "une-fois"}
CLAIM = Depends(claim_key)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = open_store(f"sqlite:///{tmp_path / 'posts.sqlite'}")
    Base.metadata.create_all(opened.engine)
    yield opened
    opened.close()


@pytest.fixture
def service(store: Store, tmp_path: Path, clock: SetClock) -> Services:
    return Services(store, ServiceSettings("sqlite://", tmp_path, SECRET), clock)


@pytest.fixture
def client(service: Services) -> TestClient:
    """Return a client of a service with one route more, that notes what is done."""
    app = create_service(service)
    app.post("/done/{what}", status_code=201, dependencies=[CLAIM])(_do)
    app.post("/sent", dependencies=[CLAIM])(_send)
    app.post("/links", dependencies=[CLAIM])(_do_secretly)
    return TestClient(app, raise_server_exceptions=False)


def _do(
    what: str, service: ServicesDep, request_id: RequestId, response: Response
) -> dict[str, str]:
    with service.store.write() as tx:
        act = act_of(service, GRANTED, request_id, tx)
        audit.record(tx, act, "test.do", subject=what)
    if what == "lost":
        raise RuntimeError("the process dies before it answers")
    if what == "refused":
        raise ApiError(422, "refused", "No.")
    response.headers["Location"] = f"/done/{what}"
    return {"done": what}


def _do_secretly(service: ServicesDep, request_id: RequestId) -> dict[str, str]:
    _do("link", service, request_id, Response())
    return {"secret": "montré une fois"}


def _send(file: UploadFile, service: ServicesDep, request_id: RequestId) -> dict[str, int]:
    content = file.file.read()
    _do("file", service, request_id, Response())
    return {"bytes": len(content)}


def _times(service: Services) -> int:
    with service.store.read() as tx:
        return tx.query(AuditRecord).count()


def test_a_repeated_post_is_done_once_and_answered_alike(
    client: TestClient, service: Services
) -> None:
    first = client.post("/done/once", headers=KEY)
    second = client.post("/done/once", headers=KEY)
    assert (first.status_code, first.json()) == (201, {"done": "once"})
    assert (second.status_code, second.content) == (201, first.content)
    assert second.headers["Location"] == "/done/once"
    assert second.headers[REPLAY_HEADER] == "true"
    assert REPLAY_HEADER not in first.headers
    assert _times(service) == 1


def test_without_a_key_and_under_another_it_is_done_again(
    client: TestClient, service: Services
) -> None:
    for headers in ({}, {}, {HEADER: "a"}, {HEADER: "b"}):
        client.post("/done/again", headers=headers)
    assert _times(service) == 4


def test_the_key_of_another_caller_is_another_key(client: TestClient, service: Services) -> None:
    for caller in ("Bearer one", "Bearer two"):
        client.post("/done/mine", headers={**KEY, "Authorization": caller})
    assert _times(service) == 2


def test_a_key_that_was_used_for_another_request_is_refused(
    client: TestClient, service: Services
) -> None:
    client.post("/done/one", headers=KEY)
    for path, body in (("/done/two", None), ("/done/one", b"a body")):
        answer = client.post(path, headers=KEY, content=body)
        assert (answer.status_code, answer.json()["code"]) == (422, "idempotency-key-reused")
    assert _times(service) == 1


def test_a_form_sent_again_with_another_boundary_is_the_same_request(
    client: TestClient, service: Services
) -> None:
    content = bytes(range(256)) * 4000  # more than one message
    for boundary in ("a-first-boundary", "another-and-longer-boundary"):
        answer = client.post(
            "/sent",
            headers={**KEY, "Content-Type": f"multipart/form-data; boundary={boundary}"},
            files={"file": ("faces.csv", content)},
        )
        assert (answer.status_code, answer.json()) == (200, {"bytes": len(content)})
    other = client.post("/sent", headers=KEY, files={"file": ("faces.csv", content[1:])})
    assert other.status_code == 422
    assert _times(service) == 1


def test_a_refusal_is_an_answer_and_is_given_again(client: TestClient, service: Services) -> None:
    answers = [client.post("/done/refused", headers=KEY) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [422, 422]
    assert answers[0].content == answers[1].content
    assert _times(service) == 1


def test_a_change_whose_answer_was_lost_is_not_made_again(
    client: TestClient, service: Services
) -> None:
    assert client.post("/done/lost", headers=KEY).status_code == 500
    again = client.post("/done/lost", headers=KEY)
    assert (again.status_code, again.json()["code"]) == (409, "already-applied")
    assert _times(service) == 1


def test_a_request_that_changed_nothing_before_it_failed_is_tried_again(
    client: TestClient, service: Services
) -> None:
    assert client.post("/nowhere", headers=KEY).status_code == 404
    app = client.app
    assert isinstance(app, FastAPI)
    failing = {"now": True}

    def fail(request: Request) -> None:
        del request
        if failing["now"]:
            raise RuntimeError("before anything was changed")

    app.post("/frail/{what}", dependencies=[CLAIM, Depends(fail)])(_do)
    assert client.post("/frail/x", headers={HEADER: "frail"}).status_code == 500
    failing["now"] = False
    assert client.post("/frail/x", headers={HEADER: "frail"}).status_code == 200
    assert _times(service) == 1


def test_the_first_is_waited_for_and_given_up_when_its_process_has_died(
    client: TestClient, service: Services, clock: SetClock
) -> None:
    nobody = Claim("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", "une-fois")
    with service.store.write() as tx:
        assert idempotency.claim(tx, nobody, request_id="r" * 32, at=clock()) is None
    wait = client.post("/done/later", headers=KEY)
    assert (wait.status_code, wait.json()["code"]) == (409, "in-progress")
    assert int(wait.headers["Retry-After"]) > 0
    clock.now += idempotency.ABANDONED + timedelta(seconds=1)
    assert client.post("/done/later", headers=KEY).status_code == 201


def test_an_answer_that_shows_a_secret_is_not_kept(client: TestClient, service: Services) -> None:
    assert client.post("/links", headers=KEY).json() == {"secret": "montré une fois"}
    again = client.post("/links", headers=KEY)
    assert (again.status_code, again.json()["code"]) == (409, "already-applied")
    assert _times(service) == 1


@pytest.mark.parametrize("key", ["", "x" * 101, "a\tb"])
def test_a_key_that_is_none_is_refused(client: TestClient, service: Services, key: str) -> None:
    answer = client.post("/done/x", headers={HEADER: key})
    assert (answer.status_code, answer.json()["code"]) == (400, "bad-idempotency-key")
    assert _times(service) == 0


def test_requests_under_one_request_id_are_still_told_apart(
    client: TestClient, service: Services
) -> None:
    """A client may send the id of its own session with every request."""
    headers = {"X-Request-Id": "one-session-of-a-client"}
    for key, what in (("a", "one"), ("b", "two"), ("a", "one"), ("b", "two")):
        answer = client.post(f"/done/{what}", headers={**headers, HEADER: key})
        assert (answer.status_code, answer.json()) == (201, {"done": what})
    assert _times(service) == 2


def test_an_answer_is_not_given_again_to_who_has_lost_the_right(
    client: TestClient, service: Services
) -> None:
    app = client.app
    assert isinstance(app, FastAPI)
    app.post("/guarded/{what}", dependencies=[needs(Action.CAMPAIGN_CREATE)])(_do)
    with service.store.write() as tx:
        act = Act("l-administrateur", service.clock(), "r" * 32)
        members.grant(tx, subject="ex", campaign_id=EVERYWHERE, role="planner", act=act)
        made, shown = keys.create(tx, subject="ex", label="bureau", act=act)
        key_id = made.key_id
    headers = {**KEY, "Authorization": f"Bearer {shown}"}
    answers = [client.post("/guarded/x", headers=headers) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [200, 200]
    assert answers[1].headers[REPLAY_HEADER] == "true"
    with service.store.write() as tx:
        members.revoke(tx, subject="ex", campaign_id=EVERYWHERE, role="planner", act=act)
    assert client.post("/guarded/x", headers=headers).status_code == 403
    with service.store.write() as tx:
        keys.revoke(tx, key_id, act=act)
    assert client.post("/guarded/x", headers=headers).status_code == 401
    with service.store.read() as tx:
        assert tx.query(AuditRecord).filter_by(action="test.do").count() == 1


def test_who_is_not_recognised_claims_nothing(client: TestClient, service: Services) -> None:
    app = client.app
    assert isinstance(app, FastAPI)
    app.post("/guarded/{what}", dependencies=[needs(Action.CAMPAIGN_CREATE)])(_do)
    assert client.post("/guarded/x", headers=KEY).status_code == 401
    with service.store.read() as tx:
        assert tx.query(IdempotencyRecord).count() == 0
