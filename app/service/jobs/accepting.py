"""Takes a job on: what it works on is kept with it, as it is at this moment."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.service.errors import ApiError, not_found
from app.service.jobs.layout import CAMPAIGN, PREVIOUS
from app.service.jobs.results import PLAN_JOB
from data.store import Tx, audit, campaigns, folders, jobs, plans
from data.store.audit import Act
from data.store.tables import JobRecord


def accept_plan(
    tx: Tx, campaign_id: str, *, previous: str | None, parameters: Mapping[str, Any], act: Act
) -> JobRecord:
    """Accept a job that makes a plan of a campaign as it is now.

    Parameters
    ----------
    previous
        The plan to begin from.
    parameters
        Those of `app.service.jobs.planning.plan` that the caller chose.

    Raises
    ------
    ApiError
        404 without such a campaign, 409 if it is archived, 422 if it has no such previous plan.
    """
    campaigns.lock(tx, campaign_id)
    campaign = campaigns.get(tx, campaign_id)
    if campaign is None:
        raise not_found("campaign")
    if campaign.archived_at is not None:
        raise ApiError(409, "archived", "This campaign is archived: nothing is planned for it.")
    files = {
        f"{CAMPAIGN}{path}": content
        for path, content in folders.campaign_files(tx, campaign_id).items()
    }
    if previous is not None:
        files[PREVIOUS] = _previous(tx, campaign_id, previous)
    chosen = {
        **parameters,
        "previous": previous,
        "campaign_version": campaign.version,
        "rows_version": campaign.rows_version,
    }
    job = jobs.accept(
        tx, campaign_id=campaign_id, kind=PLAN_JOB, parameters=chosen, files=files, act=act
    )
    audit.record(
        tx,
        act,
        "job.create",
        subject=f"jobs/{job.job_id}",
        campaign_id=campaign_id,
        change={"kind": job.kind, "parameters": chosen},
    )
    return job


def _previous(tx: Tx, campaign_id: str, plan_id: str) -> bytes:
    content = None
    if plans.campaign_of(tx, plan_id) == campaign_id:
        content = plans.file(tx, plan_id, "plan.json", withheld=True)
    if content is None:
        raise ApiError(422, "unknown-plan", "`previous` is no plan of this campaign.")
    return content
