"""The plan folder again after a change of its postings, every file of it made anew.

Plain functions of files: they are run in a child process, and keep nothing.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from app.mapping import plan_pages
from app.synthesis import SYNTHESIS_FILE, synthesis_file
from data.read import Reject, read_campaign
from data.read_plan import read_plan_folder, with_roads
from data.store.unpacked import unpacked
from data.write import write_plan_folder
from data.write.campaign_without import write_campaign_without
from geo import matching
from geo.errors import CampaignError, errors_among
from geo.matching.revalued import revalued
from geo.model import Campaign
from geo.order import LineRecord, LineState
from geo.plan import Plan, Posting
from geo.targeting import target

Files = Mapping[str, bytes]
Change = Callable[[Campaign, Plan], Plan]

_PLAN = "plan"


def rewritten(files: Files, change: Change) -> dict[str, bytes]:
    """Return the files of a plan folder after a change of its postings.

    Its date of creation stays. What told how it differed from the plan before it is left out, and
    so is what was exported of it: the one no longer holds, the other is made anew when asked for.

    Parameters
    ----------
    files
        Of a plan folder by path, ``campaign/…`` included.
    change
        Returns the plan that is written; `with_postings` sees to its numbers.

    Raises
    ------
    PlanFolderError
        If the files are no plan folder.
    CampaignError
        If the campaign among them cannot be read.
    """
    with unpacked(files) as folder:
        found = read_plan_folder(folder)
        plan = change(found.campaign, found.plan)
        return _plan_files(
            found.campaign_folder, found.campaign, plan, found.rejects, found.created
        )


def with_postings(campaign: Campaign, plan: Plan, postings: Iterable[Posting]) -> Plan:
    """Return a plan with other postings, and every number that follows from them.

    A line of the order that was more than proposed and has no posting any more is cancelled; one
    that was closed and has a posting again is open again.

    Raises
    ------
    PlanFolderError
        If a posting is not of an eligible pair.
    """
    posted = set(postings)
    problem = matching.build_problem(campaign, target(campaign))
    allocation = revalued(problem, plan.allocation, posted)
    order = sorted(filter(None, (_line(record, posted) for record in plan.order)))
    return replace(plan, allocation=allocation, order=tuple(order))


def without_agents(files: Files, agent_ids: Collection[str]) -> dict[str, bytes]:
    """Return the files of a plan folder without these agents: as if they had never been in it.

    Their rows, locks and portraits leave the copy of the campaign, their postings the plan; what
    the others have stays, and nothing takes the place of what went: that is for a new plan.

    Raises
    ------
    PlanFolderError
        If the files are no plan folder.
    CampaignError
        If the campaign cannot be read without them: nobody may be left in it.
    """
    with unpacked(files) as folder, tempfile.TemporaryDirectory(prefix="placarde-") as name:
        found = read_plan_folder(folder)
        less = Path(name) / "campaign"
        write_campaign_without(found.campaign_folder, less, agent_ids)
        reading = read_campaign(less)
        if reading.campaign is None:
            raise CampaignError(errors_among(reading.problems))
        campaign = with_roads(replace(reading.campaign, seed=found.plan.seed), folder)
        kept = [p for p in found.plan.allocation.postings if p.agent_id not in agent_ids]
        order = tuple(line for line in found.plan.order if line.agent_id not in agent_ids)
        plan = with_postings(campaign, replace(found.plan, order=order), kept)
        return _plan_files(less, campaign, plan, reading.rejects, found.created)


def _line(record: LineRecord, posted: Collection[Posting]) -> LineRecord | None:
    is_posted = Posting(record.period, record.face_id, record.agent_id) in posted
    if is_posted:
        return None if record.state.is_closed else record
    return record if record.state.is_closed else replace(record, state=LineState.CANCELLED)


def _plan_files(
    campaign_folder: Path,
    campaign: Campaign,
    plan: Plan,
    rejects: Sequence[Reject],
    created: datetime,
) -> dict[str, bytes]:
    eligibility = target(campaign)
    with tempfile.TemporaryDirectory(prefix="placarde-") as name:
        folder = Path(name) / _PLAN
        write_plan_folder(
            folder,
            campaign_folder=campaign_folder,
            campaign=campaign,
            eligibility=eligibility,
            plan=plan,
            pages=plan_pages(campaign, plan, eligibility, problems=()),
            rejects=rejects,
            created=created,
            force=False,
            extras={SYNTHESIS_FILE: synthesis_file(campaign, plan, eligibility)},
        )
        return folder_files(folder)


def folder_files(folder: Path) -> dict[str, bytes]:
    """Return the files of a folder by path, sorted."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }
