"""Signed links: one plan, one view, until a day; counted, revocable, and telling nothing else."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta

import pytest
from fastapi.testclient import TestClient

from app.service import jobs
from app.service.access import Role
from app.service.app import create_service
from app.service.context import Services
from app.service.settings import ServiceSettings
from data.store import Store, links, plans
from data.store.tables import LinkRecord
from tests.service.conftest import BEGINNING, AsRole, SetClock
from tests.service.planned import put_plan, run_here


@pytest.fixture(autouse=True)
def _in_this_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "run_child", run_here)


@pytest.fixture
def plan_id(store: Store, tiny: str) -> str:
    return put_plan(store, tiny)


def _link(client: TestClient, plan_id: str, **body: object) -> dict[str, str]:
    answer = client.post(f"/plans/{plan_id}/links", json={"view": "officials", **body})
    assert answer.status_code == 201, answer.text
    found: dict[str, str] = answer.json()
    found["path"] = found["url"].removeprefix("http://testserver")
    return found


def test_a_link_opens_one_page_and_nothing_leads_further(
    client: TestClient, nobody: TestClient, plan_id: str, service: Services
) -> None:
    for view, file in (("officials", "carte-elus.html"), ("buyer", "carte-regie.html")):
        page = nobody.get(_link(client, plan_id, view=view)["path"])
        with service.store.read() as tx:
            assert page.content == plans.file(tx, plan_id, file)
        assert page.headers["Cache-Control"] == "no-store"
        assert "noindex" in page.headers["X-Robots-Tag"]
        assert page.headers["Content-Security-Policy"].startswith("default-src 'none'; script-src")
        assert "frame-ancestors 'none'" in page.headers["Content-Security-Policy"]
        targets = re.findall(r'(?:href|src|action)="([^"#]+)', page.text)
        own = [each for each in targets if not each.startswith(("data:", "https://"))]
        assert own == []
        assert plan_id not in page.text


def test_a_link_says_nothing_else_and_there_is_no_list(nobody: TestClient, plan_id: str) -> None:
    for path in ("/v", "/v/", f"/plans/{plan_id}/links", f"/plans/{plan_id}/carte-elus.html"):
        assert nobody.get(path).status_code in {401, 404}, path


def test_every_token_that_opens_nothing_gets_the_same_404(
    client: TestClient, nobody: TestClient, plan_id: str, clock: SetClock, service: Services
) -> None:
    good, revoked = _link(client, plan_id), _link(client, plan_id)
    old = _link(client, plan_id, expires_in_days=1)
    path = f"/plans/{plan_id}/links/{revoked['link_id']}"
    assert client.post(f"{path}/revoke").json()["revoked_at"] is not None
    other = TestClient(create_service(replace(service, settings=_other_secret(service))))
    assert nobody.get(old["path"]).status_code == 200
    clock.advance(days=1)
    link_id, tag = good["path"].removeprefix("/v/").split(".")
    bad = [
        "none",
        f"{link_id}.{'A' * 43}",
        f"{revoked['link_id']}.{tag}",
        f"{link_id}.{tag}A",
        link_id,
        f"l_{'2' * 21}.{tag}",
        revoked["path"].removeprefix("/v/"),
        old["path"].removeprefix("/v/"),
    ]
    answers = [nobody.get(f"/v/{token}") for token in bad] + [other.get(good["path"])]
    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.content for answer in answers}) == 1
    assert "n’ouvre rien" in answers[0].text
    assert nobody.get(good["path"]).status_code == 200


def _other_secret(service: Services) -> ServiceSettings:
    return replace(service.settings, secret=b"another secret of thirty-two bytes")


def test_a_clock_set_back_revives_no_link(
    client: TestClient, nobody: TestClient, plan_id: str, clock: SetClock
) -> None:
    path = _link(client, plan_id, expires_in_days=2)["path"]
    clock.advance(days=2)
    assert nobody.get(path).status_code == 404
    clock.advance(days=-2)
    assert nobody.get(path).status_code == 404


def test_a_link_edited_in_the_database_opens_nothing(
    client: TestClient, nobody: TestClient, plan_id: str, store: Store
) -> None:
    later = BEGINNING + timedelta(days=300)
    for change in ({"view": "buyer"}, {"expires_at": later}):
        link = _link(client, plan_id)
        with store.write() as tx:
            record = tx.get_one(LinkRecord, link["link_id"])
            for name, value in change.items():
                setattr(record, name, value)
        assert nobody.get(link["path"]).status_code == 404


def test_uses_are_counted_and_refusals_are_not(
    client: TestClient, nobody: TestClient, plan_id: str
) -> None:
    link = _link(client, plan_id, label="Mairie de Vif")
    for _ in range(3):
        nobody.get(link["path"])
    nobody.get(link["path"] + "x")
    (listed,) = client.get(f"/plans/{plan_id}/links").json()["items"]
    assert (listed["uses"], listed["label"]) == (3, "Mairie de Vif")
    assert listed["last_used_at"] is not None
    assert link["path"].split(".")[1] not in str(listed)
    assert client.get(f"/plans/{plan_id}/links/{link['link_id']}").json() == listed


def test_only_views_that_the_plan_has_can_be_linked(client: TestClient, plan_id: str) -> None:
    for view in ("officials-nulle-part", "internal", "../plan.json", "officials-", ""):
        answer = client.post(f"/plans/{plan_id}/links", json={"view": view})
        assert answer.status_code == 422, view


def test_a_link_is_managed_only_with_the_plan_that_it_is_of(
    client: TestClient, as_role: AsRole, store: Store, tiny: str, plan_id: str
) -> None:
    link = _link(client, plan_id)
    other = put_plan(store, tiny)
    path = f"/plans/{other}/links/{link['link_id']}"
    assert client.get(path).status_code == 404
    assert client.post(f"{path}/revoke").status_code == 404
    reader = as_role(Role.READER, campaign_id=tiny)
    assert reader.get(f"/plans/{plan_id}/links").status_code == 403


def test_an_open_link_shows_a_portrait_no_longer_once_it_is_withdrawn(
    client: TestClient, nobody: TestClient, plan_id: str, tiny: str
) -> None:
    path = _link(client, plan_id)["path"]
    before = nobody.get(path).text
    assert client.post(f"/campaigns/{tiny}/agents/A1/withdraw").status_code == 200
    after = nobody.get(path)
    assert after.status_code == 200
    assert before.count("data:image/svg+xml") - after.text.count("data:image/svg+xml") == 1


def test_a_page_is_not_given_out_while_it_still_shows_who_withdrew(
    client: TestClient, nobody: TestClient, plan_id: str, store: Store
) -> None:
    path = _link(client, plan_id)["path"]
    with store.write() as tx:
        plan = plans.get(tx, plan_id)
        assert plan is not None
        plan.withdrawn = ["A1"]
    answer = nobody.get(path)
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    with store.read() as tx:
        assert links.page(tx, plan_id, after=None, limit=9)[0].uses == 0
