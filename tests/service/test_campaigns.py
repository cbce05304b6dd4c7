"""Campaigns over the API: made, listed, changed, copied, put away, checked, given out."""

from __future__ import annotations

import io
import tracemalloc
import zipfile
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from fastapi.testclient import TestClient

from app.service.access import Role
from app.service.errors import ApiError
from app.service.settings import ServiceSettings
from app.service.uploads import unzipped
from data.store import Store, audit, campaigns
from tests.service.conftest import AsRole, isere_files
from tests.service.tiny import tiny_files

RULES: dict[str, Any] = {
    "name": "Essai",
    "start": "2017-10-17",
    "periods": 4,
    "period_days": 7,
    "matching": {"budget_eur": 90000, "spacing_m": 500},
    "sequences": {"secteur-nord": [1, 2]},
}


def zip_of(files: dict[str, bytes], *, under: str = "") -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(f"{under}{name}", content)
    return target.getvalue()


def unzip(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def send_zip(client: TestClient, content: bytes) -> Any:
    return client.post("/campaigns", files={"file": ("campagne.zip", content)})


def problem_codes(answer: Any) -> set[str]:
    return {problem["code"] for problem in answer.json()["problems"]}


def test_a_campaign_is_made_from_rules_alone(client: TestClient) -> None:
    made = client.post("/campaigns", json=RULES)
    assert made.status_code == 201
    read = client.get(made.headers["Location"])
    assert read.json()["settings"]["matching"] == {"budget_eur": 90000, "spacing_m": 500}
    assert read.json()["settings"]["campaign"]["start"] == "2017-10-17"
    assert read.json()["inputs"] == {}
    assert read.headers["ETag"] == made.headers["ETag"]


def test_rules_that_do_not_fit_are_all_told_at_once_in_the_words_of_the_command_line(
    client: TestClient,
) -> None:
    wrong = RULES | {"matching": {"budget_eur": -1, "spacing": 500}, "tour": {"kits": "deux"}}
    answer = client.post("/campaigns", json=wrong)
    assert answer.status_code == 422
    columns = {problem["column"] for problem in answer.json()["problems"]}
    assert columns >= {"matching.budget_eur", "matching.spacing", "tour.kits", "tour.depot"}
    assert client.get("/campaigns").json()["items"][2:] == []


@pytest.mark.parametrize(
    "rules",
    [
        RULES | {"name": "nul \x00"},
        RULES | {"name": ""},
        RULES | {"periods": 4.5},
        RULES | {"files": {"zones": "/etc/passwd"}},
        RULES | {"matching": {"budget_eur": None}},
        RULES | {"tour": {"order": [[[[[[[[[["m"]]]]]]]]]]}},
        [],
    ],
)
def test_rules_that_nobody_should_store_are_refused(client: TestClient, rules: object) -> None:
    assert client.post("/campaigns", json=rules).status_code == 422


def test_a_lone_surrogate_in_the_rules_is_refused(client: TestClient) -> None:
    body = '{"name":"\\ud800","start":"2017-10-17","periods":1,"period_days":7}'
    headers = {"Content-Type": "application/json"}
    assert client.post("/campaigns", content=body, headers=headers).status_code == 422


def test_something_that_is_neither_json_nor_a_form_is_refused(client: TestClient) -> None:
    answer = client.post("/campaigns", content=b"a=1", headers={"Content-Type": "text/plain"})
    assert answer.status_code == 415


@pytest.mark.parametrize("under", ["", "ma campagne/"])
def test_a_zip_of_a_folder_becomes_a_campaign_and_comes_back_the_same(
    client: TestClient, under: str
) -> None:
    made = send_zip(client, zip_of(tiny_files(), under=under))
    assert made.status_code == 201, made.text
    assert {kind: each["rows"] for kind, each in made.json()["inputs"].items()} == {
        "zones": 7,
        "maisons": 4,
        "agents": 4,
        "faces": 64,
    }
    assert made.json()["problems"] == []
    out = client.get(f"{made.headers['Location']}/folder.zip")
    again = send_zip(client, out.content)
    assert client.get(f"{again.headers['Location']}/folder.zip").content == out.content
    assert unzip(out.content).keys() == tiny_files().keys()


def test_the_embedded_campaign_goes_in_and_out_without_a_change(
    client: TestClient, isere: str
) -> None:
    files = unzip(client.get(f"/campaigns/{isere}/folder.zip").content)
    assert files.keys() == isere_files().keys()
    portraits = [name for name in files if name.startswith("portraits/")]
    assert len(portraits) == 18
    assert all(files[name] == isere_files()[name] for name in portraits)
    assert client.get(f"/campaigns/{isere}/check").json()["ok"] is True


def test_a_zip_with_problems_stores_nothing_and_tells_them_all(client: TestClient) -> None:
    files = tiny_files()
    files["agents.csv"] = files["agents.csv"].replace(b";t1;", b";t9;")
    files["inventaire.csv"] = files["inventaire.csv"].replace(b"1000;100.00", b"mille;cent", 1)
    answer = send_zip(client, zip_of(files))
    assert answer.status_code == 422
    assert problem_codes(answer) >= {"unknown-zone", "unreadable-number"}
    assert len(client.get("/campaigns").json()["items"]) == 2


def test_a_zip_that_is_none_or_leads_out_of_its_folder_is_refused(client: TestClient) -> None:
    assert send_zip(client, b"pas un zip").status_code == 422
    for name in ("../ailleurs.csv", "/etc/passwd", "a\\b.csv"):
        answer = send_zip(client, zip_of({name: b"x", "campaign.toml": b""}))
        assert answer.json()["code"] in {"bad-zip", "input-problems"}
        assert answer.status_code == 422


class TestSmallQuota:
    """A service that lets campaigns hold little."""

    @pytest.fixture
    def settings(self, settings: ServiceSettings) -> ServiceSettings:
        return ServiceSettings(
            database_url=settings.database_url,
            folder=settings.folder,
            secret=settings.secret,
            campaign_quota=100_000,
        )

    def test_a_zip_that_unpacks_to_more_than_it_seems_is_refused(self, client: TestClient) -> None:
        bomb = zip_of({"campaign.toml": b"#" * 50_000_000})
        assert len(bomb) < 100_000
        answer = send_zip(client, bomb)
        assert (answer.status_code, answer.json()["code"]) == (413, "zip-too-large")


def test_a_zip_fills_no_more_memory_than_it_says() -> None:
    honest = zip_of({"campaign.toml": b"#" * 50_000_000})
    size = (50_000_000).to_bytes(4, "little")
    assert honest.count(size) == 2, "in the local header and in the directory"
    lying = honest.replace(size, (1000).to_bytes(4, "little"))
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_BZIP2) as archive:
        archive.writestr("campaign.toml", b"#" * 50_000_000)
    wrong = packed.getvalue().replace(size, (1000).to_bytes(4, "little"))
    for content, status in ((honest, 413), (lying, 422), (wrong, 422)):
        tracemalloc.start()
        with pytest.raises(ApiError) as refused:
            unzipped(content, most_bytes=1_000_000)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert refused.value.status == status
        assert peak < 5_000_000


