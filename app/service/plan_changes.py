"""Changes of a plan: of its postings, each a revision; of its state; and new versions of it.

What takes long is made in a process of its own between two transactions; the second one refuses
where somebody else was faster.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from app.service import jobs
from app.service.campaigns import hold_campaign, open_campaign, refuse_archived
from app.service.context import Services
from app.service.errors import ApiError
from app.service.etag import check_if_match, etag
from app.service.jobs.summary import summary_of
from app.service.plan_reading import plan_of
from app.service.states import Step, after
from data.plan_json import plan_from_json
from data.store import Tx, audit, clock, plans
from data.store.audit import Act
from data.store.tables import PlanRecord, PlanState
from data.write.folder import PLAN_FILE

OURSELVES = "placarde"
"""Who takes out of a plan what may not be shown, when somebody looks at it."""

SECONDS = 180.0

Postings = frozenset[tuple[int, str, str]]


@dataclass(frozen=True, slots=True)
class Base:
    """A plan as a change found it: the change is made to this and to nothing later."""

    plan_id: str
    version: int
    revision: int


def tag_of(plan: PlanRecord) -> str:
    """Return the ETag of a plan."""
    return etag(plan.version)


def check_seen(plan: PlanRecord, if_match: str | None) -> Base:
    """Refuse a change by somebody who has not seen the plan as it is.

    Raises
    ------
    ApiError
        428 without ``If-Match``, 412 on a stale one.
    """
    now = {"version": plan.version, "revision": plan.revision, "state": plan.state}
    check_if_match(if_match, tag_of(plan), now=now)
    return Base(plan.plan_id, plan.version, plan.revision)


def allowed(plan: PlanRecord, tx: Tx, step: Step) -> PlanState:
    """Return the state that a step leads a plan to.

    Raises
    ------
    ApiError
        409 if its campaign is archived, or the step is not for a plan in this state.
    """
    refuse_archived(open_campaign(tx, plan.campaign_id))
    return after(plan, step)


def seen(tx: Tx, plan_id: str, if_match: str | None, step: Step) -> tuple[PlanRecord, Base]:
    """Return a plan as the caller has seen it, if the step is for it at all.

    Raises
    ------
    ApiError
        404, 409, 412, 428.
    """
    plan = plan_of(tx, plan_id)
    base = check_seen(plan, if_match)
    allowed(plan, tx, step)
    return plan, base


def locked(tx: Tx, base: Base) -> PlanRecord:
    """Return the plan for changing it; its campaign stays as it is meanwhile.

    The campaign is held first, as by whoever changes inputs: nobody waits for the other for ever.

    Raises
    ------
    ApiError
        409 if the campaign is archived, 412 if the plan is no longer as the change found it.
    """
    hold_campaign(tx, plan_of(tx, base.plan_id).campaign_id)
    plan = plan_of(tx, base.plan_id, lock=True)
    if plan.version != base.version:
        check_seen(plan, etag(base.version))
    return plan


def add_revision(
    tx: Tx,
    base: Base,
    files: Mapping[str, bytes],
    *,
    action: Mapping[str, Any],
    undoes_to: int,
    act: Act,
) -> PlanRecord:
    """Give a draft other postings, and note what changed.

    Raises
    ------
    ApiError
        409 if it is no draft, 412 if it is no longer as the change found it.
    """
    plan = locked(tx, base)
    after(plan, Step.CHANGE)
    change = _change(tx, plan, files, action)
    summary = summary_of(plan_from_json(files[PLAN_FILE]).plan)
    plans.add_revision(
        tx, plan, files, action=action, undoes_to=undoes_to, act=act, summary=summary
    )
    note(tx, plan, act, f"plan.{action['kind']}", change)
    return plan


def note(tx: Tx, plan: PlanRecord, act: Act, action: str, change: Mapping[str, Any]) -> None:
    """Add an entry on a plan to the audit trail."""
    tx.flush()
    audit.record(
        tx,
        act,
        action,
        subject=f"plans/{plan.plan_id}",
        campaign_id=plan.campaign_id,
        version=plan.version,
        change=change,
    )


def without_withdrawn(service: Services, plan_id: str) -> None:
    """See to it that no withdrawn agent is in the files of a plan before anybody reads them.

    Who withdraws a consent does this at once; this is for whatever came in between.

    Raises
    ------
    ApiError
        404 if there is no such plan; 410 if nobody would be left in it.
    """
    with service.store.read() as tx:
        plan = plan_of(tx, plan_id)
        if set(plan.withdrawn) <= set(plan.left_out):
            return
        base = Base(plan_id, plan.version, plan.revision)
        files = plans.files(tx, plan_id, revision=plan.revision, withheld=True)
        gone = sorted(plan.withdrawn)
    made = stripped(files, gone)
    with service.store.write() as tx:
        plan = plan_of(tx, plan_id, lock=True)
        if (plan.revision, sorted(plan.withdrawn)) != (base.revision, gone):
            return  # somebody else has done it, or changed it: who reads now looks again
        act = Act(OURSELVES, clock.note(tx, service.clock()), "withdrawal")
        action = {"kind": "withdraw", "agents": gone}
        change = _change(tx, plan, made, action)
        summary = summary_of(plan_from_json(made[PLAN_FILE]).plan)
        plans.add_revision(
            tx, plan, made, action=action, undoes_to=base.revision, act=act, summary=summary
        )
        plan.left_out = gone
        note(tx, plan, act, "plan.withdraw", change)


def stripped(files: Mapping[str, bytes], agent_ids: Collection[str]) -> dict[str, bytes]:
    """Return the files of a plan without agents; as they are where these are not in them.

    Raises
    ------
    ApiError
        410 if nobody would be left.
    """
    if not agent_ids or not agents_in(files[PLAN_FILE]) & set(agent_ids):
        return dict(files)
    try:
        return jobs.run_child("withdraw", files, {"agent_ids": sorted(agent_ids)}, seconds=SECONDS)
    except ApiError as error:
        if error.status != 422:
            raise
        detail = "Nobody is left in this plan whose portrait may be shown."
        raise ApiError(410, "withdrawn", detail) from error


def agents_in(document: bytes) -> frozenset[str]:
    """Return the agents that a ``plan.json`` tells of."""
    found = json.loads(document)["allocation"]["agents"]
    return frozenset(each["agent_id"] for each in found)


def postings_in(document: bytes) -> Postings:
    """Return the postings of a ``plan.json``: period, face, agent."""
    found = json.loads(document)["allocation"]["postings"]
    return frozenset((each["period"], each["face_id"], each["agent_id"]) for each in found)


def _change(
    tx: Tx, plan: PlanRecord, files: Mapping[str, bytes], action: Mapping[str, Any]
) -> dict[str, Any]:
    """Return what replays a change of postings."""
    document = plans.file(tx, plan.plan_id, PLAN_FILE, revision=plan.revision, withheld=True)
    before = postings_in(document) if document is not None else frozenset()
    now = postings_in(files[PLAN_FILE])
    return {
        **action,
        "revision": plan.revision + 1,
        "removed": [list(each) for each in sorted(before - now)],
        "added": [list(each) for each in sorted(now - before)],
    }
