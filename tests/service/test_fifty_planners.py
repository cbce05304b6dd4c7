"""Fifty planners edit one campaign at once, over HTTP, through two processes of the service.

Every change is either applied or refused with 412; what was applied is in the audit trail, which
replays to the rows that are there at the end.
"""

from __future__ import annotations

import http.client
import json
import os
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from random import Random
from typing import Any

import pytest

from app.service.access import EVERYWHERE, Role
from data.store import Tx, audit, inputs, keys, members, open_store
from data.store.audit import Act
from tests.service.conftest import BEGINNING, import_campaign
from tests.service.tiny import tiny_files
from tests.stores import store_url  # noqa: F401 -- a fixture

PLANNERS = 50
EDITS = 3
HOT = [f"f{i:02}" for i in range(6)]
"""The faces that all of them edit."""
PATIENCE_S = 120.0
SERVE = """
import os, sys, uvicorn
from app.service.app import create_service
from app.service.context import Services
from app.service.settings import service_settings
from data.store import open_store
settings = service_settings(os.environ, secret=b"thirty-two bytes at the very least")
services = Services(open_store(settings.database_url), settings)
uvicorn.run(create_service(services), port=int(sys.argv[1]), log_level="warning")
"""
Rows = dict[tuple[str, str], dict[str, str]]
Outcome = Counter[tuple[str, int]]


@pytest.mark.slow
def test_fifty_planners_lose_nothing(store_url: str, tmp_path: Path) -> None:  # noqa: F811
    campaign_id, key = _prepared(store_url)
    before = _rows_of(store_url, campaign_id)
    with _served(store_url, tmp_path) as ports:
        begin = threading.Barrier(PLANNERS)

        def planner(number: int) -> tuple[Outcome, Counter[str]]:
            begin.wait()
            return _work(number, ports[number % 2], key, campaign_id)

        with ThreadPoolExecutor(PLANNERS) as pool:
            outcomes = list(pool.map(planner, range(PLANNERS)))
    answers = sum((each for each, _ in outcomes), Outcome())
    raised = sum((each for _, each in outcomes), Counter[str]())
    assert set(answers) <= {("change", 200), ("change", 412), ("add", 201), ("delete", 204)}
    assert sum(n for (what, _), n in answers.items() if what == "change") == PLANNERS * EDITS
    assert answers["change", 412] > 0, "they never met: the test shows nothing"
    after = _rows_of(store_url, campaign_id)
    for row_id in HOT:
        price = int(after["faces", row_id]["price_eur"])
        assert price == int(before["faces", row_id]["price_eur"]) + raised[row_id]
    replayed, told = _replayed(store_url, campaign_id, before)
    assert replayed == after
    assert told == Counter(
        {
            "row.change": answers["change", 200],
            "row.add": answers["add", 201],
            "row.delete": answers["delete", 204],
        }
    )


def _prepared(url: str) -> tuple[str, str]:
    """Return the id of a campaign in a store, and a key that plans it."""
    store = open_store(url)
    try:
        campaign_id = import_campaign(store, tiny_files())
        with store.write() as tx:
            act = Act("tests", BEGINNING, "request-of-tests")
            role = Role.PLANNER.value
            members.grant(tx, subject="p", campaign_id=EVERYWHERE, role=role, act=act)
            _, key = keys.create(tx, subject="p", label="", act=act)
    finally:
        store.close()
    return campaign_id, key


@contextmanager
def _served(url: str, folder: Path) -> Iterator[list[int]]:
    """Yield the ports of two processes that serve one store."""
    environment = {
        **os.environ,
        "PLACARDE_DATABASE_URL": url,
        "PLACARDE_REQUESTS_A_MINUTE": "0",
        "OMP_NUM_THREADS": "1",
    }
    ports = [_free_port(), _free_port()]
    with (folder / "log").open("wb") as log:
        servers = [
            subprocess.Popen(
                [sys.executable, "-c", SERVE, str(port)], env=environment, stdout=log, stderr=log
            )
            for port in ports
        ]
    try:
        for server, port in zip(servers, ports, strict=True):
            _await_ready(server, port)
        yield ports
    finally:
        for server in servers:
            server.terminate()
        for server in servers:
            try:
                server.wait(PATIENCE_S)
            except subprocess.TimeoutExpired:
                server.kill()
                server.wait()


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


