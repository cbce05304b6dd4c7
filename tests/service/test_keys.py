"""API keys: recognised, limited, expired, revoked; never stored, logged or put into a URL."""

from __future__ import annotations

import base64
import logging
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from app.service.access import EVERYWHERE, Role
from app.service.app import create_service
from app.service.context import Services
from data.store import Store, keys, members
from data.store.tables import KeyRecord
from tests.service.conftest import BEGINNING, SetClock
from tests.service.planned import ACT

Known = Callable[[str], TestClient]


@pytest.fixture
def real(service: Services) -> FastAPI:
    """Return the service with its own recognition of callers."""
    return create_service(service)


@pytest.fixture
def known(real: FastAPI) -> Known:
    return lambda key: TestClient(real, headers={"X-Api-Key": key})


@pytest.fixture
def admin_key(store: Store) -> str:
    with store.write() as tx:
        members.grant(tx, subject="ada", campaign_id=EVERYWHERE, role=Role.ADMIN.value, act=ACT)
        return keys.create(tx, subject="ada", label="poste 1", act=ACT)[1]


def _record(store: Store) -> KeyRecord:
    with store.read() as tx:
        (found,) = keys.page(tx, after=None, limit=10)
        return found


def test_a_key_is_recognised_by_either_header(real: FastAPI, admin_key: str) -> None:
    for headers in ({"X-Api-Key": admin_key}, {"Authorization": f"bearer {admin_key}"}):
        assert TestClient(real, headers=headers).get("/members").status_code == 200


def test_every_failure_is_the_same_401(
    real: FastAPI, known: Known, admin_key: str, store: Store, clock: SetClock
) -> None:
    prefix, secret = admin_key.split("_", 2)[1:]
    with store.write() as tx:
        old, expired = keys.create(
            tx, subject="ada", label="", act=ACT, expires_at=BEGINNING + timedelta(days=1)
        )
        gone, revoked = keys.create(tx, subject="ada", label="", act=ACT)
        keys.revoke(tx, gone.key_id, act=ACT)
    assert known(expired).get("/members").status_code == 200
    clock.advance(days=1)
    bad = [
        f"pk_{prefix}_{'A' * 43}",
        f"pk_{'0' * 10}_{secret}",
        admin_key[:-1],
        admin_key + "A",
        "pk_",
        "Basic xyz",
        f"Basic {base64.b64encode(f'{admin_key}:'.encode()).decode()}",
        f"Basic {base64.b64encode(b':' + b'pk_' + bytes([0xE9])).decode()}",
        "",
        expired,
        revoked,
    ]
    answers = [known(key).get("/members") for key in bad]
    answers.append(TestClient(real).get("/members"))
    assert {answer.status_code for answer in answers} == {401}
    assert len({answer.content for answer in answers}) == 1
    assert {answer.headers["WWW-Authenticate"] for answer in answers} == {'Bearer realm="placarde"'}
    assert old.expires_at == BEGINNING + timedelta(days=1)


def test_a_key_may_be_the_password_of_http_basic_for_programs_that_know_nothing_else(
    real: FastAPI, admin_key: str
) -> None:
    for user in ("qgis", ""):
        answer = TestClient(real).get("/members", auth=(user, admin_key))
        assert answer.status_code == 200, user
    assert TestClient(real).get("/members", auth=("qgis", f"{admin_key}x")).status_code == 401


def test_a_key_in_a_url_is_refused_even_if_it_is_good(known: Known, admin_key: str) -> None:
    answer = known(admin_key).get("/members", params={"key": admin_key})
    assert (answer.status_code, answer.json()["code"]) == (400, "key-in-url")
    assert admin_key not in answer.text


def test_two_credentials_are_one_too_many(real: FastAPI, admin_key: str) -> None:
    both = {"X-Api-Key": admin_key, "Authorization": f"Bearer {admin_key}"}
    assert TestClient(real, headers=both).get("/members").status_code == 400


