"""Plans of the tiny campaign in a store, and children that work in this process."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from app.service.errors import ApiError
from app.service.jobs.executor import FailedError, Task
from app.service.jobs.layout import CAMPAIGN, PLAN
from app.service.jobs.planning import plan
from app.service.jobs.summary import summary_of
from app.service.jobs.work import Watch, answer_of, attempt
from data.plan_json import plan_from_json
from data.store import Store, campaigns, folders, jobs, plans
from data.store.audit import Act
from tests.service.conftest import BEGINNING
from tests.service.tiny import tiny_files

ACT = Act("planificatrice", BEGINNING, "request-of-tests")
UNWATCHED = Watch(lambda _: None, lambda: False)


def run_here(
    name: str,
    files: Mapping[str, bytes],
    parameters: Mapping[str, Any] | None = None,
    *,
    seconds: float = 60.0,
) -> dict[str, bytes]:
    """Do what `app.service.jobs.run_child` does, in this process: much faster for small plans."""
    del seconds
    try:
        return answer_of(*attempt(Task(name, files, parameters or {}), UNWATCHED))
    except FailedError as error:
        extra = {"problems": list(error.problems)}
        raise ApiError(422, "input-problems", error.reason, extra=extra) from error


@cache
def tiny_plan_files(**parameters: object) -> Mapping[str, bytes]:
    """Return the plan folder of the tiny campaign, as a job makes it."""
    return planned(tiny_files(), **parameters)


def planned(files: Mapping[str, bytes], **parameters: object) -> dict[str, bytes]:
    """Return the plan folder of a campaign, as a job makes it."""
    given = {f"{CAMPAIGN}{path}": content for path, content in files.items()}
    made = plan(given, {"created": BEGINNING.isoformat(), **parameters}, UNWATCHED)
    return {p.removeprefix(PLAN): content for p, content in made.items() if p.startswith(PLAN)}


def put_plan(store: Store, campaign_id: str, files: Mapping[str, bytes] | None = None) -> str:
    """Put a plan of a campaign into a store, as if a job had made it; return its id."""
    content = files or tiny_plan_files()
    with store.write() as tx:
        campaign = campaigns.get(tx, campaign_id)
        assert campaign is not None
        job = jobs.accept(
            tx,
            campaign_id=campaign_id,
            kind="plan",
            parameters={
                "rows_version": campaign.rows_version,
                "campaign_version": campaign.version,
            },
            files=folders.campaign_files(tx, campaign_id),
            act=ACT,
        )
        document = plan_from_json(content["plan.json"])
        made = plans.insert(
            tx,
            job=job,
            files=content,
            summary=summary_of(document.plan),
            seed=document.plan.seed,
            act=ACT,
        )
        return made.plan_id
