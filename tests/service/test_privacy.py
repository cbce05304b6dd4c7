"""Personal data: consents withdrawn, people forgotten, campaigns not kept for ever."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from app.service import jobs, privacy
from app.service.access import Role
from app.service.context import Services
from app.service.errors import ApiError
from data.store import Store, campaigns, consents, erasure, folders, inputs, plans
from data.store import jobs as job_store
from data.store.tables import (
    ROWS,
    AuditRecord,
    CampaignRecord,
    JobInputRecord,
    JobStatus,
    PlanRecord,
)
from tests.service.conftest import AsRole, SetClock, import_campaign
from tests.service.planned import ACT, planned, put_plan, run_here
from tests.service.test_campaigns import unzip
from tests.service.tiny import tiny_files

NAME, HEADLINE = "Zoé Qztxname", "Chez « Qztxtitre », tous les jours"
PICTURE = b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 4 5"><desc>Qztxpic</desc></svg>'


@pytest.fixture(autouse=True)
def _in_this_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "run_child", run_here)


@pytest.fixture
def plan_id(store: Store, tiny: str) -> str:
    return put_plan(store, tiny)


def _plan(store: Store, plan_id: str) -> PlanRecord:
    with store.read() as tx:
        found = plans.get(tx, plan_id)
        assert found is not None
        return found


def _shown(store: Store, plan_id: str) -> set[str]:
    with store.read() as tx:
        document = json.loads(plans.files(tx, plan_id)["plan.json"])
    return {each["agent_id"] for each in document["allocation"]["postings"]}


def _patch(client: TestClient, campaign_id: str, agent_id: str, **cells: str) -> None:
    path = f"/campaigns/{campaign_id}/agents/rows/{agent_id}"
    tag = client.get(path).headers["ETag"]
    answer = client.patch(path, json={"cells": cells}, headers={"If-Match": tag})
    assert answer.status_code == 200, answer.text


def test_a_withdrawn_consent_takes_the_portrait_out_of_plan_views_and_exports(
    client: TestClient, store: Store, tiny: str, plan_id: str
) -> None:
    assert "A1" in _shown(store, plan_id)
    answer = client.post(f"/campaigns/{tiny}/agents/A1/withdraw")
    assert answer.json() == {
        "agent_id": "A1",
        "plans": [plan_id],
        "pending": [],
        "replan_proposed": True,
    }
    assert _shown(store, plan_id) == {"A2", "A3", "A4"}
    with store.read() as tx:
        files = plans.files(tx, plan_id)
        row = inputs.row(tx, tiny, "agents", "A1")
    assert row is not None
    assert row.cells["consent_media"] == ""
    assert b";P1;" not in files["affichage.csv"]
    assert not any("P1" in path for path in files)
    assert client.get(f"/plans/{plan_id}/verify").json()["violations"] == []


def test_a_row_that_narrows_a_consent_withholds_the_plans_at_once(
    client: TestClient, store: Store, service: Services, tiny: str, plan_id: str
) -> None:
    _patch(client, tiny, "A2", consent_until="2017-10-20")
    plan = _plan(store, plan_id)
    assert (plan.withdrawn, plan.left_out) == (["A2"], [])
    with store.read() as tx, pytest.raises(plans.WithheldError):
        plans.file(tx, plan_id, "carte-elus.html")
    privacy.tend(service)
    assert _shown(store, plan_id) == {"A1", "A3", "A4"}


@pytest.mark.parametrize(
    "cells",
    [
        {"consent_until": "2017-12-31"},  # after the campaign and its tour
        {"consent_media": "affichage|exposition|web"},
        {"headline": "Autre chose"},
    ],
)
def test_what_narrows_nothing_withdraws_nothing(
    client: TestClient, store: Store, tiny: str, plan_id: str, cells: dict[str, str]
) -> None:
    _patch(client, tiny, "A2", **cells)
    assert _plan(store, plan_id).withdrawn == []


def test_a_file_of_agents_with_a_narrower_consent_withdraws_it(
    store: Store, tiny: str, plan_id: str
) -> None:
    with store.write() as tx:
        record = inputs.get(tx, tiny, "agents")
        assert record is not None
        rows = [
            replace(row, cells={**row.cells, "consent_media": "presse"})
            if row.row_id == "A3"
            else row
            for row in inputs.every(tx, tiny, "agents")
            if row.row_id != "A4"  # merely gone from the file
        ]
        inputs.replace(
            tx,
            tiny,
            "agents",
            file_name="agents.csv",
            sha256="0" * 64,
            headings=record.headings,
            rows=rows,
            problems=[],
            act=ACT,
        )
    assert _plan(store, plan_id).withdrawn == ["A3"]


def test_a_narrower_consent_is_a_withdrawal_even_where_nobody_was_among_the_rows_meanwhile(
    client: TestClient, store: Store, tiny: str, plan_id: str
) -> None:
    """The plans tell what was agreed to: a deleted file or row is no way around them."""
    with store.read() as tx:
        rows = list(inputs.every(tx, tiny, "agents"))
    _delete(client, f"/campaigns/{tiny}/agents/rows/A1")
    less = {**rows[0].cells, "consent_media": "presse"}
    added = client.post(f"/campaigns/{tiny}/agents/rows", json={"cells": less})
    assert added.status_code == 201, added.text
    assert _plan(store, plan_id).withdrawn == ["A1"]
    _delete(client, f"/campaigns/{tiny}/agents")
    lines = [";".join(rows[0].cells)]
    for row in rows:
        agreed = {"consent_until": "2017-10-20"} if row.row_id == "A3" else {}
        lines.append(";".join({**row.cells, **agreed}.values()))
    sent = client.post(
        f"/campaigns/{tiny}/agents",
        files={"file": ("agents.csv", "\n".join(lines).encode())},
    )
    assert sent.status_code == 201, sent.text
    assert _plan(store, plan_id).withdrawn == ["A1", "A3"]
    assert [each["code"] for each in sent.json()["problems"]] == ["consent-withdrawn"], "A1 again"


def test_somebody_whose_row_is_gone_still_withdraws_from_plans_and_is_forgotten(
    client: TestClient, store: Store, tiny: str, plan_id: str
) -> None:
    _delete(client, f"/campaigns/{tiny}/agents")
    assert "A1" in _shown(store, plan_id)
    answer = client.post(f"/campaigns/{tiny}/agents/A1/withdraw")
    assert (answer.status_code, answer.json()["plans"]) == (200, [plan_id])
    assert client.post(f"/campaigns/{tiny}/agents/A2/forget").status_code == 200
    assert _shown(store, plan_id) == {"A3", "A4"}
    for verb in ("withdraw", "forget"):
        assert client.post(f"/campaigns/{tiny}/agents/A9/{verb}").status_code == 404


def _delete(client: TestClient, path: str) -> None:
    answer = client.delete(path, headers={"If-Match": client.get(path).headers["ETag"]})
    assert answer.status_code in {200, 204}, answer.text


def test_a_plan_that_was_under_way_is_withheld_too(store: Store, tiny: str, plan_id: str) -> None:
    with store.write() as tx:
        consents.withdraw(tx, tiny, ["A1"], ACT)
    late = put_plan(store, tiny)
    assert _plan(store, late).withdrawn == ["A1"]
    with store.read() as tx:
        assert set(consents.withheld(tx)) == {plan_id, late}


def test_a_plan_that_cannot_be_made_again_stays_withheld_and_is_told(
    client: TestClient, store: Store, tiny: str, plan_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def busy(*_: object, **__: object) -> dict[str, bytes]:
        raise ApiError(503, "busy", "No.")

    monkeypatch.setattr(jobs, "run_child", busy)
    answer = client.post(f"/campaigns/{tiny}/agents/A1/withdraw")
    assert (answer.status_code, answer.json()["pending"]) == (200, [plan_id])
    monkeypatch.setattr(jobs, "run_child", run_here)
    answer = client.post(f"/campaigns/{tiny}/agents/A1/withdraw")
    assert answer.json()["pending"] == []
    assert "A1" not in _shown(store, plan_id)


def test_a_campaign_that_kept_no_consents_begins_to(store: Store, service: Services) -> None:
    files = tiny_files()
    lines = files["agents.csv"].decode().splitlines()
    columns = lines[0].split(";")
    kept = [i for i, name in enumerate(columns) if not name.startswith("consent")]
    text = "\n".join(";".join(line.split(";")[i] for i in kept) for line in lines)
    campaign_id = import_campaign(store, {**files, "agents.csv": text.encode() + b"\n"})
    plan_id = put_plan(store, campaign_id)
    privacy.withdraw(service, campaign_id, "A1", lambda _: ACT)
    assert _plan(store, plan_id).withdrawn == ["A1"]
    with store.read() as tx:
        cells = {
            r.row_id: r.cells["consent_media"] for r in inputs.every(tx, campaign_id, "agents")
        }
    assert cells == {"A1": "", "A2": "tous", "A3": "tous", "A4": "tous"}


def test_undo_does_not_bring_a_withdrawn_portrait_back(
    client: TestClient, store: Store, tiny: str, plan_id: str
) -> None:
    client.post(f"/campaigns/{tiny}/agents/A1/withdraw")
    tag = client.get(f"/plans/{plan_id}").headers["ETag"]
    answer = client.post(f"/plans/{plan_id}/undo", headers={"If-Match": tag})
    assert answer.status_code == 409
    assert "A1" not in _shown(store, plan_id)


def _file_of(client: TestClient, campaign_id: str) -> bytes:
    folder = client.get(f"/campaigns/{campaign_id}/folder.zip").content
    return unzip(folder)["agents.csv"]


def test_a_file_sent_after_a_withdrawal_restores_nothing_until_a_new_consent_is_noted(
    client: TestClient, tiny: str, clock: SetClock
) -> None:
    older, path = _file_of(client, tiny), f"/campaigns/{tiny}/agents"
    client.post(f"{path}/A1/withdraw")

    def sent() -> dict[str, Any]:
        seen = {"If-Match": client.get(path).headers["ETag"]}
        answer = client.put(path, files={"file": ("agents.csv", older)}, headers=seen)
        assert answer.status_code == 200, answer.text
        told: dict[str, Any] = answer.json()
        return told

    (warned,) = [each for each in sent()["problems"] if each["code"] == "consent-withdrawn"]
    assert "A1" in warned["message"]
    assert client.get(f"{path}/rows/A1").json()["cells"]["consent_media"] == ""
    clock.advance(days=3)
    given = {"media": ["exposition", "affichage"], "until": "2018-06-30", "given_on": "2017-09-03"}
    before = client.post(f"{path}/A1/consent", json=given)
    assert (before.status_code, before.json()["code"]) == (409, "withdrawn-later")
    later = {**given, "given_on": "2017-12-01"}
    assert client.post(f"{path}/A1/consent", json=later).status_code == 422
    new = client.post(f"{path}/A1/consent", json={**given, "given_on": "2017-09-06"})
    assert new.status_code == 200, new.text
    assert (new.json()["media"], new.json()["withdrawal_ended"]) == (
        ["affichage", "exposition"],
        True,
    )
    cells = client.get(f"{path}/rows/A1").json()["cells"]
    assert (cells["consent_media"], cells["consent_until"]) == (
        "affichage|exposition",
        "2018-06-30",
    )
    assert sent()["problems"] == []
    trail = client.get(f"/campaigns/{tiny}/audit?limit=1000").json()["items"]
    (noted,) = [each for each in trail if each["action"] == "consent.give"]
    assert noted["change"] == {"given_on": "2017-09-06"}


def test_a_row_is_refused_that_brings_a_consent_back_and_a_new_one_warns(
    client: TestClient, tiny: str
) -> None:
    path = f"/campaigns/{tiny}/agents"
    older = client.get(f"{path}/rows/A1").json()["cells"]
    client.post(f"{path}/A1/withdraw")
    seen = {"If-Match": client.get(f"{path}/rows/A1").headers["ETag"]}
    body = {"cells": {"consent_media": "web"}}
    answer = client.patch(f"{path}/rows/A1", json=body, headers=seen)
    assert (answer.status_code, answer.json()["code"]) == (409, "consent-withdrawn")
    assert "agents/A1/consent" in answer.json()["detail"]
    assert client.delete(f"{path}/rows/A1", headers=seen).status_code == 204
    added = client.post(f"{path}/rows", json={"cells": older})
    assert added.status_code == 201, added.text
    assert added.json()["cells"]["consent_media"] == ""
    assert "consent-withdrawn" in {each["code"] for each in added.json()["problems"]}


def test_a_copy_keeps_what_was_withdrawn(client: TestClient, tiny: str) -> None:
    older = _file_of(client, tiny)
    client.post(f"/campaigns/{tiny}/agents/A1/withdraw")
    copy = client.post(f"/campaigns/{tiny}/copy", json={}).json()["campaign_id"]
    path = f"/campaigns/{copy}/agents"
    seen = {"If-Match": client.get(path).headers["ETag"]}
    client.put(path, files={"file": ("agents.csv", older)}, headers=seen)
    assert client.get(f"{path}/rows/A1").json()["cells"]["consent_media"] == ""


def _person_files() -> dict[str, bytes]:
    files = tiny_files()
    header, first, *rest = files["agents.csv"].decode().splitlines()
    columns = first.split(";")
    columns[header.split(";").index("name")] = NAME
    lines = [f"{header};headline", ";".join([*columns, HEADLINE]), *(f"{r};" for r in rest)]
    return {
        **files,
        "agents.csv": "\n".join(lines).encode() + b"\n",
        "portraits/P1.svg": PICTURE,
    }


def test_a_forgotten_person_is_nowhere_in_the_database_nor_in_any_export(
    client: TestClient, store: Store, tmp_path: Path
) -> None:
    campaign_id = import_campaign(store, _person_files())
    plan_id = put_plan(store, campaign_id, planned(_person_files()))
    _patch(client, campaign_id, "A1", name=NAME + " épouse Zqz", headline=HEADLINE + " !")
    repeated = {"Idempotency-Key": "une-fois"}
    cells = {"agent_id": "A9", "portrait_id": "P9", "job": "x", "name": NAME, "zones": "t1"}
    client.post(f"/campaigns/{campaign_id}/agents/rows", json={"cells": cells}, headers=repeated)
    with store.write() as tx:
        job = plans.get(tx, plan_id)
        assert job is not None
        assert job.job_id is not None
        record = job_store.get(tx, job.job_id)
        assert record is not None
        problem = {"message": f"« {NAME} » n’est pas bon", "code": "x"}
        job_store.finish(tx, record, JobStatus.FAILED, at=ACT.at, reason=NAME, problems=[problem])
        erasing = tx.get(ROWS["agents"], (campaign_id, "A9"))
        if erasing is not None:
            tx.delete(erasing)
    before = _everything(tmp_path)
    assert b"Qztxname" in before
    done = client.post(f"/campaigns/{campaign_id}/agents/A1/forget")
    assert (done.status_code, done.json()["pending"]) == (200, [])
    after = _everything(tmp_path)
    for text in (b"Qztxname", b"Qztxtitre", b"Qztxpic"):
        assert text not in after, text
    with store.read() as tx:
        exports = {**folders.campaign_files(tx, campaign_id), **plans.files(tx, plan_id)}
        told = tx.query(AuditRecord).filter_by(campaign_id=campaign_id, action="agent.forget").all()
        assert not tx.query(JobInputRecord).filter_by(job_id=job.job_id).all()
    assert len(told) == 1
    for path, content in exports.items():
        assert b"Qztx" not in content, path
    assert _shown(store, plan_id) == {"A2", "A3", "A4"}
    assert client.post(f"/campaigns/{campaign_id}/agents/A1/forget").status_code == 200
    assert client.post(f"/campaigns/{campaign_id}/agents/A7/forget").status_code == 404


def _everything(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in sorted(folder.glob("placarde.sqlite*")))


def test_jobs_under_way_end_when_somebody_in_them_is_forgotten(
    client: TestClient, store: Store, tiny: str, plan_id: str
) -> None:
    job_id = _plan(store, plan_id).job_id or ""
    client.post(f"/campaigns/{tiny}/agents/A1/forget")
    with store.read() as tx:
        job = job_store.get(tx, job_id)
    assert job is not None
    assert (job.status, job.reason) == (JobStatus.FAILED, erasure.STOPPED)


def test_only_a_planner_withdraws_consents_and_forgets(as_role: AsRole, tiny: str) -> None:
    for role in set(Role) - {Role.PLANNER}:
        for verb in ("withdraw", "forget", "consent"):
            path = f"/campaigns/{tiny}/agents/A1/{verb}"
            assert as_role(role).post(path).status_code == 403


def test_an_archived_campaign_is_erased_when_its_time_is_up(
    service: Services, clock: SetClock, *, tiny: str, isere: str, plan_id: str
) -> None:
    store = service.store
    kept = replace(service, settings=replace(service.settings, retention=timedelta(days=365)))
    with store.write() as tx:
        campaign = campaigns.get(tx, tiny)
        assert campaign is not None
        campaigns.archive(tx, campaign, archived=True, act=ACT)
    clock.advance(days=364)
    privacy.tend(kept)
    with store.read() as tx:
        assert campaigns.get(tx, tiny) is not None
    clock.advance(days=2)
    privacy.tend(service)  # for ever, without a setting
    privacy.tend(kept)
    with store.read() as tx:
        left = {each.campaign_id for each in tx.query(CampaignRecord)}
        assert left == {isere}
        assert plans.get(tx, plan_id) is None
        assert not list(inputs.every(tx, tiny, "agents"))
        told = [each.action for each in tx.query(AuditRecord).filter_by(campaign_id=tiny)]
    assert told[-1] == "campaign.purge"
