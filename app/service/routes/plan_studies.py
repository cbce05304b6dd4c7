"""Plans looked into: why they are so, whether every rule holds, how two of them differ."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Query

from app.service import jobs
from app.service.access import Action, Granted, needs
from app.service.context import ServicesDep
from app.service.errors import ApiError, not_found, responses
from app.service.plan_files import SECONDS
from app.service.plan_models import (
    Explanation,
    Verification,
    violation_told,
)
from app.service.plan_views import (
    opened,
)
from app.service.plan_work import ANSWER
from app.studies import Compared, explain_allocation
from app.study_wording import compare_json, explain_json
from data.store import plans
from geo.compare import compare
from geo.errors import CampaignError, PlacardeError, UnknownNameError

router = APIRouter(tags=["plans"])


@router.get(
    "/plans/{plan_id}/explanations",
    operation_id="explainPlan",
    summary="Say why a face carries what it carries, an agent has what they have, or all of it",
    responses=responses(401, 403, 404, 410, 422),
)
def explain_plan(
    plan_id: str,
    *,
    granted: Annotated[Granted, needs(Action.PLAN_READ)],
    service: ServicesDep,
    face: Annotated[str | None, Query(max_length=200)] = None,
    agent: Annotated[str | None, Query(max_length=200, description="Planners only.")] = None,
    summary: Annotated[bool, Query(description="Of the whole plan.")] = False,
) -> Explanation:
    """Say what `placarde explain` says; everything is worked out again from the plan itself."""
    if agent is not None and not granted.may(Action.PRIVATE_READ):
        raise ApiError(403, "forbidden", "What is said of one agent is for planners.")
    if face is None and agent is None and not summary:
        raise ApiError(422, "nothing-asked", "Ask for face, agent or summary.")
    found = opened(service, plan_id)
    try:
        if summary:  # its shortfalls may take an integer program each
            with service.store.read() as tx:
                files = plans.files(tx, plan_id, revision=found.record.revision)
            asked = {"face_id": face, "agent_id": agent, "summary": True}
            return Explanation.model_validate_json(
                jobs.run_child("explain", files, asked, seconds=SECONDS)[ANSWER]
            )
        explained = explain_allocation(
            found.campaign,
            found.plan.allocation,
            folder=Path(),
            changed_inputs=found.changed_inputs,
            face_id=face,
            agent_id=agent,
            summary=False,
        )
    except UnknownNameError as error:
        raise ApiError(404, "unknown-name", str(error)) from error
    except CampaignError:
        raise
    except PlacardeError as error:
        raise ApiError(422, "cannot-be-explained", str(error)) from error
    return Explanation.model_validate(explain_json(explained))


@router.get(
    "/plans/{plan_id}/verify",
    operation_id="verifyPlan",
    summary="Check every rule of a plan again",
    responses=responses(401, 403, 404, 410, 422),
)
def verify_plan(
    plan_id: str,
    *,
    _granted: Annotated[Granted, needs(Action.PLAN_READ)],
    service: ServicesDep,
) -> Verification:
    """Check every rule, by code that shares nothing with what made the plan."""
    found = opened(service, plan_id)
    violations = [violation_told(each) for each in found.violations()]
    return Verification(ok=not violations, revision=found.record.revision, violations=violations)


@router.get(
    "/plans/{plan_id}/compare/{other}",
    operation_id="comparePlans",
    summary="Compare two plans of a campaign",
    responses=responses(401, 403, 404, 410, 422),
)
def compare_plans(
    plan_id: str,
    other: str,
    *,
    granted: Annotated[Granted, needs(Action.PLAN_READ)],
    service: ServicesDep,
) -> dict[str, Any]:
    """Say what `placarde compare --json` says, `plan_id` beside `other`."""
    with service.store.read() as tx:
        if plans.campaign_of(tx, other) != granted.campaign_id:
            raise not_found("plan")
    a, b = opened(service, plan_id), opened(service, other)
    compared = Compared(
        Path(plan_id),
        Path(other),
        fairness_a=a.campaign.matching.fairness,
        fairness_b=b.campaign.matching.fairness,
        comparison=compare(a.plan.allocation, b.plan.allocation),
    )
    told: dict[str, Any] = compare_json(compared)
    return told
