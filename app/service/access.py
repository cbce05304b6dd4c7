"""Who may do what: roles, what each may do, and the dependency that every route declares.

`GRANTS` is the one table; docs/security.md shows it, and a test walks every route with every role.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import partial
from typing import Annotated, Any

from fastapi import Depends, Request
from fastapi.concurrency import run_in_threadpool

from app.service.context import Services, services
from app.service.errors import ApiError, not_found
from app.service.idempotency import claim_key
from app.service.queries import refuse_unknown_parameters
from app.service.threads import in_a_few
from data.store import Tx, members
from data.store import jobs as job_store
from data.store import plans as plan_store
from data.store.audit import Act

EVERYWHERE = "*"
"""The campaign id of a role that holds in all campaigns."""


class Role(StrEnum):
    """What somebody is in a campaign."""

    ADMIN = "admin"
    PLANNER = "planner"
    APPROVER = "approver"
    BUYER = "buyer"
    READER = "reader"


class Action(StrEnum):
    """What a route lets people do."""

    CAMPAIGN_CREATE = "campaign.create"
    CAMPAIGN_READ = "campaign.read"
    CAMPAIGN_CHANGE = "campaign.change"
    CAMPAIGN_EXPORT = "campaign.export"  # the whole folder, private columns included
    INPUT_READ = "input.read"  # without private columns
    INPUT_CHANGE = "input.change"
    PRIVATE_READ = "private.read"  # names and consents of agents
    FEATURES_READ = "features.read"
    JOB_READ = "job.read"
    JOB_CANCEL = "job.cancel"
    PLAN_MAKE = "plan.make"
    PLAN_LIST = "plan.list"  # which there are, and what of each the caller may read
    PLAN_READ = "plan.read"
    PLAN_CHANGE = "plan.change"
    PLAN_PROPOSE = "plan.propose"
    PLAN_APPROVE = "plan.approve"
    PLAN_SEND = "plan.send"
    PLAN_RECONCILE = "plan.reconcile"
    ORDER_READ = "order.read"  # prices; no agents
    TOUR_READ = "tour.read"
    VIEW_INTERNAL = "view.internal"
    VIEW_OFFICIALS = "view.officials"
    REMARKS = "remarks"
    LINK_MANAGE = "link.manage"
    AUDIT_READ = "audit.read"
    KEY_MANAGE = "key.manage"
    MEMBER_MANAGE = "member.manage"
    FORGET = "forget"


_READER = frozenset(
    {
        Action.CAMPAIGN_READ,
        Action.PLAN_LIST,
        Action.VIEW_OFFICIALS,
        Action.TOUR_READ,
    }
)
_BUYER = frozenset({Action.CAMPAIGN_READ, Action.PLAN_LIST, Action.ORDER_READ})
_PLANNER = (
    _READER
    | _BUYER
    | {
        Action.CAMPAIGN_CREATE,
        Action.CAMPAIGN_CHANGE,
        Action.CAMPAIGN_EXPORT,
        Action.INPUT_READ,
        Action.INPUT_CHANGE,
        Action.PRIVATE_READ,
        Action.FEATURES_READ,
        Action.JOB_READ,
        Action.JOB_CANCEL,
        Action.PLAN_MAKE,
        Action.PLAN_READ,
        Action.PLAN_CHANGE,
        Action.PLAN_PROPOSE,
        Action.PLAN_SEND,
        Action.PLAN_RECONCILE,
        Action.VIEW_INTERNAL,
        Action.REMARKS,
        Action.LINK_MANAGE,
        Action.AUDIT_READ,
        Action.FORGET,
    }
)
_APPROVER = (
    _READER
    | _BUYER
    | {
        Action.INPUT_READ,
        Action.FEATURES_READ,
        Action.JOB_READ,
        Action.PLAN_READ,
        Action.PLAN_APPROVE,
        Action.VIEW_INTERNAL,
        Action.AUDIT_READ,
    }
)
_ADMIN = frozenset(
    {
        Action.CAMPAIGN_READ,
        Action.KEY_MANAGE,
        Action.MEMBER_MANAGE,
        Action.AUDIT_READ,
        Action.LINK_MANAGE,
    }
)

IN_ANY = frozenset({Action.CAMPAIGN_CREATE, Action.CAMPAIGN_READ})
"""Granted outside of any campaign (to create one, to list one's own) by a role in whichever."""

GRANTS: Mapping[Role, frozenset[Action]] = {
    Role.ADMIN: _ADMIN,
    Role.PLANNER: frozenset(_PLANNER),
    Role.APPROVER: frozenset(_APPROVER),
    Role.BUYER: _BUYER,
    Role.READER: _READER,
}
"""What each role may do; nothing else."""


@dataclass(frozen=True, slots=True)
class Principal:
    """Somebody who was recognised.

    Parameters
    ----------
    subject
        Who: stands in the audit trail.
    roles
        By campaign id, or `EVERYWHERE`.
    scopes
        The actions that the key is limited to; None for no limit.
    """

    subject: str
    roles: Mapping[str, frozenset[Role]] = field(default_factory=dict)
    scopes: frozenset[Action] | None = None

    def roles_in(self, campaign_id: str | None) -> frozenset[Role]:
        """Return the roles in a campaign, or those that hold in all."""
        own = self.roles.get(campaign_id, frozenset()) if campaign_id else frozenset()
        return own | self.roles.get(EVERYWHERE, frozenset())

    def may(self, action: Action, campaign_id: str | None) -> bool:
        """Return whether an action is granted; denied unless a role grants it."""
        if self.scopes is not None and action not in self.scopes:
            return False
        roles = self.roles_in(campaign_id)
        if campaign_id is None and action in IN_ANY:
            roles = frozenset[Role]().union(*self.roles.values())
        return any(action in GRANTS[role] for role in roles)

    def campaigns(self) -> frozenset[str] | None:
        """Return the campaigns in which there is any role; None for all."""
        return None if self.roles.get(EVERYWHERE) else frozenset(self.roles)


async def authenticate(request: Request) -> Principal:
    """Return who calls.

    Raises
    ------
    ApiError
        401 if nobody is recognised.
    """
    from app.service import authentication  # noqa: PLC0415 -- it needs `Principal`

    known = authentication.recognise_at_once(request)
    if known is not None:
        return known
    return await in_a_few(partial(authentication.recognise, request))


Caller = Annotated[Principal, Depends(authenticate)]


@dataclass(frozen=True, slots=True)
class Granted:
    """Somebody who may do what a route does, and the campaign in which."""

    principal: Principal
    campaign_id: str | None

    @property
    def subject(self) -> str:
        """Return who."""
        return self.principal.subject

    def may(self, action: Action) -> bool:
        """Return whether more is granted in the same campaign."""
        return self.principal.may(action, self.campaign_id)


ACTION_ATTRIBUTE = "placarde_action"


def needs(action: Action) -> Any:  # noqa: ANN401 -- as FastAPI's `Depends` has it
    """Return the dependency of a route on an action; it hands over a `Granted`.

    The campaign is that of the path: ``campaign_id``, or the one of ``plan_id`` or ``job_id``.
    Where a caller may not even read the campaign, it does not exist for them (404); where only the
    action is denied, 403.
    """

    async def check(
        request: Request, caller: Caller, service: Annotated[Services, Depends(services)]
    ) -> Granted:
        if _FINDERS.keys() & request.path_params.keys():
            campaign_id, what = await run_in_threadpool(_campaign_of, request, service)
        else:  # the path tells: no thread is needed to ask the store
            campaign_id, what = _campaign_of(request, service)
        if caller.may(action, campaign_id):
            if action is not Action.FEATURES_READ:  # these have filters of their own
                refuse_unknown_parameters(request)
            await claim_key(request)
            return Granted(caller, campaign_id)
        if campaign_id is not None and not caller.roles_in(campaign_id):
            raise not_found(what)
        raise ApiError(403, "forbidden", f"This needs the right {action.value}.")

    setattr(check, ACTION_ATTRIBUTE, action)
    return Depends(check)


def _campaign_of(request: Request, service: Services) -> tuple[str | None, str]:
    """Return the campaign that a path is about, and what the path names.

    Raises
    ------
    ApiError
        404 if what is named is not there, or is of another campaign than the path says: the same
        as for what the caller may not see.
    """
    path = request.path_params
    found = str(path["campaign_id"]) if "campaign_id" in path else None
    what = "campaign"
    for name, find in _FINDERS.items():
        if name not in path:
            continue
        what = name.removesuffix("_id")
        with service.store.read() as tx:
            campaign_id = find(tx, str(path[name]))
        if campaign_id is None or found not in {None, campaign_id}:
            raise not_found(what)
        found = campaign_id
    return found, what


_FINDERS: Mapping[str, Callable[[Tx, str], str | None]] = {
    "plan_id": plan_store.campaign_of,
    "job_id": job_store.campaign_of,
}


def make_planner(tx: Tx, granted: Granted, *, campaign_id: str, act: Act) -> None:
    """Let who created a campaign plan it, unless they may already."""
    if not granted.principal.may(Action.PLAN_MAKE, campaign_id):
        members.grant(
            tx, subject=act.actor, campaign_id=campaign_id, role=Role.PLANNER.value, act=act
        )
