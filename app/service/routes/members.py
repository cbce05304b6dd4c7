"""Members: who has which role, in one campaign or in all of them.

Who they are stands in the body of a request and never in its address, which is logged.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict

from app.service.access import EVERYWHERE, Action, Granted, Role, needs
from app.service.acts import act_of
from app.service.context import RequestId, Services, ServicesDep
from app.service.errors import not_found, responses
from app.service.pages import DEFAULT_LIMIT, Cursor, Limit, Page, cursor_of, page_links, place_of
from app.service.routes.keys import Subject
from data.store import Tx, campaigns, members

router = APIRouter(tags=["members"])


class Member(BaseModel):
    """A role of somebody; who comes by OpenID Connect is ``oidc:`` and the `sub` of the token."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"example": {"subject": "oidc:5f0c2b7e", "role": "approver"}},
    )

    subject: Subject
    role: Role


@router.get(
    "/campaigns/{campaign_id}/members",
    operation_id="listMembers",
    summary="List who has which role in a campaign",
    responses=responses(400, 401, 403, 404, 422),
)
def list_members(
    campaign_id: str,
    request: Request,
    _granted: Annotated[Granted, needs(Action.MEMBER_MANAGE)],
    service: ServicesDep,
    cursor: Cursor = None,
    limit: Limit = DEFAULT_LIMIT,
) -> Page[Member]:
    """List the roles that hold in this campaign; those that hold in all are under ``/members``."""
    with service.store.read() as tx:
        _check_campaign(tx, campaign_id)
    return _page(service, request, campaign_id, cursor=cursor, limit=limit)


@router.post(
    "/campaigns/{campaign_id}/members",
    operation_id="grantRole",
    summary="Give somebody a role in a campaign",
    status_code=201,
    responses=responses(401, 403, 404, 422),
)
def grant_role(
    campaign_id: str,
    member: Member,
    granted: Annotated[Granted, needs(Action.MEMBER_MANAGE)],
    service: ServicesDep,
    request_id: RequestId,
) -> Member:
    """Give a role; who has it already keeps it."""
    with service.store.read() as tx:
        _check_campaign(tx, campaign_id)
    return _grant(service, granted, request_id, campaign_id=campaign_id, member=member)


@router.post(
    "/campaigns/{campaign_id}/members/revoke",
    operation_id="revokeRole",
    summary="Take a role in a campaign away, at once",
    status_code=204,
    responses=responses(401, 403, 404, 422),
)
def revoke_role(
    campaign_id: str,
    member: Member,
    granted: Annotated[Granted, needs(Action.MEMBER_MANAGE)],
    service: ServicesDep,
    request_id: RequestId,
) -> None:
    """Take a role away; the next request of theirs is judged without it."""
    with service.store.read() as tx:
        _check_campaign(tx, campaign_id)
    _revoke(service, granted, request_id, campaign_id=campaign_id, member=member)


@router.get(
    "/members",
    operation_id="listMembersEverywhere",
    summary="List who has which role in all campaigns",
    responses=responses(400, 401, 403, 422),
)
def list_members_everywhere(
    request: Request,
    _granted: Annotated[Granted, needs(Action.MEMBER_MANAGE)],
    service: ServicesDep,
    cursor: Cursor = None,
    limit: Limit = DEFAULT_LIMIT,
) -> Page[Member]:
    """List the roles that hold in every campaign, those to come too."""
    return _page(service, request, EVERYWHERE, cursor=cursor, limit=limit)


@router.post(
    "/members",
    operation_id="grantRoleEverywhere",
    summary="Give somebody a role in all campaigns",
    status_code=201,
    responses=responses(401, 403, 422),
)
def grant_role_everywhere(
    member: Member,
    granted: Annotated[Granted, needs(Action.MEMBER_MANAGE)],
    service: ServicesDep,
    request_id: RequestId,
) -> Member:
    """Give a role in every campaign, those to come too."""
    return _grant(service, granted, request_id, campaign_id=EVERYWHERE, member=member)


@router.post(
    "/members/revoke",
    operation_id="revokeRoleEverywhere",
    summary="Take a role in all campaigns away, at once",
    status_code=204,
    responses=responses(401, 403, 404, 422),
)
def revoke_role_everywhere(
    member: Member,
    granted: Annotated[Granted, needs(Action.MEMBER_MANAGE)],
    service: ServicesDep,
    request_id: RequestId,
) -> None:
    """Take away a role that held in every campaign; roles in single campaigns stay."""
    _revoke(service, granted, request_id, campaign_id=EVERYWHERE, member=member)


def _grant(
    service: Services, granted: Granted, request_id: str, *, campaign_id: str, member: Member
) -> Member:
    with service.store.write() as tx:
        act = act_of(service, granted, request_id, tx)
        members.grant(
            tx, subject=member.subject, campaign_id=campaign_id, role=member.role.value, act=act
        )
    return member


def _revoke(
    service: Services, granted: Granted, request_id: str, *, campaign_id: str, member: Member
) -> None:
    with service.store.write() as tx:
        act = act_of(service, granted, request_id, tx)
        if not members.revoke(
            tx, subject=member.subject, campaign_id=campaign_id, role=member.role.value, act=act
        ):
            raise not_found("member")


def _page(
    service: Services, request: Request, campaign_id: str, *, cursor: str | None, limit: int
) -> Page[Member]:
    place = place_of(service, cursor, of="members")
    start = place if isinstance(place, int) else 0
    with service.store.read() as tx:
        found = members.page(tx, campaign_id, start=start, limit=limit + 1)
    # A place in the list and not a name: a cursor stands in an address.
    following = cursor_of(service, start + limit, of="members") if len(found) > limit else None
    return Page(
        items=[Member(subject=each.subject, role=Role(each.role)) for each in found[:limit]],
        links=page_links(request, following=following),
    )


def _check_campaign(tx: Tx, campaign_id: str) -> None:
    if campaigns.get(tx, campaign_id) is None:
        raise not_found("campaign")
