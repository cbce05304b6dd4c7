"""Personal data: a consent that is withdrawn, a person who is forgotten."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import Annotated

from fastapi import APIRouter, Response
from pydantic import BaseModel, ConfigDict, Field

from app.service import forgetting, privacy
from app.service.access import Action, Granted, needs
from app.service.acts import act_of
from app.service.context import RequestId, ServicesDep
from app.service.errors import ApiError, responses
from app.service.etag import etag
from app.service.privacy import NewConsent, Withdrawal
from data.read.cells import FIRST_DAY, LAST_DAY, MEDIA

router = APIRouter(tags=["personal data"])


class Medium(StrEnum):
    """The media that a consent may cover."""

    AFFICHAGE = "affichage"
    EXPOSITION = "exposition"
    PRESSE = "presse"
    WEB = "web"


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

    The row of the agent says from now on that nothing is agreed to, and no file or edit brings the
    consent back; `giveConsent` does. It needs no ``If-Match``: it holds whatever else was changed.
    """
    done = privacy.withdraw(
        service, campaign_id, row_id, lambda tx: act_of(service, granted, request_id, tx)
    )
    return _told(row_id, done)


class ConsentGiven(BaseModel):
    """A new consent: media, its last day (null: no end), and the day on which it was given."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "example": {
                "media": ["affichage", "exposition"],
                "until": "2018-12-31",
                "given_on": "2017-09-04",
            }
        },
    )

    media: Annotated[list[Medium], Field(min_length=1, max_length=len(MEDIA))]
    until: Annotated[date, Field(ge=FIRST_DAY, le=LAST_DAY)] | None = None
    given_on: Annotated[date, Field(ge=FIRST_DAY, le=LAST_DAY)]


class Consented(BaseModel):
    """What an agent agrees to now; `withdrawal_ended` tells whether a withdrawal stood before.

    Plans made before stay without the portrait: it comes back by a new plan.
    """

    agent_id: str
    media: list[str]
    until: date | None
    withdrawal_ended: bool
    version: int


@router.post(
    "/campaigns/{campaign_id}/agents/{row_id:path}/consent",
    operation_id="giveConsent",
    summary="Note that an agent has given a new consent, after a withdrawal too",
    responses=responses(401, 403, 404, 409, 422),
)
def give_consent(
    campaign_id: str,
    row_id: str,
    new: ConsentGiven,
    *,
    granted: Annotated[Granted, needs(Action.INPUT_CHANGE)],
    service: ServicesDep,
    request_id: RequestId,
    response: Response,
) -> Consented:
    """Say expressly what no file and no edited row says after a withdrawal.

    A consent that was given before the last withdrawal is none (409, `withdrawn-later`).
    """
    today = service.clock().date()
    if new.given_on > today:
        raise ApiError(422, "not-yet-given", "`given_on` is a day to come.")
    told = NewConsent(frozenset(each.value for each in new.media), new.until, new.given_on)
    row, ended = privacy.consent(
        service, campaign_id, row_id, told, lambda tx: act_of(service, granted, request_id, tx)
    )
    response.headers["ETag"] = etag(row.version)
    return Consented(
        agent_id=row_id,
        media=[each for each in MEDIA if each in told.media],
        until=new.until,
        withdrawal_ended=ended,
        version=row.version,
    )


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
    done = forgetting.forget(
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
