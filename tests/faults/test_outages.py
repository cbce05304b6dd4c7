"""The database stopped under load, and a disk without room: a clear refusal, then recovery."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import event, text

from app.service.access import authenticate
from app.service.app import create_service
from app.service.context import Services
from app.service.settings import ServiceSettings
from data.store import Store, inputs, open_store, schema
from data.write.campaign_copy import faces_csv
from tests.builders import faces_at
from tests.service.conftest import (
    ROLES_HEADER,
    SECRET,
    SUBJECT_HEADER,
    SetClock,
    import_campaign,
    told_by_headers,
)
from tests.service.tiny import tiny_files
from tests.stores import Cluster

WHO = {SUBJECT_HEADER: "planificatrice", ROLES_HEADER: "planner@*"}
CLIENTS = 4
PATIENCE_S = 120.0


def service_on(store: Store, folder: Path) -> FastAPI:
    told = ServiceSettings("sqlite://", folder, SECRET, requests_a_minute=0)
    app = create_service(Services(store, told, SetClock()))
    app.dependency_overrides[authenticate] = told_by_headers
    return app


def client_of(app: FastAPI) -> TestClient:
    return TestClient(app, headers=WHO, raise_server_exceptions=False)


class Load:
    """Clients that ask for the rows of an input, and one that adds rows; they note what they get.

    `added` are the rows that were acknowledged, `asked` all that were asked for.
    """

    def __init__(self, app: FastAPI, path: str, row: Mapping[str, str]) -> None:
        self._ended = threading.Event()
        self.answers: list[tuple[int, str | None]] = []
        self.added: set[str] = set()
        self.asked: set[str] = set()
        self._threads = [
            threading.Thread(target=self._ask, args=(client_of(app), path)) for _ in range(CLIENTS)
        ]
        adding = threading.Thread(target=self._add, args=(client_of(app), path, dict(row)))
        self._threads.append(adding)

    @contextmanager
    def going_on(self) -> Iterator[None]:
        """Let the clients ask meanwhile."""
        for thread in self._threads:
            thread.start()
        try:
            yield
        finally:
            self._ended.set()
            for thread in self._threads:
                thread.join()

    def _ask(self, client: TestClient, path: str) -> None:
        while not self._ended.is_set():
            answer = client.get(path)
            self.answers.append((answer.status_code, answer.headers.get("Retry-After")))

    def _add(self, client: TestClient, path: str, row: dict[str, str]) -> None:
        while not self._ended.is_set():
            new = f"n{len(self.asked)}"
            self.asked.add(new)
            answer = client.post(path, json={"cells": {**row, "maison_id": new}})
            self.answers.append((answer.status_code, answer.headers.get("Retry-After")))
            if answer.status_code == 201:
                self.added.add(new)

    def wait_for(self, status: int) -> None:
        """Wait until a client gets an answer of this status from now on."""
        seen, last = len(self.answers), time.monotonic() + PATIENCE_S
        while not any(found == status for found, _ in self.answers[seen:]):
            assert time.monotonic() < last, f"no answer {status}"
            time.sleep(0.02)


@pytest.mark.slow
def test_a_database_that_stops_under_load_is_waited_for(tmp_path: Path) -> None:
    cluster = Cluster()
    try:
        cluster.start()
        store = open_store(cluster.new_database())
        campaign_id = import_campaign(store, tiny_files())
        app = service_on(store, tmp_path)
        with store.read() as tx:
            rows = list(inputs.every(tx, campaign_id, "maisons"))
        known = {each.row_id for each in rows}
        load = Load(app, f"/campaigns/{campaign_id}/maisons/rows", rows[0].cells)
        with load.going_on():
            load.wait_for(200)
            load.wait_for(201)
            cluster.stop()
            load.wait_for(503)
            assert client_of(app).get("/health").status_code == 200
            assert client_of(app).get("/ready").status_code == 503
            cluster.start()
            load.wait_for(200)
            load.wait_for(201)
        assert client_of(app).get("/ready").status_code == 200
        with store.read() as tx:
            found = {each.row_id for each in inputs.every(tx, campaign_id, "maisons")}
        store.close()
    finally:
        cluster.remove()
    assert {status for status, _ in load.answers} == {200, 201, 503}
    assert all((wait is not None) == (status == 503) for status, wait in load.answers)
    assert known | load.added <= found <= known | load.asked, "nothing acknowledged is lost"


def test_a_disk_without_room_refuses_an_upload_and_corrupts_nothing(tmp_path: Path) -> None:
    store = open_store(f"sqlite:///{tmp_path / 'small.sqlite'}")
    schema.upgrade(store)
    campaign_id = import_campaign(store, tiny_files())
    client = client_of(service_on(store, tmp_path))
    path = f"/campaigns/{campaign_id}/faces"
    before = client.get(path)
    with full_disk(store):
        answer = client.put(
            path,
            headers={"If-Match": before.headers["ETag"]},
            files={"file": ("inventaire.csv", many_faces())},
        )
    assert (answer.status_code, answer.json()["code"]) == (507, "disk-full")
    assert client.get(path).json() == before.json()
    with store.read() as tx:
        assert inputs.count(tx, campaign_id, "faces") == 64
        assert tx.scalar(text("PRAGMA integrity_check")) == "ok"
    again = client.put(
        path,
        headers={"If-Match": before.headers["ETag"]},
        files={"file": ("inventaire.csv", many_faces())},
    )
    assert again.status_code == 200, again.text
    store.close()


@contextmanager
def full_disk(store: Store) -> Iterator[None]:
    """Let the file of a store grow no more."""

    def limit(connection: Any, _record: object) -> None:
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
        connection.execute(f"PRAGMA max_page_count={pages}")

    event.listen(store.engine, "connect", limit)
    store.engine.dispose()
    try:
        yield
    finally:
        event.remove(store.engine, "connect", limit)
        store.engine.dispose()


def many_faces() -> bytes:
    """Return an inventory that needs more room than there is."""
    places = [(0.5 + (k % 39), 0.5 + (k // 39) % 39 + 0.001 * k / 39) for k in range(3000)]
    return faces_csv(faces_at(places))
