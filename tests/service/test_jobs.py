"""A plan is asked for over the API, made by a job, followed and cancelled."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select

from app.service.access import Role, authenticate
from app.service.app import create_service
from app.service.context import Services
from app.service.jobs.executor import (
    Ask,
    Asked,
    CrashedError,
    FailedError,
    Files,
    Report,
    StoppedError,
    Task,
)
from app.service.jobs.patience import EMPTY_S, KEPT_S, Patience
from app.service.jobs.sightings import Sightings
from data.store import StoreUnavailableError, campaigns, folders, plans
from data.store.audit import Act
from data.store.leases import Claim, Sighting
from data.store.tables import AuditRecord
from tests.service.conftest import AsRole, SetClock, told_by_headers
from tests.service.running import (
    SUMMARY,
    WARNING,
    ScriptedExecutor,
    ask,
    ended,
    made_files,
    running,
    until,
)

UNKNOWN_PLAN = "p_22222222222222222222"


def makes_a_plan(_task: Task, report: Report, asked: Ask) -> Files:
    report({"stage": "matching", "incumbent": 1.0, "bound": 2.0, "gap": 0.5})
    asked()
    return made_files()


def ends_when_asked(_task: Task, report: Report, asked: Ask) -> Files:
    """Keep what there is when cancelled, as the matching does; nothing when stopped."""
    report({"stage": "matching", "incumbent": 1.0, "bound": 2.0, "gap": 0.5})
    while (wish := asked()) is None:
        time.sleep(0.01)
    if wish is Asked.STOP:
        raise StoppedError
    return made_files()


def test_a_plan_that_is_asked_for_is_made_by_a_job(
    service: Services, client: TestClient, tiny: str
) -> None:
    executor = ScriptedExecutor(makes_a_plan)
    answer = client.post(f"/campaigns/{tiny}/plans", json={"seed": 5, "limits": {"gap": 0.01}})
    assert answer.status_code == 201
    assert answer.json()["status"] == "accepted"
    place = answer.headers["Location"]
    with running(service, executor):
        job = ended(client, place)
    assert (job["status"], job["progress"], job["attempt"]) == ("successful", 100, 1)
    assert (job["incumbent"], job["bound"], job["gap"]) == (1.5, 2.0, 0.25)
    assert job["problems"] == [WARNING]
    assert {"href": f"/plans/{job['plan_id']}", "type": "application/json"}.items() <= next(
        link for link in job["links"] if link["rel"].endswith("/results")
    ).items()
    (task,) = executor.tasks
    assert (task.parameters["seed"], task.parameters["gap"]) == (5, 0.01)
    assert task.parameters["created"] == job["created"].replace("Z", "+00:00")
    with service.store.read() as tx:
        plan = plans.get(tx, job["plan_id"])
        assert plan is not None
        assert plans.files(tx, plan.plan_id) == {"affichage.csv": b"lines", "plan.json": b"{}"}
        assert (plan.summary, plan.made_by, plan.state) == (SUMMARY, "planificatrice", "draft")
        told = tx.scalars(select(AuditRecord).order_by(AuditRecord.seq)).all()
    assert [entry.action for entry in told if entry.action.startswith(("job", "plan"))] == [
        "job.create",
        "plan.make",
    ]


def test_what_is_edited_after_a_plan_was_asked_for_is_not_in_it(
    service: Services, client: TestClient, tiny: str, clock: SetClock
) -> None:
    with service.store.read() as tx:
        before = folders.campaign_files(tx, tiny)
    place = ask(client, tiny)
    with service.store.write() as tx:
        campaign = campaigns.get(tx, tiny)
        assert campaign is not None
        act = Act("autre", clock(), "r_edit")
        campaigns.change(tx, campaign, settings=campaign.settings, name="Autre", act=act)
    executor = ScriptedExecutor(makes_a_plan)
    with running(service, executor):
        ended(client, place)
    assert executor.tasks[0].files == {f"campaign/{name}": c for name, c in before.items()}


def test_a_plan_can_begin_from_the_one_before(
    service: Services, client: TestClient, tiny: str, isere: str
) -> None:
    executor = ScriptedExecutor(makes_a_plan)
    with running(service, executor):
        first = ended(client, ask(client, tiny))["plan_id"]
        body = {"previous": first, "change_penalty": 0.5}
        second = ended(client, ask(client, tiny, body))["plan_id"]
    task = executor.tasks[1]
    assert task.files["previous/plan.json"] == b"{}"
    assert task.parameters["change_penalty"] == 0.5
    with service.store.read() as tx:
        plan = plans.get(tx, second)
    assert plan is not None
    assert (plan.parent_id, plan.number) == (first, 2)
    for campaign_id, previous in ((isere, first), (tiny, UNKNOWN_PLAN)):
        answer = client.post(f"/campaigns/{campaign_id}/plans", json={"previous": previous})
        assert (answer.status_code, answer.json()["code"]) == (422, "unknown-plan")


def test_inputs_with_problems_fail_the_job_with_all_of_them(
    service: Services, client: TestClient, as_role: AsRole, tiny: str
) -> None:
    private = {"code": "x", "column": "name", "found": "Nom Secret", "message": "« Nom Secret »"}

    def fails(_task: Task, _report: Report, _asked: Ask) -> Files:
        raise FailedError("The inputs have problems.", [WARNING, private])

    place = ask(client, tiny)
    with running(service, ScriptedExecutor(fails)):
        job = ended(client, place)
    assert (job["status"], job["message"]) == ("failed", "The inputs have problems.")
    assert job["problems"] == [WARNING, private]
    assert job["plan_id"] is None
    seen = as_role(Role.APPROVER).get(place).text
    assert "Secret" not in seen
    assert WARNING["code"] in seen


def test_a_job_that_crashes_is_tried_again_and_fails_in_the_end(
    service: Services, client: TestClient, tiny: str
) -> None:
    def crashes(_task: Task, _report: Report, _asked: Ask) -> Files:
        raise CrashedError("its process ended with status -9")

    executor = ScriptedExecutor(crashes)
    place = ask(client, tiny)
    with running(service, executor):
        job = ended(client, place)
    assert (job["status"], job["attempt"]) == ("failed", service.settings.job_attempts)
    assert "status -9" in job["message"]
    assert len(executor.tasks) == service.settings.job_attempts


def test_a_defect_of_ours_stops_neither_the_job_nor_those_after_it(
    service: Services, client: TestClient, tiny: str
) -> None:
    calls: list[str] = []

    def breaks_once(task: Task, report: Report, asked: Ask) -> Files:
        calls.append(task.name)
        if len(calls) == 1:
            raise ZeroDivisionError
        return makes_a_plan(task, report, asked)

    place = ask(client, tiny)
    with running(service, ScriptedExecutor(breaks_once)):
        assert ended(client, place)["status"] == "successful"


def test_a_job_that_waits_is_dismissed_at_once(client: TestClient, tiny: str) -> None:
    place = ask(client, tiny)
    answer = client.delete(place)
    assert (answer.status_code, answer.json()["status"]) == (200, "dismissed")
    assert client.delete(place).status_code == 410


def test_a_job_that_is_cancelled_keeps_its_best_plan(
    service: Services, client: TestClient, tiny: str
) -> None:
    place = ask(client, tiny)
    with running(service, ScriptedExecutor(ends_when_asked)):
        until(client, place, lambda job: job["incumbent"] == 1.0)
        answer = client.delete(place)
        assert (answer.status_code, answer.json()["cancel_asked"]) == (202, True)
        job = ended(client, place)
    assert job["status"] == "dismissed"
    with service.store.read() as tx:
        assert plans.file(tx, job["plan_id"], "plan.json") == b"{}"


def test_a_job_that_is_cancelled_again_without_its_best_plan_ends_at_once(
    service: Services, client: TestClient, tiny: str
) -> None:
    wishes: list[Asked | None] = []

    def completes_its_best_for_ever(_task: Task, report: Report, asked: Ask) -> Files:
        report({"stage": "touring", "incumbent": 1.0})
        while (wish := asked()) is not Asked.STOP:
            if wish is Asked.CANCEL:
                report({"stage": "drawing"})
            time.sleep(0.01)
            wishes.append(wish)
        raise StoppedError

    place = ask(client, tiny)
    with running(service, ScriptedExecutor(completes_its_best_for_ever)):
        until(client, place, lambda job: job["stage"] == "touring")
        assert client.delete(place).status_code == 202
        assert client.delete(place).status_code == 202
        until(client, place, lambda job: job["stage"] == "drawing")
        assert client.delete(place, params={"keep_best": False}).status_code == 202
        job = ended(client, place)
    assert (job["status"], job["plan_id"]) == ("dismissed", None)
    assert Asked.CANCEL in wishes
    with service.store.read() as tx:
        told = tx.scalars(select(AuditRecord).where(AuditRecord.action == "job.cancel")).all()
    assert [entry.change for entry in told] == [{"keep_best": True}, {"keep_best": False}]


def test_a_cancelled_task_is_waited_for_as_long_as_what_it_has_is_worth() -> None:
    waiting = Patience()
    assert not waiting.is_over(at=1e9), "nobody cancelled it"
    waiting.told({"stage": "matching"})
    assert [waiting.cancelled(at=at) for at in (100.0, 105.0)] == [True, False]
    assert not waiting.is_over(at=100.0 + EMPTY_S)
    assert waiting.is_over(at=100.1 + EMPTY_S)
    waiting.told({"stage": "matching", "incumbent": 1.0})
    assert not waiting.is_over(at=100.0 + KEPT_S)
    assert waiting.is_over(at=100.1 + KEPT_S)
    touring = Patience()
    touring.told({"stage": "touring"})
    touring.cancelled(at=0.0)
    assert not touring.is_over(at=1.0 + EMPTY_S)


def test_a_job_that_is_cancelled_with_nothing_to_keep_has_no_plan(
    service: Services, client: TestClient, tiny: str
) -> None:
    def ends_empty(_task: Task, _report: Report, asked: Ask) -> Files:
        while asked() is None:
            time.sleep(0.01)
        raise StoppedError

    executor = ScriptedExecutor(ends_empty)
    place = ask(client, tiny)
    with running(service, executor):
        assert executor.begun.wait(60)
        client.delete(place)
        job = ended(client, place)
    assert (job["status"], job["plan_id"]) == ("dismissed", None)


def test_a_job_that_has_ended_cannot_be_cancelled(
    service: Services, client: TestClient, tiny: str
) -> None:
    place = ask(client, tiny)
    with running(service, ScriptedExecutor(makes_a_plan)):
        ended(client, place)
    answer = client.delete(place)
    assert (answer.status_code, answer.json()["code"]) == (409, "job-ended")


def test_a_service_that_stops_hands_its_jobs_back(
    service: Services, client: TestClient, tiny: str
) -> None:
    place = ask(client, tiny)
    with running(service, ScriptedExecutor(ends_when_asked)):
        until(client, place, lambda job: job["incumbent"] == 1.0)
    job = client.get(place).json()
    assert (job["status"], job["attempt"], job["stage"]) == ("accepted", 0, None)
    with running(service, ScriptedExecutor(makes_a_plan)):
        assert ended(client, place)["status"] == "successful"


def test_a_plan_is_written_once_the_store_answers_again(
    service: Services, client: TestClient, tiny: str
) -> None:
    down: list[str] = []

    class Tired(type(service.store)):  # type: ignore[misc]  # the class of the fixture's store
        def write(self) -> Any:
            if len(down) == 1:
                down.append("refused")
                raise StoreUnavailableError("gone")
            return super().write()

    def makes_while_the_store_goes(task: Task, report: Report, asked: Ask) -> Files:
        files = makes_a_plan(task, report, asked)
        down.append("going")
        return files

    place = ask(client, tiny)
    tired = replace(service, store=Tired(service.store.engine))
    with running(tired, ScriptedExecutor(makes_while_the_store_goes)):
        assert ended(client, place)["status"] == "successful"
    assert down == ["going", "refused"]


def test_events_are_streamed_to_the_end_and_gone_on_with_after_the_last_one(
    service: Services, client: TestClient, tiny: str
) -> None:
    place = ask(client, tiny)
    other = create_service(service)  # as another process would be
    other.dependency_overrides[authenticate] = told_by_headers
    follower = TestClient(other, headers=dict(client.headers))
    with running(service, ScriptedExecutor(makes_a_plan)):
        events = list(_events(follower, f"{place}/events"))
    kinds = [event["event"] for event in events]
    assert (kinds[:2], kinds[-1]) == (["accepted", "running"], "successful")
    again = list(_events(follower, f"{place}/events", after=events[1]["id"]))
    assert again == events[2:]
    last = {"Last-Event-ID": events[-1]["id"]}
    assert follower.get(f"{place}/events", headers=last).status_code == 204


def test_nothing_is_planned_for_an_archived_campaign(
    service: Services, client: TestClient, tiny: str, clock: SetClock
) -> None:
    with service.store.write() as tx:
        campaign = campaigns.get(tx, tiny)
        assert campaign is not None
        campaigns.archive(tx, campaign, archived=True, act=Act("x", clock(), "r_archive"))
    answer = client.post(f"/campaigns/{tiny}/plans")
    assert (answer.status_code, answer.json()["code"]) == (409, "archived")


def test_jobs_are_listed_in_pages_from_the_latest_on(
    client: TestClient, tiny: str, clock: SetClock
) -> None:
    places = []
    for _ in range(3):
        places.append(ask(client, tiny))
        clock.advance(seconds=1)
    first = client.get(f"/campaigns/{tiny}/jobs", params={"limit": 2}).json()
    (following,) = [link["href"] for link in first["links"] if link["rel"] == "next"]
    rest = client.get(following).json()
    found = [f"/jobs/{job['jobID']}" for job in first["items"] + rest["items"]]
    assert found == places[::-1]
    assert [link["rel"] for link in rest["links"]] == ["self"]


@pytest.mark.parametrize(
    "body",
    [
        {"seed": -1},
        {"limits": {"gap": 2}},
        {"limits": {"seconds": 0}},
        {"roads": "http://169.254.169.254/"},
        {"change_penalty": -1},
    ],
)
def test_what_cannot_be_asked_for_is_refused(
    client: TestClient, tiny: str, body: dict[str, Any]
) -> None:
    answer = client.post(f"/campaigns/{tiny}/plans", json=body)
    assert answer.status_code == 422
    assert client.get(f"/campaigns/{tiny}/jobs").json()["items"] == []


def test_only_those_who_plan_ask_and_cancel(client: TestClient, as_role: AsRole, tiny: str) -> None:
    place = ask(client, tiny)
    approver = as_role(Role.APPROVER)
    assert approver.get(place).status_code == 200
    assert approver.delete(place).status_code == 403
    assert approver.post(f"/campaigns/{tiny}/plans").status_code == 403
    assert as_role(Role.READER).get(place).status_code == 403
    assert as_role().get(place).status_code == 404


def test_a_lease_is_seen_to_stall_only_when_nobody_renews_it(clock: SetClock) -> None:
    sightings = Sightings(30.0)
    held = Claim("j_1", "w_1", 1)
    seen = Sighting(held, clock())
    assert sightings.stalled([seen], at=0.0) is None
    assert sightings.stalled([seen], at=30.0) is None
    clock.advance(seconds=5)
    renewed = Sighting(held, clock())
    assert sightings.stalled([renewed], at=31.0) is None
    assert sightings.stalled([renewed], at=61.0) is None
    assert sightings.stalled([renewed], at=61.5) == renewed
    assert sightings.stalled([], at=99.0) is None


def _events(client: TestClient, place: str, *, after: str = "") -> Any:
    headers = {"Last-Event-ID": after} if after else {}
    event: dict[str, str] = {}
    with client.stream("GET", place, headers=headers) as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        for line in answer.iter_lines():
            name, _, value = line.partition(": ")
            if not line and "event" in event:
                yield event
                event = {}
            elif name in {"id", "event", "data"}:
                event[name] = value
