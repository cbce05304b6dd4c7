"""Limits of requests: by caller and by address, shared by all processes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from app.service.access import EVERYWHERE
from app.service.app import create_service
from app.service.context import Services
from app.service.limits import FAILURES_A_MINUTE, Limiter
from app.service.settings import ServiceSettings
from data.store import Store, allowances, keys, members, open_store
from data.store.allowances import Rate
from data.store.tables import AllowanceRecord
from tests.service.conftest import BEGINNING, SetClock
from tests.service.planned import ACT

A_MINUTE = 60


@pytest.fixture
def settings(store: Store, settings: ServiceSettings) -> ServiceSettings:
    del store
    return replace(settings, requests_a_minute=A_MINUTE)


@pytest.fixture
def key(store: Store) -> str:
    with store.write() as tx:
        members.grant(tx, subject="ada", campaign_id=EVERYWHERE, role="admin", act=ACT)
        return keys.create(tx, subject="ada", label="", act=ACT)[1]


@pytest.fixture
def other_process(service: Services) -> Iterator[Services]:
    store = open_store(service.settings.database_url)
    yield replace(service, store=store)
    store.close()


def _spent(spend: Callable[[], float | None], most: int = 1000) -> int:
    return next(i for i in range(most) if spend() is not None)


def test_processes_share_one_bucket(service: Services, other_process: Services) -> None:
    one, two = Limiter(service), Limiter(other_process)
    first = sum(one.spend("ada") is None for _ in range(A_MINUTE - 10))
    second = _spent(lambda: two.spend("ada"))
    assert first == A_MINUTE - 10
    assert 10 - A_MINUTE // 60 <= second <= 10
    assert two.spend("rene") is None


def test_a_bucket_fills_with_time_and_not_by_a_clock_set_back(
    service: Services, clock: SetClock
) -> None:
    limiter = Limiter(service)
    assert _spent(lambda: limiter.spend("ada")) == A_MINUTE
    wait = limiter.spend("ada")
    assert wait is not None
    assert 0 < wait <= 60 / A_MINUTE
    clock.advance(seconds=10)
    assert _spent(lambda: limiter.spend("ada")) == A_MINUTE // 6
    clock.advance(seconds=-600)
    assert limiter.spend("ada") is not None
    clock.advance(seconds=605)
    assert _spent(lambda: limiter.spend("ada")) == A_MINUTE // 12


def test_reading_seldom_costs_a_write(service: Services) -> None:
    fast = replace(service, settings=replace(service.settings, requests_a_minute=6000))
    limiter = Limiter(fast)
    assert limiter.spend("ada") is None
    with service.store.write() as tx:  # nobody else can write meanwhile, and nobody has to
        assert sum(limiter.spend("ada") is None for _ in range(49)) == 49
        assert tx.get(AllowanceRecord, "ada") is not None


def test_without_a_limit_nothing_is_counted(service: Services) -> None:
    free = replace(service, settings=replace(service.settings, requests_a_minute=0))
    limiter = Limiter(free)
    assert all(limiter.spend("ada") is None for _ in range(10 * A_MINUTE))


def test_a_caller_is_told_when_to_come_back(service: Services, key: str, clock: SetClock) -> None:
    client = TestClient(create_service(service), headers={"X-Api-Key": key})
    statuses = [client.get("/members").status_code for _ in range(A_MINUTE + 1)]
    assert statuses == [200] * A_MINUTE + [429]
    refused = client.get("/members")
    assert refused.headers["Content-Type"] == "application/problem+json"
    clock.advance(seconds=int(refused.headers["Retry-After"]))
    assert client.get("/members").status_code == 200


def test_failures_are_limited_by_address_and_good_keys_are_not_refused_for_them(
    service: Services, key: str
) -> None:
    app: FastAPI = create_service(service)
    guessing = TestClient(app, headers={"X-Api-Key": "pk_0000000000_guess"}, client=("::1", 5))
    statuses = [guessing.get("/members").status_code for _ in range(FAILURES_A_MINUTE + 5)]
    assert statuses == [401] * FAILURES_A_MINUTE + [429] * 5
    neighbour = TestClient(app, headers={"X-Api-Key": "pk_bad"}, client=("::2", 5))
    assert neighbour.get("/members").status_code == 429
    elsewhere = TestClient(app, headers={"X-Api-Key": "pk_bad"}, client=("192.0.2.1", 5))
    assert elsewhere.get("/members").status_code == 401
    good = TestClient(app, headers={"X-Api-Key": key}, client=("::1", 5))
    assert good.get("/members").status_code == 200


def test_links_are_limited_by_address_and_no_address_is_kept(service: Services) -> None:
    app = create_service(service)
    visitor = TestClient(app, client=("192.0.2.77", 5))
    statuses = [visitor.get("/v/none").status_code for _ in range(A_MINUTE + 1)]
    assert statuses == [404] * A_MINUTE + [429]
    with service.store.read() as tx:
        assert not any("192.0.2.77" in each.subject for each in tx.query(AllowanceRecord))


def test_buckets_that_are_full_again_are_removed(store: Store) -> None:
    with store.write() as tx:
        allowances.draw(tx, "old", most=1, rate=Rate(60), at=BEGINNING)
        allowances.draw(tx, "new", most=1, rate=Rate(60), at=BEGINNING + timedelta(days=2))
        allowances.drop_before(tx, BEGINNING + timedelta(days=1))
        assert [each.subject for each in tx.query(AllowanceRecord)] == ["new"]
