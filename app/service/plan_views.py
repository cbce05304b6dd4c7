"""Plans as the API shows them: without who has withdrawn, with links that may be followed."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress

from app.service.access import Granted
from app.service.context import Services
from app.service.errors import ApiError
from app.service.pages import Link
from app.service.plan_changes import without_withdrawn
from app.service.plan_files import PLAN_FILES, is_for
from app.service.plan_models import PlanAnswer, PlanItem, plan_answer
from app.service.plan_reading import OpenPlan, open_plan
from data.store import Tx, campaigns, plans
from data.store.tables import PlanRecord, PlanState

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
    answer = PlanAnswer.model_validate(plan_answer(plan, granted, stale=stale))
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