def test_a_clock_set_back_revives_no_key(known: Known, store: Store, clock: SetClock) -> None:
    with store.write() as tx:
        members.grant(tx, subject="ada", campaign_id=EVERYWHERE, role="admin", act=ACT)
        until = BEGINNING + timedelta(days=1)
        key = keys.create(tx, subject="ada", label="", act=ACT, expires_at=until)[1]
        other = keys.create(tx, subject="ada", label="", act=ACT)[1]
    clock.advance(days=2)
    body = {"subject": "rene", "role": "reader"}
    assert known(other).post("/members", json=body).status_code == 201
    clock.advance(days=-2)
    assert known(key).get("/members").status_code == 401


def test_a_key_is_made_shown_once_found_by_its_prefix_and_revoked_at_once(
    known: Known, admin_key: str, store: Store
) -> None:
    admin = known(admin_key)
    new = {"subject": "sig", "label": "QGIS", "scopes": ["campaign.read"], "expires_in_days": 3}
    made = admin.post("/keys", json=new)
    assert made.status_code == 201
    shown = made.json()
    key = shown.pop("key")
    assert key.startswith(shown["prefix"] + "_")
    assert admin.get(made.headers["Location"]).json() == shown
    listed = admin.get("/keys").json()
    assert shown in listed["items"]
    assert key.rsplit("_", 1)[1] not in str(listed)
    with store.write() as tx:
        members.grant(tx, subject="sig", campaign_id=EVERYWHERE, role="planner", act=ACT)
    holder = known(key)
    assert holder.get("/campaigns").status_code == 200
    assert holder.get("/keys").status_code == 403
    assert admin.post(f"/keys/{shown['key_id']}/revoke").json()["revoked_at"] is not None
    assert holder.get("/campaigns").status_code == 401
    assert admin.post("/keys/k_none/revoke").status_code == 404


def test_a_scope_takes_away_and_never_adds(known: Known, store: Store, tiny: str) -> None:
    with store.write() as tx:
        members.grant(tx, subject="lea", campaign_id=tiny, role="reader", act=ACT)
        scopes = ["plan.make", "campaign.read"]
        key = keys.create(tx, subject="lea", label="", act=ACT, scopes=scopes)[1]
        none = keys.create(tx, subject="lea", label="", act=ACT, scopes=[])[1]
    assert known(key).get(f"/campaigns/{tiny}").status_code == 200
    assert known(key).post(f"/campaigns/{tiny}/plans").status_code == 403
    assert known(none).get(f"/campaigns/{tiny}").status_code == 403


def test_a_limited_key_makes_no_wider_one(known: Known, admin_key: str) -> None:
    admin = known(admin_key)
    limited = known(
        admin.post("/keys", json={"subject": "ada", "scopes": ["key.manage"]}).json()["key"]
    )
    wider = [{"subject": "ada"}, {"subject": "ada", "scopes": ["key.manage", "member.manage"]}]
    assert [limited.post("/keys", json=new).status_code for new in wider] == [403, 403]
    same = {"subject": "ada", "scopes": ["key.manage"]}
    assert limited.post("/keys", json=same).status_code == 201


def test_the_last_use_is_noted_once_a_minute(
    known: Known, admin_key: str, store: Store, clock: SetClock
) -> None:
    reader = known(admin_key)
    for seconds, noted in ((0, 0), (59, 0), (1, 60), (30, 60)):
        clock.advance(seconds=seconds)
        reader.get("/members")
        assert _record(store).last_used_at == BEGINNING + timedelta(seconds=noted)


def test_no_secret_is_stored_or_logged(
    known: Known, admin_key: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    made = known(admin_key).post("/keys", json={"subject": "ada"}).json()["key"]
    known("pk_wrong").get("/members")
    kept = b"".join(path.read_bytes() for path in tmp_path.glob("placarde.sqlite*"))
    assert made.split("_")[1].encode() in kept
    for key in (admin_key, made):
        secret = key.split("_", 2)[2]
        assert secret.encode() not in kept
        assert secret not in caplog.text
