"""What is kept of the store to answer faster: nothing that has changed is ever answered."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from app.service.access import Role
from app.service.app import create_service
from app.service.context import Services
from data.store import Store, inputs, keys, members, open_store
from data.store.tables import KeyRecord, MembershipRecord
from tests.service.conftest import BEGINNING, SetClock
from tests.service.features import add_plan, read
from tests.service.planned import ACT


@pytest.fixture
def elsewhere(service: Services) -> Iterator[Store]:
    """Yield the store as another process has it."""
    store = open_store(service.settings.database_url)
    yield store
    store.close()


@pytest.fixture
def real(service: Services) -> FastAPI:
    return create_service(service)


@pytest.fixture
def key(store: Store, tiny: str) -> tuple[KeyRecord, str]:
    with store.write() as tx:
        members.grant(tx, subject="ada", campaign_id=tiny, role=Role.PLANNER.value, act=ACT)
        until = BEGINNING + timedelta(days=1)
        return keys.create(tx, subject="ada", label="", act=ACT, expires_at=until)


@pytest.fixture
def known(real: FastAPI, key: tuple[KeyRecord, str]) -> TestClient:
    """Return a client with a key whose use was noted already."""
    client = TestClient(real, headers={"X-Api-Key": key[1]})
    client.get("/campaigns")
    return client


class _UnreadStore(Store):
    """A store that may not be read."""

    def read(self) -> None:  # type: ignore[override]  # nothing is given
        raise AssertionError("the store was read")


def test_a_page_that_is_kept_is_answered_without_reading_the_store(
    real: FastAPI, service: Services, known: TestClient, tiny: str
) -> None:
    path = f"/campaigns/{tiny}/ogc/collections/faces/items?limit=5"
    first, second = read(known, path), read(known, path)
    real.state.services = replace(service, store=_blind(service.store))
    third = read(known, path)
    state = known.get(path).headers["ETag"]
    assert known.get(path, headers={"If-None-Match": state}).status_code == 304
    assert first["features"] == second["features"] == third["features"]
    assert first["links"] == third["links"]
    assert known.get(path.replace("=5", "=6")).status_code == 500  # this one must be read


def _blind(store: Store) -> Store:
    """Return the same store, with its marks, that may not be read."""
    blind = _UnreadStore(store.engine)
    blind.mark = store.mark  # type: ignore[method-assign]  # the marks of the connection at work
    return blind


@pytest.mark.parametrize("who", ["store", "elsewhere"])
def test_a_change_is_seen_by_the_next_request_whoever_made_it(
    known: TestClient, tiny: str, who: str, request: pytest.FixtureRequest
) -> None:
    changed: Store = request.getfixturevalue(who)
    path = f"/campaigns/{tiny}/ogc/collections/faces/items?limit=1"
    postings = path.replace("faces", "postings")
    (before,) = read(known, path)["features"]
    assert read(known, postings)["numberMatched"] == 0
    with changed.write() as tx:
        record = inputs.get(tx, tiny, "faces")
        row = inputs.row(tx, tiny, "faces", before["id"])
        assert record is not None
        assert row is not None
        inputs.change_row(tx, record, row, cells={"city": "Ailleurs"}, act=ACT)
    (after,) = read(known, path)["features"]
    assert before["properties"]["city"] != "Ailleurs"
    assert after["properties"]["city"] == "Ailleurs"
    add_plan(changed, tiny)
    assert read(known, postings)["numberMatched"] > 0


def test_a_key_that_is_revoked_elsewhere_is_refused_at_once(
    known: TestClient, key: tuple[KeyRecord, str], elsewhere: Store, tiny: str
) -> None:
    path = f"/campaigns/{tiny}/ogc/collections/faces/items"
    assert known.get(path).status_code == known.get(path).status_code == 200
    with elsewhere.write() as tx:
        keys.revoke(tx, key[0].key_id, act=ACT)
    assert known.get(path).status_code == 401


def test_a_role_that_is_taken_away_elsewhere_is_gone_at_once(
    known: TestClient, elsewhere: Store, tiny: str
) -> None:
    path = f"/campaigns/{tiny}/ogc/collections/faces/items"
    assert known.get(path).status_code == known.get(path).status_code == 200
    with elsewhere.write() as tx:
        for record in tx.query(MembershipRecord).filter_by(subject="ada"):
            tx.delete(record)
    assert known.get(path).status_code == 404


def test_a_key_that_was_recognised_expires_though_nothing_changes(
    known: TestClient, service: Services, clock: SetClock, tiny: str
) -> None:
    path = f"/campaigns/{tiny}/ogc/collections/faces/items"
    assert known.get(path).status_code == 200
    mark = service.store.mark()
    clock.advance(days=1)
    assert service.store.mark() == mark
    assert known.get(path).status_code == 401


def test_another_key_is_never_taken_for_one_that_was_recognised(
    real: FastAPI, known: TestClient, key: tuple[KeyRecord, str], tiny: str
) -> None:
    path = f"/campaigns/{tiny}/ogc/collections/faces/items"
    assert known.get(path).status_code == known.get(path).status_code == 200
    for other in (key[1][:-1] + ("A" if key[1][-1] != "A" else "B"), key[1].upper(), ""):
        assert TestClient(real, headers={"X-Api-Key": other}).get(path).status_code == 401


def test_prices_that_one_may_see_are_not_kept_for_another(
    real: FastAPI, known: TestClient, store: Store, tiny: str
) -> None:
    path = f"/campaigns/{tiny}/ogc/collections/faces/items?limit=1"
    with store.write() as tx:
        few = keys.create(tx, subject="ada", label="", act=ACT, scopes=["features.read"])[1]
    plain = TestClient(real, headers={"X-Api-Key": few})
    for _ in range(2):  # read, then kept
        assert "price_eur" in read(known, path)["features"][0]["properties"]
        assert "price_eur" not in read(plain, path)["features"][0]["properties"]
