"""Signed links for those without an account: one plan, one view, until a day, revocable."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import HTMLResponse
from pydantic import BaseModel, ConfigDict, Field

from app.service.access import Action, Granted, needs
from app.service.acts import act_of
from app.service.context import OnlyHead, RequestId, Services, ServicesDep
from app.service.errors import ApiError, not_found, responses
from app.service.limits import spend_by_address
from app.service.links import OFFICIALS, file_of, follow, token_of
from app.service.pages import DEFAULT_LIMIT, Cursor, Limit, Page, cursor_of, page_links, place_of
from app.service.plan_files import content_of, page_policy, zone_file
from app.service.plan_views import opened
from app.service.routes.keys import Label
from app.service.zone_pages import LONGEST_VIEW, VIEW_PREFIX, zones_by_name
from data.store import Tx, links, plans
from data.store.tables import LinkRecord, PlanRecord

router = APIRouter(tags=["links"])

VIEW = r"^(officials|buyer|officials-[a-z0-9]+(-[a-z0-9]+)*)$"
NOT_SHOWN = {"X-Robots-Tag": "noindex, nofollow, noarchive", "Cache-Control": "no-store"}
GONE_PAGE = """<!doctype html>
<html lang="fr"><head><meta charset="utf-8"><title>Lien fermé</title>
<meta name="viewport" content="width=device-width"></head>
<body><h1>Ce lien n’ouvre rien</h1>
<p>Il a peut-être expiré, ou il est incomplet. Demandez-en un autre à la personne
qui vous l’a envoyé.</p></body></html>
"""


class NewLink(BaseModel):
    """A link to make: `view` is ``officials`` or ``buyer``.

    With `zone`, a zone_id, the link opens the officials' page of that zone alone: its faces, its
    Maisons, nothing of the others. Its view is then ``officials-`` and a name made of the zone's,
    which may be asked for in the place of both.
    """

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "example": {
                "view": "officials",
                "zone": "38545",
                "label": "Mairie de Vif",
                "expires_in_days": 30,
            }
        },
    )

    view: Annotated[str, Field(pattern=VIEW, max_length=LONGEST_VIEW)]
    zone: Annotated[str, Field(min_length=1, max_length=200)] | None = None
    label: Label = ""
    expires_in_days: Annotated[int, Field(ge=1, le=366)] = 30


class SignedLink(BaseModel):
    """A link without its token: which view, until when, how often it was followed."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "link_id": "l_7hx3m9wq2v5c8n4p6r2t3",
                "plan_id": "p_4k7m2x9q1c5v8n3b6t0zr",
                "view": "officials",
                "label": "Mairie de Vif",
                "created_at": "2017-09-04T08:00:00Z",
                "created_by": "premier-planificateur",
                "expires_at": "2017-10-04T08:00:00Z",
                "revoked_at": None,
                "uses": 3,
                "last_used_at": "2017-09-05T09:30:00Z",
            }
        }
    )

    link_id: str
    plan_id: str
    view: str
    label: str
    created_at: datetime
    created_by: str
    expires_at: datetime
    revoked_at: datetime | None
    uses: int
    last_used_at: datetime | None


class ShownLink(SignedLink):
    """A link as it is answered once, when it is made: `url` is what its reader opens."""

    url: str


@router.post(
    "/plans/{plan_id}/links",
    operation_id="createLink",
    summary="Make a signed link to one view of a plan, shown this once",
    status_code=201,
    responses=responses(401, 403, 404, 410, 422),
)
def create_link(
    plan_id: str,
    new: NewLink,
    granted: Annotated[Granted, needs(Action.LINK_MANAGE)],
    service: ServicesDep,
    *,
    request_id: RequestId,
    request: Request,
    response: Response,
) -> ShownLink:
    """Make a link; whoever has it sees that view as the plan is then, and nothing else."""
    view = _view(service, plan_id, new)
    with service.store.write() as tx:
        plan = _plan(tx, plan_id)
        act = act_of(service, granted, request_id, tx)
        until = act.at + timedelta(days=new.expires_in_days)
        record = links.create(tx, plan, view=view, label=new.label, expires_at=until, act=act)
    response.headers["Location"] = f"/plans/{plan_id}/links/{record.link_id}"
    url = f"{_base(service, request)}/v/{token_of(service, record)}"
    return ShownLink(**_shown(record).model_dump(), url=url)


