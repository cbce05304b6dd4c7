"""Personal data: a consent that is withdrawn, a person who is forgotten."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict

from app.service import privacy
from app.service.access import Action, Granted, needs
from app.service.acts import act_of
from app.service.context import RequestId, ServicesDep
from app.service.errors import responses
from app.service.privacy import Withdrawal

router = APIRouter(tags=["personal data"])


class Withdrawn(BaseModel):
    """What a withdrawal has done.

    `plans` are those from which the portrait went; no file of a plan in `pending` is given out
    until it is made again, within minutes. What the portrait leaves empty is for a new plan, which
    is proposed where there are plans at all.
    """

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "agent_id": "A07",
                "plans": ["p_4k7m2x9q1c5v8n3b6t0zr"],
                "pending": [],
                "replan_proposed": True,
            }
        }
    )

    agent_id: str
    plans: list[str]
    pending: list[str]
    replan_proposed: bool


@router.post(
    "/campaigns/{campaign_id}/agents/{row_id:path}/withdraw",
    operation_id="withdrawConsent",
    summary="Withdraw the consent of an agent: no plan shows the portrait any more",
    responses=responses(401, 403, 404, 409, 422),
)
def withdraw_consent(
    campaign_id: str,
    row_id: str,
    granted: Annotated[Granted, needs(Action.INPUT_CHANGE)],
    service: ServicesDep,
    request_id: RequestId,
) -> Withdrawn:
    """Take the portrait out of every plan, every view and every export to come.

    The row of the agent says from now on that nothing is agreed to. It needs no ``If-Match``: it
    holds whatever else was changed.
    """
    done = privacy.withdraw(
        service, campaign_id, row_id, lambda tx: act_of(service, granted, request_id, tx)
    )
    return _told(row_id, done)


@router.post(
    "/campaigns/{campaign_id}/agents/{row_id:path}/forget",
    operation_id="forgetAgent",
    summary="Erase an agent: inputs, portrait, plans of every revision, what jobs kept",
    responses=responses(401, 403, 404, 409, 422),
)
def forget_agent(
    campaign_id: str,
    row_id: str,
    granted: Annotated[Granted, needs(Action.FORGET)],
    service: ServicesDep,
    request_id: RequestId,
) -> Withdrawn:
    """Erase somebody for good; the audit trail stays, and never held what is personal.

    Sent again, it goes on with what is still in `pending`.
    """
    done = privacy.forget(
        service, campaign_id, row_id, lambda tx: act_of(service, granted, request_id, tx)
    )
    return _told(row_id, done)


def _told(agent_id: str, done: Withdrawal) -> Withdrawn:
    return Withdrawn(
        agent_id=agent_id,
        plans=list(done.plans),
        pending=list(done.pending),
        replan_proposed=bool(done.plans),
    )
