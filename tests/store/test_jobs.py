"""A job goes from accepted to one of its ends, and only whoever holds it may move it."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from data.store import Store, jobs, leases, plans
from data.store.audit import Act
from data.store.tables import CampaignRecord, JobRecord, JobStatus, PlanRecord

NOW = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)
ACT = Act("anne", NOW, "r_1")
LONG, NONE = timedelta(hours=1), timedelta(0)
ATTEMPTS = 3
VERSIONS: dict[str, Any] = {"campaign_version": 3, "rows_version": 7}
CAMPAIGN = "c_1"


@pytest.fixture
def stored(store: Store) -> Store:
    """Return a store with one campaign."""
    with store.write() as tx:
        tx.add(
            CampaignRecord(
                campaign_id=CAMPAIGN,
                name="Carré",
                settings={},
                created_at=NOW,
                created_by="anne",
                changed_at=NOW,
            )
        )
    return store


def accepted(store: Store, *, at: datetime = NOW, **parameters: Any) -> str:
    with store.write() as tx:
        job = jobs.accept(
            tx,
            campaign_id=CAMPAIGN,
            kind="plan",
            parameters={**VERSIONS, **parameters},
            files={"campaign/faces.csv": b"faces", "campaign/agents.csv": b"agents"},
            act=Act("anne", at, "r_1"),
        )
    return job.job_id


def claimed(
    store: Store,
    worker: str = "w_1",
    *,
    lease: timedelta = LONG,
    stalled: leases.Sighting | None = None,
) -> leases.Claim | None:
    with store.write() as tx:
        return leases.claim(
            tx, worker=worker, machine=NOW, lease=lease, attempts=ATTEMPTS, stalled=stalled
        )


def held_by(store: Store, worker: str = "w_1", **how: Any) -> leases.Claim:
    found = claimed(store, worker, **how)
    assert found is not None
    return found


def read(store: Store, job_id: str) -> JobRecord:
    with store.read() as tx:
        found = jobs.get(tx, job_id)
    assert found is not None
    return found


def kinds(store: Store, job_id: str) -> list[str]:
    with store.read() as tx:
        return [event.kind for event in jobs.events(tx, job_id, after=0)]


def ended(store: Store, held: leases.Claim) -> PlanRecord | None:
    """Write a plan and the end of a job as its worker does."""
    with store.write() as tx:
        job = leases.hold(tx, held)
        if job is None:
            return None
        plan = plans.insert(
            tx, job=job, files={"plan.json": b"{}"}, summary={"gap": 0.1}, seed=1, act=ACT
        )
        jobs.finish(tx, job, JobStatus.SUCCESSFUL, at=NOW, plan_id=plan.plan_id)
        return plan


def test_a_job_is_claimed_run_and_ended_with_an_event_for_each(stored: Store) -> None:
    job_id = accepted(stored)
    held = held_by(stored)
    with stored.write() as tx:
        assert leases.renew(tx, held, machine=NOW, lease=LONG, progress={"stage": "matching"})
    assert read(stored, job_id).progress == {"stage": "matching"}
    plan = ended(stored, held)
    assert plan is not None
    job = read(stored, job_id)
    assert (job.status, job.plan_id, job.attempt) == ("successful", plan.plan_id, 1)
    assert kinds(stored, job_id) == ["accepted", "running", "progress", "successful"]
    assert (plan.number, plan.campaign_version, plan.rows_version) == (1, 3, 7)


def test_a_job_works_on_the_files_that_it_was_given(stored: Store) -> None:
    job_id = accepted(stored)
    with stored.read() as tx:
        assert jobs.inputs(tx, job_id) == {
            "campaign/agents.csv": b"agents",
            "campaign/faces.csv": b"faces",
        }


def test_jobs_are_claimed_in_the_order_in_which_they_were_accepted(stored: Store) -> None:
    later = accepted(stored, at=NOW + timedelta(minutes=1))
    first = accepted(stored)
    assert [held_by(stored).job_id, held_by(stored, "w_2").job_id] == [first, later]
    assert claimed(stored, "w_3") is None


def test_a_lease_that_holds_is_respected_and_one_run_out_is_taken(stored: Store) -> None:
    job_id = accepted(stored)
    first = held_by(stored, lease=LONG)
    assert claimed(stored, "w_2") is None
    with stored.write() as tx:
        leases.renew(tx, first, machine=NOW, lease=NONE, progress=None)
    second = held_by(stored, "w_2")
    assert second == leases.Claim(job_id, "w_2", 2)


def test_who_lost_a_job_can_neither_renew_it_nor_end_it_nor_hand_it_back(stored: Store) -> None:
    job_id = accepted(stored)
    first = held_by(stored, lease=NONE)
    second = held_by(stored, "w_2")
    with stored.write() as tx:
        assert not leases.renew(tx, first, machine=NOW, lease=LONG, progress={"stage": "x"})
        leases.hand_back(tx, first, machine=NOW, reason="stopped", counted=False, attempts=ATTEMPTS)
    assert ended(stored, first) is None
    assert (read(stored, job_id).status, read(stored, job_id).worker) == ("running", "w_2")
    assert ended(stored, second) is not None
    assert ended(stored, second) is None, "a job ends once"
    with stored.read() as tx:
        assert len(plans.page(tx, CAMPAIGN, after=None, limit=10)) == 1


def test_a_job_whose_runners_are_always_gone_fails_with_the_reason(stored: Store) -> None:
    job_id = accepted(stored)
    for number in range(ATTEMPTS):
        assert held_by(stored, f"w_{number}", lease=NONE).attempt == number + 1
    assert claimed(stored, "w_9") is None
    job = read(stored, job_id)
    assert (job.status, job.attempt) == ("failed", ATTEMPTS)
    assert "3 times" in job.reason
    assert kinds(stored, job_id)[-1] == "failed"


def test_a_job_that_is_handed_back_is_run_again_without_an_attempt(stored: Store) -> None:
    job_id = accepted(stored)
    for _ in range(ATTEMPTS + 1):
        held = held_by(stored)
        with stored.write() as tx:
            leases.hand_back(
                tx, held, machine=NOW, reason="stopped", counted=False, attempts=ATTEMPTS
            )
    assert (read(stored, job_id).status, read(stored, job_id).attempt) == ("accepted", 0)


def test_crashes_count_and_the_last_one_fails_the_job(stored: Store) -> None:
    job_id = accepted(stored)
    for number in range(ATTEMPTS):
        assert read(stored, job_id).attempt == number
        held = held_by(stored)
        with stored.write() as tx:
            leases.hand_back(
                tx, held, machine=NOW, reason="killed", counted=True, attempts=ATTEMPTS
            )
    job = read(stored, job_id)
    assert (job.status, job.reason, job.attempt) == ("failed", "killed", ATTEMPTS)


def test_a_lease_that_no_clock_lets_run_out_is_taken_where_it_was_seen_to_stall(
    stored: Store,
) -> None:
    accepted(stored)
    first = held_by(stored, lease=timedelta(days=900))
    with stored.read() as tx:
        (seen,) = leases.running(tx)
    assert seen.claim == first
    assert held_by(stored, "w_2", stalled=seen).attempt == 2
    assert claimed(stored, "w_3", stalled=seen) is None, "it is no longer what was seen"


def test_a_job_that_waits_is_dismissed_at_once_and_one_that_runs_is_asked(stored: Store) -> None:
    waiting, running = accepted(stored), accepted(stored, at=NOW - timedelta(minutes=1))
    held = held_by(stored)
    assert held.job_id == running
    for job_id in (waiting, running):
        with stored.write() as tx:
            job = jobs.get(tx, job_id, lock=True)
            assert job is not None
            jobs.ask_to_cancel(tx, job, at=NOW)
    assert read(stored, waiting).status == "dismissed"
    with stored.write() as tx:
        assert leases.renew(tx, held, machine=NOW, lease=LONG, progress=None), "it is still held"
    assert (read(stored, running).cancel_asked, read(stored, running).keep_best) == (True, True)
    for keep_best in (True, False, False, True):  # one of them is news, and nothing takes it back
        with stored.write() as tx:
            job = jobs.get(tx, running, lock=True)
            assert job is not None
            jobs.ask_to_cancel(tx, job, keep_best=keep_best, at=NOW)
    assert (read(stored, running).cancel_asked, read(stored, running).keep_best) == (True, False)
    assert kinds(stored, running) == ["accepted", "running", "cancel", "cancel"]


def test_a_cancelled_job_whose_runner_is_gone_is_not_run_again(stored: Store) -> None:
    job_id = accepted(stored)
    held_by(stored, lease=NONE)
    with stored.write() as tx:
        job = jobs.get(tx, job_id, lock=True)
        assert job is not None
        jobs.ask_to_cancel(tx, job, at=NOW)
    assert claimed(stored, "w_2") is None
    assert read(stored, job_id).status == "dismissed"


def test_no_end_is_left_for_another(stored: Store) -> None:
    accepted(stored)
    held = held_by(stored)
    ended(stored, held)
    with stored.write() as tx:
        job = jobs.get(tx, held.job_id, lock=True)
        assert job is not None
        with pytest.raises(ValueError, match="successful"):
            jobs.finish(tx, job, JobStatus.FAILED, at=NOW)
        with pytest.raises(ValueError, match="successful"):
            jobs.ask_to_cancel(tx, job, at=NOW)


def test_a_plan_without_its_certificate_is_not_taken(stored: Store) -> None:
    accepted(stored)
    held = held_by(stored)
    with stored.write() as tx:
        job = leases.hold(tx, held)
        assert job is not None
        with pytest.raises(ValueError, match="certificate"):
            plans.insert(tx, job=job, files={"a.csv": b""}, summary={}, seed=0, act=ACT)


def test_workers_that_claim_at_once_get_a_job_each(stored: Store) -> None:
    wanted = {accepted(stored) for _ in range(6)}
    found: list[leases.Claim | None] = []
    start = threading.Barrier(8)

    def claim(worker: str) -> None:
        start.wait()
        found.append(claimed(stored, worker))

    threads = [threading.Thread(target=claim, args=(f"w_{n}",)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    got = [each.job_id for each in found if each is not None]
    assert len(got) == len(set(got))
    while (left := claimed(stored, "w_last")) is not None:
        got.append(left.job_id)
    assert sorted(got) == sorted(wanted)


def test_plans_that_end_at_once_are_numbered_one_by_one(stored: Store) -> None:
    for _ in range(4):
        accepted(stored)
    held = [held_by(stored, f"w_{n}") for n in range(4)]
    start = threading.Barrier(4)

    def end(claim: leases.Claim) -> None:
        start.wait()
        ended(stored, claim)

    threads = [threading.Thread(target=end, args=(claim,)) for claim in held]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with stored.read() as tx:
        found = plans.page(tx, CAMPAIGN, after=None, limit=10)
    assert [plan.number for plan in found] == [4, 3, 2, 1]


def test_a_revision_has_files_of_its_own_and_the_ones_before_stay(stored: Store) -> None:
    accepted(stored)
    made = ended(stored, held_by(stored))
    assert made is not None
    with stored.write() as tx:
        plan = plans.get(tx, made.plan_id, lock=True)
        assert plan is not None
        files = {"plan.json": b"{2}", "affichage.csv": b"order"}
        action = {"kind": "swap"}
        plans.add_revision(tx, plan, files, action=action, undoes_to=0, act=ACT, summary={"n": 2})
    with stored.read() as tx:
        assert plans.files(tx, made.plan_id) == {"affichage.csv": b"order", "plan.json": b"{2}"}
        assert plans.files(tx, made.plan_id, revision=0) == {"plan.json": b"{}"}
        assert plans.file(tx, made.plan_id, "affichage.csv") == b"order"
        assert plans.file(tx, made.plan_id, "affichage.csv", revision=0) is None
        assert [each.action for each in plans.revisions(tx, made.plan_id)] == [action]
        again = plans.get(tx, made.plan_id)
        assert again is not None
        assert (again.revision, again.version, again.summary) == (1, made.version + 1, {"n": 2})


def test_a_new_version_is_a_draft_with_the_plan_before_as_its_parent(stored: Store) -> None:
    accepted(stored)
    made = ended(stored, held_by(stored))
    assert made is not None
    with stored.write() as tx:
        new = plans.insert_version(
            tx, parent=made, files={"plan.json": b"{3}"}, summary={}, act=ACT
        )
    assert (new.number, new.parent_id, new.state, new.job_id) == (2, made.plan_id, "draft", None)


def test_jobs_are_paged_from_the_latest_on(stored: Store) -> None:
    made = [accepted(stored, at=NOW + timedelta(minutes=n)) for n in range(5)]
    with stored.read() as tx:
        first = jobs.page(tx, CAMPAIGN, after=None, limit=3)
        last = first[-1]
        rest = jobs.page(tx, CAMPAIGN, after=(last.created_at, last.job_id), limit=3)
    assert [job.job_id for job in (*first, *rest)] == made[::-1]