@router.get(
    "/plans/{plan_id}/links",
    operation_id="listLinks",
    summary="List the links to a plan, and how often each was followed",
    responses=responses(400, 401, 403, 404, 422),
)
def list_links(
    plan_id: str,
    request: Request,
    _granted: Annotated[Granted, needs(Action.LINK_MANAGE)],
    service: ServicesDep,
    cursor: Cursor = None,
    limit: Limit = DEFAULT_LIMIT,
) -> Page[SignedLink]:
    """List links, those that are revoked or expired too; never what opens them."""
    after = place_of(service, cursor, of="links")
    with service.store.read() as tx:
        found = links.page(
            tx, plan_id, after=None if after is None else str(after), limit=limit + 1
        )
    following = (
        cursor_of(service, found[limit - 1].link_id, of="links") if len(found) > limit else None
    )
    return Page(
        items=[_shown(record) for record in found[:limit]],
        links=page_links(request, following=following),
    )


@router.get(
    "/plans/{plan_id}/links/{link_id}",
    operation_id="readLink",
    summary="Read what a link is for, and how often it was followed",
    responses=responses(401, 403, 404, 422),
)
def read_link(
    plan_id: str,
    link_id: str,
    _granted: Annotated[Granted, needs(Action.LINK_MANAGE)],
    service: ServicesDep,
) -> SignedLink:
    """Read a link without what opens it."""
    with service.store.read() as tx:
        return _shown(_link(tx, plan_id, link_id))


@router.post(
    "/plans/{plan_id}/links/{link_id}/revoke",
    operation_id="revokeLink",
    summary="Revoke a link, at once and for ever",
    responses=responses(401, 403, 404, 422),
)
def revoke_link(
    plan_id: str,
    link_id: str,
    granted: Annotated[Granted, needs(Action.LINK_MANAGE)],
    service: ServicesDep,
    request_id: RequestId,
) -> SignedLink:
    """Revoke a link; one that is revoked already stays so."""
    with service.store.write() as tx:
        _link(tx, plan_id, link_id)
        act = act_of(service, granted, request_id, tx)
        links.revoke(tx, _plan(tx, plan_id), link_id, act=act)
    with service.store.read() as tx:
        return _shown(_link(tx, plan_id, link_id))


@router.get(
    "/v/{token}",
    operation_id="openLink",
    summary="Open a signed link",
    response_class=HTMLResponse,
    responses={
        200: {"description": "The one page that the link is for", "content": {"text/html": {}}},
        404: {
            "description": "The link opens nothing; why is not told",
            "content": {"text/html": {}},
        },
        **responses(429, 503),
    },
    dependencies=[Depends(spend_by_address)],
)
def open_link(token: str, service: ServicesDep, only_head: OnlyHead) -> HTMLResponse:
    """Answer the page of a good link; a bad, an expired and a revoked one look alike."""
    content = follow(service, token, counted=not only_head)
    if content is None:
        return HTMLResponse(GONE_PAGE, 404, NOT_SHOWN)
    return HTMLResponse(
        content, 200, {**NOT_SHOWN, "Content-Security-Policy": page_policy(content)}
    )


def _view(service: Services, plan_id: str, new: NewLink) -> str:
    """Return the view that a link is for; its page is there then, or can be made.

    Raises
    ------
    ApiError
        422 if the plan has no such view.
    """
    if new.zone is None and (file := file_of(new.view)) is not None and not file.zone:
        with service.store.read() as tx:
            _plan(tx, plan_id)
            if plans.file(tx, plan_id, file.name) is None:
                raise ApiError(422, "no-such-view", "This plan has no such view.")
        return new.view
    return _zone_view(service, plan_id, new)


def _zone_view(service: Services, plan_id: str, new: NewLink) -> str:
    named = zones_by_name(opened(service, plan_id).campaign.zones)
    name = new.view.removeprefix(VIEW_PREFIX)
    if new.zone is not None:
        if new.view != OFFICIALS:
            raise ApiError(422, "no-such-view", "Only the view officials has a page by zone.")
        name = next((each for each, zone_id in named.items() if zone_id == new.zone), "")
    if name not in named:
        detail = "This plan has no such zone: `zone` is a zone_id of the campaign it was made from."
        raise ApiError(422, "no-such-view", detail)
    content_of(service, plan_id, zone_file(name), names=False)  # so that its reader waits for none
    return f"{VIEW_PREFIX}{name}"


def _plan(tx: Tx, plan_id: str) -> PlanRecord:
    plan = plans.get(tx, plan_id)
    if plan is None:
        raise not_found("plan")
    return plan


def _link(tx: Tx, plan_id: str, link_id: str) -> LinkRecord:
    record = links.get(tx, link_id)
    if record is None or record.plan_id != plan_id:
        raise not_found("link")
    return record


def _base(service: Services, request: Request) -> str:
    return service.settings.public_url or str(request.base_url).rstrip("/")


def _shown(record: LinkRecord) -> SignedLink:
    return SignedLink.model_validate(record, from_attributes=True)