def test_campaigns_are_listed_page_by_page(client: TestClient) -> None:
    for i in range(5):
        client.post("/campaigns", json=RULES | {"name": f"Essai {i}"})
    names: list[str] = []
    url: str | None = "/campaigns?limit=3"
    pages = 0
    while url:
        page = client.get(url).json()
        pages += 1
        names += [item["name"] for item in page["items"]]
        url = next((link["href"] for link in page["links"] if link["rel"] == "next"), None)
    assert pages == 3
    assert sorted(names) == sorted(
        ["Carré", "Fiers de notre action", *(f"Essai {i}" for i in range(5))]
    )
    assert len(set(names)) == 7


def test_a_forged_cursor_is_refused(client: TestClient) -> None:
    assert client.get("/campaigns?cursor=Y19hYmM").status_code == 400


def test_a_cursor_of_one_list_is_none_of_another(
    client: TestClient, tiny: str, plan_id: str
) -> None:
    base = f"/campaigns/{tiny}"
    for _ in range(2):
        assert client.post(f"{base}/plans").status_code == 201
    lists = ("/campaigns", f"{base}/jobs", f"{base}/audit", f"{base}/faces/rows")
    cursors = {}
    for path in (*lists, f"/plans/{plan_id}/postings"):
        links = client.get(path, params={"limit": 1}).json()["links"]
        (following,) = [link["href"] for link in links if link["rel"] == "next"]
        assert client.get(following).status_code == 200
        cursors[path] = parse_qs(urlsplit(following).query)["cursor"][0]
    for path in cursors:
        for other, cursor in cursors.items():
            answer = client.get(path, params={"cursor": cursor})
            assert answer.status_code == (200 if path == other else 400), (path, other)


