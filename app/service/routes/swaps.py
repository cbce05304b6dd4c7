"""One posting changed by hand, and locked; undo and redo."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Response

from app.service import jobs
from app.service.access import Action, Granted, needs
from app.service.acts import act_of
from app.service.campaigns import hold_campaign, open_campaign, refuse_archived
from app.service.change_models import (
    LockAsked,
    LockTold,
    SwapAnswer,
    SwapAsked,
    swap_answer,
)
from app.service.context import RequestId, Services, ServicesDep
from app.service.errors import ApiError, responses
from app.service.etag import IfMatch
from app.service.locking import lock_posting, refused_locks
from app.service.plan_changes import (
    Base,
    add_revision,
    allowed,
    check_seen,
    note,
    seen,
    stripped,
    tag_of,
    without_withdrawn,
)
from app.service.plan_models import PlanAnswer, violation_told
from app.service.plan_reading import OpenPlan, plan_of
from app.service.plan_views import opened, shown
from app.service.plan_work import ANSWER
from app.service.states import Step
from app.service.swaps import (
    Swap,
    Trial,
    can_be_swapped,
    check_names,
    lay_out,
    live_locks,
    try_swap,
)
from app.service.undoing import Move, redo_of, undo_of
from data.store import Tx, plans
from data.store.tables import PlanRecord
from geo.errors import UnknownNameError
from geo.verify import Violation

router = APIRouter(tags=["changes by hand"])
SECONDS = 180.0
"""The longest that writing all files of a revision may take."""

Find = Callable[[Tx, PlanRecord], Move]
_REFUSALS = responses(401, 403, 404, 409, 410, 412, 422, 428)


@router.post(
    "/plans/{plan_id}/swap",
    operation_id="swapPosting",
    summary="Put another portrait on a face in a period, or none: what breaks, what it costs",
    responses=_REFUSALS,
)
def swap_posting(
    plan_id: str,
    asked: SwapAsked,
    *,
    granted: Annotated[Granted, needs(Action.PLAN_CHANGE)],
    service: ServicesDep,
    request_id: RequestId,
    response: Response,
    if_match: IfMatch = None,
) -> SwapAnswer:
    """Change one posting of a draft.

    With `dry_run` the answer tells every rule that the swap would break and what it would cost,
    and nothing changes. Without, it is done if no hard rule breaks (else 409 with `violations`),
    and every file of the plan is written anew.
    """
    found = opened(service, plan_id)
    base = check_seen(found.record, if_match)
    with service.store.read() as tx:
        allowed(found.record, tx, Step.CHANGE)
    swap = Swap(asked.period, asked.face_id, asked.agent_id)
    trial = _tried(service, found, swap)
    response.headers["ETag"] = tag_of(found.record)
    if asked.dry_run or (trial.removed is None and trial.added is None):
        return swap_answer(trial, revision=base.revision, applied=False)
    if not trial.is_allowed:
        raise _refused(trial.violations)
    files = _revised(service, base, trial)
    action = {
        "kind": "swap",
        "period": swap.period,
        "face_id": swap.face_id,
        "agent_id": swap.agent_id,
    }
    with service.store.write() as tx:
        act = act_of(service, granted, request_id, tx)
        plan = add_revision(tx, base, files, action=action, undoes_to=base.revision, act=act)
        response.headers["ETag"] = tag_of(plan)
        return swap_answer(trial, revision=plan.revision, applied=True)


@router.post(
    "/plans/{plan_id}/undo",
    operation_id="undoChange",
    summary="Undo the last change of the postings; again and again",
    responses=_REFUSALS,
)
def undo(
    plan_id: str,
    *,
    granted: Annotated[Granted, needs(Action.PLAN_CHANGE)],
    service: ServicesDep,
    request_id: RequestId,
    response: Response,
    if_match: IfMatch = None,
) -> PlanAnswer:
    """Go back to the revision before. Whoever has withdrawn their consent does not come back."""
    by = _By(service, granted, request_id)
    answer, tag = _moved(by, plan_id=plan_id, if_match=if_match, find=undo_of)
    response.headers["ETag"] = tag
    return answer


@router.post(
    "/plans/{plan_id}/redo",
    operation_id="redoChange",
    summary="Do again what was undone last",
    responses=_REFUSALS,
)
def redo(
    plan_id: str,
    *,
    granted: Annotated[Granted, needs(Action.PLAN_CHANGE)],
    service: ServicesDep,
    request_id: RequestId,
    response: Response,
    if_match: IfMatch = None,
) -> PlanAnswer:
    """Go forward again, as long as nothing else was changed since."""
    by = _By(service, granted, request_id)
    answer, tag = _moved(by, plan_id=plan_id, if_match=if_match, find=redo_of)
    response.headers["ETag"] = tag
    return answer


@router.post(
    "/plans/{plan_id}/locks",
    operation_id="lockPosting",
    summary="Lock a face in a period for the next planning: an agent, or nobody",
    status_code=201,
    responses=_REFUSALS,
)
def lock(
    plan_id: str,
    asked: LockAsked,
    *,
    granted: Annotated[Granted, needs(Action.PLAN_CHANGE)],
    service: ServicesDep,
    request_id: RequestId,
    response: Response,
    if_match: IfMatch = None,
) -> LockTold:
    """Keep a lock in the campaign; one on the same face in the same period is replaced.

    The plan itself stays; swaps of it keep the lock from now on. A lock that no plan could keep is
    refused (409), with the reasons.
    """
    found = opened(service, plan_id)
    check_seen(found.record, if_match)
    swap = Swap(asked.period, asked.face_id, asked.agent_id)
    _check_names(found, swap)
    with service.store.read() as tx:
        refuse_archived(open_campaign(tx, found.record.campaign_id))
        refused = refused_locks(found.campaign, swap, live_locks(tx, found.record.campaign_id))
    if refused:
        told = [{"rule": each.code, "message": each.message} for each in refused]
        detail = "No plan could keep this lock."
        raise ApiError(409, "lock-conflict", detail, extra={"violations": told})
    with service.store.write() as tx:
        hold_campaign(tx, found.record.campaign_id)
        plan = plan_of(tx, plan_id, lock=True)
        act = act_of(service, granted, request_id, tx)
        lock_posting(tx, plan.campaign_id, swap, act=act)
        change = {"period": swap.period, "face_id": swap.face_id, "agent_id": swap.agent_id}
        note(tx, plan, act, "plan.lock", change)
        response.headers["ETag"] = tag_of(plan)
    posted = {(p.face_id, p.period): p.agent_id for p in found.plan.allocation.postings}
    kept = posted.get((swap.face_id, swap.period)) == swap.agent_id
    return LockTold(**asked.model_dump(), kept=kept)


def _tried(service: Services, found: OpenPlan, swap: Swap) -> Trial:
    if not can_be_swapped(found.plan):
        detail = "The plan has no allocation: there is nothing to swap."
        raise ApiError(409, "no-allocation", detail)
    _check_names(found, swap)
    with service.store.read() as tx:
        locks = live_locks(tx, found.record.campaign_id)
    return try_swap(lay_out(found.campaign, found.plan, locks=locks), swap)


def _check_names(found: OpenPlan, swap: Swap) -> None:
    try:
        check_names(found.campaign, swap)
    except UnknownNameError as error:
        raise ApiError(422, "unknown-name", str(error)) from error


def _revised(service: Services, base: Base, trial: Trial) -> dict[str, bytes]:
    """Return the files of the plan after a swap; they are verified as a whole once more."""
    with service.store.read() as tx:
        files = plans.files(tx, base.plan_id, revision=base.revision)
    wanted = [[p.period, p.face_id, p.agent_id] for p in trial.postings]
    made = dict(jobs.run_child("revise", files, {"postings": wanted}, seconds=SECONDS))
    broken = json.loads(made.pop(ANSWER))["violations"]
    if broken:
        told = [dict(zip(("rule", "subject", "message"), each, strict=True)) for each in broken]
        raise _refusal(told)
    return made


def _refused(violations: tuple[Violation, ...]) -> ApiError:
    return _refusal([violation_told(each).model_dump() for each in violations])


def _refusal(told: list[dict[str, Any]]) -> ApiError:
    detail = "The swap would break rules that hold for every plan."
    return ApiError(409, "rules-broken", detail, extra={"violations": told})


@dataclass(frozen=True, slots=True)
class _By:
    """Who asks, and by which request."""

    service: Services
    granted: Granted
    request_id: str


def _moved(by: _By, *, plan_id: str, if_match: str | None, find: Find) -> tuple[PlanAnswer, str]:
    """Show another revision of a draft; return the plan and its new ETag."""
    without_withdrawn(by.service, plan_id)
    with by.service.store.read() as tx:
        plan, base = seen(tx, plan_id, if_match, Step.CHANGE)
        move = find(tx, plan)
        gone = list(plan.withdrawn)
        files = plans.files(tx, plan_id, revision=move.content)
    files = stripped(files, gone)
    with by.service.store.write() as tx:
        act = act_of(by.service, by.granted, by.request_id, tx)
        plan = add_revision(tx, base, files, action=move.action, undoes_to=move.undoes_to, act=act)
        return shown(tx, plan, by.granted), tag_of(plan)
