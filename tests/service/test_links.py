"""Signed links: one plan, one view, until a day; counted, revocable, and telling nothing else."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient

from app.service import jobs
from app.service.access import Role
from app.service.app import create_service
from app.service.context import Services
from app.service.settings import ServiceSettings
from app.service.zone_pages import zones_by_name
from data.store import Store, links, plans
from data.store.tables import LinkRecord
from geo.model import Zone
from tests.builders import square_zones
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
    assert nobody.head(link["path"]).status_code == 200  # as programs that check links ask
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


def _open(nobody: TestClient, path: str) -> str:
    page = nobody.get(path)
    assert page.status_code == 200, page.text
    return page.text


def test_a_link_to_a_zone_opens_the_page_of_that_zone_alone(
    client: TestClient, nobody: TestClient, plan_id: str, service: Services
) -> None:
    link = _link(client, plan_id, zone="t1")
    assert link["view"] == "officials-t1"
    page = _open(nobody, link["path"])
    with service.store.read() as tx:
        whole = plans.file(tx, plan_id, "carte-elus.html")
        assert plans.file(tx, plan_id, "carte-elus-t1.html") == page.encode()
    assert whole is not None
    assert "Maison 1" in page
    assert "Maison 4" not in page
    assert b"Maison 4" in whole
    assert plan_id not in page
    assert nobody.get(f"/plans/{plan_id}/carte-elus-t1.html").status_code in {401, 404}
    by_name = _link(client, plan_id, view="officials-t1")
    assert _open(nobody, by_name["path"]) == page


def test_the_page_of_a_zone_follows_the_plan_and_is_made_once_for_each_revision(
    client: TestClient,
    nobody: TestClient,
    plan_id: str,
    *,
    tiny: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made: list[str] = []

    def counted(name: str, *args: Any, **kwargs: Any) -> dict[str, bytes]:
        made.append(name)
        return run_here(name, *args, **kwargs)

    path = _link(client, plan_id, zone="t1")["path"]
    before = _open(nobody, path)
    client.post(f"/campaigns/{tiny}/agents/A1/withdraw")
    monkeypatch.setattr(jobs, "run_child", counted)
    after = _open(nobody, path)
    assert after != before
    assert _open(nobody, path) == after
    assert made == ["export"]


def test_a_closed_link_makes_no_page(
    client: TestClient,
    nobody: TestClient,
    plan_id: str,
    *,
    tiny: str,
    clock: SetClock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    path = _link(client, plan_id, zone="t1", expires_in_days=1)["path"]
    client.post(f"/campaigns/{tiny}/agents/A1/withdraw")
    clock.advance(days=2)

    def never(*_: object, **__: object) -> dict[str, bytes]:
        raise AssertionError

    monkeypatch.setattr(jobs, "run_child", never)
    assert nobody.get(path).status_code == 404


@pytest.mark.parametrize(
    "body",
    [
        {"view": "officials", "zone": "t9"},
        {"view": "buyer", "zone": "t1"},
        {"view": "officials-nulle-part"},
        {"view": "officials-"},
    ],
)
def test_a_zone_that_the_plan_does_not_have_has_no_link(
    client: TestClient, plan_id: str, body: dict[str, str]
) -> None:
    answer = client.post(f"/plans/{plan_id}/links", json=body)
    assert answer.status_code == 422


def test_zones_of_one_name_are_told_apart_and_names_fit_a_link() -> None:
    area = square_zones()[0].area
    long = "Communauté de communes de la Matheysine et du Valbonnais"
    zones = [
        Zone("38", "Isère", "departement", None, 1, area),
        Zone("b", long, "epci", "38", 1, area),
        Zone("a", long, "epci", "38", 1, area),
        Zone("38000", "Isère", "commune", "a", 1, area),
        Zone("x y", "…", "commune", "a", 1, area),
    ]
    assert zones_by_name(zones) == {
        "isere": "38",
        "communaute-de-communes-de-la-m": "a",
        "communaute-de-communes-de-la-2": "b",
        "isere-2": "38000",
        "x-y": "x y",
    }
    assert max(map(len, zones_by_name(zones))) <= 30