def test_somebody_sees_only_the_campaigns_in_which_they_have_a_role(
    as_role: AsRole, tiny: str, isere: str
) -> None:
    buyer = as_role(Role.BUYER, campaign_id=tiny)
    assert [c["campaign_id"] for c in buyer.get("/campaigns").json()["items"]] == [tiny]
    assert buyer.get(f"/campaigns/{isere}").status_code == 404


def test_rules_with_prices_are_not_told_to_those_who_read_no_inputs(
    as_role: AsRole, client: TestClient, tiny: str
) -> None:
    assert "matching" in client.get(f"/campaigns/{tiny}").json()["settings"]
    told = as_role(Role.READER).get(f"/campaigns/{tiny}").json()
    assert told["settings"].keys() == {"campaign"}
    assert {link["rel"] for link in told["links"]} == {"self", "plans"}


def test_nobody_reads_a_campaign_without_a_key(nobody: TestClient, tiny: str) -> None:
    assert nobody.get(f"/campaigns/{tiny}").status_code == 401


@pytest.mark.parametrize("campaign_id", ["c_nope", "nope", "%00", "c_%EF%BF%BD", "c_" + "9" * 60])
def test_a_campaign_that_is_not_there_is_not_found(client: TestClient, campaign_id: str) -> None:
    assert client.get(f"/campaigns/{campaign_id}").status_code == 404


def test_what_was_read_before_is_not_sent_again(client: TestClient, tiny: str) -> None:
    tag = client.get(f"/campaigns/{tiny}").headers["ETag"]
    for path in ("", "/folder.zip"):
        answer = client.get(f"/campaigns/{tiny}{path}", headers={"If-None-Match": tag})
        assert (answer.status_code, answer.content) == (304, b"")


def test_rules_are_changed_by_section_and_key(client: TestClient, tiny: str) -> None:
    tag = client.get(f"/campaigns/{tiny}").headers["ETag"]
    patch = {"campaign": {"name": "Autre"}, "matching": {"min_faces": None, "fairness": 1}}
    patch |= {"tour": None}
    answer = client.patch(f"/campaigns/{tiny}", json=patch, headers={"If-Match": tag})
    assert answer.status_code == 200, answer.text
    settings = answer.json()["settings"]
    assert settings["matching"] == {"budget_eur": 2000, "spacing_m": 500, "fairness": 1}
    assert "tour" not in settings
    assert (settings["campaign"]["periods"], answer.json()["name"]) == (2, "Autre")
    assert answer.headers["ETag"] != tag


def test_a_change_needs_the_etag_of_what_is_there(client: TestClient, tiny: str) -> None:
    url, patch = f"/campaigns/{tiny}", {"matching": {"min_faces": 3}}
    assert client.patch(url, json=patch).status_code == 428
    tag = client.get(url).headers["ETag"]
    assert client.patch(url, json=patch, headers={"If-Match": tag}).status_code == 200
    late = client.patch(url, json=patch, headers={"If-Match": tag})
    assert late.status_code == 412
    assert late.json()["current"]["settings"]["matching"]["min_faces"] == 3
    assert late.headers["ETag"] == client.get(url).headers["ETag"]


def test_rules_that_do_not_fit_change_nothing(client: TestClient, tiny: str) -> None:
    url = f"/campaigns/{tiny}"
    before = client.get(url)
    for patch in ({"campaign": {"start": "hier"}}, {"campaign": None}, {"autre": {"a": 1}}):
        answer = client.patch(url, json=patch, headers={"If-Match": before.headers["ETag"]})
        assert answer.status_code == 422
    assert client.get(url).json() == before.json()


def test_a_copy_has_the_same_inputs_and_a_life_of_its_own(client: TestClient, tiny: str) -> None:
    copy = client.post(f"/campaigns/{tiny}/copy", json={})
    assert (copy.status_code, copy.json()["name"]) == (201, "Carré (copie)")
    url = copy.headers["Location"]
    one = unzip(client.get(f"/campaigns/{tiny}/folder.zip").content)
    other = unzip(client.get(f"{url}/folder.zip").content)
    assert {n: c for n, c in one.items() if n != "campaign.toml"} == {
        n: c for n, c in other.items() if n != "campaign.toml"
    }
    headers = {"If-Match": "*"}
    client.patch(f"{url}/faces/rows/f01", json={"cells": {"price_eur": 1}}, headers=headers)
    kept = client.get(f"/campaigns/{tiny}/faces/rows/f01").json()
    assert kept["cells"]["price_eur"] == "100"


