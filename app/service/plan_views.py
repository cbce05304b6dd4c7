"""Plans as the API shows them: without who has withdrawn, with links that may be followed."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from app.service.access import Action, Granted
from app.service.context import Services
from app.service.errors import ApiError
from app.service.pages import Link
from app.service.plan_changes import without_withdrawn
from app.service.plan_files import PLAN_FILES, is_for
from app.service.plan_models import PlanAnswer, PlanItem
from app.service.plan_reading import OpenPlan, open_plan
from data.store import Tx, campaigns, plans
from data.store.tables import PlanRecord, PlanState

_RESOURCES = {
    "postings": ("postings", Action.PLAN_READ),
    "tour": ("tour", Action.TOUR_READ),
    "verify": ("verify", Action.PLAN_READ),
    "explanations": ("explanations?summary=true", Action.PLAN_READ),
    "revisions": ("revisions", Action.PLAN_READ),
}
"""What a plan links to: by relation, the path below it and the right that it takes."""
_COLUMNS = (
    "plan_id",
    "campaign_id",
    "number",
    "parent_id",
    "job_id",
    "state",
    "revision",
    "version",
    "seed",
    "made_at",
    "made_by",
    "proposed_by",
    "approved_by",
)
SHOWN_TO_ALL = frozenset({PlanState.APPROVED, PlanState.SENT, PlanState.RECONCILED})
"""The states in which a plan is listed to who may not read plans."""


def opened(service: Services, plan_id: str) -> OpenPlan:
    """Return a plan as it may be shown.

    Raises
    ------
    ApiError
        404 if there is no such plan, 410 if nobody is left in it.
    """
    without_withdrawn(service, plan_id)
    return open_plan(service, plan_id)


def shown(tx: Tx, plan: PlanRecord, granted: Granted) -> PlanAnswer:
    """Return a plan as a list shows it to who may read plans."""
    campaign = campaigns.get(tx, plan.campaign_id)
    stale = campaign is None or (campaign.version, campaign.rows_version) != (
        plan.campaign_version,
        plan.rows_version,
    )
    answer = PlanAnswer.model_validate(_answer(plan, granted, stale=stale))
    answer.shortfalls = [s for s in answer.shortfalls if s.subject not in plan.withdrawn]
    return answer


def listed(tx: Tx, plan: PlanRecord, granted: Granted) -> PlanItem:
    """Return a plan as a list shows it to who may not: which it is, and its files for them."""
    paths: dict[str, str] = {}
    links: list[Link] = []
    with suppress(plans.WithheldError):  # nobody is left in it, or it is being made again
        paths = plans.paths(tx, plan.plan_id)
        links = file_links(plan.plan_id, granted, paths)
    return PlanItem(
        plan_id=plan.plan_id,
        campaign_id=plan.campaign_id,
        number=plan.number,
        state=PlanState(plan.state),
        made_at=plan.made_at,
        links=links,
    )


def file_links(plan_id: str, granted: Granted, paths: Mapping[str, str]) -> list[Link]:
    """Return links to the files of a plan that the caller may read."""
    return [
        Link(href=f"/plans/{plan_id}/{each.name}", rel="enclosure", type=each.media_type)
        for each in PLAN_FILES
        if is_for(each, granted, paths)
    ]


def without_all_withdrawn(service: Services, found: list[str]) -> None:
    """See to it, where it can be done, that plans of a list are told without who has withdrawn."""
    for plan_id in found:
        with suppress(ApiError):  # 410: it is told as it stands, and its files are not
            without_withdrawn(service, plan_id)


def _answer(plan: PlanRecord, granted: Granted, *, stale: bool) -> dict[str, Any]:
    """Return a plan as `PlanAnswer` has it, with the links that the caller may follow."""
    at = f"/plans/{plan.plan_id}"
    targets = [
        ("self", at, Action.PLAN_READ),
        ("up", f"/campaigns/{plan.campaign_id}", Action.CAMPAIGN_READ),
        *((name, f"{at}/{path}", action) for name, (path, action) in _RESOURCES.items()),
    ]
    if plan.parent_id is not None:
        before = f"/plans/{plan.parent_id}"
        targets.append(("predecessor-version", before, Action.PLAN_READ))
    links = [Link(href=href, rel=rel) for rel, href, action in targets if granted.may(action)]
    told = {name: getattr(plan, name) for name in _COLUMNS}
    summary = plan.summary
    return {
        **told,
        "stale": stale,
        "withdrawn": len(plan.withdrawn),
        "allocation": summary["allocation"],
        "tour": summary["tour"],
        "shortfalls": summary["shortfalls"],
        "links": links,
    }