def _await_ready(server: subprocess.Popen[bytes], port: int) -> None:
    last = time.monotonic() + PATIENCE_S
    while time.monotonic() < last:
        assert server.poll() is None, "the service ended"
        try:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE_S)
            connection.request("GET", "/ready")
            if connection.getresponse().status == 200:
                return
        except OSError:
            time.sleep(0.1)
        finally:
            connection.close()
    raise AssertionError("the service is not ready")


def _work(number: int, port: int, key: str, campaign_id: str) -> tuple[Outcome, Counter[str]]:
    """Raise prices by one, add a face and take every other one away again; count what happened."""
    answers, raised = Outcome(), Counter[str]()
    random = Random(number)  # noqa: S311 -- the same edits every time
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE_S)
    base = f"/campaigns/{campaign_id}/faces/rows"

    def ask(method: str, path: str, body: object = None, tag: str = "") -> tuple[int, Any, str]:
        headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
        headers |= {"If-Match": tag} if tag else {}
        content = None if body is None else json.dumps(body)
        while True:
            connection.request(method, path, content, headers)
            answer = connection.getresponse()
            received = answer.read()
            if answer.status != 503:  # nothing was done: the service says when to ask again
                break
            time.sleep(int(answer.headers["Retry-After"]) * random.random())
        told = json.loads(received) if received else None
        return answer.status, told, answer.headers.get("ETag", "")

    for _ in range(EDITS):
        row_id = random.choice(HOT)
        _, row, tag = ask("GET", f"{base}/{row_id}")
        cells = {"price_eur": int(row["cells"]["price_eur"]) + 1, "address": f"rue {number}"}
        status, _, _ = ask("PATCH", f"{base}/{row_id}", {"cells": cells}, tag)
        answers["change", status] += 1
        raised[row_id] += status == 200
    new = {**row["cells"], "face_id": f"n{number}"}
    status, _, tag = ask("POST", base, {"cells": new})
    answers["add", status] += 1
    if number % 2:
        status, _, _ = ask("DELETE", f"{base}/n{number}", tag=tag)
        answers["delete", status] += 1
    connection.close()
    return answers, raised


def _rows_of(url: str, campaign_id: str) -> Rows:
    store = open_store(url)
    try:
        with store.read() as tx:
            return _all_rows(tx, campaign_id)
    finally:
        store.close()


def _all_rows(tx: Tx, campaign_id: str) -> Rows:
    return {
        (record.kind, row.row_id): dict(row.cells)
        for record in inputs.of_campaign(tx, campaign_id)
        for row in inputs.every(tx, campaign_id, record.kind)
    }


def _replayed(url: str, campaign_id: str, rows: Rows) -> tuple[Rows, Counter[str]]:
    """Return what the audit trail makes of the rows that there were, and how often it does what."""
    rows, told = {key: dict(cells) for key, cells in rows.items()}, Counter[str]()
    store = open_store(url)
    try:
        with store.read() as tx:
            entries = list(audit.trail(tx, campaign_id, after=None, limit=10_000))
    finally:
        store.close()
    for entry in entries:
        if not entry.action.startswith("row."):
            continue
        told[entry.action] += 1
        change = entry.change
        place = change["kind"], change["row_id"]
        if entry.action == "row.add":
            assert place not in rows
            rows[place] = dict(change["after"]["cells"])
        elif entry.action == "row.delete":
            assert rows.pop(place) == change["before"]["cells"]
        else:
            assert change["before"]["cells"].items() <= rows[place].items()
            rows[place] |= change["after"]["cells"]
    return rows, told