def test_whoever_copies_a_campaign_plans_the_copy(as_role: AsRole, tiny: str, store: Store) -> None:
    planner = as_role(Role.PLANNER, subject="p", campaign_id=tiny)
    made = planner.post(f"/campaigns/{tiny}/copy", json={"name": "À moi"}).json()
    with store.read() as tx:
        trail = audit.trail(tx, made["campaign_id"], after=None, limit=100)
        actions = {entry.action for entry in trail}
    assert actions >= {"campaign.create", "input.replace"}
    assert any("role" in action or "member" in action for action in actions)


def test_an_archived_campaign_is_read_and_no_longer_changed(client: TestClient, tiny: str) -> None:
    url = f"/campaigns/{tiny}"
    first = client.post(f"{url}/archive", json={})
    again = client.post(f"{url}/archive", json={})
    assert first.json()["archived_at"] == again.json()["archived_at"] is not None
    assert [c["campaign_id"] for c in client.get("/campaigns?archived=true").json()["items"]] == [
        tiny
    ]
    headers = {"If-Match": "*"}
    file = {"file": ("f.csv", tiny_files()["inventaire.csv"])}
    refused = [
        client.patch(url, json={"matching": {"min_faces": 3}}, headers=headers),
        client.patch(f"{url}/faces/rows/f01", json={"cells": {}}, headers=headers),
        client.post(f"{url}/faces/rows", json={"cells": {"face_id": "x"}}),
        client.delete(f"{url}/faces/rows/f01", headers=headers),
        client.delete(f"{url}/faces", headers=headers),
        client.put(f"{url}/faces", files=file, headers=headers),
    ]
    assert [answer.status_code for answer in refused] == [409] * 6
    assert client.get(f"{url}/faces/rows/f01").status_code == 200
    assert client.post(f"{url}/archive", json={"archived": False}).json()["archived_at"] is None
    change = {"matching": {"min_faces": 3}}
    assert client.patch(url, json=change, headers=headers).status_code == 200


def test_check_tells_what_the_command_line_tells(client: TestClient, tiny: str) -> None:
    url = f"/campaigns/{tiny}"
    assert client.get(f"{url}/check").json()["ok"] is True
    client.delete(f"{url}/maisons", headers={"If-Match": "*"})
    told = client.get(f"{url}/check").json()
    assert (told["ok"], told["errors"]) == (False, len(told["problems"]))
    assert {p["column"] for p in told["problems"]} >= {"files.maisons", "tour.depot"}


def test_problems_of_agents_are_told_without_their_cells_to_who_may_not_read_them(
    as_role: AsRole, client: TestClient
) -> None:
    files = tiny_files()
    files["agents.csv"] = files["agents.csv"].replace(b"2018-12-31", b"1817-12-31", 1)
    files["campaign.toml"] = files["campaign.toml"].replace(b"seed = 0", b"partial = true")
    made = send_zip(client, zip_of(files))
    assert made.status_code == 201, made.text
    campaign = made.headers["Location"]
    rows = client.get(f"{campaign}/agents").json()["problems"]
    assert any("1817" in problem["message"] for problem in rows)
    for path in ("/check", "/agents"):
        assert "1817" not in as_role(Role.APPROVER).get(f"{campaign}{path}").text


def test_every_change_of_a_campaign_is_in_the_audit_trail(
    client: TestClient, store: Store, tiny: str
) -> None:
    url = f"/campaigns/{tiny}"
    client.patch(url, json={"matching": {"min_faces": 3}}, headers={"If-Match": "*"})
    client.post(f"{url}/archive", json={})
    with store.read() as tx:
        campaign = campaigns.get(tx, tiny)
        *_, changed, archived = audit.trail(tx, tiny, after=None, limit=100)
    assert campaign is not None
    assert changed.actor == archived.actor == "planificatrice"
    assert (changed.action, changed.change["settings"]) == ("campaign.change", campaign.settings)
    assert (archived.action, archived.version) == ("campaign.archive", campaign.version)
