"""Campaigns for jobs: one that is planned at once, and one that is searched for seconds."""

from __future__ import annotations

from typing import Any

from app.service.jobs.executor import Task
from app.service.jobs.layout import CAMPAIGN
from tests.builders import faces_at, tiny_campaign
from tests.service.tiny import TINY_TOML, tiny_files

CREATED = "2017-09-04T08:00:00+00:00"
SIDE = 60


def crowded_files() -> dict[str, bytes]:
    """Return a campaign of 3,600 faces so close to one another that its matching takes seconds."""
    n = SIDE * SIDE
    places = [(0.3 + 39.4 * (i % SIDE) / SIDE, 0.3 + 39.4 * (i // SIDE) / SIDE) for i in range(n)]
    faces = faces_at(
        places,
        contacts=[500 + (i * 7919) % 1000 for i in range(n)],
        price_cents=[5000 + (i * 104_729) % 9000 for i in range(n)],
    )
    rules = TINY_TOML.replace("budget_eur = 2000", f"budget_eur = {20 * n}")
    rules = rules.replace("spacing_m = 500", "spacing_m = 1500")
    return {**tiny_files(tiny_campaign(faces=faces)), "campaign.toml": rules.encode()}


def plan_task(files: dict[str, bytes], **parameters: Any) -> Task:
    """Return the task that plans a campaign folder."""
    named = {f"{CAMPAIGN}{path}": content for path, content in files.items()}
    return Task("plan", named, {"created": CREATED, **parameters})
