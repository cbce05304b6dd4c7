"""The postings of a plan: what is on which face when."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request

from app.service.access import Action, Granted, needs
from app.service.context import ServicesDep
from app.service.errors import ApiError, responses
from app.service.pages import DEFAULT_LIMIT, Cursor, Limit, Page, cursor_of, page_links, place_of
from app.service.plan_models import PostingTold
from app.service.plan_reading import OpenPlan
from app.service.plan_views import opened
from app.service.swaps import live_locks
from data.write.order import order_lines
from geo.targeting import target

router = APIRouter(tags=["plans"])


@router.get(
    "/plans/{plan_id}/postings",
    operation_id="listPostings",
    summary="List the postings of a plan by period and face",
    responses=responses(400, 401, 403, 404, 410, 422),
)
def list_postings(
    plan_id: str,
    *,
    request: Request,
    granted: Annotated[Granted, needs(Action.PLAN_READ)],
    service: ServicesDep,
    agent: Annotated[str | None, Query(max_length=200, description="Planners only.")] = None,
    period: Annotated[int | None, Query(ge=1)] = None,
    zone: Annotated[str | None, Query(max_length=200, description="A zone_id.")] = None,
    face: Annotated[str | None, Query(max_length=200)] = None,
    cursor: Cursor = None,
    limit: Limit = DEFAULT_LIMIT,
) -> Page[PostingTold]:
    """List postings. No name of a person is told; ids of agents are told to planners."""
    is_planner = granted.may(Action.PRIVATE_READ)
    if agent is not None and not is_planner:
        raise ApiError(403, "forbidden", "Postings of one agent are for planners.")
    found = opened(service, plan_id)
    with service.store.read() as tx:
        locks = {(lock.face_id, lock.period) for lock in live_locks(tx, found.record.campaign_id)}
    wanted = _postings(found, agent=agent, period=period, zone=zone, face=face)
    place = place_of(service, cursor, of="postings")
    if place is not None:
        wanted = _after(wanted, place)
    items = wanted[:limit]
    for item in items:
        item.locked = (item.face_id, item.period) in locks
        item.agent_id = item.agent_id if is_planner else None
    last = items[-1] if len(wanted) > limit else None
    following = (
        None if last is None else cursor_of(service, [last.period, last.face_id], of="postings")
    )
    return Page(items=items, links=page_links(request, following=following))


def _postings(
    found: OpenPlan, *, agent: str | None, period: int | None, zone: str | None, face: str | None
) -> list[PostingTold]:
    """Return the postings that are asked for, as the order has them."""
    eligibility = target(found.campaign)
    lines = order_lines(found.campaign, eligibility=eligibility, plan=found.plan)
    postings = sorted(found.plan.allocation.postings)
    inside = _faces_inside(found, zone)
    return [
        PostingTold(
            period=line.period,
            face_id=line.face_id,
            agent_id=posting.agent_id,
            visual=line.visual,
            zone=line.zone,
            start=line.start,
            end=line.end,
            price_cents=line.price_cents,
            state=line.state,
            locked=False,
        )
        for line, posting in zip(lines, postings, strict=True)
        if agent in {None, posting.agent_id}
        and period in {None, line.period}
        and face in {None, line.face_id}
        and (inside is None or line.face_id in inside)
    ]


def _after(postings: list[PostingTold], place: object) -> list[PostingTold]:
    """Return the postings after the place that a cursor of `list_postings` tells.

    Raises
    ------
    ApiError
        400 if the cursor is that of another list.
    """
    match place:
        case [int(period), str(face_id)]:
            return [each for each in postings if (each.period, each.face_id) > (period, face_id)]
    raise ApiError(400, "bad-cursor", "This cursor is not from a page of this list.")


def _faces_inside(found: OpenPlan, zone_id: str | None) -> frozenset[str] | None:
    """Return the faces in a zone, those of its children too; None where no zone is asked for."""
    if zone_id is None:
        return None
    zones = found.campaign.zones
    wanted = {zone_id}
    while True:
        more = {z.zone_id for z in zones if z.parent_id in wanted} - wanted
        if not more:
            break
        wanted |= more
    rows = [row for row, zone in enumerate(zones) if zone.zone_id in wanted]
    at = target(found.campaign).face_zone
    inside = [any(index in rows for index in each) for each in at.tolist()]
    ids = found.campaign.faces.face_id.tolist()
    return frozenset(face for face, is_inside in zip(ids, inside, strict=True) if is_inside)
