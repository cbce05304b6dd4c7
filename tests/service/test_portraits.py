"""One portrait at a time: put, read, replaced, removed, and in the plans that are made of it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from fastapi.testclient import TestClient
from httpx2 import Response

from app.service.access import Role
from app.service.app import create_service
from app.service.context import Services
from data.read.folder import PORTRAIT_LIMIT
from data.store import Store, folders
from tests.service.conftest import AsRole, import_campaign
from tests.service.test_campaigns import problem_codes
from tests.service.tiny import tiny_files
from tests.stores import store, store_url

__all__ = ["store", "store_url"]  # fixtures, in the place of those of the conftest

SECRET_PLACE = b"5.7245, 45.1885"
PICTURE = (
    b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 4 5"><metadata>'
    + SECRET_PLACE
    + b'</metadata><rect width="4" height="5"/></svg>\n'
)


@pytest.fixture
def campaign_id(store: Store) -> str:
    return import_campaign(store, tiny_files())


def put(client: TestClient, path: str, content: bytes = PICTURE, tag: str = "") -> Response:
    headers = {"If-Match": tag} if tag else {}
    return client.put(path, files={"file": ("moi.svg", content)}, headers=headers)


def test_a_portrait_is_replaced_without_what_its_file_says_beside_it(
    client: TestClient, campaign_id: str, store: Store
) -> None:
    path = f"/campaigns/{campaign_id}/agents/A1/portrait"
    seen = client.get(path)
    assert (seen.status_code, seen.headers["Content-Type"]) == (200, "image/svg+xml")
    before = client.get(f"/campaigns/{campaign_id}").headers["ETag"]
    assert put(client, path).status_code == 428
    assert put(client, path, tag='"old"').status_code == 412
    done = put(client, path, tag=seen.headers["ETag"])
    assert done.status_code == 200, done.text
    assert (done.json()["portrait_id"], done.json()["shared_with"]) == ("P1", [])
    now = client.get(path)
    assert now.headers["ETag"] == done.headers["ETag"]
    assert b"<rect" in now.content
    assert SECRET_PLACE not in now.content
    known = client.get(path, headers={"If-None-Match": now.headers["ETag"]})
    assert known.status_code == 304
    assert client.get(f"/campaigns/{campaign_id}").headers["ETag"] != before
    with store.read() as tx:
        files = folders.campaign_files(tx, campaign_id)
    assert SECRET_PLACE not in b"".join(files.values())
    assert [name for name in files if "P1" in name] == ["portraits/P1.svg"]


def test_a_portrait_is_removed_and_put_anew_in_another_format(
    client: TestClient, campaign_id: str
) -> None:
    path = f"/campaigns/{campaign_id}/agents/A1/portrait"
    tag = client.get(path).headers["ETag"]
    assert client.delete(path).status_code == 428
    assert client.delete(path, headers={"If-Match": tag}).status_code == 204
    assert client.get(path).status_code == 404
    assert put(client, path, tag=tag).status_code == 412
    assert put(client, path).status_code == 201
    trail = client.get(f"/campaigns/{campaign_id}/audit?limit=1000").json()["items"]
    told = [(each["action"], each["subject"]) for each in trail if "portrait" in each["action"]]
    assert told == [("portrait.delete", "portraits/P1"), ("portrait.put", "portraits/P1")]


def test_what_is_no_picture_or_too_large_is_refused_as_at_the_doors(
    client: TestClient, campaign_id: str
) -> None:
    path = f"/campaigns/{campaign_id}/agents/A1/portrait"
    tag = client.get(path).headers["ETag"]
    bad = put(client, path, b"not a picture", tag)
    assert (bad.status_code, problem_codes(bad)) == (422, {"bad-portrait"})
    large = put(client, path, PICTURE + b" " * PORTRAIT_LIMIT, tag)
    assert large.status_code == 413
    assert put(client, f"/campaigns/{campaign_id}/agents/A9/portrait").status_code == 404
    assert client.put(path, content=b"x", headers={"If-Match": tag}).status_code == 415


def test_a_portrait_id_that_is_no_name_of_a_file_gets_no_picture(
    client: TestClient, campaign_id: str
) -> None:
    row = f"/campaigns/{campaign_id}/agents/rows/A1"
    seen = {"If-Match": client.get(row).headers["ETag"]}
    changed = client.patch(row, json={"cells": {"portrait_id": "../P1"}}, headers=seen)
    assert changed.status_code == 200, changed.text
    answer = put(client, f"/campaigns/{campaign_id}/agents/A1/portrait")
    assert (answer.status_code, answer.json()["code"]) == (422, "bad-portrait-id")


def test_only_planners_change_a_portrait_and_see_one_that_was_withdrawn(
    client: TestClient, as_role: AsRole, campaign_id: str
) -> None:
    path = f"/campaigns/{campaign_id}/agents/A1/portrait"
    approver = as_role(Role.APPROVER)
    assert approver.get(path).status_code == 200
    assert put(approver, path).status_code == 403
    assert as_role(Role.READER).get(path).status_code == 403
    client.post(f"/campaigns/{campaign_id}/agents/A1/withdraw")
    assert approver.get(path).status_code == 404
    assert client.get(path).status_code == 200


def test_an_archived_campaign_keeps_its_portraits(client: TestClient, campaign_id: str) -> None:
    path = f"/campaigns/{campaign_id}/agents/A1/portrait"
    tag = client.get(path).headers["ETag"]
    client.post(f"/campaigns/{campaign_id}/archive", json={"archived": True})
    assert put(client, path, tag=tag).status_code == 409
    assert client.delete(path, headers={"If-Match": tag}).status_code == 409
    assert client.get(path).status_code == 200


@pytest.fixture
def full(service: Services, campaign_id: str, client: TestClient) -> TestClient:
    """Return a client of the same service with next to no room left in the campaign."""
    with service.store.read() as tx:
        held = sum(map(len, folders.campaign_files(tx, campaign_id).values()))
    told = replace(service, settings=replace(service.settings, campaign_quota=held + 60))
    app = create_service(told)
    app.dependency_overrides = client.app.dependency_overrides  # type: ignore[attr-defined]  # the FastAPI app of the client
    return TestClient(app, headers=dict(client.headers))


def test_no_row_and_no_picture_gets_past_the_quota(full: TestClient, campaign_id: str) -> None:
    faces = f"/campaigns/{campaign_id}/faces/rows"
    cells: dict[str, Any] = full.get(f"{faces}/f00").json()["cells"]
    seen = {"If-Match": full.get(f"{faces}/f00").headers["ETag"]}
    added = full.post(faces, json={"cells": {**cells, "face_id": "f" * 90}})
    assert (added.status_code, added.json()["code"]) == (413, "quota-exceeded")
    assert full.get(f"{faces}/{'f' * 90}").status_code == 404
    longer = full.patch(f"{faces}/f00", json={"cells": {"city": "V" * 90}}, headers=seen)
    assert (longer.status_code, longer.json()["code"]) == (413, "quota-exceeded")
    short = full.patch(f"{faces}/f00", json={"cells": {"price_eur": "51"}}, headers=seen)
    assert short.status_code == 200, short.text
    path = f"/campaigns/{campaign_id}/agents/A1/portrait"
    tag = full.get(path).headers["ETag"]
    wide = PICTURE.replace(b'width="4"', b'width="4' + b"0" * 90 + b'"')
    assert put(full, path, wide, tag).status_code == 413
